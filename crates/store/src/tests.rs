//! The store against both real databases: each test has one of its own.

mod attempts;
mod event_links;
mod migrations;
mod outbox;
mod overlap;
mod sealed;
mod transactions;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use diesel::{Connection, PgConnection, connection::SimpleConnection};
use roomkey_core::{
    account::{Role, User},
    booking::{Attendee, Booking, FreshRoom, NewBooking, Proof, Side, Status},
    event_type::{Buffers, EventLink, EventType, Location, Prefill, RoomPolicy, Terms},
    ids::{AttendeeId, BookingId, EventLinkId, EventTypeId, RoomId, UserId},
    random::Entropy,
    room::{Room, RoomName, RoomPassword, RoomRequest, StandaloneRoom, decide_standalone_room},
    text::Note,
    time::{Instant, Minutes, Span, TimeZone, Weekday},
    token::Token,
};

use crate::{
    Backend, DatabaseUrl, IssuedLink, MigrateError, SchemaPolicy, SecretKey, Store, StoreError,
    StoreOptions,
};

/// Runs each named `fn(&TestDatabase)` as two tests.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        $(mod $name {
            #[test]
            fn sqlite() {
                super::$name(&crate::tests::TestDatabase::new(crate::Backend::Sqlite));
            }

            #[test]
            fn postgres() {
                super::$name(&crate::tests::TestDatabase::new(crate::Backend::Postgres));
            }
        })+
    };
}
pub(crate) use on_both;

/// The system's randomness.
struct Dice;

impl Entropy for Dice {
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).unwrap();
    }
}

/// A database of the test's own, removed at its end.
struct TestDatabase {
    url: DatabaseUrl,
    /// The PostgreSQL cluster and the database's name in it.
    made: Option<(String, String)>,
    _dir: tempfile::TempDir,
}

/// Names the ephemeral PostgreSQL cluster.
const CLUSTER: &str = "ROOMKEY_TEST_POSTGRES";

impl TestDatabase {
    fn new(backend: Backend) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let dir = tempfile::tempdir().unwrap();
        if backend == Backend::Sqlite {
            let url = format!("sqlite://{}", dir.path().join("test.db").display());
            return Self { url: url.parse().unwrap(), made: None, _dir: dir };
        }
        #[allow(clippy::disallowed_methods, reason = "how scripts/test names the cluster")]
        let cluster = std::env::var(CLUSTER);
        let cluster = cluster.expect("ROOMKEY_TEST_POSTGRES is not set: use ./scripts/test");
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("store_{}_{count}", std::process::id());
        maintain(&cluster, &format!("CREATE DATABASE {name} TEMPLATE template0"));
        let url = cluster.replacen("/postgres?", &format!("/{name}?"), 1);
        Self { url: url.parse().unwrap(), made: Some((cluster, name)), _dir: dir }
    }

    fn backend(&self) -> Backend {
        self.url.backend()
    }

    fn open(&self) -> Store {
        self.open_with(SecretKey::new(&Dice), SchemaPolicy::BringUpToDate).unwrap()
    }

    fn open_with(
        &self,
        secret_key: SecretKey,
        schema: SchemaPolicy,
    ) -> Result<Store, MigrateError> {
        let options = StoreOptions { url: self.url.clone(), connections: 4, secret_key, schema };
        Store::open(options, Arc::new(Dice))
    }
}

impl Drop for TestDatabase {
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

pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

const NOW: Instant = Instant::from_seconds(1_796_000_000);

/// A host with an event type, stored.
struct World {
    store: Store,
    event_type: EventType,
}

impl World {
    async fn make(store: Store) -> Self {
        let user = User {
            id: UserId::new(NOW, &Dice),
            email: "ada@example.org".parse().unwrap(),
            name: "Ada".parse().unwrap(),
            handle: "ada".parse().unwrap(),
            role: Role::Owner,
            time_zone: TimeZone::UTC,
            week_start: Weekday::Mon,
        };
        let terms = Terms::usual(
            "intro".parse().unwrap(),
            "Intro".parse().unwrap(),
            "".parse().unwrap(),
            Minutes(30),
        );
        let event_type = EventType { id: EventTypeId::new(NOW, &Dice), host: user.id, terms };
        let stored = event_type.clone();
        store
            .write(move |tx| {
                tx.insert_user(&user, "!", NOW)?;
                tx.insert_event_type(&stored, NOW)
            })
            .await
            .unwrap();
        Self { store, event_type }
    }

    /// A booking from one minute after the start of the world to another.
    fn booking(&self, from: u32, to: u32, buffers: (u32, u32)) -> NewBooking {
        let span = Span { start: NOW.plus(Minutes(from)), end: NOW.plus(Minutes(to)) };
        let policy = RoomPolicy {
            early: Minutes(10),
            grace: Minutes(15),
            max_occupants: Some(3),
            lobby: true,
            knock: false,
            server: None,
        };
        let booking = Booking {
            id: BookingId::new(NOW, &Dice),
            event_type: self.event_type.id,
            host: self.event_type.host,
            status: Status::Confirmed,
            expires_at: None,
            version: 1,
            span,
            buffers: Buffers { before: Minutes(buffers.0), after: Minutes(buffers.1) },
            ical_uid: format!("{}@example.org", BookingId::new(NOW, &Dice)),
            ical_sequence: 0,
            attendee: Attendee {
                proof: Proof::NotAsked,
                id: AttendeeId::new(NOW, &Dice),
                name: "Bo".parse().unwrap(),
                email: "bo@example.com".parse().unwrap(),
                time_zone: "Europe/Berlin".parse().unwrap(),
                attendance: None,
            },
            location: Location::Jitsi,
            note: "Two\nlines".parse::<Note>().unwrap(),
            answers: Vec::new(),
            created_at: NOW,
            cancelled: None,
            session: None,
            series: None,
            guests: Vec::new(),
            agreed: None,
        };
        let room = Room {
            id: RoomId::new(NOW, &Dice),
            booking: Some(booking.id),
            generation: 1,
            name: RoomName::new(&Dice),
            password: RoomPassword::new(&Dice),
            window: Room::window(span, &policy),
            max_occupants: policy.max_occupants,
            lobby: policy.lobby,
            knock: policy.knock,
            server: policy.server,
            revoked: false,
        };
        let (host_token, customer_token) = (Token::new(&Dice), Token::new(&Dice));
        NewBooking {
            despite: Note::default(),
            booking,
            room: Some(room),
            seats: None,
            host_token,
            customer_token,
            guest_tokens: Vec::new(),
            by: Side::Customer,
        }
    }

    /// A link to the event type.
    fn link(&self, uses_left: Option<u32>) -> IssuedLink {
        let link = EventLink {
            id: EventLinkId::new(NOW, &Dice),
            event_type: self.event_type.id,
            name: "For Bo".parse().unwrap(),
            uses_left,
            expires_at: Some(NOW.plus(Minutes(60))),
            prefill: Prefill {
                name: Some("Bo".parse().unwrap()),
                email: Some("bo@example.com".parse().unwrap()),
            },
        };
        IssuedLink { link, token: Token::new(&Dice) }
    }

    async fn insert(&self, new: NewBooking) -> Result<(), StoreError> {
        self.store.write(move |tx| tx.insert_booking(&new)).await
    }
}

/// A room without a booking, so many minutes from now.
fn standalone_room(host: UserId, from: u32, to: u32, blocks: bool) -> StandaloneRoom {
    let span = Span { start: NOW.plus(Minutes(from)), end: NOW.plus(Minutes(to)) };
    let request = RoomRequest {
        span,
        max_occupants: Some(3),
        lobby: true,
        label: None,
        blocks,
        server: None,
    };
    decide_standalone_room(host, None, request, FreshRoom::draw(NOW, &Dice), NOW).unwrap()
}
