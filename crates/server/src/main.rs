//! The binary `roomkey`: reads the command line and the configuration, puts the parts together and
//! runs them.

mod announce;
mod cli;
mod config;
mod demo;
mod doctor;
mod finding;
mod http_metrics;
mod internal;
mod jitsi_watch;
mod keys;
mod output;
mod parts;
mod probe;
mod request_log;
mod serve;
mod system;
mod telemetry;

use std::process::ExitCode;

use clap::Parser;

/// What `clap` answers to a wrong command line, too.
const WRONG_USAGE: u8 = 2;
const REFUSED: u8 = 1;

fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { WRONG_USAGE } else { 0 };
            // Nothing is left to be done about a closed terminal.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    match cli::run(cli) {
        Ok(code) => code,
        Err(error) if error.is::<output::NobodyReads>() => ExitCode::SUCCESS,
        Err(error) => {
            // Some libraries write several lines.
            let text = format!("{error:#}");
            let lines: Vec<&str> = text.lines().map(str::trim).collect();
            output::alert(format_args!("roomkey: {}", lines.join(" ")));
            ExitCode::from(REFUSED)
        }
    }
}
