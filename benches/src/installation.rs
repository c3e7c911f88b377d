//! An installation of Roomkey of its own: settings, commands, data.

use std::{net::SocketAddr, path::PathBuf, process::Command, sync::Arc};

use anyhow::{Context as _, bail, ensure};
use roomkey_core::time::{Instant, MICROS_PER_MINUTE};
use roomkey_store::{BookingFilter, SchemaPolicy, SecretKey, Store, StoreOptions};
use serde_json::{Value, json};

use crate::{
    database::Database,
    entropy::SystemEntropy,
    http::{Connection, request},
    server::{Server, free_address},
};

/// Hosts of the large data set, and how many of their bookings there are.
const HOSTS: u64 = 100;
const BOOKINGS: u32 = 20_000;
/// Bookings in the 30 days of the one host whose pages are asked for.
const OWN_BOOKINGS: usize = 200;
/// Bookings that went the way of any other, where the rest is made of copies of them.
const ORIGINALS: u32 = 1_000;
/// The token that the benchmark's Prosody sends.
pub(crate) const TOKEN: &str = "benchmark-token-of-a-prosody-that-is-not-there";

const DAY: i64 = 24 * 60 * MICROS_PER_MINUTE;

/// Names of rooms among the originals.
pub(crate) struct Rooms {
    pub(crate) open: Vec<String>,
    /// They open some day later.
    pub(crate) early: Vec<String>,
}

pub(crate) struct Installation {
    program: PathBuf,
    bare: PathBuf,
    url: String,
    pub(crate) database: Database,
    folder: PathBuf,
    secret_key: SecretKey,
    pub(crate) public: SocketAddr,
    pub(crate) internal: SocketAddr,
}

impl Installation {
    pub(crate) fn new(
        program: PathBuf,
        bare: PathBuf,
        url: String,
        folder: PathBuf,
    ) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        Ok(Self {
            program,
            bare,
            database: Database::new(&url),
            url,
            folder,
            secret_key: SecretKey::new(&SystemEntropy),
            public: free_address()?,
            internal: free_address()?,
        })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .env("ROOMKEY_DATABASE_URL", &self.url)
            .env("ROOMKEY_DATA_DIR", &self.folder)
            .env("ROOMKEY_SECRET_KEY", self.secret_key.to_hex())
            .env("ROOMKEY_LISTEN", self.public.to_string())
            .env("ROOMKEY_INTERNAL_LISTEN", self.internal.to_string())
            .env("ROOMKEY_PUBLIC_URL", format!("http://{}", self.public))
            .env("ROOMKEY_LIMITS__ENABLED", "false")
            .env("ROOMKEY_JITSI__RESERVATIONS_TOKEN", TOKEN)
            .current_dir(&self.folder);
        command
    }

    fn run(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let output = self.command(arguments).output().context("no program")?;
        if !output.status.success() {
            bail!("{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(())
    }

    /// All parts in one process, as an operator starts it, or only some.
    pub(crate) fn serve(&self, only: Option<&str>) -> anyhow::Result<Server> {
        let only = only.map_or(vec![], |only| vec!["--only", only]);
        let arguments: Vec<&str> = ["serve"].into_iter().chain(only).collect();
        Server::start(&mut self.command(&arguments), &self.folder.join("serve.log"), self.internal)
    }

    /// The handlers to compare with, on the same database.
    pub(crate) fn serve_bare(&self) -> anyhow::Result<Server> {
        let mut command = Command::new(&self.bare);
        command
            .args(["--listen", &self.public.to_string()])
            .args(["--database-url", &self.url])
            .args(["--secret-key", &self.secret_key.to_hex()]);
        Server::start(&mut command, &self.folder.join("bare.log"), self.public)
    }

    /// Makes 20,000 bookings of 100 hosts, and one host with 200 in the next 30 days.
    pub(crate) async fn fill(&self) -> anyhow::Result<()> {
        let (hosts, bookings) = (HOSTS.to_string(), BOOKINGS.to_string());
        self.run(&["seed", "--hosts", &hosts, "--bookings", &bookings, "--seed", "1"])?;
        let host = ["--host", "bench"];
        let zone = ["--time-zone", "UTC"];
        let account = ["--email", "bench@example.invalid", "--name", "Bench", "--handle", "bench"];
        self.run(&[&["user", "add"], &account[..], &zone].concat())?;
        let weekly = ["--weekly", "mon-sun 08:00-18:00"];
        self.run(&[&["schedule", "set"], &host[..], &zone, &weekly].concat())?;
        let terms = ["--slug", "intro", "--title", "Intro call", "--duration", "30"];
        self.run(&[&["event-type", "add"], &host[..], &terms].concat())?;

        let _server = self.serve(Some("web"))?;
        let mut connection = Connection::open(self.public).await?;
        let path = Self::slots_path();
        let reply = connection.exchange(&request("GET", &path, &[], "")).await?;
        let answer: Value = serde_json::from_slice(reply.body).context("slots are JSON")?;
        let slots = answer.get("slots").and_then(Value::as_array).context("slots are a list")?;
        let starts: Vec<String> = slots
            .iter()
            .step_by(2)
            .take(OWN_BOOKINGS)
            .filter_map(|slot| Some(slot.get("start")?.as_str()?.to_owned()))
            .collect();
        ensure!(starts.len() == OWN_BOOKINGS, "{} free times are too few", slots.len());
        for (number, start) in starts.iter().enumerate() {
            let reply = connection.exchange(&book("bench", start, number)).await?;
            ensure!(reply.status == 201, "{}", String::from_utf8_lossy(reply.body));
        }
        Ok(())
    }

    /// The names of the 20,000 rooms, all of them open.
    pub(crate) async fn rooms(&self) -> anyhow::Result<Vec<String>> {
        self.database.settle()?;
        let names: Vec<String> =
            self.seeded_rooms().await?.into_iter().map(|(_, name)| name).collect();
        ensure!(names.len() == BOOKINGS as usize, "{} rooms", names.len());
        Ok(names)
    }

    /// Makes the originals, half of whose rooms are open.
    pub(crate) async fn fill_for_jitsi(&self) -> anyhow::Result<Rooms> {
        let (hosts, bookings) = (HOSTS.to_string(), ORIGINALS.to_string());
        self.run(&["seed", "--hosts", &hosts, "--bookings", &bookings, "--seed", "1"])?;
        let mut open = self.seeded_rooms().await?;
        ensure!(open.len() == ORIGINALS as usize, "{} rooms", open.len());
        let early = open.split_off(open.len() / 2);
        let ids: Vec<&str> = open.iter().map(|(id, _)| id.as_str()).collect();
        self.database.note_originals()?;
        self.database.open_rooms(&ids)?;
        let names =
            |rooms: Vec<(String, String)>| rooms.into_iter().map(|(_, name)| name).collect();
        Ok(Rooms { open: names(open), early: names(early) })
    }

    /// Copies the originals until there are so many bookings, to the thousand; says how many there are.
    pub(crate) fn grow(&self, bookings: u32) -> anyhow::Result<u32> {
        self.database.copy_originals(bookings / ORIGINALS)?;
        let there = self.database.bookings()?;
        ensure!(there >= bookings / ORIGINALS * ORIGINALS, "{there} bookings");
        Ok(there)
    }

    /// Ids and names of all rooms of the large data set's own bookings.
    async fn seeded_rooms(&self) -> anyhow::Result<Vec<(String, String)>> {
        let options = StoreOptions {
            url: self.url.parse()?,
            connections: 1,
            secret_key: self.secret_key.clone(),
            schema: SchemaPolicy::DryRun,
        };
        let store = Store::open(options, Arc::new(SystemEntropy))?;
        let mut names = Vec::new();
        for number in 1..=HOSTS {
            let handle = format!("seed-1-{number}").parse()?;
            let rooms = store.read(move |tx| {
                let Some(host) = tx.user_by_handle(&handle)? else { return Ok(Vec::new()) };
                let bookings = tx.bookings(host.id, &all())?;
                let rooms = bookings.into_iter().filter_map(|each| each.room);
                let pairs = rooms.map(|room| (room.id.to_string(), room.name.expose().to_owned()));
                Ok::<Vec<_>, roomkey_store::StoreError>(pairs.collect())
            });
            names.extend(rooms.await?);
        }
        Ok(names)
    }

    /// The free times of 30 days in which there are 200 bookings.
    pub(crate) fn slots_path() -> String {
        let date = |days: i64| today(days).to_utc().date_naive();
        format!(
            "/api/v1/slots?host=bench&event=intro&from={}&to={}&tz=Europe/Berlin",
            date(1),
            date(30)
        )
    }

    /// The `n`th of bookings that nobody else wants: host after host, half hour after half hour.
    pub(crate) fn booking(n: u64) -> Vec<u8> {
        let half_hours = i64::try_from(n / HOSTS).unwrap_or(i64::MAX);
        let start = today(30).plus_micros(half_hours * 30 * MICROS_PER_MINUTE);
        book(&Self::host(n), &start.to_string(), usize::try_from(n).unwrap_or(0))
    }

    /// A host of the large data set, each as often as any other.
    pub(crate) fn host(n: u64) -> String {
        format!("seed-1-{}", n % HOSTS + 1)
    }
}

fn all() -> BookingFilter {
    BookingFilter {
        states: None,
        unproven: false,
        from: None,
        to: None,
        latest_first: false,
        after: None,
        limit: BOOKINGS,
    }
}

fn book(host: &str, start: &str, number: usize) -> Vec<u8> {
    let body = json!({
        "host": host,
        "event": "intro",
        "start": start,
        "attendee": {
            "name": format!("Customer {number}"),
            "email": format!("customer-{number}@example.invalid"),
            "time_zone": "Europe/Berlin",
        },
    });
    request("POST", "/api/v1/bookings", &[("Content-Type", "application/json")], &body.to_string())
}

/// Midnight in UTC so many days from today.
fn today(days: i64) -> Instant {
    #[expect(clippy::disallowed_methods, reason = "a benchmark has no clock passed in")]
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seconds = since_epoch.map_or(0, |time| i64::try_from(time.as_secs()).unwrap_or(0));
    let now = Instant::from_seconds(seconds).micros();
    Instant::from_micros(now.div_euclid(DAY) * DAY).plus_micros(days * DAY)
}
