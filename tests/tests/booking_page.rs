//! `/b/{token}`: what the holder of a booking's link sees and can do, and when the room lets them in.

use roomkey_tests::{Backend, Booked, Reply, TestApp, instant, on_both, read_calendar};

on_both!(
    the_holder_sees_the_booking_and_its_key,
    each_side_sees_its_own_page,
    the_calendar_file_is_the_mails_event,
    cancelling_is_shown_first_and_done_by_post,
    cancelling_again_says_when_it_was_cancelled,
    the_door_opens_and_closes_on_time,
    other_tokens_find_nothing,
    the_page_outlives_the_booking_by_thirty_days,
);

fn booked(backend: Backend) -> (TestApp, Booked) {
    let app = TestApp::on(backend).clock("2027-07-01 08:00:00").start_with_ada();
    let booked = app.book("intro", instant("2027-07-01T12:00:00Z"));
    (app, booked)
}

fn the_holder_sees_the_booking_and_its_key(backend: Backend) {
    let (app, booked) = booked(backend);
    let reply = private(app.client().get(booked.page()).expect(200));
    let page = reply.page();
    let text = page.text();
    for fact in [
        "Intro call",
        "Bo Berg",
        "Ada Lovelace",
        "bo@customers.example",
        "1 July",
        "14:00",
        "14:30",
        "Berlin",
        "13:00",
        "London",
        "13:50",
        booked.text("/room/url"),
        booked.text("/room/password"),
    ] {
        assert!(text.contains(fact), "{fact}: {text}");
    }
    assert!(!page.title().contains(booked.text("/room/password")), "{}", page.title());
    assert!(!text.contains("ada@hosts.example"), "the host's address is not the customer's to see");
    assert!(page.links().iter().all(|link| !link.contains(booked.text("/room/password"))));
    for link in [booked.text("/links/join"), booked.text("/links/calendar")] {
        private(app.client().get(link).expect(200));
    }
}

fn each_side_sees_its_own_page(backend: Backend) {
    let (app, booked) = booked(backend);
    let key = app.key("ada", "bookings:read");
    let path = format!("/api/v1/bookings/{}", booked.id());
    let hosts = Booked::from_json(key.get(&path).expect(200).json());
    assert_ne!(hosts.token(), booked.token());
    let page = private(app.client().get(hosts.page()).expect(200)).page();
    let text = page.text();
    for fact in ["13:00", "London", "14:00", "Berlin", "Bo Berg", "bo@customers.example"] {
        assert!(text.contains(fact), "{fact}: {text}");
    }
    assert!(!page.links().iter().any(|link| link.contains(booked.token())), "nor the other's link");
}

fn the_calendar_file_is_the_mails_event(backend: Backend) {
    let (app, booked) = booked(backend);
    let reply = app.client().get(booked.text("/links/calendar")).expect(200);
    assert!(reply.header("content-type").starts_with("text/calendar"), "{:?}", reply.headers);
    let file = read_calendar(&reply.body);
    let mail = app.mailbox().wait_for_invite("bo@customers.example", "REQUEST");
    for part in ["uid", "start", "end", "summary", "location", "sequence"] {
        assert_eq!(file[part], mail.value()["calendar"][part], "{part}");
    }
    assert!(["PUBLISH", ""].contains(&file["method"].as_str().unwrap_or_default()), "{file:#}");
    assert!(!reply.body.contains(booked.text("/room/password")));
    assert_eq!(file["bare_line_feeds"], 0);
}

fn cancelling_is_shown_first_and_done_by_post(backend: Backend) {
    let (app, booked) = booked(backend);
    let customer = app.client();
    let path = format!("{}/cancel", booked.page());
    let asked = private(customer.get(&path).expect(200));
    assert!(customer.page(booked.page()).text().contains("Confirmed"), "GET shows, only POST acts");
    let form = asked.page().form("/cancel").set("reason", "The boiler <b>burst</b>\nsorry");
    customer.post_form_from(&path, form.fields(), &[]).expect(403);
    customer
        .post_form_from(&path, form.fields(), &[("Origin", "https://evil.example")])
        .expect(403);
    let reply = customer.submit(&form).expect(303);

    let page = customer.open(&reply.location()).expect(200);
    assert!(page.page().text().contains("cancelled"), "{}", page.body);
    assert!(page.page().text().contains("The boiler <b>burst</b>"), "{}", page.body);
    for gone in [booked.text("/room/password"), booked.text("/room/name")] {
        assert!(!page.body.contains(gone), "the key is taken back");
    }
    let mut mailbox = app.mailbox();
    for to in ["bo@customers.example", "ada@hosts.example"] {
        let mail = mailbox.wait_for_invite(to, "CANCEL");
        assert_eq!(mail.sequence(), 1);
    }
    // A second click, and a look at the form again, do no more harm.
    let again = customer.submit(&form);
    assert!([303, 409, 422].contains(&again.status), "{again:?}");
    assert!(customer.open(&path).status < 500);
    let join = customer.get(&format!("{}/join", booked.page()));
    assert!(join.page().text().contains("cancelled"), "{}", join.body);
    assert!(!join.page().has_form("/join"));
    let post = customer.post_form(&format!("{}/join", booked.page()), &[]);
    assert!(post.status >= 400 && post.status < 500, "{post:?}");
    assert_eq!(mailbox.all().len(), 4);
}

fn cancelling_again_says_when_it_was_cancelled(backend: Backend) {
    let (mut app, booked) = booked(backend);
    let key = app.key("ada", "bookings:read");
    let path = format!("/api/v1/bookings/{}", booked.id());
    let hosts = Booked::from_json(key.get(&path).expect(200).json());
    let [bos, adas] = [&booked, &hosts].map(|side| format!("{}/cancel", side.page()));
    let [of_bo, of_ada] = [&bos, &adas].map(|path| app.client().page(path).form("/cancel"));
    app.client().submit(&of_bo.clone().set("reason", "The first")).expect(303);
    let mut mailbox = app.mailbox();
    for to in ["bo@customers.example", "ada@hosts.example"] {
        mailbox.wait_for_invite(to, "CANCEL");
    }
    app.restart_at("2027-07-01 09:30:00");
    let rows = app.database().row_counts();
    for (form, said) in [
        (
            of_bo,
            [
                "You had already cancelled this booking",
                "Thursday 1 July 2027 at 10:0",
                "Berlin time",
            ],
        ),
        (
            of_ada,
            [
                "Bo Berg had already cancelled this booking",
                "Thursday 1 July 2027 at 09:0",
                "London time",
            ],
        ),
    ] {
        let reply = private(app.client().submit(&form.set("reason", "The second")).expect(422));
        let page = reply.page();
        assert!(page.title().starts_with("Error: "), "{}", page.title());
        let alert = page.texts("[role=alert]").join(" ");
        for part in said {
            assert!(alert.contains(part), "{part}: {alert}");
        }
        assert!(page.text().contains("This booking is cancelled"), "{}", page.text());
        assert!(page.text().contains("The first") && !page.text().contains("The second"));
        assert!(!page.has_form("/cancel"), "there is nothing left to cancel");
    }
    assert_eq!(app.database().row_counts(), rows);
    assert_eq!(mailbox.all().len(), 4, "nobody is told again");
}

fn the_door_opens_and_closes_on_time(backend: Backend) {
    let (mut app, booked) = booked(backend);
    let join = format!("{}/join", booked.page());

    let early = private(app.client().get(&join).expect(200));
    assert!(early.page().text().contains("13:50"), "it says when: {}", early.body);
    assert!(!early.page().has_form("/join"), "and leads nowhere");
    refused(&app.client().post_form(&join, &[]));
    app.restart_at("2027-07-01 11:49:40");
    refused(&app.client().post_form(&join, &[]));

    app.restart_at("2027-07-01 11:50:00");
    let open = private(app.client().get(&join).expect(200));
    let policy = open.header("content-security-policy");
    let form_action = policy.split(';').find(|part| part.trim_start().starts_with("form-action"));
    assert!(form_action.is_some_and(|part| part.contains("https://meet.example.org")), "{policy}");
    let form = open.page().form("/join");
    app.client().post_form_from(&join, &[], &[("Origin", "https://evil.example")]).expect(403);
    let reply = app.client().submit(&form).expect(303);
    let target = reply.location();
    assert!(target.starts_with(booked.text("/room/url")), "{target}");
    assert!(!target.contains(booked.text("/room/password")), "never in a URL: {target}");
    // Whom the page lets through, the API lets through.
    app.ask(booked.text("/room/name")).expect(200);

    app.restart_at("2027-07-01 12:44:30");
    app.client().submit(&app.client().get(&join).page().form("/join")).expect(303);
    app.restart_at("2027-07-01 12:45:10");
    let over = app.client().get(&join).expect(200);
    assert!(!over.page().has_form("/join"), "{}", over.body);
    refused(&app.client().post_form(&join, &[]));
    let page = app.client().get(booked.page()).expect(200);
    for gone in [booked.text("/room/password"), booked.text("/room/name")] {
        assert!(
            !page.body.contains(gone) && !over.body.contains(gone),
            "until closes_at, no longer"
        );
    }
}

fn other_tokens_find_nothing(backend: Backend) {
    let (app, booked) = booked(backend);
    let token = booked.token();
    let flipped = format!("{}{}", if token.starts_with('A') { 'B' } else { 'A' }, &token[1..]);
    let long = "A".repeat(5000);
    let bad = [
        flipped.as_str(),
        &token[1..],
        &token[..token.len() - 1],
        &format!("{token}A"),
        &token.to_lowercase(),
        booked.id(),
        booked.text("/room/name"),
        "%00",
        "%ff",
        "..",
        long.as_str(),
    ];
    for wrong in bad.into_iter().filter(|wrong| *wrong != token) {
        for below in ["", "/join", "/cancel", "/calendar.ics"] {
            let path = format!("/b/{wrong}{below}");
            let reply = app.client().get(&path);
            assert!([404, 414].contains(&reply.status), "{path}: {reply:?}");
            if below == "/join" || below == "/cancel" {
                let reply = app.client().post_form(&path, &[]);
                assert!([404, 414].contains(&reply.status), "{path}: {reply:?}");
            }
        }
    }
    assert!(app.client().get(booked.page()).page().text().contains("Confirmed"));
}

fn the_page_outlives_the_booking_by_thirty_days(backend: Backend) {
    let (mut app, booked) = booked(backend);
    app.restart_at("2027-07-31 12:00:00");
    let page = app.client().get(booked.page()).expect(200);
    assert!(!page.body.contains(booked.text("/room/password")));
    app.restart_at("2027-07-31 12:31:00");
    for below in ["", "/join", "/cancel", "/calendar.ics"] {
        let reply = app.client().get(&format!("{}{below}", booked.page())).expect(410);
        assert!(!reply.body.contains("Bo Berg"), "{}", reply.body);
    }
}

/// The headers of every page whose address is a secret.
#[track_caller]
fn private(reply: Reply) -> Reply {
    assert_eq!(reply.header("cache-control"), "no-store", "{:?}", reply.headers);
    assert_eq!(reply.header("referrer-policy"), "same-origin", "{:?}", reply.headers);
    assert_eq!(reply.header("x-robots-tag"), "noindex", "{:?}", reply.headers);
    reply
}

/// A door that does not open: the page again, and no way to Jitsi.
#[track_caller]
fn refused(reply: &Reply) {
    let to_jitsi = reply.header("location").contains("meet.example.org");
    assert!(reply.status < 500 && !to_jitsi, "{reply:?}");
    assert_ne!(reply.status, 200, "a refused form is no success: {reply:?}");
}
