//! Mails that are put into the outbox, by the transaction that causes them.

use std::borrow::Cow;

use diesel::{dsl::exists, prelude::*};
use roomkey_core::{
    booking::Side,
    ids::{BookingId, OutboxId},
    notice::{Notice, Occasion, Recipient},
    time::Instant,
};

use super::{super::Tx, AT_ONCE, CLAIMED, FAILED, PROOF, QUEUED, RESET, SENT, SUPERSEDED, TOKEN};
use crate::{
    StoreError, Vault, connection::natively, row::signed, schema::outbox_messages as outbox,
};

/// A mail that nobody has tried to send yet.
#[derive(Insertable, Default)]
#[diesel(table_name = outbox, treat_none_as_default_value = false)]
struct NewMail {
    id: String,
    kind: Cow<'static, str>,
    booking_id: Option<String>,
    version: i32,
    sequence: i32,
    side: Option<String>,
    guest_id: Option<String>,
    proposal_id: Option<String>,
    series_id: Option<String>,
    entry_id: Option<String>,
    user_id: Option<String>,
    token_sealed: Option<String>,
    expires_at: Option<i64>,
    queued_at: i64,
    due_at: i64,
    attempts: i32,
    state: &'static str,
}

impl NewMail {
    fn new(id: OutboxId, notice: &Notice, now: Instant, vault: &Vault) -> Result<Self, StoreError> {
        let mail = Self {
            id: id.to_string(),
            queued_at: now.micros(),
            due_at: AT_ONCE.micros(),
            state: QUEUED,
            ..Self::default()
        };
        Ok(match notice {
            Notice::Booking { booking, version, sequence, occasion, to } => Self {
                kind: occasion.name(),
                booking_id: Some(booking.to_string()),
                version: signed(*version),
                sequence: signed(*sequence),
                side: match to {
                    Recipient::Side(side) => Some(side.as_str().to_owned()),
                    Recipient::Guest(_) => None,
                },
                guest_id: match to {
                    Recipient::Side(_) => None,
                    Recipient::Guest(guest) => Some(guest.to_string()),
                },
                ..mail
            },
            Notice::Proposal { booking, proposal, occasion } => Self {
                kind: occasion.name(),
                booking_id: Some(booking.to_string()),
                proposal_id: Some(proposal.to_string()),
                ..mail
            },
            Notice::Series { series, booking, version, sequence, occasion, to } => Self {
                kind: occasion.name(),
                booking_id: Some(booking.to_string()),
                version: signed(*version),
                sequence: signed(*sequence),
                side: Some(to.as_str().to_owned()),
                series_id: Some(series.to_string()),
                ..mail
            },
            // With the first version of its booking: a mail about a later one takes its place.
            Notice::Proof { booking } => Self {
                kind: PROOF.into(),
                booking_id: Some(booking.to_string()),
                version: 1,
                side: Some(Side::Customer.as_str().to_owned()),
                ..mail
            },
            Notice::Waiting { entry, occasion } => {
                Self { kind: occasion.as_str().into(), entry_id: Some(entry.to_string()), ..mail }
            }
            Notice::PasswordReset { user, token, expires_at } => Self {
                kind: RESET.into(),
                user_id: Some(user.to_string()),
                token_sealed: Some(vault.seal(TOKEN, token.expose())?),
                expires_at: Some(expires_at.micros()),
                ..mail
            },
        })
    }
}

impl Tx<'_> {
    /// Puts a mail into the outbox: [`Tx::enqueue_all`] with one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn enqueue(
        &mut self,
        id: OutboxId,
        notice: &Notice,
        now: Instant,
    ) -> Result<(), StoreError> {
        self.enqueue_all([(id, notice)], now)
    }

    /// Puts mails into the outbox, due at once. A mail about a booking takes the place of those
    /// about an earlier version that have not left yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn enqueue_all<'n>(
        &mut self,
        notices: impl IntoIterator<Item = (OutboxId, &'n Notice)>,
        now: Instant,
    ) -> Result<(), StoreError> {
        let mut mails = Vec::new();
        for (id, notice) in notices {
            match notice {
                Notice::Booking { booking, version: version @ 2.., to, .. } => {
                    self.supersede(&booking.to_string(), *version, *to, now)?;
                }
                Notice::Proposal { proposal, occasion: Occasion::ProposalWithdrawn, .. }
                    if !self.overtakes(&proposal.to_string(), now)? =>
                {
                    continue;
                }
                _ => {}
            }
            mails.push(NewMail::new(id, notice, now, self.vault)?);
        }
        if mails.is_empty() {
            return Ok(());
        }
        // Most often to both sides. How many there are is then in the statement's type, so that it is prepared once.
        self.run(|c| match <[NewMail; 2]>::try_from(mails) {
            Ok(both) => {
                natively!(c, c => diesel::insert_into(outbox::table).values(both).execute(c))
            }
            Err(mails) => {
                natively!(c, c => diesel::insert_into(outbox::table).values(mails).execute(c))
            }
        })
        .map(drop)
    }

    /// Puts reminders into the outbox, as far as they are not there yet: no other mail gives way to them, and of two
    /// workers that find the same ones due, one puts them in.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn enqueue_reminders<'n>(
        &mut self,
        notices: impl IntoIterator<Item = (OutboxId, &'n Notice)>,
        now: Instant,
    ) -> Result<usize, StoreError> {
        let mut added = 0;
        for (id, notice) in notices {
            let mail = NewMail::new(id, notice, now, self.vault)?;
            added += self.run(|c| {
                natively!(c, c => diesel::insert_into(outbox::table)
                    .values(mail)
                    .on_conflict_do_nothing()
                    .execute(c))
            })?;
        }
        Ok(added)
    }

    /// Whether there is anything to take back: what was proposed has left, or is under way. If it has not, it
    /// does not leave any more.
    fn overtakes(&mut self, proposal: &str, now: Instant) -> Result<bool, StoreError> {
        let waits = outbox::table
            .filter(outbox::proposal_id.eq(proposal))
            .filter(outbox::kind.eq(Occasion::Proposed.name()))
            .filter(outbox::state.eq(QUEUED));
        let given_up = (outbox::state.eq(SUPERSEDED), outbox::finished_at.eq(now.micros()));
        let overtaken = self.run(|c| diesel::update(waits).set(given_up).execute(c))?;
        Ok(overtaken == 0 && self.is_proposal_told(proposal)?)
    }

    /// Whether the mail with a proposal has left, or is about to.
    pub(super) fn is_proposal_told(&mut self, proposal: &str) -> Result<bool, StoreError> {
        let told = outbox::table
            .filter(outbox::proposal_id.eq(proposal))
            .filter(outbox::kind.eq(Occasion::Proposed.name()))
            .filter(outbox::state.eq_any([CLAIMED, SENT]));
        self.run(|c| diesel::select(exists(told)).get_result(c))
    }

    /// Has the mail by which a customer shows that the address is theirs leave once more. False if it has not left yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn resend_proof(&mut self, booking: BookingId, now: Instant) -> Result<bool, StoreError> {
        let done = outbox::table
            .filter(outbox::booking_id.eq(booking.to_string()))
            .filter(outbox::kind.eq(PROOF))
            .filter(outbox::state.eq_any([SENT, FAILED]));
        let again = self.run(|c| {
            diesel::update(done)
                .set((
                    outbox::state.eq(QUEUED),
                    // Another one than before, not a repeat: where both arrive, both are shown.
                    outbox::sequence.eq(outbox::sequence + 1),
                    outbox::queued_at.eq(now.micros()),
                    outbox::due_at.eq(AT_ONCE.micros()),
                    outbox::attempts.eq(0),
                    outbox::finished_at.eq(None::<i64>),
                ))
                .execute(c)
        })?;
        Ok(again == 1)
    }

    fn supersede(
        &mut self,
        booking: &str,
        version: u32,
        to: Recipient,
        now: Instant,
    ) -> Result<(), StoreError> {
        let older = outbox::table
            .filter(outbox::booking_id.eq(booking))
            .filter(outbox::version.lt(signed(version)))
            .filter(outbox::state.eq(QUEUED))
            // What tells of others as well goes all the same, and leaves this one out.
            .filter(outbox::series_id.is_null());
        let given_up = (outbox::state.eq(SUPERSEDED), outbox::finished_at.eq(now.micros()));
        self.run(|c| match to {
            Recipient::Side(side) => {
                let own = older.filter(outbox::side.eq(side.as_str()));
                diesel::update(own).set(given_up).execute(c)
            }
            Recipient::Guest(guest) => {
                let own = older.filter(outbox::guest_id.eq(guest.to_string()));
                diesel::update(own).set(given_up).execute(c)
            }
        })
        .map(drop)
    }
}
