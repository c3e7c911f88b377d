//! What a request to Roomkey costs, beside a bare handler on the same machine in the same run.
//!
//! `scripts/bench` builds both programs, starts PostgreSQL and calls this once for each database.
//! It fills an installation of its own, drives it and prints tables in Markdown.

mod database;
mod entropy;
mod http;
mod installation;
mod jitsi;
mod load;
mod server;
mod table;

use std::{io::Write as _, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use clap::Parser;
use http::request;
use installation::{Installation, TOKEN};
use load::{Load, Measured, Requests, drive};
use server::Server;
use table::{Baseline, Section, table};

/// How many clients ask at once, one after the other.
const CLIENTS: [usize; 3] = [1, 16, 64];
/// How often a start is measured.
const STARTS: usize = 15;

#[derive(Parser)]
#[command(about = "What a request to Roomkey costs, beside a bare handler on the same machine")]
struct Options {
    /// The program `roomkey`, release build.
    #[arg(long)]
    roomkey: PathBuf,
    /// The program `roomkey-bench-bare`, release build.
    #[arg(long)]
    bare: PathBuf,
    /// An empty database.
    #[arg(long)]
    database_url: String,
    /// A folder for everything else, best on the disk of the database.
    #[arg(long)]
    folder: PathBuf,
    /// Seconds of load for each line of the tables.
    #[arg(long, default_value_t = 4)]
    seconds: u64,
    /// Only what Jitsi asks, among so many bookings: thousands, the fewest first.
    #[arg(long, value_delimiter = ',')]
    jitsi: Vec<u32>,
    /// With it: so many calls at last, counted by the status of their answers.
    #[arg(long, default_value_t = 1_000_000)]
    calls: u64,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    // One thread: the servers need the machine more than the clients do.
    let report = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(measure(options))?;
    std::io::stdout().write_all(report.as_bytes())?;
    Ok(())
}

async fn measure(options: Options) -> anyhow::Result<String> {
    let time = Duration::from_secs(options.seconds.max(1));
    let Options { roomkey, bare, database_url, folder, jitsi, calls, .. } = options;
    let installation = Installation::new(roomkey, bare, database_url, folder)?;
    let first_start = installation.serve(None)?.start_up;
    if !jitsi.is_empty() {
        return jitsi::report(&installation, &jitsi, calls, time).await;
    }
    progress("filling the database");
    installation.fill().await?;
    let rooms = installation.rooms().await?;

    let mut report = format!("### {}\n\n", installation.database.name());
    report.push_str(&start_and_memory(&installation, first_start, time).await?);
    let (select, reads) = reads(&installation, rooms, time).await?;
    report.push_str(&table(&reads, &Baseline { name: "one SELECT", figures: &select }));
    report.push('\n');
    let commits = commits(&installation, time).await?;
    let bare = commits.first().map_or(&[][..], |bare| &bare.figures);
    report.push_str(&table(&commits, &Baseline { name: "bare commits", figures: bare }));
    Ok(report)
}

/// Starts on the full database again and again, then weighs the process before and under load.
async fn start_and_memory(
    installation: &Installation,
    first_start: Duration,
    time: Duration,
) -> anyhow::Result<String> {
    progress("start-up and memory");
    let mut starts = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        starts.push(installation.serve(None)?.start_up);
    }
    starts.sort_unstable();
    let median = starts.get(STARTS / 2).copied().unwrap_or_default();

    let server = installation.serve(None)?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let idle = server.memory()?;
    let load = Load { clients: 64, time };
    drive(&server, installation.public, &booking_page(None), load).await?;
    let loaded = server.memory()?;
    Ok(format!(
        "Start to first answer: {:.1} ms (median of {STARTS}); on an empty database, with its \
         schema to make: {:.1} ms. Resident memory: {idle:.1} MiB idle, {loaded:.1} MiB after \
         booking pages for 64 clients.\n\n",
        median.as_secs_f64() * 1000.0,
        first_start.as_secs_f64() * 1000.0,
    ))
}

/// The handler with one SELECT, and with it all that only reads.
async fn reads(
    installation: &Installation,
    rooms: Vec<String>,
    time: Duration,
) -> anyhow::Result<(Vec<Measured>, Vec<Section>)> {
    let (public, internal) = (installation.public, installation.internal);
    let mut sections = Vec::new();
    let mut run = async |name, server: &Server, address, requests| -> anyhow::Result<()> {
        sections.push(Section::measure(name, server, address, &requests, time).await?);
        Ok(())
    };

    let bare = installation.serve_bare()?;
    let nothing = Requests::same(200, request("GET", "/nothing", &[], ""));
    run("bare handler", &bare, public, nothing).await?;
    let select = Requests::new(200, |n| {
        request("GET", &format!("/select/{}", Installation::host(n)), &[], "")
    });
    run("bare handler, one SELECT", &bare, public, select).await?;
    drop(bare);

    let server = installation.serve(Some("web,reservations"))?;
    run("answer to Jitsi, 20,000 bookings", &server, internal, conference(200, rooms)).await?;
    let slots = Requests::same(200, request("GET", &Installation::slots_path(), &[], ""));
    run("free times of 30 days, 200 bookings", &server, public, slots).await?;
    run("booking page", &server, public, booking_page(None)).await?;
    run("booking page, gzip", &server, public, booking_page(Some("gzip"))).await?;
    let select = sections.get(1).map_or(vec![], |section| section.figures.clone());
    Ok((select, sections))
}

/// Bookings, beside what the database can commit at all.
async fn commits(installation: &Installation, time: Duration) -> anyhow::Result<Vec<Section>> {
    progress("bare commits");
    installation.database.prepare_bare_commits()?;
    let bare = Section {
        name: "insert and commit, bare",
        figures: CLIENTS
            .iter()
            .map(|clients| installation.database.bare_commits(*clients, time))
            .collect::<anyhow::Result<_>>()?,
    };
    let bookings = Requests::new(201, Installation::booking);
    let public = installation.public;
    let server = installation.serve(Some("web,reservations"))?;
    let booked = Section::measure("booking", &server, public, &bookings, time).await?;
    drop(server);
    installation.database.settle()?;
    let server = installation.serve(None)?;
    let name = "booking, mail worker beside it";
    let mailed = Section::measure(name, &server, public, &bookings, time).await?;
    Ok(vec![bare, booked, mailed])
}

impl Section {
    /// Drives one kind of request with one number of clients after the other.
    async fn measure(
        name: &'static str,
        server: &Server,
        address: SocketAddr,
        requests: &Arc<Requests>,
        time: Duration,
    ) -> anyhow::Result<Self> {
        progress(name);
        let mut figures = Vec::with_capacity(CLIENTS.len());
        for clients in CLIENTS {
            figures.push(drive(server, address, requests, Load { clients, time }).await?);
        }
        Ok(Self { name, figures })
    }
}

/// Jitsi asks for one room after the other, in an order that follows nothing stored, and is answered with that status.
fn conference(status: u16, rooms: Vec<String>) -> Arc<Requests> {
    /// Coprime to the number of rooms, so that all of them come up.
    const STRIDE: u64 = 7_919;
    let authorization = format!("Bearer {TOKEN}");
    Requests::new(status, move |n| {
        let place = usize::try_from(n.wrapping_mul(STRIDE)).unwrap_or(0) % rooms.len().max(1);
        let name = rooms.get(place).map_or("", String::as_str);
        let fields = [
            ("Authorization", authorization.as_str()),
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("User-Agent", "Prosody (0.12.3; posix)"),
        ];
        let form = format!(
            "name={name}&start_time=2026-11-24T02%3a10%3a30.000Z&mail_owner=someone%40meet.example"
        );
        request("POST", "/conference", &fields, &form)
    })
}

/// The page of a host with 200 bookings in the next 30 days.
fn booking_page(encoding: Option<&str>) -> Arc<Requests> {
    let fields: Vec<_> =
        encoding.map(|encoding| ("Accept-Encoding", encoding)).into_iter().collect();
    Requests::same(200, request("GET", "/bench/intro?tz=Europe/Berlin", &fields, ""))
}

/// Says on standard error what takes the time.
fn progress(what: &str) {
    // Without a terminal there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "measuring: {what}");
}
