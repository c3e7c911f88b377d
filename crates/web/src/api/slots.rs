//! `GET /api/v1/slots`: free times, for everybody.

use actix_web::{HttpRequest, HttpResponse, http::header::ContentType, web::Data};
use arrayvec::ArrayString;
use roomkey_app::Page;
use roomkey_core::{
    availability::Slot,
    event_type::Bounds,
    text::{FieldError, Handle, Slug},
    time::{Minutes, Span, TimeWriter, TimeZone, parse_date},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    body::Reader,
    problem::{Problem, WrongField},
};
use crate::{Web, address, form::Form};

/// The longest range that is answered.
const MOST_DAYS: i64 = 92;

/// Octets of a slot at most, without seats.
const SLOT: usize =
    r#",{"start":"2026-12-03T10:00:00+01:00","end":"2026-12-03T10:30:00+01:00"}"#.len();

/// Free times.
#[derive(Serialize, ToSchema)]
struct Slots {
    /// In which they are written.
    time_zone: &'static str,
    slots: Vec<SlotJson>,
}

/// A free time.
#[derive(Serialize, ToSchema)]
#[schema(as = Slot)]
pub(super) struct SlotJson {
    #[schema(value_type = String, format = DateTime)]
    start: TimeText,
    #[schema(value_type = String, format = DateTime)]
    end: TimeText,
    /// For how many more people there is room, where several can book the same time.
    #[serde(skip_serializing_if = "Option::is_none")]
    seats_left: Option<u32>,
}

impl SlotJson {
    pub(super) fn new(slot: &Slot, writer: &mut TimeWriter) -> Self {
        let mut written = |at| TimeText::from(writer.write(at)).unwrap_or_default();
        let Slot { start, end, seats_left } = *slot;
        Self { start: written(start), end: written(end), seats_left }
    }
}

/// Longer than any time is written.
type TimeText = ArrayString<48>;

/// Free times of an event type.
#[utoipa::path(
    get,
    path = "/api/v1/slots",
    operation_id = "listSlots",
    tag = "slots",
    security(()),
    params(
        ("host" = String, Query, description = "The host's handle."),
        ("event" = String, Query, description = "The event type's slug."),
        ("from" = String, Query, description = "The first date in `tz`, like `2026-12-01`."),
        ("to" = String, Query, description = "The last date in `tz`, included; at most 92 days."),
        ("tz" = String, Query, description = "The zone in which times are written."),
        ("duration" = Option<u32>, Query, description = "In minutes; must be one that is offered."),
        ("link" = Option<String>, Query,
            description = "A link to the event type: what follows `link=` in its address."),
    ),
    responses(
        (status = 200, description = "The free times, by start.", body = Slots),
        (status = 400, description = "The query can not be read; `fields` says why."),
        (status = 404, description = "There is no such event type, or only with a link."),
        (status = 410, description = "`link_gone`: the link is used up or has expired."),
    ),
)]
pub(super) async fn get(request: HttpRequest, web: Data<Web>) -> Result<HttpResponse, Problem> {
    let query = Form::query(&request);
    let mut reader = Reader::default();
    let page = page(&query, &mut reader);
    let date = |text: &str| parse_date(text).map_err(|_| FieldError::Date);
    let from = reader.parameter(&query, "from", date);
    let to = reader.parameter(&query, "to", date);
    let zone = reader.parameter(&query, "tz", zone);
    let duration = duration(&query, &mut reader);
    if let (Some(from), Some(to)) = (from, to) {
        let days = to.signed_duration_since(from).num_days() + 1;
        if !(1..=MOST_DAYS).contains(&days) {
            let message = format!("Ask for 1 to {MOST_DAYS} days, 'from' not after 'to'");
            reader.wrong(WrongField::with("to", "out_of_range", message));
        }
    }
    reader.finish_query()?;
    let Some(((page, (from, to)), zone)) = page.zip(from.zip(to)).zip(zone) else {
        return Err(Problem::bad_request("The query is not complete."));
    };
    let after = to.succ_opt().unwrap_or(to);
    let range = Span { start: zone.start_of(from), end: zone.start_of(after) };
    let offered = web.app.slots(page, duration, range).await?;
    Ok(HttpResponse::Ok().content_type(ContentType::json()).body(written(zone, &offered.slots)))
}

/// [`Slots`] as JSON. Nothing is asked for more often, or is longer: written by hand it takes half the time, since
/// neither times nor names of zones have anything to escape.
fn written(zone: TimeZone, slots: &[Slot]) -> Vec<u8> {
    let mut writer = TimeWriter::new(zone);
    let mut json = Vec::with_capacity(64 + SLOT * slots.len());
    for part in ["{\"time_zone\":\"", zone.name(), "\",\"slots\":["] {
        json.extend_from_slice(part.as_bytes());
    }
    for (place, slot) in slots.iter().enumerate() {
        let begin: &[u8] = if place == 0 { b"{\"start\":\"" } else { b",{\"start\":\"" };
        json.extend_from_slice(begin);
        json.extend_from_slice(writer.write_ascii(slot.start));
        json.extend_from_slice(b"\",\"end\":\"");
        json.extend_from_slice(writer.write_ascii(slot.end));
        json.push(b'"');
        if let Some(left) = slot.seats_left {
            json.extend_from_slice(format!(",\"seats_left\":{left}").as_bytes());
        }
        json.push(b'}');
    }
    json.extend_from_slice(b"]}");
    json
}

/// The event type that a query about free times names by `host` and `event`, and perhaps `link`.
pub(super) fn page(query: &Form, reader: &mut Reader) -> Option<Page> {
    let handle = reader.parameter(query, "host", str::parse::<Handle>);
    let slug = reader.parameter(query, "event", str::parse::<Slug>);
    let link = address::link(query).map(|link| link.hash());
    Some(Page { link, ..Page::new(handle?.to_string(), slug?.to_string()) })
}

/// The length that it asks for, if it does.
pub(super) fn duration(query: &Form, reader: &mut Reader) -> Option<Minutes> {
    let parse = |text: &str| Bounds::DURATION.parse(text);
    reader.parameter_if_any(query, "duration", parse).map(Minutes)
}

/// Reads a zone's name.
pub(super) fn zone(name: &str) -> Result<TimeZone, FieldError> {
    name.parse().map_err(|_| FieldError::TimeZone)
}

#[cfg(test)]
mod tests {
    use roomkey_core::time::Instant;

    use super::*;

    #[test]
    fn written_by_hand_it_is_what_serde_writes() {
        let at = |text| Instant::parse(text).unwrap();
        let slot = |start, end, seats_left| Slot { start: at(start), end: at(end), seats_left };
        let slots = [
            slot("2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", None),
            slot("2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z", Some(1)),
            slot("2026-12-31T23:45:00Z", "2027-01-01T00:15:00Z", Some(12)),
        ];
        for zone in ["Europe/London", "Asia/Kathmandu", "UTC", "America/Argentina/ComodRivadavia"] {
            let zone: TimeZone = zone.parse().unwrap();
            for slots in [&slots[..], &slots[..1], &[]] {
                let mut writer = TimeWriter::new(zone);
                let told = slots.iter().map(|slot| SlotJson::new(slot, &mut writer)).collect();
                let told = Slots { time_zone: zone.name(), slots: told };
                assert_eq!(written(zone, slots), serde_json::to_vec(&told).unwrap());
            }
        }
    }
}
