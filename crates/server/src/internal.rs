//! What machines call on the internal listener, beside Jitsi's reservations API.

use std::{future::ready, time::Duration};

use actix_web::{Handler, HttpResponse, Resource, Responder, http::header::RETRY_AFTER, web};
use metrics_exporter_prometheus::PrometheusHandle;
use roomkey_app::App;
use roomkey_core::time::TimeZone;
use roomkey_reservations::{not_allowed, nowhere};

/// How long the database may take for the numbers of `/metrics`.
const METRICS_PATIENCE: Duration = Duration::from_secs(1);

/// Adds `/healthz`, `/readyz` and `/metrics`, and refuses all that nobody else takes.
pub(crate) fn configure(
    app: App,
    metrics: PrometheusHandle,
) -> impl Fn(&mut web::ServiceConfig) + Clone {
    move |config| {
        config
            .app_data(web::Data::new(app.clone()))
            .app_data(web::Data::new(metrics.clone()))
            .service(at("/healthz", health))
            .service(at("/readyz", is_ready))
            .service(at("/metrics", show_metrics))
            .default_service(web::to(async || nowhere()));
    }
}

/// An address that is only read.
fn at<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args> + Copy,
    Args: actix_web::FromRequest + 'static,
    F::Output: Responder + 'static,
{
    web::resource(path)
        .route(web::get().to(handler))
        .route(web::head().to(handler))
        .default_service(web::to(|| ready(not_allowed("GET, HEAD"))))
}

/// The process runs.
async fn health() -> &'static str {
    "ok\n"
}

/// The database answers and has the schema that this program needs. Not: Jitsi, SMTP.
async fn is_ready(app: web::Data<App>) -> HttpResponse {
    let sentence = match app.store().is_ready().await {
        Ok(true) => return HttpResponse::Ok().body("ok\n"),
        Ok(false) => "the schema is older than this program; run 'roomkey migrate'\n",
        Err(error) => {
            tracing::warn!(%error, "not ready");
            "the database does not answer\n"
        }
    };
    HttpResponse::ServiceUnavailable().insert_header((RETRY_AFTER, "3")).body(sentence)
}

async fn show_metrics(app: web::Data<App>, metrics: web::Data<PrometheusHandle>) -> HttpResponse {
    metrics::gauge!("roomkey_info",
        "version" => env!("CARGO_PKG_VERSION"), "zone_data" => TimeZone::data_version())
    .set(1.0);
    let waiting = mail_waiting(&app).await.unwrap_or_default();
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(metrics.render() + &waiting)
}

/// The mail that has not left, at this moment. Asked of the database and not counted as it goes, so
/// that it is right after a restart and where the mail leaves from another process. A database that
/// does not answer in time leaves it out and holds up no other number.
async fn mail_waiting(app: &App) -> Option<String> {
    let asked = tokio::time::timeout(METRICS_PATIENCE, app.store().mail_waiting()).await;
    let (count, oldest) = asked.ok()?.ok()?;
    let micros = oldest.map_or(0, |oldest| app.now().since(oldest));
    let age = Duration::from_micros(u64::try_from(micros).unwrap_or_default()).as_secs_f64();
    Some(format!(
        "# TYPE roomkey_mail_waiting gauge\nroomkey_mail_waiting {count}\n\n\
         # TYPE roomkey_mail_waiting_oldest_seconds gauge\n\
         roomkey_mail_waiting_oldest_seconds {age}\n\n"
    ))
}
