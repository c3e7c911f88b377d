//! Limits, windows and time off by name.

use roomkey_core::{
    availability::{Occupant, Refusal},
    event_type::{Dates, Window},
    time::{LocalDate, Minutes, Span, Weekday},
};

use crate::case::{Case, instant};

/// Berlin, whole hours from 9 to 13 on Thursday 3 and Friday 4 December 2026.
fn case() -> Case {
    Case::new("Europe/Berlin", "mon-fri 09:00-13:00")
        .lasting(60)
        .between("2026-12-02T23:00:00Z", "2026-12-04T23:00:00Z")
}

fn date(text: &str) -> LocalDate {
    text.parse().unwrap()
}

fn days(case: &Case) -> Vec<String> {
    let mut days: Vec<String> = case.starts().iter().map(|start| start[..2].to_owned()).collect();
    days.dedup();
    days
}

#[test]
fn a_day_is_full_when_its_limit_is_reached() {
    let booked = case()
        .booked("2026-12-03T08:00:00Z", "2026-12-03T09:00:00Z")
        .booked("2026-12-03T10:00:00Z", "2026-12-03T11:00:00Z");
    assert_eq!(days(&booked.clone().limit("3 bookings a day")), ["03", "04"]);
    assert_eq!(days(&booked.clone().limit("2 bookings a day")), ["04"]);
    assert_eq!(days(&booked.clone().limit("179 minutes a day")), ["04"]);
    assert_eq!(days(&booked.clone().limit("180 minutes a day")), ["03", "04"]);
    assert!(booked.limit("2 bookings a week").starts().is_empty());
}

#[test]
fn days_are_those_of_the_schedule() {
    // 23:30 in Berlin is the day before in UTC's eyes, and counts for Berlin's 4 December.
    let late = Case::new("Europe/Berlin", "mon-fri 00:00-02:00")
        .lasting(60)
        .between("2026-12-02T12:00:00Z", "2026-12-04T12:00:00Z")
        .booked("2026-12-03T23:00:00Z", "2026-12-04T00:00:00Z")
        .limit("1 booking a day");
    assert_eq!(late.starts(), ["03 00:00 +60", "03 01:00 +60"]);
}

#[test]
fn weeks_start_when_the_hosts_do() {
    let sunday = case().booked("2026-11-29T09:00:00Z", "2026-11-29T10:00:00Z");
    let mut limited = sunday.limit("1 booking a week");
    assert_eq!(days(&limited), ["03", "04"]);
    limited.week_start = Weekday::Sun;
    assert!(limited.starts().is_empty());
    limited.week_start = Weekday::Fri;
    assert_eq!(days(&limited), ["04"]);
}

#[test]
fn bookings_of_other_event_types_do_not_count() {
    let mut other = case().booked("2026-12-03T08:00:00Z", "2026-12-03T09:00:00Z");
    other.bookings[0].counts = false;
    assert_eq!(days(&other.limit("1 booking a day")), ["03", "04"]);
}

#[test]
fn a_limit_names_itself_and_its_period() {
    let full = case()
        .booked("2026-12-03T08:00:00Z", "2026-12-03T09:00:00Z")
        .limit("1 booking a day")
        .limit("60 minutes a month");
    let against = full.ask(|offer| offer.refusals(instant("2026-12-03T10:00:00Z")));
    let named: Vec<(String, LocalDate)> = against
        .iter()
        .filter_map(|refusal| match refusal {
            Refusal::LimitReached { limit, first } => Some((limit.to_string(), *first)),
            _ => None,
        })
        .collect();
    assert_eq!(named.len(), against.len());
    assert_eq!(named[0], ("1 booking a day".to_owned(), date("2026-12-03")));
    assert_eq!(named[1], ("60 minutes a month".to_owned(), date("2026-12-01")));
}

#[test]
fn a_window_of_dates_holds_both_of_them() {
    let mut case = Case::new("Europe/Berlin", "mon-sun 09:00-10:00")
        .lasting(60)
        .between("2026-12-01T00:00:00Z", "2026-12-20T00:00:00Z");
    case.terms.window = Window::Dates(Dates::new(date("2026-12-03"), date("2026-12-05")).unwrap());
    assert_eq!(days(&case), ["03", "04", "05"]);
    let refusal = |at| case.ask(|offer| offer.verdict(instant(at)).unwrap_err());
    let (first, last) = (date("2026-12-03"), date("2026-12-05"));
    assert_eq!(refusal("2026-12-02T08:00:00Z"), Refusal::BeforeWindow { first });
    assert_eq!(refusal("2026-12-06T08:00:00Z"), Refusal::BeyondWindow { last });
}

#[test]
fn a_window_of_dates_does_not_end_the_notice() {
    let mut case = case().at(instant("2026-12-03T06:00:00Z")).notice(240);
    case.terms.window = Window::Dates(Dates::new(date("2026-12-02"), date("2026-12-03")).unwrap());
    assert_eq!(case.starts(), ["03 11:00 +60", "03 12:00 +60"]);
}

#[test]
fn a_window_of_business_days_ends_with_the_last_of_them() {
    // From Thursday 3 December, two business days after it are Friday and Monday.
    let mut case = Case::new("UTC", "mon-sun 09:00-10:00")
        .lasting(60)
        .between("2026-12-03T00:00:00Z", "2026-12-20T00:00:00Z")
        .at(instant("2026-12-03T00:00:00Z"));
    case.terms.window = Window::BusinessDays(2);
    assert_eq!(days(&case), ["03", "04", "05", "06", "07"]);
}

#[test]
fn time_off_takes_what_it_meets_and_moves_no_grid() {
    let afternoon = case().every(30).away("2026-12-03T10:10", "2026-12-03T11:10");
    let thursday: Vec<String> =
        afternoon.starts().into_iter().filter(|start| start.starts_with("03")).collect();
    assert_eq!(thursday, ["03 09:00 +60", "03 11:30 +60", "03 12:00 +60"]);
    let touching = case().away("2026-12-03T10:00", "2026-12-03T11:00");
    assert_eq!(days(&touching), ["03", "04"]);
    assert_eq!(touching.starts()[..2], ["03 09:00 +60", "03 11:00 +60"]);
    let away = case().away("2026-12-03T00:00", "2026-12-04T00:00");
    assert_eq!(days(&away), ["04"]);
    let span =
        Span { start: instant("2026-12-02T23:00:00Z"), end: instant("2026-12-03T23:00:00Z") };
    let refusal = away.ask(|offer| offer.verdict(instant("2026-12-03T09:00:00Z")).unwrap_err());
    assert_eq!(refusal, Refusal::TimeOff { span });
}

#[test]
fn a_night_is_cut_where_time_off_begins() {
    let night = Case::new("UTC", "thu 22:00-02:00")
        .lasting(60)
        .between("2026-12-03T00:00:00Z", "2026-12-05T00:00:00Z")
        .away("2026-12-04T00:00", "2026-12-05T00:00");
    assert_eq!(night.starts(), ["03 22:00 +0", "03 23:00 +0"]);
    // An override replaces the rules of its own date only.
    let night = Case::new("UTC", "thu 22:00-02:00")
        .lasting(60)
        .between("2026-12-03T00:00:00Z", "2026-12-05T00:00:00Z")
        .except("2026-12-04 off");
    assert_eq!(night.starts().len(), 4);
}

#[test]
fn other_calendars_need_both_buffers_free() {
    let busy = case()
        .every(15)
        .lasting(30)
        .buffers(15, 30)
        .busy_elsewhere("2026-12-03T10:00:00Z", "2026-12-03T10:30:00Z");
    let thursday: Vec<String> =
        busy.starts().into_iter().filter(|start| start.starts_with("03")).collect();
    // 10:00Z is 11:00 in Berlin: over by 10:30 at the latest, and from 11:45 again.
    assert_eq!(
        thursday,
        [
            "03 09:00 +60",
            "03 09:15 +60",
            "03 09:30 +60",
            "03 09:45 +60",
            "03 10:00 +60",
            "03 11:45 +60",
            "03 12:00 +60",
            "03 12:15 +60",
            "03 12:30 +60"
        ]
    );
}

#[test]
fn the_grid_may_begin_after_the_hours() {
    let mut case = case();
    case.terms.grid.offset = Minutes(20);
    assert_eq!(case.starts()[..3], ["03 09:20 +60", "03 10:20 +60", "03 11:20 +60"]);
}

#[test]
fn a_session_with_room_is_offered_although_the_host_is_busy_with_it() {
    let mut case = case().booked("2026-12-03T08:00:00Z", "2026-12-03T09:00:00Z");
    case.seats = Some(5);
    let mut with = |by| {
        case.bookings[0].busy.by = by;
        case.slots().first().map(|slot| (slot.start, slot.seats_left))
    };
    let (nine, ten) = (instant("2026-12-03T08:00:00Z"), instant("2026-12-03T09:00:00Z"));
    assert_eq!(with(Occupant::Session { seats_left: 2 }), Some((nine, Some(2))));
    assert_eq!(with(Occupant::Session { seats_left: 0 }), Some((ten, Some(5))));
    assert_eq!(with(Occupant::Booking), Some((ten, Some(5))));
    // What else takes the host's time at the same time is in the way.
    let mut away = case.clone();
    away.bookings[0].busy.by = Occupant::Session { seats_left: 2 };
    assert_eq!(away.slots()[0].start, nine);
    let elsewhere = away.clone().busy_elsewhere("2026-12-03T08:30:00Z", "2026-12-03T08:45:00Z");
    assert_eq!(elsewhere.slots()[0].start, ten);
    assert_eq!(away.clone().away("2026-12-03T09:30", "2026-12-03T09:45").slots()[0].start, ten);
    let mut overlapping = away.booked("2026-12-03T07:00:00Z", "2026-12-03T08:30:00Z");
    assert_eq!(overlapping.slots()[0].start, ten);
    overlapping.bookings[1].busy.by = Occupant::Session { seats_left: 2 };
    assert_eq!(overlapping.slots()[0].start, ten);
    // It is the one that the limit allows.
    let mut limited = case.limit("1 booking a day");
    limited.bookings[0].busy.by = Occupant::Session { seats_left: 1 };
    let thursday = limited.starts().into_iter().filter(|start| start.starts_with("03")).count();
    assert_eq!(thursday, 1);
    // A session of another event type uses nothing of the limit, and a seat in it would.
    limited.bookings[0].counts = false;
    assert_eq!(limited.starts()[0], "03 09:00 +60");
    let full = limited.booked("2026-12-03T20:00:00Z", "2026-12-03T20:30:00Z");
    assert_eq!(days(&full), ["04"]);
}

#[test]
fn a_longer_session_is_not_joined_in_its_midst() {
    let mut case = case().every(30).booked("2026-12-03T08:00:00Z", "2026-12-03T10:00:00Z");
    case.seats = Some(5);
    case.bookings[0].busy.by = Occupant::Session { seats_left: 2 };
    assert_eq!(case.starts()[0], "03 11:00 +60");
}
