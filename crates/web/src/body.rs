//! The bodies of requests, whole and in time.

use std::{future::Future, time::Duration};

use actix_web::{
    FromRequest, HttpRequest, dev::Payload, http::StatusCode, rt::time::timeout, web::Bytes,
};

/// How long a body may take to arrive: a form of a few kilobytes takes that long on no line that
/// is one. Who holds the rest back would hold up a stop, too.
const PATIENCE: Duration = Duration::from_secs(15);

/// The octets of a body, or the status that refuses it: 408 too slow, 413 too large, 400 cut off.
pub(crate) fn read(
    request: &HttpRequest,
    payload: &mut Payload,
) -> impl Future<Output = Result<Bytes, StatusCode>> + use<> {
    let octets = Bytes::from_request(request, payload);
    async move {
        match timeout(PATIENCE, octets).await {
            Ok(octets) => octets.map_err(|error| error.as_response_error().status_code()),
            Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
        }
    }
}
