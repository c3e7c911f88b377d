//! `serve --demo`: everything in one process on embedded defaults, and the way in printed.

use std::os::unix::fs::PermissionsExt as _;

use roomkey_tests::{Backend, Host, Mailbox, TestApp, rfc3339};

#[test]
fn the_demo_says_how_to_get_in_and_finds_its_data_again() {
    let mut app = TestApp::on(Backend::Sqlite).own_defaults().argument("--demo").start();
    let file = app.dir().join("data/demo-password");
    let mode = std::fs::metadata(&file).expect("data/demo-password").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "{mode:o}");
    let password = std::fs::read_to_string(&file).expect("the password").trim().to_owned();
    assert!(password.len() >= 12, "{password}");
    assert!(app.dir().join("data/roomkey.db").exists());

    let printed = app.stdout();
    assert!(printed.contains(&app.base()), "the address: {printed}");
    assert!(printed.contains("demo-password") || printed.contains(&password), "{printed}");
    assert!(printed.contains("/dev/mailbox") || printed.contains("mailbox"), "the mail: {printed}");
    let email = printed
        .split(|c: char| c.is_whitespace() || "\"'<>()".contains(c))
        .find(|word| word.contains('@'))
        .expect("whom to sign in as")
        .trim_end_matches(['.', ',']);

    // In, as printed; and the public page is there to be booked.
    let browser = app.client();
    let form = browser.page("/sign-in").form("/sign-in");
    browser.submit(&form.set("email", email).set("password", &password)).expect(303);
    let mine = browser.page("/app/bookings");
    let profile =
        mine.links().into_iter().find(|link| link.matches('/').count() == 1 && link.len() > 1);
    let profile = browser.page(&profile.expect("my page"));
    let event = profile.links().into_iter().find(|link| link.matches('/').count() == 2);
    let event = event.expect("an event type to book");
    let page = browser.page(&event);
    let slot = page.slots().first().cloned().expect("a free time");
    let form = browser.page(&format!("{event}?slot={slot}&tz=UTC")).form(&event);
    let form = form.set("name", "Bo Berg").set("email", "bo@customers.example");
    let booked = browser.submit(&form).expect(303).location();
    browser.open(&booked).expect(200);

    // The mail can be read where the demo said, and in its files.
    let mut mailbox = Mailbox::at(app.dir().join("data/mailbox"));
    let mail = mailbox.wait_for_invite("bo@customers.example", "REQUEST");
    assert_eq!(mail.calendar("start"), rfc3339(roomkey_tests::instant(&slot)));
    let shown = browser.page("/dev/mailbox");
    assert!(shown.text().contains("bo@customers.example"), "{}", shown.text());

    app.restart();
    assert_eq!(std::fs::read_to_string(&file).expect("the password").trim(), password);
    app.client().open(&booked).expect(200);
    let browser = app.client();
    let form = browser.page("/sign-in").form("/sign-in");
    browser.submit(&form.set("email", email).set("password", &password)).expect(303);
    let known = Mailbox::at(app.dir().join("data/mailbox")).all().len();
    assert_eq!(known, 2, "no mail is sent twice");
}

#[test]
fn the_demo_prints_no_password_that_no_longer_opens() {
    let mut app = TestApp::on(Backend::Sqlite).own_defaults().argument("--demo").start();
    let file = app.dir().join("data/demo-password");
    let kept = std::fs::read_to_string(&file).expect("the password").trim().to_owned();
    let browser = app.client();
    let form = browser.page("/forgot-password").form("/forgot-password");
    browser.submit(&form.set("email", "ada@example.org")).expect(303);
    let mut mailbox = Mailbox::at(app.dir().join("data/mailbox"));
    let mail =
        mailbox.wait_for("the reset mail", |mail| mail.part("text").contains("/reset-password/"));
    let link = mail.link("/reset-password/");
    let token = link.rsplit('/').next().expect("a token");
    let form = browser.page(&link).form(token);
    browser.submit(&form.set("password", "quite another one")).expect(303);

    app.restart();
    let printed = app.stdout();
    let last = printed.rsplit("Book a time").next().expect("the last start's");
    assert!(!last.contains(&kept), "it opens nothing: {last}");
    assert!(last.contains("changed"), "{last}");
    std::fs::remove_file(&file).expect("lost");
    app.restart();
    assert!(!file.exists(), "no password is made for an account that has one");
}

#[test]
fn demos_that_start_at_once_share_their_host() {
    let mut first = TestApp::on(Backend::Postgres).argument("--demo").prepare();
    let (url, dir) = (first.database().url(), first.data_dir());
    let dir = dir.display().to_string();
    let mut rest: Vec<TestApp> = (0..3)
        .map(|_| {
            let other = TestApp::on(Backend::Postgres).set("database_url", url.as_str());
            other.set("data_dir", dir.as_str()).argument("--demo").prepare()
        })
        .collect();
    first.spawn();
    for other in &mut rest {
        other.spawn();
    }
    rest.iter().chain([&first]).for_each(TestApp::wait_until_ready);
}

#[test]
fn the_demo_is_not_mixed_into_an_installation_in_use() {
    let app = TestApp::on(Backend::Sqlite).prepare();
    app.add_host(&Host::ada());
    let tried = app.cli(&["serve", "--demo"]);
    let said = tried.refused();
    assert!(said.contains("without --demo"), "{said}");
}

#[test]
fn the_mailbox_is_shown_only_in_the_demo() {
    let app = TestApp::on(Backend::Sqlite).start_with_ada();
    app.client().get("/dev/mailbox").expect(404);
    assert!(!app.dir().join("data/demo-password").exists());
}
