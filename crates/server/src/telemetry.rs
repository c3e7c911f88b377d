//! Logs and metrics.

use std::{pin::pin, time::Duration};

use anyhow::Context;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::{EnvFilter, fmt};

use crate::{
    config::{LogFormat, Settings},
    http_metrics,
};

/// How often measured times are sorted into their buckets: until then each takes its own place in
/// memory.
const SORT_IN: Duration = Duration::from_secs(5);

/// Logs to standard output from here on.
pub(crate) fn log(settings: &Settings) -> anyhow::Result<()> {
    // What the HTTP server says of its own start is not news; a filter that names it hears it.
    let filter = EnvFilter::try_new(format!("actix_server=warn,{}", settings.log_level))
        .with_context(|| format!("log.level = \"{}\"", settings.log_level))?;
    // A log that can not be written (a closed pipe, a full disk) must stop nothing: the library would
    // tell of it on standard error, and panic where that is closed, too.
    let lines =
        fmt().with_env_filter(filter).with_writer(std::io::stdout).log_internal_errors(false);
    match settings.log_format {
        LogFormat::Text => lines.with_target(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).try_init(),
    }
    .map_err(|error| anyhow::anyhow!("logging can not begin: {error}"))
}

/// Counts from here on; the handle writes the counts out.
pub(crate) fn metrics() -> anyhow::Result<PrometheusHandle> {
    PrometheusBuilder::new()
        .set_buckets(&[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0])
        .and_then(|builder| {
            let requests = Matcher::Full(http_metrics::NAME.to_owned());
            builder.set_buckets_for_metric(
                requests,
                &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0],
            )
        })
        .context("metrics can not begin")?
        .install_recorder()
        .context("metrics can not begin")
}

/// Sorts measured times in until the end, also when nobody asks for them.
pub(crate) async fn sort_in(metrics: PrometheusHandle, end: impl Future<Output = ()>) {
    let mut end = pin!(end);
    let mut ticks = tokio::time::interval(SORT_IN);
    loop {
        tokio::select! {
            () = &mut end => return,
            _ = ticks.tick() => metrics.run_upkeep(),
        }
    }
}
