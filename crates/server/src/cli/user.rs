use std::io::{self, BufRead};

use anyhow::Context;
use clap::{Args, Subcommand};
use roomkey_app::{App, NewUser};
use roomkey_core::{
    account::{NewPassword, Role, User},
    text::{EmailAddress, Handle, PersonName},
    time::TimeZone,
};
use serde_json::json;

use super::Json;
use crate::output;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Add an account
    Add(Add),
}

/// Without --password-stdin the account is opened by 'forgot password' on the sign-in page.
#[derive(Args)]
pub(super) struct Add {
    /// Where mail goes, and the name to sign in with
    #[arg(long, value_name = "EMAIL")]
    email: EmailAddress,
    /// As customers see it
    #[arg(long)]
    name: PersonName,
    /// The first part of the host's addresses: 2 to 40 of a-z, 0-9 and -
    #[arg(long)]
    handle: Handle,
    /// Like Europe/Berlin
    #[arg(long, value_name = "ZONE")]
    time_zone: TimeZone,
    /// owner, admin or member
    #[arg(long, default_value = "member")]
    role: Role,
    /// Read the password from standard input
    #[arg(long)]
    password_stdin: bool,
    #[command(flatten)]
    json: Json,
}

pub(super) async fn run(app: &App, Command::Add(add): Command) -> anyhow::Result<()> {
    let password = if add.password_stdin { Some(read_password()?) } else { None };
    let opened = password.is_some();
    let Add { email, name, handle, time_zone, role, .. } = add;
    let user = app.add_user(NewUser { email, name, handle, time_zone, role, password }).await?;
    if add.json.json {
        return output::json(&shown(&user));
    }
    let url = app.site().public_url.as_str();
    output::line(format_args!("Added {}, bookable at {url}/{}", user.name, user.handle))?;
    if !opened {
        output::line(format_args!("To choose a password: {url}/forgot-password"))?;
    }
    Ok(())
}

fn read_password() -> anyhow::Result<NewPassword> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).context("standard input can not be read")?;
    line.trim_end_matches(['\r', '\n'])
        .parse()
        .map_err(|error| anyhow::anyhow!("password: {error}"))
}

fn shown(user: &User) -> serde_json::Value {
    json!({
        "id": user.id.to_string(),
        "email": user.email,
        "name": user.name,
        "handle": user.handle,
        "role": user.role.as_str(),
        "time_zone": user.time_zone.name(),
    })
}
