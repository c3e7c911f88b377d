//! A Jitsi that does not answer: the join page says so, keeps nobody out, and says so no longer once it answers.

use std::net::{SocketAddr, TcpListener};

use roomkey_tests::{Backend, SOON, TestApp, instant, on_both, wait_until};

on_both!(the_join_page_says_that_jitsi_does_not_answer_until_it_does);

const HINT: &str = "The video server does not answer right now. Try again in a minute";

/// An address of this machine at which nobody listens. Connections that go out begin at another one, so that none of
/// them takes the port meanwhile.
fn nobody() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.77:0").expect("a free port");
    listener.local_addr().expect("its address")
}

/// What the server has found out of its Jitsi, once it has looked.
fn reachable(app: &TestApp, expected: &str) {
    wait_until("a look at Jitsi", SOON, || {
        let metrics = app.internal_client().get("/metrics").expect(200).body;
        let line = metrics.lines().find(|line| line.starts_with("roomkey_jitsi_reachable"))?;
        line.ends_with(expected).then_some(())
    });
}

fn the_join_page_says_that_jitsi_does_not_answer_until_it_does(backend: Backend) {
    let jitsi = nobody();
    let mut app = TestApp::on(backend)
        .clock("2027-03-01 08:00:00")
        .set("jitsi.url", format!("http://{jitsi}"))
        .start_with_ada();
    let booked = app.book("intro", instant("2027-03-01T12:00:00Z"));
    let (join, password) = (format!("{}/join", booked.page()), booked.text("/room/password"));
    let address = booked.text("/room/url").to_owned();
    assert!(address.starts_with(&format!("http://{jitsi}/")), "{address}");
    reachable(&app, " 0");
    // Whoever is early can not go there yet, and is not worried by it.
    assert!(!app.client().page(&join).text().contains(HINT));

    app.restart_at("2027-03-01 11:55:00");
    reachable(&app, " 0");
    let page = app.client().page(&join);
    assert!(page.text().contains(HINT), "{}", page.text());
    assert!(page.text().contains(&address), "{}", page.text());
    assert!(page.text().contains(password), "{}", page.text());
    // What this server does not reach, others may.
    let entered = app.client().submit(&page.form("/join")).expect(303);
    assert_eq!(entered.location(), address);

    // Never accepted: the kernel answers for it.
    let _answering = TcpListener::bind(jitsi).expect("the same port");
    reachable(&app, " 1");
    let page = app.client().page(&join);
    assert!(!page.text().contains(HINT), "{}", page.text());
    assert!(page.text().contains(&address) && page.text().contains(password), "{}", page.text());
}
