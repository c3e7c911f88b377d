//! `kill -9` in the middle of a booking load: what was acknowledged is there afterwards, with its room and its mails.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::thread;
use std::time::Duration;

use roomkey_tests::{
    Backend, Booked, Client, Mailbox, SmtpSink, TestApp, long_run, on_both, rfc3339, wait_until,
};

on_both!(acknowledged_bookings_survive_kills);

const CLIENTS: usize = 4;

fn acknowledged_bookings_survive_kills(backend: Backend) {
    let kills: usize = if long_run() { 200 } else { 50 };
    let sink = SmtpSink::start();
    let mut app =
        TestApp::on(backend).without_limits().set("mail.url", sink.url()).start_with_ada();
    let options = ["--title", "Five minutes", "--duration", "5", "--window-days", "730"];
    app.add_event_type("ada", "five", &options);
    let first = app.noon_in_days(1);
    let next = AtomicI64::new(0);
    let journal: Mutex<Vec<Booked>> = Mutex::default();
    let mut kept_at_kill = Vec::new();

    for round in 0..kills {
        if round > 0 {
            app.start();
        }
        let over = AtomicBool::new(false);
        let before = journal.lock().expect("the journal").len();
        thread::scope(|scope| {
            for _ in 0..CLIENTS {
                let client = Client::new(app.base());
                let (app, over, next, journal) = (&app, &over, &next, &journal);
                scope.spawn(move || {
                    while !over.load(Ordering::Relaxed) {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        let start = rfc3339(first + chrono::Duration::minutes(5 * number));
                        let email = format!("customer{number}@customers.example");
                        let request = app.request("five", &start, "A customer", &email);
                        let body = request.to_string().into_bytes();
                        let json = [("Content-Type", "application/json")];
                        match client.try_send("POST", "/api/v1/bookings", Some(body), &json) {
                            Ok(reply) => {
                                let booked = Booked::from_json(reply.expect(201).json());
                                journal.lock().expect("the journal").push(booked);
                            }
                            Err(_) => break,
                        }
                    }
                });
            }
            // Each round dies at another moment: after one to four acknowledged bookings and a few odd milliseconds.
            let wanted = before + 1 + round % 4;
            wait_until("bookings to be acknowledged", Duration::from_secs(30), || {
                (journal.lock().expect("the journal").len() >= wanted).then_some(())
            });
            thread::sleep(Duration::from_millis((round as u64 * 7) % 23));
            over.store(true, Ordering::Relaxed);
            app.signal("KILL");
        });
        app.wait_end();
        kept_at_kill.push(sink.count());
    }

    app.start();
    let journal = journal.into_inner().expect("the journal");
    assert!(journal.len() >= kills);
    let stored =
        app.cli(&["booking", "list", "--host", "ada", "--limit", "10000", "--json"]).json();
    let stored: BTreeSet<&str> =
        stored.as_array().expect("a list").iter().filter_map(|each| each["id"].as_str()).collect();
    let host = app.key("ada", "bookings:read");
    for booked in &journal {
        assert!(stored.contains(booked.id()), "{} is lost", booked.id());
        let now = host.get(&format!("/api/v1/bookings/{}", booked.id())).expect(200).json();
        for part in ["status", "start", "end", "room"] {
            assert_eq!(now[part], booked.value()[part], "{part} of {}", booked.id());
        }
    }

    // Also what was stored but never acknowledged sends its two mails: one to the customer, one to the host.
    let mut mailbox = sink.mailbox();
    let sent = wait_until("every mail to be sent", Duration::from_mins(2), || {
        let sent =
            if sink.count() < 2 * stored.len() { BTreeMap::new() } else { sent(&mut mailbox) };
        (sent.len() == 2 * stored.len()).then_some(sent)
    });
    for booked in &journal {
        let customer = booked.text("/attendees/0/email");
        assert!(sent.keys().any(|(_, to)| to == customer), "no mail to {customer}");
    }
    for (key, times) in &sent {
        assert_eq!(
            times.len(),
            1,
            "{key:?}: a mail that is sent again keeps its Message-ID: {times:?}"
        );
    }
    let repeated: usize = sent.values().flat_map(BTreeMap::values).map(|times| times - 1).sum();
    assert!(repeated <= kills, "{repeated} mails were sent again after {kills} kills");
    // Not only in all: at no time were there more repeats than kills before.
    let (mut seen, mut repeats) = (BTreeSet::new(), Vec::new());
    for (place, mail) in mailbox.all().iter().enumerate() {
        if !seen.insert(mail.part("message_id").to_owned()) {
            repeats.push(place);
        }
    }
    assert_eq!(repeats.len(), repeated);
    for (kills, kept) in kept_at_kill.iter().enumerate() {
        let so_far = repeats.iter().filter(|place| *place < kept).count();
        assert!(so_far <= kills, "{so_far} mails were sent again after {kills} kills");
    }
    println!(
        "{kills} kills, {} acknowledged, {} stored, {repeated} mails sent twice",
        journal.len(),
        stored.len()
    );
}

/// How often each Message-ID came, by booking (UID) and recipient.
fn sent(mailbox: &mut Mailbox) -> BTreeMap<(String, String), BTreeMap<String, usize>> {
    let mut sent: BTreeMap<_, BTreeMap<String, usize>> = BTreeMap::new();
    for mail in mailbox.all() {
        let to = mail.value()["to"][0].as_str().expect("a recipient").to_owned();
        let of_one = sent.entry((mail.calendar("uid").to_owned(), to)).or_default();
        *of_one.entry(mail.part("message_id").to_owned()).or_default() += 1;
    }
    sent
}
