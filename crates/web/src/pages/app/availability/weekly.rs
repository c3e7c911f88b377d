//! The weekly hours of the editor: rows of two wall times, as typed and as stored.

use roomkey_core::{
    availability::{DayHours, LocalRange, WeeklyHours},
    text::FieldError,
    time::{Weekday, day_name},
};

use crate::{form::Form, view::Problems};

/// A range of hours as it was typed.
#[derive(Debug)]
pub(crate) struct RangeRow {
    /// `mon-1`: names its first input and its errors.
    pub(crate) id: String,
    /// 1 for the first of the day.
    pub(crate) number: usize,
    pub(crate) from: String,
    pub(crate) to: String,
}

/// A day of the week.
#[derive(Debug)]
pub(crate) struct DayRow {
    /// `mon` to `sun`.
    pub(crate) key: &'static str,
    pub(crate) name: &'static str,
    pub(crate) ranges: Vec<RangeRow>,
}

pub(super) const DAYS: [(Weekday, &str); 7] = [
    (Weekday::Mon, "mon"),
    (Weekday::Tue, "tue"),
    (Weekday::Wed, "wed"),
    (Weekday::Thu, "thu"),
    (Weekday::Fri, "fri"),
    (Weekday::Sat, "sat"),
    (Weekday::Sun, "sun"),
];

/// The rows of stored hours.
pub(super) fn stored(weekly: &WeeklyHours) -> Vec<DayRow> {
    let rows = |(day, key)| {
        let ranges = weekly.on(day).ranges().iter();
        let walls = ranges.map(|range| (range.from().wall(), range.to().wall()));
        DayRow::new(day, key, walls.collect())
    };
    DAYS.map(rows).into()
}

/// The rows as they were typed.
pub(super) fn typed(form: &Form) -> Vec<DayRow> {
    DAYS.into_iter().map(|(day, key)| DayRow::new(day, key, pairs(form, key))).collect()
}

/// The rows of a day as they were typed. A row of which one end is missing has it empty.
pub(super) fn pairs(form: &Form, key: &str) -> Vec<(String, String)> {
    let (from, to) = (format!("{key}_from"), format!("{key}_to"));
    let (mut from, mut to) = (form.all(&from), form.all(&to));
    let mut rows = Vec::new();
    loop {
        match (from.next(), to.next()) {
            (None, None) => return rows,
            (from, to) => {
                rows.push((from.unwrap_or_default().to_owned(), to.unwrap_or_default().to_owned()));
            }
        }
    }
}

/// Adds, removes or copies rows if a button asks for it.
pub(super) fn change_rows(form: &Form, days: &mut [DayRow]) -> bool {
    if form.has("copy") {
        let source = days.iter().find(|day| day.key == form.get("copy"));
        let rows: Vec<_> = source
            .map(|day| day.ranges.iter().map(|row| (row.from.clone(), row.to.clone())).collect())
            .unwrap_or_default();
        let field = format!("copy_{}", form.get("copy"));
        for key in form.all(&field) {
            for day in days.iter_mut().filter(|day| day.key == key) {
                day.ranges.clear();
                for (from, to) in rows.clone() {
                    day.push(from, to);
                }
            }
        }
        return true;
    }
    if let Some(day) = days.iter_mut().find(|day| form.has("add") && day.key == form.get("add")) {
        day.push(String::new(), String::new());
        return true;
    }
    for day in days.iter_mut().filter(|_| form.has("remove")) {
        if let Some(place) = day.ranges.iter().position(|row| row.id == form.get("remove")) {
            day.ranges.remove(place);
            let kept = std::mem::take(&mut day.ranges);
            for row in kept {
                day.push(row.from, row.to);
            }
            return true;
        }
    }
    false
}

/// The hours, with what is wrong with them under the row's id. Empty rows are none.
pub(super) fn read(days: &[DayRow], stored: &WeeklyHours, problems: &mut Problems) -> WeeklyHours {
    let mut weekly = WeeklyHours::default();
    for ((weekday, _), day) in DAYS.into_iter().zip(days) {
        let mut ranges: Vec<LocalRange> = Vec::new();
        let filled = |row: &&RangeRow| !(row.from.is_empty() && row.to.is_empty());
        for row in day.ranges.iter().filter(filled) {
            let read = read_range(row, stored.on(weekday)).and_then(|range| {
                match ranges.iter().find(|other| range.overlaps(**other)) {
                    Some(other) => Err(format!("Overlaps {}", shown(*other))),
                    None => Ok(range),
                }
            });
            match read {
                Ok(range) => ranges.push(range),
                Err(text) => problems.add(row.id.clone(), format!("{}: {text}", day.name)),
            }
        }
        // They are apart from each other, so nothing is left to be wrong with them.
        weekly.set(weekday, DayHours::new(ranges).unwrap_or_default());
    }
    weekly
}

/// A row's range, or what is wrong with it.
///
/// An end before the start lies on the next day only where that is plain: a night of up to twelve
/// hours, or what the command line stored so. Otherwise a mistyped end would offer most of two
/// days, in silence. Who means it ends the range at 24:00 and goes on with the next day; the two
/// become one again when they are offered.
pub(super) fn read_range(row: &RangeRow, stored: &DayHours) -> Result<LocalRange, String> {
    let (from, to) = (with_two_digits(&row.from), with_two_digits(&row.to));
    let range = LocalRange::parse(&from, &to).map_err(|error| error.to_string())?;
    if range.is_odd_night() && !stored.ranges().contains(&range) {
        return Err(format!(
            "{}. If it runs into the next day, end it at 24:00 and add 00:00 – {to} to that day",
            FieldError::EndsBeforeStart
        ));
    }
    Ok(range)
}

/// `09:00 – 12:00`.
pub(super) fn shown(range: LocalRange) -> String {
    format!("{} – {}", range.from().wall(), range.to().wall())
}

/// `9:00` as people type it is `09:00`.
pub(super) fn with_two_digits(text: &str) -> String {
    let text = text.trim_matches(' ');
    if text.find(':') == Some(1) { format!("0{text}") } else { text.to_owned() }
}

impl DayRow {
    fn new(day: Weekday, key: &'static str, typed: Vec<(String, String)>) -> Self {
        let mut row = Self { key, name: day_name(day), ranges: Vec::new() };
        for (from, to) in typed {
            row.push(from, to);
        }
        row
    }

    fn push(&mut self, from: String, to: String) {
        let number = self.ranges.len() + 1;
        self.ranges.push(RangeRow { id: format!("{}-{number}", self.key), number, from, to });
    }
}
