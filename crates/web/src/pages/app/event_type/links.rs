//! `POST /app/event-types/{slug}/links` and `…/links/{id}/remove`, and the section of the editor that
//! lists the links of an event type.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use roomkey_app::{EventLinkError, IssuedLink, NewEventLink};
use roomkey_core::{
    availability::Schedule,
    event_type::{Bounds, EventLink, EventType, LinkRefusal, Prefill},
    ids::EventLinkId,
    text::{EmailAddress, FieldError, PersonName, Title},
    time::{Instant, TimeZone, parse_date},
};

use super::{Answers, Page, find};
use crate::{
    Web,
    failure::Failure,
    form::Form,
    pages::{page, see_other},
    session::SignedIn,
    view::{Clock, Problems, TimeOfDay, date_with_year},
};

/// The links of an event type, and the form for another.
#[derive(Debug)]
pub(crate) struct Links {
    pub(crate) rows: Vec<LinkRow>,
    /// By whose time a link's last day ends.
    pub(crate) city: String,
    pub(crate) form: LinkForm,
}

/// A link of the list.
#[derive(Debug)]
pub(crate) struct LinkRow {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) url: String,
    /// `1 booking left`.
    pub(crate) uses: String,
    /// `until Thursday 3 December 2026`, if it ends.
    pub(crate) until: Option<String>,
    /// Whom it is made for, as far as the form is filled in.
    pub(crate) prefill: Option<String>,
    /// Whether it still opens the page.
    pub(crate) works: bool,
}

/// The form, as it was typed.
#[derive(Debug, Default)]
pub(crate) struct LinkForm {
    pub(crate) name: String,
    pub(crate) uses: String,
    pub(crate) until: String,
    pub(crate) prefill_name: String,
    pub(crate) prefill_email: String,
}

impl LinkForm {
    fn typed(form: &Form) -> Self {
        Self {
            name: form.text("link_name"),
            uses: form.text("link_uses"),
            until: form.text("link_until"),
            prefill_name: form.text("link_prefill_name"),
            prefill_email: form.text("link_prefill_email"),
        }
    }
}

impl Links {
    pub(super) async fn of(
        web: &Web,
        host: &SignedIn,
        event: &EventType,
        schedules: &[Schedule],
        form: LinkForm,
    ) -> Result<Self, Failure> {
        let zone = zone(event, schedules, host.user().time_zone);
        let now = web.app.now();
        let all = web.app.event_links(event.id).await?;
        let row = |IssuedLink { link, token }: &IssuedLink| LinkRow {
            id: link.id.to_string(),
            name: link.name.to_string(),
            url: web.app.site().event_link(&host.user().handle, &event.terms.slug, token),
            uses: uses(link),
            until: until(link, zone, now),
            prefill: prefill(&link.prefill),
            works: link.check(now).is_ok(),
        };
        Ok(Self { rows: all.iter().map(row).collect(), city: zone.city(), form })
    }
}

/// The zone of the event type's schedule, in which its days begin and end.
fn zone(event: &EventType, schedules: &[Schedule], usual: TimeZone) -> TimeZone {
    schedules
        .iter()
        .find(|schedule| event.terms.is_by(schedule))
        .map_or(usual, |schedule| schedule.time_zone)
}

fn uses(link: &EventLink) -> String {
    match link.uses_left {
        None => "Any number of bookings".to_owned(),
        Some(0) => "Used up".to_owned(),
        Some(1) => "1 booking left".to_owned(),
        Some(left) => format!("{left} bookings left"),
    }
}

fn until(link: &EventLink, zone: TimeZone, now: Instant) -> Option<String> {
    let end = link.expires_at?;
    let word = if link.check(now) == Err(LinkRefusal::Expired) { "expired after" } else { "until" };
    let last_day = zone.date(end.plus_micros(-1));
    let day = date_with_year(last_day);
    // Whole days are told by the last of them.
    let is_whole = last_day.succ_opt().is_some_and(|next| zone.start_of(next) == end);
    Some(if is_whole {
        format!("{word} {day}")
    } else {
        format!("{word} {day}, {}", TimeOfDay::at(zone, end, Clock::TwentyFour))
    })
}

fn prefill(Prefill { name, email }: &Prefill) -> Option<String> {
    match (name, email) {
        (None, None) => None,
        (Some(name), None) => Some(name.to_string()),
        (None, Some(email)) => Some(email.to_string()),
        (Some(name), Some(email)) => Some(format!("{name}, {email}")),
    }
}

/// Makes a link.
pub(crate) async fn post(
    request: HttpRequest,
    web: Data<Web>,
    host: SignedIn,
    slug: Path<String>,
    form: Form,
) -> Result<HttpResponse, Failure> {
    host.check(&form)?;
    let event = find(&web, &host, &slug).await?;
    let owner = host.user().id;
    let schedules = web.app.schedules(owner).await?;
    let zone = zone(&event, &schedules, host.user().time_zone);
    let mut problems = Problems::default();
    if let Some(new) = read(&form, zone, web.app.now(), &mut problems) {
        match web.app.add_event_link(owner, event.id, new).await {
            Ok(_) => {
                let slug = &event.terms.slug;
                return Ok(see_other(format!("/app/event-types/{slug}?done=link#links")));
            }
            Err(EventLinkError::TooMany) => {
                problems.add("link_name", "There are too many links, remove some first");
            }
            Err(EventLinkError::Unknown) => return Err(Failure::NotFound),
            Err(EventLinkError::Store(error)) => return Err(error.into()),
        }
    }
    let answers = Answers::stored(&event.terms);
    let mut contents =
        Page::new(&request, &web, &host, Some(&event), &schedules, answers, problems);
    let typed = LinkForm::typed(&form);
    contents.links = Some(Links::of(&web, &host, &event, &schedules, typed).await?);
    page(StatusCode::UNPROCESSABLE_ENTITY, &contents)
}

fn read(
    form: &Form,
    zone: TimeZone,
    now: Instant,
    problems: &mut Problems,
) -> Option<NewEventLink> {
    let name = problems.check("link_name", form.get("link_name").parse::<Title>());
    let uses = match form.get("link_uses").trim() {
        "" => Some(None),
        text => problems.check("link_uses", Bounds::LINK_USES.parse(text)).map(Some),
    };
    let expires_at = match form.get("link_until") {
        "" => Some(None),
        text => problems.check("link_until", last_moment(text, zone)).map(Some),
    };
    if expires_at.flatten().is_some_and(|end| end <= now) {
        problems.add("link_until", "Choose a day that has not passed");
    }
    let customer = match form.get("link_prefill_name") {
        "" => Some(None),
        text => problems.check("link_prefill_name", text.parse::<PersonName>()).map(Some),
    };
    let email = match form.get("link_prefill_email") {
        "" => Some(None),
        text => problems.check("link_prefill_email", text.parse::<EmailAddress>()).map(Some),
    };
    let prefill = Prefill { name: customer?, email: email? };
    let new = NewEventLink { name: name?, uses: uses?, expires_at: expires_at?, prefill };
    problems.is_empty().then_some(new)
}

/// The end of a day.
fn last_moment(text: &str, zone: TimeZone) -> Result<Instant, FieldError> {
    let next = parse_date(text).ok().and_then(|date| date.succ_opt()).ok_or(FieldError::Date)?;
    Ok(zone.start_of(next))
}

/// Removes a link: what it opened is closed to whoever has it.
pub(crate) async fn post_remove(
    web: Data<Web>,
    host: SignedIn,
    path: Path<(String, String)>,
    form: Form,
) -> Result<HttpResponse, Failure> {
    host.check(&form)?;
    let (slug, id) = path.into_inner();
    let event = find(&web, &host, &slug).await?;
    let id = id.parse::<EventLinkId>().map_err(|_| Failure::NotFound)?;
    // One that is gone already is gone all the same.
    web.app.remove_event_link(event.id, id).await?;
    Ok(see_other(format!("/app/event-types/{}?done=link-gone#links", event.terms.slug)))
}

#[cfg(test)]
impl Links {
    pub(crate) fn sample() -> Self {
        let row = |works: bool| LinkRow {
            id: format!("id-{works}"),
            name: "For <b>bold</b> Bo".into(),
            url: "http://localhost:8080/ada/intro?link=secret".into(),
            uses: "1 booking left".into(),
            until: Some("until Thursday 3 December 2026".into()),
            prefill: Some("Bo <b>bold</b>".into()),
            works,
        };
        let form = LinkForm { name: "<b>bold</b>".into(), ..LinkForm::default() };
        Self { rows: vec![row(true), row(false)], city: "London".into(), form }
    }
}
