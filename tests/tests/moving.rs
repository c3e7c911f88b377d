//! Moving a booking: the same booking at another time, with another room.

use std::{sync::Barrier, thread};

use chrono::{DateTime, Duration, Utc};
use roomkey_tests::{Backend, Booked, Client, Host, Reply, TestApp, instant, on_both, rfc3339};
use serde_json::{Value, json};

on_both!(
    a_booking_is_moved_with_its_room_and_both_sides_are_told,
    customers_and_hosts_move_by_their_pages,
    its_own_time_is_not_in_its_way,
    a_move_is_refused_in_words,
    a_time_that_is_gone_offers_others_and_keeps_the_message,
    customers_have_a_deadline_and_hosts_none,
    the_command_moves_and_sets_deadlines,
    looking_moves_nothing,
    moves_and_bookings_race_for_the_wanted_and_the_freed_time,
);

const BO: &str = "bo@customers.example";
const ADA: &str = "ada@hosts.example";

fn reschedule(key: &Client, id: &str, start: &str) -> Reply {
    key.post_json(&format!("/api/v1/bookings/{id}/reschedule"), &json!({"start": start}))
}

fn a_booking_is_moved_with_its_room_and_both_sides_are_told(backend: Backend) {
    let mut app = TestApp::on(backend).clock("2027-03-01 08:00:00").start_with_ada();
    let booked = app.book("intro", instant("2027-03-01T12:00:00Z"));
    let mut mailbox = app.mailbox();
    let invites = [BO, ADA].map(|to| mailbox.wait_for_invite(to, "REQUEST"));
    let key = app.key("ada", "bookings:write");
    let path = format!("/api/v1/bookings/{}/reschedule", booked.id());
    let wanted = json!({"start": "2027-03-01T14:00:00Z", "note": "The train <b>is</b> late"});
    let moved = key.post_json(&path, &wanted).expect(200).json();

    assert_eq!(moved["id"], booked.value()["id"]);
    assert_eq!((&moved["status"], &moved["version"]), (&json!("confirmed"), &json!(2)));
    assert_eq!(moved["start"], "2027-03-01T14:00:00Z");
    assert_eq!(moved["end"], "2027-03-01T14:30:00Z");
    assert_eq!(moved["room"]["opens_at"], "2027-03-01T13:50:00Z");
    assert_eq!(moved["room"]["closes_at"], "2027-03-01T14:45:00Z");
    for secret in ["name", "password"] {
        assert_ne!(moved["room"][secret], booked.value()["room"][secret]);
    }
    // Asked once more, as by a program that missed the answer: nothing happens.
    assert_eq!(key.post_json(&path, &wanted).expect(200).json(), moved);

    // Both are told, in the thread and the calendar entry of the invitation.
    for (address, invite) in [BO, ADA].into_iter().zip(invites) {
        let mail = mailbox.wait_for("a mail about the move", |mail| {
            mail.is_to(address) && mail.part("subject").starts_with("Moved: ")
        });
        assert_eq!(mail.calendar("method"), "REQUEST");
        assert_eq!(mail.calendar("uid"), invite.calendar("uid"));
        assert_eq!((invite.sequence(), mail.sequence()), (0, 1));
        assert_eq!(mail.calendar("start"), "2027-03-01T14:00:00Z");
        assert_eq!(mail.header("In-Reply-To"), invite.header("Message-ID"));
        let (was, now) = if address == BO { ("13:00", "15:00") } else { ("12:00", "14:00") };
        for text in [mail.part("text"), mail.part("html")] {
            for fact in [was, now, moved["room"]["password"].as_str().unwrap()] {
                assert!(text.contains(fact), "{fact}: {text}");
            }
            assert!(!text.contains(booked.text("/room/password")), "{text}");
            assert!(text.contains("old room is closed"), "{text}");
        }
        assert!(mail.part("text").contains("The train <b>is</b> late"), "{}", mail.part("text"));
        assert!(mail.part("html").contains("<s>"), "{}", mail.part("html"));
    }
    // The old links show what is now.
    let page = app.client().page(booked.page());
    assert!(page.text().contains("15:00 – 15:30"), "{}", page.text());
    assert!(page.text().contains(moved["room"]["password"].as_str().unwrap()));
    assert!(!page.text().contains(booked.text("/room/password")));

    // The old room is dead, also in what was its window; the new one lives in its own.
    let [old, new] = [booked.value(), &moved].map(|of| of["room"]["name"].as_str().unwrap());
    app.restart_at("2027-03-01 12:05:00");
    assert_eq!(app.ask(old).status, 403);
    assert_eq!(app.ask(new).status, 403, "too early");
    app.restart_at("2027-03-01 13:55:00");
    assert_eq!(app.ask(old).status, 403);
    let granted = app.ask(new).expect(200).json();
    assert_eq!(granted["password"], moved["room"]["password"]);
    let door = app.client().page(&format!("{}/join", booked.page())).form("/join");
    assert!(app.client().submit(&door).expect(303).header("location").contains(new));
    let live = "SELECT count(*) AS n FROM rooms WHERE NOT revoked AND generation = 2";
    assert_eq!(app.database().number(live), 1);
    assert_eq!(app.database().number("SELECT count(*) AS n FROM rooms"), 2);
    let history = "SELECT version, kind, actor, from_start, to_start, note FROM booking_events \
                   WHERE version = 2";
    let rows = app.database().rows(history);
    assert_eq!((&rows[0]["kind"], &rows[0]["actor"]), (&json!("moved"), &json!("host")));
    assert_eq!(rows[0]["note"], "The train <b>is</b> late");
}

/// Chooses a time on the pages and sends the form.
fn move_on_pages(client: &Client, page: &str, start: &str, note: &str) -> Reply {
    let booking = client.page(page);
    let path = booking.link("/reschedule");
    let times = client.page(&path);
    assert!(times.title().starts_with("Move"), "{}", times.title());
    let day = client.page(&format!("{path}?date={}&tz=UTC", &start[..10]));
    assert!(day.slots().contains(&start.to_owned()), "{:?}", day.slots());
    let form = client.page(&format!("{path}?slot={start}&tz=UTC")).form("/reschedule");
    client.submit(&form.set("note", note))
}

fn customers_and_hosts_move_by_their_pages(backend: Backend) {
    let app = TestApp::on(backend).clock("2027-03-10 08:00:00").start_with_ada();
    let booked = app.book("intro", instant("2027-03-12T12:00:00Z"));
    let key = app.key("ada", "bookings:read");
    let path = format!("/api/v1/bookings/{}", booked.id());
    let hosts = Booked::from_json(key.get(&path).expect(200).json());
    let browser = app.client();

    let reply = move_on_pages(&browser, booked.page(), "2027-03-15T09:00:00Z", "Sorry").expect(303);
    assert!(booked.page().ends_with(&reply.location()), "{}", reply.location());
    let page = browser.page(booked.page());
    // Bo is in Berlin.
    assert!(page.text().contains("Monday 15 March 2027, 10:00"), "{}", page.text());
    move_on_pages(&browser, hosts.page(), "2027-03-16T09:30:00Z", "").expect(303);
    let now = key.get(&path).expect(200).json();
    assert_eq!((&now["start"], &now["version"]), (&json!("2027-03-16T09:30:00Z"), &json!(3)));
    let actors = "SELECT actor FROM booking_events WHERE kind = 'moved' ORDER BY version";
    assert_eq!(
        app.database().rows(actors),
        [json!({"actor": "customer"}), json!({"actor": "host"})]
    );
    // A double click is one move.
    let again = browser.page(&format!("{}/reschedule?slot=2027-03-17T09:30:00Z", booked.page()));
    let form = again.form("/reschedule");
    browser.submit(&form).expect(303);
    browser.submit(&form).expect(303);
    assert_eq!(key.get(&path).expect(200).json()["version"], 4);
    // Both times stand side by side in the form.
    let text =
        browser.page(&format!("{}/reschedule?slot=2027-03-18T10:00:00Z", booked.page())).text();
    for time in ["17 March 2027, 10:30 – 11:00", "18 March 2027, 11:00 – 11:30"] {
        assert!(text.contains(time), "{time}: {text}");
    }
}

fn its_own_time_is_not_in_its_way(backend: Backend) {
    let app = TestApp::on(backend).clock("2027-03-10 08:00:00").start_with_ada();
    let options = [
        "--title",
        "Long",
        "--duration",
        "60",
        "--increment",
        "15",
        "--buffer-before",
        "30",
        "--buffer-after",
        "30",
        "--limit",
        "2 bookings a day",
    ];
    app.add_event_type("ada", "long", &options);
    let key = app.key("ada", "bookings:write");
    let first = app.book("long", instant("2027-03-12T12:00:00Z"));
    let second = app.book("long", instant("2027-03-12T14:00:00Z"));
    // The day's limit is reached, and this booking is one of the two; a quarter of an hour into itself.
    reschedule(&key, first.id(), "2027-03-12T12:15:00Z").expect(200);
    // Into the other's half hour: refused. As close as that allows: moved.
    assert_eq!(reschedule(&key, first.id(), "2027-03-12T12:45:00Z").problem(409), "slot_taken");
    reschedule(&key, first.id(), "2027-03-12T12:30:00Z").expect(200);
    // The freed time is free.
    app.book("intro", instant("2027-03-12T11:30:00Z"));
    // Another day has its own limit.
    app.book("long", instant("2027-03-13T12:00:00Z"));
    app.book("long", instant("2027-03-13T15:00:00Z"));
    let full = reschedule(&key, second.id(), "2027-03-13T18:00:00Z");
    assert_eq!(full.problem(422), "slot_unavailable");
    // What was agreed on stays, whatever the event type offers now.
    app.database().execute("UPDATE event_types SET duration = 45, early = 60 WHERE slug = 'long'");
    let moved = reschedule(&key, second.id(), "2027-03-14T12:00:00Z").expect(200).json();
    assert_eq!(moved["end"], "2027-03-14T13:00:00Z");
    assert_eq!(moved["room"]["opens_at"], "2027-03-14T11:50:00Z");
}

fn a_move_is_refused_in_words(backend: Backend) {
    let mut app = TestApp::on(backend).clock("2027-03-10 08:00:00").start_with_ada();
    app.add_host(&Host::new("eve", "Eve", "Europe/London"));
    let booked = app.book("intro", instant("2027-03-10T12:00:00Z"));
    let taken = app.book("intro", instant("2027-03-10T13:00:00Z"));
    let key = app.key("ada", "bookings:write");
    let later = "2027-03-11T12:00:00Z";
    // Another host's booking looks like none, as one that is none.
    let eve = app.key("eve", "bookings:write");
    assert_eq!(reschedule(&eve, booked.id(), later).problem(404), "not_found");
    assert_eq!(reschedule(&eve, "nothing", later).problem(404), "not_found");
    assert_eq!(reschedule(&app.key("ada", "bookings:read"), booked.id(), later).status, 403);
    assert_eq!(reschedule(&app.client(), booked.id(), later).status, 401);
    // Times that can not be.
    let asked = |start: &str| reschedule(&key, booked.id(), start);
    assert_eq!(asked("2027-03-10T13:00:00Z").problem(409), "slot_taken");
    assert_eq!(asked("2027-03-10T13:07:00Z").problem(422), "slot_unavailable");
    assert_eq!(asked("2029-03-10T13:00:00Z").problem(422), "slot_unavailable");
    assert_eq!(asked("2027-03-10T07:00:00Z").problem(422), "slot_unavailable");
    assert_eq!(asked("noon").problem(422), "invalid_request");
    let none = key.post_json(&format!("/api/v1/bookings/{}/reschedule", booked.id()), &json!({}));
    assert_eq!(none.problem(422), "invalid_request");
    // States that do not allow it.
    key.post_json(&format!("/api/v1/bookings/{}/cancel", taken.id()), &json!({})).expect(200);
    assert_eq!(reschedule(&key, taken.id(), later).problem(409), "invalid_transition");
    let page = taken.page();
    let browser = app.client();
    browser.get(&format!("{page}/reschedule")).expect(303);
    let form = browser.page(&format!("{}/reschedule?slot={later}", booked.page()));
    let form = form.form("/reschedule");
    for status in ["unverified", "pending", "declined", "expired"] {
        app.database().execute(&format!(
            "UPDATE bookings SET status = '{status}' WHERE id = '{}'",
            booked.id()
        ));
        let refused = reschedule(&key, booked.id(), later);
        assert_eq!(refused.problem(409), "invalid_transition", "{status}");
        browser.submit(&form).expect(422);
        let shown = browser.page(booked.page());
        assert!(shown.links().iter().all(|link| !link.ends_with("/reschedule")), "{status}");
    }
    app.database().execute("UPDATE bookings SET status = 'confirmed'");
    app.restart_at("2027-03-10 12:30:00");
    assert_eq!(reschedule(&key_again(&app), booked.id(), later).problem(409), "invalid_transition");
    app.client().submit(&form).expect(422);
    let count = "SELECT count(*) AS n FROM booking_events WHERE kind = 'moved'";
    assert_eq!(app.database().number(count), 0);
}

fn key_again(app: &TestApp) -> Client {
    app.key("ada", "bookings:write")
}

fn a_time_that_is_gone_offers_others_and_keeps_the_message(backend: Backend) {
    let app = TestApp::on(backend).clock("2027-03-10 08:00:00").start_with_ada();
    let booked = app.book("intro", instant("2027-03-12T12:00:00Z"));
    let browser = app.client();
    let path = format!("{}/reschedule", booked.page());
    let form = browser.page(&format!("{path}?slot=2027-03-12T15:00:00Z")).form("/reschedule");
    app.book("intro", instant("2027-03-12T15:00:00Z"));
    let refused = browser.submit(&form.set("note", "Sorry & <b>so</b>")).expect(422).page();
    assert!(refused.text().contains("not free any more"), "{}", refused.text());
    let form = refused.form("/reschedule");
    assert_eq!(form.value("note").map(str::trim), Some("Sorry & <b>so</b>"));
    browser.submit(&form.press("slot", "2027-03-12T15:30:00Z")).expect(303);
    let page = browser.page(booked.page());
    assert!(page.text().contains("16:30 – 17:00"), "{}", page.text());
    // On the way there it is said as well.
    let gone = browser.page(&format!("{path}?slot=2027-03-12T15:00:00Z"));
    assert!(gone.text().contains("is no longer free"), "{}", gone.text());
    // Without a time the form is answered with the times.
    let none = browser.post_form(&path, &[("note".into(), "x".into())]).expect(422);
    assert!(none.page().title().starts_with("Move"), "{}", none.body);
}

fn customers_have_a_deadline_and_hosts_none(backend: Backend) {
    let mut app = TestApp::on(backend).clock("2027-03-10 08:00:00").start_with_ada();
    let options = ["--title", "Late", "--duration", "30", "--move-notice", "120"];
    app.add_event_type("ada", "late", &[&options[..], &["--cancel-notice", "60"]].concat());
    let booked = app.book("late", instant("2027-03-10T12:00:00Z"));
    let key = app.key("ada", "bookings:write");
    let hosts = key.get(&format!("/api/v1/bookings/{}", booked.id())).expect(200).json();
    let hosts = Booked::from_json(hosts);
    let page = app.client().page(booked.page());
    // 10:00 and 11:00 in UTC are an hour later in Berlin.
    let told = "You can move until Wednesday 10 March 2027 at 11:00 Berlin time, and cancel until \
                Wednesday 10 March 2027 at 12:00 Berlin time.";
    assert!(page.text().contains(told), "{}", page.text());
    let [bo, ada] = [booked.page(), hosts.page()].map(str::to_owned);
    let browser = app.client();
    let later = "2027-03-11T12:00:00Z";
    let moving = browser.page(&format!("{bo}/reschedule?slot={later}")).form("/reschedule");
    let cancelling = browser.page(&format!("{bo}/cancel")).form("/cancel");

    app.restart_at("2027-03-10 10:00:30");
    let browser = app.client();
    for reply in
        [browser.get(&format!("{bo}/reschedule")).expect(200), browser.submit(&moving).expect(422)]
    {
        let text = reply.page().text();
        assert!(text.contains("until Wednesday 10 March 2027 at 11:00 Berlin time"), "{text}");
        assert!(text.contains("write to Ada Lovelace"), "{text}");
    }
    let page = browser.page(&bo);
    assert!(page.links().iter().all(|link| !link.ends_with("/reschedule")), "{:?}", page.links());
    assert!(page.has_form("/cancel"), "cancelling has a deadline of its own");
    app.restart_at("2027-03-10 11:00:30");
    let browser = app.client();
    for reply in
        [browser.get(&format!("{bo}/cancel")).expect(200), browser.submit(&cancelling).expect(422)]
    {
        let text = reply.page().text();
        assert!(text.contains("cancelled until Wednesday 10 March 2027 at 12:00"), "{text}");
    }
    assert!(!browser.page(&bo).has_form("/cancel"));
    // The host may, even while it goes on.
    app.restart_at("2027-03-10 12:10:00");
    move_on_pages(&app.client(), &ada, later, "").expect(303);
    let times = app.client().page(&format!("{bo}/reschedule"));
    assert!(!times.slots().is_empty(), "in time again: {}", times.text());
}

fn the_command_moves_and_sets_deadlines(backend: Backend) {
    let app = TestApp::on(backend).clock("2027-03-10 08:00:00").start_with_ada();
    let booked = app.book("intro", instant("2027-03-12T12:00:00Z"));
    let to = |start: &str| {
        app.cli(&["booking", "move", booked.id(), "--start", start, "--note", "Ill", "--json"])
    };
    let moved = to("2027-03-12T14:00:00+01:00").json();
    assert_eq!((&moved["start"], &moved["version"]), (&json!("2027-03-12T13:00:00Z"), &json!(2)));
    to("2027-03-12T13:10:00Z").refused();
    app.cli(&["booking", "move", "nothing", "--start", "2027-03-12T13:00:00Z"]).refused();
    app.cli(&["booking", "move", booked.id()]).wrong_usage();

    let options = ["--title", "Late", "--duration", "30", "--move-notice", "120"];
    app.add_event_type("ada", "late", &[&options[..], &["--cancel-notice", "60"]].concat());
    let listed = app.cli(&["event-type", "list", "--json"]).json();
    let notices = |slug: &str| -> (Value, Value) {
        let all = listed.as_array().unwrap().iter();
        let one = all.into_iter().find(|event| event["slug"] == slug).unwrap();
        (one["move_notice"].clone(), one["cancel_notice"].clone())
    };
    assert_eq!(notices("late"), (json!(120), json!(60)));
    assert_eq!(notices("intro"), (json!(0), json!(0)));
    // The editor shows and keeps them.
    let browser = app.sign_in(&Host::ada());
    let path = "/app/event-types/late";
    let form = browser.page(path).form(path);
    assert_eq!((form.value("move_notice"), form.value("cancel_notice")), (Some("120"), Some("60")));
    let refused = browser.submit(&form.clone().set("move_notice", "soon")).expect(422).page();
    assert!(refused.marked().contains("move_notice"), "{:?}", refused.marked());
    browser.submit(&form.set("cancel_notice", "1440")).expect(303);
    let after = browser.page(path).form(path);
    assert_eq!(after.value("cancel_notice"), Some("1440"));
}

fn looking_moves_nothing(backend: Backend) {
    let app = TestApp::on(backend).clock("2027-03-10 08:00:00").start_with_ada();
    let booked = app.book("intro", instant("2027-03-12T12:00:00Z"));
    let mut mailbox = app.mailbox();
    for to in [BO, ADA] {
        mailbox.wait_for_invite(to, "REQUEST");
    }
    let tables = ["bookings", "booking_hosts", "booking_events", "rooms", "outbox_messages"];
    let before = tables.map(|table| app.database().dump_of(table));
    let path = format!("{}/reschedule", booked.page());
    for query in
        ["", "?slot=2027-03-12T15:00:00Z", "?date=2027-03-13", "?slot=2027-03-12T12:00:00Z&note=x"]
    {
        for _ in 0..2 {
            app.client().get(&format!("{path}{query}")).expect(200);
            app.client().send("HEAD", &format!("{path}{query}"), None, &[]).expect(200);
        }
    }
    assert_eq!(tables.map(|table| app.database().dump_of(table)), before);
}

fn moves_and_bookings_race_for_the_wanted_and_the_freed_time(backend: Backend) {
    const CLIENTS: usize = 64;
    const ROUNDS: usize = 10;
    let app = TestApp::on(backend).without_limits().start_with_ada();
    let key = app.key("ada", "bookings:write");
    let first = app.noon_in_days(2);
    let hours = |round: usize| Duration::hours(3 * i64::try_from(round).expect("a small number"));
    let at = |round: usize, minutes: i64| -> DateTime<Utc> {
        first + hours(round) + Duration::minutes(minutes)
    };
    // In each round a booking at the hour is moved an hour on, by some; others want either time.
    let booked: Vec<Booked> = (0..ROUNDS).map(|round| app.book("intro", at(round, 0))).collect();
    let barrier = Barrier::new(CLIENTS);
    let answers: Vec<Vec<(usize, u16, String)>> = thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let (app, barrier, booked, key) = (&app, &barrier, &booked, key.clone());
                scope.spawn(move || {
                    let email = format!("client{number}@customers.example");
                    let client = app.client();
                    let mut answers = Vec::new();
                    for (round, booked) in booked.iter().enumerate() {
                        let book = |minutes| {
                            let start = rfc3339(at(round, minutes));
                            app.request("intro", &start, "A client", &email)
                        };
                        let (freed, wanted) = (book(0), book(60));
                        barrier.wait();
                        let reply = match number % 4 {
                            0 | 1 => reschedule(&key, booked.id(), &rfc3339(at(round, 60))),
                            2 => client.post_json("/api/v1/bookings", &wanted),
                            _ => client.post_json("/api/v1/bookings", &freed),
                        };
                        let code = match reply.status {
                            200 | 201 => String::new(),
                            status => reply.problem(status),
                        };
                        answers.push((number % 4, reply.status, code));
                    }
                    answers
                })
            })
            .collect();
        clients.into_iter().map(|client| client.join().expect("a client")).collect()
    });
    for round in 0..ROUNDS {
        let of_round: Vec<_> = answers.iter().map(|client| &client[round]).collect();
        let won = |kind: fn(usize) -> bool| {
            of_round.iter().filter(|answer| kind(answer.0) && answer.1 < 300).count()
        };
        for (kind, status, code) in &of_round {
            let is_fine =
                *status == 200 || *status == 201 || (*status == 409 && code == "slot_taken");
            assert!(is_fine, "round {round}: {kind} {status} {code}");
        }
        let (moved, wanted, freed) =
            (won(|kind| kind < 2), won(|kind| kind == 2), won(|kind| kind == 3));
        // Whoever came first had the wanted time: the move, which all its repeats then agree on, or one
        // booking. Only a move frees the other.
        assert_eq!(
            (moved, wanted),
            if moved > 0 { (CLIENTS / 2, 0) } else { (0, 1) },
            "round {round}"
        );
        assert!(freed <= usize::from(moved > 0), "round {round}: {freed} got the freed time");
    }
    let overlaps = "SELECT count(*) AS n FROM bookings a JOIN bookings b ON a.id < b.id \
         AND a.start_at < b.end_at AND b.start_at < a.end_at \
         WHERE a.status = 'confirmed' AND b.status = 'confirmed'";
    assert_eq!(app.database().number(overlaps), 0);
    let apart = "SELECT count(*) AS n FROM bookings b JOIN booking_hosts h ON h.booking_id = b.id \
         WHERE b.start_at <> h.start_at OR b.end_at <> h.end_at";
    assert_eq!(app.database().number(apart), 0);
    let rooms = "SELECT count(*) AS n FROM bookings b WHERE 1 <> \
         (SELECT count(*) FROM rooms r WHERE r.booking_id = b.id AND NOT r.revoked)";
    assert_eq!(app.database().number(rooms), 0);
}
