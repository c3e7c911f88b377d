//! What is in the logs, and what never is; and the answers for those who watch the server.

use roomkey_tests::{Backend, Host, SOON, TestApp, on_both, rfc3339, wait_until};
use serde_json::json;

on_both!(
    no_secret_is_ever_logged,
    requests_have_ids,
    health_and_metrics_are_told,
    requests_are_counted_by_route_method_and_status,
);

fn no_secret_is_ever_logged(backend: Backend) {
    let mut app =
        TestApp::on(backend).set("secret_key", "5e".repeat(32)).set("log.level", "debug").start();
    let setup = app.setup_token();
    let ada = Host::ada();
    app.add_host(&ada);
    app.add_event_type("ada", "intro", &["--title", "Intro call", "--duration", "30"]);
    let mut planted =
        vec![setup, ada.password.clone(), "5e".repeat(32), app.reservations_token().to_owned()];

    // Everything that carries a secret, the wrong ways too.
    let browser = app.sign_in(&ada);
    planted.extend(browser.cookies().into_values());
    let form = browser.page("/app/event-types/new").form("/app/event-types/new");
    planted.push(form.value("csrf").expect("a token").to_owned());
    browser.submit(&form.clone().set("title", "").set("csrf", "a-wrong-csrf-token-0123456789"));
    planted.push("a-wrong-csrf-token-0123456789".to_owned());
    let visitor = app.client();
    let wrong = visitor.page("/sign-in").form("/sign-in");
    planted.extend(visitor.cookies().into_values());
    let wrong = wrong.set("email", &ada.email).set("password", "a wrong password of hers");
    visitor.submit(&wrong).expect(422);
    planted.push("a wrong password of hers".to_owned());

    let booked = app.book("intro", app.noon_in_days(2));
    for pointer in ["/room/name", "/room/password"] {
        planted.push(booked.text(pointer).to_owned());
    }
    planted.push(booked.token().to_owned());
    for below in ["", "/join", "/cancel", "/calendar.ics", "/no-such-page"] {
        app.client().get(&format!("{}{below}", booked.page()));
    }
    app.client().post_form(&format!("{}/join", booked.page()), &[]);
    app.ask(booked.text("/room/name"));
    let stranger =
        app.internal_client().header("Authorization", "Bearer a-wrong-bearer-token-0123456789");
    stranger.get("/conference/x").expect(401);
    planted.push("a-wrong-bearer-token-0123456789".to_owned());

    let made = app
        .cli(&[
            "api-key",
            "add",
            "--host",
            "ada",
            "--name",
            "k",
            "--scope",
            "bookings:write",
            "--json",
        ])
        .json();
    let key = made["key"].as_str().expect("a key").to_owned();
    let program = app.client().header("Authorization", format!("Bearer {key}"));
    program.get(&format!("/api/v1/bookings/{}", booked.id())).expect(200);
    let request = app.request(
        "intro",
        &rfc3339(app.noon_in_days(3)),
        "Planted Name",
        "planted@customers.example",
    );
    let program = program.header("Idempotency-Key", "planted-idempotency-key");
    program.post_json("/api/v1/bookings", &request).expect(201);
    program
        .post_json(
            &format!("/api/v1/bookings/{}/cancel", booked.id()),
            &json!({"reason": "planted reason"}),
        )
        .expect(200);
    planted.extend([
        key,
        "planted reason".to_owned(),
        "Planted Name".to_owned(),
        "planted@customers.example".to_owned(),
    ]);

    let form = visitor.page("/forgot-password").form("/forgot-password").set("email", &ada.email);
    visitor.submit(&form).expect(303);
    let mail = app
        .mailbox()
        .wait_for("the reset mail", |mail| mail.part("text").contains("/reset-password/"));
    let link = mail.link("/reset-password/");
    let token = link.rsplit('/').next().expect("a token").to_owned();
    let form = visitor.page(&link).form(&token).set("password", "an entirely new password");
    visitor.submit(&form).expect(303);
    planted.extend([token, "an entirely new password".to_owned()]);
    app.client().get("/ada/intro?name=planted-prefill&email=planted-prefill%40customers.example");
    planted.push("planted-prefill".to_owned());
    // Secret links to event types, and those that are none.
    let link = ["event-link", "add", "--host", "ada", "--event", "intro", "--uses", "1", "--json"];
    let link = app.cli(&link).json()["url"].as_str().expect("an address").to_owned();
    let path = link.trim_start_matches(&app.base()).to_owned();
    let token = path.split_once("?link=").expect("a link").1.to_owned();
    visitor.get(&path).expect(200);
    let api = "/api/v1/slots?host=ada&event=intro&from=2027-01-01&to=2027-01-02&tz=UTC";
    visitor.get(&format!("{api}&link={token}")).expect(200);
    let held = [("slot".to_owned(), "now".to_owned()), ("link".to_owned(), token.clone())];
    visitor.post_form("/ada/intro/hold", &held).expect(422);
    let mut single =
        app.request("intro", &rfc3339(app.noon_in_days(4)), "L", "l@customers.example");
    single["link"] = token.as_str().into();
    visitor.post_json("/api/v1/bookings", &single).expect(201);
    visitor.get(&path).expect(410);
    visitor.get("/ada/intro?link=planted-link").expect(200);
    planted.extend([token, "planted-link".to_owned()]);
    // The way back after signing in is in the answer, not in the log.
    app.client().get("/app/bookings/new?email=planted-query%40customers.example").expect(303);
    planted.push("planted-query".to_owned());

    // A database that goes away makes errors; they name no secret either.
    if backend == Backend::Postgres {
        app.database().set_reachable(false);
        app.client().get(booked.page());
        app.ask(booked.text("/room/name"));
        app.database().set_reachable(true);
    }
    app.stop();
    // The log is what stdout has; what stderr has is for the operator alone.
    let logs = app.stdout();
    assert!(logs.lines().count() > 10, "there is a log: {logs}");
    for secret in &planted {
        let line = logs.lines().find(|line| line.contains(secret.as_str()));
        assert!(line.is_none(), "{secret:?} is in the log: {line:?}");
    }
}

fn requests_have_ids(backend: Backend) {
    let app = TestApp::on(backend).set("log.level", "debug").start_with_ada();
    let first = app.client().get("/ada/intro").expect(200);
    let second = app.client().get("/no-such-page").expect(404);
    let ids = [&first, &second].map(|reply| reply.header("x-request-id").to_owned());
    assert!(ids[0].len() >= 16 && ids[0] != ids[1], "{ids:?}");
    for id in &ids {
        let line = app.wait_for_line(id);
        assert!(line.contains("GET"), "method: {line}");
    }
    assert!(app.wait_for_line(&ids[0]).contains("200"));
    assert!(app.wait_for_line(&ids[0]).contains("/{handle}/{slug}"), "the route's pattern");
}

fn health_and_metrics_are_told(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    app.book("intro", app.noon_in_days(2));
    let internal = app.internal_client();
    internal.get("/healthz").expect(200);
    internal.get("/readyz").expect(200);
    let metrics = wait_until("the count of mails", SOON, || {
        let metrics = internal.get("/metrics").expect(200);
        metrics
            .body
            .lines()
            .any(|line| line.starts_with("roomkey_mail_sent_total"))
            .then_some(metrics)
    });
    assert!(metrics.header("content-type").starts_with("text/plain"), "{:?}", metrics.headers);
    for line in metrics.body.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let value = line.rsplit(' ').next().unwrap_or_default();
        assert!(value.parse::<f64>().is_ok(), "no sample: {line}");
    }
    assert!(!metrics.body.contains("bo@customers.example"));
}

fn requests_are_counted_by_route_method_and_status(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    let booked = app.book("intro", app.noon_in_days(2));
    for path in ["/ada/intro", "/ada/planted-slug?name=planted-name", booked.page()] {
        app.client().get(path);
    }
    app.client().send("HEAD", "/ada/intro", None, &[]).expect(200);
    app.client().send("TRACE", "/ada/intro", None, &[]).expect(403);
    app.client().get("/planted/path/of/nobody").expect(404);
    app.client().get("/api/v1/planted-call").expect(404);
    app.client().get("/api/v1/slots?host=planted-host").expect(400);
    app.ask("planted-room");
    app.ask("planted-room");
    app.prosody().send("DELETE", "/conference/planted-id", None, &[]).expect(404);
    app.internal_client().get("/healthz").expect(200);

    let metrics = app.internal_client().get("/metrics").expect(200).body;
    let count = |route: &str, method: &str, status: &str| -> Option<u64> {
        let labels = [("route", route), ("method", method), ("status", status)];
        let labels = labels.map(|(name, value)| format!("{name}=\"{value}\""));
        let line = metrics.lines().find(|line| {
            line.starts_with("roomkey_http_request_seconds_count{")
                && labels.iter().all(|label| line.contains(label))
        })?;
        line.rsplit(' ').next()?.parse().ok()
    };
    for (route, method, status, expected) in [
        ("/{handle}/{slug}", "GET", "2xx", Some(1)),
        ("/{handle}/{slug}", "GET", "4xx", Some(1)),
        ("/{handle}/{slug}", "HEAD", "2xx", Some(1)),
        ("/{handle}/{slug}", "other", "4xx", Some(1)),
        ("/{handle}/{slug}", "POST", "2xx", None),
        ("/b/{token}", "GET", "2xx", Some(1)),
        ("/api/v1/bookings", "POST", "2xx", Some(1)),
        ("/api/v1/slots", "GET", "4xx", Some(1)),
        ("unmatched", "GET", "4xx", Some(2)),
        ("/conference", "POST", "4xx", Some(2)),
        ("/conference/{id}", "DELETE", "4xx", Some(1)),
        ("/healthz", "GET", "2xx", Some(1)),
    ] {
        assert_eq!(count(route, method, status), expected, "{method} {route} {status}: {metrics}");
    }
    assert!(metrics.contains("roomkey_http_request_seconds_bucket{"), "and timed: {metrics}");
    for secret in ["planted", booked.token(), "TRACE", "/ada"] {
        assert!(!metrics.contains(secret), "{secret}: {metrics}");
    }
}
