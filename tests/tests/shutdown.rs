//! SIGTERM: what runs is finished, then the program stops.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use roomkey_tests::{Backend, SOON, TestApp, on_both, rfc3339, wait_until};

on_both!(
    a_booking_in_flight_is_finished_before_the_stop,
    a_stop_without_work_is_quick_and_orderly,
    a_second_signal_ends_it_at_once,
);

fn a_booking_in_flight_is_finished_before_the_stop(backend: Backend) {
    let mut app = TestApp::on(backend).start_with_ada();
    let start = rfc3339(app.noon_in_days(2));
    let body = app.request("intro", &start, "Bo Berg", "bo@customers.example").to_string();

    // The server says "100 Continue" when it has taken the request on: from here on it runs.
    let address = app.base().trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time limit");
    let length = body.len();
    let head = format!(
        "POST /api/v1/bookings HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).expect("send the head");
    let mut answer = [0; 25];
    stream.read_exact(&mut answer).expect("the interim answer");
    assert!(answer.starts_with(b"HTTP/1.1 100 Continue"), "{}", String::from_utf8_lossy(&answer));

    app.signal("TERM");
    wait_until("the listener to close", SOON, || {
        TcpStream::connect(&address).is_err().then_some(())
    });
    stream.write_all(body.as_bytes()).expect("send the body");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the answer");
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert!(app.wait_end().success(), "{}", app.logs());

    // Whatever the stop left of the mails, the next start sends.
    app.start();
    let mut mailbox = app.mailbox();
    mailbox.wait_for_invite("bo@customers.example", "REQUEST");
    mailbox.wait_for_invite("ada@hosts.example", "REQUEST");
}

fn a_stop_without_work_is_quick_and_orderly(backend: Backend) {
    let mut app = TestApp::on(backend).start();
    let begun = std::time::Instant::now();
    app.stop();
    assert!(begun.elapsed() < Duration::from_secs(10), "took {:?}", begun.elapsed());
    assert!(!app.logs().contains("panicked"), "{}", app.logs());
}

fn a_second_signal_ends_it_at_once(backend: Backend) {
    for second in ["TERM", "INT"] {
        let mut app = TestApp::on(backend).start();
        // A request whose body never comes holds the drain up.
        let address = app.base().trim_start_matches("http://").to_owned();
        let mut stream = TcpStream::connect(&address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time limit");
        let head = format!(
            "POST /api/v1/bookings HTTP/1.1\r\nHost: {address}\r\n\
             Content-Type: application/json\r\nContent-Length: 99\r\n\
             Expect: 100-continue\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).expect("send the head");
        let mut answer = [0; 25];
        stream.read_exact(&mut answer).expect("the interim answer");
        app.signal("TERM");
        app.wait_for_line("stopping");
        let begun = std::time::Instant::now();
        app.signal(second);
        let status = app.wait_end();
        assert!(begun.elapsed() < Duration::from_secs(5), "took {:?}", begun.elapsed());
        assert_eq!(status.code(), Some(1), "{}", app.logs());
        assert!(app.logs().contains("second signal"), "{}", app.logs());
    }
}
