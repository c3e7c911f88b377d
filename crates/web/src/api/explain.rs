//! `GET /api/v1/slots/explain`: whether a time is offered, and why not.

use std::collections::HashSet;

use actix_web::{HttpRequest, HttpResponse, web::Data};
use roomkey_app::{Explained, Page};
use roomkey_core::{
    account::Scope,
    availability::Refusal,
    booking::Side,
    text::FieldError,
    time::{Instant, TimeWriter, TimeZone},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    body::Reader,
    caller,
    problem::Problem,
    slots::{self, SlotJson},
};
use crate::{Web, form::Form};

/// Whether a time is offered, and all that speaks against it.
#[derive(Serialize, ToSchema)]
struct Explanation {
    /// In which times are written.
    time_zone: &'static str,
    /// Whether it can be booked at this moment.
    offered: bool,
    /// The slot, if it can be booked.
    #[schema(required)]
    slot: Option<SlotJson>,
    /// What speaks against it, the first reason first; none if it can be booked.
    reasons: Vec<ReasonJson>,
}

/// What speaks against a time.
#[derive(Serialize, ToSchema)]
#[schema(as = Reason)]
struct ReasonJson {
    /// A stable name; without the host's key only those that tell nothing of the host's day.
    code: &'static str,
    /// In words: with the host's key in full.
    message: String,
}

/// Why a time is offered or not.
#[utoipa::path(
    get,
    path = "/api/v1/slots/explain",
    operation_id = "explainSlot",
    tag = "slots",
    security((), ("key" = ["bookings:read"])),
    params(
        ("host" = String, Query, description = "The host's handle."),
        ("event" = String, Query, description = "The event type's slug."),
        ("at" = String, Query, description = "The start to explain, like `2026-12-03T09:00:00Z`."),
        ("tz" = Option<String>, Query,
            description = "The zone in which times are written; the schedule's if left out."),
        ("duration" = Option<u32>, Query, description = "In minutes; must be one that is offered."),
        ("link" = Option<String>, Query,
            description = "A link to the event type; its host needs none."),
    ),
    responses(
        (status = 200, description = "The verdict, with every reason. With a key of the host's in \
            full, without in mild words.", body = Explanation),
        (status = 400, description = "The query can not be read; `fields` says why."),
        (status = 401, description = "The key is none that is known."),
        (status = 403, description = "The key has not the scope."),
        (status = 404, description = "There is no such event type, or only with a link."),
        (status = 410, description = "`link_gone`: the link is used up or has expired."),
    ),
)]
pub(super) async fn get(request: HttpRequest, web: Data<Web>) -> Result<HttpResponse, Problem> {
    let caller = caller::optional(&request, &web).await?;
    if let Some(caller) = &caller {
        caller::allow(caller, Scope::BookingsRead)?;
    }
    let query = Form::query(&request);
    let mut reader = Reader::default();
    let page = slots::page(&query, &mut reader);
    // A plus sign that nobody escaped arrives as a space.
    let instant =
        |text: &str| Instant::parse(&text.replace(' ', "+")).map_err(|_| FieldError::Instant);
    let at = reader.parameter(&query, "at", instant);
    let zone = reader.parameter_if_any(&query, "tz", slots::zone);
    let duration = slots::duration(&query, &mut reader);
    reader.finish_query()?;
    let Some((page, at)) = page.zip(at) else {
        return Err(Problem::bad_request("The query is not complete."));
    };
    let is_own = caller.as_ref().is_some_and(|caller| caller.host.handle.as_str() == page.handle);
    let page = if is_own { Page { by: Side::Host, ..page } } else { page };
    let explained = web.app.explain(page, duration, at).await?;
    let is_host = caller.is_some_and(|caller| caller.host.id == explained.host.id);
    let zone = zone.unwrap_or(explained.schedule.time_zone);
    Ok(HttpResponse::Ok().json(Explanation::new(explained, zone, is_host)))
}

impl Explanation {
    fn new(explained: Explained, zone: TimeZone, is_host: bool) -> Self {
        let mut reasons: Vec<ReasonJson> = explained
            .reasons
            .into_iter()
            .map(|(refusal, in_full)| {
                if is_host {
                    ReasonJson { code: refusal.code(), message: in_full }
                } else {
                    ReasonJson { code: mild(refusal), message: refusal.to_string() }
                }
            })
            .collect();
        // What the host is told apart is the same for customers.
        let mut told = HashSet::new();
        reasons.retain(|reason| is_host || told.insert(reason.code));
        Self {
            time_zone: zone.name(),
            offered: explained.slot.is_some(),
            slot: explained.slot.map(|slot| SlotJson::new(&slot, &mut TimeWriter::new(zone))),
            reasons,
        }
    }
}

/// Whether a host is away, busy elsewhere or just not at work is nobody else's business.
const fn mild(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::TimeOff { .. } => Refusal::OutsideHours.code(),
        Refusal::BusyElsewhere { by, .. } => Refusal::Taken { by }.code(),
        other => other.code(),
    }
}
