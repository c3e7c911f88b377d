//! The demo: one host with one event type, made at the first start.

use anyhow::Context;
use roomkey_app::{App, NewUser};
use roomkey_core::{
    account::Role,
    availability::parse_weekly,
    event_type::Terms,
    time::{Minutes, TimeZone},
};

/// Who can be booked in the demo.
const EMAIL: &str = "ada@example.org";
const HANDLE: &str = "ada";
const SLUG: &str = "intro";

/// The demo host's address and the path of their booking page. The host is made if the database
/// has no users; an installation in use is left as it is.
pub(crate) async fn prepare(app: &App, password: &str) -> anyhow::Result<(&'static str, String)> {
    if app.needs_setup().await? {
        let time_zone: TimeZone = "Europe/London".parse()?;
        let host = app
            .add_user(NewUser {
                email: EMAIL.parse()?,
                name: "Ada Lovelace".parse()?,
                handle: HANDLE.parse()?,
                time_zone,
                role: Role::Owner,
                password: Some(password.parse()?),
            })
            .await
            .context("the demo host can not be made")?;
        // Every day, so that there is something to book whenever the demo is tried.
        let weekly = parse_weekly(&["mon-sun 08:00-12:00,13:00-20:00"])?;
        app.set_schedule(host.id, time_zone, weekly, None).await?;
        let description = "Thirty minutes to get to know each other and see whether we fit.";
        let terms =
            Terms::usual(SLUG.parse()?, "Intro call".parse()?, description.parse()?, Minutes(30));
        app.create_event_type(host.id, terms).await?;
    }
    Ok((EMAIL, format!("/{HANDLE}/{SLUG}")))
}
