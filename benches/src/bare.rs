//! What Roomkey is compared with: a handler that does nothing, and one that does one indexed
//! SELECT through Roomkey's own pool.

mod entropy;

use std::sync::Arc;

use actix_web::{
    App, HttpResponse, HttpServer,
    web::{self, Data},
};
use anyhow::Context as _;
use clap::Parser;
use roomkey_store::{SchemaPolicy, Store, StoreError, StoreOptions};

/// Connections of the pool: as many as Roomkey's own.
const CONNECTIONS: u32 = 8;

#[derive(Parser)]
struct Options {
    #[arg(long)]
    listen: String,
    #[arg(long)]
    database_url: String,
    #[arg(long)]
    secret_key: String,
}

#[actix_web::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let store = Store::open(
        StoreOptions {
            url: options.database_url.parse()?,
            connections: CONNECTIONS,
            secret_key: options.secret_key.parse()?,
            schema: SchemaPolicy::DryRun,
        },
        Arc::new(entropy::SystemEntropy),
    )?;
    let store = Data::new(store);
    HttpServer::new(move || {
        App::new()
            .app_data(store.clone())
            .route("/readyz", web::get().to(nothing))
            .route("/nothing", web::get().to(nothing))
            .route("/select/{handle}", web::get().to(select))
    })
    .bind(&options.listen)
    .context("the address can not be used")?
    .run()
    .await?;
    Ok(())
}

async fn nothing() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({ "ok": true }))
}

async fn select(store: Data<Store>, handle: web::Path<String>) -> HttpResponse {
    let Ok(handle) = handle.parse() else { return HttpResponse::BadRequest().finish() };
    match store.read(move |tx| tx.user_by_handle(&handle)).await {
        Ok(Some(user)) => HttpResponse::Ok().json(serde_json::json!({ "id": user.id.to_string() })),
        Ok(None) => HttpResponse::NotFound().finish(),
        Err(error) => unavailable(&error),
    }
}

fn unavailable(error: &StoreError) -> HttpResponse {
    HttpResponse::ServiceUnavailable().body(error.to_string())
}
