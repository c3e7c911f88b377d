//! `/app/availability` and `/app/availability/{id}`: when a host can be booked. Weekly hours in a time
//! zone, dates with other hours, time off, several schedules, and the next two weeks as customers
//! see them.

mod overrides;
mod preview;
mod schedules;
mod time_off;
mod weekly;
mod why;

use std::collections::BTreeSet;

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
pub(crate) use overrides::post as post_override;
use overrides::{OverrideForm, OverrideKind, OverrideRow};
use preview::{Preview, UsedBy};
use roomkey_core::{
    availability::Schedule,
    ids::ScheduleId,
    text::FieldError,
    time::{LocalDate, TimeZone, parse_date},
};
use schedules::{DayChoice, Tab};
pub(crate) use schedules::{post_new, post_settings, post_week_start};
pub(crate) use time_off::post as post_time_off;
use time_off::{AwayForm, AwayRow};
use weekly::DayRow;
use why::Why;

use crate::{
    Web,
    failure::Failure,
    form::Form,
    pages::{page, see_other},
    session::SignedIn,
    view::{AppShell, Month, MonthKey, Problems, Section, ZoneOptions},
};

#[derive(Template)]
#[template(path = "pages/app/availability.html")]
pub(crate) struct Page {
    shell: AppShell,
    tabs: Vec<Tab>,
    new_name: String,
    /// Of the schedule that is shown.
    id: String,
    path: String,
    name: String,
    is_default: bool,
    zones: ZoneOptions,
    days: Vec<DayRow>,
    overrides: Vec<OverrideRow>,
    month: Month,
    /// The dates of the month with hours of their own, and those of time off.
    marked: BTreeSet<LocalDate>,
    override_form: OverrideForm,
    time_off: Vec<AwayRow>,
    away_form: AwayForm,
    away_zones: ZoneOptions,
    week_starts: Vec<DayChoice>,
    used_by: Vec<UsedBy>,
    preview: Option<Preview>,
    why: Why,
    problems: Problems,
}

/// What was typed into the form that was refused; the others are shown as they are stored.
#[derive(Debug, Default)]
struct Typed {
    days: Option<Vec<DayRow>>,
    zone: Option<TimeZone>,
    overrides: Option<OverrideForm>,
    away: AwayForm,
    new_name: String,
    name: Option<String>,
}

/// Where a schedule is edited.
fn path(schedule: &Schedule) -> String {
    if schedule.is_default {
        "/app/availability".to_owned()
    } else {
        format!("/app/availability/{}", schedule.id)
    }
}

/// The host's schedule with that id; the default one without.
async fn chosen(web: &Web, host: &SignedIn, id: Option<&str>) -> Result<Schedule, Failure> {
    let all = web.app.schedules(host.user().id).await?;
    let found = match id {
        None => all.into_iter().next(),
        Some(id) => {
            let id = id.parse::<ScheduleId>().map_err(|_| Failure::NotFound)?;
            all.into_iter().find(|schedule| schedule.id == id)
        }
    };
    found.ok_or(Failure::NotFound)
}

/// The schedule that is shown beside a form which is about no schedule in particular.
async fn beside(web: &Web, host: &SignedIn, form: &Form) -> Result<Schedule, Failure> {
    chosen(web, host, Some(form.get("schedule")).filter(|id| !id.is_empty())).await
}

pub(crate) async fn get(
    request: HttpRequest,
    web: Data<Web>,
    host: SignedIn,
    id: Option<Path<String>>,
) -> Result<HttpResponse, Failure> {
    let schedule = chosen(&web, &host, id.as_deref().map(String::as_str)).await?;
    show(&request, &web, &host, schedule, StatusCode::OK, Typed::default(), Problems::default())
        .await
}

/// Saves the weekly hours, unless a button asks for other rows: then nothing is saved, and what was
/// typed is shown again.
pub(crate) async fn post(
    request: HttpRequest,
    web: Data<Web>,
    host: SignedIn,
    id: Option<Path<String>>,
    form: Form,
) -> Result<HttpResponse, Failure> {
    host.check(&form)?;
    let schedule = chosen(&web, &host, id.as_deref().map(String::as_str)).await?;
    let mut days = weekly::typed(&form);
    let mut problems = Problems::default();
    let status = if weekly::change_rows(&form, &mut days) {
        StatusCode::OK
    } else {
        let zone = form.get("time_zone").parse::<TimeZone>().map_err(|_| FieldError::TimeZone);
        let zone = problems.check("time_zone", zone);
        let hours = weekly::read(&days, &schedule.weekly, &mut problems);
        if let Some(zone) = zone.filter(|_| problems.is_empty()) {
            let change = move |schedule: &mut Schedule| {
                schedule.time_zone = zone;
                schedule.weekly.clone_from(&hours);
            };
            let saved = web.app.change_schedule(host.user().id, schedule.id, change).await?;
            return Ok(see_other(format!("{}?done=saved", path(&saved))));
        }
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let zone = form.get("time_zone").parse().ok();
    let typed = Typed { days: Some(days), zone, ..Typed::default() };
    show(&request, &web, &host, schedule, status, typed, problems).await
}

async fn show(
    request: &HttpRequest,
    web: &Web,
    host: &SignedIn,
    schedule: Schedule,
    status: StatusCode,
    typed: Typed,
    mut problems: Problems,
) -> Result<HttpResponse, Failure> {
    let query = Form::query(request);
    let owner = host.user().id;
    let all = web.app.schedules(owner).await?;
    let away = web.app.time_off(owner).await?;
    let events = web.app.event_types(owner).await?;
    let now = web.app.now();
    let zone = schedule.time_zone;
    let today = zone.date(now);
    let users = preview::users(&events, &schedule);
    let previewed = match query.get("event") {
        "" => users.first().copied(),
        asked => {
            let named = users.iter().find(|event| event.terms.slug.as_str() == asked);
            Some(*named.ok_or(Failure::NotFound)?)
        }
    };
    let preview = match previewed {
        Some(event) => Some(Preview::of(web, host, event, &schedule).await?),
        None => None,
    };
    let before = problems.all().len();
    let why = Why::asked(&query, web, host, previewed, &schedule, &mut problems).await?;
    let can_read = problems.all().len() == before;
    let status = if can_read { status } else { StatusCode::UNPROCESSABLE_ENTITY };
    let date = parse_date(query.get("date")).ok();
    let key = date.map(MonthKey::of).or_else(|| MonthKey::parse(query.get("month")));
    let key = key.unwrap_or_else(|| MonthKey::of(today));
    let is_away = |date: LocalDate| away.iter().any(|off| off.meets(date, zone));
    let marked =
        key.days().filter(|date| schedule.overrides.contains_key(date) || is_away(*date)).collect();
    let open: Vec<u32> = key.days().map(|date| open_hours(&schedule, date)).collect();
    let schedule_zones = all.iter().map(|schedule| schedule.time_zone);
    let likely_zones = std::iter::once(host.user().time_zone).chain(schedule_zones);
    let around = ((key > MonthKey::of(today)).then(|| key.previous()), Some(key.next()));
    let contents = Page {
        shell: host.shell(request, Section::Availability, flash(query.get("done"))),
        tabs: schedules::tabs(&all, &schedule),
        new_name: typed.new_name,
        id: schedule.id.to_string(),
        path: path(&schedule),
        name: typed.name.unwrap_or_else(|| schedule.name.to_string()),
        is_default: schedule.is_default,
        zones: ZoneOptions::new(typed.zone.unwrap_or(zone), [host.user().time_zone], now),
        days: typed.days.unwrap_or_else(|| weekly::stored(&schedule.weekly)),
        overrides: overrides::list(&schedule, today),
        month: Month::new(key, around, today, date, &open, host.user().week_start),
        marked,
        override_form: typed.overrides.unwrap_or_else(|| {
            OverrideForm::on(date.map(|date| date.to_string()).unwrap_or_default())
        }),
        time_off: away.iter().filter(|off| off.span().end > now).map(AwayRow::new).collect(),
        // As the hours and the calendar above it, unless the host chooses otherwise.
        away_zones: ZoneOptions::new(typed.away.zone.unwrap_or(zone), likely_zones, now),
        away_form: typed.away,
        week_starts: schedules::week_starts(host.user().week_start),
        used_by: users
            .iter()
            .map(|event| UsedBy {
                slug: event.terms.slug.to_string(),
                title: event.terms.title.to_string(),
                previewed: previewed.is_some_and(|other| other.id == event.id),
            })
            .collect(),
        preview,
        why,
        problems,
    };
    page(status, &contents)
}

/// How many hours a date is open, rounded up.
fn open_hours(schedule: &Schedule, date: LocalDate) -> u32 {
    let ranges = schedule.hours_on(date).ranges().iter();
    let minutes: u16 = ranges.map(|range| range.to().get() - range.from().get()).sum();
    u32::from(minutes.div_ceil(60))
}

fn flash(done: &str) -> Option<&'static str> {
    match done {
        "saved" => Some("Hours saved. They hold for new bookings from now on."),
        "override" => Some("Those days have hours of their own now."),
        "override-gone" => Some("Those days have the weekly hours again."),
        "away" => Some("Time off noted. Nobody can book you then; bookings made before stay."),
        "away-gone" => Some("That time off is forgotten."),
        "made" => Some("Schedule made. Choose it in an event type to use it."),
        "named" => Some("Schedule named."),
        "default" => Some("This is the default schedule now."),
        "gone" => Some("Schedule deleted. Event types that had it have the default one."),
        "week" => Some("Saved on which day your weeks start."),
        _ => None,
    }
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        use roomkey_core::time::{Instant, Weekday};

        use crate::view::{Clock, TimeOfDay};

        let mut problems = Problems::default();
        problems.add("mon-1", "Monday: Ends before it starts");
        problems.add("override_first", "Enter a date that exists, like 2026-12-03");
        let zone = TimeZone::UTC;
        let key = MonthKey::parse("2026-10").unwrap();
        let row = weekly::RangeRow {
            id: "mon-1".into(),
            number: 1,
            from: "09:00".into(),
            to: "<b>bold".into(),
        };
        let page = |problems, preview| Self {
            shell: AppShell::sample(Section::Availability),
            tabs: vec![Tab {
                path: "/app/availability".into(),
                name: "Hours <b>".into(),
                is_default: true,
                is_shown: true,
            }],
            new_name: "<b>".into(),
            id: "x".into(),
            path: "/app/availability".into(),
            name: "Hours <b>".into(),
            is_default: false,
            zones: ZoneOptions::new(zone, [], Instant::EPOCH),
            days: weekly::stored(&roomkey_core::availability::WeeklyHours::office()),
            overrides: vec![OverrideRow {
                id: "x".into(),
                day: 9,
                month: "Oct",
                dates: "Friday 9 October 2026".into(),
                hours: "13:00 – 18:00".into(),
            }],
            month: Month::new(
                key,
                (None, Some(key.next())),
                key.first(),
                None,
                &[8; 31],
                Weekday::Mon,
            ),
            marked: BTreeSet::from([key.first()]),
            override_form: OverrideForm { kind: None, ..OverrideForm::on("<b>".into()) },
            time_off: vec![AwayRow {
                id: "x".into(),
                when: "Friday 9 October 2026".into(),
                city: "London".into(),
                reason: "<b>".into(),
            }],
            away_form: AwayForm::default(),
            away_zones: ZoneOptions::new(zone, [], Instant::EPOCH),
            week_starts: schedules::week_starts(Weekday::Sun),
            used_by: vec![UsedBy { slug: "intro".into(), title: "<b>".into(), previewed: true }],
            preview,
            why: Why {
                date: "<b>".into(),
                time: "09:00".into(),
                lengths: vec![why::LengthChoice {
                    value: String::new(),
                    text: "30 minutes".into(),
                    chosen: true,
                }],
                answers: vec![why::Answer {
                    when: "Friday 9 October 2026, 09:00".into(),
                    offered: false,
                    reasons: vec!["You are away (<b>)".into()],
                }],
            },
            problems,
        };
        let mut first = page(problems, None);
        first.days.iter_mut().take(1).for_each(|day| day.ranges = vec![]);
        if let Some(day) = first.days.first_mut() {
            day.ranges.push(row);
        }
        let preview = Preview {
            title: "Intro <b>".into(),
            path: "/ada/intro".into(),
            city: "London".into(),
            days: vec![preview::PreviewDay {
                name: "Thursday 8 October".into(),
                times: vec![TimeOfDay::at(zone, Instant::EPOCH, Clock::TwentyFour)],
                more: 2,
            }],
        };
        vec![first, page(Problems::default(), Some(preview))]
    }
}
