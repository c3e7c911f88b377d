//! Somebody in a waiting list: what they see, that they show that the address is theirs, and that they leave.

use roomkey_core::{
    account::User,
    event_type::EventType,
    ids::{EventTypeId, UserId, WaitingEntryId},
    text::EmailAddress,
    time::{Instant, TimeZone},
    token::Token,
    waiting_list::{Ended, Entry},
};
use roomkey_store::{OfferKey, StoreError, Tx, WaitingEntry};

use crate::App;

/// What the page of somebody in a waiting list shows.
#[derive(Debug, Clone)]
pub struct WaitingFound {
    /// Who, and what for.
    pub entry: Entry,
    /// With whom.
    pub host: User,
    /// What.
    pub event_type: EventType,
    /// The schedule's zone, in which days are meant.
    pub zone: TimeZone,
    /// How many are before them.
    pub before: i64,
    /// The moment for which this holds.
    pub now: Instant,
}

/// Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum WaitingError {
    /// There is no such entry.
    #[error("there is nobody like that on a waiting list")]
    Unknown,
    /// It is over.
    #[error(transparent)]
    Ended(#[from] Ended),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl App {
    /// Whose page that link is for.
    ///
    /// # Errors
    /// [`WaitingError`].
    pub async fn waiting_entry(&self, token: &Token) -> Result<WaitingFound, WaitingError> {
        let (hash, now) = (token.hash(), self.now());
        self.store
            .read(move |tx| {
                let found = tx.waiting_entry_by_token(hash)?.ok_or(WaitingError::Unknown)?;
                let entry = found.entry;
                let key = OfferKey::Own(entry.host, entry.event_type);
                let facts = tx.offer_facts(key, now)?.ok_or(WaitingError::Unknown)?;
                let before = if entry.is_in_line(now) { tx.count_before(&entry, now)? } else { 0 };
                let (host, event_type) = (facts.host, facts.event_type);
                let zone = facts.schedule.time_zone;
                Ok(WaitingFound { entry, host, event_type, zone, before, now })
            })
            .await
    }

    /// The button behind the link in the mail was pressed: the address is theirs, and they are in line. Once that is
    /// so, further presses change nothing.
    ///
    /// # Errors
    /// [`WaitingError`].
    pub async fn prove_waiting(&self, token: &Token) -> Result<EmailAddress, WaitingError> {
        let (hash, app) = (token.hash(), self.clone());
        let email = self
            .store
            .write(move |tx| {
                let found = tx.waiting_entry_by_token(hash)?.ok_or(WaitingError::Unknown)?;
                tx.lock_host(found.entry.host)?;
                let WaitingEntry { entry, .. } =
                    tx.waiting_entry(found.entry.id)?.ok_or(WaitingError::Unknown)?;
                let since = entry.prove(app.now())?;
                tx.put_in_line(entry.id, since)?;
                Ok::<_, WaitingError>(entry.email)
            })
            .await?;
        self.wake_mail();
        Ok(email)
    }

    /// Somebody leaves a waiting list. What was kept for them is free, for the next in line.
    ///
    /// # Errors
    /// [`WaitingError`].
    pub async fn leave_waiting_list(&self, token: &Token) -> Result<(), WaitingError> {
        let (hash, app) = (token.hash(), self.clone());
        self.store
            .write(move |tx| {
                let found = tx.waiting_entry_by_token(hash)?.ok_or(WaitingError::Unknown)?;
                app.leave_in(tx, found.entry.host, found.entry.id)
            })
            .await?;
        self.wake_mail();
        Ok(())
    }

    /// A host takes somebody out of one of their waiting lists.
    ///
    /// # Errors
    /// [`WaitingError`].
    pub async fn remove_waiting(
        &self,
        host: UserId,
        id: WaitingEntryId,
    ) -> Result<(), WaitingError> {
        let app = self.clone();
        self.store.write(move |tx| app.leave_in(tx, host, id)).await?;
        self.wake_mail();
        Ok(())
    }

    fn leave_in(
        &self,
        tx: &mut Tx<'_>,
        host: UserId,
        id: WaitingEntryId,
    ) -> Result<(), WaitingError> {
        tx.lock_host(host)?;
        let found = tx.waiting_entry(id)?.filter(|found| found.entry.host == host);
        let WaitingEntry { entry, token } = found.ok_or(WaitingError::Unknown)?;
        let now = self.now();
        let state = entry.leave(now)?;
        if !tx.change_waiting_entry(&entry, state, now)? {
            return Err(Ended.into());
        }
        Ok(tx.drop_holds(&[token.hash()])?)
    }

    /// Who is in line with a host, by event type, the first of each first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn waiting_with(
        &self,
        host: UserId,
        event_type: Option<EventTypeId>,
    ) -> Result<Vec<Entry>, StoreError> {
        let now = self.now();
        let all = self.store.read(move |tx| tx.waiting_with(host)).await?;
        let entries = all.into_iter().map(|found| found.entry);
        let wanted = entries
            .filter(|entry| !entry.state_at(now).is_end() && now < entry.over_at)
            .filter(|entry| event_type.is_none_or(|wanted| entry.event_type == wanted));
        Ok(wanted.collect())
    }
}
