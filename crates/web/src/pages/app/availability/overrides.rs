//! Dates with hours of their own: the list, the calendar and the form.

use std::collections::BTreeMap;

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use roomkey_core::{
    availability::{DayHours, LocalRange, Schedule},
    text::FieldError,
    time::{Datelike, LocalDate, parse_date},
};

use super::{
    Typed, chosen, path, show,
    weekly::{RangeRow, pairs, read_range, shown},
};
use crate::{
    Web,
    failure::Failure,
    form::Form,
    pages::see_other,
    session::SignedIn,
    view::{Problems, date_with_year, month_short},
};

/// Rows of hours that the form has.
const ROWS: usize = 3;
/// The most days that one form changes.
const MOST_DAYS: i64 = 366;
/// The most dates with hours of their own in one schedule.
const MOST: usize = 1_000;

/// Days one after the other with the same hours.
#[derive(Debug)]
pub(crate) struct OverrideRow {
    /// `2026-12-24..2027-01-06`.
    pub(crate) id: String,
    pub(crate) day: u32,
    pub(crate) month: &'static str,
    /// `Thursday 24 December 2026 – Wednesday 6 January 2027`.
    pub(crate) dates: String,
    /// `Closed`, or `13:00 – 18:00`.
    pub(crate) hours: String,
}

/// What the host is on the days of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OverrideKind {
    Closed,
    /// Open at the hours below.
    Hours,
}

/// The form, as it was typed.
#[derive(Debug)]
pub(crate) struct OverrideForm {
    pub(crate) first: String,
    pub(crate) last: String,
    /// None if what was sent is none.
    pub(crate) kind: Option<OverrideKind>,
    pub(crate) ranges: Vec<RangeRow>,
}

impl OverrideForm {
    /// An empty one for a date.
    pub(super) fn on(first: String) -> Self {
        let kind = Some(OverrideKind::Closed);
        Self { first, last: String::new(), kind, ranges: rows(Vec::new()) }
    }

    fn typed(form: &Form) -> Self {
        Self {
            first: form.text("override_first"),
            last: form.text("override_last"),
            kind: match form.get("override_kind") {
                "closed" => Some(OverrideKind::Closed),
                "hours" => Some(OverrideKind::Hours),
                _ => None,
            },
            ranges: rows(pairs(form, "override")),
        }
    }
}

fn rows(mut typed: Vec<(String, String)>) -> Vec<RangeRow> {
    typed.resize_with(ROWS, Default::default);
    let row = |(place, (from, to))| {
        let number: usize = place + 1;
        RangeRow { id: format!("override-{number}"), number, from, to }
    };
    typed.into_iter().enumerate().map(row).collect()
}

/// The overrides from `today` on, dates with the same hours as one.
pub(super) fn list(schedule: &Schedule, today: LocalDate) -> Vec<OverrideRow> {
    let mut groups: Vec<(LocalDate, LocalDate, &DayHours)> = Vec::new();
    for (date, hours) in schedule.overrides.iter().filter(|(date, _)| **date >= today) {
        match groups.last_mut() {
            Some((_, last, same)) if last.succ_opt() == Some(*date) && *same == hours => {
                *last = *date;
            }
            _ => groups.push((*date, *date, hours)),
        }
    }
    groups.into_iter().map(|(first, last, hours)| OverrideRow::new(first, last, hours)).collect()
}

impl OverrideRow {
    fn new(first: LocalDate, last: LocalDate, hours: &DayHours) -> Self {
        let ranges: Vec<String> = hours.ranges().iter().map(|range| shown(*range)).collect();
        let dates = if first == last {
            date_with_year(first)
        } else {
            format!("{} – {}", date_with_year(first), date_with_year(last))
        };
        Self {
            id: format!("{first}..{last}"),
            day: first.day(),
            month: month_short(first.month()),
            dates,
            hours: if ranges.is_empty() { "Closed".to_owned() } else { ranges.join(", ") },
        }
    }
}

/// Adds hours for dates, or with `remove` takes those of a row away.
pub(crate) async fn post(
    request: HttpRequest,
    web: Data<Web>,
    host: SignedIn,
    id: Path<String>,
    form: Form,
) -> Result<HttpResponse, Failure> {
    host.check(&form)?;
    let schedule = chosen(&web, &host, Some(&id)).await?;
    let (owner, address) = (host.user().id, path(&schedule));
    if form.has("remove") {
        if let Some((first, last)) = read_row(form.get("remove")) {
            let change = move |schedule: &mut Schedule| {
                schedule.overrides.retain(|date, _| *date < first || last < *date);
            };
            web.app.change_schedule(owner, schedule.id, change).await?;
        }
        return Ok(see_other(format!("{address}?done=override-gone#overrides")));
    }
    let mut problems = Problems::default();
    if let Some(new) = read(&form, &schedule, &mut problems) {
        let today = schedule.time_zone.date(web.app.now());
        let change = move |schedule: &mut Schedule| {
            // What is past is of no use to anybody.
            schedule.overrides.retain(|date, _| *date >= today);
            schedule.overrides.extend(new.clone());
        };
        web.app.change_schedule(owner, schedule.id, change).await?;
        return Ok(see_other(format!("{address}?done=override#overrides")));
    }
    let typed = Typed { overrides: Some(OverrideForm::typed(&form)), ..Typed::default() };
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    show(&request, &web, &host, schedule, status, typed, problems).await
}

fn read_row(id: &str) -> Option<(LocalDate, LocalDate)> {
    let (first, last) = id.split_once("..")?;
    Some((parse_date(first).ok()?, parse_date(last).ok()?))
}

/// What the form asks for, if nothing is wrong with it.
fn read(
    form: &Form,
    schedule: &Schedule,
    problems: &mut Problems,
) -> Option<BTreeMap<LocalDate, DayHours>> {
    let typed = OverrideForm::typed(form);
    let date = |text: &str| parse_date(text).map_err(|_| FieldError::Date);
    let first = match typed.first.as_str() {
        "" => problems.check("override_first", Err(FieldError::Required)),
        text => problems.check("override_first", date(text)),
    };
    let last = match typed.last.as_str() {
        "" => first,
        text => problems.check("override_last", date(text)),
    };
    let hours = match typed.kind {
        Some(OverrideKind::Closed) => read_no_hours(&typed, problems),
        Some(OverrideKind::Hours) => read_hours(&typed, problems),
        None => {
            problems.add("override_kind", "Choose Closed or Open at other hours");
            None
        }
    };
    let (first, last, hours) = (first?, last?, hours?);
    let days = last.signed_duration_since(first).num_days() + 1;
    if days < 1 {
        problems.check("override_last", Err::<(), _>(FieldError::EndsBeforeStart));
    } else if days > MOST_DAYS {
        problems.add("override_last", format!("Choose at most {MOST_DAYS} days at once"));
    } else if schedule.overrides.len() + usize::try_from(days).unwrap_or(MOST) > MOST {
        let text = format!("A schedule holds at most {MOST} such days, remove some first");
        problems.add("override_first", text);
    }
    let dates = first.iter_days().take_while(|date| *date <= last);
    problems.is_empty().then(|| dates.map(|date| (date, hours.clone())).collect())
}

/// The rows in which something was typed.
fn filled(typed: &OverrideForm) -> impl Iterator<Item = &RangeRow> {
    typed.ranges.iter().filter(|row| !(row.from.is_empty() && row.to.is_empty()))
}

/// Who has typed hours has most likely forgotten to choose them.
fn read_no_hours(typed: &OverrideForm, problems: &mut Problems) -> Option<DayHours> {
    let Some(row) = filled(typed).next() else { return Some(DayHours::CLOSED) };
    let text = "Closed days have no hours: clear these, or choose Open at other hours";
    problems.add(row.id.clone(), text);
    None
}

fn read_hours(typed: &OverrideForm, problems: &mut Problems) -> Option<DayHours> {
    let mut ranges: Vec<LocalRange> = Vec::new();
    for row in filled(typed) {
        let read = read_range(row, const { &DayHours::CLOSED }).and_then(|range| {
            match ranges.iter().find(|other| range.overlaps(**other)) {
                Some(other) => Err(format!("Overlaps {}", shown(*other))),
                None => Ok(range),
            }
        });
        match read {
            Ok(range) => ranges.push(range),
            Err(text) => problems.add(row.id.clone(), text),
        }
    }
    if ranges.is_empty() && !problems.any_of("override-") {
        problems.add("override-1", "Enter the hours, or choose Closed");
    }
    DayHours::new(ranges).ok().filter(|_| !problems.any_of("override-"))
}
