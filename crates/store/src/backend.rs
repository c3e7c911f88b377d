use std::{fmt, str::FromStr};

use secrecy::{ExposeSecret, SecretString};

/// Which database is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// A file, in this process.
    Sqlite,
    /// A server, shared by many processes.
    Postgres,
}

/// Where the database is. The scheme decides the back end; any other stops the start.
#[derive(Clone)]
pub struct DatabaseUrl {
    backend: Backend,
    /// A path for SQLite, a connection URL (which may hold a password) for PostgreSQL.
    location: SecretString,
}

/// The text names no database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDatabaseUrl {
    /// Of another kind.
    #[error("not a database; use sqlite://PATH or postgres://USER:PASSWORD@HOST/NAME")]
    Form,
    /// Not percent-encoded. PostgreSQL's library would repeat what it can not read, which may be
    /// part of the password.
    #[error("a % in a user, password or name must be written %25")]
    Percent,
    /// TLS is demanded, and this build has none for PostgreSQL.
    #[error(
        "its sslmode demands TLS, which this build lacks: build with '--features postgres-tls', or \
         reach the database over a unix socket, a private network or a tunnel, without sslmode"
    )]
    NoTls,
}

impl DatabaseUrl {
    /// The back end that the scheme names.
    pub const fn backend(&self) -> Backend {
        self.backend
    }

    pub(crate) fn location(&self) -> &str {
        self.location.expose_secret()
    }

    /// The file, if it is SQLite.
    pub fn sqlite_path(&self) -> Option<&std::path::Path> {
        (self.backend == Backend::Sqlite).then(|| self.location().as_ref())
    }
}

impl FromStr for DatabaseUrl {
    type Err = InvalidDatabaseUrl;

    fn from_str(text: &str) -> Result<Self, InvalidDatabaseUrl> {
        let (backend, location) = match text.split_once("://") {
            Some(("sqlite", path)) if !path.is_empty() => (Backend::Sqlite, path),
            Some(("postgres" | "postgresql", rest)) if !rest.is_empty() => {
                if !is_percent_encoded(rest) {
                    return Err(InvalidDatabaseUrl::Percent);
                }
                if !HAS_TLS && demands_tls(rest) {
                    return Err(InvalidDatabaseUrl::NoTls);
                }
                (Backend::Postgres, text)
            }
            _ => return Err(InvalidDatabaseUrl::Form),
        };
        Ok(Self { backend, location: location.into() })
    }
}

/// Whether this build can encrypt the way to PostgreSQL.
const HAS_TLS: bool = cfg!(feature = "postgres-tls");

/// Without TLS, libpq takes the milder modes for none.
fn demands_tls(url: &str) -> bool {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.any(|(name, value)| {
        name == "sslmode" && ["require", "verify-ca", "verify-full"].contains(&value)
    })
}

fn is_percent_encoded(text: &str) -> bool {
    text.split('%')
        .skip(1)
        .all(|after| after.len() >= 2 && after.bytes().take(2).all(|byte| byte.is_ascii_hexdigit()))
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.backend)
    }
}
