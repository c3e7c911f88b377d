//! Several bookings of a series at once.

use roomkey_core::{
    booking::{SeriesScope, Side},
    ids::BookingId,
    notice::SeriesLetter,
    time::TimeZone,
};
use roomkey_store::BookingDetails;

use super::{
    super::{
        command::{Asked, Command, Keeper, Outcome, Way},
        stage::at,
    },
    Booking, Entry, Mail, Model, Occurrence, Reader, Said, Series, Status, is_refused,
    verdict::Own,
};

impl Model {
    /// What each of the bookings is in the series that they are asked for as, if they are one.
    pub(super) fn new_series(
        &mut self,
        asked: Asked,
        starts: &[i64],
        told: &BookingDetails,
    ) -> Result<Vec<Option<Occurrence>>, String> {
        let Some(repeat) = asked.repeat else { return Ok(vec![None]) };
        let of = told.booking.series.as_ref().ok_or("in no series")?;
        let (id, uid) = (of.series, of.ical_uid.clone());
        if self.series.iter().any(|other| other.id == id || other.uid == uid) {
            return Err("another series has this id".into());
        }
        self.series.push(Series { id, repeat, first: asked.start, of: starts.len(), uid });
        let occurrence =
            |(index, start): (u32, &i64)| Some(Occurrence { series: id, index, original: *start });
        Ok((1..).zip(starts).map(occurrence).collect())
    }

    /// The places of all bookings of the same series, in order; of one that is in none, its own.
    pub(super) fn siblings(&self, place: usize) -> Vec<usize> {
        let Some(own) = self.bookings[place].series else { return vec![place] };
        let is_in = |booking: &Booking| booking.series.is_some_and(|of| of.series == own.series);
        let all = (0..self.bookings.len()).filter(|place| is_in(&self.bookings[*place]));
        let mut all: Vec<usize> = all.collect();
        all.sort_by_key(|place| self.bookings[*place].series.map(|of| of.index));
        all
    }

    pub(crate) fn has_series(&self) -> bool {
        !self.series.is_empty()
    }

    /// Whether a command may be about several bookings of a series.
    pub(crate) fn is_wide(&self, command: &Command) -> bool {
        let (booking, scope) = match command {
            Command::Move { booking, scope, .. } | Command::Cancel { booking, scope, .. } => {
                (booking, *scope)
            }
            Command::Confirm { booking, .. }
            | Command::Decline { booking, .. }
            | Command::Prove { booking, .. }
            | Command::Withdraw { booking, .. } => (booking, SeriesScope::All),
            // It may end a series, and what it tells of it is put in order by the moment.
            Command::Expire => return self.has_series(),
            _ => return false,
        };
        self.find(*booking).is_some_and(|booking| {
            let waits = matches!(booking.status, Status::Unverified | Status::Pending);
            booking.series.is_some() && (waits || scope != SeriesScope::This)
        })
    }

    /// What is worth a count, besides the answer.
    pub(crate) fn remarkable(&self, command: &Command, outcome: &Outcome) -> Option<&'static str> {
        let is_lapsing = |entry: &Entry| entry.state == "offered" && entry.is_ended(self.now);
        match (command, outcome) {
            (Command::Cancel { booking, scope, .. }, Outcome::Changed(_)) => {
                let of = self.find(*booking)?;
                (of.series.is_some() && *scope != SeriesScope::This).then_some("Cancel series")
            }
            (Command::Book { keeper: Some(Keeper::Waiting(id, _)), .. }, Outcome::Booked(..)) => {
                let entry = self.waiting.iter().find(|entry| entry.id == *id)?;
                let is_it = entry.state == "offered" && !entry.is_ended(self.now);
                is_it.then_some("Book offered")
            }
            (Command::Offer, _) => self.waiting.iter().any(is_lapsing).then_some("Offer lapsed"),
            _ => None,
        }
    }

    /// What one fate is for: all of a series that waits for somebody's yes.
    pub(super) fn asked_with(&self, place: usize) -> Vec<usize> {
        match self.bookings[place].status {
            Status::Unverified | Status::Pending => self.siblings(place),
            _ => vec![place],
        }
    }

    /// When the last of what a link leads to ends.
    pub(super) fn last_end(&self, booking: &Booking) -> i64 {
        let is_in = |other: &&Booking| {
            other.id == booking.id
                || other.series.zip(booking.series).is_some_and(|(a, b)| a.series == b.series)
        };
        self.bookings.iter().filter(is_in).map(|other| other.end).max().unwrap_or(booking.end)
    }

    /// What was told of each of them.
    pub(super) fn told_of<'o>(
        &self,
        outcome: &'o Outcome,
        places: &[usize],
        should_be: &str,
    ) -> Result<Vec<&'o BookingDetails>, String> {
        let all: Vec<&BookingDetails> = match outcome {
            Outcome::Changed(told) => vec![told],
            Outcome::Whole(_, all) => all.iter().collect(),
            _ => return Err(format!("should be {should_be}, not {outcome:?}")),
        };
        let of = |place: &usize| {
            let id = self.bookings[*place].id;
            let found = all.iter().find(|told| told.booking.id == id).copied();
            found.ok_or_else(|| format!("nothing is told of {id}"))
        };
        places.iter().map(of).collect()
    }

    /// Those that a change is about which are to come.
    fn reached(&self, place: usize, scope: SeriesScope) -> Vec<usize> {
        let Some(own) = self.bookings[place].series.filter(|_| scope != SeriesScope::This) else {
            return Vec::new();
        };
        let is_reached = |place: &usize| {
            let booking = &self.bookings[*place];
            let is_to_come = booking.status == Status::Confirmed && self.now < booking.start;
            let is_after = booking.series.is_some_and(|of| own.index <= of.index);
            is_to_come && (scope == SeriesScope::All || is_after)
        };
        self.siblings(place).into_iter().filter(is_reached).collect()
    }

    pub(super) fn cancel_in_series(
        &mut self,
        id: BookingId,
        way: &Way,
        scope: SeriesScope,
        outcome: &Outcome,
    ) -> Said {
        let (place, by) = match self.come(id, way) {
            Ok(found) => found,
            Err(why) => return is_refused(why, outcome),
        };
        let reached = self.reached(place, scope);
        if reached.is_empty() {
            return self.cancel(id, way, outcome);
        }
        if let Some(why) = self.against_cancelling(&reached, by) {
            return is_refused(why, outcome);
        }
        let Outcome::Changed(told) = outcome else {
            return Err(format!("should be cancelled, not {outcome:?}"));
        };
        let sequences = self.siblings(place).into_iter().map(|of| self.bookings[of].sequence);
        let before = sequences.max().unwrap_or(0);
        for place in &reached {
            self.call_off(*place, by);
        }
        let after = reached.iter().map(|place| self.bookings[*place].sequence).max();
        let sequence = before.max(after.unwrap_or(0));
        let both = [Side::Customer, Side::Host];
        self.tell_series(reached[0], &reached, sequence, "cancelled", &both);
        self.is(&self.bookings[place], told)
    }

    pub(super) fn move_in_series(
        &mut self,
        id: BookingId,
        way: &Way,
        start: i64,
        scope: SeriesScope,
        outcome: &Outcome,
    ) -> Said {
        let (place, by) = match self.come(id, way) {
            Ok(found) => found,
            Err(why) => return is_refused(why, outcome),
        };
        let reached = self.reached(place, scope);
        if reached.is_empty() {
            return self.move_to(id, way, start, outcome);
        }
        let before = self.clone();
        let shift = start - self.bookings[place].start;
        let mut order = reached.clone();
        order.sort_by_key(|place| self.bookings[*place].start);
        if shift > 0 {
            order.reverse();
        }
        for place in &reached {
            self.bookings[*place].is_leaving = true;
        }
        let (mut against, mut moved) = (Vec::new(), Vec::new());
        for place in order {
            let booking = self.bookings[place].clone();
            let (of, rules) = (booking.start + shift, &self.rules[booking.event]);
            let is_late = by == Side::Customer && booking.start - rules.move_notice < self.now;
            let why = match by {
                Side::Customer if rules.confirm_within.is_some() => Some("ask the host"),
                _ => is_late.then_some("too late"),
            };
            // What stays where it is takes no leave but the host's yes.
            if shift == 0 && why != Some("ask the host") {
                continue;
            }
            if let Some(why) = why {
                *self = before;
                return is_refused(why, outcome);
            }
            let (length, buffers) = (booking.end - booking.start, (booking.before, booking.after));
            match self.verdict(booking.event, of, length, buffers, Own::NOTHING) {
                Err(why) => against.push((of, why.to_owned())),
                // Nothing is moved any more.
                Ok(()) if !against.is_empty() => {}
                Ok(()) => {
                    let booking = &mut self.bookings[place];
                    (booking.start, booking.end, booking.is_leaving) = (of, of + length, false);
                    moved.push(place);
                }
            }
        }
        *self = before;
        if !against.is_empty() {
            against.sort_unstable();
            return dates_are(&against, outcome);
        }
        let told = self.told_of(outcome, &moved, "moved")?;
        for (place, told) in moved.iter().zip(told) {
            self.put(*place, self.bookings[*place].start + shift, by, told)?;
            self.is(&self.bookings[*place], told)?;
        }
        let Some(first) = moved.iter().copied().min_by_key(|place| self.bookings[*place].id) else {
            return Ok(());
        };
        let sequences = moved.iter().map(|place| self.bookings[*place].sequence);
        let sequence = sequences.max().unwrap_or(0);
        let both = [Side::Customer, Side::Host];
        self.tell_series(first, &moved, sequence, "moved", &both);
        Ok(())
    }

    /// The mails about what was booked, or asked for, at once.
    pub(super) fn tell_whole(&mut self, places: &[usize], kind: &'static str, sides: &[Side]) {
        let first = places[0];
        if self.bookings[first].series.is_none() {
            return self.tell(first, kind, sides);
        }
        let (sequence, all) = (self.bookings[first].sequence, places.to_vec());
        self.tell_series(first, &all, sequence, kind, sides);
    }

    pub(super) fn tell_series(
        &mut self,
        lead: usize,
        places: &[usize],
        sequence: u32,
        kind: &'static str,
        sides: &[Side],
    ) {
        for place in places {
            self.bookings[*place].told = self.bookings[*place].version;
        }
        let Booking { id, version, series, .. } = self.bookings[lead];
        for side in sides {
            self.mails.push(Mail {
                booking: Some(id),
                series: series.map(|of| of.series),
                at: self.now,
                version,
                sequence,
                to: Reader::Side(*side),
                kind,
                state: "queued",
                due: 0,
            });
        }
    }

    /// The bookings that a mail about a series tells of, with when they were before, if they were moved.
    pub(super) fn parts(&self, mail: &Mail) -> Vec<(&Booking, Option<i64>)> {
        let is_in =
            |booking: &&Booking| booking.series.is_some_and(|of| Some(of.series) == mail.series);
        let state = match mail.kind {
            "requested" => Some(Status::Pending),
            "booked" => Some(Status::Confirmed),
            "declined" => Some(Status::Declined),
            "expired" => Some(Status::Expired),
            _ => None,
        };
        let part = |booking| {
            let Booking { status, version, history, .. }: &Booking = booking;
            if let Some(state) = state {
                return (*status == state).then_some((booking, None));
            }
            // Those that were changed then, and not since.
            let last = history.iter().find(|each| each.version == *version)?;
            let is_then = (last.kind, last.at) == (mail.kind, mail.at);
            is_then.then_some((booking, last.from))
        };
        let mut parts: Vec<_> = self.bookings.iter().filter(is_in).filter_map(part).collect();
        parts.sort_by_key(|(booking, _)| booking.series.map(|of| of.index));
        parts
    }

    /// The mail that a letter about a series is, if it tells of what it should.
    pub(super) fn series_mail_of(&self, told: &SeriesLetter) -> Result<usize, String> {
        let is_it = |mail: &Mail| {
            mail.state == "claimed"
                && mail.series.is_some()
                && mail.to == Reader::Side(told.to)
                && mail.kind == told.occasion.name()
                && mail.sequence == told.sequence
                && self.tells(mail, told)
        };
        let found = self.mails.iter().position(is_it);
        found.ok_or_else(|| format!("a letter that should not be: {told:?}"))
    }

    fn tells(&self, mail: &Mail, told: &SeriesLetter) -> bool {
        let parts = self.parts(mail);
        let is_left = |booking: &Booking| {
            let is_in = booking.series.is_some_and(|of| Some(of.series) == mail.series);
            is_in && booking.status == Status::Confirmed
        };
        let is_so =
            parts.len() == told.parts.len() && told.is_end != self.bookings.iter().any(is_left);
        is_so
            && parts.iter().zip(&told.parts).all(|((booking, from), part)| {
                let of = &part.booking;
                let link = booking.links.iter().find(|(side, _)| *side == told.to);
                of.id == booking.id
                    && of.version == booking.version
                    && of.span.start.seconds() == booking.start
                    && part.was.map(|was| was.seconds()) == *from
                    && part.room.as_ref().map(|room| room.id)
                        == self.live(booking).map(|room| room.id)
                    && link.is_some_and(|(_, link)| link.hash() == part.link.hash())
            })
    }

    /// Whether an earlier mail about the whole series is to arrive before one about a booking of it.
    pub(super) fn waits_for_series(&self, mail: &Mail) -> bool {
        let of = mail.booking.and_then(|id| self.find(id)).and_then(|booking| booking.series);
        let Some(of) = of.filter(|_| matches!(mail.to, Reader::Side(_))) else { return false };
        self.mails.iter().any(|earlier| {
            earlier.series == Some(of.series)
                && (earlier.to, earlier.state) == (mail.to, "queued")
                && earlier.due <= self.now
                && earlier.at < mail.at
        })
    }
}

impl Series {
    pub(super) fn row(&self) -> String {
        let Self { id, repeat, first, of, uid } = self;
        let every = if repeat.weeks == 1 { "week" } else { "two_weeks" };
        format!("series {id} {every} {} {of} {uid}", wall(*first))
    }
}

/// What a clock shows.
pub(super) fn wall(time: i64) -> String {
    TimeZone::UTC.local(at(time)).format("%Y-%m-%dT%H:%M").to_string()
}

pub(super) fn dates_are(against: &[(i64, String)], outcome: &Outcome) -> Said {
    match outcome {
        Outcome::Dates(told) if told == against => Ok(()),
        other => Err(format!("should be refused with {against:?}, not {other:?}")),
    }
}
