//! Several schedules: making, naming, choosing the default one, deleting. And on which day the weeks start.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use roomkey_app::ScheduleError;
use roomkey_core::{
    availability::{Schedule, WEEK},
    text::Title,
    time::{Weekday, day_name},
};

use super::{Typed, beside, chosen, path, show};
use crate::{
    Web, failure::Failure, form::Form, pages::see_other, session::SignedIn, view::Problems,
};

/// A schedule's tab.
#[derive(Debug)]
pub(crate) struct Tab {
    pub(crate) path: String,
    pub(crate) name: String,
    pub(crate) is_default: bool,
    pub(crate) is_shown: bool,
}

/// A day on which weeks may start.
#[derive(Debug)]
pub(crate) struct DayChoice {
    /// 1 is Monday.
    pub(crate) number: u32,
    pub(crate) name: &'static str,
    pub(crate) chosen: bool,
}

pub(super) fn tabs(all: &[Schedule], shown: &Schedule) -> Vec<Tab> {
    let tab = |schedule: &Schedule| Tab {
        path: path(schedule),
        name: schedule.name.to_string(),
        is_default: schedule.is_default,
        is_shown: schedule.id == shown.id,
    };
    all.iter().map(tab).collect()
}

pub(super) fn week_starts(present: Weekday) -> Vec<DayChoice> {
    let choice = |day: Weekday| DayChoice {
        number: day.number_from_monday(),
        name: day_name(day),
        chosen: day == present,
    };
    WEEK.map(choice).into()
}

/// Makes a schedule.
pub(crate) async fn post_new(
    request: HttpRequest,
    web: Data<Web>,
    host: SignedIn,
    form: Form,
) -> Result<HttpResponse, Failure> {
    host.check(&form)?;
    let mut problems = Problems::default();
    if let Some(name) = problems.check("new_name", form.get("new_name").parse::<Title>()) {
        match web.app.add_schedule(host.user().id, name).await {
            Ok(made) => return Ok(see_other(format!("{}?done=made", path(&made)))),
            Err(error) => refused("new_name", error, &mut problems)?,
        }
    }
    let typed = Typed { new_name: form.text("new_name"), ..Typed::default() };
    let schedule = chosen(&web, &host, None).await?;
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    show(&request, &web, &host, schedule, status, typed, problems).await
}

/// Names a schedule, makes it the default one, or deletes it, as the button says.
pub(crate) async fn post_settings(
    request: HttpRequest,
    web: Data<Web>,
    host: SignedIn,
    id: Path<String>,
    form: Form,
) -> Result<HttpResponse, Failure> {
    host.check(&form)?;
    let schedule = chosen(&web, &host, Some(&id)).await?;
    let (owner, id, address) = (host.user().id, schedule.id, path(&schedule));
    let mut problems = Problems::default();
    let done = match form.get("do") {
        "default" => web
            .app
            .make_default_schedule(owner, id)
            .await
            .map(|()| format!("{address}?done=default")),
        "delete" => web
            .app
            .delete_schedule(owner, id)
            .await
            .map(|()| "/app/availability?done=gone".to_owned()),
        _ => match problems.check("name", form.get("name").parse::<Title>()) {
            Some(name) => web
                .app
                .change_schedule(owner, id, move |schedule| schedule.name = name.clone())
                .await
                .map(|_| format!("{address}?done=named")),
            None => Ok(String::new()),
        },
    };
    match done {
        Ok(location) if problems.is_empty() => return Ok(see_other(location)),
        Ok(_) => {}
        Err(error) => refused("name", error, &mut problems)?,
    }
    let typed = Typed { name: Some(form.text("name")), ..Typed::default() };
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    show(&request, &web, &host, schedule, status, typed, problems).await
}

/// Sets on which day the host's weeks start.
pub(crate) async fn post_week_start(
    request: HttpRequest,
    web: Data<Web>,
    host: SignedIn,
    form: Form,
) -> Result<HttpResponse, Failure> {
    host.check(&form)?;
    let schedule = beside(&web, &host, &form).await?;
    let day = WEEK.into_iter().find(|day| day.number_from_monday().to_string() == form.get("day"));
    if let Some(day) = day {
        web.app.set_week_start(host.user().id, day).await?;
        return Ok(see_other(format!("{}?done=week", path(&schedule))));
    }
    let mut problems = Problems::default();
    problems.add("day", "Choose a day of the list");
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    show(&request, &web, &host, schedule, status, Typed::default(), problems).await
}

fn refused(
    field: &'static str,
    error: ScheduleError,
    problems: &mut Problems,
) -> Result<(), Failure> {
    match error {
        ScheduleError::Unknown => Err(Failure::NotFound),
        ScheduleError::Store(error) => Err(error.into()),
        ScheduleError::NameTaken => {
            problems.add(field, "Another of your schedules has this name, choose another");
            Ok(())
        }
        ScheduleError::IsDefault => {
            problems.add(field, "This is the default schedule. Make another one the default first");
            Ok(())
        }
        ScheduleError::TooMany => {
            problems.add(field, "There are too many schedules, delete one first");
            Ok(())
        }
    }
}
