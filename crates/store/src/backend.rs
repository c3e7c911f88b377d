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
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a database; use sqlite://PATH or postgres://USER:PASSWORD@HOST/NAME")]
pub struct InvalidDatabaseUrl;

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
                (Backend::Postgres, text)
            }
            _ => return Err(InvalidDatabaseUrl),
        };
        Ok(Self { backend, location: location.into() })
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.backend)
    }
}
