//! `/b/{token}/calendar.ics`: the booking for a calendar, in the view of the link's holder.

use actix_web::{
    HttpResponse,
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    web::{Data, Path},
};
use roomkey_core::invite::Invite;

use super::booked::to_look_at;
use crate::{Web, failure::Failure};

pub(crate) async fn get(web: Data<Web>, token: Path<String>) -> Result<HttpResponse, Failure> {
    let found = to_look_at(&web, &token).await?;
    let details = &found.details;
    let invite = Invite {
        booking: &details.booking,
        event_type: &details.event_type,
        host: &details.host,
        room: details.room.as_ref(),
        reader: found.side,
        guest: None,
        link: details.link(found.side),
        site: web.app.site(),
        sequence: details.booking.ical_sequence,
        stamp: found.now,
    };
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/calendar; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"booking.ics\""))
        .body(invite.calendar_file()))
}
