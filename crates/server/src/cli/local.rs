//! Wall time as the command line prints it.

use std::fmt;

use roomkey_core::time::{Instant, TimeZone};

/// `2026-12-03 10:00`; where the clock shows it twice, `2026-10-25 01:30 UTC+1`.
pub(super) fn local(zone: TimeZone, at: Instant) -> impl fmt::Display {
    written(zone, at, "%Y-%m-%d %H:%M")
}

/// The same in words: `Thursday 3 December 2026, 10:00`.
pub(super) fn in_words(zone: TimeZone, at: Instant) -> impl fmt::Display {
    written(zone, at, "%A %-d %B %Y, %H:%M")
}

fn written(zone: TimeZone, at: Instant, form: &'static str) -> impl fmt::Display {
    let offset = zone.offset_if_twice(at).map(|offset| format!(" {offset}"));
    format!("{}{}", zone.local(at).format(form), offset.unwrap_or_default())
}
