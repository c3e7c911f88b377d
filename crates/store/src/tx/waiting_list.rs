//! Who waits for a time.

use diesel::prelude::*;
use roomkey_core::{
    ids::{EventTypeId, UserId, WaitingEntryId},
    text::{EmailAddress, PersonName},
    time::{Instant, LocalDate},
    token::{Token, TokenHash},
    waiting_list::{Entry, Offered, State, Wish},
};

use super::Tx;
use crate::{
    StoreError, Vault,
    row::{minutes, parse, signed, span},
    schema::waiting_entries,
};

const TOKEN: &str = "waiting_entries.token";

/// Somebody in a waiting list, with the secret that is in the address of their page.
#[derive(Debug, Clone)]
pub struct WaitingEntry {
    /// Who, and what for.
    pub entry: Entry,
    /// The secret.
    pub token: Token,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = waiting_entries)]
struct WaitingRow {
    id: String,
    event_type_id: String,
    host_id: String,
    token_sealed: String,
    name: String,
    email: String,
    time_zone: String,
    duration: i32,
    day: Option<String>,
    until: Option<String>,
    joined_at: i64,
    in_line_since: Option<i64>,
    over_at: i64,
    state: String,
    offered_start: Option<i64>,
    offered_end: Option<i64>,
    offered_until: Option<i64>,
}

fn date(column: &'static str, text: Option<&str>) -> Result<Option<LocalDate>, StoreError> {
    text.map(|text| parse(column, text)).transpose()
}

impl WaitingRow {
    fn read(self, vault: &Vault) -> Result<WaitingEntry, StoreError> {
        let offered = match (self.offered_start, self.offered_end, self.offered_until) {
            (Some(start), Some(end), Some(until)) => {
                Some(Offered { span: span(start, end), until: Instant::from_micros(until) })
            }
            _ => None,
        };
        let entry = Entry {
            id: parse("waiting_entries.id", &self.id)?,
            event_type: parse("waiting_entries.event_type_id", &self.event_type_id)?,
            host: parse("waiting_entries.host_id", &self.host_id)?,
            name: PersonName::from_stored(self.name),
            email: EmailAddress::from_stored(self.email),
            time_zone: parse("waiting_entries.time_zone", &self.time_zone)?,
            wish: Wish {
                duration: minutes(self.duration),
                day: date("waiting_entries.day", self.day.as_deref())?,
                until: date("waiting_entries.until", self.until.as_deref())?,
            },
            joined_at: Instant::from_micros(self.joined_at),
            in_line_since: self.in_line_since.map(Instant::from_micros),
            over_at: Instant::from_micros(self.over_at),
            state: State::parse(&self.state, offered)
                .map_err(|_| StoreError::Unreadable("waiting_entries.state"))?,
        };
        let token = parse(TOKEN, &vault.open(TOKEN, &self.token_sealed)?)?;
        Ok(WaitingEntry { entry, token })
    }

    fn new(waiting: &WaitingEntry, vault: &Vault) -> Result<Self, StoreError> {
        let WaitingEntry { entry, token } = waiting;
        let offered = offered(entry.state);
        Ok(Self {
            id: entry.id.to_string(),
            event_type_id: entry.event_type.to_string(),
            host_id: entry.host.to_string(),
            token_sealed: vault.seal(TOKEN, token.expose())?,
            name: entry.name.to_string(),
            email: entry.email.to_string(),
            time_zone: entry.time_zone.to_string(),
            duration: signed(entry.wish.duration.0),
            day: entry.wish.day.map(|day| day.to_string()),
            until: entry.wish.until.map(|until| until.to_string()),
            joined_at: entry.joined_at.micros(),
            in_line_since: entry.in_line_since.map(Instant::micros),
            over_at: entry.over_at.micros(),
            state: entry.state.as_str().to_owned(),
            offered_start: offered.map(|offered| offered.span.start.micros()),
            offered_end: offered.map(|offered| offered.span.end.micros()),
            offered_until: offered.map(|offered| offered.until.micros()),
        })
    }
}

const fn offered(state: State) -> Option<Offered> {
    match state {
        State::Offered(offered) => Some(offered),
        State::Waiting | State::Booked | State::Left | State::Lapsed => None,
    }
}

impl Tx<'_> {
    /// Whose page that token is for.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn waiting_entry_by_token(
        &mut self,
        token: TokenHash,
    ) -> Result<Option<WaitingEntry>, StoreError> {
        let row: Option<WaitingRow> = self.one(|c| {
            waiting_entries::table
                .filter(waiting_entries::token_hash.eq(token.to_hex()))
                .select(WaitingRow::as_select())
                .load(c)
        })?;
        row.map(|row| row.read(self.vault)).transpose()
    }

    /// Somebody in a waiting list.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn waiting_entry(
        &mut self,
        id: WaitingEntryId,
    ) -> Result<Option<WaitingEntry>, StoreError> {
        let row: Option<WaitingRow> = self.one(|c| {
            waiting_entries::table.find(id.to_string()).select(WaitingRow::as_select()).load(c)
        })?;
        row.map(|row| row.read(self.vault)).transpose()
    }

    /// The entry of that address, event type and day whose end is not noted.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn waiting_entry_like(
        &mut self,
        event_type: EventTypeId,
        email: &EmailAddress,
        day: Option<LocalDate>,
    ) -> Result<Option<WaitingEntry>, StoreError> {
        let of_address = waiting_entries::table
            .filter(waiting_entries::ended_at.is_null())
            .filter(waiting_entries::event_type_id.eq(event_type.to_string()))
            .filter(waiting_entries::email_folded.eq(email.folded()))
            .select(WaitingRow::as_select());
        let row: Option<WaitingRow> = self.one(|c| match day {
            Some(day) => of_address.filter(waiting_entries::day.eq(day.to_string())).load(c),
            None => of_address.filter(waiting_entries::day.is_null()).load(c),
        })?;
        row.map(|row| row.read(self.vault)).transpose()
    }

    /// Stores a new entry.
    ///
    /// # Errors
    /// [`StoreError`], also if there is one already of that address, event type and day.
    pub fn insert_waiting_entry(&mut self, waiting: &WaitingEntry) -> Result<(), StoreError> {
        self.check_key()?;
        let values = (
            WaitingRow::new(waiting, self.vault)?,
            waiting_entries::token_hash.eq(waiting.token.hash().to_hex()),
            waiting_entries::email_folded.eq(waiting.entry.email.folded()),
        );
        self.run(|c| diesel::insert_into(waiting_entries::table).values(values).execute(c))
            .map(drop)
    }

    /// Gives an entry another state. False if it is not in the one that the caller read: somebody else was
    /// quicker.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn change_waiting_entry(
        &mut self,
        entry: &Entry,
        state: State,
        now: Instant,
    ) -> Result<bool, StoreError> {
        let offered = offered(state);
        let mut values = (
            waiting_entries::state.eq(state.as_str()),
            waiting_entries::ended_at.eq(state.is_end().then(|| now.micros())),
            None,
        );
        // What was offered stays to be read.
        values.2 = offered.map(|Offered { span, until }| {
            (
                waiting_entries::offered_start.eq(span.start.micros()),
                waiting_entries::offered_end.eq(span.end.micros()),
                waiting_entries::offered_until.eq(until.micros()),
            )
        });
        let changed = self.run(|c| {
            diesel::update(
                waiting_entries::table
                    .filter(waiting_entries::id.eq(entry.id.to_string()))
                    .filter(waiting_entries::ended_at.is_null())
                    .filter(waiting_entries::state.eq(entry.state.as_str())),
            )
            .set(values)
            .execute(c)
        })?;
        Ok(changed == 1)
    }

    /// Notes since when somebody is in line, which stays as it is from then on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put_in_line(&mut self, id: WaitingEntryId, since: Instant) -> Result<(), StoreError> {
        self.run(|c| {
            diesel::update(
                waiting_entries::table
                    .filter(waiting_entries::id.eq(id.to_string()))
                    .filter(waiting_entries::in_line_since.is_null()),
            )
            .set(waiting_entries::in_line_since.eq(since.micros()))
            .execute(c)
        })
        .map(drop)
    }

    /// The event types for which somebody is in line, or has an offer, with their hosts.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn waiting_lists(
        &mut self,
        now: Instant,
    ) -> Result<Vec<(UserId, EventTypeId)>, StoreError> {
        let rows: Vec<(String, String)> = self.run(|c| {
            waiting_entries::table
                .filter(waiting_entries::ended_at.is_null())
                .filter(waiting_entries::in_line_since.is_not_null())
                .filter(
                    waiting_entries::over_at
                        .gt(now.micros())
                        .or(waiting_entries::offered_until.is_not_null()),
                )
                .select((waiting_entries::host_id, waiting_entries::event_type_id))
                .distinct()
                .load(c)
        })?;
        let read = |(host, event_type): (String, String)| {
            let event_type = parse("waiting_entries.event_type_id", &event_type)?;
            Ok((parse("waiting_entries.host_id", &host)?, event_type))
        };
        rows.into_iter().map(read).collect()
    }

    /// Who is in line for an event type, or has an offer of it, the first of them first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn waiting_line(
        &mut self,
        event_type: EventTypeId,
    ) -> Result<Vec<WaitingEntry>, StoreError> {
        let rows: Vec<WaitingRow> = self.run(|c| {
            waiting_entries::table
                .filter(waiting_entries::ended_at.is_null())
                .filter(waiting_entries::event_type_id.eq(event_type.to_string()))
                .filter(waiting_entries::in_line_since.is_not_null())
                .order((waiting_entries::in_line_since, waiting_entries::id))
                .select(WaitingRow::as_select())
                .load(c)
        })?;
        let vault = self.vault;
        rows.into_iter().map(|row| row.read(vault)).collect()
    }

    /// How many in line come before somebody and may be offered what suits them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn count_before(&mut self, entry: &Entry, now: Instant) -> Result<i64, StoreError> {
        let since = entry.in_line_since.unwrap_or(Instant::MAX).micros();
        let before = waiting_entries::in_line_since.lt(since).or(waiting_entries::in_line_since
            .eq(since)
            .and(waiting_entries::id.lt(entry.id.to_string())));
        let line = waiting_entries::table
            .filter(waiting_entries::ended_at.is_null())
            .filter(waiting_entries::event_type_id.eq(entry.event_type.to_string()))
            .filter(waiting_entries::state.eq(State::Waiting.as_str()))
            .filter(waiting_entries::over_at.gt(now.micros()))
            .filter(before);
        self.run(|c| match entry.wish.day {
            None => line.count().get_result(c),
            Some(day) => line
                .filter(waiting_entries::day.is_null().or(waiting_entries::day.eq(day.to_string())))
                .count()
                .get_result(c),
        })
    }

    /// How many wait for an event type, whether their address is known to be theirs or not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn count_waiting_entries(&mut self, event_type: EventTypeId) -> Result<i64, StoreError> {
        self.run(|c| {
            waiting_entries::table
                .filter(waiting_entries::ended_at.is_null())
                .filter(waiting_entries::event_type_id.eq(event_type.to_string()))
                .count()
                .get_result(c)
        })
    }

    /// Who is in line with a host, by event type, the first of each first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn waiting_with(&mut self, host: UserId) -> Result<Vec<WaitingEntry>, StoreError> {
        let rows: Vec<WaitingRow> = self.run(|c| {
            waiting_entries::table
                .filter(waiting_entries::ended_at.is_null())
                .filter(waiting_entries::host_id.eq(host.to_string()))
                .filter(waiting_entries::in_line_since.is_not_null())
                .order((
                    waiting_entries::event_type_id,
                    waiting_entries::in_line_since,
                    waiting_entries::id,
                ))
                .select(WaitingRow::as_select())
                .load(c)
        })?;
        let vault = self.vault;
        rows.into_iter().map(|row| row.read(vault)).collect()
    }

    /// When the next offer lapses.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn next_offer_lapse(&mut self) -> Result<Option<Instant>, StoreError> {
        let next: Option<i64> = self.run(|c| {
            waiting_entries::table
                .filter(waiting_entries::ended_at.is_null())
                .select(diesel::dsl::min(waiting_entries::offered_until))
                .get_result(c)
        })?;
        Ok(next.map(Instant::from_micros))
    }

    /// Deletes the entries whose life, or whose day, was over by then.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn forget_waiting_entries(&mut self, by: Instant) -> Result<usize, StoreError> {
        self.run(|c| {
            diesel::delete(
                waiting_entries::table.filter(
                    waiting_entries::over_at.le(by.micros()).or(waiting_entries::ended_at
                        .is_not_null()
                        .and(waiting_entries::ended_at.assume_not_null().le(by.micros()))),
                ),
            )
            .execute(c)
        })
    }
}
