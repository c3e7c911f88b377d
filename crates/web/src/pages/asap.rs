//! `/asap/{file}`: the public halves of the keys that sign room tokens, where Jitsi's Prosody looks for them:
//! `asap_key_server` asks for `{sha256 of the key's id}.pem`, `cache_keys_url` for a set of all (RFC 7517).

use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, ContentType},
    web::{Data, Path},
};
use serde_json::json;

use crate::{Web, failure::Failure};

/// A key of that id stays what it is: another key has another id.
const KEPT: (actix_web::http::header::HeaderName, &str) = (CACHE_CONTROL, "public, max-age=3600");

pub(crate) async fn get(web: Data<Web>, file: Path<String>) -> Result<HttpResponse, Failure> {
    if file.as_str() == "jwks.json" {
        let keys: Vec<_> = web.app.token_keys().map(|key| &key.jwk).collect();
        return Ok(HttpResponse::Ok().insert_header(KEPT).json(json!({"keys": keys})));
    }
    let address = file.strip_suffix(".pem").ok_or(Failure::NotFound)?;
    let key = web.app.token_keys().find(|key| key.address == address);
    let key = key.ok_or(Failure::NotFound)?;
    let kind = ContentType("application/x-pem-file".parse().map_err(|_| Failure::Internal)?);
    Ok(HttpResponse::Ok().insert_header(KEPT).content_type(kind).body(key.pem.clone()))
}
