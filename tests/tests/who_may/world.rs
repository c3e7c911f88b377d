//! An installation in which there is something of everything, and requests about it.

use std::{cell::Cell, collections::BTreeMap};

use chrono::{DateTime, Duration, Utc};
use roomkey_tests::{Backend, Booked, Client, Form, Host, Reply, TestApp, instant, rfc3339};
use serde_json::{Value, json};

use super::{callers::Who, routes::On, table::TABLE};

/// What nobody but Ada may see on pages of their own.
pub(crate) const SECRETS: [&str; 3] = ["Ann Adler", "ann@customers.example", "Ada decides"];
/// Names nothing.
const UNKNOWN_ID: &str = "01a229f1-2800-79eb-a3d0-a17a5b999b52";
const UNKNOWN_TOKEN: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
/// The link to somebody's page in a waiting list, and its SHA-256: the real one goes by mail alone.
const WAITING_TOKEN: &str = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA";
const WAITING_HASH: &str = "eb9f16800c9029ffca85695763d23c3ace71011cf40e9354acd810205e250f87";
const CONFERENCE: &str = "/conference";
const BOOKINGS: &str = "/api/v1/bookings";
const ROOMS: &str = "/api/v1/rooms";

/// Whose things a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// Ada's, and of links the customer's.
    Own,
    Customers,
    Hosts,
    /// What there is not.
    Missing,
}

/// A request without its method.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) body: Body,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Body {
    Form(Vec<(String, String)>),
    Json(Value),
}

/// A booking with Ada, for one line of the table.
struct Made {
    /// One for each side to take off.
    guests: [String; 2],
    id: String,
    customer: String,
    host: String,
}

pub(crate) struct World {
    app: TestApp,
    callers: BTreeMap<Who, (Client, Client)>,
    csrf: BTreeMap<Who, String>,
    /// By the path in the table.
    made: BTreeMap<String, Made>,
    forms: BTreeMap<&'static str, Vec<(String, String)>>,
    /// Room of the booking that is about to begin.
    room: (String, String),
    /// A room of Ada's without a booking.
    standalone: String,
    link: String,
    /// Somebody in a waiting list.
    waiting: String,
    schedule: String,
    asset: String,
    mail: String,
    /// How many times were given away.
    times: Cell<i32>,
}

impl World {
    pub(crate) fn new(backend: Backend) -> Self {
        // No worker: what the database holds is changed by requests alone.
        let app = TestApp::on(backend)
            .clock("2027-07-01 08:02:00")
            .without_limits()
            .set("secret_key", "5d".repeat(32))
            .argument("--demo")
            .argument("--only=web,reservations")
            .start();
        let ada = host_of_the_demonstration(&app);
        app.set_schedule(&ada, &["mon-sun 00:00-24:00"]);
        let asking = ["--title", "Ada decides", "--duration", "30", "--requires-confirmation"];
        app.add_event_type("ada", "asking", &asking);
        let proof = ["--title", "Proof", "--duration", "30", "--email-proof"];
        app.add_event_type("ada", "proof", &proof);
        let soon = ["--title", "Soon", "--duration", "30", "--increment", "5"];
        app.add_event_type("ada", "soon", &soon);
        // A whole day that begins today: nobody can book it any more.
        let full = ["--title", "Full", "--duration", "1440", "--window-days", "0"];
        app.add_event_type("ada", "full", &[&full[..], &["--waiting-list", "30"]].concat());
        let eve = account(&app, "eve", "member");
        let admin = account(&app, "root-of-all", "admin");
        app.add_event_type("eve", "hers", &["--title", "With Eve", "--duration", "30"]);
        app.cli(&["mail", "test", "--to", "somebody@customers.example"]).done();

        let (ada, eve, admin) = (app.sign_in(&ada), app.sign_in(&eve), app.sign_in(&admin));
        let visitor = || {
            let browser = app.client();
            browser.page("/ada/intro");
            browser
        };
        let prosody = |client: Client| {
            client.header("Authorization", format!("Bearer {}", app.reservations_token()))
        };
        let browsers = [
            (Who::Anonymous, app.client()),
            (Who::CustomerA, visitor()),
            (Who::CustomerB, visitor()),
            (Who::Eve, eve),
            (Who::Admin, admin),
            (Who::EvesKey, app.key("eve", "bookings:write,rooms:write")),
            (Who::AdasReader, app.key("ada", "bookings:read")),
            (Who::AdasKey, app.key("ada", "bookings:write,rooms:write")),
            (Who::Ada, ada),
            (Who::Prosody, prosody(app.client())),
        ];
        let callers: BTreeMap<_, _> = browsers
            .into_iter()
            .map(|(who, browser)| {
                (who, (browser.clone(), browser.at(app.internal_client().base().to_owned())))
            })
            .collect();
        let csrf =
            callers.iter().filter(|(who, _)| who.is_signed_in()).map(|(who, (browser, _))| {
                let form = browser.page("/app/availability").form("/sign-out");
                (*who, form.value("csrf").expect("a token").to_owned())
            });
        let mut world = Self {
            csrf: csrf.collect(),
            callers,
            made: BTreeMap::new(),
            forms: BTreeMap::new(),
            room: Default::default(),
            standalone: String::new(),
            link: String::new(),
            waiting: String::new(),
            schedule: String::new(),
            asset: String::new(),
            mail: String::new(),
            times: Cell::new(0),
            app,
        };
        world.fill();
        world
    }

    /// Puts two people into a waiting list.
    fn wait(&mut self) {
        let path = "/ada/full/waiting-list";
        let database = self.app.database();
        let entries = ["ann@customers.example", "bea@customers.example"].map(|email| {
            let form = self.browser(Who::CustomerA).page(path).form(path);
            let form = form.set("day", "2027-07-01").set("name", "Ann Adler").set("email", email);
            self.browser(Who::CustomerA).submit(&form).expect(303);
            let entry = format!("SELECT id FROM waiting_entries WHERE email = '{email}'");
            database.rows(&entry)[0]["id"].as_str().expect("an id").to_owned()
        });
        let [known, removed] = entries;
        database.execute(&format!(
            "UPDATE waiting_entries SET token_hash = '{WAITING_HASH}' WHERE id = '{known}'"
        ));
        self.waiting = removed;
    }

    /// Makes one of everything that Ada can have.
    fn fill(&mut self) {
        let ada = self.browser(Who::Ada).clone();
        let editor = "/app/event-types/intro";
        for label in ["Company", "Size"] {
            let path = format!("{editor}/questions/new");
            ada.submit(&ada.page(&path).form(&path).set("label", label)).expect(303);
        }
        ada.submit(&ada.page(editor).form("/links").set("link_name", "For Ann")).expect(303);
        let form = ada.page(editor).form(editor).set("waiting_list", "30");
        ada.submit(&form).expect(303);
        self.wait();
        let made = form_with(&ada, "/app/availability", "/app/schedules", "new_name");
        let address = ada.submit(&made.set("new_name", "Evenings")).expect(303).location();
        let schedule = address.split('?').next().expect("a path").to_owned();
        let link = self.app.database().rows("SELECT id FROM event_links");
        link[0]["id"].as_str().expect("an id").clone_into(&mut self.link);
        schedule.trim_start_matches("/app/availability/").clone_into(&mut self.schedule);

        for (.., path, _) in TABLE.iter().filter(|(.., path, _)| {
            path.starts_with("/b/") || path.starts_with("/api/v1/bookings/")
        }) {
            if !self.made.contains_key(*path) {
                let made = self.book_for(path);
                self.made.insert((*path).to_owned(), made);
            }
        }
        let open = &self.made["/b/{token}/join"].id;
        let shown = self.browser(Who::AdasKey).get(&format!("{BOOKINGS}/{open}")).expect(200);
        let name = shown.json()["room"]["name"].as_str().expect("a name").to_owned();
        let id = format!("SELECT id FROM rooms WHERE booking_id = '{open}'");
        let id = self.app.database().rows(&id)[0]["id"].as_str().expect("an id").to_owned();
        self.room = (name, id);

        let made = self
            .browser(Who::AdasKey)
            .post_json(ROOMS, &new_room("Ada decides"))
            .expect(201)
            .json();
        made["id"].as_str().expect("an id").clone_into(&mut self.standalone);

        let page = self.app.client().page("/ada/intro");
        let styles = page.select("link[rel=stylesheet]");
        let asset = styles[0].value().attr("href").expect("an address");
        asset.trim_start_matches("/static/").clone_into(&mut self.asset);
        let mails = self.app.client().page("/dev/mailbox");
        mails.link("/dev/mailbox/").trim_start_matches("/dev/mailbox/").clone_into(&mut self.mail);
        self.forms = self.fill_in(&ada);
    }

    /// Ann's booking for that line of the table.
    fn book_for(&self, path: &str) -> Made {
        let event = match path.rsplit('/').next() {
            Some("confirm" | "decline") => "asking",
            Some("join") => "soon",
            Some("check-mail") => "proof",
            _ => "intro",
        };
        let start = if event == "soon" { "2027-07-01T08:10:00Z".to_owned() } else { self.time() };
        let mut request = self.app.request(event, &start, "Ann Adler", "ann@customers.example");
        request["guests"] = json!(["one@customers.example", "two@customers.example"]);
        let booked = self.browser(Who::CustomerA).post_json(BOOKINGS, &request).expect(201);
        let booked = Booked::from_json(booked.json());
        let path = format!("{BOOKINGS}/{}", booked.id());
        let for_host = self.browser(Who::AdasKey).get(&path).expect(200);
        let for_host = Booked::from_json(for_host.json());
        // Who waits for a proof sees none.
        let page = self.app.client().page(booked.page());
        let mut guests = page
            .forms("/remove")
            .into_iter()
            .map(|form| form.action().split('/').nth_back(1).expect("the guest's id").to_owned());
        Made {
            guests: [(); 2].map(|()| guests.next().unwrap_or_else(|| UNKNOWN_ID.to_owned())),
            id: booked.id().to_owned(),
            customer: booked.token().trim_end_matches("/check-mail").to_owned(),
            host: for_host.token().to_owned(),
        }
    }

    /// Ada's forms, filled in as they are accepted from her.
    fn fill_in(&self, ada: &Client) -> BTreeMap<&'static str, Vec<(String, String)>> {
        let by_hand = ada.page(&format!("/app/bookings/new?event=intro&date={}", date()));
        let by_hand = by_hand.form("/app/bookings/new").set("slot", self.time());
        let by_hand = by_hand.set("name", "Cy Cole").set("email", "cy@customers.example");
        // A day on which nobody comes.
        let day = ada.page("/app/bookings/day?date=2027-12-23").form("/app/bookings/day");
        let new = ada.page("/app/event-types/new").form("/app/event-types/new");
        let editor = ada.page("/app/event-types/intro");
        let question = "/app/event-types/intro/questions/company";
        let hours = "/app/availability";
        let own_hours = format!("{hours}/{}", self.schedule);
        let own = ada.page(&own_hours);
        let overrides = form_with(ada, &own_hours, "/overrides", "override_first");
        let away = form_with(ada, hours, "/app/time-off", "away_first").without("schedule");
        let away = away.set("away_first", "2027-12-24").set("away_last", "2027-12-24");
        let week = ada.page(hours).form("/app/week-start").without("schedule");
        let schedules = form_with(ada, hours, "/app/schedules", "new_name");
        [
            ("/app/bookings/day", day),
            ("/app/bookings/new", by_hand),
            ("/app/event-types/new", new.set("title", "New").set("slug", "new-one")),
            ("/app/event-types/{slug}", editor.form("/app/event-types/intro")),
            ("/app/event-types/{slug}/questions/{id}", ada.page(question).form(question)),
            (
                "/app/event-types/{slug}/questions/{id}/move",
                editor.form("/company/move").press("to", "down"),
            ),
            ("/app/event-types/{slug}/links", editor.form("/links").set("link_name", "More")),
            ("/app/event-types/{slug}/links/{id}/remove", editor.form("/remove")),
            ("/app/availability", ada.page(hours).form(hours)),
            ("/app/availability/{id}", own.form(&own_hours)),
            ("/app/availability/{id}/overrides", overrides.set("override_first", "2027-12-24")),
            ("/app/availability/{id}/settings", own.form("/settings").press("do", "rename")),
            ("/app/schedules", schedules.set("new_name", "Mornings")),
            ("/app/time-off", away),
            ("/app/week-start", week),
            ("/sign-out", ada.page(hours).form("/sign-out")),
        ]
        .into_iter()
        .map(|(path, form)| (path, form.fields().to_vec()))
        .collect()
    }

    /// The next time that nobody has.
    fn time(&self) -> String {
        let number = self.times.get();
        self.times.set(number + 1);
        rfc3339(first() + Duration::minutes(30 * i64::from(number)))
    }

    /// A request about one of Ada's things, or about none.
    pub(crate) fn asked(&self, path: &str, which: Which) -> Asked {
        let is_missing = which == Which::Missing;
        let or = |own: &str, missing: &str| if is_missing { missing } else { own }.to_owned();
        let made = self.made.get(path);
        let token = match (made, which) {
            (_, Which::Own | Which::Customers) if path.starts_with("/w/") => WAITING_TOKEN,
            (Some(made), Which::Own | Which::Customers) => &made.customer,
            (Some(made), Which::Hosts) => &made.host,
            (_, _) => UNKNOWN_TOKEN,
        };
        let id = match path {
            _ if path.contains("/questions/") => or("company", "nothing"),
            _ if path.contains("/guests/") => made
                .map_or(UNKNOWN_ID, |made| match which {
                    Which::Hosts => &made.guests[1],
                    _ => &made.guests[0],
                })
                .to_owned(),
            _ if path.contains("/waiting/") => or(&self.waiting, UNKNOWN_ID),
            _ if path.contains("/links/") => or(&self.link, UNKNOWN_ID),
            _ if path.contains("/availability/") => or(&self.schedule, UNKNOWN_ID),
            _ if path.starts_with(ROOMS) || path.starts_with("/app/rooms/") => {
                or(&self.standalone, UNKNOWN_ID)
            }
            _ if path.starts_with(CONFERENCE) => or(&self.room.1, UNKNOWN_ID),
            _ => or(made.map_or(UNKNOWN_ID, |made| &made.id), UNKNOWN_ID),
        };
        let name = if path.starts_with("/static/") { &self.asset } else { &self.mail };
        let filled = path
            .replace("{token}", token)
            .replace("{id}", &id)
            .replace("{name}", name)
            .replace("{handle}", &or("ada", "nobody"))
            .replace("{slug}", &or("intro", "nothing"));
        let offer = or("host=ada&event=intro", "host=nobody&event=nothing");
        let date = date();
        let query = match path {
            "/api/v1/slots" => format!("?{offer}&from={date}&to={date}&tz=UTC"),
            "/api/v1/slots/explain" => format!("?{offer}&at={date}T08:00:00Z&tz=UTC"),
            _ => String::new(),
        };
        Asked { path: filled + &query, body: self.body(path, is_missing) }
    }

    fn body(&self, path: &str, is_missing: bool) -> Body {
        let form = |fields: &[(&str, &str)]| {
            let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            Body::Form(fields.iter().map(owned).collect())
        };
        let own_time = || rfc3339(first() + Duration::days(7));
        match path {
            BOOKINGS => {
                let host = if is_missing { "nobody" } else { "ada" };
                Body::Json(json!({"host": host, "event": "intro", "start": "", "attendee": {
                    "name": "Cy Cole", "email": "cy@customers.example", "time_zone": "UTC"}}))
            }
            ROOMS => Body::Json(new_room("A room")),
            "/api/v1/bookings/{id}/reschedule" => Body::Json(json!({"start": late()})),
            "/api/v1/bookings/{id}/propose" => {
                Body::Json(json!({"starts": [rfc3339(first() + Duration::days(9))]}))
            }
            "/api/v1/bookings/{id}/guests" => {
                Body::Json(json!({"email": "three@customers.example"}))
            }
            "/api/v1/bookings/{id}" => Body::Json(json!({"private_note": "Mine"})),
            _ if path.starts_with("/api/v1/bookings/{id}/") => Body::Json(json!({})),
            CONFERENCE => {
                let room = if is_missing { "nosuchroom" } else { &self.room.0 };
                form(&[("name", room), ("start_time", "x"), ("mail_owner", "x@meet.example.org")])
            }
            _ if path.starts_with("/events/") => {
                let room = if is_missing { "nosuchroom" } else { &self.room.0 };
                let at = instant("2027-07-01T08:05:00Z").timestamp();
                let occupant = json!({"occupant_jid": "a@b/c", "joined_at": at, "left_at": at});
                Body::Json(json!({"room_name": room, "created_at": at, "destroyed_at": at,
                    "occupant": occupant, "all_occupants": {}}))
            }
            "/w/{token}" => form(&[("do", "leave")]),
            "/b/{token}/reminders" => form(&[("do", "off")]),
            "/b/{token}/guests" => form(&[("guest", "three@customers.example")]),
            "/theme" => form(&[("theme", "dark")]),
            "/{handle}/{slug}/hold" => form(&[("release", "1")]),
            "/{handle}/{slug}" | "/b/{token}/propose" => form(&[("slot", &own_time())]),
            "/b/{token}/reschedule" => form(&[("slot", &own_time()), ("tz", "UTC")]),
            _ => match self.forms.get(path) {
                Some(fields) if path == "/app/bookings/new" && is_missing => {
                    let other = |(name, value): &(String, String)| match name.as_str() {
                        "event" => (name.clone(), "nothing".to_owned()),
                        _ => (name.clone(), value.clone()),
                    };
                    Body::Form(fields.iter().map(other).collect())
                }
                Some(fields) => Body::Form(fields.clone()),
                None => form(&[]),
            },
        }
    }

    /// Sends a request as that caller would: on forms with the token of their own session.
    pub(crate) fn ask(&self, who: Who, on: On, method: &str, asked: &Asked) -> Reply {
        let (public, internal) = &self.callers[&who];
        let client = if on == On::Public { public } else { internal };
        let origin = client.base().to_owned();
        let form = "application/x-www-form-urlencoded";
        let (kind, body) = match &asked.body {
            _ if ["GET", "HEAD"].contains(&method) => {
                return client.send(method, &asked.path, None, &[]);
            }
            Body::Json(body) => {
                let mut body = body.clone();
                if body.get("attendee").is_some() {
                    body["start"] = self.time().into();
                }
                ("application/json", body.to_string())
            }
            Body::Form(fields) => {
                let mut fields = fields.clone();
                fields.retain(|(name, _)| name != "csrf");
                let csrf = self.csrf.get(&who).map(|token| ("csrf".to_owned(), token.clone()));
                fields.extend(
                    csrf.filter(|_| asked.path.starts_with("/app") || asked.path == "/sign-out"),
                );
                (form, serde_urlencoded::to_string(fields).expect("a form"))
            }
        };
        let headers = [("Origin", origin.as_str()), ("Content-Type", kind)];
        // What is set here ends with the answer, so that no caller becomes another on the way.
        client.clone().send(method, &asked.path, Some(body.into_bytes()), &headers)
    }

    /// A new event type by one of Ada's schedules, or by none that there is.
    pub(crate) fn with_schedule(&self, which: Which) -> Asked {
        let mut asked = self.asked("/app/event-types/new", Which::Own);
        if let Body::Form(fields) = &mut asked.body {
            let schedule = if which == Which::Own { &self.schedule } else { UNKNOWN_ID };
            fields.retain(|(name, _)| name != "schedule");
            fields.push(("schedule".to_owned(), schedule.to_owned()));
        }
        asked
    }

    /// All that is stored.
    pub(crate) fn state(&self) -> String {
        let dump = self.app.database().dump();
        // A number that pg_dump draws anew each time.
        let lines = dump.lines().filter(|line| !line.contains("restrict "));
        lines.collect::<Vec<_>>().join("\n")
    }

    fn browser(&self, who: Who) -> &Client {
        &self.callers[&who].0
    }
}

/// When the first free time that is given away begins.
fn first() -> DateTime<Utc> {
    instant("2027-07-05T00:00:00Z")
}

/// What a program sends that asks for a room.
fn new_room(label: &str) -> Value {
    let (start, end) = (first() + Duration::days(20), first() + Duration::days(21));
    json!({"start": rfc3339(start), "end": rfc3339(end), "label": label})
}

fn date() -> String {
    first().date_naive().to_string()
}

/// A time that only the API moves a booking to.
fn late() -> String {
    rfc3339(first() + Duration::days(8))
}

/// The one of several forms to an address that has a field.
fn form_with(browser: &Client, path: &str, action: &str, field: &str) -> Form {
    let forms = browser.page(path).forms(action);
    forms.into_iter().find(|form| form.names().contains(field)).expect("a form")
}

/// Ada, as `--demo` makes her, with her half-hour `intro`.
fn host_of_the_demonstration(app: &TestApp) -> Host {
    let password = std::fs::read_to_string(app.data_dir().join("demo-password"));
    let password = password.expect("the password").trim().to_owned();
    Host { email: "ada@example.org".to_owned(), password, ..Host::ada() }
}

fn account(app: &TestApp, handle: &str, role: &str) -> Host {
    let host = Host::new(handle, handle, "UTC");
    let arguments = [
        "user",
        "add",
        "--email",
        &host.email,
        "--name",
        &host.name,
        "--handle",
        handle,
        "--time-zone",
        "UTC",
        "--role",
        role,
        "--password-stdin",
    ];
    app.cli_with_input(&arguments, &format!("{}\n", host.password)).done();
    host
}
