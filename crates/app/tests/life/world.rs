//! The use cases over a real database, with a clock that the test moves and chance that can be repeated.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
};

use proptest::{
    prelude::Rng as _,
    test_runner::{RngAlgorithm, TestRng},
};
use roomkey_app::{App, AppOptions, CancelRequest, EmailProof, NewUser, TokenIssuers};
use roomkey_core::{
    account::{Role, User},
    availability::parse_weekly,
    booking::{BookingRequest, SeriesScope, Side},
    jitsi::{JitsiMode, JitsiServers},
    question::Given,
    random::Entropy,
    site::Site,
    time::{Clock, Instant, TimeZone},
};
use roomkey_store::{Backend, SchemaPolicy, SecretKey, Store, StoreOptions};

use crate::database::Database;

/// A clock that stands until it is moved.
pub(crate) struct MovedClock(AtomicI64);

impl MovedClock {
    pub(crate) fn set(&self, now: Instant) {
        self.0.store(now.micros(), Ordering::SeqCst);
    }
}

impl Clock for MovedClock {
    fn now(&self) -> Instant {
        Instant::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// The same chance for the same seed.
pub(crate) struct Dice(Mutex<TestRng>);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        Self(Mutex::new(TestRng::from_seed(RngAlgorithm::ChaCha, &key)))
    }
}

impl Entropy for Dice {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().unwrap().fill_bytes(bytes);
    }
}

/// An installation without a server.
pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) clock: Arc<MovedClock>,
    database: Database,
}

impl World {
    /// On a fresh database with so many connections, at `now`.
    pub(crate) fn new(backend: Backend, connections: u32, now: Instant, seed: u64) -> Self {
        let database = Database::new(backend);
        let entropy: Arc<dyn Entropy> = Arc::new(Dice::new(seed));
        let clock = Arc::new(MovedClock(AtomicI64::new(now.micros())));
        let secret_key = SecretKey::new(&*entropy);
        let options = StoreOptions {
            url: database.url().parse().unwrap(),
            connections,
            secret_key: secret_key.clone(),
            schema: SchemaPolicy::BringUpToDate,
        };
        let app = App::new(AppOptions {
            store: Store::open(options, Arc::clone(&entropy)).unwrap(),
            clock: Arc::clone(&clock) as _,
            entropy,
            site: Site {
                public_url: "https://book.example.org".parse().unwrap(),
                jitsi: JitsiServers::one(
                    "https://meet.example.org".parse().unwrap(),
                    JitsiMode::Reservations,
                ),
            },
            issuers: TokenIssuers::new(),
            secret_key,
            limits: false,
            email_proof: EmailProof::PerEventType,
            mail_due: Arc::default(),
        });
        Self { app, clock, database }
    }

    /// Where its database is, as in the program's `database_url`.
    pub(crate) fn url(&self) -> &str {
        self.database.url()
    }

    /// A host in UTC with these weekly hours.
    pub(crate) async fn host(&self, handle: &str, weekly: &str) -> User {
        let new = NewUser {
            email: format!("{handle}@hosts.example").parse().unwrap(),
            name: handle.parse().unwrap(),
            handle: handle.parse().unwrap(),
            time_zone: TimeZone::UTC,
            role: Role::Member,
            password: None,
        };
        let user = self.app.add_user(new).await.unwrap();
        let weekly = parse_weekly(&[weekly]).unwrap();
        let none = Some(BTreeMap::new());
        self.app.set_schedule(user.id, TimeZone::UTC, weekly, none).await.unwrap();
        user
    }
}

/// What somebody of that name sends to book.
pub(crate) fn request(start: Instant, name: &str, by: Side) -> BookingRequest {
    BookingRequest {
        start,
        name: name.parse().unwrap(),
        email: format!("{name}@customers.example").parse().unwrap(),
        time_zone: TimeZone::UTC,
        guests: Vec::new(),
        note: "".parse().unwrap(),
        answers: Given::default(),
        seen: None,
        by,
        overrides: false,
    }
}

/// Calls off one booking, without a word.
pub(crate) fn cancellation() -> CancelRequest {
    CancelRequest { reason: "".parse().unwrap(), scope: SeriesScope::This, keep_room: false }
}

/// Runs to the end on two threads, beside those that wait for the database.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(future)
}
