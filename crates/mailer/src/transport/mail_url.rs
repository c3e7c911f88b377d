use std::{fmt, str::FromStr};

use percent_encoding::percent_decode_str;
use secrecy::SecretString;
use url::Url;

/// Where mail goes, as `mail.url` says it. The password in it is never printed.
#[derive(Debug, Clone)]
pub enum MailUrl {
    /// `mailbox://`: files in the data directory.
    Mailbox,
    /// An SMTP server.
    Smtp(SmtpUrl),
}

/// An SMTP server and how to talk to it.
#[derive(Debug, Clone)]
pub struct SmtpUrl {
    /// Name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Whether and when the connection is encrypted.
    pub security: Security,
    /// User and password, if the server wants them.
    pub credentials: Option<Credentials>,
}

/// Whether and when a connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// `smtp://`: plain at first, then STARTTLS, or nothing is sent.
    StartTls,
    /// `smtps://`: from the first byte.
    Tls,
    /// `smtp+plain://`: never.
    Plain,
}

/// How Roomkey signs in to the server.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The user's name.
    pub user: String,
    /// The password.
    pub password: SecretString,
}

/// The text is no address of mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMailUrl {
    /// Not a URL, or of another kind.
    #[error("use mailbox://, smtp://user:password@host:587, smtps://host or smtp+plain://host")]
    Form,
    /// No server is named.
    #[error("names no mail server")]
    Host,
    /// User or password do not decode.
    #[error("user and password must be percent-encoded UTF-8, each without line breaks")]
    Credentials,
    /// More than a server was given.
    #[error("must end after host and port")]
    Excess,
}

impl MailUrl {
    /// Whether mails only go to files on this machine.
    pub const fn is_mailbox(&self) -> bool {
        matches!(self, Self::Mailbox)
    }
}

/// Without user and password.
impl fmt::Display for MailUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mailbox => f.write_str("mailbox://"),
            Self::Smtp(SmtpUrl { host, port, security, .. }) => {
                write!(f, "{}://{host}:{port}", security.scheme())
            }
        }
    }
}

impl Security {
    const fn scheme(self) -> &'static str {
        match self {
            Self::StartTls => "smtp",
            Self::Tls => "smtps",
            Self::Plain => "smtp+plain",
        }
    }

    const fn usual_port(self) -> u16 {
        match self {
            Self::StartTls => 587,
            Self::Tls => 465,
            Self::Plain => 25,
        }
    }
}

impl FromStr for MailUrl {
    type Err = InvalidMailUrl;

    fn from_str(text: &str) -> Result<Self, InvalidMailUrl> {
        if text.trim_end_matches('/') == "mailbox:" {
            return Ok(Self::Mailbox);
        }
        let url = Url::parse(text).map_err(|_| InvalidMailUrl::Form)?;
        let security = [Security::StartTls, Security::Tls, Security::Plain]
            .into_iter()
            .find(|security| security.scheme() == url.scheme())
            .ok_or(InvalidMailUrl::Form)?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(InvalidMailUrl::Host)?;
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidMailUrl::Excess);
        }
        Ok(Self::Smtp(SmtpUrl {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: url.port().unwrap_or(security.usual_port()),
            security,
            credentials: credentials(&url)?,
        }))
    }
}

fn credentials(url: &Url) -> Result<Option<Credentials>, InvalidMailUrl> {
    if url.username().is_empty() {
        return Ok(None);
    }
    let user = decoded(url.username())?;
    let password = decoded(url.password().unwrap_or_default())?.into();
    Ok(Some(Credentials { user, password }))
}

fn decoded(text: &str) -> Result<String, InvalidMailUrl> {
    let text = percent_decode_str(text).decode_utf8().map_err(|_| InvalidMailUrl::Credentials)?;
    let fits = !text.contains(['\r', '\n', '\0']);
    fits.then(|| text.into_owned()).ok_or(InvalidMailUrl::Credentials)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn smtp(text: &str) -> SmtpUrl {
        match text.parse().unwrap() {
            MailUrl::Smtp(server) => server,
            MailUrl::Mailbox => panic!("{text}"),
        }
    }

    #[test]
    fn servers() {
        let server = smtp("smtp://bot%40example.org:p%3A%2Fss%20%C3%A4@mail.example.org:2525");
        assert_eq!((&*server.host, server.port), ("mail.example.org", 2525));
        assert_eq!(server.security, Security::StartTls);
        let credentials = server.credentials.unwrap();
        assert_eq!(credentials.user, "bot@example.org");
        assert_eq!(credentials.password.expose_secret(), "p:/ss ä");
        assert_eq!(smtp("smtp://mail.example.org").port, 587);
        assert_eq!(smtp("smtps://mail.example.org/").port, 465);
        let plain = smtp("smtp+plain://[::1]");
        assert_eq!((&*plain.host, plain.port, plain.security), ("::1", 25, Security::Plain));
        assert!(plain.credentials.is_none());
        assert!("mailbox://".parse::<MailUrl>().unwrap().is_mailbox());
    }

    #[test]
    fn what_is_no_server() {
        for (text, error) in [
            ("", InvalidMailUrl::Form),
            ("http://mail.example.org", InvalidMailUrl::Form),
            ("mailbox://somewhere", InvalidMailUrl::Form),
            ("smtp://", InvalidMailUrl::Host),
            ("smtp:mail.example.org", InvalidMailUrl::Host),
            ("smtp://mail.example.org/path", InvalidMailUrl::Excess),
            ("smtp://mail.example.org?tls=off", InvalidMailUrl::Excess),
            ("smtp://a%0D%0A:b@mail.example.org", InvalidMailUrl::Credentials),
            ("smtp://a:%FF@mail.example.org", InvalidMailUrl::Credentials),
        ] {
            assert_eq!(text.parse::<MailUrl>().map(|_| ()), Err(error), "{text}");
        }
    }

    #[test]
    fn the_password_is_not_printed() {
        let url: MailUrl = "smtps://bot:hunter2@mail.example.org".parse().unwrap();
        assert_eq!(url.to_string(), "smtps://mail.example.org:465");
        assert!(!format!("{url:?}").contains("hunter2"));
    }
}
