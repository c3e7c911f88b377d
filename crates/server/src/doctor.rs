//! `roomkey doctor`: a line for each part of the installation, with the mend.

use std::{process::ExitCode, sync::Arc};

use roomkey_core::{
    site::JitsiMode,
    time::{Clock, TimeZone},
};
use roomkey_mailer::MailUrl;
use roomkey_store::{Backend, SchemaPolicy, Store};
use serde::Serialize;
use tokio::sync::Notify;

use crate::{config::Settings, parts, system::SystemClock};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Ok,
    Warn,
    Fail,
}

/// One part, how it is, and what to do about it.
#[derive(Serialize)]
struct Finding {
    part: &'static str,
    verdict: Verdict,
    finding: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    mend: Option<String>,
}

impl Finding {
    fn ok(part: &'static str, finding: impl Into<String>) -> Self {
        Self { part, verdict: Verdict::Ok, finding: finding.into(), mend: None }
    }

    fn warn(part: &'static str, finding: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { part, verdict: Verdict::Warn, finding: finding.into(), mend: Some(mend.into()) }
    }

    fn fail(part: &'static str, finding: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { part, verdict: Verdict::Fail, finding: finding.into(), mend: Some(mend.into()) }
    }
}

/// Prints the findings; exit code 1 if one of them is a failure.
pub(crate) async fn run(settings: &Settings, json: bool) -> anyhow::Result<ExitCode> {
    let mut findings = database(settings).await;
    findings.push(clock());
    findings.push(Finding::ok("zone data", format!("version {}", TimeZone::data_version())));
    findings.push(mail(settings));
    findings.push(jitsi(settings));
    findings.push(public_url(settings));
    findings.push(proxies(settings));
    findings.extend(limits(settings));
    if json {
        println!("{}", serde_json::to_string_pretty(&findings)?);
    } else {
        for Finding { part, verdict, finding, mend } in &findings {
            let sign = match verdict {
                Verdict::Ok => "ok  ",
                Verdict::Warn => "warn",
                Verdict::Fail => "FAIL",
            };
            let mend = mend.as_ref().map(|mend| format!("; {mend}")).unwrap_or_default();
            println!("{sign}  {part:<14} {finding}{mend}");
        }
    }
    let failed = findings.iter().any(|finding| finding.verdict == Verdict::Fail);
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn database(settings: &Settings) -> Vec<Finding> {
    let kind = match settings.database_url.backend() {
        Backend::Sqlite => "SQLite",
        Backend::Postgres => "PostgreSQL",
    };
    let missing = match Store::migrate(&settings.database_url, SchemaPolicy::DryRun) {
        Ok(missing) => missing,
        Err(error) => {
            let mend = "check database_url, and that the database server runs";
            return vec![Finding::fail("database", format!("{kind}: {error}"), mend)];
        }
    };
    let mut findings = vec![Finding::ok("database", format!("{kind} answers"))];
    if !missing.is_empty() {
        let finding = format!("{} steps are missing", missing.len());
        let mend = "run 'roomkey migrate', or start the server, which does the same";
        findings.push(Finding::fail("schema", finding, mend));
        return findings;
    }
    findings.push(Finding::ok("schema", "up to date"));
    match parts::app(settings, SchemaPolicy::MakeIfEmpty, Arc::new(Notify::new())) {
        Ok(app) => match app.needs_setup().await {
            Ok(false) => findings.push(Finding::ok("accounts", "there are some")),
            Ok(true) => findings.push(Finding::warn(
                "accounts",
                "there are none",
                "start the server and open /setup, or run 'roomkey user add'",
            )),
            Err(error) => {
                findings.push(Finding::fail("accounts", error.to_string(), "check the database"));
            }
        },
        Err(error) => {
            let mend = "check data_dir and secret_key";
            findings.push(Finding::fail("secret key", format!("{error:#}"), mend));
        }
    }
    findings
}

/// The program was not built after now.
fn clock() -> Finding {
    let now = SystemClock.now();
    let released = roomkey_core::time::Instant::parse("2026-11-01T00:00:00Z").unwrap_or(now);
    if now < released {
        let mend = "set the clock, and keep it right with NTP: rooms open by it";
        Finding::fail("clock", format!("it is {now}, before this program was made"), mend)
    } else {
        Finding::ok("clock", format!("it is {now}; rooms open by this clock, so keep NTP on"))
    }
}

fn mail(settings: &Settings) -> Finding {
    match &settings.mail.url {
        MailUrl::Mailbox => {
            let place = settings.data_dir.join("mailbox").display().to_string();
            let mend = "set mail.url to an SMTP server";
            Finding::warn("mail", format!("kept in {place}, sent to nobody"), mend)
        }
        MailUrl::Smtp(_) => {
            Finding::ok("mail", "an SMTP server is set; try it with 'roomkey mail test --to YOU'")
        }
    }
}

fn jitsi(settings: &Settings) -> Finding {
    let url = settings.site.jitsi_url.as_str();
    if settings.site.jitsi_url.domain() == "meet.example.org" {
        let mend = "set jitsi.url to the Jitsi that rooms open on";
        return Finding::warn("jitsi", format!("{url} is only an example"), mend);
    }
    match settings.site.jitsi_mode {
        JitsiMode::Reservations => Finding::ok(
            "jitsi",
            format!("{url}, which must ask us; 'roomkey jitsi config' prints how"),
        ),
        JitsiMode::Link => Finding::warn(
            "jitsi",
            format!("{url} in mode link: an unguessable name is all that protects a room"),
            "set jitsi.mode to reservations",
        ),
    }
}

fn public_url(settings: &Settings) -> Finding {
    let url = &settings.site.public_url;
    let local = ["localhost", "127.0.0.1", "[::1]"].contains(&url.domain());
    if url.is_https() {
        Finding::ok("public url", url.as_str())
    } else if local {
        let mend = "set public_url to the address that people use before you invite them";
        Finding::warn(
            "public url",
            format!("{}: links work on this machine only", url.as_str()),
            mend,
        )
    } else {
        let finding = format!(
            "{}: without TLS, sign-in cookies and passwords cross the network readable",
            url.as_str()
        );
        Finding::warn("public url", finding, "put a proxy with https in front")
    }
}

fn proxies(settings: &Settings) -> Finding {
    match settings.trusted_proxies.len() {
        0 if settings.site.public_url.is_https() => Finding::warn(
            "proxy headers",
            "no trusted_proxies: behind a proxy, all visitors count as one when attempts are limited",
            "set trusted_proxies to the proxy's address",
        ),
        0 => Finding::ok("proxy headers", "ignored, as no trusted_proxies are set"),
        proxies => Finding::ok("proxy headers", format!("believed from {proxies} addresses")),
    }
}

fn limits(settings: &Settings) -> Option<Finding> {
    (!settings.limits).then(|| {
        let mend = "set limits.enabled to true, unless this is a load test";
        Finding::warn("limits", "off: passwords can be guessed at any rate", mend)
    })
}
