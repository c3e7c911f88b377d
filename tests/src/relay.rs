//! The way to the database, in the test's hand: open, cut, or silent as with a frozen server.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener},
    os::unix::net::UnixStream,
    sync::{Arc, Condvar, Mutex},
    thread,
};

use crate::database::{CLUSTER, Database};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Open,
    /// What is under way ends, and what comes is turned away.
    Cut,
    /// Everything is taken and nothing is passed on.
    Silent,
}

#[derive(Debug)]
struct Shared {
    way: Mutex<Way>,
    changed: Condvar,
}

/// A port that leads to the test cluster's socket.
#[derive(Debug)]
pub struct Relay {
    port: u16,
    shared: Arc<Shared>,
}

impl Relay {
    /// Opens a port.
    pub fn to_cluster() -> Self {
        let cluster = std::env::var(CLUSTER).expect("a test cluster: run ./scripts/test");
        let folder = cluster.split("host=").nth(1).expect("a socket's folder").to_owned();
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let shared = Arc::new(Shared { way: Mutex::new(Way::Open), changed: Condvar::new() });
        let (socket, ways) = (format!("{folder}/.s.PGSQL.5432"), Arc::clone(&shared));
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if *ways.way.lock().expect("the way") == Way::Cut {
                    continue; // Dropped: the client sees the connection closed.
                }
                let server = UnixStream::connect(&socket).expect("the database's socket");
                let (server_in, client_in) =
                    (server.try_clone().expect("a handle"), client.try_clone().expect("a handle"));
                let (there, back, ends) = (Arc::clone(&ways), Arc::clone(&ways), Arc::clone(&ways));
                let end = client.try_clone().expect("a handle");
                thread::spawn(move || pass(&there, client_in, server));
                thread::spawn(move || pass(&back, server_in, client));
                thread::spawn(move || {
                    let way = ends.way.lock().expect("the way");
                    drop(ends.changed.wait_while(way, |way| *way != Way::Cut));
                    let _ = end.shutdown(Shutdown::Both);
                });
            }
        });
        Self { port, shared }
    }

    /// The URL of a database of the cluster by this way.
    pub fn url_of(&self, database: &Database) -> String {
        let Database::Postgres { name, .. } = database else {
            panic!("SQLite is in the program itself");
        };
        format!("postgres://postgres@127.0.0.1:{}/{name}", self.port)
    }

    /// Passes everything on (again).
    pub fn open(&self) {
        self.set(Way::Open);
    }

    /// Ends all connections and takes no new ones.
    pub fn cut(&self) {
        self.set(Way::Cut);
    }

    /// Falls silent without ending anything.
    pub fn fall_silent(&self) {
        self.set(Way::Silent);
    }

    fn set(&self, way: Way) {
        *self.shared.way.lock().expect("the way") = way;
        self.shared.changed.notify_all();
    }
}

fn pass(shared: &Shared, mut from: impl Read, mut to: impl Write) {
    let mut buffer = [0; 8192];
    while let Ok(count) = from.read(&mut buffer) {
        let way = shared.way.lock().expect("the way");
        drop(shared.changed.wait_while(way, |way| *way == Way::Silent));
        if count == 0 || to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
}
