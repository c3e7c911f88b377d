//! Why is a time offered, or not? Every reason, for the host.

use roomkey_app::Page;
use roomkey_core::{
    availability::Schedule,
    event_type::EventType,
    text::FieldError,
    time::{Edge, MinuteOfDay, parse_date},
};

use super::weekly::with_two_digits;
use crate::{
    Web,
    failure::Failure,
    form::Form,
    session::SignedIn,
    view::{Problems, date_with_year},
};

/// A question about one start, and its answer.
#[derive(Debug, Default)]
pub(crate) struct Why {
    pub(crate) date: String,
    pub(crate) time: String,
    pub(crate) answer: Option<Answer>,
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
        let mut why =
            Self { date: query.text("why_date"), time: query.text("why_time"), answer: None };
        let Some(event) = event.filter(|_| query.has("why_date")) else { return Ok(why) };
        let date = parse_date(&why.date).map_err(|_| FieldError::Date);
        let minute = MinuteOfDay::parse(&with_two_digits(&why.time)).ok_or(FieldError::WallTime);
        let date = problems.check("why_date", date);
        let minute = problems.check("why_time", minute);
        if let (Some(date), Some(minute)) = (date, minute) {
            let start = schedule.time_zone.resolve(date, minute, Edge::Start);
            let slug = event.terms.slug.to_string();
            let page = Page::own(host.user().handle.to_string(), slug);
            let told = web.app.explain(page, None, start).await?;
            why.answer = Some(Answer {
                when: format!("{}, {}", date_with_year(date), minute.wall()),
                offered: told.slot.is_some(),
                reasons: told.reasons.into_iter().map(|(_, in_full)| in_full).collect(),
            });
        }
        Ok(why)
    }
}
