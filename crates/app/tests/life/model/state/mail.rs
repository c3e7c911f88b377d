//! Who is told of what.

use roomkey_core::{
    booking::Side,
    ids::GuestId,
    notice::{BookingLetter, Content, Letter},
    token::Token,
};

use super::{
    super::{
        command::{Fate, Outcome},
        rules::MINUTE,
    },
    Booking, Mail, Model, Reader, Said, Status,
};

/// Whether a mail about a proposal is among those that were claimed.
fn is_in(letters: &[Letter], mail: &Mail) -> bool {
    letters.iter().any(|letter| match &letter.content {
        Content::Booking(told) => {
            let of = told.proposal.as_ref().map(|proposal| Reader::Of(proposal.id));
            (of, told.occasion.as_str()) == (Some(mail.to), mail.kind)
        }
        _ => false,
    })
}

impl Model {
    /// Mails about a change for sides of a booking.
    pub(super) fn tell(&mut self, place: usize, kind: &'static str, sides: &[Side]) {
        self.bookings[place].told = self.bookings[place].version;
        for side in sides {
            self.tell_one(place, kind, Reader::Side(*side));
        }
    }

    /// Mails about a booking of which nobody has heard yet.
    pub(super) fn tell_of_new(&mut self, place: usize) {
        let both = [Side::Customer, Side::Host];
        if self.bookings[place].status == Status::Pending {
            return self.tell(place, "requested", &both);
        }
        self.tell(place, "booked", &both);
        self.tell_guests(place, "booked");
    }

    /// Mails about a change for those guests who are expected.
    pub(super) fn tell_guests(&mut self, place: usize, kind: &'static str) {
        let expected: Vec<GuestId> =
            self.bookings[place].expected().map(|guest| guest.id).collect();
        for guest in expected {
            self.tell_one(place, kind, Reader::Guest(guest));
        }
    }

    /// A mail about a change: older ones to the same person that have not left give way.
    pub(super) fn tell_one(&mut self, place: usize, kind: &'static str, to: Reader) {
        let Booking { id, version, sequence, .. } = self.bookings[place];
        for mail in &mut self.mails {
            let is_same = (mail.booking, mail.to) == (id, to);
            if is_same && mail.state == "queued" && mail.version < version {
                mail.state = "superseded";
            }
        }
        let (booking, state, due) = (id, "queued", 0);
        self.mails.push(Mail { booking, version, sequence, to, kind, state, due });
    }

    pub(super) fn send(&mut self, fates: &[Fate], outcome: &Outcome) -> Said {
        let Outcome::Letters(letters) = outcome else { return Err("no letters".into()) };
        let now = self.now;
        let is_due =
            |mail: &Mail| (mail.state == "queued" && mail.due <= now) || mail.state == "claimed";
        let mut places: Vec<usize> =
            (0..self.mails.len()).filter(|place| is_due(&self.mails[*place])).collect();
        // One after the other: what becomes of a mail may hang on what became of the one before.
        places.sort_by_key(|place| self.mails[*place].due);
        let lost: Vec<Reader> = self
            .mails
            .iter()
            .filter(|mail| (mail.kind, mail.state) == ("proposed", "claimed"))
            .map(|mail| mail.to)
            .collect();
        let mut due = 0;
        for place in places {
            let mail = &self.mails[place];
            // Of two that were queued at the same moment chance says which comes first, and so whether a wish that may
            // or may not have been told of is taken back before it is laid aside.
            let is_open = mail.kind == "proposal_withdrawn" && lost.contains(&mail.to);
            let stands = if is_open { is_in(letters, mail) } else { self.stands(mail) };
            self.mails[place].state = if stands { "claimed" } else { "superseded" };
            due += usize::from(stands);
        }
        if due != letters.len() {
            return Err(format!("{due} mails are due, not {}", letters.len()));
        }
        for (letter, fate) in letters.iter().zip(fates.iter().cycle()) {
            let place = self.mail_of(letter)?;
            self.learn(letter);
            let mail = &mut self.mails[place];
            match fate {
                Fate::Sent => mail.state = "sent",
                Fate::Retry => (mail.state, mail.due) = ("queued", now + 10 * MINUTE),
                Fate::GivenUp => mail.state = "failed",
                Fate::Lost => {}
            }
        }
        Ok(())
    }

    /// Whether a mail tells of the last change that its reader is to know of.
    fn stands(&self, mail: &Mail) -> bool {
        let Some(booking) = self.find(mail.booking) else { return false };
        match mail.to {
            _ if mail.kind == "proof" => {
                let lasts = booking.expires.is_some_and(|at| at > self.now);
                booking.status == Status::Unverified && lasts
            }
            Reader::Side(_) => mail.version == booking.told,
            // Who is no longer expected is told that, whatever has happened since.
            Reader::Guest(guest) if booking.expected().all(|each| each.id != guest) => {
                mail.kind == "cancelled"
            }
            Reader::Guest(_) => mail.version == booking.version,
            Reader::Of(proposal) => self.is_worth_telling(booking, proposal, mail.kind),
        }
    }

    /// The mail that a letter is, if it says what holds now.
    fn mail_of(&self, letter: &Letter) -> Result<usize, String> {
        let told = match &letter.content {
            Content::Booking(told) => told,
            Content::Proof(told) => return self.proof_mail_of(told.booking.id),
            _ => return Err(format!("not about a booking: {letter:?}")),
        };
        if let Some(proposal) = &told.proposal {
            return self.proposal_mail_of(told, proposal.id);
        }
        let BookingLetter { booking: told_of, occasion, guest, sequence, room, .. } = &**told;
        let booking = self.find(told_of.id).ok_or("a letter about no booking")?;
        let live = self.live(booking).map(|room| room.name.as_str());
        let to = guest.as_ref().map_or(Reader::Side(told.to), |guest| Reader::Guest(guest.id));
        // A guest's link is the program's own choice.
        let is_own = |(side, own): &(Side, Token)| {
            guest.is_some() || (*side == told.to && own.hash() == told.link.hash())
        };
        let is_so = told_of.version == booking.version
            && told_of.span.start.seconds() == booking.start
            && room.as_ref().map(|room| room.name.expose()) == live
            && booking.links.iter().any(is_own);
        let found = self.mails.iter().position(|mail| {
            mail.state == "claimed"
                && (mail.booking, mail.to, mail.sequence) == (booking.id, to, *sequence)
                && self.stands(mail)
                && self.told_as(booking, mail) == occasion.as_str()
        });
        found.filter(|_| is_so).ok_or_else(|| format!("a letter that should not be: {letter:?}"))
    }

    /// What a mail tells, also in place of earlier ones that never left.
    fn told_as(&self, booking: &Booking, mail: &Mail) -> &'static str {
        let before = self.mails.iter().filter(|each| {
            (each.booking, each.to, each.state) == (mail.booking, mail.to, "sent")
                && each.version < mail.version
        });
        let known = before.map(|each| each.version).max().unwrap_or(0);
        let is_moved = booking.history.iter().any(|(version, kind, _)| {
            *kind == "moved" && known < *version && *version <= mail.version
        });
        match mail.kind {
            "changed" if is_moved => "moved",
            "changed" if known == 0 => "booked",
            kind => kind,
        }
    }

    /// Whether nothing waits to be sent, and each booking's last change was told, or given up.
    pub(crate) fn is_all_told(&self) -> Said {
        let ends = ["sent", "failed", "superseded"];
        if let Some(mail) = self.mails.iter().find(|mail| !ends.contains(&mail.state)) {
            return Err(format!("it waits: {mail:?}"));
        }
        for booking in self.bookings.iter().filter(|booking| booking.told > 0) {
            let is_told = self.mails.iter().any(|mail| {
                (mail.booking, mail.to) == (booking.id, Reader::Side(Side::Customer))
                    && mail.version == booking.told
                    && mail.state != "superseded"
            });
            if !is_told {
                return Err(format!("the customer does not know: {booking:?}"));
            }
        }
        Ok(())
    }
}
