//! The demo: one host with one event type, made at the first start.

use std::path::Path;

use anyhow::{Context, bail};
use roomkey_app::{AddUserError, App, NewUser};
use roomkey_core::{
    account::{Role, User},
    availability::parse_weekly,
    event_type::Terms,
    time::{Minutes, TimeZone},
};

use crate::keys;

/// Who can be booked in the demo.
const EMAIL: &str = "ada@example.org";
const HANDLE: &str = "ada";
const SLUG: &str = "intro";

/// How to try the demo out.
pub(crate) struct Demo {
    /// The host's address, to sign in with.
    pub(crate) email: &'static str,
    /// The path of the page on which the host can be booked.
    pub(crate) booking_page: String,
    /// None once another password was chosen, or if the file of the one that was made is gone.
    pub(crate) password: Option<String>,
}

/// The demo's host; made if the database has no users.
///
/// # Errors
/// An installation in use that is not the demo's own is left as it is, and is none to try out.
pub(crate) async fn prepare(app: &App, data_dir: &Path) -> anyhow::Result<Demo> {
    if app.needs_setup().await? {
        make(app, data_dir).await.context("the demo host can not be made")?;
    }
    let demo_host = app.host(HANDLE).await?.filter(|host| host.email.as_str() == EMAIL);
    if demo_host.is_none() {
        bail!("this database is in use and has no demo host: start it without --demo");
    }
    let password = match keys::kept_demo_password(data_dir)? {
        Some(kept) if app.is_password(EMAIL.parse()?, kept.clone().into()).await? => Some(kept),
        _ => None,
    };
    Ok(Demo { email: EMAIL, booking_page: format!("/{HANDLE}/{SLUG}"), password })
}

async fn make(app: &App, data_dir: &Path) -> anyhow::Result<()> {
    let time_zone: TimeZone = "Europe/London".parse()?;
    let host = NewUser {
        email: EMAIL.parse()?,
        name: "Ada Lovelace".parse()?,
        handle: HANDLE.parse()?,
        time_zone,
        role: Role::Owner,
        password: Some(keys::demo_password(data_dir)?.parse()?),
    };
    match app.add_user(host).await {
        Ok(host) => furnish(app, &host).await,
        // Another process that starts at the same time was first.
        Err(AddUserError::EmailTaken | AddUserError::HandleTaken) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Hours, and something to book.
async fn furnish(app: &App, host: &User) -> anyhow::Result<()> {
    // Every day, so that there is something to book whenever the demo is tried.
    let weekly = parse_weekly(&["mon-sun 08:00-12:00,13:00-20:00"])?;
    app.set_schedule(host.id, host.time_zone, weekly, None).await?;
    let description = "Thirty minutes to get to know each other and see whether we fit.";
    let terms =
        Terms::usual(SLUG.parse()?, "Intro call".parse()?, description.parse()?, Minutes(30));
    app.create_event_type(host.id, terms).await?;
    Ok(())
}
