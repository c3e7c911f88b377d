use std::{fmt, str::FromStr};

use secrecy::{ExposeSecret, SecretString};

use crate::postgres_url;

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
    /// What PostgreSQL's library could not read; it would repeat it, which may be part of the
    /// password.
    #[error(
        "not an address of PostgreSQL like postgres://USER:PASSWORD@HOST:PORT/NAME; in a user, a \
         password, a name or an option write @ as %40, / as %2F, and : ? # % and spaces likewise"
    )]
    Encoding,
    /// SQLite's memory: each connection would have a database of its own.
    #[error("SQLite's data must be in a file; name it as sqlite://PATH")]
    NoFile,
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
            // SQLite takes neither for the name of a file.
            Some(("sqlite", path)) if path.starts_with(":memory:") || path.starts_with("file:") => {
                return Err(InvalidDatabaseUrl::NoFile);
            }
            Some(("sqlite", path)) if !path.is_empty() => (Backend::Sqlite, path),
            Some(("postgres" | "postgresql", rest)) if !rest.is_empty() => {
                postgres_url::check(rest)?;
                (Backend::Postgres, text)
            }
            _ => return Err(InvalidDatabaseUrl::Form),
        };
        Ok(Self { backend, location: location.into() })
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.backend)
    }
}
