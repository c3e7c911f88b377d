//! `roomkey doctor`: a line for each part of the installation, with the mend.

use std::{process::ExitCode, sync::Arc};

use roomkey_core::{
    jitsi::JitsiMode,
    time::{Clock, TimeZone},
};
use roomkey_mailer::MailUrl;
use roomkey_store::{Backend, KeyState, Store, Vault};
use secrecy::ExposeSecret;

use crate::{
    config::{Issuer, IssuerKey, Settings},
    finding::{self, Finding},
    keys,
    system::{SystemClock, SystemEntropy},
};

/// Prints the findings; exit code 1 if one of them is a failure.
pub(crate) fn run(settings: &Settings, json: bool) -> anyhow::Result<ExitCode> {
    let mut findings = database(settings);
    findings.push(clock());
    findings.push(Finding::ok("zone data", format!("version {}", TimeZone::data_version())));
    findings.push(mail(settings));
    findings.extend(jitsi(settings));
    findings.push(public_url(settings));
    findings.push(proxies(settings));
    findings.extend(limits(settings));
    finding::print(&findings, json)
}

/// The database, its schema, accounts and key, as they are: nothing is made or changed.
fn database(settings: &Settings) -> Vec<Finding> {
    let kind = match settings.database_url.backend() {
        Backend::Sqlite => "SQLite",
        Backend::Postgres => "PostgreSQL",
    };
    let key = match &settings.secret_key {
        Some(key) => Ok(Some(key.clone())),
        None => keys::kept_secret_key(&settings.data_dir),
    };
    let key = match key {
        Ok(key) => key,
        Err(error) => {
            let mend = "check data_dir, or set secret_key";
            return vec![Finding::fail("secret key", format!("{error:#}"), mend)];
        }
    };
    let vault = key.as_ref().map(|key| Vault::new(key, Arc::new(SystemEntropy)));
    let found = match Store::inspect(&settings.database_url, vault.as_ref()) {
        Ok(found) => found,
        Err(error) => {
            let mend = "check database_url, and that the database server runs";
            return vec![Finding::fail("database", format!("{kind}: {error}"), mend)];
        }
    };
    if !found.exists {
        let mend = "start the server, or run 'roomkey migrate': either makes it";
        return vec![Finding::warn("database", format!("{kind}: there is no database yet"), mend)];
    }
    let mut findings = vec![Finding::ok("database", format!("{kind} answers"))];
    if !found.missing.is_empty() {
        let finding = match found.missing.len() {
            1 => "1 step is missing".to_owned(),
            many => format!("{many} steps are missing"),
        };
        let mend = "run 'roomkey migrate', or start the server, which does the same";
        findings.push(Finding::fail("schema", finding, mend));
        return findings;
    }
    findings.push(Finding::ok("schema", "up to date"));
    findings.push(if found.has_accounts {
        Finding::ok("accounts", "there are some")
    } else {
        let mend = "start the server and open /setup, or run 'roomkey user add'";
        Finding::warn("accounts", "there are none", mend)
    });
    findings.push(secret_key(found.key, key.is_some(), settings));
    findings
}

fn secret_key(state: KeyState, is_there: bool, settings: &Settings) -> Finding {
    let kept = settings.data_dir.join("secret-key").display().to_string();
    match state {
        KeyState::Fits => Finding::ok("secret key", "the one that the database was filled with"),
        KeyState::Free if is_there => Finding::ok("secret key", "there is one, not used yet"),
        KeyState::Free => Finding::ok("secret key", format!("none yet; the server makes {kept}")),
        KeyState::Wrong => {
            let finding = if is_there {
                "the database was filled with another secret_key"
            } else {
                "there is none, and the database was filled with one"
            };
            let mend = format!("set secret_key to the one it was made with, or put it into {kept}");
            Finding::fail("secret key", finding, mend)
        }
    }
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

/// One for each Jitsi.
fn jitsi(settings: &Settings) -> impl Iterator<Item = Finding> {
    settings.site.jitsi.iter().zip(&settings.jitsi).map(|(server, secrets)| {
        let url = server.url.as_str();
        if server.url.domain() == "meet.example.org" {
            let mend = "set jitsi.url to the Jitsi that rooms open on";
            return Finding::warn("jitsi", format!("{url} is only an example"), mend);
        }
        if let Some(finding) = secrets.issuer.as_ref().and_then(issuer) {
            return finding;
        }
        let finding = format!("{url} in mode {}", server.mode.as_str());
        match server.mode {
            JitsiMode::Reservations => Finding::ok(
                "jitsi",
                format!("{url}, which must ask us; 'roomkey jitsi config' prints how"),
            ),
            JitsiMode::Jwt => Finding::ok(
                "jitsi",
                format!("{finding}: it must check our tokens; 'roomkey jitsi config' prints how"),
            ),
            JitsiMode::ReservationsJwt => Finding::ok(
                "jitsi",
                format!(
                    "{finding}: it must ask us and check our tokens; 'roomkey jitsi config' prints how"
                ),
            ),
            JitsiMode::Link => Finding::warn(
                "jitsi",
                format!("{finding}: an unguessable name is all that protects a room"),
                "set jitsi.mode to reservations",
            ),
        }
    })
}

/// What is wrong with what signs tokens.
fn issuer(issuer: &Issuer) -> Option<Finding> {
    if let Err(error) = issuer.build() {
        return Some(Finding::fail("jitsi", format!("{error:#}"), "make another key"));
    }
    match &issuer.key {
        IssuerKey::Secret(secret) if secret.expose_secret().len() < 32 => Some(Finding::warn(
            "jitsi",
            "jitsi.jwt_secret is short: whoever guesses it makes tokens for every room",
            "use 32 characters or more, like 'openssl rand -hex 32' makes (RFC 7518, 3.2)",
        )),
        _ => None,
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
