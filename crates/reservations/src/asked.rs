use std::{future::Future, pin::Pin, time::Duration};

use actix_web::{FromRequest, HttpRequest, dev::Payload, rt::time::timeout, web::Form};
use serde::Deserialize;

/// How long the few bytes of a question may take to arrive.
const PATIENCE: Duration = Duration::from_secs(15);

/// What `mod_reservations` sends. `start_time` is when the request was made and `mail_owner` a
/// random address, so neither counts.
#[derive(Deserialize)]
struct Fields {
    name: String,
}

/// The name of the room that Prosody asks for; none if the request says none.
pub(crate) struct Asked(pub(crate) Option<String>);

impl FromRequest for Asked {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let form = Form::<Fields>::from_request(request, payload);
        Box::pin(async move {
            let form = timeout(PATIENCE, form).await;
            Ok(Self(form.ok().and_then(Result::ok).map(|form| form.into_inner().name)))
        })
    }
}
