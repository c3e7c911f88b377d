//! `serve --demo`: everything in one process on embedded defaults, and the way in printed.

use std::os::unix::fs::PermissionsExt as _;

use roomkey_tests::{Backend, Mailbox, TestApp, rfc3339};

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
fn the_mailbox_is_shown_only_in_the_demo() {
    let app = TestApp::on(Backend::Sqlite).start_with_ada();
    app.client().get("/dev/mailbox").expect(404);
    assert!(!app.dir().join("data/demo-password").exists());
}
