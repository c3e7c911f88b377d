//! `roomkey serve`: the parts in one process, from start to a stop that finishes what runs.

use std::{collections::BTreeSet, pin::pin, sync::Arc, time::Duration};

use actix_web::{App as Actix, HttpServer, dev::ServerHandle, middleware::from_fn, web::Data};
use anyhow::{Context, bail};
use clap::ValueEnum;
use metrics_exporter_prometheus::PrometheusHandle;
use roomkey_app::App;
use roomkey_core::time::Instant;
use roomkey_mailer::{MailUrl, Transport, Worker};
use roomkey_reservations::Door;
use roomkey_store::{Backend, SchemaPolicy, Store, StoreError, WorkerLock};
use roomkey_web::{Away, Web};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::{Notify, watch},
    task::JoinHandle,
};
use tracing_actix_web::TracingLogger;

use crate::{
    announce,
    config::Settings,
    demo, http_metrics, internal, jitsi_watch, output, parts, request_log,
    system::{SystemClock, SystemEntropy},
    telemetry,
};

/// A part of the server that can run in a process of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Part {
    /// Pages and the JSON API.
    Web,
    /// What Jitsi calls.
    Reservations,
    /// Sends the mail.
    Worker,
}

/// How long a stop waits for requests that run.
const DRAIN_SECONDS: u64 = 20;
/// How long a mail worker that failed waits before it begins again.
const WORKER_PAUSE: Duration = Duration::from_secs(1);
/// How often a second worker looks whether the first has ended.
const WORKER_LOCK_POLL: Duration = Duration::from_millis(500);
/// How often requests that have lapsed are looked for, at least.
const EXPIRE_POLL: Duration = Duration::from_secs(5);
/// How often it is looked for times that have become free for who waits for them, at least.
const WAITING_POLL: Duration = Duration::from_secs(2);
/// How often it is looked for what people are to be reminded of.
const REMIND_POLL: Duration = Duration::from_secs(10);
/// How often what has expired is deleted.
const UPKEEP: Duration = Duration::from_hours(1);

/// What was asked for on the command line.
pub(crate) struct Request {
    pub(crate) demo: bool,
    /// Empty means all.
    pub(crate) only: Vec<Part>,
}

/// Runs until a signal stops it.
pub(crate) async fn run(settings: Settings, request: Request) -> anyhow::Result<()> {
    let all = [Part::Web, Part::Reservations, Part::Worker];
    let alone = request.only.is_empty();
    let running: BTreeSet<Part> =
        if alone { all.into() } else { request.only.iter().copied().collect() };
    check_secret_key(&settings, alone)?;
    check_reservations_token(&settings, alone, &running)?;
    telemetry::log(&settings)?;
    let metrics = telemetry::metrics()?;

    let mail_due = Arc::new(Notify::new());
    let app = parts::app(&settings, SchemaPolicy::BringUpToDate, Arc::clone(&mail_due))?;
    let demo_host =
        if request.demo { Some(demo::prepare(&app, &settings.data_dir).await?) } else { None };

    // Before anything says that it is ready: a signal that nobody waits for kills.
    let signals = Signals::listen()?;
    let (stop, stopped) = watch::channel(false);
    let away = Arc::<Away>::default();
    let mut servers = vec![internal_server(&settings, &app, metrics.clone(), &running)?];
    if running.contains(&Part::Web) {
        servers.push(web_server(&settings, &app, request.demo, Arc::clone(&away))?);
    }
    let mut tasks = vec![
        tokio::spawn(upkeep(app.clone(), stopped.clone())),
        tokio::spawn(telemetry::sort_in(metrics, until(stopped.clone()))),
    ];
    if running.contains(&Part::Web) {
        let servers = settings.site.jitsi.clone();
        tasks.push(tokio::spawn(jitsi_watch::watch(servers, away, stopped.clone())));
    }
    if running.contains(&Part::Worker) {
        tasks.push(tokio::spawn(expire(app.clone(), stopped.clone())));
        tasks.push(tokio::spawn(offer_to_waiting(app.clone(), stopped.clone())));
        tasks.push(tokio::spawn(remind(app.clone(), stopped.clone())));
        tasks.push(worker(&settings, &app, mail_due, stopped)?);
    }

    tracing::info!(version = env!("CARGO_PKG_VERSION"), parts = ?running,
        public_url = settings.site.public_url.as_str(), "started");
    match demo_host {
        Some(host) => announce::demo(&app, &host, &mail_place(&settings)),
        None if running.contains(&Part::Web) && app.needs_setup().await? => announce::setup(&app),
        None => {}
    }
    wait(signals, servers, tasks, stop).await
}

/// Processes that share a database must share the key; only a single one may make its own.
fn check_secret_key(settings: &Settings, alone: bool) -> anyhow::Result<()> {
    if settings.secret_key.is_some() {
        return Ok(());
    }
    if !alone {
        bail!(
            "secret_key is not set: processes started with --only must share one; \
             make it with 'openssl rand -hex 32' and give it to each"
        );
    }
    if settings.database_url.backend() == Backend::Postgres {
        output::alert(format_args!(
            "secret_key is not set: the one in {} is used. Another copy of this server over the \
             same PostgreSQL needs the same key.",
            settings.data_dir.join("secret-key").display()
        ));
    }
    Ok(())
}

/// Nor may a part that Jitsi calls make a token of its own, beside others that make another.
fn check_reservations_token(
    settings: &Settings,
    alone: bool,
    running: &BTreeSet<Part>,
) -> anyhow::Result<()> {
    let is_set = settings.jitsi.first().is_some_and(|first| first.token.is_some());
    if !alone && running.contains(&Part::Reservations) && !is_set {
        bail!(
            "jitsi.reservations_token is not set: processes started with --only reservations must \
             share one, and Prosody must send it; make it with 'openssl rand -hex 32' and give it \
             to each"
        );
    }
    Ok(())
}

fn mail_place(settings: &Settings) -> String {
    let loopback = settings.listen.iter().all(|address| address.ip().is_loopback());
    match &settings.mail.url {
        MailUrl::Mailbox if loopback => {
            format!("{}/dev/mailbox", settings.site.public_url.as_str())
        }
        MailUrl::Mailbox => settings.data_dir.join("mailbox").display().to_string(),
        MailUrl::Smtp(_) => "at the configured mail server".to_owned(),
    }
}

type Server = (ServerHandle, JoinHandle<std::io::Result<()>>);

fn internal_server(
    settings: &Settings,
    app: &App,
    metrics: PrometheusHandle,
    running: &BTreeSet<Part>,
) -> anyhow::Result<Server> {
    let probes = internal::configure(app.clone(), metrics);
    let reservations = if running.contains(&Part::Reservations) {
        let door = Door {
            tokens: parts::reservations_tokens(settings)?,
            events_token: settings.events_token.clone(),
            allow: settings.reservations_allow.clone(),
            limits: settings.limits,
        };
        Some(roomkey_reservations::configure(app.clone(), door))
    } else {
        None
    };
    let server = HttpServer::new(move || {
        let actix = Actix::new().wrap(from_fn(http_metrics::measure)).configure(probes.clone());
        match &reservations {
            Some(reservations) => actix.configure(reservations.clone()),
            None => actix,
        }
    });
    let server = server
        .disable_signals()
        // Else a compressed page, which is written in parts, waits 40 ms for an acknowledgement.
        .tcp_nodelay(true)
        .shutdown_timeout(DRAIN_SECONDS)
        .bind(&*settings.internal_listen)
        .with_context(|| {
            format!("internal_listen = {:?} can not be used", settings.internal_listen)
        })?
        .run();
    Ok((server.handle(), tokio::spawn(server)))
}

fn web_server(
    settings: &Settings,
    app: &App,
    demo: bool,
    away: Arc<Away>,
) -> anyhow::Result<Server> {
    let loopback = settings.listen.iter().all(|address| address.ip().is_loopback());
    let mailbox = match &settings.mail.url {
        MailUrl::Mailbox if demo && loopback => Some(settings.data_dir.join("mailbox")),
        _ => None,
    };
    let web = Data::new(Web {
        app: app.clone(),
        trusted_proxies: settings.trusted_proxies.clone(),
        away,
        mailbox,
    });
    let server = HttpServer::new(move || {
        let web = web.clone();
        Actix::new()
            .wrap(TracingLogger::<request_log::Requests>::new())
            .wrap(from_fn(http_metrics::measure))
            .configure(move |config| roomkey_web::configure(config, web))
    });
    let server = server
        .disable_signals()
        // Else a compressed page, which is written in parts, waits 40 ms for an acknowledgement.
        .tcp_nodelay(true)
        .shutdown_timeout(DRAIN_SECONDS)
        .bind(&*settings.listen)
        .with_context(|| format!("listen = {:?} can not be used", settings.listen))?
        .run();
    Ok((server.handle(), tokio::spawn(server)))
}

fn worker(
    settings: &Settings,
    app: &App,
    mail_due: Arc<Notify>,
    stopped: watch::Receiver<bool>,
) -> anyhow::Result<JoinHandle<()>> {
    let mail = &settings.mail;
    let transport = Transport::open(&mail.url, &settings.data_dir, mail.ca_file.as_deref())
        .context("mail can not be sent")?;
    let transport = Arc::new(transport);
    let (site, from, app) = (settings.site.clone(), mail.from.clone(), app.clone());
    let store = app.store().clone();
    let worker = move || {
        Worker::new(
            store.clone(),
            Arc::new(SystemClock),
            Arc::new(SystemEntropy),
            site.clone(),
            Arc::clone(&transport),
            from.clone(),
            Arc::clone(&mail_due),
        )
    };
    Ok(tokio::spawn(async move {
        let _lock = tokio::select! {
            () = until(stopped.clone()) => return,
            lock = only_worker(app.store()) => lock,
        };
        // SQLite has one worker: what is claimed at its start was claimed by its predecessor.
        if app.store().backend() == Backend::Sqlite
            && let Err(error) = app.store().release_mail_claims().await
        {
            tracing::warn!(%error, "claimed mails wait until their claims lapse");
        }
        while let Err(error) = tokio::spawn(worker().run(until(stopped.clone()))).await {
            tracing::error!(%error, "the mail worker failed; it begins again");
            tokio::time::sleep(WORKER_PAUSE).await;
        }
    }))
}

/// Waits until no other process sends the mail of this database.
async fn only_worker(store: &Store) -> WorkerLock {
    let mut told = false;
    loop {
        match store.try_lock_worker() {
            Ok(Some(lock)) => return lock,
            waits => {
                if !told {
                    let error = waits.err().map(|error| error.to_string());
                    tracing::warn!(
                        error,
                        "another process sends this database's mail; this one waits for its end"
                    );
                    told = true;
                }
            }
        }
        tokio::time::sleep(WORKER_LOCK_POLL).await;
    }
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // An error means that the sender is gone: stopped, too.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// Ends what has lapsed by now. Says when the next is due.
async fn lapse(app: &App) -> Result<Option<Instant>, StoreError> {
    let (requests, proposals) = (app.expire_requests().await?, app.lapse_proposals().await?);
    Ok(requests.into_iter().chain(proposals).min())
}

/// Ends requests and proposals when they lapse: at their time, and now and then for those that other processes made.
async fn expire(app: App, stopped: watch::Receiver<bool>) {
    let mut stopped = pin!(until(stopped));
    loop {
        let pause = match lapse(&app).await {
            Ok(next) => next.map_or(EXPIRE_POLL, |next| {
                let micros = u64::try_from(next.since(app.now())).unwrap_or(0);
                Duration::from_micros(micros).min(EXPIRE_POLL)
            }),
            Err(error) => {
                tracing::warn!(%error, "requests that have lapsed can not be ended");
                EXPIRE_POLL
            }
        };
        tokio::select! {
            () = &mut stopped => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Puts reminders into the outbox when they are due.
async fn remind(app: App, stopped: watch::Receiver<bool>) {
    let mut stopped = pin!(until(stopped));
    loop {
        let pause = match app.remind().await {
            Ok(true) => Duration::ZERO,
            Ok(false) => REMIND_POLL,
            Err(error) => {
                tracing::warn!(%error, "nobody can be reminded");
                REMIND_POLL
            }
        };
        tokio::select! {
            () = &mut stopped => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Offers what has become free to those who wait for it: as soon as this process may have freed something, when an offer
/// lapses, and now and then for what other processes did.
async fn offer_to_waiting(app: App, stopped: watch::Receiver<bool>) {
    let mut stopped = pin!(until(stopped));
    loop {
        let pause = match app.offer_to_waiting().await {
            Ok(next) => next.map_or(WAITING_POLL, |next| {
                let micros = u64::try_from(next.since(app.now())).unwrap_or(0);
                Duration::from_micros(micros).min(WAITING_POLL)
            }),
            Err(error) => {
                tracing::warn!(%error, "nobody on a waiting list can be offered a time");
                WAITING_POLL
            }
        };
        tokio::select! {
            () = &mut stopped => return,
            () = app.waiting_is_due() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

async fn upkeep(app: App, stopped: watch::Receiver<bool>) {
    let mut stopped = pin!(until(stopped));
    let mut hours = tokio::time::interval(UPKEEP);
    loop {
        tokio::select! {
            () = &mut stopped => return,
            _ = hours.tick() => {}
        }
        match app.forget_expired().await {
            Ok(rows) => tracing::debug!(rows, "deleted what has expired"),
            Err(error) => tracing::warn!(%error, "what has expired can not be deleted"),
        }
    }
}

/// What asks the program to end.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        let terminate = signal(SignalKind::terminate())?;
        Ok(Self { terminate, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Serves until a signal comes; then takes no more, lets what runs finish, and returns. A second
/// signal does not wait for that.
async fn wait(
    mut signals: Signals,
    servers: Vec<Server>,
    tasks: Vec<JoinHandle<()>>,
    stop: watch::Sender<bool>,
) -> anyhow::Result<()> {
    signals.next().await;
    tracing::info!("stopping");
    tokio::select! {
        drained = drain(servers, tasks, stop) => drained?,
        () = signals.next() => {
            tracing::warn!("stopped by a second signal; what ran was cut off");
            bail!("stopped by a second signal");
        }
    }
    tracing::info!("stopped");
    Ok(())
}

async fn drain(
    servers: Vec<Server>,
    tasks: Vec<JoinHandle<()>>,
    stop: watch::Sender<bool>,
) -> anyhow::Result<()> {
    let (handles, running): (Vec<_>, Vec<_>) = servers.into_iter().unzip();
    futures_util::future::join_all(handles.iter().map(|handle| handle.stop(true))).await;
    stop.send_replace(true);
    for server in running {
        server.await??;
    }
    for task in tasks {
        task.await?;
    }
    Ok(())
}
