use actix_web::{HttpResponse, web};

use crate::{State, answer, asked::Asked, bearer::Prosody};

/// `POST /conference`: may this room exist now? A repeat gets the same answer.
pub(crate) async fn create(
    prosody: Prosody,
    state: web::Data<State>,
    Asked(name): Asked,
) -> HttpResponse {
    let Some(name) = name else { return answer::bad_form() };
    match state.app.ask_for_room(&name, prosody.server).await {
        Ok(conference) => {
            let site = state.app.site();
            let (response, outcome) = answer::conference(conference.as_ref(), site);
            let opens = conference.as_ref().is_some_and(|asked| asked.opens);
            let room = conference.map(|asked| asked.room.id.to_string());
            tracing::info!(room, outcome, opens, "a conference was asked for");
            metrics::counter!("roomkey_conferences_total", "outcome" => outcome).increment(1);
            response
        }
        Err(error) => answer::away(&error),
    }
}

/// `GET /conference/{id}`: asked after a conflict; the same answer as to the `POST`.
pub(crate) async fn show(
    prosody: Prosody,
    state: web::Data<State>,
    id: web::Path<String>,
) -> HttpResponse {
    match state.app.conference_by_id(&id, prosody.server).await {
        Ok(conference) => answer::conference(conference.as_ref(), state.app.site()).0,
        Err(error) => answer::away(&error),
    }
}

/// `DELETE /conference/{id}`: the room is empty now. The booking goes on: whoever comes back inside
/// the window makes Prosody ask again.
pub(crate) async fn delete(
    prosody: Prosody,
    state: web::Data<State>,
    id: web::Path<String>,
) -> HttpResponse {
    match state.app.room_is_empty(&id, prosody.server).await {
        Ok(Some(room)) => {
            tracing::info!(%room, "a conference is empty");
            HttpResponse::NoContent().finish()
        }
        Ok(None) => answer::unknown(),
        Err(error) => answer::away(&error),
    }
}
