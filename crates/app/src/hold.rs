//! Keeping a time while its form is filled in.

use roomkey_core::{
    availability::Refusal,
    time::{Instant, Minutes, Span},
    token::TokenHash,
};
use roomkey_store::{Hold, StoreError};

use crate::{
    App, Client, Limited, LinkGone, Page, WrongDuration,
    event_links::{NotOpen, admit},
    offer::{ask, duration_of},
};

/// How long a time is kept from the last sign of life of its form.
const KEPT: Minutes = Minutes(6);
/// How long it is kept in all.
const LONGEST: Minutes = Minutes(20);
/// So long after it was first kept, the same visitor may keep it anew.
const ANEW: Minutes = Minutes(60);
/// So many times are kept for all visitors from one place together.
const MOST: i64 = 4;

/// The time is not kept.
#[derive(Debug, thiserror::Error)]
pub enum HoldError {
    /// There is no such event type.
    #[error("there is nothing to book at this address")]
    Unknown,
    /// The link works no longer.
    #[error(transparent)]
    Gone(LinkGone),
    /// The event type has no bookings of that length.
    #[error(transparent)]
    Duration(#[from] WrongDuration),
    /// The time is not offered.
    #[error(transparent)]
    Refused(Refusal),
    /// It was kept for long enough, or too many are kept already.
    #[error(transparent)]
    Limited(#[from] Limited),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<NotOpen> for HoldError {
    fn from(not_open: NotOpen) -> Self {
        match not_open {
            NotOpen::Unknown => Self::Unknown,
            NotOpen::Gone(gone) => Self::Gone(gone),
        }
    }
}

impl App {
    /// Lets go of the time that a visitor keeps, if they keep one, by all that they are known by.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn release(&self, holders: Vec<TokenHash>) -> Result<(), StoreError> {
        self.store.write(move |tx| tx.drop_holds(&holders)).await
    }

    /// Keeps a time for a visitor under the name `holder`, instead of what they kept before under that or
    /// the page's other `holders`; asked again for the same one, a little longer. Says until when.
    ///
    /// # Errors
    /// [`HoldError`].
    pub async fn hold(
        &self,
        page: Page,
        duration: Option<Minutes>,
        start: Instant,
        holder: TokenHash,
        client: Client,
    ) -> Result<Instant, HoldError> {
        let (now, limits) = (self.now(), self.limits);
        self.store
            .write(move |tx| {
                let own = [vec![holder], page.keepers()].concat();
                let mut facts = tx.offer_facts(page.key(), now)?.ok_or(HoldError::Unknown)?;
                admit::<HoldError>(tx, &facts, &page, now)?;
                let duration = duration_of(&facts.event_type.terms, duration)?;
                let place = client.to_string();
                if limits && tx.count_holds(&place, &own, now)? >= MOST {
                    let retry_after_seconds = KEPT.0 * 60;
                    return Err(Limited { retry_after_seconds }.into());
                }
                // From here on nobody can book it, or keep it, in between.
                tx.lock_host(facts.host.id)?;
                facts.has_holds = true;
                let moment = Span::moment(start);
                let verdict = ask(tx, &facts, duration, moment, now, own.clone(), |offer| {
                    offer.verdict(start)
                })?;
                let slot = verdict.map_err(HoldError::Refused)?;
                let event_type = facts.event_type.id;
                let since = tx.held_since(&own, event_type, slot.span())?;
                let created_at = since.filter(|since| now < since.plus(ANEW)).unwrap_or(now);
                let last = created_at.plus(LONGEST);
                if last <= now {
                    let wait = created_at.plus(ANEW).since(now) / 1_000_000 + 1;
                    let retry_after_seconds = u32::try_from(wait).unwrap_or(1);
                    return Err(Limited { retry_after_seconds }.into());
                }
                let expires_at = now.plus(KEPT).min(last);
                tx.drop_holds(&own)?;
                tx.place_hold(&Hold {
                    holder,
                    client: place,
                    host: facts.host.id,
                    event_type,
                    span: slot.span(),
                    buffers: facts.event_type.terms.buffers,
                    created_at,
                    expires_at,
                })?;
                Ok(expires_at)
            })
            .await
    }
}
