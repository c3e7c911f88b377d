//! The first visit: `/setup` makes the owner, guarded by a token that only the operator sees.

use roomkey_tests::{Backend, Client, Form, Host, TestApp, on_both};

on_both!(
    the_owner_is_made_with_the_printed_token,
    without_the_token_nobody_is_made,
    with_a_user_there_is_no_setup,
    one_of_many_at_once_becomes_the_owner,
    weak_or_broken_answers_are_marked,
);

fn the_owner_is_made_with_the_printed_token(backend: Backend) {
    let mut app = TestApp::on(backend).start();
    let token = app.setup_token();
    assert!(token.len() >= 22, "at least 128 random bits: {token}");
    let line = app.wait_for_line(&token);
    assert!(!line.trim_start().starts_with('{'), "outside the log: {line}");
    assert!(!app.stdout().contains(&token), "on stderr only");

    // Whoever comes first is led to it.
    let browser = app.client();
    assert!(browser.get("/sign-in").status < 400);
    let reply = browser.submit(&filled(&browser, &token)).expect(303);
    let page = browser.open(&reply.location()).expect(200);
    let cookies = browser.cookies();
    assert!(cookies.contains_key("rk"), "signed in at once: {cookies:?}");
    assert!(page.page().select("nav[aria-label=Main]").len() == 1, "{}", page.body);

    // The account is a real one, and the token is used up.
    app.sign_in(&Host::ada());
    let again = app.client().get("/setup");
    assert!([303, 404].contains(&again.status), "{again:?}");
    app.restart();
    assert_eq!(app.logs().matches(&token).count(), 1);
    assert!(app.client().open("/ada").status == 200);
}

fn without_the_token_nobody_is_made(backend: Backend) {
    let mut app = TestApp::on(backend).start();
    let token = app.setup_token();
    for wrong in ["", "guess", &token[1..], &token.to_uppercase(), &format!("{token}x")] {
        if wrong == token {
            continue;
        }
        let browser = app.client();
        let reply = browser.submit(&filled(&browser, wrong));
        assert!([403, 422, 429].contains(&reply.status), "{wrong:?}: {reply:?}");
    }
    assert_eq!(users(&app), 0);
    // Another process over the same database prints the same.
    app.restart();
    assert_eq!(app.setup_token(), token);
    let browser = app.client();
    browser.submit(&filled(&browser, &token)).expect(303);
    assert_eq!(users(&app), 1);
}

fn with_a_user_there_is_no_setup(backend: Backend) {
    let app = TestApp::on(backend).prepare();
    app.add_host(&Host::ada());
    let mut app = app;
    app.start();
    assert!(app.setup_tokens().is_empty(), "{}", app.stderr());
    let reply = app.client().get("/setup");
    assert!([303, 404].contains(&reply.status), "{reply:?}");
    let fields = [("token", "x"), ("name", "Eve"), ("email", "eve@hosts.example")];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let reply = app.client().post_form("/setup", &fields);
    assert!([303, 403, 404, 422].contains(&reply.status), "{reply:?}");
    assert_eq!(users(&app), 1);
}

fn one_of_many_at_once_becomes_the_owner(backend: Backend) {
    let app = TestApp::on(backend).start();
    let token = app.setup_token();
    let forms: Vec<(Client, Form)> = (0..6)
        .map(|number| {
            let browser = app.client();
            let form = filled(&browser, &token).set("handle", format!("owner-{number}"));
            (browser, form.set("email", format!("owner-{number}@hosts.example")))
        })
        .collect();
    let made = std::thread::scope(|scope| {
        let sent: Vec<_> = forms
            .into_iter()
            .map(|(browser, form)| scope.spawn(move || browser.submit(&form).status))
            .collect();
        sent.into_iter().map(|one| one.join().expect("a status")).collect::<Vec<_>>()
    });
    assert_eq!(users(&app), 1, "{made:?}");
    assert!(made.iter().all(|status| *status < 500), "{made:?}");
}

fn weak_or_broken_answers_are_marked(backend: Backend) {
    let app = TestApp::on(backend).start();
    let token = app.setup_token();
    for (field, bad) in [
        ("password", "short"),
        ("password", ""),
        ("password", "12345678901"),
        ("email", "nobody"),
        ("handle", "a"),
        ("handle", "sign-in"),
        ("handle", "Ada Lovelace"),
        ("name", ""),
        ("time_zone", "Mars/Olympus"),
    ] {
        let browser = app.client();
        let form = filled(&browser, &token).force(field, bad);
        let reply = browser.submit(&form).expect(422);
        let page = reply.page();
        assert!(page.marked().contains(field), "{field} = {bad:?}: {:?}", page.marked());
        assert!(page.title().starts_with("Error: "), "{}", page.title());
        let kept = page.form("/setup");
        if field != "email" {
            assert_eq!(kept.value("email"), Some("ada@hosts.example"), "answers are kept");
        }
        assert_eq!(kept.value("password").unwrap_or_default(), "", "but not the password");
    }
    assert_eq!(users(&app), 0);
    // All of those were tries with the right token: it still works.
    let browser = app.client();
    browser.submit(&filled(&browser, &token)).expect(303);
}

fn filled(browser: &Client, token: &str) -> Form {
    let ada = Host::ada();
    let form = browser.page("/setup").form("/setup").set("token", token);
    let form = form.set("name", &ada.name).set("email", &ada.email).set("handle", &ada.handle);
    form.set("password", &ada.password).set("time_zone", &ada.zone)
}

fn users(app: &TestApp) -> i64 {
    app.database().number("SELECT count(*) AS n FROM users")
}
