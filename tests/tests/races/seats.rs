//! Seats: as many as there are, and no more.

use roomkey_tests::{Backend, on_both};

use crate::servers::{CLIENTS, Servers, of, rounds};

on_both!(of_64_clients_as_many_sit_as_there_are_seats);

const SEATS: usize = 5;

fn of_64_clients_as_many_sit_as_there_are_seats(backend: Backend) {
    let servers = Servers::start(backend);
    let options = ["--title", "A class", "--duration", "60", "--window-days", "730"];
    let seats = ["--seats", &SEATS.to_string()];
    servers.first.add_event_type("ada", "class", &[&options[..], &seats].concat());
    let answers =
        servers.race(|racer, round| ("sits", racer.book(&servers, "class", servers.time(round))));
    for (round, counts) in answers.iter().enumerate() {
        let seated = (of(counts, "sits", 201), of(counts, "sits", 409));
        assert_eq!(seated, (SEATS, CLIENTS - SEATS), "round {round}: {counts:?}");
    }
    let taken = format!("SELECT count(*) AS n FROM group_sessions WHERE taken = {SEATS}");
    assert_eq!(servers.number(&taken), rounds());
    assert_eq!(servers.number("SELECT count(*) AS n FROM group_sessions"), rounds());
    let held = "SELECT count(*) AS n FROM booking_hosts WHERE held";
    assert_eq!(servers.number(held), SEATS * rounds());
    servers.check();
}
