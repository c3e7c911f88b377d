//! Drives a server with a number of clients, each of which sends its next request when it has the
//! answer to the last.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use hdrhistogram::Histogram;
use tokio::task::JoinSet;

use crate::{http::Connection, server::Server};

/// How hard and how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) clients: usize,
    pub(crate) time: Duration,
}

/// What is asked for.
pub(crate) struct Requests {
    /// The `n`th request.
    make: Box<dyn Fn(u64) -> Vec<u8> + Send + Sync>,
    /// The status that every answer must have.
    status: u16,
    next: AtomicU64,
}

impl Requests {
    pub(crate) fn new(
        status: u16,
        make: impl Fn(u64) -> Vec<u8> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self { make: Box::new(make), status, next: AtomicU64::new(0) })
    }

    /// The `n`th, which is not taken for the next.
    pub(crate) fn nth(&self, n: u64) -> Vec<u8> {
        (self.make)(n)
    }

    /// The same request again and again.
    pub(crate) fn same(status: u16, request: Vec<u8>) -> Arc<Self> {
        Self::new(status, move |_| request.clone())
    }
}

/// What came of it.
#[derive(Debug, Clone)]
pub(crate) struct Measured {
    pub(crate) clients: usize,
    /// Answers in a second.
    pub(crate) rate: f64,
    /// Processor time of the server for one answer, if its process was watched.
    pub(crate) cpu: Option<Duration>,
    pub(crate) median: Duration,
    pub(crate) p99: Duration,
    /// Bytes of an answer's body.
    pub(crate) body: f64,
}

/// One part in so many of the time goes by before anything counts.
const WARM_UP: u32 = 5;

/// Keeps the clients going and measures.
pub(crate) async fn drive(
    server: &Server,
    address: SocketAddr,
    requests: &Arc<Requests>,
    load: Load,
) -> anyhow::Result<Measured> {
    let counting = Arc::new(AtomicBool::new(false));
    let stop = Arc::new(AtomicBool::new(false));
    let mut clients = JoinSet::new();
    for _ in 0..load.clients {
        let (requests, counting, stop) =
            (Arc::clone(requests), Arc::clone(&counting), Arc::clone(&stop));
        clients.spawn(client(address, requests, counting, stop));
    }
    tokio::time::sleep(load.time / WARM_UP).await;
    let (begun, cpu_before) = (Instant::now(), server.cpu()?);
    counting.store(true, Ordering::Relaxed);
    tokio::time::sleep(load.time).await;
    counting.store(false, Ordering::Relaxed);
    let (elapsed, cpu) = (begun.elapsed(), server.cpu()?.saturating_sub(cpu_before));
    stop.store(true, Ordering::Relaxed);

    let mut latencies = Histogram::<u64>::new(3)?;
    let mut body = 0;
    while let Some(client) = clients.join_next().await {
        let (own, bytes) = client??;
        latencies.add(own)?;
        body = bytes;
    }
    let answers = latencies.len();
    ensure!(answers > 0, "no answer in {:?}", load.time);
    Ok(Measured {
        clients: load.clients,
        rate: precise(answers) / elapsed.as_secs_f64(),
        cpu: Some(cpu.div_f64(precise(answers))),
        median: Duration::from_micros(latencies.value_at_quantile(0.5)),
        p99: Duration::from_micros(latencies.value_at_quantile(0.99)),
        body: precise(u64::try_from(body)?),
    })
}

async fn client(
    address: SocketAddr,
    requests: Arc<Requests>,
    counting: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
) -> anyhow::Result<(Histogram<u64>, usize)> {
    let mut connection = Connection::open(address).await?;
    let mut latencies = Histogram::<u64>::new(3)?;
    let mut body = 0;
    while !stop.load(Ordering::Relaxed) {
        let request = (requests.make)(requests.next.fetch_add(1, Ordering::Relaxed));
        let sent = Instant::now();
        let reply = connection.exchange(&request).await.context("a request without an answer")?;
        ensure!(
            reply.status == requests.status,
            "answered {} to {}: {}",
            reply.status,
            String::from_utf8_lossy(&request),
            String::from_utf8_lossy(reply.body),
        );
        body = reply.body.len();
        if counting.load(Ordering::Relaxed) {
            latencies.record(u64::try_from(sent.elapsed().as_micros())?)?;
        }
    }
    Ok((latencies, body))
}

/// A count as a float; counts here stay far below 2^52.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
pub(crate) fn precise(count: u64) -> f64 {
    count as f64
}
