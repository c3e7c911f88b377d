//! `/sign-out`: ends the session, here and in the database.

use actix_web::{HttpResponse, http::header::LOCATION, web::Data};

use crate::{
    Web,
    failure::Failure,
    form::Form,
    session::{self, SignedIn},
};

pub(crate) async fn post(
    web: Data<Web>,
    host: SignedIn,
    form: Form,
) -> Result<HttpResponse, Failure> {
    host.check(&form)?;
    web.app.sign_out(&host.token).await?;
    Ok(HttpResponse::SeeOther()
        .insert_header((LOCATION, "/sign-in?done=signed-out"))
        .cookie(session::expired_cookie(&web))
        .finish())
}
