//! What the list of bookings is searched for: as it was asked, and as the store takes it.

use roomkey_app::{BookingFilter, BookingSearch};
use roomkey_core::{
    booking::Attendance,
    event_type::EventType,
    ids::EventTypeId,
    text::{FieldError, Line},
    time::{Instant, TimeZone, parse_date},
};

use super::Tab;
use crate::{form::Form, view::Problems};

/// The form.
#[derive(Debug, Default)]
pub(crate) struct Search {
    pub(crate) text: String,
    /// A slug; empty for all event types.
    pub(crate) event: String,
    pub(crate) from: String,
    pub(crate) to: String,
    /// The name of a mark; empty for all bookings.
    pub(crate) came: String,
    /// Slugs and titles to choose from.
    pub(crate) events: Vec<(String, String)>,
    pub(crate) problems: Problems,
}

/// What it asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    text: Option<String>,
    event_type: Option<EventTypeId>,
    /// The first moment of the first day.
    from: Option<Instant>,
    /// The first moment after the last day.
    to: Option<Instant>,
    attendance: Option<Attendance>,
}

impl Search {
    /// Days are those of the host's zone. Nothing is wanted where something makes no sense.
    pub(super) fn read(
        query: &Form,
        event_types: &[EventType],
        zone: TimeZone,
    ) -> (Self, Option<Wanted>) {
        let slug_and_title = |event_type: &EventType| {
            (event_type.terms.slug.to_string(), event_type.terms.title.to_string())
        };
        let mut search = Self {
            text: query.get("q").trim().to_owned(),
            event: query.text("event"),
            from: query.text("from"),
            to: query.text("to"),
            came: query.text("came"),
            events: event_types.iter().map(slug_and_title).collect(),
            problems: Problems::default(),
        };
        let mut problems = Problems::default();
        let given = |text: &str| !text.is_empty();
        let text =
            given(&search.text).then(|| problems.check("q", search.text.parse::<Line>())).flatten();
        let event_type = given(&search.event)
            .then(|| {
                let is_it = |each: &&EventType| each.terms.slug.as_str() == search.event;
                let found = event_types.iter().find(is_it).map(|each| each.id);
                problems.check("event", found.ok_or(FieldError::Choice))
            })
            .flatten();
        let mut date = |id, text: &str| {
            let parsed = || parse_date(text).map_err(|_| FieldError::Date);
            given(text).then(|| problems.check(id, parsed())).flatten()
        };
        let from = date("from", &search.from);
        let to = date("to", &search.to);
        let attendance = given(&search.came)
            .then(|| {
                let mark = search.came.parse::<Attendance>().map_err(|_| FieldError::Choice);
                problems.check("came", mark)
            })
            .flatten();
        let wanted = problems.is_empty().then(|| Wanted {
            text: text.map(|text| text.to_string()),
            event_type,
            from: from.map(|date| zone.start_of(date)),
            to: to.map(|date| date.succ_opt().map_or(Instant::MAX, |next| zone.start_of(next))),
            attendance,
        });
        search.problems = problems;
        (search, wanted)
    }

    /// Whether it leaves anything out.
    pub(crate) fn is_any(&self) -> bool {
        self.fields().next().is_some()
    }

    fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let fields = [
            ("q", &self.text),
            ("event", &self.event),
            ("from", &self.from),
            ("to", &self.to),
            ("came", &self.came),
        ];
        fields
            .into_iter()
            .map(|(name, text)| (name, text.as_str()))
            .filter(|(_, text)| !text.is_empty())
    }

    /// The address of the same search on a page, under a tab.
    pub(crate) fn path(&self, page: &str, tab: Tab) -> String {
        let fields: Vec<_> = [("show", tab.as_str())].into_iter().chain(self.fields()).collect();
        format!("{page}?{}", serde_urlencoded::to_string(fields).unwrap_or_default())
    }
}

impl Wanted {
    /// Those of a list that are wanted, and have ended by then.
    pub(super) fn narrow(
        self,
        list: BookingFilter,
        over_by: Option<Instant>,
    ) -> (BookingFilter, BookingSearch) {
        let later = |a: Instant, b: Instant| a.max(b);
        let earlier = |a: Instant, b: Instant| a.min(b);
        let filter = BookingFilter {
            from: both(list.from, self.from, later),
            to: both(list.to, self.to, earlier),
            ..list
        };
        let Self { text, event_type, attendance, .. } = self;
        let search = BookingSearch { text, event_type, over_by, attendance };
        (filter, search)
    }
}

fn both<T>(a: Option<T>, b: Option<T>, pick: impl FnOnce(T, T) -> T) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(pick(a, b)),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
impl Search {
    pub(crate) fn sample() -> Self {
        let mut problems = Problems::default();
        problems.add("from", "Enter a date that exists, like 2026-12-03");
        Self {
            text: "\"<b>bo</b>".into(),
            event: "intro".into(),
            from: "x".into(),
            to: String::new(),
            came: "no_show".into(),
            events: vec![("intro".into(), "Intro <b>call</b>".into())],
            problems,
        }
    }
}
