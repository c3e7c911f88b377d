//! Customers who show that the address they gave is theirs.

use roomkey_core::{
    booking::Side,
    ids::BookingId,
    notice::{Content, Letter},
};

use super::{super::command::Outcome, LINKS_LAST, Mail, Model, Reader, Said, Status, is_refused};

impl Model {
    pub(super) fn prove(&mut self, id: BookingId, outcome: &Outcome) -> Said {
        let (place, now) = (self.place(id)?, self.now);
        let booking = &self.bookings[place];
        if booking.end + LINKS_LAST <= now {
            return is_refused("gone", outcome);
        }
        let is_new = booking.proof.given.is_none();
        if is_new && booking.status != Status::Unverified {
            return is_refused(&format!("is {}", booking.status.name()), outcome);
        }
        if is_new && booking.expires.is_some_and(|at| at <= now) {
            return is_refused("is expired", outcome);
        }
        if !is_new {
            let (Outcome::Changed(told) | Outcome::Whole(told, _)) = outcome else {
                return Err(format!("should be proven, not {outcome:?}"));
            };
            return self.is(&self.bookings[place], told);
        }
        let all = self.asked_with(place);
        let told = self.told_of(outcome, &all, "proven")?;
        let begins = self.bookings[all[0]].start;
        for (place, told) in all.iter().zip(&told) {
            let booking = &mut self.bookings[*place];
            let asks = self.rules[booking.event].confirm_within;
            booking.proof.given = Some(now);
            booking.expires = asks.map(|within| begins.min(now + within));
            booking.status = if asks.is_some() { Status::Pending } else { Status::Confirmed };
            booking.step("verified", "customer", now);
            if asks.is_none() {
                self.open_room(*place, told)?;
            }
            self.is(&self.bookings[*place], told)?;
        }
        self.tell_of_new(all[0]);
        Ok(())
    }

    pub(super) fn withdraw(&mut self, id: BookingId, outcome: &Outcome) -> Said {
        let (place, now) = (self.place(id)?, self.now);
        let booking = &self.bookings[place];
        let against = match booking.status {
            _ if booking.end + LINKS_LAST <= now => Some("gone".to_owned()),
            Status::Unverified => {
                let why = self.against_cancelling(&self.asked_with(place), Side::Customer);
                why.map(str::to_owned)
            }
            status => Some(format!("is {}", status.name())),
        };
        if let Some(why) = against {
            return is_refused(&why, outcome);
        }
        for place in self.asked_with(place) {
            self.call_off(place, Side::Customer);
        }
        match outcome {
            Outcome::Nothing => Ok(()),
            other => Err(format!("should be let go, not {other:?}")),
        }
    }

    fn place(&self, id: BookingId) -> Result<usize, String> {
        let place = self.bookings.iter().position(|booking| booking.id == id);
        place.ok_or_else(|| format!("there is no {id}"))
    }

    /// The mail that asks for the proof of a booking.
    pub(super) fn proof_mail_of(&self, id: BookingId) -> Result<usize, String> {
        let to = Reader::Side(Side::Customer);
        let is_it = |mail: &Mail| {
            (mail.booking, mail.to, mail.kind, mail.state) == (Some(id), to, "proof", "claimed")
        };
        self.mails.iter().position(is_it).ok_or_else(|| format!("no proof is asked for of {id}"))
    }

    /// Whoever reads a mail has the link in it.
    pub(super) fn learn(&mut self, letter: &Letter) {
        if let Content::Waiting(told) = &letter.content {
            let same = self.waiting.iter_mut().filter(|entry| entry.id == told.entry.id);
            same.for_each(|entry| entry.is_known = true);
        }
        let Content::Proof(told) = &letter.content else { return };
        let same = self.bookings.iter_mut().filter(|booking| booking.id == told.booking.id);
        same.for_each(|booking| booking.proof.prove = Some(told.link.expose().to_owned()));
    }
}
