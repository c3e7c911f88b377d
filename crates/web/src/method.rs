//! Methods of an address: `HEAD` is taken wherever `GET` is, and a refusal says in `Allow` what is
//! taken.

use actix_web::{Route, guard, web::route};

/// What an address takes that is only read.
pub(crate) const READ: &str = "GET, HEAD";
/// What an address takes that is read and acted on.
pub(crate) const READ_AND_POST: &str = "GET, HEAD, POST";
/// What an address takes that is read and changed in parts.
pub(crate) const READ_AND_PATCH: &str = "GET, HEAD, PATCH";
/// What an address takes that is read and ended.
pub(crate) const READ_AND_DELETE: &str = "DELETE, GET, HEAD";
/// What an address takes that only acts.
pub(crate) const POST: &str = "POST";

/// `GET` and `HEAD`.
pub(crate) fn read() -> Route {
    route().guard(guard::Any(guard::Get()).or(guard::Head()))
}
