//! Unsafe requests come from our own pages, or not at all (Fetch standard: `Origin` is on every
//! POST that a browser sends).

use actix_web::http::{
    Method,
    header::{HOST, HeaderMap, ORIGIN},
};
use roomkey_core::site::BaseUrl;

/// Whether the request may change anything as far as its sender goes.
pub(crate) fn is_ours(method: &Method, headers: &HeaderMap, public_url: &BaseUrl) -> bool {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return true;
    }
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let from_our_page = text(ORIGIN.as_str())
        .and_then(|origin| origin.strip_prefix("https://").or(origin.strip_prefix("http://")))
        .is_some_and(|host| {
            !host.is_empty()
                && (Some(host) == text(HOST.as_str()) || host == public_url.authority())
        });
    let from_our_site = matches!(text("sec-fetch-site"), None | Some("same-origin" | "none"));
    from_our_page && from_our_site
}

/// Mail programs unsubscribe by a POST without a page of ours (RFC 8058, 3.2). Whoever knows the link in that path may
/// do it anyway, and it changes nothing but that.
pub(crate) fn may_come_from_anywhere(path: &str) -> bool {
    path.starts_with("/b/") && path.ends_with("/reminders")
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn posted(pairs: &[(&'static str, &'static str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        is_ours(&Method::POST, &headers, &"https://book.example.org".parse().unwrap())
    }

    #[test]
    fn only_our_own_pages_may_post() {
        assert!(posted(&[("origin", "http://10.0.0.7:8080"), ("host", "10.0.0.7:8080")]));
        assert!(posted(&[("origin", "https://book.example.org"), ("host", "backend:8080")]));
        assert!(posted(&[
            ("origin", "https://book.example.org"),
            ("host", "book.example.org"),
            ("sec-fetch-site", "same-origin"),
        ]));
        assert!(!posted(&[("host", "book.example.org")]));
        assert!(!posted(&[("origin", "null"), ("host", "book.example.org")]));
        assert!(!posted(&[("origin", "https://evil.example"), ("host", "book.example.org")]));
        assert!(!posted(&[("origin", "https://book.example.org.evil.example"), ("host", "x")]));
        assert!(!posted(&[("origin", "http://"), ("host", "")]));
        assert!(!posted(&[
            ("origin", "https://book.example.org"),
            ("host", "book.example.org"),
            ("sec-fetch-site", "cross-site"),
        ]));
    }
}
