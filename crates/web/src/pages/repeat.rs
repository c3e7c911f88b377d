//! The part of a booking form that repeats it, for customers and hosts.

use roomkey_app::{Offered, RefusedDate, RepeatError};
use roomkey_core::{
    booking::{Every, Repeat},
    event_type::Bounds,
    text::FieldError,
    time::{LocalDate, TimeZone, parse_date},
};

use crate::{
    form::Form,
    pages::guests,
    view::{Clock, Problems, long_date, nearby},
};

/// How a booking is to be repeated, as it was typed.
#[derive(Debug)]
pub(crate) struct RepeatFields {
    /// How often at most.
    pub(crate) most: u32,
    /// The name of a rhythm; empty for not at all.
    pub(crate) every: String,
    pub(crate) times: String,
    /// Dates that are left out, or could not be booked.
    pub(crate) dates: Vec<DateToLeave>,
}

/// A date that can be left out.
#[derive(Debug)]
pub(crate) struct DateToLeave {
    /// `2026-12-24`.
    pub(crate) date: String,
    pub(crate) label: String,
    /// What speaks against it, if it was asked for.
    pub(crate) reason: Option<String>,
}

/// How many times, unless the customer says otherwise.
const USUAL: u32 = 4;

impl RepeatFields {
    /// None where the event type is booked one by one. `form` is what was typed; `refused` the dates that can not
    /// be booked.
    pub(crate) fn of(
        offered: &Offered,
        form: &Form,
        refused: &[RefusedDate],
        (zone, clock): (TimeZone, Clock),
    ) -> Option<Self> {
        let most = offered.event_type.terms.most_repeats()?;
        let today = zone.date(offered.now);
        let left =
            excepted(form).into_iter().filter(|date| !refused.iter().any(|r| r.date == *date));
        let left = left.map(|date| DateToLeave {
            date: date.to_string(),
            label: long_date(date),
            reason: None,
        });
        let refused = refused.iter().map(|RefusedDate { date, start, why }| DateToLeave {
            date: date.to_string(),
            label: nearby(zone, *start, today, clock),
            reason: Some(why.to_string()),
        });
        let mut dates: Vec<_> = left.chain(refused).collect();
        dates.sort_by(|one, other| one.date.cmp(&other.date));
        let times =
            if form.has("times") { form.text("times") } else { most.min(USUAL).to_string() };
        Some(Self { most, every: form.text("repeat"), times, dates })
    }

    /// Whether a date, in the schedule's zone, is among those that can be left out.
    pub(crate) fn leaves_out(&self, date: LocalDate) -> bool {
        let date = date.to_string();
        self.dates.iter().any(|each| each.date == date)
    }

    #[cfg(test)]
    pub(crate) fn sample() -> Self {
        let date = |reason: Option<&str>| DateToLeave {
            date: "2026-12-24".into(),
            label: "Thu 24 Dec 10:00".into(),
            reason: reason.map(str::to_owned),
        };
        let dates = vec![date(None), date(Some("this time is taken"))];
        Self { most: 6, every: "week".into(), times: "6".into(), dates }
    }
}

fn excepted(form: &Form) -> Vec<LocalDate> {
    form.all("except").filter_map(|text| parse_date(text).ok()).collect()
}

/// How the form asks to repeat the booking, if it does; an error is noted at its field.
pub(crate) fn read(form: &Form, problems: &mut Problems) -> Option<Repeat> {
    let every = match form.get("repeat") {
        "" => return None,
        name => problems.check("repeat", name.parse::<Every>().map_err(|_| FieldError::Choice)),
    };
    let count = problems.check("times", Bounds::SERIES.parse(form.get("times")));
    Some(Repeat { every: every?, count: count?, except: excepted(form) })
}

/// Notes what is wrong with a repetition; the dates that can not be booked come back.
pub(crate) fn note_problem(why: RepeatError, problems: &mut Problems) -> Vec<RefusedDate> {
    let text = |why: &RepeatError| {
        let mut text = why.to_string();
        if let Some(first) = text.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        text
    };
    let field = match &why {
        RepeatError::Never => "repeat",
        RepeatError::Count { .. } => "times",
        RepeatError::NotADate(_) | RepeatError::NothingLeft => "except",
        RepeatError::Guests => guests::FIELD,
        RepeatError::Dates(_) => {
            let text = "Not all dates are free, and nothing is booked yet. Leave these out, or choose \
                        another time";
            problems.add("except", text);
            return match why {
                RepeatError::Dates(refused) => refused,
                _ => Vec::new(),
            };
        }
    };
    problems.add(field, text(&why));
    Vec::new()
}
