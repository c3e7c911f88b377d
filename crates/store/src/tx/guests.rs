//! Whom customers bring along, and their links.

use diesel::prelude::*;
use roomkey_core::{
    booking::{Booking, Change, Guest, GuestRemoval},
    ids::{BookingId, GuestId},
    time::Instant,
    token::{Token, TokenHash},
};

use super::Tx;
use crate::{
    StoreError,
    row::{RoomRow, parse, signed, write_guests},
    schema::{bookings, guest_links, rooms},
};

const LINK: &str = "guest_links.token";

impl Tx<'_> {
    /// Stores the links of a new booking's guests.
    pub(super) fn insert_guest_links(
        &mut self,
        booking: &Booking,
        tokens: &[Token],
    ) -> Result<(), StoreError> {
        if tokens.is_empty() {
            return Ok(());
        }
        let row = |(guest, token): (&Guest, &Token)| {
            Ok::<_, StoreError>((
                guest_links::token_hash.eq(token.hash().to_hex()),
                guest_links::token_sealed.eq(self.vault.seal(LINK, token.expose())?),
                guest_links::booking_id.eq(booking.id.to_string()),
                guest_links::guest_id.eq(guest.id.to_string()),
            ))
        };
        let rows = booking.guests.iter().zip(tokens).map(row).collect::<Result<Vec<_>, _>>()?;
        for row in rows {
            self.run(|c| diesel::insert_into(guest_links::table).values(row).execute(c))?;
        }
        Ok(())
    }

    /// The booking and the guest behind a link, who may be taken off it by now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn guest_by_link(
        &mut self,
        token: TokenHash,
    ) -> Result<Option<(BookingId, GuestId)>, StoreError> {
        let found: Option<(String, String)> = self.one(|c| {
            guest_links::table
                .find(token.to_hex())
                .select((guest_links::booking_id, guest_links::guest_id))
                .load(c)
        })?;
        let read = |(booking, guest): (String, String)| {
            let booking = parse("guest_links.booking_id", &booking)?;
            Ok((booking, parse("guest_links.guest_id", &guest)?))
        };
        found.map(read).transpose()
    }

    /// A guest's link.
    pub(super) fn guest_link(&mut self, guest: GuestId) -> Result<Option<Token>, StoreError> {
        let sealed: Option<String> = self.one(|c| {
            guest_links::table
                .filter(guest_links::guest_id.eq(guest.to_string()))
                .select(guest_links::token_sealed)
                .load(c)
        })?;
        sealed.map(|sealed| parse(LINK, &self.vault.open(LINK, &sealed)?)).transpose()
    }

    /// Takes a guest off a booking, which makes their link useless, and gives it another room. False if the booking is not
    /// what it was when the caller read it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn remove_guest(
        &mut self,
        booking: &Booking,
        guest: GuestId,
        removal: &GuestRemoval,
        now: Instant,
    ) -> Result<bool, StoreError> {
        self.check_key()?;
        let id = booking.id.to_string();
        let mut guests = booking.guests.clone();
        guests.iter_mut().filter(|each| each.id == guest).for_each(|each| each.removed = true);
        let room = removal.room.as_ref();
        let room = room.map(|room| RoomRow::new(room, booking.session, self.vault)).transpose()?;
        let changed = self.run(|c| {
            let as_it_was = bookings::table
                .filter(bookings::id.eq(&id))
                .filter(bookings::version.eq(signed(booking.version)));
            diesel::update(as_it_was)
                .set((
                    bookings::version.eq(signed(removal.version)),
                    bookings::ical_sequence.eq(signed(removal.ical_sequence)),
                    bookings::guests.eq(write_guests(&guests)),
                ))
                .execute(c)
        })?;
        if changed == 0 {
            return Ok(false);
        }
        if let Some(room) = room {
            self.run(|c| {
                diesel::update(rooms::table.filter(rooms::booking_id.eq(&id)))
                    .set(rooms::revoked.eq(true))
                    .execute(c)?;
                diesel::insert_into(rooms::table).values(room).execute(c)
            })?;
        }
        let (version, by) = (removal.version, Some(removal.by));
        self.insert_change(booking.id, version, now, by, Change::GuestRemoved)?;
        Ok(true)
    }
}
