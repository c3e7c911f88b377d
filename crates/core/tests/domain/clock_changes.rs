//! Clock changes by name: what becomes of hours that a clock skips or shows twice.

use roomkey_core::time::{Edge, LocalDate, MinuteOfDay, Minutes, TimeZone};

use crate::case::{Case, instant};

fn zone(name: &str) -> TimeZone {
    name.parse().unwrap()
}

/// The two instants that the edges of a range from and to `time` of `date` mean.
fn edges(name: &str, date: &str, time: &str) -> [String; 2] {
    let date: LocalDate = date.parse().unwrap();
    let minute = MinuteOfDay::parse(time).unwrap();
    [Edge::Start, Edge::End].map(|edge| zone(name).resolve(date, minute, edge).to_string())
}

#[test]
fn an_edge_in_a_gap_is_the_transition() {
    let transition = ["2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z"];
    for time in ["02:00", "02:01", "02:30", "02:59", "03:00"] {
        assert_eq!(edges("Europe/Berlin", "2026-03-29", time), transition, "{time}");
    }
    assert_eq!(edges("Europe/Berlin", "2026-03-29", "01:59")[0], "2026-03-29T00:59:00Z");
    assert_eq!(edges("Europe/Berlin", "2026-03-29", "03:01")[0], "2026-03-29T01:01:00Z");
}

#[test]
fn a_start_in_a_fold_is_the_earlier_and_an_end_the_later_instant() {
    let of = |time| edges("Europe/Berlin", "2026-10-25", time);
    assert_eq!(of("01:59"), ["2026-10-24T23:59:00Z", "2026-10-24T23:59:00Z"]);
    assert_eq!(of("02:00"), ["2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z"]);
    assert_eq!(of("02:59"), ["2026-10-25T00:59:00Z", "2026-10-25T01:59:00Z"]);
    assert_eq!(of("03:00"), ["2026-10-25T02:00:00Z", "2026-10-25T02:00:00Z"]);
}

#[test]
fn wall_times_have_no_one_or_two_instants() {
    let count = |text: &str| zone("Europe/Berlin").instants(text.parse().unwrap()).count();
    assert_eq!(count("2026-03-29T02:30:00"), 0);
    assert_eq!(count("2026-06-01T02:30:00"), 1);
    assert_eq!(count("2026-10-25T02:30:00"), 2);
}

#[test]
fn the_hour_that_is_skipped_offers_nothing() {
    let night = Case::new("Europe/Berlin", "sun 01:00-04:00")
        .between("2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z");
    assert_eq!(night.starts(), ["29 01:00 +60", "29 01:30 +60", "29 03:00 +120", "29 03:30 +120"]);
    // An hour from 01:30 is over at 03:30 on the wall: elapsed time counts.
    assert_eq!(
        night.lasting(60).every(30).starts(),
        ["29 01:00 +60", "29 01:30 +60", "29 03:00 +120"]
    );
}

#[test]
fn hours_that_start_or_end_in_a_gap_keep_what_exists_of_them() {
    let on = |hours: &str| {
        Case::new("Europe/Berlin", hours).between("2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z")
    };
    assert_eq!(on("sun 02:30-04:00").every(30).starts(), ["29 03:00 +120", "29 03:30 +120"]);
    // The grid starts at 02:30, so an hourly one first exists at 03:30.
    assert_eq!(on("sun 02:30-05:00").every(60).starts(), ["29 03:30 +120", "29 04:30 +120"]);
    assert_eq!(on("sun 01:00-02:30").starts(), ["29 01:00 +60", "29 01:30 +60"]);
    assert!(on("sun 02:10-02:50").lasting(5).starts().is_empty());
}

#[test]
fn the_hour_that_is_shown_twice_is_offered_twice() {
    let on = |hours: &str| {
        Case::new("Europe/Berlin", hours).between("2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z")
    };
    assert_eq!(
        on("sun 01:30-03:30").starts(),
        [
            "25 01:30 +120",
            "25 02:00 +120",
            "25 02:30 +120",
            "25 02:00 +60",
            "25 02:30 +60",
            "25 03:00 +60"
        ]
    );
    // From the first 02:30 to the second 02:45; the grid shows only the minutes from 02:30 to 02:45.
    assert_eq!(on("sun 02:30-02:45").lasting(15).starts(), ["25 02:30 +120", "25 02:30 +60"]);
    assert_eq!(on("sun 02:30-02:45").lasting(75).starts(), ["25 02:30 +120"]);
    assert!(on("sun 02:30-02:45").lasting(76).starts().is_empty());
}

#[test]
fn the_grid_begins_after_its_offset_over_a_change_too() {
    let mut night = Case::new("Europe/Berlin", "sun 01:00-05:00")
        .every(60)
        .between("2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z");
    night.terms.grid.offset = Minutes(20);
    assert_eq!(night.starts(), ["29 01:20 +60", "29 03:20 +120", "29 04:20 +120"]);
}

#[test]
fn hours_of_two_days_before_a_fold_end_with_its_later_instant() {
    // In Nuuk the last hour of Saturday 24 October comes twice, and ends at 02:00Z.
    let long = Case::new("America/Nuuk", "fri 23:40-23:30")
        .lasting(20)
        .every(30)
        .between("2026-10-24T23:00:00Z", "2026-10-25T12:00:00Z");
    assert_eq!(long.starts(), ["24 22:10 -60", "24 22:40 -60", "24 23:10 -60", "24 23:10 -120"]);
}

#[test]
fn lord_howe_changes_by_half_an_hour() {
    let on = |from, to| Case::new("Australia/Lord_Howe", "sun 01:00-03:00").between(from, to);
    assert_eq!(
        on("2026-10-03T00:00:00Z", "2026-10-04T00:00:00Z").starts(),
        ["04 01:00 +630", "04 01:30 +630", "04 02:30 +660"]
    );
    assert_eq!(
        on("2026-04-04T00:00:00Z", "2026-04-05T00:00:00Z").starts(),
        ["05 01:00 +660", "05 01:30 +660", "05 01:30 +630", "05 02:00 +630", "05 02:30 +630"]
    );
}

#[test]
fn casablanca_puts_its_clocks_back_for_ramadan() {
    let on = |hours, from, to| Case::new("Africa/Casablanca", hours).between(from, to);
    // Ramadan 2026: back at 03:00 on 15 February, forward at 02:00 on 22 March.
    assert_eq!(
        on("sun 01:30-03:30", "2026-02-14T12:00:00Z", "2026-02-15T12:00:00Z").starts(),
        [
            "15 01:30 +60",
            "15 02:00 +60",
            "15 02:30 +60",
            "15 02:00 +0",
            "15 02:30 +0",
            "15 03:00 +0"
        ]
    );
    assert_eq!(
        on("sun 01:30-03:30", "2026-03-21T12:00:00Z", "2026-03-22T12:00:00Z").starts(),
        ["22 01:30 +0", "22 03:00 +60"]
    );
    // Back for good at 02:00 on 20 September 2026: nothing is left to change for Ramadan 2027.
    assert_eq!(
        on("sun 00:30-02:30", "2026-09-19T12:00:00Z", "2026-09-20T12:00:00Z").starts(),
        [
            "20 00:30 +60",
            "20 01:00 +60",
            "20 01:30 +60",
            "20 01:00 +0",
            "20 01:30 +0",
            "20 02:00 +0"
        ]
    );
    assert_eq!(
        on("sun 01:30-03:30", "2027-02-06T12:00:00Z", "2027-02-07T12:00:00Z").starts(),
        ["07 01:30 +0", "07 02:00 +0", "07 02:30 +0", "07 03:00 +0"]
    );
    assert_eq!(
        on("sun 01:30-03:30", "2027-03-13T12:00:00Z", "2027-03-14T12:00:00Z").starts(),
        ["14 01:30 +0", "14 02:00 +0", "14 02:30 +0", "14 03:00 +0"]
    );
}

#[test]
fn troll_changes_by_two_hours() {
    let on = |from, to| Case::new("Antarctica/Troll", "sun 00:30-03:30").between(from, to);
    // From 01:00 to 03:00: of three hours on the wall one exists.
    let shorter = on("2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z");
    assert_eq!(shorter.starts(), ["29 00:30 +0", "29 03:00 +120"]);
    assert_eq!(shorter.clone().lasting(60).starts(), ["29 00:30 +0"]);
    assert!(shorter.lasting(61).starts().is_empty());
    // From 03:00 to 01:00: of three hours on the wall there are five.
    let longer = on("2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z");
    assert_eq!(
        longer.starts(),
        [
            "25 00:30 +120",
            "25 01:00 +120",
            "25 01:30 +120",
            "25 02:00 +120",
            "25 02:30 +120",
            "25 01:00 +0",
            "25 01:30 +0",
            "25 02:00 +0",
            "25 02:30 +0",
            "25 03:00 +0"
        ]
    );
    assert_eq!(longer.clone().lasting(300).starts(), ["25 00:30 +120"]);
    assert!(longer.lasting(301).starts().is_empty());
}

#[test]
fn st_johns_changes_at_a_half_hour_of_utc() {
    let on = |from, to| Case::new("America/St_Johns", "sun 00:30-03:30").between(from, to);
    // At 02:00, which is 05:30Z in March and 04:30Z in November.
    assert_eq!(
        on("2026-03-07T12:00:00Z", "2026-03-08T12:00:00Z").starts(),
        ["08 00:30 -210", "08 01:00 -210", "08 01:30 -210", "08 03:00 -150"]
    );
    assert_eq!(
        on("2026-10-31T12:00:00Z", "2026-11-01T12:00:00Z").starts(),
        [
            "01 00:30 -150",
            "01 01:00 -150",
            "01 01:30 -150",
            "01 01:00 -210",
            "01 01:30 -210",
            "01 02:00 -210",
            "01 02:30 -210",
            "01 03:00 -210"
        ]
    );
    assert_eq!(
        edges("America/St_Johns", "2026-03-08", "02:30"),
        ["2026-03-08T05:30:00Z", "2026-03-08T05:30:00Z"]
    );
    assert_eq!(
        edges("America/St_Johns", "2026-11-01", "01:30"),
        ["2026-11-01T04:00:00Z", "2026-11-01T05:00:00Z"]
    );
}

#[test]
fn chatham_changes_at_a_quarter_to() {
    let on = |from, to| Case::new("Pacific/Chatham", "sun 02:30-04:30").between(from, to);
    // Back from 03:45 to 02:45, in the middle of a slot: half past three comes twice, half past
    // two does not.
    assert_eq!(
        on("2026-04-04T00:00:00Z", "2026-04-05T00:00:00Z").starts(),
        [
            "05 02:30 +825",
            "05 03:00 +825",
            "05 03:30 +825",
            "05 03:00 +765",
            "05 03:30 +765",
            "05 04:00 +765"
        ]
    );
    // Forward from 02:45 to 03:45: the slot at half past two ends at four.
    let spring = on("2026-09-26T00:00:00Z", "2026-09-27T00:00:00Z");
    assert_eq!(spring.starts(), ["27 02:30 +765", "27 04:00 +825"]);
    assert_eq!(
        spring.every(15).lasting(15).starts(),
        ["27 02:30 +765", "27 03:45 +825", "27 04:00 +825", "27 04:15 +825"]
    );
    assert_eq!(
        edges("Pacific/Chatham", "2026-09-27", "03:00"),
        ["2026-09-26T14:00:00Z", "2026-09-26T14:00:00Z"]
    );
    assert_eq!(
        edges("Pacific/Chatham", "2026-04-05", "03:00"),
        ["2026-04-04T13:15:00Z", "2026-04-04T14:15:00Z"]
    );
}

#[test]
fn a_night_over_a_change_is_an_hour_shorter_or_longer() {
    let on = |from, to| {
        Case::new("America/New_York", "sat 23:00-04:00").lasting(60).every(60).between(from, to)
    };
    assert_eq!(
        on("2026-03-07T12:00:00Z", "2026-03-08T12:00:00Z").starts(),
        ["07 23:00 -300", "08 00:00 -300", "08 01:00 -300", "08 03:00 -240"]
    );
    assert_eq!(
        on("2026-10-31T12:00:00Z", "2026-11-01T12:00:00Z").starts(),
        [
            "31 23:00 -240",
            "01 00:00 -240",
            "01 01:00 -240",
            "01 01:00 -300",
            "01 02:00 -300",
            "01 03:00 -300"
        ]
    );
}

#[test]
fn a_day_may_begin_with_a_gap() {
    // Cairo's clocks go forward as Friday 26 April 2024 begins: it begins at 01:00.
    let cairo = Case::new("Africa/Cairo", "fri 00:00-24:00")
        .lasting(60)
        .every(60)
        .between("2024-04-24T00:00:00Z", "2024-04-27T00:00:00Z");
    let starts = cairo.starts();
    assert_eq!((starts.len(), starts[0].as_str()), (23, "26 01:00 +180"));
}

#[test]
fn the_day_that_apia_skipped_has_no_slots() {
    let apia = Case::new("Pacific/Apia", "mon-sun 09:00-11:00")
        .lasting(60)
        .every(60)
        .between("2011-12-29T00:00:00Z", "2011-12-31T12:00:00Z");
    assert_eq!(apia.starts(), ["29 09:00 -600", "29 10:00 -600", "31 09:00 +840", "31 10:00 +840"]);
    let skipped: LocalDate = "2011-12-30".parse().unwrap();
    assert_eq!(zone("Pacific/Apia").start_of(skipped), instant("2011-12-30T10:00:00Z"));
    assert_eq!(
        zone("Pacific/Apia").start_of(skipped.succ_opt().unwrap()),
        instant("2011-12-30T10:00:00Z")
    );
    let whole = Case::new("Pacific/Apia", "mon-sun 00:00-24:00")
        .lasting(1440)
        .every(1440)
        .between("2011-12-28T12:00:00Z", "2012-01-01T00:00:00Z");
    assert_eq!(whole.starts(), ["29 00:00 -600", "31 00:00 +840", "01 00:00 +840"]);
}

#[test]
fn a_date_starts_when_its_first_minute_does() {
    let start = |name, date: &str| zone(name).start_of(date.parse().unwrap()).to_string();
    // Cairo skips the first hour of a Friday, Havana shows the first hour of a Sunday twice.
    assert_eq!(start("Africa/Cairo", "2026-04-24"), "2026-04-23T22:00:00Z");
    assert_eq!(start("America/Havana", "2026-11-01"), "2026-11-01T04:00:00Z");
    assert_eq!(start("America/Nuuk", "2026-10-25"), "2026-10-25T02:00:00Z");
}

#[test]
fn a_booking_over_a_change_is_as_long_as_any_other() {
    let day = |from, to| {
        Case::new("Europe/Berlin", "sat-mon 00:00-24:00")
            .lasting(1440)
            .every(720)
            .between(from, to)
            .slots()
            .iter()
            .map(|slot| slot.end.to_string())
            .collect::<Vec<_>>()
    };
    // Saturday is open from 23:00Z; Sunday has 23 hours; Monday ends at 22:00Z.
    assert_eq!(
        day("2026-03-27T22:00:00Z", "2026-03-30T22:00:00Z"),
        [
            "2026-03-28T23:00:00Z",
            "2026-03-29T11:00:00Z",
            "2026-03-29T23:00:00Z",
            "2026-03-30T10:00:00Z",
            "2026-03-30T22:00:00Z"
        ]
    );
}
