//! Whom customers bring along, and their links.

use diesel::prelude::*;
use roomkey_core::{
    booking::{Booking, Change, Guest, GuestAddition, GuestRemoval},
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
    /// Stores the links of guests, in their order.
    pub(super) fn insert_guest_links(
        &mut self,
        booking: BookingId,
        guests: &[Guest],
        tokens: &[Token],
    ) -> Result<(), StoreError> {
        if tokens.is_empty() {
            return Ok(());
        }
        let row = |(guest, token): (&Guest, &Token)| {
            Ok::<_, StoreError>((
                guest_links::token_hash.eq(token.hash().to_hex()),
                guest_links::token_sealed.eq(self.vault.seal(LINK, token.expose())?),
                guest_links::booking_id.eq(booking.to_string()),
                guest_links::guest_id.eq(guest.id.to_string()),
            ))
        };
        let rows = guests.iter().zip(tokens).map(row).collect::<Result<Vec<_>, _>>()?;
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

    /// Brings another guest along. False if the booking is not what it was when the caller read it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn add_guest(
        &mut self,
        booking: &Booking,
        addition: &GuestAddition,
        now: Instant,
    ) -> Result<bool, StoreError> {
        self.check_key()?;
        let mut guests = booking.guests.clone();
        guests.push(addition.guest.clone());
        let (version, sequence) = (addition.version, addition.ical_sequence);
        if !self.set_guests(booking, &guests, version, sequence)? {
            return Ok(false);
        }
        let tokens = [addition.token.clone()];
        self.insert_guest_links(booking.id, std::slice::from_ref(&addition.guest), &tokens)?;
        self.insert_change(booking.id, version, now, Some(addition.by), Change::GuestAdded)?;
        Ok(true)
    }

    /// Makes these the guests of a booking, if that is what it was when the caller read it.
    fn set_guests(
        &mut self,
        booking: &Booking,
        guests: &[Guest],
        version: u32,
        ical_sequence: u32,
    ) -> Result<bool, StoreError> {
        let changed = self.run(|c| {
            let as_it_was = bookings::table
                .filter(bookings::id.eq(booking.id.to_string()))
                .filter(bookings::version.eq(signed(booking.version)));
            diesel::update(as_it_was)
                .set((
                    bookings::version.eq(signed(version)),
                    bookings::ical_sequence.eq(signed(ical_sequence)),
                    bookings::guests.eq(write_guests(guests)),
                ))
                .execute(c)
        })?;
        Ok(changed == 1)
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
        if !self.set_guests(booking, &guests, removal.version, removal.ical_sequence)? {
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
