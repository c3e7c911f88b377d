//! What every answer wears: security headers, the request's id, and where a request failed, a page
//! that says so. It also turns away unsafe requests that come from elsewhere.

use actix_web::{
    Error, HttpMessage as _, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method, StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap,
            HeaderName, HeaderValue, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
            X_CONTENT_TYPE_OPTIONS,
        },
    },
    middleware::Next,
    web::Data,
};
use tracing_actix_web::RequestId;

use crate::{Web, address, failure::Failure, form::Form, origin, theme, view::Shell};

/// Nothing from elsewhere, nothing inline.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The policy of a page whose form leads to another origin as well.
pub(crate) fn policy_with_form_action(origin: &str) -> HeaderValue {
    let wider = POLICY.replace("form-action 'self'", &format!("form-action 'self' {origin}"));
    HeaderValue::from_str(&wider).unwrap_or(HeaderValue::from_static(POLICY))
}

/// The middleware around all pages.
pub(crate) async fn page(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let web = request.app_data::<Data<Web>>().cloned();
    let public_url = web.as_ref().map(|web| &web.app.site().public_url);
    let allowed = origin::may_come_from_anywhere(request.path())
        || public_url.is_some_and(|url| origin::is_ours(request.method(), request.headers(), url));
    let secure = public_url.is_some_and(roomkey_core::site::BaseUrl::is_https);
    let reference = request.extensions().get::<RequestId>().map(ToString::to_string);
    let shell = Shell { theme: theme::of(request.request()), flash: None };
    let has_link = !request.query_string().is_empty() && {
        let query = Form::query(request.request());
        query.has(address::LINK) || query.has(address::WAITING)
    };
    let manners = Manners::of(request.method(), request.path(), has_link);

    let mut response = if allowed {
        next.call(request).await?.map_into_boxed_body()
    } else {
        let text = "The request did not come from this site’s own pages. Open the page again and \
                    retry there.";
        request.into_response(HttpResponse::from_error(Failure::Forbidden(text)))
    };
    if let Some(html) = failure_page(&response, shell, reference.clone()) {
        response = response.map_body(|_, _| BoxBody::new(html));
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, html);
        response.headers_mut().remove(CONTENT_ENCODING);
    }
    let headers = response.headers_mut();
    manners.put_on(headers);
    if !headers.contains_key(CONTENT_SECURITY_POLICY) {
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    }
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    common(headers, secure, reference.as_deref());
    Ok(response)
}

/// The middleware around the JSON API, which answers in its own form.
pub(crate) async fn api(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let secure =
        request.app_data::<Data<Web>>().is_some_and(|web| web.app.site().public_url.is_https());
    let reference = request.extensions().get::<RequestId>().map(ToString::to_string);
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    common(headers, secure, reference.as_deref());
    Ok(response)
}

fn common(headers: &mut HeaderMap, secure: bool, reference: Option<&str>) {
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if secure {
        let two_years = HeaderValue::from_static("max-age=63072000");
        headers.insert(STRICT_TRANSPORT_SECURITY, two_years);
    }
    if let Some(id) = reference.and_then(|id| HeaderValue::from_str(id).ok()) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
}

/// The page of a failure, if the answer is one and has no page yet.
fn failure_page(
    response: &ServiceResponse<BoxBody>,
    shell: Shell,
    reference: Option<String>,
) -> Option<String> {
    let status = response.status();
    if let Some(failure) = response.response().error().and_then(|e| e.as_error::<Failure>()) {
        return (status != StatusCode::SEE_OTHER).then(|| failure.page(shell, reference));
    }
    let failed = status.is_client_error() || status.is_server_error();
    let has_page =
        response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == "text/html; charset=utf-8");
    (failed && !has_page).then(|| Failure::of(status).page(shell, reference))
}

/// Who may keep or list a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manners {
    /// Anybody's: caches ask again each time.
    Public,
    /// Somebody's: nobody keeps it, nobody lists it.
    Private,
}

impl Manners {
    /// The answer to a form is private wherever it was sent: it leads to somebody's link, or holds
    /// what they typed. So is any page that is opened by a secret link, even if none is there.
    fn of(method: &Method, path: &str, has_link: bool) -> Self {
        if has_link || !matches!(*method, Method::GET | Method::HEAD) {
            return Self::Private;
        }
        let private = [
            "b",
            "w",
            "app",
            "setup",
            "sign-in",
            "forgot-password",
            "reset-password",
            "invite",
            "dev",
        ];
        let first = path.split('/').nth(1).unwrap_or_default();
        if private.contains(&first) { Self::Private } else { Self::Public }
    }

    fn put_on(self, headers: &mut HeaderMap) {
        match self {
            Self::Private => {
                headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
                let robots = HeaderName::from_static("x-robots-tag");
                headers.insert(robots, HeaderValue::from_static("noindex"));
            }
            Self::Public if !headers.contains_key(CACHE_CONTROL) => {
                headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
            }
            Self::Public => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_pages_are_known_by_their_first_part() {
        let of = |path| Manners::of(&Method::GET, path, false);
        assert_eq!(of("/b/token/join"), Manners::Private);
        assert_eq!(of("/w/token"), Manners::Private);
        assert_eq!(of("/app"), Manners::Private);
        assert_eq!(of("/bob/intro"), Manners::Public);
        assert_eq!(Manners::of(&Method::POST, "/bob/intro", false), Manners::Private);
        assert_eq!(Manners::of(&Method::GET, "/bob/intro", true), Manners::Private);
    }

    #[test]
    fn a_wider_policy_names_one_origin_more() {
        let policy = policy_with_form_action("https://meet.example.org");
        let policy = policy.to_str().unwrap();
        assert!(policy.contains("form-action 'self' https://meet.example.org; base-uri"));
        assert!(policy.starts_with("default-src 'none'"));
    }
}
