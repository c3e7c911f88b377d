//! What Jitsi's question costs among more and more bookings: a name that is nobody's, a room that is not open yet, and
//! one that was granted before. Beside it, in turns with it, the bare handler with its one SELECT.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use tokio::task::JoinSet;

use crate::{
    CLIENTS, conference,
    http::{Connection, request},
    installation::{Installation, Rooms},
    load::{Load, Measured, Requests, drive, precise},
    progress,
};

/// How often each is measured; the middle one counts, as other programs come between.
const ROUNDS: usize = 3;
/// Clients of the long count.
const AT_ONCE: usize = 64;

/// What is asked, in the order of a round.
const NAMES: [&str; 4] = ["bare handler, one SELECT", "unknown room", "too early", "granted again"];

/// The three questions.
fn questions(rooms: &Rooms) -> [Arc<Requests>; 3] {
    // As long as a real one.
    let unknown = (0..1000_u32).map(|n| format!("{n:032}")).collect();
    [
        conference(404, unknown),
        conference(403, rooms.early.clone()),
        conference(200, rooms.open.clone()),
    ]
}

/// Tables of all of it, for each number of bookings; at last so many calls, counted by status.
pub(crate) async fn report(
    installation: &Installation,
    sizes: &[u32],
    calls: u64,
    time: Duration,
) -> anyhow::Result<String> {
    progress("filling the database");
    let rooms = installation.fill_for_jitsi().await?;
    let mut report = format!("### {}\n\n", installation.database.name());
    for size in sizes {
        progress(&format!("{size} bookings"));
        let bookings = installation.grow(*size)?;
        // Writing to a string can not fail.
        let _ = write!(
            report,
            "Among {bookings} bookings:\n\n\
             | what | clients | requests/s | CPU ms/request | median ms | p99 ms | of one SELECT | p99 of its |\n\
             | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n"
        );
        report.push_str(&rows(&measure(installation, &rooms, time).await?));
        report.push('\n');
    }
    if calls > 0 {
        progress(&format!("{calls} calls"));
        report.push_str(&count(installation, &rooms, calls).await?);
    }
    Ok(report)
}

/// Of each of [`NAMES`] the figures by number of clients.
async fn measure(
    installation: &Installation,
    rooms: &Rooms,
    time: Duration,
) -> anyhow::Result<[Vec<Measured>; 4]> {
    let bare = installation.serve_bare()?;
    let server = installation.serve(Some("reservations"))?;
    let select = Requests::new(200, |n| {
        request("GET", &format!("/select/{}", Installation::host(n)), &[], "")
    });
    let [unknown, early, open] = questions(rooms);
    // Granted once, so that what is measured is a repeat.
    all_once(installation, &open, rooms.open.len()).await?;
    let asked = [
        (&bare, installation.public, &select),
        (&server, installation.internal, &unknown),
        (&server, installation.internal, &early),
        (&server, installation.internal, &open),
    ];
    let mut figures: [Vec<Measured>; 4] = Default::default();
    for clients in CLIENTS {
        let mut rounds: [Vec<Measured>; 4] = Default::default();
        for _ in 0..ROUNDS {
            for (round, (server, address, requests)) in rounds.iter_mut().zip(asked) {
                round.push(drive(server, address, requests, Load { clients, time }).await?);
            }
        }
        for (figures, mut rounds) in figures.iter_mut().zip(rounds) {
            rounds.sort_by(|a, b| a.rate.total_cmp(&b.rate));
            figures.push(rounds.swap_remove(ROUNDS / 2));
        }
    }
    Ok(figures)
}

fn rows(figures: &[Vec<Measured>; 4]) -> String {
    let mut text = String::new();
    let [select, ..] = figures;
    for (name, figures) in NAMES.iter().zip(figures) {
        for (place, (figure, base)) in figures.iter().zip(select).enumerate() {
            let millis = |time: Duration| time.as_secs_f64() * 1000.0;
            let _ = writeln!(
                text,
                "| {} | {} | {:.0} | {:.3} | {:.2} | {:.2} | {:.0} % | {:.1} × |",
                if place == 0 { name } else { "" },
                figure.clients,
                figure.rate,
                millis(figure.cpu.unwrap_or_default()),
                millis(figure.median),
                millis(figure.p99),
                100.0 * figure.rate / base.rate,
                millis(figure.p99) / millis(base.p99).max(0.001),
            );
        }
    }
    text
}

/// Sends the first so many, one after the other.
async fn all_once(
    installation: &Installation,
    requests: &Requests,
    number: usize,
) -> anyhow::Result<()> {
    let mut connection = Connection::open(installation.internal).await?;
    for n in 0..u64::try_from(number)? {
        let status = connection.exchange(&requests.nth(n)).await?.status;
        ensure!(status == 200, "a first grant was answered {status}");
    }
    Ok(())
}

/// So many calls of all three kinds by many clients, by the status of their answers.
async fn count(installation: &Installation, rooms: &Rooms, calls: u64) -> anyhow::Result<String> {
    let _server = installation.serve(Some("reservations"))?;
    let (questions, next) = (Arc::new(questions(rooms)), Arc::new(AtomicU64::new(0)));
    let begun = Instant::now();
    let mut clients = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (questions, next) = (Arc::clone(&questions), Arc::clone(&next));
        let address = installation.internal;
        clients.spawn(async move {
            let mut connection = Connection::open(address).await?;
            let mut by_status = BTreeMap::<u16, u64>::new();
            for n in std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed)) {
                if n >= calls {
                    break;
                }
                let kind = usize::try_from(n % 3)?;
                let question = questions.get(kind).context("three kinds")?.nth(n / 3);
                let status = connection.exchange(&question).await?.status;
                *by_status.entry(status).or_default() += 1;
            }
            anyhow::Ok(by_status)
        });
    }
    let mut by_status = BTreeMap::<u16, u64>::new();
    while let Some(client) = clients.join_next().await {
        for (status, calls) in client?? {
            *by_status.entry(status).or_default() += calls;
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    let mut text = format!(
        "{calls} calls of all three kinds by {AT_ONCE} clients, {:.0} a second:\n\n\
         | status | answers |\n| ---: | ---: |\n",
        precise(calls) / seconds
    );
    for (status, answers) in &by_status {
        let _ = writeln!(text, "| {status} | {answers} |");
    }
    let failed: u64 = by_status.range(500..).map(|(_, answers)| answers).sum();
    ensure!(failed == 0, "{failed} answers were a 5xx:\n{text}");
    Ok(text)
}
