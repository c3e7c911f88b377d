//! Why is a time offered, or not? Every reason, for the host.

use roomkey_app::{Page, WrongDuration};
use roomkey_core::{
    availability::Schedule,
    event_type::{Bounds, EventType, Terms},
    text::FieldError,
    time::{Instant, LocalDateTime, MinuteOfDay, Minutes, parse_date},
};

use super::weekly::with_two_digits;
use crate::{
    Web,
    failure::Failure,
    form::Form,
    session::SignedIn,
    view::{Clock, Problems, TimeOfDay, date_with_year},
};

/// A question about one wall time, and its answers.
#[derive(Debug, Default)]
pub(crate) struct Why {
    pub(crate) date: String,
    pub(crate) time: String,
    /// To choose from, where the event type has several.
    pub(crate) lengths: Vec<LengthChoice>,
    /// One for each time that a clock shows it: two in the night whose clocks go back.
    pub(crate) answers: Vec<Answer>,
}

/// A length that can be asked for.
#[derive(Debug)]
pub(crate) struct LengthChoice {
    /// Empty for the usual one, so that it is the usual one of another event type, too.
    pub(crate) value: String,
    pub(crate) text: String,
    pub(crate) chosen: bool,
}

/// Whether it is offered, and if not, everything that speaks against it.
#[derive(Debug)]
pub(crate) struct Answer {
    /// `Monday 5 July 2027, 09:00`.
    pub(crate) when: String,
    pub(crate) offered: bool,
    pub(crate) reasons: Vec<String>,
}

impl Why {
    /// Answers what the query asks about an event type, in wall time of the schedule.
    pub(super) async fn asked(
        query: &Form,
        web: &Web,
        host: &SignedIn,
        event: Option<&EventType>,
        schedule: &Schedule,
        problems: &mut Problems,
    ) -> Result<Self, Failure> {
        let (date, time) = (query.text("why_date"), query.text("why_time"));
        let mut why = Self { date, time, ..Self::default() };
        let Some(event) = event else { return Ok(why) };
        let duration = read_length(query.get("why_duration"), &event.terms)
            .map_err(|text| problems.add("why_duration", text))
            .ok();
        why.lengths = choices(&event.terms, duration);
        if !query.has("why_date") {
            return Ok(why);
        }
        let starts = why.starts(schedule, problems);
        let Some(duration) = duration else { return Ok(why) };
        let zone = schedule.time_zone;
        for start in starts {
            let slug = event.terms.slug.to_string();
            let page = Page::own(host.user().handle.to_string(), slug);
            let told = web.app.explain(page, Some(duration), start).await?;
            let time = TimeOfDay::at(zone, start, Clock::TwentyFour);
            why.answers.push(Answer {
                when: format!("{}, {time}", date_with_year(zone.date(start))),
                offered: told.slot.is_some(),
                reasons: told.reasons.into_iter().map(|(_, in_full)| in_full).collect(),
            });
        }
        Ok(why)
    }

    /// When the schedule's clock shows what was typed; none if that can not be read, or is skipped.
    fn starts(&self, schedule: &Schedule, problems: &mut Problems) -> Vec<Instant> {
        let date = parse_date(&self.date).map_err(|_| FieldError::Date);
        let minute = MinuteOfDay::parse(&with_two_digits(&self.time)).ok_or(FieldError::WallTime);
        let date = problems.check("why_date", date);
        let minute = problems.check("why_time", minute);
        let Some((date, minute)) = date.zip(minute) else { return Vec::new() };
        let midnight = LocalDateTime::from(date);
        let local = midnight
            .checked_add_signed(chrono::Duration::minutes(minute.get().into()))
            .unwrap_or(midnight);
        let starts: Vec<Instant> = schedule.time_zone.instants(local).collect();
        if starts.is_empty() {
            let (time, date) = (local.format("%H:%M"), date_with_year(local.date()));
            let text = format!("{time} does not exist on {date}: the clocks skip it");
            problems.add("why_time", text);
        }
        starts
    }
}

/// The length that is asked for; the usual one if none is.
fn read_length(text: &str, terms: &Terms) -> Result<Minutes, String> {
    if text.is_empty() {
        return Ok(terms.duration);
    }
    let length = Bounds::DURATION.parse(text).ok().map(Minutes);
    length.filter(|length| terms.has_duration(*length)).ok_or_else(|| {
        let wrong = WrongDuration { offered: terms.durations() };
        format!("Bookings of this kind last {}", wrong.in_words())
    })
}

/// The lengths to choose from. A single one is shown only to mend a choice that is none.
fn choices(terms: &Terms, chosen: Option<Minutes>) -> Vec<LengthChoice> {
    let all = terms.durations();
    if all.len() == 1 && chosen.is_some() {
        return Vec::new();
    }
    let usual = terms.duration;
    let choice = |length: Minutes| LengthChoice {
        value: if length == usual { String::new() } else { length.0.to_string() },
        text: length.to_string(),
        chosen: length == chosen.unwrap_or(usual),
    };
    all.into_iter().map(choice).collect()
}
