//! `/`: leads on. There is nothing to sell here.

use actix_web::{HttpRequest, HttpResponse, web::Data};

use super::see_other;
use crate::{Web, failure::Failure, session};

pub(crate) async fn get(request: HttpRequest, web: Data<Web>) -> Result<HttpResponse, Failure> {
    Ok(see_other(if session::is_signed_in(&request, &web).await? {
        "/app/bookings"
    } else if web.app.needs_setup().await? {
        "/setup"
    } else {
        "/sign-in"
    }))
}
