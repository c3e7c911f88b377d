//! Other times that one side would like, and what the other side says.

use roomkey_core::{
    booking::Side,
    ids::{BookingId, ProposalId},
    notice::BookingLetter,
};

use super::{
    super::{
        command::{Outcome, Says, Way},
        rules::DAY,
    },
    Booking, Hold, Mail, Model, Proposal, Reader, Said, Status, is_refused, micros, side,
    verdict::Own,
};

/// So long there is to choose, where the event type says nothing else.
const TO_CHOOSE: i64 = 7 * DAY;
const MOST: usize = 5;

impl Model {
    pub(super) fn propose(
        &mut self,
        id: BookingId,
        way: &Way,
        starts: &[i64],
        outcome: &Outcome,
    ) -> Said {
        let (place, by) = match self.come(id, way) {
            Ok(found) => found,
            Err(why) => return is_refused(why, outcome),
        };
        let mut starts = starts.to_vec();
        starts.sort_unstable();
        starts.dedup();
        let (booking, now) = (&self.bookings[place], self.now);
        let same = booking
            .open()
            .filter(|open| now < open.expires && (open.by, &open.starts) == (by, &starts));
        if let Some(same) = same {
            return same.is(outcome);
        }
        if let Err(why) = self.may_be_proposed(booking, by, &starts) {
            return is_refused(why, outcome);
        }
        let Outcome::Proposed(told) = outcome else {
            return Err(format!("should be proposed, not {outcome:?}"));
        };
        let asked = self.rules[booking.event].confirm_within.filter(|_| by == Side::Customer);
        let last = if by == Side::Customer { starts[0] } else { starts[starts.len() - 1] };
        let expires = (now + asked.unwrap_or(TO_CHOOSE)).min(last).min(booking.start);
        let (version, state) = (booking.version, "open");
        let proposal = Proposal { id: told.id, version, by, starts, made: now, expires, state };
        proposal.is(outcome)?;
        self.void(place);
        if by == Side::Customer {
            let booking = &self.bookings[place];
            let (event, start) = (booking.event, proposal.starts[0]);
            let end = start + booking.end - booking.start;
            self.wishes.insert(id, Hold { event, start, end, since: now, until: expires });
        }
        self.bookings[place].proposals.push(proposal);
        self.tell_of(place, told.id, "proposed");
        Ok(())
    }

    fn may_be_proposed(
        &self,
        booking: &Booking,
        by: Side,
        starts: &[i64],
    ) -> Result<(), &'static str> {
        let latest = booking.start - self.rules[booking.event].move_notice;
        match booking.status {
            Status::Cancelled => return Err("is cancelled"),
            Status::Confirmed if booking.start <= self.now => return Err("over"),
            Status::Confirmed if by == Side::Customer && latest < self.now => {
                return Err("too late");
            }
            Status::Confirmed => {}
            _ => return Err("not confirmed"),
        }
        let most = if by == Side::Host { MOST } else { 1 };
        if starts.is_empty() || starts.len() > most {
            return Err("number");
        }
        let (length, buffers) = (booking.end - booking.start, (booking.before, booking.after));
        let own = Own { booking: Some(booking.id), ..Own::NOTHING };
        starts.iter().try_for_each(|start| {
            if *start == booking.start {
                return Err("has that time");
            }
            self.verdict(booking.event, *start, length, buffers, own)
        })
    }

    pub(super) fn answer_proposal(
        &mut self,
        id: BookingId,
        way: &Way,
        says: Says,
        seen: Option<i64>,
        outcome: &Outcome,
    ) -> Said {
        let (place, by) = match self.come(id, way) {
            Ok(found) => found,
            Err(why) => return is_refused(why, outcome),
        };
        let booking = &self.bookings[place];
        let Some(open) = booking.open().cloned() else {
            let is_there = matches!(says, Says::Accept(start) if start == booking.start);
            return match outcome {
                Outcome::Changed(told) if is_there => self.is(booking, told),
                other => is_refused("not open", other),
            };
        };
        let against = match says {
            _ if seen.is_some_and(|seen| seen != open.made) => Some("replaced"),
            _ if open.expires <= self.now => Some("not open"),
            Says::Withdraw if by != open.by => Some("not own"),
            Says::Withdraw => None,
            _ if by == open.by => Some("own proposal"),
            Says::Accept(start) if !open.starts.contains(&start) => Some("not proposed"),
            Says::Accept(start) => {
                // What both agreed on is above the host's own rules.
                let (length, buffers) =
                    (booking.end - booking.start, (booking.before, booking.after));
                let own = Own { booking: Some(id), ..Own::NOTHING };
                self.agreed(booking.event, start, length, buffers, own).err()
            }
            Says::Decline => None,
        };
        if let Some(why) = against {
            return is_refused(why, outcome);
        }
        let Outcome::Changed(told) = outcome else {
            return Err(format!("should be answered, not {outcome:?}"));
        };
        match says {
            Says::Accept(start) => {
                self.end_open(place, "accepted");
                self.give(place, start, by, told)?;
            }
            Says::Decline => {
                self.end_open(place, "declined");
                self.tell_of(place, open.id, "proposal_declined");
            }
            Says::Withdraw => {
                self.end_open(place, "withdrawn");
                if by == Side::Customer {
                    self.take_back(place, open.id);
                }
            }
        }
        self.is(&self.bookings[place], told)
    }

    /// Nobody is told that a wish was taken back who has not heard of the wish.
    fn take_back(&mut self, place: usize, proposal: ProposalId) {
        let mut asked = self.mails.iter_mut().filter(|mail| {
            (mail.to, mail.kind, mail.state) == (Reader::Of(proposal), "proposed", "queued")
        });
        if let Some(mail) = asked.next() {
            mail.state = "superseded";
        } else if self.is_proposal_told(proposal) {
            self.tell_of(place, proposal, "proposal_withdrawn");
        }
    }

    /// Whether what asks for an answer has left, or is about to.
    fn is_proposal_told(&self, proposal: ProposalId) -> bool {
        self.mails.iter().any(|mail| {
            (mail.to, mail.kind) == (Reader::Of(proposal), "proposed")
                && ["claimed", "sent"].contains(&mail.state)
        })
    }

    /// What nobody answered in time.
    pub(super) fn lapse(&mut self) {
        for place in 0..self.bookings.len() {
            let open = self.bookings[place].open().filter(|open| open.expires <= self.now);
            if let Some(id) = open.map(|open| open.id) {
                self.end_open(place, "lapsed");
                self.tell_of(place, id, "proposal_lapsed");
            }
        }
    }

    /// Something else happened to the booking.
    pub(super) fn void(&mut self, place: usize) {
        self.end_open(place, "void");
    }

    fn end_open(&mut self, place: usize, state: &'static str) {
        let booking = &mut self.bookings[place];
        let Some(open) = booking.proposals.iter_mut().find(|each| each.state == "open") else {
            return;
        };
        open.state = state;
        if open.by == Side::Customer {
            self.wishes.remove(&booking.id);
        }
    }

    fn tell_of(&mut self, place: usize, proposal: ProposalId, kind: &'static str) {
        let (booking, to) = (Some(self.bookings[place].id), Reader::Of(proposal));
        let (version, sequence, state, due) = (0, 0, "queued", 0);
        let (series, at) = (None, self.now);
        self.mails.push(Mail { booking, series, at, version, sequence, to, kind, state, due });
    }

    /// Whether what a mail tells of a proposal is still so.
    pub(super) fn is_worth_telling(
        &self,
        booking: &Booking,
        proposal: ProposalId,
        kind: &str,
    ) -> bool {
        let found = booking.proposals.iter().find(|each| each.id == proposal);
        let holds = found.is_some_and(|found| match kind {
            "proposed" => found.state == "open" && self.now < found.expires,
            "proposal_declined" => found.state == "declined",
            "proposal_withdrawn" => found.state == "withdrawn" && self.is_proposal_told(proposal),
            _ => found.state == "lapsed",
        });
        holds && booking.status == Status::Confirmed
    }

    /// The mail about a proposal that a letter is, if it goes to whom it should.
    pub(super) fn proposal_mail_of(
        &self,
        told: &BookingLetter,
        id: ProposalId,
    ) -> Result<usize, String> {
        let booking = self.find(told.booking.id).ok_or("a letter about no booking")?;
        let found = booking.proposals.iter().find(|each| each.id == id);
        let found = found.ok_or("a letter about no proposal")?;
        let kind = told.occasion.name();
        let is_others = ["proposed", "proposal_withdrawn"].contains(&&*kind);
        let to = if is_others { found.by.other() } else { found.by };
        let is_own = |(side, own): &(Side, roomkey_core::token::Token)| {
            *side == to && own.hash() == told.link.hash()
        };
        let is_so = told.to == to
            && told.guest.is_none()
            && told.booking.version == booking.version
            && booking.links.iter().any(is_own);
        let mail = self.mails.iter().position(|mail| {
            (mail.booking, mail.to, mail.kind) == (Some(booking.id), Reader::Of(id), &*kind)
                && mail.state == "claimed"
        });
        mail.filter(|_| is_so).ok_or_else(|| format!("a letter that should not be: {told:?}"))
    }
}

impl Booking {
    /// What waits for an answer, lapsed or not.
    pub(crate) fn open(&self) -> Option<&Proposal> {
        self.proposals.iter().find(|proposal| proposal.state == "open")
    }
}

impl Proposal {
    fn is(&self, outcome: &Outcome) -> Said {
        let is_it = |told: &roomkey_core::booking::Proposal| {
            let starts: Vec<i64> = told.starts.iter().map(|start| start.seconds()).collect();
            (told.id, told.by, starts.as_slice()) == (self.id, self.by, self.starts.as_slice())
                && told.expires_at.seconds() == self.expires
        };
        match outcome {
            Outcome::Proposed(told) if is_it(told) => Ok(()),
            other => Err(format!("should be {self:?}, not {other:?}")),
        }
    }

    pub(super) fn row(&self) -> String {
        let Self { id, version, by, starts, made, expires, state } = self;
        let starts: Vec<String> = starts.iter().map(|start| micros(*start).to_string()).collect();
        let (by, starts) = (side(*by), starts.join(","));
        let (made, expires) = (micros(*made), micros(*expires));
        format!("{id} {version} {by} [{starts}] {made}-{expires} {state}")
    }
}

/// As whose the time is kept that the customer of a booking asks for.
pub(super) fn wish_holder(booking: BookingId) -> String {
    roomkey_core::booking::Proposal::holder(booking).to_hex()
}
