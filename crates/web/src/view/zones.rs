use std::{fmt, sync::LazyLock};

use askama::filters::HtmlSafe;
use roomkey_core::time::{Instant, TimeZone};

use super::{Clock, TimeOfDay};

/// The zones that people live in: the names of the IANA database's `zone.tab`, and UTC. The server
/// takes every other name of the database too.
const NAMES: &str = include_str!("zones.txt");

/// All options, grouped by continent: the same for everybody, so they are written once.
static ALL: LazyLock<String> = LazyLock::new(|| {
    use fmt::Write as _;
    let mut html = String::with_capacity(24 * 1024);
    let mut group = "";
    for name in NAMES.lines() {
        let (area, place) = name.split_once('/').unwrap_or(("Other", name));
        if area != group {
            let close = if group.is_empty() { "" } else { "</optgroup>" };
            let _ = write!(html, "{close}<optgroup label=\"{area}\">");
            group = area;
        }
        let place = place.replace('_', " ").replace('/', ", ");
        let _ = write!(html, "<option value=\"{name}\">{place}</option>");
    }
    html.push_str("</optgroup>");
    html
});

/// The options of a time-zone `<select>`: the likely ones first, the chosen one among them.
#[derive(Debug, Clone)]
pub(crate) struct ZoneOptions {
    chosen: TimeZone,
    others: [Option<TimeZone>; 2],
    now: Instant,
}

impl ZoneOptions {
    /// `chosen` is selected; `likely` stand beside it.
    pub(crate) fn new(
        chosen: TimeZone,
        likely: impl IntoIterator<Item = TimeZone>,
        now: Instant,
    ) -> Self {
        let mut likely = likely.into_iter().filter(|zone| *zone != chosen);
        let first = likely.next();
        let second = likely.find(|zone| Some(*zone) != first);
        Self { chosen, others: [first, second], now }
    }
}

impl fmt::Display for ZoneOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<optgroup label=\"Suggested\">")?;
        let others = self.others.iter().flatten().map(|zone| (*zone, ""));
        for (zone, selected) in std::iter::once((self.chosen, " selected")).chain(others) {
            let (name, city) = (zone.name(), zone.city());
            let time = TimeOfDay::at(zone, self.now, Clock::TwentyFour);
            write!(f, "<option value=\"{name}\"{selected}>{city} – {time} now</option>")?;
        }
        f.write_str("</optgroup>")?;
        f.write_str(&ALL)
    }
}

/// Names of zones are the database's own.
impl HtmlSafe for ZoneOptions {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_a_zone_and_the_list_is_small() {
        for name in NAMES.lines() {
            assert!(name.parse::<TimeZone>().is_ok(), "{name}");
        }
        assert!(ALL.len() < 26 * 1024, "{}", ALL.len());
        assert!(!ALL.contains("Etc/"));
    }

    #[test]
    fn the_chosen_zone_is_first_and_stands_once_among_the_suggested() {
        let (berlin, london) = ("Europe/Berlin".parse().unwrap(), "Europe/London".parse().unwrap());
        let html = ZoneOptions::new(berlin, [london, berlin, london], Instant::EPOCH).to_string();
        let suggested = html.split("</optgroup>").next().unwrap();
        assert!(suggested.contains("<option value=\"Europe/Berlin\" selected>Berlin – 01:00 now<"));
        assert_eq!(suggested.matches("Europe/London").count(), 1);
        assert_eq!(suggested.matches("Europe/Berlin").count(), 1);
    }
}
