//! SMTP over lettre's connection, step by step, because what a failure means depends on the step:
//! a 5xx to the recipient is final for this mail, a 5xx to our password is none of its fault.

use std::{
    future::Future,
    path::Path,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use lettre::transport::smtp::{
    self,
    authentication::{self, Mechanism},
    client::{AsyncSmtpConnection, Certificate, TlsParameters},
    commands::{Data, Mail as MailFrom, Rcpt},
    extension::{ClientId, Extension, ServerInfo},
    response::{Response, Severity},
};
use secrecy::ExposeSecret;
use tokio::time::Instant;

use super::{
    Failure, SendError, Stage, TransportError,
    mail_url::{Security, SmtpUrl},
};
use crate::Mail;

/// Reaching, encrypting and signing in may take so long, each.
const CONNECT: Duration = Duration::from_secs(20);
/// A command may take so long to be answered: servers look up senders and recipients meanwhile.
const COMMAND: Duration = Duration::from_mins(1);
/// The final answer may take so long: servers scan the mail first, and giving up early makes a
/// duplicate (RFC 5321 4.5.3.2.6 asks for ten minutes).
const CONTENT: Duration = Duration::from_mins(5);
/// A connection that was idle for so long is not used again; servers close theirs about then.
const IDLE: Duration = Duration::from_secs(20);
/// Saying goodbye may take so long.
const GOODBYE: Duration = Duration::from_secs(2);
/// Idle connections to keep.
const SPARE: usize = 4;

/// Ways to sign in, the first that the server offers. Both show the password to the server.
const MECHANISMS: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];

/// An SMTP server, with connections to it that wait for the next mail.
pub(crate) struct Smtp {
    server: SmtpUrl,
    tls: Option<TlsParameters>,
    spare: Mutex<Vec<(Instant, Connection)>>,
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Smtp").field("server", &self.server).finish_non_exhaustive()
    }
}

/// A connection to the server.
pub(crate) struct Connection(AsyncSmtpConnection);

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connection")
    }
}

/// What was said, line by line, where somebody wants to know.
#[derive(Debug)]
pub(crate) struct Transcript(Option<Vec<String>>);

impl Transcript {
    pub(crate) const fn none() -> Self {
        Self(None)
    }

    pub(crate) const fn kept() -> Self {
        Self(Some(Vec::new()))
    }

    pub(crate) fn into_lines(self) -> Vec<String> {
        self.0.unwrap_or_default()
    }

    pub(crate) fn note(&mut self, line: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.0 {
            lines.push(line());
        }
    }

    fn reply(&mut self, response: &Response) {
        for line in response.message() {
            self.note(|| format!("< {} {line}", response.code()));
        }
    }
}

impl Smtp {
    pub(super) fn new(server: SmtpUrl, ca_file: Option<&Path>) -> Result<Self, TransportError> {
        let tls = match server.security {
            Security::Plain => None,
            Security::StartTls | Security::Tls => Some(tls_parameters(&server.host, ca_file)?),
        };
        Ok(Self { server, tls, spare: Mutex::new(Vec::new()) })
    }

    /// Up to the server's word that it will take this mail.
    pub(super) async fn begin(
        &self,
        mail: &Mail,
        transcript: &mut Transcript,
    ) -> Result<Connection, SendError> {
        // A spare connection may have died unseen, so if it fails, a fresh one has the say.
        if let Some(mut spare) = self.take_spare() {
            match spare.say(Stage::Sender, sender(mail), transcript).await {
                Ok(()) => return spare.address(mail, transcript).await,
                Err(_) => spare.leave().await,
            }
        }
        let mut fresh = self.connect(transcript).await?;
        match fresh.say(Stage::Sender, sender(mail), transcript).await {
            Ok(()) => fresh.address(mail, transcript).await,
            Err(error) => {
                fresh.leave().await;
                Err(error)
            }
        }
    }

    /// The mail itself, up to the server's word that it has taken it.
    pub(super) async fn finish(
        &self,
        mut connection: Connection,
        mail: &Mail,
        transcript: &mut Transcript,
    ) -> Result<(), SendError> {
        transcript.note(|| format!("> ({} bytes of mail)", mail.bytes.len()));
        // In one piece with its end: the end alone would wait for the network (Nagle).
        let content = dot_stuffed(&mail.bytes);
        let response = step(Stage::Content, CONTENT, connection.0.command(content)).await?;
        transcript.reply(&response);
        self.keep_spare(connection);
        Ok(())
    }

    async fn connect(&self, transcript: &mut Transcript) -> Result<Connection, SendError> {
        let SmtpUrl { host, port, security, credentials } = &self.server;
        let hello = ClientId::default();
        let from_start = self.tls.clone().filter(|_| *security == Security::Tls);
        transcript.note(|| format!("Connecting to {host}:{port}"));
        let mut connection = step(
            Stage::Connect,
            CONNECT,
            AsyncSmtpConnection::connect_tokio1(
                (host.as_str(), *port),
                Some(CONNECT),
                &hello,
                from_start,
                None,
            ),
        )
        .await?;
        transcript.note(|| format!("> EHLO {hello}"));
        transcript.note(|| offer(connection.server_info()));
        if let (Security::StartTls, Some(tls)) = (security, &self.tls) {
            transcript.note(|| "> STARTTLS".to_owned());
            step(Stage::Tls, CONNECT, connection.starttls(tls.clone(), &hello)).await?;
            transcript.note(|| offer(connection.server_info()));
        }
        if connection.is_encrypted() {
            transcript.note(|| "The connection is encrypted".to_owned());
        }
        if let Some(credentials) = credentials {
            transcript.note(|| format!("> AUTH as {}", credentials.user));
            let login = authentication::Credentials::new(
                credentials.user.clone(),
                credentials.password.expose_secret().to_owned(),
            );
            let response = step(Stage::Auth, CONNECT, connection.auth(&MECHANISMS, &login)).await?;
            transcript.reply(&response);
        }
        Ok(Connection(connection))
    }

    fn take_spare(&self) -> Option<Connection> {
        let mut spares = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        let usable = |since: &Instant| since.elapsed() < IDLE;
        spares.retain(|(since, _)| usable(since));
        spares.pop().map(|(_, connection)| connection)
    }

    fn keep_spare(&self, connection: Connection) {
        let mut spares = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        if spares.len() < SPARE {
            spares.push((Instant::now(), connection));
        }
    }
}

/// What a server says that it can do, as far as it matters here.
fn offer(server: &ServerInfo) -> String {
    let [plain, login] = MECHANISMS.map(Extension::Authentication);
    let offers: Vec<_> = [Extension::StartTls, plain, login, Extension::EightBitMime]
        .into_iter()
        .filter(|extension| server.supports_feature(*extension))
        .map(|extension| extension.to_string())
        .collect();
    format!("< {} offers {}", server.name(), offers.join(", "))
}

fn tls_parameters(host: &str, ca_file: Option<&Path>) -> Result<TlsParameters, TransportError> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(path) = ca_file {
        let pem = std::fs::read(path)
            .map_err(|source| TransportError::CaFile { path: path.to_owned(), source })?;
        let certificate = Certificate::from_pem(&pem)
            .map_err(|_| TransportError::Certificate(path.to_owned()))?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build().map_err(|error| TransportError::Tls(error.to_string()))
}

impl Connection {
    /// The recipient, and the announcement of the mail. A failure ends the connection, and with
    /// it what was begun on it.
    async fn address(
        mut self,
        mail: &Mail,
        transcript: &mut Transcript,
    ) -> Result<Self, SendError> {
        match self.announce(mail, transcript).await {
            Ok(()) => Ok(self),
            Err(error) => {
                if error.reply.is_some() {
                    self.leave().await;
                }
                Err(error)
            }
        }
    }

    async fn announce(
        &mut self,
        mail: &Mail,
        transcript: &mut Transcript,
    ) -> Result<(), SendError> {
        for recipient in mail.envelope.to() {
            let command = Rcpt::new(recipient.clone(), vec![]);
            self.say(Stage::Recipient, command, transcript).await?;
        }
        self.say(Stage::Data, Data, transcript).await
    }

    async fn say(
        &mut self,
        stage: Stage,
        command: impl std::fmt::Display,
        transcript: &mut Transcript,
    ) -> Result<(), SendError> {
        transcript.note(|| format!("> {}", command.to_string().trim_end()));
        let response = step(stage, COMMAND, self.0.command(command)).await?;
        transcript.reply(&response);
        Ok(())
    }

    /// Says goodbye; nothing depends on whether that is heard.
    async fn leave(mut self) {
        let _ = tokio::time::timeout(GOODBYE, self.0.abort()).await;
    }
}

fn sender(mail: &Mail) -> MailFrom {
    MailFrom::new(mail.envelope.from().cloned(), vec![])
}

/// A mail as it is sent: lines that begin with a dot get another, and a dot alone ends it
/// (RFC 5321 4.5.2).
fn dot_stuffed(mail: &[u8]) -> String {
    let mut content = String::from_utf8_lossy(mail).replace("\r\n.", "\r\n..");
    content.push_str(if content.ends_with("\r\n") { ".\r\n" } else { "\r\n.\r\n" });
    content
}

async fn step<T>(
    stage: Stage,
    limit: Duration,
    answer: impl Future<Output = Result<T, smtp::Error>>,
) -> Result<T, SendError> {
    match tokio::time::timeout(limit, answer).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(SendError {
            failure: meaning(stage, error.status().map(|code| (code.severity, code.into()))),
            stage,
            reply: error.status().map(Into::into),
            detail: error.to_string(),
        }),
        Err(_) => Err(SendError {
            failure: meaning(stage, None),
            stage,
            reply: None,
            detail: format!("no answer within {} seconds", limit.as_secs()),
        }),
    }
}

/// What a reply, or its absence, means at a stage.
fn meaning(stage: Stage, reply: Option<(Severity, u16)>) -> Failure {
    let about_this_mail = matches!(stage, Stage::Recipient | Stage::Data | Stage::Content);
    match reply {
        None if stage == Stage::Content => Failure::Unknown,
        // With 421 the server is going down (RFC 5321 3.8).
        None | Some((_, 421)) => Failure::Unavailable,
        // The server wants us to sign in (RFC 4954 6).
        Some((_, 530 | 534 | 535 | 538)) => Failure::Unwelcome,
        Some((Severity::PermanentNegativeCompletion, _)) if !about_this_mail => Failure::Unwelcome,
        _ if !about_this_mail => Failure::Unavailable,
        Some((Severity::PermanentNegativeCompletion, _)) => Failure::Refused,
        Some(_) => Failure::Deferred,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_of_a_mail_ends_it() {
        assert_eq!(dot_stuffed(b"A: b\r\n\r\n.\r\n..c"), "A: b\r\n\r\n..\r\n...c\r\n.\r\n");
        assert_eq!(dot_stuffed(b"A: b\r\n\r\nc\r\n"), "A: b\r\n\r\nc\r\n.\r\n");
    }

    #[test]
    fn a_failure_means_what_its_stage_makes_of_it() {
        let (never, later) =
            (Severity::PermanentNegativeCompletion, Severity::TransientNegativeCompletion);
        for (stage, reply, failure) in [
            (Stage::Connect, None, Failure::Unavailable),
            (Stage::Connect, Some((never, 554)), Failure::Unwelcome),
            (Stage::Connect, Some((later, 450)), Failure::Unavailable),
            (Stage::Auth, Some((never, 535)), Failure::Unwelcome),
            (Stage::Auth, Some((later, 454)), Failure::Unavailable),
            (Stage::Sender, Some((never, 550)), Failure::Unwelcome),
            (Stage::Sender, Some((later, 451)), Failure::Unavailable),
            (Stage::Recipient, None, Failure::Unavailable),
            (Stage::Recipient, Some((later, 450)), Failure::Deferred),
            (Stage::Recipient, Some((later, 421)), Failure::Unavailable),
            (Stage::Recipient, Some((never, 530)), Failure::Unwelcome),
            (Stage::Recipient, Some((never, 550)), Failure::Refused),
            (Stage::Content, Some((never, 554)), Failure::Refused),
            (Stage::Content, Some((later, 452)), Failure::Deferred),
            (Stage::Content, None, Failure::Unknown),
        ] {
            assert_eq!(meaning(stage, reply), failure, "{stage} {reply:?}");
        }
    }
}
