//! Hosts signing in and out, and what guards their session.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use roomkey_tests::{Backend, Client, Form, Host, Reply, TestApp, on_both};

on_both!(
    a_host_signs_in_and_out,
    the_cookie_fits_the_public_url,
    a_wrong_password_and_an_unknown_address_look_alike,
    guessing_is_stopped_and_a_restart_does_not_help,
    a_forgotten_password_is_reset_by_mail,
    a_reset_lifts_the_limit_of_the_account,
    no_session_outlives_a_reset,
    asking_for_a_reset_tells_nothing_about_accounts,
    asking_for_a_reset_writes_the_same_for_everybody,
    limits_hold_against_many_at_once,
    unsafe_requests_need_our_origin,
    unsafe_requests_of_a_session_need_its_csrf_token,
    forms_of_nobody_need_the_token_of_their_browser,
    links_never_come_from_the_host_header,
    after_signing_in_only_our_own_pages_follow,
);

fn with_ada(backend: Backend) -> TestApp {
    let app = TestApp::on(backend).start();
    app.add_host(&Host::ada());
    app
}

fn a_host_signs_in_and_out(backend: Backend) {
    let app = with_ada(backend);
    let stranger = app.client().get("/app/bookings").expect(303);
    assert!(stranger.location().starts_with("/sign-in"), "{stranger:?}");

    let browser = app.sign_in(&Host::ada());
    let page = browser.page("/app/bookings");
    assert!(page.text().contains("Bookings"), "{}", page.text());
    let stolen = browser.clone();
    browser.submit(&page.form("/sign-out")).expect(303);
    assert!(!browser.cookies().contains_key("rk"), "the cookie is taken back");
    stolen.get("/app/bookings").expect(303);

    // The address in other letters is the same account; a stored session is not the cookie.
    let mut shouting = Host::ada();
    shouting.email = shouting.email.to_uppercase();
    let browser = app.sign_in(&shouting);
    let cookie = browser.cookies()["rk"].clone();
    assert!(cookie.len() >= 43, "256 random bits: {cookie}");
    assert!(!app.database().dump().contains(&cookie), "the database holds a hash only");
}

fn the_cookie_fits_the_public_url(backend: Backend) {
    let app = with_ada(backend);
    let plain = sign_in(&app, &Host::ada().password).expect(303);
    let cookie = session_cookie(&plain, "rk=");
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(attribute), "{attribute}: {cookie}");
    }
    assert!(!cookie.contains("Secure") && !cookie.contains("Domain"), "{cookie}");

    let mut app = app;
    app.stop();
    app.set("public_url", "https://book.example.org");
    app.start();
    let browser = app.client();
    let form = browser.page("/sign-in").form("/sign-in");
    let form = form.set("email", Host::ada().email).set("password", Host::ada().password);
    let https = [("Origin", "https://book.example.org")];
    let reply = browser.post_form_from("/sign-in", form.fields(), &https).expect(303);
    let cookie = session_cookie(&reply, "__Host-rk=");
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Secure"] {
        assert!(cookie.contains(attribute), "{attribute}: {cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    browser.get("/app/bookings").expect(200);
}

fn session_cookie(reply: &Reply, start: &str) -> String {
    let found = reply.all("set-cookie").find(|cookie| cookie.starts_with(start));
    found.unwrap_or_else(|| panic!("no {start} cookie: {reply:?}")).to_owned()
}

fn a_wrong_password_and_an_unknown_address_look_alike(backend: Backend) {
    let app = with_ada(backend);
    let wrong = sign_in(&app, "not her password").expect(422);
    let browser = app.client();
    let form = browser.page("/sign-in").form("/sign-in");
    let form = form.set("email", "nobody@hosts.example").set("password", "not her password");
    let unknown = browser.submit(&form).expect(422);
    let said = |reply: &Reply| reply.page().texts("[role=alert]").join(" ");
    assert_eq!(said(&wrong), said(&unknown));
    assert!(!said(&wrong).is_empty());
    assert_eq!(wrong.page().form("/sign-in").value("password").unwrap_or_default(), "");
    assert!(wrong.all("set-cookie").all(|cookie| !cookie.starts_with("rk=")), "{wrong:?}");
}

fn guessing_is_stopped_and_a_restart_does_not_help(backend: Backend) {
    let mut app = with_ada(backend);
    let tries = (1..=40).find(|number| sign_in(&app, &format!("guess {number}")).status == 429);
    assert!(tries.is_some_and(|tries| tries > 3), "a limit that people do not meet: {tries:?}");
    let limited = sign_in(&app, &Host::ada().password).expect(429);
    assert!(!limited.header("retry-after").is_empty(), "{limited:?}");
    app.restart();
    sign_in(&app, &Host::ada().password).expect(429);

    // It is a limit for a time, not for ever.
    let tomorrow = (app.now() + chrono::Duration::days(1)).format("%Y-%m-%d %H:%M:%S").to_string();
    app.restart_at(&tomorrow);
    sign_in(&app, &Host::ada().password).expect(303);
}

fn a_forgotten_password_is_reset_by_mail(backend: Backend) {
    let app = with_ada(backend);
    let ada = Host::ada();
    let old_session = app.sign_in(&ada);
    forgot(&app.client(), &ada.email);
    let mail = app.mailbox().wait_for("a mail with a link", |mail| mail.is_to(&ada.email));
    let link = mail.link("/reset-password/");
    assert!(link.starts_with(&app.base()), "{link}");
    assert!(mail.part("html").contains(&link), "{}", mail.part("html"));
    assert!(mail.part("text").contains("until"), "how long it works: {}", mail.part("text"));
    let token = link.rsplit('/').next().expect("a token").to_owned();
    assert!(!app.database().dump().contains(&token), "a reset token is stored as a hash");

    // A mail scanner opens the link: nothing is used up.
    let browser = app.client();
    for _ in 0..2 {
        let page = browser.get(&link).expect(200);
        assert_eq!(page.header("cache-control"), "no-store");
        assert_eq!(page.header("referrer-policy"), "same-origin");
        assert_eq!(page.header("x-robots-tag"), "noindex");
    }
    let form = browser.page(&link).form(&token);
    let weak = browser.submit(&form.clone().set("password", "short")).expect(422);
    assert!(weak.page().marked().contains("password"));
    let new = "four new words for ada";
    browser.submit(&form.clone().set("password", new)).expect(303);

    old_session.get("/app/bookings").expect(303);
    sign_in(&app, &ada.password).expect(422);
    sign_in(&app, new).expect(303);
    // The link works once.
    let used = browser.get(&link);
    assert!([404, 410].contains(&used.status), "{used:?}");
    let again = browser.submit(&form.set("password", "yet another password"));
    assert!([404, 410, 422].contains(&again.status), "{again:?}");
    sign_in(&app, new).expect(303);
    let wrong = browser.get("/reset-password/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    assert!([404, 410].contains(&wrong.status), "{wrong:?}");
}

fn a_reset_lifts_the_limit_of_the_account(backend: Backend) {
    let app = with_ada(backend);
    (1..=40).find(|number| sign_in(&app, &format!("guess {number}")).status == 429);
    sign_in(&app, &Host::ada().password).expect(429);
    let new = "four new words for ada";
    reset(&app, new);
    sign_in(&app, new).expect(303);
}

fn no_session_outlives_a_reset(backend: Backend) {
    let app = TestApp::on(backend).without_limits().start();
    app.add_host(&Host::ada());
    let done = AtomicBool::new(false);
    let sessions: Vec<Client> = thread::scope(|scope| {
        let guesses: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    let mut sessions = Vec::new();
                    while !done.load(Ordering::Relaxed) {
                        let browser = app.client();
                        let form = browser.page("/sign-in").form("/sign-in");
                        let form = form.set("email", &Host::ada().email);
                        let form = form.set("password", &Host::ada().password);
                        if browser.submit(&form).status == 303 {
                            sessions.push(browser);
                        }
                    }
                    sessions
                })
            })
            .collect();
        reset(&app, "four new words for ada");
        done.store(true, Ordering::Relaxed);
        guesses.into_iter().flat_map(|one| one.join().expect("sessions")).collect()
    });
    for browser in sessions {
        browser.get("/app/bookings").expect(303);
    }
}

fn reset(app: &TestApp, password: &str) {
    let ada = Host::ada();
    forgot(&app.client(), &ada.email);
    let mail = app.mailbox().wait_for("a mail with a link", |mail| mail.is_to(&ada.email));
    let link = mail.link("/reset-password/");
    let token = link.rsplit('/').next().expect("a token").to_owned();
    let browser = app.client();
    browser.submit(&browser.page(&link).form(&token).set("password", password)).expect(303);
}

fn asking_for_a_reset_tells_nothing_about_accounts(backend: Backend) {
    let app = with_ada(backend);
    let known = forgot(&app.client(), &Host::ada().email);
    let unknown = forgot(&app.client(), "nobody@hosts.example");
    assert_eq!(known.status, unknown.status);
    assert_eq!(known.header("location"), unknown.header("location"));
    assert_eq!(known.body, unknown.body);
    let mut mailbox = app.mailbox();
    mailbox.wait_for("the one mail", |mail| mail.is_to(&Host::ada().email));
    assert_eq!(mailbox.all().len(), 1);
}

fn asking_for_a_reset_writes_the_same_for_everybody(backend: Backend) {
    let app = with_ada(backend);
    let rows = || {
        ["password_resets", "outbox_messages", "attempts"]
            .map(|table| app.database().number(&format!("SELECT count(*) AS n FROM {table}")))
    };
    let written = |email: &str| {
        let before = rows();
        forgot(&app.client(), email);
        let after = rows();
        [0, 1, 2].map(|table| after[table] - before[table])
    };
    let known = written(&Host::ada().email);
    assert_eq!(known[..2], [1, 1]);
    assert_eq!(written("nobody@hosts.example"), known);
}

fn limits_hold_against_many_at_once(backend: Backend) {
    let app = with_ada(backend);
    let accepted = thread::scope(|scope| {
        let sent: Vec<_> = (0..24)
            .map(|_| scope.spawn(|| forgot(&app.client(), &Host::ada().email).status == 303))
            .collect();
        sent.into_iter().map(|one| one.join().expect("an answer")).filter(|ok| *ok).count()
    });
    assert_eq!(accepted, 3, "as many as one after the other");
    let mails = "SELECT count(*) AS n FROM outbox_messages WHERE kind = 'password_reset'";
    assert_eq!(app.database().number(mails), 3);
}

fn unsafe_requests_need_our_origin(backend: Backend) {
    let app = with_ada(backend);
    let ada = Host::ada();
    let base = app.base();
    let port = base.rsplit(':').next().expect("a port");
    let post = |headers: &[(&str, &str)]| {
        let browser = app.client();
        let form = browser.page("/sign-in").form("/sign-in");
        let form = form.set("email", &ada.email).set("password", &ada.password);
        browser.post_form_from("/sign-in", form.fields(), headers)
    };
    post(&[]).expect(403);
    for evil in [
        "https://evil.example",
        "null",
        "",
        "http://127.0.0.1.evil.example",
        &format!("http://127.0.0.1:{port}.evil.example"),
        &format!("http://evil.example#{base}"),
        "http://127.0.0.1:1",
    ] {
        post(&[("Origin", evil)]).expect(403);
    }
    post(&[("Origin", &base), ("Sec-Fetch-Site", "cross-site")]).expect(403);
    post(&[("Origin", &base), ("Sec-Fetch-Site", "same-site")]).expect(403);
    post(&[("Origin", &base), ("Sec-Fetch-Site", "same-origin")]).expect(303);
    post(&[("Origin", &base), ("Sec-Fetch-Site", "none")]).expect(303);
    // A name on the local network that public_url does not know: Host and Origin agree.
    let lan = format!("roomkey.lan:{port}");
    post(&[("Origin", &format!("http://{lan}")), ("Host", &lan)]).expect(303);
    // A proxy that passes its own Host on: the Origin is public_url's.
    post(&[("Origin", &base), ("Host", "upstream:8080")]).expect(303);
}

fn unsafe_requests_of_a_session_need_its_csrf_token(backend: Backend) {
    let app = with_ada(backend);
    let eve = Host::new("eve", "Eve Adams", "Europe/London");
    app.add_host(&eve);
    let browser = app.sign_in(&Host::ada());
    let form = browser.page("/app/event-types/new").form("/app/event-types/new");
    let form = form.set("title", "Intro").set("slug", "intro").set("duration", "30");
    let others = app.sign_in(&eve).page("/app/event-types/new").form("/app/event-types/new");
    let others = others.value("csrf").expect("a token").to_owned();
    assert_ne!(form.value("csrf"), Some(others.as_str()));
    for wrong in [
        form.clone().without("csrf"),
        form.clone().set("csrf", ""),
        form.clone().set("csrf", "guess"),
        form.clone().set("csrf", others),
    ] {
        browser.submit(&wrong).expect(403);
    }
    let evil = [("Origin", "https://evil.example")];
    browser.post_form_from(form.action(), form.fields(), &evil).expect(403);
    browser.post_form_from("/sign-out", &[], &[("Origin", &app.base())]).expect(403);
    assert_eq!(app.database().number("SELECT count(*) AS n FROM event_types"), 0);
    browser.submit(&form).expect(303);
}

fn forms_of_nobody_need_the_token_of_their_browser(backend: Backend) {
    let mut app = TestApp::on(backend).start();
    check_visitors_form(&app, "/setup", |form| {
        let ada = Host::ada();
        let form = form.set("token", app.setup_token()).set("name", &ada.name);
        let form = form.set("email", &ada.email).set("password", &ada.password);
        form.set("handle", &ada.handle).set("time_zone", &ada.zone)
    });
    app.restart();
    let ada = Host::ada();
    check_visitors_form(&app, "/sign-in", |form| {
        form.set("email", &ada.email).set("password", &ada.password)
    });
    check_visitors_form(&app, "/forgot-password", |form| form.set("email", &ada.email));
    let mail = app.mailbox().wait_for("a mail with a link", |mail| mail.is_to(&ada.email));
    let link = mail.link("/reset-password/");
    let path = link.strip_prefix(&app.base()).expect("a path").to_owned();
    check_visitors_form(&app, &path, |form| form.set("password", "four new words for ada"));
}

/// Nothing but the form as the page made it for this browser is taken.
fn check_visitors_form(app: &TestApp, path: &str, filled: impl Fn(Form) -> Form) {
    let browser = app.client();
    let form = filled(browser.page(path).form(path));
    let others = app.client().page(path).form(path);
    let others = others.value("csrf").expect("a token").to_owned();
    assert_ne!(form.value("csrf"), Some(others.as_str()));
    assert_ne!(form.value("csrf"), browser.cookies().get("rk-visitor").map(String::as_str));
    for wrong in [
        form.clone().without("csrf"),
        form.clone().set("csrf", ""),
        form.clone().set("csrf", "guess"),
        form.clone().set("csrf", others),
    ] {
        browser.submit(&wrong).expect(403);
    }
    app.client().submit(&form).expect(403);
    browser.submit(&form).expect(303);
}

fn links_never_come_from_the_host_header(backend: Backend) {
    let app = with_ada(backend);
    let browser = app.client();
    let form = browser.page("/forgot-password").form("/forgot-password");
    let form = form.set("email", Host::ada().email);
    let forged = [
        ("Host", "evil.example"),
        ("Origin", "http://evil.example"),
        ("X-Forwarded-Host", "evil.example"),
        ("X-Forwarded-Proto", "https"),
        ("Forwarded", "host=evil.example"),
    ];
    browser.post_form_from("/forgot-password", form.fields(), &forged).expect(303);
    browser.submit(&form).expect(303);
    let mut mailbox = app.mailbox();
    mailbox.wait_for("a reset mail", |mail| mail.is_to(&Host::ada().email));
    for mail in mailbox.all() {
        assert!(!mail.value().to_string().contains("evil.example"), "{:#}", mail.value());
        assert!(mail.link("/reset-password/").starts_with(&app.base()));
    }
}

fn after_signing_in_only_our_own_pages_follow(backend: Backend) {
    let app = with_ada(backend);
    let ada = Host::ada();
    let asked = app.client().get("/app/event-types").expect(303).location();
    let browser = app.client();
    let form = browser.page(&asked).form("/sign-in");
    let form = form.set("email", &ada.email).set("password", &ada.password);
    assert_eq!(browser.submit(&form).expect(303).location(), "/app/event-types");

    for evil in [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/%09/evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "/app\r\nSet-Cookie: x=y",
        "http:evil.example",
        "app/bookings",
        "@evil.example",
        "/..//evil.example",
    ] {
        let form = form.clone().force("next", evil);
        let reply = browser.submit(&form);
        let location = reply.header("location");
        let ours = location.starts_with('/') && !location[1..].starts_with(['/', '\\', '\t']);
        assert!(reply.status == 303 && ours && !location.contains('\t'), "{evil:?}: {reply:?}");
        assert!(reply.all("set-cookie").all(|cookie| cookie.starts_with("rk=")), "{reply:?}");
    }
}

fn sign_in(app: &TestApp, password: &str) -> Reply {
    let browser = app.client();
    let form = browser.page("/sign-in").form("/sign-in");
    browser.submit(&form.set("email", Host::ada().email).set("password", password))
}

fn forgot(browser: &Client, email: &str) -> Reply {
    let form = browser.page("/forgot-password").form("/forgot-password");
    browser.submit(&form.set("email", email))
}
