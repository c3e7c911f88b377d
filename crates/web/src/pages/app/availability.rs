//! `/app/availability`: weekly hours in a time zone.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use askama::Template;
use roomkey_core::{
    availability::{DayHours, LocalRange, WeeklyHours},
    text::FieldError,
    time::{TimeZone, Weekday, day_name},
};

use crate::{
    Web,
    failure::Failure,
    form::Form,
    pages::{page, see_other},
    session::SignedIn,
    view::{AppShell, Problems, Section, ZoneOptions},
};

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

#[derive(Template)]
#[template(path = "pages/app/availability.html")]
pub(crate) struct Page {
    shell: AppShell,
    zones: ZoneOptions,
    days: Vec<DayRow>,
    problems: Problems,
}

const DAYS: [(Weekday, &str); 7] = [
    (Weekday::Mon, "mon"),
    (Weekday::Tue, "tue"),
    (Weekday::Wed, "wed"),
    (Weekday::Thu, "thu"),
    (Weekday::Fri, "fri"),
    (Weekday::Sat, "sat"),
    (Weekday::Sun, "sun"),
];

pub(crate) async fn get(
    request: HttpRequest,
    web: Data<Web>,
    host: SignedIn,
) -> Result<HttpResponse, Failure> {
    let schedule = web.app.schedules(host.user().id).await?.into_iter().next();
    let zone = schedule.as_ref().map_or(host.user().time_zone, |schedule| schedule.time_zone);
    let weekly = schedule.map(|schedule| schedule.weekly).unwrap_or_default();
    let stored = |(day, key)| {
        let ranges = weekly.on(day).ranges().iter();
        let typed = ranges.map(|range| (range.from().wall(), range.to().wall()));
        DayRow::new(day, key, typed.collect())
    };
    let flash = match Form::query(&request).get("done") {
        "saved" => Some("Hours saved. They hold for new bookings from now on."),
        _ => None,
    };
    let contents = Page {
        shell: host.shell(&request, Section::Availability, flash),
        zones: ZoneOptions::new(zone, [host.user().time_zone], web.app.now()),
        days: DAYS.map(stored).into(),
        problems: Problems::default(),
    };
    page(StatusCode::OK, &contents)
}

/// Saves, unless a button asks for one row more or less: then nothing is saved, and what was typed
/// is shown again.
pub(crate) async fn post(
    request: HttpRequest,
    web: Data<Web>,
    host: SignedIn,
    form: Form,
) -> Result<HttpResponse, Failure> {
    host.check(&form)?;
    let mut days: Vec<DayRow> =
        DAYS.into_iter().map(|(day, key)| DayRow::new(day, key, typed(&form, key))).collect();
    let mut problems = Problems::default();
    let status = if change_rows(&form, &mut days) {
        StatusCode::OK
    } else {
        let zone = form.get("time_zone").parse::<TimeZone>().map_err(|_| FieldError::TimeZone);
        let zone = problems.check("time_zone", zone);
        let stored = web.app.schedules(host.user().id).await?.into_iter().next();
        let stored = stored.map(|schedule| schedule.weekly).unwrap_or_default();
        let weekly = read(&days, &stored, &mut problems);
        if let Some(zone) = zone.filter(|_| problems.is_empty()) {
            web.app.set_schedule(host.user().id, zone, weekly, None).await?;
            return Ok(see_other("/app/availability?done=saved"));
        }
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let zone = form.get("time_zone").parse().unwrap_or(host.user().time_zone);
    let contents = Page {
        shell: host.shell(&request, Section::Availability, None),
        zones: ZoneOptions::new(zone, [host.user().time_zone], web.app.now()),
        days,
        problems,
    };
    page(status, &contents)
}

/// The rows of a day as they were typed. A row of which one end is missing has it empty.
fn typed(form: &Form, key: &str) -> Vec<(String, String)> {
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

/// Adds or removes a row if a button asks for it.
fn change_rows(form: &Form, days: &mut [DayRow]) -> bool {
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
fn read(days: &[DayRow], stored: &WeeklyHours, problems: &mut Problems) -> WeeklyHours {
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
fn read_range(row: &RangeRow, stored: &DayHours) -> Result<LocalRange, String> {
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
fn shown(range: LocalRange) -> String {
    format!("{} – {}", range.from().wall(), range.to().wall())
}

/// `9:00` as people type it is `09:00`.
fn with_two_digits(text: &str) -> String {
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

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        let mut problems = Problems::default();
        problems.add("mon-1", "Monday: Ends before it starts");
        let range =
            RangeRow { id: "mon-1".into(), number: 1, from: "09:00".into(), to: "<b>bold".into() };
        let days = vec![
            DayRow { key: "mon", name: "Monday", ranges: vec![range] },
            DayRow { key: "tue", name: "Tuesday", ranges: Vec::new() },
        ];
        let zone = roomkey_core::time::TimeZone::UTC;
        vec![Self {
            shell: AppShell::sample(Section::Availability),
            zones: ZoneOptions::new(zone, [], roomkey_core::time::Instant::EPOCH),
            days,
            problems,
        }]
    }
}
