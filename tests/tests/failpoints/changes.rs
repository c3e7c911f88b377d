//! The changes that are stopped, and the requests that make them.

use chrono::{DateTime, Duration, Utc};
use roomkey_tests::{Booked, Form, Page, SOON, instant, rfc3339, wait_until};
use serde_json::{Value, json};

use crate::stage::Stage;

const BOOKINGS: &str = "/api/v1/bookings";
const LINE: &str = "/ada/rare/waiting-list";
const DAY: &str = "/app/bookings/day";
/// How many bookings a series has.
const TIMES: i64 = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Book,
    Confirm,
    Move,
    Cancel,
    Decline,
    BookSeat,
    BookWithGuests,
    RemoveGuest,
    BookSeries,
    MoveSeries,
    CancelSeries,
    Propose,
    AcceptProposal,
    AskToMove,
    AcceptWish,
    JoinWaitingList,
    BookByOffer,
    Prove,
    CancelDay,
    ConfirmSeries,
    DeclineSeries,
    ProveSeries,
    OpenRoom,
}

/// What a request makes more of, and how many; enough to see that it did what it is for.
pub(crate) type Sign = (&'static str, i64);

impl Change {
    pub(crate) const ALL: [Self; 23] = [
        Self::Book,
        Self::OpenRoom,
        Self::Confirm,
        Self::Move,
        Self::Cancel,
        Self::Decline,
        Self::BookSeat,
        Self::BookWithGuests,
        Self::RemoveGuest,
        Self::BookSeries,
        Self::MoveSeries,
        Self::CancelSeries,
        Self::Propose,
        Self::AcceptProposal,
        Self::AskToMove,
        Self::AcceptWish,
        Self::JoinWaitingList,
        Self::BookByOffer,
        Self::Prove,
        Self::CancelDay,
        Self::ConfirmSeries,
        Self::DeclineSeries,
        Self::ProveSeries,
    ];

    pub(crate) fn signs(self) -> [Sign; 2] {
        match self {
            Self::Book | Self::BookByOffer => [("bookings", 1), ("live rooms", 1)],
            Self::Confirm | Self::Prove => [("confirmed", 1), ("live rooms", 1)],
            Self::Move | Self::AcceptProposal => [("versions", 1), ("rooms", 1)],
            Self::Cancel => [("cancelled", 1), ("live rooms", -1)],
            Self::Decline => [("held", -1), ("booking_events", 1)],
            Self::BookSeat => [("seats taken", 1), ("live rooms", 1)],
            Self::BookWithGuests => [("guest_links", 2), ("outbox_messages", 4)],
            Self::RemoveGuest => [("guests removed", 1), ("rooms", 1)],
            Self::BookSeries => [("booking_series", 1), ("live rooms", TIMES)],
            Self::MoveSeries => [("versions", TIMES), ("rooms", TIMES)],
            Self::CancelSeries => [("cancelled", TIMES), ("live rooms", -TIMES)],
            Self::Propose => [("open proposals", 1), ("outbox_messages", 1)],
            Self::AskToMove => [("open proposals", 1), ("slot_holds", 1)],
            Self::AcceptWish => [("versions", 1), ("slot_holds", -1)],
            Self::JoinWaitingList => [("waiting_entries", 1), ("outbox_messages", 1)],
            Self::CancelDay => [("cancelled", 2), ("live rooms", -2)],
            Self::ConfirmSeries => [("confirmed", TIMES), ("live rooms", TIMES)],
            Self::DeclineSeries => [("held", -TIMES), ("booking_events", TIMES)],
            Self::ProveSeries => [("verified", TIMES), ("live rooms", TIMES)],
            Self::OpenRoom => [("conferences", 1), ("~opened", 1)],
        }
    }

    /// Whether what comes before it takes a mail, or a turn of a waiting list.
    pub(crate) fn needs_worker(self) -> bool {
        matches!(self, Self::BookByOffer | Self::Prove | Self::ProveSeries)
    }
}

/// A request that makes a change.
pub(crate) struct Asked {
    /// Of idempotency.
    pub(crate) key: String,
    pub(crate) who: Who,
    pub(crate) path: String,
    pub(crate) content: Content,
    /// What it is answered, also when it is made again after it was granted.
    pub(crate) granted: u16,
    pub(crate) again: u16,
}

#[derive(Clone, Copy)]
pub(crate) enum Who {
    Key,
    Customer,
    Ada,
    /// On the internal listener.
    Prosody,
}

pub(crate) enum Content {
    Json(Value),
    Form(Vec<(String, String)>),
}

impl Asked {
    fn form(form: &Form, again: u16) -> Self {
        let content = Content::Form(form.fields().to_vec());
        let (key, path) = (String::new(), form.action().to_owned());
        Self { key, who: Who::Customer, path, content, granted: 303, again }
    }
}

impl Stage {
    /// Event types for all changes.
    pub(crate) fn furnish(&self) {
        let events: [(&str, &[&str]); 6] = [
            ("call", &["--series", "3"]),
            ("asking", &["--requires-confirmation", "--series", "3"]),
            ("proven", &["--email-proof", "--series", "3"]),
            ("class", &["--seats", "2"]),
            ("rare", &["--waiting-list", "1440", "--increment", "1440"]),
            // Their rooms are open a day before they begin.
            ("soon", &["--early", "1440", "--increment", "5"]),
        ];
        for (slug, more) in events {
            let usual = ["--title", "A call", "--duration", "30", "--window-days", "365"];
            self.app.add_event_type("ada", slug, &[&usual[..], more].concat());
        }
    }

    /// A request for a change that can be made now.
    pub(crate) fn asked(&self, change: Change) -> Asked {
        match change {
            Change::Book => self.booking(self.request("call", self.time())),
            Change::BookSeat => self.booking(self.request("class", self.time())),
            Change::BookWithGuests => self.booking(self.with_guests()),
            Change::BookSeries => self.booking(self.series("call", self.later())),
            Change::ConfirmSeries => self.act(&self.asked_series(), "confirm", json!({}), 409),
            Change::DeclineSeries => self.act(&self.asked_series(), "decline", json!({}), 409),
            Change::Confirm => self.act(&self.booked("asking"), "confirm", json!({}), 409),
            Change::Decline => self.act(&self.booked("asking"), "decline", json!({}), 409),
            Change::Move => {
                let to = json!({"start": rfc3339(self.time())});
                self.act(&self.booked("call"), "reschedule", to, 200)
            }
            Change::Cancel => self.act(&self.booked("call"), "cancel", json!({}), 409),
            Change::MoveSeries => {
                let start = self.later();
                let to = rfc3339(start + Duration::minutes(30));
                let to = json!({"start": to, "scope": "all"});
                self.act(&self.post(&self.series("call", start)), "reschedule", to, 200)
            }
            Change::CancelSeries => {
                let booked = self.post(&self.series("call", self.later()));
                self.act(&booked, "cancel", json!({"scope": "all"}), 409)
            }
            Change::RemoveGuest => {
                let page = self.page(self.post(&self.with_guests()).page());
                Asked::form(&page.form("/remove"), 404)
            }
            Change::Propose => {
                let starts = json!({"starts": [rfc3339(self.time()), rfc3339(self.time())]});
                self.act(&self.booked("call"), "propose", starts, 200)
            }
            Change::AcceptProposal => {
                let (booked, start) = (self.booked("call"), rfc3339(self.time()));
                self.key
                    .post_json(&act(&booked, "propose"), &json!({"starts": [start]}))
                    .expect(200);
                let form = self.page(&format!("{}/proposal", booked.page())).form("/proposal");
                Asked::form(&form.set("slot", start).press("answer", "accept"), 303)
            }
            Change::AskToMove => {
                let booked = self.confirmed();
                Asked::form(&self.wish(&booked), 303)
            }
            Change::AcceptWish => {
                let booked = self.confirmed();
                self.app.client().submit(&self.wish(&booked)).expect(303);
                self.act(&booked, "accept-move", json!({}), 409)
            }
            Change::JoinWaitingList => {
                let day = self.rare_day();
                self.book_rare(&day);
                Asked::form(&self.line(&day, &self.somebody()), 303)
            }
            Change::BookByOffer => self.by_offer(),
            Change::Prove | Change::ProveSeries => {
                let email = self.somebody();
                let mut request = match change {
                    Change::ProveSeries => self.series("proven", self.later()),
                    _ => self.request("proven", self.time()),
                };
                request["attendee"]["email"] = json!(email);
                self.app.client().post_json(BOOKINGS, &request).expect(201);
                let path = self.link_in_mail(&email, "/verify", "/b/");
                Asked::form(&self.page(&path).form("/verify"), 303)
            }
            Change::OpenRoom => {
                let booked = self.soon();
                let content = vec![("name".to_owned(), booked.text("/room/name").to_owned())];
                let (key, path) = (String::new(), "/conference".to_owned());
                let content = Content::Form(content);
                Asked { key, who: Who::Prosody, path, content, granted: 200, again: 200 }
            }
            Change::CancelDay => {
                let noon = self.app.noon_in_days(200 + self.number());
                for start in [noon, noon + Duration::hours(1)] {
                    self.post(&self.request("call", start));
                }
                let path = format!("{DAY}?date={}", noon.date_naive());
                let form = self.ada.page(&path).form(DAY).set("reason", "Ill");
                Asked { who: Who::Ada, ..Asked::form(&form, 303) }
            }
        }
    }

    /// Half an hour that nobody has had yet.
    fn time(&self) -> DateTime<Utc> {
        self.app.noon_in_days(1) + Duration::minutes(30 * self.number())
    }

    /// Likewise in each of some weeks, with half an hour behind it.
    fn later(&self) -> DateTime<Utc> {
        let number = self.series.replace(self.series.get() + 1);
        self.app.noon_in_days(100) + Duration::hours(2 * number)
    }

    fn number(&self) -> i64 {
        self.numbers.replace(self.numbers.get() + 1)
    }

    /// An address that nobody has had yet.
    fn somebody(&self) -> String {
        format!("somebody{}@customers.example", self.number())
    }

    fn page(&self, path: &str) -> Page {
        self.app.client().page(path)
    }

    fn request(&self, event: &str, start: DateTime<Utc>) -> Value {
        self.app.request(event, &rfc3339(start), "Bo Berg", "bo@customers.example")
    }

    fn with_guests(&self) -> Value {
        let mut request = self.request("call", self.time());
        request["guests"] = json!(["cy@guests.example", "di@guests.example"]);
        request
    }

    fn series(&self, event: &str, start: DateTime<Utc>) -> Value {
        let mut request = self.request(event, start);
        request["repeat"] = json!({"every": "week", "count": TIMES});
        request
    }

    fn asked_series(&self) -> Booked {
        self.post(&self.series("asking", self.later()))
    }

    fn post(&self, request: &Value) -> Booked {
        Booked::from_json(self.app.client().post_json(BOOKINGS, request).expect(201).json())
    }

    pub(crate) fn booked(&self, event: &str) -> Booked {
        self.post(&self.request(event, self.time()))
    }

    /// A booking of the next hours, at the first time that is free.
    fn soon(&self) -> Booked {
        let today = self.app.now().date_naive();
        let days = [today, today + Duration::days(1)].map(|day| day.to_string());
        let free = self.app.slots("ada", "soon", &days[0], &days[1]);
        self.post(&self.request("soon", instant(free.first().expect("a free time"))))
    }

    fn confirmed(&self) -> Booked {
        let booked = self.booked("asking");
        self.key.post_json(&act(&booked, "confirm"), &json!({})).expect(200);
        booked
    }

    fn booking(&self, request: Value) -> Asked {
        self.json(BOOKINGS.to_owned(), request, (201, 201))
    }

    fn act(&self, booked: &Booked, what: &str, body: Value, again: u16) -> Asked {
        self.json(act(booked, what), body, (200, again))
    }

    fn json(&self, path: String, body: Value, (granted, again): (u16, u16)) -> Asked {
        let key = format!("request-{}", self.number());
        Asked { key, who: Who::Key, path, content: Content::Json(body), granted, again }
    }

    /// The form by which a customer asks for another time.
    fn wish(&self, booked: &Booked) -> Form {
        let path = format!("{}/reschedule", booked.page());
        self.page(&format!("{path}?slot={}", rfc3339(self.time()))).form(&path)
    }

    /// The one rare time of a day on which nobody has had it yet.
    fn rare_day(&self) -> String {
        let date = self.app.noon_in_days(150 + self.rare.replace(self.rare.get() + 1));
        let date = date.date_naive().to_string();
        self.app.slots("ada", "rare", &date, &date).first().expect("a free time").clone()
    }

    fn book_rare(&self, start: &str) -> Booked {
        self.post(&self.request("rare", instant(start)))
    }

    /// The form by which somebody waits for that time.
    fn line(&self, start: &str, email: &str) -> Form {
        // The hour of London's midnight.
        let date = (instant(start) + Duration::hours(2)).date_naive().to_string();
        let form = self.page(LINE).form(LINE).set("day", date);
        form.set("name", "Who waits").set("email", email)
    }

    /// Somebody waits, the time frees up, and is offered to them.
    fn by_offer(&self) -> Asked {
        let (day, email) = (self.rare_day(), self.somebody());
        let booked = self.book_rare(&day);
        self.app.client().submit(&self.line(&day, &email)).expect(303);
        self.app.cli(&["booking", "cancel", booked.id()]).done();
        let path = self.link_in_mail(&email, "/w/", "/w/");
        let link = wait_until("an offer", SOON, || {
            let links = self.page(&path).links();
            links.into_iter().find(|link| link.contains("/ada/rare?"))
        });
        let form = self.page(&link).form("/ada/rare");
        Asked::form(&form.set("name", "Who waits").set("email", email), 303)
    }

    /// The path of a link in a mail to somebody, which begins like that.
    fn link_in_mail(&self, email: &str, part: &str, begin: &str) -> String {
        let mail = self.app.mailbox().wait_for("a mail with a link", |mail| {
            mail.is_to(email) && mail.part("text").contains(part)
        });
        let link = mail.link(part);
        link[link.find(begin).expect("a path")..].to_owned()
    }
}

/// Where a host's program acts on a booking.
fn act(booked: &Booked, what: &str) -> String {
    format!("{BOOKINGS}/{}/{what}", booked.id())
}
