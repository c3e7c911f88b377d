//! What machines call on the internal listener, beside Jitsi's reservations API.

use actix_web::{HttpResponse, http::header::RETRY_AFTER, web};
use metrics_exporter_prometheus::PrometheusHandle;
use roomkey_app::App;
use roomkey_core::time::TimeZone;

/// Adds `/healthz`, `/readyz` and `/metrics`.
pub(crate) fn configure(
    app: App,
    metrics: PrometheusHandle,
) -> impl Fn(&mut web::ServiceConfig) + Clone {
    move |config| {
        config
            .app_data(web::Data::new(app.clone()))
            .app_data(web::Data::new(metrics.clone()))
            .route("/healthz", web::get().to(health))
            .route("/readyz", web::get().to(ready))
            .route("/metrics", web::get().to(show_metrics));
    }
}

/// The process runs.
async fn health() -> &'static str {
    "ok\n"
}

/// The database answers and has the schema that this program needs. Not: Jitsi, SMTP.
async fn ready(app: web::Data<App>) -> HttpResponse {
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

async fn show_metrics(metrics: web::Data<PrometheusHandle>) -> HttpResponse {
    metrics::gauge!("roomkey_info",
        "version" => env!("CARGO_PKG_VERSION"), "zone_data" => TimeZone::data_version())
    .set(1.0);
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(metrics.render())
}
