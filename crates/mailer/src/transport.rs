//! The ways a mail leaves: over SMTP, or into a directory that a person reads.

mod mail_url;
mod mailbox;
mod smtp;

use std::{
    fmt,
    path::{Path, PathBuf},
};

use mailbox::MailboxDir;
use smtp::{Connection, Smtp};

pub use mail_url::{InvalidMailUrl, MailUrl, SmtpUrl};
pub(crate) use smtp::Transcript;

use crate::Mail;

/// Hands mails over.
#[derive(Debug)]
pub struct Transport(Kind);

#[derive(Debug)]
enum Kind {
    Mailbox(MailboxDir),
    Smtp(Box<Smtp>),
}

/// The way that was configured can not be gone.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The file of certificates can not be read.
    #[error("mail.ca_file {} can not be read: {source}", path.display())]
    CaFile {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The folder of the mailbox can not be made.
    #[error("data_dir: {} can not be made: {source}", path.display())]
    Mailbox {
        /// Which folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file holds no certificates.
    #[error("mail.ca_file {} holds no PEM certificates", .0.display())]
    Certificate(PathBuf),
    /// TLS can not be set up for this server.
    #[error("TLS can not be set up for the mail server: {0}")]
    Tls(String),
}

impl Transport {
    /// Opens the way that `url` names. `mailbox://` writes into a folder below `data_dir`, which is
    /// made if need be; `ca_file` holds certificates to trust beside the system's.
    ///
    /// Nothing is connected yet.
    ///
    /// # Errors
    /// [`TransportError`].
    pub fn open(
        url: &MailUrl,
        data_dir: &Path,
        ca_file: Option<&Path>,
    ) -> Result<Self, TransportError> {
        Ok(Self(match url {
            MailUrl::Mailbox => Kind::Mailbox(MailboxDir::open(data_dir)?),
            MailUrl::Smtp(server) => Kind::Smtp(Box::new(Smtp::new(server.clone(), ca_file)?)),
        }))
    }

    /// Hands a mail over. Safe to repeat with the same mail: it has the same Message-ID, and in
    /// the mailbox the same file name.
    ///
    /// # Errors
    /// [`SendError`], which says whether trying again makes sense.
    pub async fn send(&self, mail: &Mail) -> Result<(), SendError> {
        self.converse(mail, &mut Transcript::none()).await
    }

    /// As [`send`](Self::send), and writes down what was said.
    pub(crate) async fn converse(
        &self,
        mail: &Mail,
        transcript: &mut Transcript,
    ) -> Result<(), SendError> {
        self.begin(mail, transcript).await?.finish(mail, transcript).await
    }

    /// Goes as far as possible without handing the mail over: up to there, a failure leaves no
    /// doubt that it was not sent.
    pub(crate) async fn begin(
        &self,
        mail: &Mail,
        transcript: &mut Transcript,
    ) -> Result<Ready<'_>, SendError> {
        match &self.0 {
            Kind::Mailbox(dir) => Ok(Ready::Mailbox(dir)),
            Kind::Smtp(smtp) => {
                let connection = smtp.begin(mail, transcript).await?;
                Ok(Ready::Smtp(smtp, Box::new(connection)))
            }
        }
    }
}

/// A way that is open for one mail.
#[derive(Debug)]
pub(crate) enum Ready<'a> {
    Mailbox(&'a MailboxDir),
    Smtp(&'a Smtp, Box<Connection>),
}

impl Ready<'_> {
    /// Hands the mail over for which the way was opened.
    pub(crate) async fn finish(
        self,
        mail: &Mail,
        transcript: &mut Transcript,
    ) -> Result<(), SendError> {
        match self {
            Self::Mailbox(dir) => dir.write(mail, transcript).await,
            Self::Smtp(smtp, connection) => smtp.finish(*connection, mail, transcript).await,
        }
    }
}

/// What a failure means for the mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The server could not be reached or has no time for anybody: the mail is not to blame.
    Unavailable,
    /// The server will not serve us (5xx to the greeting, the sign-in or the sender): the mail is
    /// not to blame, but somebody has to set something right.
    Unwelcome,
    /// Not now (4xx).
    Deferred,
    /// Never (5xx).
    Refused,
    /// The connection was cut, or no answer came, after the mail had been handed over: it may
    /// have been taken or not.
    Unknown,
}

/// How far a mail got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Writing into the mailbox directory.
    Mailbox,
    /// Reaching the server and being greeted.
    Connect,
    /// Encrypting the connection.
    Tls,
    /// Signing in.
    Auth,
    /// `MAIL FROM`.
    Sender,
    /// `RCPT TO`.
    Recipient,
    /// `DATA`, before the mail itself.
    Data,
    /// The mail itself, up to the server's final answer.
    Content,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mailbox => "mailbox",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Auth => "auth",
            Self::Sender => "sender",
            Self::Recipient => "recipient",
            Self::Data => "data",
            Self::Content => "content",
        })
    }
}

/// A mail was not handed over, or not for sure.
///
/// Its `Display` names stage and reply code only and is fit for logs; the server's own words,
/// which may name addresses, are in [`detail`](Self::detail).
#[derive(Debug, thiserror::Error)]
#[error("not sent ({stage}{})", reply.map(|code| format!(", {code}")).unwrap_or_default())]
pub struct SendError {
    /// What it means for the mail.
    pub failure: Failure,
    /// Where it happened.
    pub stage: Stage,
    /// The server's reply code, if it gave one.
    pub reply: Option<u16>,
    /// What the server or the system said.
    pub detail: String,
}
