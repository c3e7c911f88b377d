//! Names and titles of every kind, as an independent reader finds them in mails and calendars.

use std::collections::BTreeMap;

use roomkey_tests::{Backend, SOON, TestApp, long_run, on_both, rfc3339, wait_until};
use serde_json::Value;

on_both!(names_are_read_back_as_they_were_typed);

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
