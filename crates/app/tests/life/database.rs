//! A database of the test's own.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use diesel::{Connection, PgConnection, connection::SimpleConnection};
use roomkey_store::Backend;

/// Names the ephemeral PostgreSQL cluster.
const CLUSTER: &str = "ROOMKEY_TEST_POSTGRES";

/// Removed at the end of the test.
pub(crate) struct Database {
    url: String,
    /// The PostgreSQL cluster and the database's name in it.
    made: Option<(String, String)>,
    _dir: tempfile::TempDir,
}

impl Database {
    pub(crate) fn new(backend: Backend) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let dir = tempfile::tempdir().unwrap();
        if backend == Backend::Sqlite {
            let url = format!("sqlite://{}", dir.path().join("test.db").display());
            return Self { url, made: None, _dir: dir };
        }
        #[allow(clippy::disallowed_methods, reason = "how scripts/test names the cluster")]
        let cluster = std::env::var(CLUSTER);
        let cluster = cluster.expect("ROOMKEY_TEST_POSTGRES is not set: use ./scripts/test");
        let name = format!("app_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        maintain(&cluster, &format!("CREATE DATABASE {name} TEMPLATE template0"));
        let url = cluster.replacen("/postgres?", &format!("/{name}?"), 1);
        Self { url, made: Some((cluster, name)), _dir: dir }
    }

    /// As in the program's `database_url`.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some((cluster, name)) = &self.made {
            maintain(cluster, &format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

fn maintain(cluster: &str, sql: &str) {
    // PostgreSQL copies its template for one caller at a time.
    for _ in 0..600 {
        let mut conn = PgConnection::establish(cluster).unwrap();
        match conn.batch_execute(sql) {
            Ok(()) => return,
            Err(error) if error.to_string().contains("being accessed by other users") => {
                std::thread::sleep(Duration::from_millis(100));
            }
            Err(error) => panic!("{sql}: {error}"),
        }
    }
    panic!("{sql}: still busy");
}
