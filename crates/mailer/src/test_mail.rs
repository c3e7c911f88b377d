use roomkey_core::{
    random::{self, Entropy},
    text::EmailAddress,
    time::Clock,
};

use crate::{Composer, SendError, Transport, transport::Transcript};

/// What happened to a test mail.
#[derive(Debug)]
pub struct TestReport {
    /// What was said, ours after `>` and the server's after `<`, in order. Passwords are left out.
    pub conversation: Vec<String>,
    /// How it ended.
    pub outcome: Result<(), SendError>,
}

/// Sends one mail to `to` at once, past the outbox, and reports how it went.
///
/// # Errors
/// [`crate::ComposeError`] if not even the mail could be made.
pub async fn send_test(
    composer: &Composer,
    transport: &Transport,
    to: &EmailAddress,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
) -> Result<TestReport, crate::ComposeError> {
    let name = format!("{:032x}", u128::from_be_bytes(random::bytes(entropy)));
    let mail = composer.test_mail(to, &name, clock.now())?;
    let mut transcript = Transcript::kept();
    let outcome = transport.converse(&mail, &mut transcript).await;
    if let Err(error) = &outcome {
        transcript.note(|| error.detail.clone());
    }
    Ok(TestReport { conversation: transcript.into_lines(), outcome })
}
