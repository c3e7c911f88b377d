//! `/dev/mailbox`: what the built-in mailbox holds. Only with `--demo`.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{self, Data},
};
use askama::Template;
use mail_parser::{Address, Message, MessageParser};

use super::{page, shell};
use crate::{Web, failure::Failure, view::Shell};

/// A mail of the list.
#[derive(Debug)]
pub(crate) struct MailRow {
    pub(crate) name: String,
    pub(crate) date: String,
    pub(crate) to: String,
    pub(crate) subject: String,
}

/// A stretch of a mail's text.
#[derive(Debug)]
pub(crate) enum Piece {
    Words(String),
    Link(String),
}

impl Piece {
    const fn is_link(&self) -> bool {
        matches!(self, Self::Link(_))
    }
}

impl fmt::Display for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Words(text) | Self::Link(text)) = self;
        f.write_str(text)
    }
}

/// A mail, opened.
#[derive(Debug)]
pub(crate) struct Mail {
    pub(crate) name: String,
    pub(crate) date: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) text: Vec<Piece>,
}

#[derive(Template)]
#[template(path = "pages/dev_mailbox.html")]
pub(crate) struct ListPage {
    shell: Shell,
    mails: Vec<MailRow>,
}

#[derive(Template)]
#[template(path = "pages/dev_mail.html")]
pub(crate) struct MailPage {
    shell: Shell,
    mail: Mail,
}

/// Mails that are listed.
const MOST: usize = 200;

pub(crate) async fn list(request: HttpRequest, web: Data<Web>) -> Result<HttpResponse, Failure> {
    let folder = folder(&web)?;
    let mails = web::block(move || newest(&folder)).await.map_err(|_| Failure::Internal)?;
    let mails = mails.map_err(|error| unreadable(&error))?;
    page(StatusCode::OK, &ListPage { shell: shell(&request), mails })
}

pub(crate) async fn show(
    request: HttpRequest,
    web: Data<Web>,
    name: web::Path<String>,
) -> Result<HttpResponse, Failure> {
    let (name, octets) = read(&web, name.into_inner()).await?;
    let message = MessageParser::default().parse(&octets).ok_or(Failure::NotFound)?;
    let row = MailRow::of(name, &message);
    let text = message.body_text(0).unwrap_or_default();
    let mail = Mail {
        name: row.name,
        date: row.date,
        from: people(message.from()),
        to: row.to,
        subject: row.subject,
        text: pieces(&text),
    };
    page(StatusCode::OK, &MailPage { shell: shell(&request), mail })
}

pub(crate) async fn source(
    web: Data<Web>,
    name: web::Path<String>,
) -> Result<HttpResponse, Failure> {
    let (_, octets) = read(&web, name.into_inner()).await?;
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(octets))
}

fn folder(web: &Web) -> Result<PathBuf, Failure> {
    web.mailbox.clone().ok_or(Failure::NotFound)
}

/// A mail by its file's name, which must be a plain one.
async fn read(web: &Web, name: String) -> Result<(String, Vec<u8>), Failure> {
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"@._-+".contains(&b));
    if !plain || !is_mail(Path::new(&name)) || name.starts_with('.') {
        return Err(Failure::NotFound);
    }
    let path = folder(web)?.join(&name);
    let octets = web::block(move || fs::read(path)).await.map_err(|_| Failure::Internal)?;
    octets.map(|octets| (name, octets)).map_err(|_| Failure::NotFound)
}

fn is_mail(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "eml")
}

fn unreadable(error: &io::Error) -> Failure {
    tracing::error!(%error, "the mailbox could not be read");
    Failure::Internal
}

/// The newest mails of a folder; none if it is not there yet.
fn newest(folder: &Path) -> io::Result<Vec<MailRow>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if is_mail(&entry.path()) {
            files.push((entry.metadata()?.modified()?, entry.path()));
        }
    }
    files.sort_unstable();
    let read = |path: PathBuf| {
        let octets = fs::read(&path).ok()?;
        let name = path.file_name()?.to_str()?.to_owned();
        Some(MailRow::of(name, &MessageParser::default().parse(&octets)?))
    };
    Ok(files.into_iter().rev().take(MOST).filter_map(|(_, path)| read(path)).collect())
}

impl MailRow {
    fn of(name: String, message: &Message<'_>) -> Self {
        Self {
            name,
            date: message.date().map(mail_parser::DateTime::to_rfc822).unwrap_or_default(),
            to: people(message.to()),
            subject: message.subject().unwrap_or_default().to_owned(),
        }
    }
}

fn people(addresses: Option<&Address<'_>>) -> String {
    let all = addresses.into_iter().flat_map(Address::iter);
    let shown = all.map(|person| match (person.name(), person.address()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (name, address) => name.or(address).unwrap_or_default().to_owned(),
    });
    shown.collect::<Vec<_>>().join(", ")
}

/// Cuts a text at its links.
fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("https://").into_iter().chain(rest.find("http://")).min() {
        let (words, from_link) = rest.split_at(start);
        let end = from_link.find(char::is_whitespace).unwrap_or(from_link.len());
        let (link, after) = from_link.split_at(end);
        pieces.push(Piece::Words(words.to_owned()));
        pieces.push(Piece::Link(link.to_owned()));
        rest = after;
    }
    pieces.push(Piece::Words(rest.to_owned()));
    pieces
}

#[cfg(test)]
impl ListPage {
    pub(crate) fn samples() -> Vec<Self> {
        let mail = MailRow {
            name: "one".into(),
            date: "Thu, 08 Oct 2026 11:45:00 +0000".into(),
            to: "bo@example.com".into(),
            subject: "Booked <b>bold</b>".into(),
        };
        vec![
            Self { shell: Shell::default(), mails: Vec::new() },
            Self { shell: Shell::default(), mails: vec![mail] },
        ]
    }
}

#[cfg(test)]
impl MailPage {
    pub(crate) fn samples() -> Vec<Self> {
        let mail = Mail {
            name: "one".into(),
            date: "Thu, 08 Oct 2026 11:45:00 +0000".into(),
            from: "Roomkey <no-reply@localhost>".into(),
            to: "bo@example.com".into(),
            subject: "Booked <b>bold</b>".into(),
            text: vec![
                Piece::Words("Room: ".into()),
                Piece::Link("https://meet.example.org/k7w2mtq9".into()),
            ],
        };
        vec![Self { shell: Shell::default(), mail }]
    }
}
