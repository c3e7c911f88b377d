//! Counts and times requests. What tells them apart is the pattern of the route, the method and the
//! class of the status: never a path or a query, which hold tokens and addresses and have no end.

use std::{
    cell::RefCell,
    collections::HashMap,
    time::{Duration, Instant},
};

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, StatusCode},
    middleware::Next,
};
use metrics::Histogram;

/// The name of the metric; a Prometheus histogram has the number of requests in `_count`.
pub(crate) const NAME: &str = "roomkey_http_request_seconds";

/// The route of requests that no route takes.
const UNMATCHED: &str = "unmatched";

/// The histogram of one route for one method and class of status.
struct Series {
    method: &'static str,
    class: &'static str,
    seconds: Histogram,
}

thread_local! {
    /// The histograms by route that this thread has used: looking one up in the recorder costs
    /// more than all the rest.
    static SERIES: RefCell<HashMap<String, Vec<Series>>> = RefCell::default();
}

/// The middleware around a listener: the time from a request's head to the answer's.
pub(crate) async fn measure(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let begun = Instant::now();
    let method = name(request.method());
    let result = next.call(request).await;
    let (route, status) = match &result {
        Ok(response) => (response.request().match_pattern(), response.status()),
        Err(error) => (None, error.as_response_error().status_code()),
    };
    record(route.as_deref().unwrap_or(UNMATCHED), method, class(status), begun.elapsed());
    result
}

fn record(route: &str, method: &'static str, class: &'static str, took: Duration) {
    SERIES.with_borrow_mut(|routes| {
        if !routes.contains_key(route) {
            routes.insert(route.to_owned(), Vec::new());
        }
        let Some(all) = routes.get_mut(route) else { return };
        let is_it = |series: &&Series| series.method == method && series.class == class;
        if let Some(series) = all.iter().find(is_it) {
            series.seconds.record(took);
            return;
        }
        let labels =
            [("route", route.to_owned()), ("method", method.into()), ("status", class.into())];
        let seconds = metrics::histogram!(NAME, &labels);
        seconds.record(took);
        all.push(Series { method, class, seconds });
    });
}

/// Methods are words that anybody can make up.
fn name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        ..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        500.. => "5xx",
    }
}
