//! The command line.

mod api_key;
mod booking;
mod event_link;
mod event_type;
mod jitsi;
mod local;
mod mail;
mod migrate;
mod room;
mod schedule;
mod seed;
mod slots;
mod user;
mod waiting_list;

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use roomkey_app::App;
use roomkey_core::account::User;
use roomkey_store::SchemaPolicy;
use tokio::sync::Notify;

use crate::{
    config::{self, Settings},
    doctor, parts, serve,
};

/// Scheduling that hands out a key to a private video room with every booking.
///
/// Settings come from roomkey.toml, or the file that --config names, with environment variables
/// like `ROOMKEY_PUBLIC_URL` and `ROOMKEY_MAIL__URL` over them.
#[derive(Parser)]
#[command(name = "roomkey", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// Read settings from this file [default: roomkey.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server: pages, what Jitsi calls, and the mail worker
    Serve(Serve),
    /// Bring the schema of the database up to date
    Migrate(migrate::Migrate),
    /// Accounts of hosts
    #[command(subcommand)]
    User(user::Command),
    /// What people can book
    #[command(subcommand)]
    EventType(event_type::Command),
    /// Secret links to what people can book
    #[command(subcommand)]
    EventLink(event_link::Command),
    /// When hosts can be booked
    #[command(subcommand)]
    Schedule(schedule::Command),
    /// Free times, and why others are not
    #[command(subcommand)]
    Slots(slots::Command),
    /// Who waits for a time
    #[command(subcommand)]
    WaitingList(waiting_list::Command),
    /// Bookings, by the same rules as on the pages
    #[command(subcommand)]
    Booking(booking::Command),
    /// Rooms without a booking, for other programs
    #[command(subcommand)]
    Room(room::Command),
    /// Keys for the JSON API
    #[command(subcommand)]
    ApiKey(api_key::Command),
    /// How to join Jitsi to this installation
    #[command(subcommand)]
    Jitsi(jitsi::Command),
    /// Whether mail leaves
    #[command(subcommand)]
    Mail(mail::Command),
    /// Check the installation: a line for each part, with what to do about it
    Doctor(Json),
    /// Make a large data set, the same for the same seed, to try things out on
    Seed(seed::Seed),
}

/// Runs until SIGTERM or Ctrl-C, then finishes what runs and stops.
#[derive(Args)]
struct Serve {
    /// Make a host to try things out with, and print how to get in
    #[arg(long)]
    demo: bool,
    /// Run only these parts; many copies of each may share one PostgreSQL
    #[arg(long, value_enum, value_delimiter = ',', value_name = "PARTS")]
    only: Vec<serve::Part>,
}

/// Whether programs read the answer.
#[derive(Args, Clone, Copy)]
struct Json {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Carries a command out.
pub(crate) fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let settings = config::load(cli.config.as_deref())?;
    match cli.command {
        Command::Serve(Serve { demo, only }) => {
            let system = actix_web::rt::System::new();
            let ended = system.block_on(serve::run(settings, serve::Request { demo, only }));
            // Its orderly end waits for threads that may wait for a database without an answer.
            std::mem::forget(system);
            ended
        }
        Command::Migrate(command) => migrate::run(&settings, &command),
        Command::Jitsi(command) => return jitsi::run(&settings, &command),
        Command::Doctor(Json { json }) => return doctor::run(&settings, json),
        command => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let ended = runtime.block_on(run_async(settings, command));
            // As above.
            runtime.shutdown_background();
            return ended;
        }
    }
    .map(|()| ExitCode::SUCCESS)
}

async fn run_async(settings: Settings, command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Mail(command) => mail::run(&settings, &command).await,
        command => {
            let app = parts::app(&settings, SchemaPolicy::MakeIfEmpty, Arc::new(Notify::new()))?;
            match command {
                Command::User(command) => user::run(&app, command).await,
                Command::EventType(command) => event_type::run(&app, command).await,
                Command::EventLink(command) => event_link::run(&app, command).await,
                Command::Slots(command) => slots::run(&app, command).await,
                Command::Schedule(command) => schedule::run(&app, command).await,
                Command::WaitingList(command) => waiting_list::run(&app, command).await,
                Command::Booking(command) => booking::run(&app, command).await,
                Command::Room(command) => room::run(&app, command).await,
                Command::ApiKey(command) => api_key::run(&app, command).await,
                Command::Seed(command) => seed::run(&app, &command).await,
                Command::Serve(_)
                | Command::Migrate(_)
                | Command::Jitsi(_)
                | Command::Mail(_)
                | Command::Doctor(_) => Ok(()),
            }
        }
    }
    .map(|()| ExitCode::SUCCESS)
}

/// The host that a command names.
async fn host(app: &App, handle: &str) -> anyhow::Result<User> {
    let host = app.host(handle).await?;
    host.with_context(|| format!("there is no host '{handle}'; add one with 'roomkey user add'"))
}
