//! People are reminded of what they booked.
//!
//! A reminder is derived: no row waits for its moment, so none can be left behind by a move, and one that the host
//! adds holds at once. Now and then it is asked what is due and not in the outbox yet; what a process did that was
//! killed in between is found there, and what two processes do at once the outbox takes once.

use roomkey_core::{ids::OutboxId, notice, text::EmailAddress, time::Instant, token::Token};
use roomkey_store::{DueReminder, StoreError, Tx};

use crate::{App, Found, LinkError};

/// Reminders that are put into the outbox in one transaction.
const AT_ONCE: usize = 100;

/// Whether somebody is reminded of what they booked with a host.
#[derive(Debug, Clone)]
pub struct ReminderChoice {
    /// What their link leads to.
    pub found: Found,
    /// Their address.
    pub email: EmailAddress,
    /// Whether they want reminders.
    pub wanted: bool,
}

impl App {
    /// Puts the reminders that are due into the outbox. Says whether there may be more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remind(&self) -> Result<bool, StoreError> {
        let now = self.now();
        // A look that only reads, so that nobody asks for the database's write lock in vain.
        let due = self.store.read(move |tx| tx.due_reminders(now, AT_ONCE)).await?;
        if due.is_empty() {
            return Ok(false);
        }
        let (app, is_more) = (self.clone(), due.len() >= AT_ONCE);
        let added = self
            .store
            .write(move |tx| {
                let mut added = 0;
                for reminder in &due {
                    added += app.remind_in(tx, reminder, now)?;
                }
                Ok::<_, StoreError>(added)
            })
            .await?;
        if added > 0 {
            self.wake_mail();
        }
        Ok(is_more && added > 0)
    }

    fn remind_in(
        &self,
        tx: &mut Tx<'_>,
        reminder: &DueReminder,
        now: Instant,
    ) -> Result<usize, StoreError> {
        // What has happened since it was found due is seen when the mail is written.
        let Some(found) = tx.booking(reminder.booking)? else { return Ok(0) };
        let notices = notice::of_reminder(&found.booking, reminder.side, reminder.before);
        let mails: Vec<_> =
            notices.iter().map(|notice| (OutboxId::new(now, self.entropy()), notice)).collect();
        tx.enqueue_reminders(mails, now)
    }

    /// Whether the customer or guest who holds a link is reminded of what they booked with its host.
    ///
    /// # Errors
    /// [`LinkError`]; [`LinkError::Unknown`] for a host's link.
    pub async fn reminder_choice(&self, token: &Token) -> Result<ReminderChoice, LinkError> {
        let found = self.booking_to_look_at(token).await?;
        let email = found.reader_email().ok_or(LinkError::Unknown)?.clone();
        let (host, asked) = (found.details.booking.host, email.clone());
        let is_out = self.store.read(move |tx| tx.has_opted_out(host, &asked)).await?;
        Ok(ReminderChoice { found, email, wanted: !is_out })
    }

    /// Whoever holds a customer's or guest's link wants, or does not want, reminders of what they booked with its host.
    ///
    /// # Errors
    /// As [`Self::reminder_choice`].
    pub async fn want_reminders(&self, token: &Token, wanted: bool) -> Result<(), LinkError> {
        let choice = self.reminder_choice(token).await?;
        let (host, now) = (choice.found.details.booking.host, self.now());
        let write = move |tx: &mut Tx<'_>| tx.want_reminders(host, &choice.email, wanted, now);
        Ok(self.store.write(write).await?)
    }
}
