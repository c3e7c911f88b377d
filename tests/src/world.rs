//! The people and bookings that the tests' stories are about.

use chrono::{DateTime, Duration, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::app::{Builder, TestApp};
use crate::http::Client;

/// A host with an account.
#[derive(Clone, Debug)]
pub struct Host {
    /// The first part of the booking pages' paths.
    pub handle: String,
    /// The name that customers see.
    pub name: String,
    /// The address to sign in with.
    pub email: String,
    /// The password to sign in with.
    pub password: String,
    /// The zone of the host and the default schedule.
    pub zone: String,
}

/// A booking as the API told its customer.
#[derive(Clone, Debug)]
pub struct Booked(Value);

/// An instant as the API writes it: `2026-12-03T09:00:00Z`.
pub fn rfc3339(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The instant of an RFC 3339 text.
#[track_caller]
pub fn instant(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text)
        .unwrap_or_else(|error| panic!("{text:?} is no RFC 3339 time: {error}"))
        .to_utc()
}

impl Host {
    /// A host of that handle and zone, whose name and address follow from the handle.
    pub fn new(handle: &str, name: &str, zone: &str) -> Self {
        Self {
            handle: handle.to_owned(),
            name: name.to_owned(),
            email: format!("{handle}@hosts.example"),
            password: format!("{handle} likes purple umbrellas"),
            zone: zone.to_owned(),
        }
    }

    /// Ada in London.
    pub fn ada() -> Self {
        Self::new("ada", "Ada Lovelace", "Europe/London")
    }
}

impl Builder {
    /// Starts the server with Ada, who is free day and night, and her half-hour `intro`.
    pub fn start_with_ada(self) -> TestApp {
        let app = self.start();
        app.add_host(&Host::ada());
        app.add_event_type("ada", "intro", &["--title", "Intro call", "--duration", "30"]);
        app
    }
}

impl TestApp {
    /// Makes an account with a schedule of every hour of the week.
    #[track_caller]
    pub fn add_host(&self, host: &Host) {
        let arguments = [
            "user",
            "add",
            "--email",
            &host.email,
            "--name",
            &host.name,
            "--handle",
            &host.handle,
            "--time-zone",
            &host.zone,
            "--role",
            "owner",
            "--password-stdin",
        ];
        self.cli_with_input(&arguments, &format!("{}\n", host.password)).done();
        self.set_schedule(host, &["mon-sun 00:00-24:00"]);
    }

    /// Replaces a host's weekly hours.
    #[track_caller]
    pub fn set_schedule(&self, host: &Host, weekly: &[&str]) {
        let mut arguments =
            vec!["schedule", "set", "--host", &host.handle, "--time-zone", &host.zone];
        arguments.extend(weekly.iter().flat_map(|hours| ["--weekly", hours]));
        self.cli(&arguments).done();
    }

    /// Makes an event type; `options` are those of the command (`--title`, `--duration`, …).
    #[track_caller]
    pub fn add_event_type(&self, host: &str, slug: &str, options: &[&str]) {
        let mut arguments = vec!["event-type", "add", "--host", host, "--slug", slug];
        arguments.extend_from_slice(options);
        self.cli(&arguments).done();
    }

    /// Makes an API key of a host, and a caller with it.
    #[track_caller]
    pub fn key(&self, host: &str, scope: &str) -> Client {
        let arguments =
            ["api-key", "add", "--host", host, "--name", "tests", "--scope", scope, "--json"];
        let made = self.cli(&arguments).json();
        let key = made["key"].as_str().expect("the key itself");
        self.client().header("Authorization", format!("Bearer {key}"))
    }

    /// A browser in which the host is signed in.
    #[track_caller]
    pub fn sign_in(&self, host: &Host) -> Client {
        let browser = self.client();
        let form = browser.page("/sign-in").form("/sign-in");
        let form = form.set("email", &host.email).set("password", &host.password);
        browser.submit(&form).expect(303);
        browser
    }

    /// The free starts of a host's event type between two dates of UTC, both included.
    #[track_caller]
    pub fn slots(&self, host: &str, event: &str, from: &str, to: &str) -> Vec<String> {
        let query = format!("host={host}&event={event}&from={from}&to={to}&tz=UTC");
        let reply = self.client().get(&format!("/api/v1/slots?{query}")).expect(200);
        let slots = reply.json()["slots"].as_array().cloned().expect("a list of slots");
        slots.iter().filter_map(|slot| Some(slot["start"].as_str()?.to_owned())).collect()
    }

    /// A free start of Ada's `intro`, whole days ahead at noon UTC.
    pub fn noon_in_days(&self, days: i64) -> DateTime<Utc> {
        let date = (self.now() + Duration::days(days)).date_naive();
        date.and_hms_opt(12, 0, 0).expect("noon").and_utc()
    }

    /// What a customer's program sends to book.
    pub fn request(&self, event: &str, start: &str, name: &str, email: &str) -> Value {
        json!({
            "host": "ada", "event": event, "start": start,
            "attendee": {"name": name, "email": email, "time_zone": "Europe/Berlin"},
        })
    }

    /// Bo from Berlin books one of Ada's event types.
    #[track_caller]
    pub fn book(&self, event: &str, start: DateTime<Utc>) -> Booked {
        let request = self.request(event, &rfc3339(start), "Bo Berg", "bo@customers.example");
        let reply = self.client().post_json("/api/v1/bookings", &request).expect(201);
        Booked(reply.json())
    }
}

impl Booked {
    /// Takes an API answer for a booking.
    pub fn from_json(value: Value) -> Self {
        Self(value)
    }

    /// The whole answer.
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// One text by its JSON pointer, such as `/room/password`.
    #[track_caller]
    pub fn text(&self, pointer: &str) -> &str {
        self.0
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("no text at {pointer} in {:#}", self.0))
    }

    /// The public id.
    #[track_caller]
    pub fn id(&self) -> &str {
        self.text("/id")
    }

    /// The path of the customer's own page, `/b/{token}`.
    #[track_caller]
    pub fn page(&self) -> &str {
        let page = self.text("/links/page");
        page.find("/b/").and_then(|at| page.get(at..)).expect("a booking page")
    }

    /// The capability in that path.
    #[track_caller]
    pub fn token(&self) -> &str {
        self.page().trim_start_matches("/b/")
    }
}
