//! Time off is meant in a zone of its own, whatever the zone of the schedule that is asked.

use roomkey_core::{
    availability::{Reason, Refusal, TimeOff},
    time::Span,
};

use crate::case::{Case, instant};

/// Half hours of UTC, day and night.
fn utc(from: &str, to: &str) -> Case {
    Case::new("UTC", "mon-sun 00:00-24:00").between(from, to)
}

/// What the host's time off takes of what is offered without it.
fn taken(case: &Case) -> Vec<String> {
    let left = case.starts();
    let all = Case { time_off: Vec::new(), ..case.clone() }.starts();
    all.into_iter().filter(|start| !left.contains(start)).collect()
}

#[test]
fn two_schedules_lose_the_same_moments() {
    let lost = |zone: &str, weekly: &str| {
        let case = Case::new(zone, weekly)
            .lasting(60)
            .between("2026-12-02T23:00:00Z", "2026-12-04T23:00:00Z")
            .away_in("America/New_York", "2026-12-03T04:00", "2026-12-03T05:00");
        let all = Case { time_off: Vec::new(), ..case.clone() }.slots();
        let left = case.slots();
        all.into_iter()
            .map(|slot| slot.start)
            .filter(|at| left.iter().all(|slot| slot.start != *at))
            .collect::<Vec<_>>()
    };
    let nine = [instant("2026-12-03T09:00:00Z")];
    assert_eq!(lost("Europe/Berlin", "mon-fri 09:00-13:00"), nine);
    assert_eq!(lost("America/New_York", "mon-fri 03:00-07:00"), nine);
    assert_eq!(lost("Asia/Tokyo", "mon-fri 17:00-21:00"), nine);
}

#[test]
fn its_own_clock_changes_move_it_and_those_of_the_schedule_do_not() {
    // In New York the clocks change on 14 March 2027, in Berlin two weeks later.
    let on = |date: &str| {
        let case = utc(&format!("{date}T00:00:00Z"), &format!("{date}T23:59:00Z"));
        let (from, to) = (format!("{date}T05:00"), format!("{date}T05:30"));
        let by_utc = taken(&case.away_in("America/New_York", &from, &to));
        let berlin = Case::new("Europe/Berlin", "mon-sun 00:00-24:00")
            .between(&format!("{date}T03:00:00Z"), &format!("{date}T20:00:00Z"));
        (by_utc, taken(&berlin.away_in("America/New_York", &from, &to)))
    };
    let told = |utc: &str, berlin: &str| (vec![utc.to_owned()], vec![berlin.to_owned()]);
    assert_eq!(on("2027-03-13"), told("13 10:00 +0", "13 11:00 +60"));
    assert_eq!(on("2027-03-15"), told("15 09:00 +0", "15 10:00 +60"));
    assert_eq!(on("2027-03-29"), told("29 09:00 +0", "29 11:00 +120"));
}

#[test]
fn where_its_clocks_leave_a_choice_it_takes_more() {
    // Berlin shows 02:00 to 03:00 twice, from midnight of UTC on.
    let night = || utc("2026-10-24T22:00:00Z", "2026-10-25T03:00:00Z");
    let lost = |from: &str, to: &str| {
        let on = |time: &str| format!("2026-10-25T{time}");
        taken(&night().away_in("Europe/Berlin", &on(from), &on(to)))
    };
    assert_eq!(lost("02:00", "02:30"), ["25 00:00 +0", "25 00:30 +0", "25 01:00 +0"]);
    assert_eq!(lost("02:30", "03:00"), ["25 00:30 +0", "25 01:00 +0", "25 01:30 +0"]);
    assert_eq!(lost("01:30", "02:00"), ["24 23:30 +0", "25 00:00 +0", "25 00:30 +0"]);
    assert_eq!(lost("03:00", "03:30"), ["25 02:00 +0"]);
}

#[test]
fn wall_time_that_its_clocks_skip_takes_nothing() {
    // Berlin goes from 02:00 to 03:00 at one o'clock of UTC.
    let lost = |from: &str, to: &str| {
        let night = utc("2027-03-27T23:00:00Z", "2027-03-28T04:00:00Z").every(10);
        let on = |time: &str| format!("2027-03-28T{time}");
        taken(&night.away_in("Europe/Berlin", &on(from), &on(to)))
    };
    assert!(lost("02:00", "03:00").is_empty());
    assert!(lost("02:10", "02:50").is_empty());
    // Half hours every ten minutes: those that meet 00:50 to 01:00, and 01:00 to 01:10.
    let before = ["28 00:30 +0", "28 00:40 +0", "28 00:50 +0"];
    assert_eq!(lost("01:50", "02:30"), before);
    let after = ["28 00:40 +0", "28 00:50 +0", "28 01:00 +0"];
    assert_eq!(lost("02:30", "03:10"), after);
}

#[test]
fn a_host_is_told_of_it_in_the_zone_of_the_schedule() {
    let case = Case::new("Europe/Berlin", "mon-fri 09:00-13:00")
        .lasting(60)
        .between("2026-12-02T23:00:00Z", "2026-12-04T23:00:00Z")
        .away_in("Asia/Tokyo", "2026-12-03T00:00", "2026-12-04T00:00");
    let start = instant("2026-12-03T09:00:00Z");
    let span =
        Span { start: instant("2026-12-02T15:00:00Z"), end: instant("2026-12-03T15:00:00Z") };
    let refusal = case.ask(|offer| offer.verdict(start).unwrap_err());
    assert_eq!(refusal, Refusal::TimeOff { span });
    let told = case.ask(|offer| Reason { offer, start, refusal, calendars: &[] }.to_string());
    let expected = "You are away (Holidays), 16:00 on Wednesday 2 December 2026 – 16:00 on \
                    Thursday 3 December 2026";
    assert_eq!(told, expected);
}

#[test]
fn it_meets_the_dates_that_it_takes_any_of() {
    let meets = |off: &TimeOff, zone: &str| {
        let dates = ["2026-12-02", "2026-12-03", "2026-12-04"].map(|date| date.parse().unwrap());
        dates.map(|date| off.meets(date, zone.parse().unwrap()))
    };
    let off = |zone: &str, from: &str, to: &str| {
        Case::new("UTC", "mon 09:00-10:00").away_in(zone, from, to).time_off.remove(0)
    };
    let whole = off("Asia/Tokyo", "2026-12-03T00:00", "2026-12-04T00:00");
    assert_eq!(meets(&whole, "Asia/Tokyo"), [false, true, false]);
    assert_eq!(meets(&whole, "UTC"), [true, true, false]);
    assert_eq!(meets(&whole, "Pacific/Kiritimati"), [false, true, true]);
    // Wall time that the clocks skip is on no date.
    let skipped = off("Europe/Berlin", "2027-03-28T02:00", "2027-03-28T03:00");
    assert!(!skipped.meets("2027-03-28".parse().unwrap(), "Europe/Berlin".parse().unwrap()));
    let last = off("UTC", "9999-12-29T00:00", "9999-12-31T00:00");
    assert!(last.meets("9999-12-30".parse().unwrap(), "UTC".parse().unwrap()));
}
