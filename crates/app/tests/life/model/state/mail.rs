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
            of == Some(mail.to) && told.occasion.name() == mail.kind
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

    /// Mails about a booking, or the series that it is the first of, of which nobody has heard yet.
    pub(super) fn tell_of_new(&mut self, place: usize) {
        let both = [Side::Customer, Side::Host];
        let all = self.siblings(place);
        if self.bookings[place].status == Status::Pending {
            return self.tell_whole(&all, "requested", &both);
        }
        self.tell_whole(&all, "booked", &both);
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
            let is_same = (mail.booking, mail.to) == (Some(id), to);
            // What tells of others as well goes all the same.
            if is_same && mail.series.is_none() && mail.state == "queued" && mail.version < version
            {
                mail.state = "superseded";
            }
        }
        let (booking, state, due) = (Some(id), "queued", 0);
        let (series, at) = (None, self.now);
        self.mails.push(Mail { booking, series, at, version, sequence, to, kind, state, due });
    }

    pub(super) fn send(&mut self, fates: &[Fate], outcome: &Outcome) -> Said {
        let Outcome::Letters(letters) = outcome else { return Err("no letters".into()) };
        let now = self.now;
        let is_due =
            |mail: &Mail| (mail.state == "queued" && mail.due <= now) || mail.state == "claimed";
        let mut places: Vec<usize> = (0..self.mails.len())
            .filter(|place| is_due(&self.mails[*place]))
            .filter(|place| !self.waits_for_series(&self.mails[*place]))
            .collect();
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
        if let Reader::Waiting(entry) = mail.to {
            return self.is_worth_telling_waiting(entry, mail.kind);
        }
        if mail.series.is_some() {
            return !self.parts(mail).is_empty();
        }
        let Some(booking) = mail.booking.and_then(|id| self.find(id)) else { return false };
        match mail.to {
            Reader::Waiting(_) => false,
            _ if mail.kind == "proof" => {
                let lasts = booking.expires.is_some_and(|at| at > self.now);
                booking.status == Status::Unverified && lasts
            }
            // Who is no longer expected is told that, whatever has happened since.
            Reader::Guest(guest) if booking.expected().all(|each| each.id != guest) => {
                mail.kind == "cancelled"
            }
            Reader::Side(_) | Reader::Guest(_) => self.is_last_word(booking, mail),
            Reader::Of(proposal) => self.is_worth_telling(booking, proposal, mail.kind),
        }
    }

    /// Whether nothing has happened since but that guests came or went, of which the reader gets no mail.
    fn is_last_word(&self, booking: &Booking, mail: &Mail) -> bool {
        let quiet = ["guest_added", "guest_removed"];
        let is_later = |other: &Mail| {
            (other.booking, other.to) == (mail.booking, mail.to) && other.version > mail.version
        };
        let mut since = booking.history.iter().filter(|each| each.version > mail.version);
        since.all(|each| quiet.contains(&each.kind)) && !self.mails.iter().any(is_later)
    }

    /// The mail that a letter is, if it says what holds now.
    fn mail_of(&self, letter: &Letter) -> Result<usize, String> {
        let told = match &letter.content {
            Content::Booking(told) => told,
            Content::Proof(told) => return self.proof_mail_of(told.booking.id),
            Content::Series(told) => return self.series_mail_of(told),
            Content::Waiting(told) => {
                return self.waiting_mail_of(told.entry.id, told.occasion.as_str());
            }
            Content::PasswordReset { .. } => {
                return Err(format!("not about a booking: {letter:?}"));
            }
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
        // Whoever was taken off it learns nothing of later moves.
        let is_off = guest.as_ref().is_some_and(|guest| guest.removed);
        let start_in = |mail: &Mail| {
            let mut later = booking.history.iter().filter(|each| each.version > mail.version);
            later.find_map(|each| each.from).filter(|_| is_off).unwrap_or(booking.start)
        };
        let is_so = told_of.version == booking.version
            && room.as_ref().map(|room| room.name.expose()) == live
            && booking.links.iter().any(is_own);
        let found = self.mails.iter().position(|mail| {
            mail.state == "claimed"
                && mail.series.is_none()
                && (mail.booking, mail.to, mail.sequence) == (Some(booking.id), to, *sequence)
                && self.stands(mail)
                && self.told_as(booking, mail) == occasion.name()
                && told_of.span.start.seconds() == start_in(mail)
        });
        found.filter(|_| is_so).ok_or_else(|| format!("a letter that should not be: {letter:?}"))
    }

    /// What a mail tells, also in place of earlier ones that never left.
    fn told_as(&self, booking: &Booking, mail: &Mail) -> &'static str {
        let before = self.mails.iter().filter(|each| {
            (each.booking, each.to, each.state) == (mail.booking, mail.to, "sent")
                && each.version < mail.version
        });
        // By mails about the booking, or about its series.
        let of = booking.series.map(|of| of.series);
        let together = self.mails.iter().filter(|each| {
            of.is_some() && (each.series, each.to, each.state) == (of, mail.to, "sent")
        });
        let known_together = together.flat_map(|told| {
            let then = booking.history.iter().filter(|each| each.at == told.at);
            then.map(|each| each.version).filter(|version| *version < mail.version)
        });
        let known = before.map(|each| each.version).chain(known_together).max().unwrap_or(0);
        let is_new = |sought: &str| {
            booking.history.iter().any(|each| {
                each.kind == sought && known < each.version && each.version <= mail.version
            })
        };
        match mail.kind {
            "moved" | "changed" | "guest_added" if is_new("moved") => "moved",
            "changed" | "guest_added" if known == 0 => "booked",
            "changed" | "guest_added" if is_new("guest_removed") => "changed",
            kind => kind,
        }
    }

    /// Whether something waits to be sent.
    pub(crate) fn has_mail(&self) -> bool {
        self.mails.iter().any(|mail| ["queued", "claimed"].contains(&mail.state))
    }

    /// Whether nothing waits to be sent, and each booking's last change was told, or given up.
    pub(crate) fn is_all_told(&self) -> Said {
        let ends = ["sent", "failed", "superseded"];
        if let Some(mail) = self.mails.iter().find(|mail| !ends.contains(&mail.state)) {
            return Err(format!("it waits: {mail:?}"));
        }
        for booking in self.bookings.iter().filter(|booking| booking.told > 0) {
            let is_told = self.mails.iter().any(|mail| {
                (mail.booking, mail.to) == (Some(booking.id), Reader::Side(Side::Customer))
                    && mail.version == booking.told
                    && mail.state != "superseded"
            });
            let then = booking.history.iter().find(|each| each.version == booking.told);
            let is_told_together = self.mails.iter().any(|mail| {
                booking.series.is_some_and(|of| Some(of.series) == mail.series)
                    && mail.to == Reader::Side(Side::Customer)
                    && then.is_some_and(|then| then.at == mail.at)
                    && mail.state != "superseded"
            });
            let is_told = is_told || is_told_together;
            if !is_told {
                return Err(format!("the customer does not know: {booking:?}"));
            }
        }
        Ok(())
    }
}
