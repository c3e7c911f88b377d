//! Static files: embedded in the binary, served under names that hold their hash, so that browsers
//! may keep them for ever.

use std::{
    borrow::Cow,
    io::Write as _,
    sync::{LazyLock, OnceLock},
};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{
        self, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, VARY,
    },
    web,
};
use data_encoding::HEXLOWER;
use flate2::{Compression, write::GzEncoder};
use rust_embed::Embed;

#[derive(Embed)]
#[folder = "../../static"]
struct Files;

/// A file as it is served.
struct Asset {
    url: String,
    content_type: &'static str,
    plain: web::Bytes,
    /// Made at the first request that takes it: compressing all at start would slow the start.
    gzipped: OnceLock<Option<web::Bytes>>,
}

static STYLE: LazyLock<Asset> = LazyLock::new(|| Asset::load("roomkey.css"));
static SCRIPT: LazyLock<Asset> = LazyLock::new(|| Asset::load("roomkey.js"));
static MARK: LazyLock<Asset> = LazyLock::new(|| Asset::load("mark.svg"));
static ICONS: LazyLock<Asset> = LazyLock::new(|| Asset::load("icons.svg"));

/// The address of the stylesheet.
pub(crate) fn style() -> &'static str {
    &STYLE.url
}

/// The address of the script.
pub(crate) fn script() -> &'static str {
    &SCRIPT.url
}

/// The address of the mark, for the browser's tab.
pub(crate) fn mark() -> &'static str {
    &MARK.url
}

/// The address of the icons, each a `<symbol>`.
pub(crate) fn icons() -> &'static str {
    &ICONS.url
}

impl Asset {
    fn load(name: &'static str) -> Self {
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
        let file = Files::get(name);
        let hash = file.as_ref().map(|f| f.metadata.sha256_hash()).unwrap_or_default();
        let short = HEXLOWER.encode(hash.first_chunk::<8>().map_or(&[], |bytes| bytes.as_slice()));
        let plain = match file.map(|f| f.data) {
            Some(Cow::Borrowed(bytes)) => web::Bytes::from_static(bytes),
            Some(Cow::Owned(bytes)) => web::Bytes::from(bytes),
            None => web::Bytes::new(),
        };
        let content_type = match extension {
            "css" => "text/css; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            _ => "image/svg+xml",
        };
        Self {
            url: format!("/static/{stem}.{short}.{extension}"),
            content_type,
            plain,
            gzipped: OnceLock::new(),
        }
    }

    fn gzipped(&self) -> Option<web::Bytes> {
        let compress = || {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(&self.plain).ok()?;
            encoder.finish().ok().map(web::Bytes::from)
        };
        self.gzipped.get_or_init(compress).clone()
    }
}

/// `GET /static/{name}`.
pub(crate) async fn get(request: HttpRequest) -> HttpResponse {
    let found = [&STYLE, &SCRIPT, &MARK, &ICONS].into_iter().find(|a| a.url == request.path());
    let Some(asset) = found else {
        return HttpResponse::NotFound().finish();
    };
    let mut response = HttpResponse::Ok();
    response
        .insert_header((CONTENT_TYPE, asset.content_type))
        .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((VARY, "Accept-Encoding"));
    match takes_gzip(request.headers()).then(|| asset.gzipped()).flatten() {
        Some(body) => response.insert_header((CONTENT_ENCODING, "gzip")).body(body),
        None => response.body(asset.plain.clone()),
    }
}

fn takes_gzip(headers: &header::HeaderMap) -> bool {
    headers.get(ACCEPT_ENCODING).and_then(|value: &HeaderValue| value.to_str().ok()).is_some_and(
        |value| {
            value.split(',').any(|coding| {
                let mut parts = coding.split(';').map(str::trim);
                parts.next() == Some("gzip") && !parts.any(|p| p == "q=0")
            })
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_there_and_named_by_its_hash() {
        for asset in [&STYLE, &SCRIPT, &MARK, &ICONS] {
            assert!(asset.plain.len() > 100, "{}", asset.url);
            assert!(asset.gzipped().unwrap().len() < asset.plain.len());
            assert_eq!(asset.url.split('.').nth(1).unwrap().len(), 16, "{}", asset.url);
        }
    }
}
