//! Names and titles of every kind, as an independent reader finds them in mails and calendars.

use std::collections::BTreeMap;

use roomkey_tests::{
    Backend, Booked, Host, Mail, SOON, TestApp, instant, long_run, on_both, rfc3339, wait_until,
};
use serde_json::{Value, json};

on_both!(
    names_are_read_back_as_they_were_typed,
    lines_fit_and_links_stand_alone,
    the_window_is_told_in_words_with_its_zone,
    a_lobby_is_told_for_what_it_is,
);

const BO: &str = "bo@customers.example";
const ADA: &str = "ada@hosts.example";

/// What mail, HTML and iCalendar treat specially, each beside the others and at either end.
const SPECIAL: [&str; 20] = [
    "\\",
    "\"",
    "^",
    "'",
    ";",
    ",",
    ":",
    "=",
    "\\n",
    "^n",
    "=?utf-8?q?x?=",
    "<",
    ">",
    "&",
    "%0d%0a",
    "\u{a0}",
    "é",
    "e\u{301}",
    "漢字",
    "👩‍🚀",
];

fn names_are_read_back_as_they_were_typed(backend: Backend) {
    let app = TestApp::on(backend).without_limits().start_with_ada();
    let count = if long_run() { 400 } else { 40 };
    let mut names = BTreeMap::new();
    for number in 0..count {
        let name = odd_name(number);
        let start = rfc3339(app.noon_in_days(1) + chrono::Duration::hours(number));
        let email = format!("customer{number}@customers.example");
        let request = app.request("intro", &start, &name, &email);
        app.client().post_json("/api/v1/bookings", &request).expect(201);
        names.insert(email, name);
    }
    let mut mailbox = app.mailbox();
    let wanted = 2 * names.len();
    let mails = wait_until("all mails", 3 * SOON, || {
        Some(mailbox.all()).filter(|mails| mails.len() == wanted)
    });
    for mail in mails {
        let attendees = mail.value()["calendar"]["attendees"].as_array().expect("attendees");
        let address = |person: &Value| {
            let address = person["address"].as_str().unwrap_or_default();
            address.trim_start_matches("mailto:").to_owned()
        };
        let [customer, host] = attendees.as_slice() else { panic!("{attendees:#?}") };
        let name = &names[&address(customer)];
        assert_eq!(customer["cn"].as_str(), Some(name.as_str()), "{}", mail.calendar("raw"));
        assert_eq!(host["cn"], "Ada Lovelace");
        let to_host = mail.is_to("ada@hosts.example");
        let other = if to_host { name.as_str() } else { "Ada Lovelace" };
        assert_eq!(mail.calendar("summary"), format!("Intro call with {other}"));
        assert_eq!(mail.value()["calendar"]["properties"].as_array().map(Vec::len), Some(16));
        assert_eq!(mail.value()["defects"], serde_json::json!([]));
        assert!(mail.part("text").contains(name.as_str()), "{}", mail.part("text"));
        if to_host {
            assert!(mail.part("subject").contains(name.as_str()), "{}", mail.part("subject"));
        }
    }
}

/// The same name for the same number: two to seven pieces, some of them special.
fn odd_name(number: i64) -> String {
    let mut state = number.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap_or_default() % below
    };
    let mut name = String::new();
    for _ in 0..2 + next(6) {
        match next(4) {
            0 => name.push_str("Bo "),
            1 => name.push(char::from(b'a' + u8::try_from(next(26)).unwrap_or_default())),
            _ => name.push_str(SPECIAL[next(SPECIAL.len())]),
        }
    }
    let name = name.trim().to_owned();
    if name.is_empty() { "Bo".to_owned() } else { name }
}

/// Long names, titles and notes, of words and of one piece: in every mail there is.
fn lines_fit_and_links_stand_alone(backend: Backend) {
    let title = "A conversation about everything that a garden needs in spring, summer, autumn and \
                 winter, and what it costs to have somebody else do all of it for a year";
    let app = TestApp::on(backend).without_limits().start();
    let host = "Augusta Ada King-Noel, Countess of Lovelace, who translated Menabrea’s paper on the \
                Analytical Engine in 1843";
    let ada = Host { name: host.to_owned(), ..Host::ada() };
    app.add_host(&Host { zone: "America/Argentina/ComodRivadavia".to_owned(), ..ada });
    app.add_event_type("ada", "long", &["--title", title, "--duration", "30", "--lobby"]);
    let unbroken = "x".repeat(160);
    app.add_event_type("ada", "unbroken", &["--title", &unbroken, "--duration", "30"]);

    let names = [
        "Maximilian Ferdinand von und zu Hohenlohe-Waldenburg-Schillingsfürst, genannt \
                  der Jüngere, aus Oehringen",
        &"W".repeat(120),
    ];
    let link = format!("https://plans.example/{}", "garden/".repeat(20));
    let note = format!("{} and {link} has it all.\n\tIndented\n{unbroken}", "word ".repeat(40));
    let mut mailbox = app.mailbox();
    for (hour, (event, name)) in (0..).zip(["long", "unbroken"].into_iter().zip(names)) {
        let start = app.noon_in_days(2) + chrono::Duration::hours(hour);
        let mut request = app.request(event, &rfc3339(start), name, BO);
        request["answers"] = json!({"note": note});
        let reply = app.client().post_json("/api/v1/bookings", &request).expect(201);
        let booked = Booked::from_json(reply.json());
        // Else the cancellation takes the place of an invitation that has not left.
        let invitations = 4 * usize::try_from(hour).expect("a number") + 2;
        wait_until("the invitations", SOON, || (mailbox.count() == invitations).then_some(()));
        let form = app.client().page(&format!("{}/cancel", booked.page())).form("/cancel");
        app.client().submit(&form.set("reason", note.as_str())).expect(303);
        let all = invitations + 2;
        wait_until("the cancellations", SOON, || (mailbox.count() == all).then_some(()));
    }
    let browser = app.client();
    let form = browser.page("/forgot-password").form("/forgot-password");
    browser.submit(&form.set("email", ADA)).expect(303);
    app.cli(&["mail", "test", "--to", "root@hosts.example"]).done();

    let mails = wait_until("all mails", 3 * SOON, || {
        // Of each booking an invitation and a cancellation to both sides, the reset, the test.
        Some(mailbox.all()).filter(|mails| mails.len() == 10)
    });
    for mail in mails {
        fits(&mail, &app);
        if mail.calendar("method") == "REQUEST" {
            assert!(mail.part("text").contains(&link), "whole: {}", mail.part("text"));
        }
    }
}

/// Lines of at most 72 characters, but for a link, which is never broken; our own links each on a
/// line of their own.
#[track_caller]
fn fits(mail: &Mail, app: &TestApp) {
    let text = mail.part("text");
    for line in text.lines() {
        let alone = line.trim().starts_with("http") && !line.trim().contains(' ');
        assert!(line.chars().count() <= 72 || alone, "{line:?} in {text}");
        let ours = line.contains(&app.base()) || line.contains("https://meet.example.org");
        assert!(!ours || line.starts_with("http") && !line.contains(' '), "{line:?} in {text}");
    }
}

fn the_window_is_told_in_words_with_its_zone(backend: Backend) {
    let app = TestApp::on(backend).clock("2027-06-28 08:00:00").start();
    app.add_host(&Host::ada());
    let options = ["--title", "Day", "--duration", "30", "--early", "1440", "--grace", "90"];
    app.add_event_type("ada", "day", &options);
    let booked = app.book("day", instant("2027-07-01T12:00:00Z"));
    let mut mailbox = app.mailbox();
    for (to, opens, closes, zone) in
        [(BO, "14:00", "16:00", "Berlin"), (ADA, "13:00", "15:00", "London")]
    {
        let mail = mailbox.wait_for_invite(to, "REQUEST");
        let opening = format!(
            "The room opens at {opens} on Wednesday 30 June, 24 hours early, and closes at \
             {closes} ({zone})."
        );
        for part in ["text", "html"] {
            let words: Vec<&str> = mail.part(part).split_whitespace().collect();
            assert!(words.join(" ").contains(&opening), "{opening}: {}", mail.part(part));
        }
    }
    // In the same words as on the page.
    let page = app.client().page(booked.page()).text();
    assert!(page.contains("24 hours early"), "{page}");
}

/// Everybody who gets a mail gets the password, which leads past the lobby.
fn a_lobby_is_told_for_what_it_is(backend: Backend) {
    let sentence = "The password leads past the lobby; others wait there to be let in.";
    for (mode, told) in [("reservations", true), ("link", false)] {
        let app = TestApp::on(backend).set("jitsi.mode", mode).start_with_ada();
        app.add_event_type("ada", "board", &["--title", "Board", "--duration", "30", "--lobby"]);
        let booked = app.book("board", app.noon_in_days(2));
        for to in [BO, ADA] {
            let mail = app.mailbox().wait_for_invite(to, "REQUEST");
            for part in ["text", "html"] {
                assert_eq!(mail.part(part).contains(sentence), told, "{}", mail.part(part));
                assert_eq!(mail.part(part).contains("lobby"), told);
            }
        }
        assert_eq!(booked.value()["room"]["lobby"], true);
    }
}
