//! Links to event types.

use diesel::prelude::*;
use roomkey_core::{
    event_type::{EventLink, Prefill},
    ids::{EventLinkId, EventTypeId},
    text::{EmailAddress, PersonName, Title},
    time::Instant,
    token::{Token, TokenHash},
};

use super::Tx;
use crate::{
    StoreError, Vault,
    row::{parse, signed, unsigned},
    schema::event_links,
};

const TOKEN: &str = "event_links.token";

/// A link with the secret that is in its address.
#[derive(Debug, Clone)]
pub struct IssuedLink {
    /// What it is good for.
    pub link: EventLink,
    /// The secret.
    pub token: Token,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = event_links)]
struct EventLinkRow {
    id: String,
    event_type_id: String,
    name: String,
    uses_left: Option<i32>,
    expires_at: Option<i64>,
    prefill_name: Option<String>,
    prefill_email: Option<String>,
}

impl EventLinkRow {
    fn read(self) -> Result<EventLink, StoreError> {
        Ok(EventLink {
            id: parse("event_links.id", &self.id)?,
            event_type: parse("event_links.event_type_id", &self.event_type_id)?,
            name: Title::from_stored(self.name),
            uses_left: self.uses_left.map(unsigned),
            expires_at: self.expires_at.map(Instant::from_micros),
            prefill: Prefill {
                name: self.prefill_name.map(PersonName::from_stored),
                email: self.prefill_email.map(EmailAddress::from_stored),
            },
        })
    }
}

impl From<&EventLink> for EventLinkRow {
    fn from(link: &EventLink) -> Self {
        Self {
            id: link.id.to_string(),
            event_type_id: link.event_type.to_string(),
            name: link.name.to_string(),
            uses_left: link.uses_left.map(signed),
            expires_at: link.expires_at.map(Instant::micros),
            prefill_name: link.prefill.name.as_ref().map(PersonName::to_string),
            prefill_email: link.prefill.email.as_ref().map(EmailAddress::to_string),
        }
    }
}

fn issued(vault: &Vault, row: EventLinkRow, sealed: &str) -> Result<IssuedLink, StoreError> {
    Ok(IssuedLink { link: row.read()?, token: parse(TOKEN, &vault.open(TOKEN, sealed)?)? })
}

impl Tx<'_> {
    /// The link of that token, if it is one of the event type's.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn event_link(
        &mut self,
        event_type: EventTypeId,
        token: TokenHash,
    ) -> Result<Option<EventLink>, StoreError> {
        let row: Option<EventLinkRow> = self.one(|c| {
            event_links::table
                .filter(event_links::token_hash.eq(token.to_hex()))
                .filter(event_links::event_type_id.eq(event_type.to_string()))
                .select(EventLinkRow::as_select())
                .load(c)
        })?;
        row.map(EventLinkRow::read).transpose()
    }

    /// All links of an event type, the latest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn event_links(&mut self, event_type: EventTypeId) -> Result<Vec<IssuedLink>, StoreError> {
        let rows: Vec<(EventLinkRow, String)> = self.run(|c| {
            event_links::table
                .filter(event_links::event_type_id.eq(event_type.to_string()))
                .order((event_links::created_at.desc(), event_links::id.desc()))
                .select((EventLinkRow::as_select(), event_links::token_sealed))
                .load(c)
        })?;
        let vault = self.vault;
        rows.into_iter().map(|(row, sealed)| issued(vault, row, &sealed)).collect()
    }

    /// How many links an event type has.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn count_event_links(&mut self, event_type: EventTypeId) -> Result<i64, StoreError> {
        self.run(|c| {
            event_links::table
                .filter(event_links::event_type_id.eq(event_type.to_string()))
                .count()
                .get_result(c)
        })
    }

    /// Stores a new link.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn insert_event_link(
        &mut self,
        IssuedLink { link, token }: &IssuedLink,
        now: Instant,
    ) -> Result<(), StoreError> {
        self.check_key()?;
        let values = (
            EventLinkRow::from(link),
            event_links::token_hash.eq(token.hash().to_hex()),
            event_links::token_sealed.eq(self.vault.seal(TOKEN, token.expose())?),
            event_links::created_at.eq(now.micros()),
        );
        self.run(|c| diesel::insert_into(event_links::table).values(values).execute(c)).map(drop)
    }

    /// Takes one of the bookings that a link is for; false if there is none left.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn take_link_use(&mut self, id: EventLinkId) -> Result<bool, StoreError> {
        let taken = self.run(|c| {
            diesel::update(
                event_links::table
                    .filter(event_links::id.eq(id.to_string()))
                    .filter(event_links::uses_left.gt(0)),
            )
            .set(event_links::uses_left.eq(event_links::uses_left - 1))
            .execute(c)
        })?;
        Ok(taken == 1)
    }

    /// Removes a link; false if the event type has none with that id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete_event_link(
        &mut self,
        event_type: EventTypeId,
        id: EventLinkId,
    ) -> Result<bool, StoreError> {
        let deleted = self.run(|c| {
            diesel::delete(
                event_links::table
                    .filter(event_links::id.eq(id.to_string()))
                    .filter(event_links::event_type_id.eq(event_type.to_string())),
            )
            .execute(c)
        })?;
        Ok(deleted == 1)
    }

    /// Removes a link of any event type; false if there is none with that id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete_any_event_link(&mut self, id: EventLinkId) -> Result<bool, StoreError> {
        let deleted =
            self.run(|c| diesel::delete(event_links::table.find(id.to_string())).execute(c))?;
        Ok(deleted == 1)
    }
}
