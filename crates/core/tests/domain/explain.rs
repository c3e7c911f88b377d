//! Reasons in full, as a host reads them.

use roomkey_core::{
    availability::{Occupant, Reason, Refusal},
    event_type::{Dates, Window},
};

use crate::case::{Case, instant};

fn told(case: &Case, at: &str) -> Vec<String> {
    let calendars = ["Work calendar".to_owned()];
    case.ask(|offer| {
        let start = instant(at);
        let tell =
            |refusal: Refusal| Reason { offer, start, refusal, calendars: &calendars }.to_string();
        offer.refusals(start).into_iter().map(tell).collect()
    })
}

fn thursday() -> Case {
    Case::new("Europe/Berlin", "mon-fri 09:00-12:00,13:00-17:00")
        .lasting(60)
        .between("2026-12-02T00:00:00Z", "2026-12-05T00:00:00Z")
}

#[test]
fn what_is_offered_needs_no_reason() {
    assert!(told(&thursday(), "2026-12-03T08:00:00Z").is_empty());
}

#[test]
fn every_reason_is_told_in_order() {
    let mut case = thursday()
        .notice(3 * 1440)
        .buffers(15, 15)
        .booked("2026-12-03T09:20:00Z", "2026-12-03T10:20:00Z")
        .busy_elsewhere("2026-12-03T08:00:00Z", "2026-12-03T08:30:00Z")
        .away("2026-12-03T00:00", "2026-12-04T00:00")
        .limit("1 booking a day")
        .limit("90 minutes a week");
    assert_eq!(
        told(&case, "2026-12-03T08:15:00Z"),
        [
            "It is inside the minimum notice of 72 hours, which ends at 01:00 on Friday 4 December \
             2026",
            "You are away (Holidays), 00:00 on Thursday 3 December 2026 – 00:00 on Friday 4 \
             December 2026",
            "Bookings start every 1 hour and not at 09:15",
            "There is a booking from 10:20 – 11:20 on Thursday 3 December 2026, too close with the \
             buffers",
            "Busy in Work calendar, 09:00 – 09:30 on Thursday 3 December 2026",
            "Thursday's limit of 1 booking is reached",
            "The limit of 1 hour 30 minutes in the week from Monday 30 November 2026 has no room \
             for 1 hour",
        ]
    );
    case.bookings[0].busy.by = Occupant::Hold;
    assert!(told(&case, "2026-12-03T08:15:00Z").iter().any(|reason| {
        reason
            == "Somebody is filling in the form for 10:20 – 11:20 on Thursday 3 December 2026, \
                   too close with the buffers"
    }));
}

#[test]
fn all_that_is_in_the_way_is_named() {
    let mut case = thursday()
        .booked("2026-12-03T08:00:00Z", "2026-12-03T08:20:00Z")
        .booked("2026-12-03T08:20:00Z", "2026-12-03T08:40:00Z")
        .booked("2026-12-03T08:40:00Z", "2026-12-03T09:00:00Z")
        .booked("2026-12-03T09:00:00Z", "2026-12-03T09:20:00Z")
        .busy_elsewhere("2026-12-03T08:00:00Z", "2026-12-03T08:10:00Z")
        .busy_elsewhere("2026-12-03T08:50:00Z", "2026-12-03T10:00:00Z");
    case.bookings[1].busy.by = Occupant::Hold;
    assert_eq!(
        told(&case, "2026-12-03T08:00:00Z"),
        [
            "There is a booking from 09:00 – 09:20 on Thursday 3 December 2026",
            "Somebody is filling in the form for 09:20 – 09:40 on Thursday 3 December 2026",
            "There is a booking from 09:40 – 10:00 on Thursday 3 December 2026",
            "Busy in Work calendar, 09:00 – 09:10 on Thursday 3 December 2026",
            "Busy in Work calendar, 09:50 – 11:00 on Thursday 3 December 2026",
        ]
    );
}

#[test]
fn a_full_session_is_taken_and_uses_up_no_limit() {
    let mut case = thursday().booked("2026-12-03T08:00:00Z", "2026-12-03T09:00:00Z");
    case.seats = Some(5);
    case = case.limit("1 booking a day");
    let told_with = |seats_left: u32| {
        let mut case = case.clone();
        case.bookings[0].busy.by = Occupant::Session { seats_left };
        told(&case, "2026-12-03T08:00:00Z")
    };
    assert!(told_with(1).is_empty(), "it can be joined");
    assert_eq!(told_with(0), ["There is a booking from 09:00 – 10:00 on Thursday 3 December 2026"]);
    assert_eq!(
        told(&case, "2026-12-03T09:00:00Z"),
        ["Thursday's limit of 1 booking is reached"],
        "nor does another begin"
    );
}

#[test]
fn closed_days_and_hours_are_named() {
    let case = thursday().except("2026-12-04 off").except("2026-12-02 10:00-11:00");
    assert_eq!(
        told(&case, "2026-12-03T10:30:00Z"),
        ["11:30 – 12:30 is not all inside your hours: Thursday 3 December 2026 is open \
          09:00 – 12:00, 13:00 – 17:00"]
    );
    assert_eq!(
        told(&case, "2026-12-04T09:00:00Z"),
        ["10:00 – 11:00 is not all inside your hours: Friday 4 December 2026 is closed (an \
          override)"]
    );
    assert_eq!(
        told(&case, "2026-12-02T07:00:00Z"),
        ["08:00 – 09:00 is not all inside your hours: Wednesday 2 December 2026 is open \
          10:00 – 11:00 (an override)"]
    );
    assert_eq!(
        told(&case, "2026-12-05T09:00:00Z"),
        ["10:00 – 11:00 is not all inside your hours: Saturday 5 December 2026 is closed"]
    );
}

fn monday_and_tuesday(hours: &str) -> Case {
    Case::new("Europe/Berlin", hours).between("2026-12-07T00:00:00Z", "2026-12-09T00:00:00Z")
}

#[test]
fn a_night_that_reaches_into_the_day_is_named() {
    let (half_past_one, ten_to_two) = ("2026-12-08T00:30:00Z", "2026-12-08T00:50:00Z");
    let case = monday_and_tuesday("mon 22:00-02:00");
    assert!(told(&case, half_past_one).is_empty());
    assert_eq!(
        told(&case, ten_to_two),
        ["01:50 – 02:20 is not all inside your hours: Monday's hours go on until 02:00, and \
          Tuesday 8 December 2026 is closed after that"]
    );
    // All day long, as the other hours of the day are.
    assert_eq!(
        told(&case, "2026-12-08T14:00:00Z"),
        ["15:00 – 15:30 is not all inside your hours: Monday's hours go on until 02:00, and \
          Tuesday 8 December 2026 is closed after that"]
    );
    // It is the last of several ranges, and Tuesday has hours of its own, too.
    assert_eq!(
        told(&monday_and_tuesday("mon,tue 09:00-12:00,22:00-02:00"), ten_to_two),
        ["01:50 – 02:20 is not all inside your hours: Monday's hours go on until 02:00, and \
          Tuesday 8 December 2026 is open 09:00 – 12:00, 22:00 – 02:00"]
    );
}

#[test]
fn a_night_is_named_only_on_the_day_that_it_reaches_into() {
    // Its own day has it among its hours, and Sunday has none.
    assert_eq!(
        told(&monday_and_tuesday("mon 22:00-02:00"), "2026-12-07T20:50:00Z"),
        ["21:50 – 22:20 is not all inside your hours: Monday 7 December 2026 is open \
          22:00 – 02:00"]
    );
    // Hours until midnight reach into no other day.
    assert_eq!(
        told(&monday_and_tuesday("mon 22:00-24:00"), "2026-12-08T00:50:00Z"),
        ["01:50 – 02:20 is not all inside your hours: Tuesday 8 December 2026 is closed"]
    );
}

#[test]
fn a_night_and_the_day_after_are_told_with_their_overrides() {
    let with = |date: &str| monday_and_tuesday("mon 22:00-02:00").except(date);
    let at = "2026-12-08T00:50:00Z";
    assert_eq!(
        told(&with("2026-12-07 20:00-01:00"), at),
        ["01:50 – 02:20 is not all inside your hours: Monday's hours (an override) go on until \
          01:00, and Tuesday 8 December 2026 is closed after that"]
    );
    // A day off takes away the hours that begin on it: not the night before.
    assert_eq!(
        told(&with("2026-12-08 off"), at),
        ["01:50 – 02:20 is not all inside your hours: Monday's hours go on until 02:00, and \
          Tuesday 8 December 2026 is closed after that (an override)"]
    );
    assert_eq!(
        told(&with("2026-12-07 off"), at),
        ["01:50 – 02:20 is not all inside your hours: Tuesday 8 December 2026 is closed"]
    );
}

#[test]
fn both_ends_of_the_window_are_named() {
    let case = thursday().window(1);
    assert_eq!(told(&case, "2026-11-30T09:00:00Z"), ["It is in the past"]);
    assert_eq!(
        told(&case, "2026-12-03T09:00:00Z"),
        ["It is after the last date that can be booked now, Wednesday 2 December 2026"]
    );
}

#[test]
fn what_is_past_comes_before_the_window() {
    let mut case = thursday();
    let (first, last) = ("2026-12-03".parse().unwrap(), "2026-12-04".parse().unwrap());
    case.terms.window = Window::Dates(Dates::new(first, last).unwrap());
    assert_eq!(
        told(&case, "2026-11-30T09:00:00Z"),
        [
            "It is in the past",
            "It is before the first date that can be booked, Thursday 3 December 2026"
        ]
    );
}
