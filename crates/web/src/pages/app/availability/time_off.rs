//! Time off: the list and the form.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use roomkey_app::TimeOffError;
use roomkey_core::{
    availability::TimeOff,
    text::{FieldError, Title},
    time::{LocalDate, LocalDateTime, MinuteOfDay, TimeZone, parse_date},
};

use super::{Typed, beside, path, show, weekly::with_two_digits};
use crate::{
    Web,
    failure::Failure,
    form::Form,
    pages::see_other,
    session::SignedIn,
    view::{Problems, date_with_year},
};

/// A time off of the list.
#[derive(Debug)]
pub(crate) struct AwayRow {
    /// `2026-12-24T00:00..2027-01-02T00:00[Europe/London]`.
    pub(crate) id: String,
    /// `Thursday 24 December 2026 – Friday 1 January 2027`.
    pub(crate) when: String,
    /// In whose time that is meant.
    pub(crate) city: String,
    /// Why, if the host said.
    pub(crate) reason: String,
}

/// The form, as it was typed.
#[derive(Debug, Default)]
pub(crate) struct AwayForm {
    pub(crate) first: String,
    pub(crate) first_time: String,
    pub(crate) last: String,
    pub(crate) last_time: String,
    /// None where nothing was typed, or what is no zone.
    pub(crate) zone: Option<TimeZone>,
    pub(crate) reason: String,
}

impl AwayForm {
    fn typed(form: &Form) -> Self {
        Self {
            first: form.text("away_first"),
            first_time: form.text("away_first_time"),
            last: form.text("away_last"),
            last_time: form.text("away_last_time"),
            zone: form.get("away_zone").parse().ok(),
            reason: form.text("away_reason"),
        }
    }
}

const WALL: &str = "%Y-%m-%dT%H:%M";

impl AwayRow {
    pub(super) fn new(off: &TimeOff) -> Self {
        let (from, to) = (off.from(), off.to());
        let midnight = chrono::NaiveTime::MIN;
        // Whole days are told by their dates, the last one included.
        let when = if from.time() == midnight && to.time() == midnight {
            let last = to.date().pred_opt().unwrap_or(to.date());
            if last == from.date() {
                date_with_year(last)
            } else {
                format!("{} – {}", date_with_year(from.date()), date_with_year(last))
            }
        } else {
            let moment = |at: LocalDateTime| {
                format!("{}, {}", date_with_year(at.date()), at.format("%H:%M"))
            };
            format!("{} – {}", moment(from), moment(to))
        };
        Self {
            id: format!("{}..{}[{}]", from.format(WALL), to.format(WALL), off.time_zone()),
            when,
            city: off.time_zone().city(),
            reason: off.reason().map(Title::to_string).unwrap_or_default(),
        }
    }
}

/// Notes a time off, or with `remove` forgets one.
pub(crate) async fn post(
    request: HttpRequest,
    web: Data<Web>,
    host: SignedIn,
    form: Form,
) -> Result<HttpResponse, Failure> {
    host.check(&form)?;
    let schedule = beside(&web, &host, &form).await?;
    let (owner, address) = (host.user().id, path(&schedule));
    if form.has("remove") {
        let all = web.app.time_off(owner).await?;
        let gone = all.into_iter().find(|off| AwayRow::new(off).id == form.get("remove"));
        if let Some(gone) = gone {
            web.app.remove_time_off(owner, gone).await?;
        }
        return Ok(see_other(format!("{address}?done=away-gone#time-off")));
    }
    let mut problems = Problems::default();
    if let Some(new) = read(&form, &mut problems) {
        match web.app.add_time_off(owner, new).await {
            Ok(()) => return Ok(see_other(format!("{address}?done=away#time-off"))),
            Err(TimeOffError::Store(error)) => return Err(error.into()),
            Err(TimeOffError::TooMany) => {
                problems.add("away_first", "There are too many times off, remove some first");
            }
        }
    }
    let typed = Typed { away: AwayForm::typed(&form), ..Typed::default() };
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    show(&request, &web, &host, schedule, status, typed, problems).await
}

/// Without times, whole days; without a last day, the first. All in the zone that is chosen beside them.
fn read(form: &Form, problems: &mut Problems) -> Option<TimeOff> {
    let date = |text: &str| parse_date(text).map_err(|_| FieldError::Date);
    let first = match form.get("away_first") {
        "" => problems.check("away_first", Err(FieldError::Required)),
        text => problems.check("away_first", date(text)),
    };
    let last = match form.get("away_last") {
        "" => first,
        text => problems.check("away_last", date(text)),
    };
    let mut time = |id: &'static str, usual: u16| match form.get(id) {
        "" => MinuteOfDay::new(usual),
        text => {
            let minute = MinuteOfDay::parse(&with_two_digits(text));
            problems.check(id, minute.ok_or(FieldError::WallTime))
        }
    };
    let (from, to) = (time("away_first_time", 0), time("away_last_time", 1440));
    let zone = form.get("away_zone").parse::<TimeZone>().map_err(|_| FieldError::TimeZone);
    let zone = problems.check("away_zone", zone);
    let reason = match form.get("away_reason") {
        "" => Some(None),
        text => problems.check("away_reason", text.parse::<Title>().map(Some)),
    };
    let (from, to) = (wall(first?, from?)?, wall(last?, to?)?);
    let off = problems.check("away_last", TimeOff::new(from, to, zone?, reason?));
    off.filter(|_| problems.is_empty())
}

fn wall(date: LocalDate, minute: MinuteOfDay) -> Option<LocalDateTime> {
    let midnight = date.and_hms_opt(0, 0, 0)?;
    midnight.checked_add_signed(chrono::Duration::minutes(minute.get().into()))
}
