//! Offers by name: hours, grid, notice, window, and bookings that are in the way.

use roomkey_core::{
    availability::Refusal,
    event_type::Buffers,
    time::{Minutes, Span},
};

use crate::case::{Case, instant, minutes};

/// A Tuesday in a zone without clock changes.
fn tuesday(hours: &str) -> Case {
    Case::new("UTC", hours).between("2026-12-01T00:00:00Z", "2026-12-02T00:00:00Z")
}

#[test]
fn the_grid_starts_where_its_range_does() {
    assert_eq!(tuesday("tue 09:10-10:00,13:05-14:00").starts(), ["01 09:10 +0", "01 13:05 +0"]);
    let ends: Vec<_> = tuesday("tue 09:00-10:30").slots().iter().map(|slot| slot.end).collect();
    assert_eq!(
        ends,
        ["2026-12-01T09:30:00Z", "2026-12-01T10:00:00Z", "2026-12-01T10:30:00Z"].map(instant)
    );
}

#[test]
fn the_increment_is_not_the_duration() {
    let hour = tuesday("tue 09:00-10:30").lasting(60);
    assert_eq!(hour.clone().every(15).starts(), ["01 09:00 +0", "01 09:15 +0", "01 09:30 +0"]);
    assert_eq!(hour.clone().every(40).starts(), ["01 09:00 +0"]);
    assert_eq!(
        tuesday("tue 09:00-11:00").lasting(10).every(60).starts(),
        ["01 09:00 +0", "01 10:00 +0"]
    );
}

#[test]
fn ranges_that_touch_are_one_with_both_grids() {
    let touching = tuesday("tue 09:00-09:50,09:50-11:00").every(30);
    assert_eq!(touching.starts(), ["01 09:00 +0", "01 09:30 +0", "01 09:50 +0", "01 10:20 +0"]);
    let apart = tuesday("tue 09:00-09:49,09:50-11:00").every(30);
    assert_eq!(apart.starts(), ["01 09:00 +0", "01 09:50 +0", "01 10:20 +0"]);
}

#[test]
fn a_start_that_two_ranges_share_is_offered_once() {
    let night = tuesday("mon 22:00-02:00").except("2026-12-01 01:00-02:30");
    assert_eq!(night.every(60).starts(), ["01 00:00 +0", "01 01:00 +0", "01 02:00 +0"]);
}

#[test]
fn the_longest_booking_fits_over_days_that_touch() {
    let day = |hours| tuesday(hours).lasting(1440).every(720);
    assert_eq!(day("mon-wed 00:00-24:00").starts(), ["01 00:00 +0", "01 12:00 +0"]);
    assert_eq!(day("tue 00:00-24:00").starts(), ["01 00:00 +0"]);
    assert!(day("tue 00:00-23:59").starts().is_empty());
}

#[test]
fn a_booking_may_end_on_a_later_day_than_the_question() {
    let noon = Case::new("UTC", "mon-wed 00:00-24:00").lasting(1440).every(720);
    let asked = noon.between("2026-12-01T00:00:00Z", "2026-12-01T12:30:00Z");
    assert_eq!(asked.starts(), ["01 00:00 +0", "01 12:00 +0"]);
}

#[test]
fn a_range_inside_another_takes_nothing_from_it() {
    let night = tuesday("mon 22:00-04:00").except("2026-12-01 01:00-02:00").every(60);
    let hours = ["01 00:00 +0", "01 01:00 +0", "01 02:00 +0", "01 03:00 +0"];
    assert_eq!(night.starts(), hours);
    assert_eq!(night.lasting(180).every(60).starts(), hours[..2]);
}

#[test]
fn nights_belong_to_the_day_they_start_on() {
    let night = tuesday("mon 22:00-02:00");
    assert_eq!(night.starts(), ["01 00:00 +0", "01 00:30 +0", "01 01:00 +0", "01 01:30 +0"]);
    // A closed Tuesday does not cut Monday's night; a closed Monday does.
    assert_eq!(night.clone().except("2026-12-01 off").starts(), night.starts());
    assert!(night.except("2026-11-30 off").starts().is_empty());
}

#[test]
fn a_date_of_its_own_replaces_the_weekly_hours() {
    let tuesday = tuesday("tue 09:00-10:00");
    assert_eq!(tuesday.clone().except("2026-12-01 15:00-15:30").starts(), ["01 15:00 +0"]);
    assert!(tuesday.clone().except("2026-12-01 off").starts().is_empty());
    assert_eq!(tuesday.clone().except("2026-12-08 off").starts(), tuesday.starts());
}

#[test]
fn notice_ends_to_the_microsecond() {
    let tuesday = tuesday("tue 09:00-10:00").notice(120);
    let offered = |now: &str, micros| tuesday.clone().at(instant(now).plus_micros(micros)).starts();
    assert_eq!(offered("2026-12-01T07:00:00Z", 0), ["01 09:00 +0", "01 09:30 +0"]);
    assert_eq!(offered("2026-12-01T07:00:00Z", 1), ["01 09:30 +0"]);
    assert_eq!(offered("2026-12-01T07:30:00Z", 0), ["01 09:30 +0"]);
    assert!(offered("2026-12-01T07:30:00Z", 1).is_empty());
    let edge = tuesday.at(instant("2026-12-01T07:30:00Z"));
    let last = instant("2026-12-01T09:30:00Z");
    assert!(edge.ask(|offer| offer.verdict(last)).is_ok());
    assert!(edge.ask(|offer| offer.refusals(last)).is_empty());
    assert_eq!(
        edge.ask(|offer| offer.verdict(last.plus_micros(-1))),
        Err(Refusal::InsideMinimumNotice { earliest: last })
    );
}

#[test]
fn without_notice_a_slot_can_be_booked_until_it_starts() {
    let tuesday = tuesday("tue 09:00-10:00");
    let nine = instant("2026-12-01T09:00:00Z");
    let in_time = tuesday.clone().at(nine);
    assert_eq!(in_time.starts().len(), 2);
    assert!(in_time.ask(|offer| offer.refusals(nine)).is_empty());
    let late = tuesday.at(nine.plus_micros(1));
    assert_eq!(late.starts(), ["01 09:30 +0"]);
    assert_eq!(late.ask(|offer| offer.verdict(nine)), Err(Refusal::Past));
}

#[test]
fn the_last_date_of_the_window_is_whole_in_the_hosts_zone() {
    // At 23:00Z on 30 November it is already 1 December in Auckland, which is 13 hours ahead.
    let auckland = Case::new("Pacific/Auckland", "mon-sun 00:00-24:00")
        .lasting(60)
        .every(60)
        .between("2026-11-30T00:00:00Z", "2026-12-20T00:00:00Z")
        .at(instant("2026-11-30T23:00:00Z"));
    let last = |days| auckland.clone().window(days).starts().pop().unwrap();
    assert_eq!(last(0), "01 23:00 +780");
    assert_eq!(last(7), "08 23:00 +780");
    let evening = auckland.at(instant("2026-11-30T10:00:00Z"));
    assert_eq!(evening.window(0).starts(), ["30 23:00 +780"]);
}

#[test]
fn each_refusal_says_why() {
    let case = tuesday("tue 09:00-12:00")
        .notice(60)
        .window(1)
        .buffers(0, 15)
        .booked("2026-12-01T10:30:00Z", "2026-12-01T11:00:00Z");
    let verdict = |text: &str| case.ask(|offer| offer.verdict(instant(text)).err());
    assert_eq!(verdict("2026-11-29T23:59:59Z"), Some(Refusal::Past));
    let earliest = case.now.plus_micros(minutes(60));
    assert_eq!(verdict("2026-11-30T00:59:00Z"), Some(Refusal::InsideMinimumNotice { earliest }));
    let last = "2026-12-01".parse().unwrap();
    assert_eq!(verdict("2026-12-02T00:00:00Z"), Some(Refusal::BeyondWindow { last }));
    assert_eq!(verdict("2026-12-01T08:59:00Z"), Some(Refusal::OutsideHours));
    assert_eq!(verdict("2026-12-01T11:31:00Z"), Some(Refusal::OutsideHours));
    assert_eq!(verdict("2026-12-01T09:01:00Z"), Some(Refusal::OffGrid));
    assert_eq!(verdict("2026-12-01T09:00:01Z"), Some(Refusal::OffGrid));
    let by = Span { start: instant("2026-12-01T10:30:00Z"), end: instant("2026-12-01T11:00:00Z") };
    assert_eq!(verdict("2026-12-01T10:15:00Z"), Some(Refusal::OffGrid));
    assert_eq!(verdict("2026-12-01T10:30:00Z"), Some(Refusal::Taken { by }));
    assert_eq!(verdict("2026-12-01T10:00:00Z"), Some(Refusal::Taken { by }));
    assert_eq!(verdict("2026-12-01T09:30:00Z"), None);
    assert_eq!(verdict("2026-12-01T11:00:00Z"), None);
}

#[test]
fn two_bookings_need_the_larger_buffer_not_the_sum() {
    // What the long booking of the evening wants must not change what the short one needs.
    let mut case = tuesday("tue 09:00-12:00")
        .every(5)
        .booked("2026-12-01T18:00:00Z", "2026-12-02T06:00:00Z")
        .booked("2026-12-01T10:00:00Z", "2026-12-01T10:30:00Z");
    case.bookings[0].busy.buffers = Buffers { before: Minutes(360), after: Minutes(360) };
    let after = |own: u32, theirs: u32| {
        let mut case = case.clone().buffers(own, 0);
        case.bookings[1].busy.buffers.after = Minutes(theirs);
        case.starts().into_iter().find(|start| start.as_str() > "01 10:00").unwrap()
    };
    assert_eq!(after(0, 0), "01 10:30 +0");
    assert_eq!(after(10, 15), "01 10:45 +0");
    assert_eq!(after(20, 15), "01 10:50 +0");
    let before = |own: u32, theirs: u32| {
        let mut case = case.clone().buffers(0, own);
        case.bookings[1].busy.buffers.before = Minutes(theirs);
        case.starts().into_iter().rfind(|start| start.as_str() < "01 10:00").unwrap()
    };
    assert_eq!(before(0, 0), "01 09:30 +0");
    assert_eq!(before(10, 15), "01 09:15 +0");
    assert_eq!(before(20, 15), "01 09:10 +0");
}

#[test]
fn a_gap_that_one_booking_fits_exactly_is_offered() {
    let full = tuesday("tue 09:00-12:00")
        .booked("2026-12-01T09:00:00Z", "2026-12-01T10:00:00Z")
        .booked("2026-12-01T10:30:00Z", "2026-12-01T12:00:00Z");
    assert_eq!(full.starts(), ["01 10:00 +0"]);
    assert!(full.clone().buffers(0, 1).starts().is_empty());
    assert!(full.lasting(31).starts().is_empty());
}

#[test]
fn a_short_busy_time_inside_a_long_one_frees_nothing_of_it() {
    let case = tuesday("tue 09:00-12:00")
        .busy_elsewhere("2026-12-01T09:00:00Z", "2026-12-01T11:30:00Z")
        .busy_elsewhere("2026-12-01T09:15:00Z", "2026-12-01T09:45:00Z");
    assert_eq!(case.starts(), ["01 11:30 +0"]);
}

#[test]
fn a_booking_outside_the_question_reaches_into_it() {
    let case = Case::new("UTC", "tue 00:00-24:00")
        .between("2026-12-01T09:00:00Z", "2026-12-01T12:00:00Z")
        .booked("2026-11-30T12:00:00Z", "2026-12-01T09:30:00Z")
        .booked("2026-12-01T12:30:00Z", "2026-12-01T13:00:00Z");
    assert_eq!(
        case.starts(),
        ["01 09:30 +0", "01 10:00 +0", "01 10:30 +0", "01 11:00 +0", "01 11:30 +0"]
    );
    let mut theirs = case.clone();
    for booked in &mut theirs.bookings {
        booked.busy.buffers = Buffers { before: Minutes(90), after: Minutes(45) };
    }
    assert_eq!(theirs.starts(), ["01 10:30 +0"]);
    assert_eq!(case.clone().buffers(45, 90).starts(), ["01 10:30 +0"]);
    assert_eq!(
        case.lasting(75).every(30).starts(),
        ["01 09:30 +0", "01 10:00 +0", "01 10:30 +0", "01 11:00 +0"]
    );
    let elsewhere = Case::new("UTC", "tue 00:00-24:00")
        .between("2026-12-01T09:00:00Z", "2026-12-01T12:00:00Z")
        .busy_elsewhere("2026-11-01T00:00:00Z", "2026-12-01T09:30:00Z")
        .busy_elsewhere("2026-12-01T12:30:00Z", "2026-12-24T00:00:00Z")
        .buffers(45, 90);
    assert_eq!(elsewhere.starts(), ["01 10:30 +0"]);
    // Both end before the question begins, or begin after it ends.
    let short = Case::new("UTC", "tue 00:00-24:00")
        .between("2026-12-01T09:00:00Z", "2026-12-01T10:30:00Z")
        .booked("2026-12-01T08:00:00Z", "2026-12-01T08:30:00Z")
        .booked("2026-12-01T12:00:00Z", "2026-12-01T12:30:00Z")
        .buffers(60, 120);
    assert_eq!(short.starts(), ["01 09:30 +0"]);
}

#[test]
fn buffers_need_not_lie_inside_the_hours() {
    assert_eq!(tuesday("tue 09:00-09:30").buffers(600, 600).starts(), ["01 09:00 +0"]);
}

#[test]
fn a_question_holds_its_start_but_not_its_end() {
    let nine = Case::new("UTC", "tue 09:00-12:00");
    let asked = nine.between("2026-12-01T09:30:00Z", "2026-12-01T10:30:00Z");
    assert_eq!(asked.starts(), ["01 09:30 +0", "01 10:00 +0"]);
}

#[test]
fn an_empty_or_backward_question_has_no_slots() {
    let noon = "2026-12-01T12:00:00Z";
    assert!(Case::new("UTC", "mon-sun 00:00-24:00").between(noon, noon).slots().is_empty());
    let backward = Case::new("UTC", "mon-sun 00:00-24:00").between(noon, "2026-12-01T09:00:00Z");
    assert!(backward.slots().is_empty());
}
