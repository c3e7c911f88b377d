use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use roomkey_core::text::EmailAddress;
use roomkey_mailer::{Composer, Transport, send_test};
use serde_json::json;

use super::Json;
use crate::{
    config::Settings,
    output,
    system::{SystemClock, SystemEntropy},
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Send one mail now, and show what was said to the mail server
    Test(Test),
}

#[derive(Args)]
pub(super) struct Test {
    /// Where to
    #[arg(long, value_name = "EMAIL")]
    to: EmailAddress,
    #[command(flatten)]
    json: Json,
}

pub(super) async fn run(settings: &Settings, Command::Test(test): &Command) -> anyhow::Result<()> {
    let mail = &settings.mail;
    let transport = Transport::open(&mail.url, &settings.data_dir, mail.ca_file.as_deref())
        .context("mail can not be sent")?;
    let composer = Composer::new(settings.site.clone(), mail.from.clone());
    let report = send_test(&composer, &transport, &test.to, &SystemClock, &SystemEntropy).await?;
    if test.json.json {
        let sent = report.outcome.is_ok();
        output::json(&json!({ "sent": sent, "conversation": report.conversation }))?;
    } else {
        for line in &report.conversation {
            output::line(format_args!("{line}"))?;
        }
    }
    match report.outcome {
        Ok(()) => Ok(()),
        Err(error) => bail!("the mail was not taken: {error}"),
    }
}
