//! A waiting list: whoever waits is offered what nobody has.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
};

use chrono::Duration;
use roomkey_tests::{Backend, Booked, Client, SOON, instant, on_both, wait_until};
use serde_json::json;

use crate::servers::{BOOKINGS, Servers, of, rounds};

on_both!(a_time_that_many_wait_for_becomes_free);

/// Customers who wait for one time, visitors who want it, and its customer, who gives it up: one of them has it in the
/// end, and nobody is offered what another has.
fn a_time_that_many_wait_for_becomes_free(backend: Backend) {
    let servers = Servers::start(backend);
    let line = Line::form(&servers);
    let answers = servers.race(|racer, round| {
        let waits = racer.number / 8 % WAITING;
        match racer.number % 8 {
            0 => ("gives it up", racer.act(&line.held[round], "cancel", &json!({}))),
            // The first in line does not want it any more.
            1 if waits == 0 => {
                let leave = [("do".to_owned(), "leave".to_owned())];
                let page = format!("/w/{}", line.token(round, waits));
                ("leaves", racer.customer.post_form(&page, &leave).status)
            }
            // As long as it is somebody else's turn, they come again.
            1 | 2 => {
                let book = |_| line.book(&racer.customer, round, waits);
                let tries: Vec<u16> = (0..8).map(book).collect();
                let unusual = tries.iter().find(|status| ![303, 422].contains(*status));
                ("takes the offer", *unusual.or(tries.iter().min()).expect("a try"))
            }
            3 | 4 => {
                let page = format!("/w/{}", line.token(round, waits));
                ("looks", racer.customer.get(&page).status)
            }
            // In every second round nobody else comes.
            _ if round % 2 == 0 => ("rests", 200),
            _ => {
                let name = format!("visitor{}@customers.example", racer.number);
                let request =
                    servers.first.request(rare(round), &line.starts[round], "A visitor", &name);
                ("visits", racer.customer.post_json(BOOKINGS, &request).status)
            }
        }
    });
    let both = "SELECT count(*) AS n FROM waiting_entries JOIN bookings ON start_at = offered_start \
         WHERE state = 'offered' AND status = 'confirmed'";
    let twice = "SELECT count(*) AS n FROM (SELECT event_type_id FROM waiting_entries \
         WHERE state = 'offered' GROUP BY event_type_id, day HAVING count(*) > 1) AS twice";
    for (round, counts) in answers.iter().enumerate() {
        let shown = format!("round {round}: {counts:?}");
        assert_eq!(of(counts, "gives it up", 200), 1, "{shown}");
        let usual = counts.keys().all(|(what, status)| match *what {
            "visits" => [201, 409].contains(status),
            "takes the offer" | "leaves" => [303, 422].contains(status),
            _ => [200, 409].contains(status),
        });
        assert!(usual, "{shown}");
        let won = of(counts, "visits", 201) + of(counts, "takes the offer", 303);
        assert!(won <= 1, "{shown}");
        assert_eq!(line.count_booked(&servers, round), won, "{shown}");
        // Where the offer came after the last try, whose it is books now.
        if won == 0 {
            let customer = servers.first.client();
            let book = |waits| line.book(&customer, round, waits) == 303;
            wait_until("somebody's turn", SOON, || (0..WAITING).find(|waits| book(*waits)));
        }
        assert_eq!(line.count_booked(&servers, round), 1, "{shown}");
    }
    assert_eq!(servers.number(twice), 0, "one time is offered to one");
    assert_eq!(servers.number(both), 0, "nobody is offered what another has");
    servers.check();
}

/// So many wait for each time.
const WAITING: usize = 4;
/// There is one of each a day, so that no more days are needed than can be looked ahead.
const RARE: [(&str, &str); 2] = [("midnight", "0"), ("noon", "720")];

/// What is wanted in a round.
fn rare(round: usize) -> &'static str {
    RARE[round % RARE.len()].0
}

/// Days with one time of each, who has it, and who waits for it.
struct Line {
    starts: Vec<String>,
    held: Vec<Booked>,
    /// The links to the pages of those who wait, by address.
    tokens: BTreeMap<String, String>,
}

impl Line {
    fn form(servers: &Servers) -> Self {
        let app = &servers.first;
        for (slug, offset) in RARE {
            let options = ["--title", "Rare", "--duration", "60", "--increment", "1440"];
            let more = ["--offset", offset, "--waiting-list", "30", "--window-days", "730"];
            app.add_event_type("ada", slug, &[options, more].concat());
        }
        let start = |round: usize| {
            let day = i64::try_from(round / RARE.len()).expect("a round");
            let date = (servers.noon + Duration::days(1 + day)).date_naive().to_string();
            app.slots("ada", rare(round), &date, &date).first().expect("a free time").clone()
        };
        let starts: Vec<String> = (0..rounds()).map(start).collect();
        let held = starts.iter().enumerate().map(|(round, start)| {
            let request = app.request(rare(round), start, "Ann Adler", "ann@customers.example");
            let reply = app.client().post_json(BOOKINGS, &request).expect(201);
            Booked::from_json(reply.json())
        });
        let held = held.collect();
        let forms = RARE.map(|(slug, _)| {
            let path = format!("/ada/{slug}/waiting-list");
            app.client().page(&path).form(&path).set("name", "Who waits")
        });
        for (round, start) in starts.iter().enumerate() {
            // The hour of London's midnight.
            let date = (instant(start) + Duration::hours(2)).date_naive().to_string();
            for waits in 0..WAITING {
                let form = forms[round % RARE.len()].clone();
                let form = form.set("day", &date).set("email", Self::email(round, waits));
                app.client().submit(&form).expect(303);
            }
        }
        let queued = "SELECT count(*) AS n FROM outbox_messages WHERE finished_at IS NULL";
        wait_until("all mail", SOON * 6, || (servers.number(queued) == 0).then_some(()));
        let mails = app.mailbox().all();
        let tokens = mails
            .iter()
            .filter(|mail| mail.part("subject").starts_with("On the waiting list: "))
            .map(|mail| {
                let to = mail.value()["to"][0].as_str().expect("an address").to_owned();
                let link = mail.link("/w/");
                (to, link[link.rfind('/').expect("a path") + 1..].to_owned())
            });
        Self { tokens: tokens.collect(), starts, held }
    }

    fn email(round: usize, waits: usize) -> String {
        format!("waits{round}.{waits}@customers.example")
    }

    fn token(&self, round: usize, waits: usize) -> &str {
        &self.tokens[&Self::email(round, waits)]
    }

    /// Whoever waits sends the form for their time.
    fn book(&self, customer: &Client, round: usize, waits: usize) -> u16 {
        let (email, token) = (Self::email(round, waits), self.token(round, waits));
        let form = [
            ("slot", self.starts[round].as_str()),
            ("tz", "UTC"),
            ("name", "Who waits"),
            ("email", &email),
            ("waiting", token),
            // Anew each time: who has it can not be told so again.
            ("idempotency_key", &fresh_key()),
        ];
        let form = form.map(|(name, text)| (name.to_owned(), text.to_owned()));
        customer.post_form(&format!("/ada/{}", rare(round)), &form).status
    }

    fn count_booked(&self, servers: &Servers, round: usize) -> usize {
        let start = instant(&self.starts[round]).timestamp_micros();
        servers.number(&format!(
            "SELECT count(*) AS n FROM bookings WHERE status = 'confirmed' AND start_at = {start}"
        ))
    }
}

fn fresh_key() -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    format!("try-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}
