//! What comes next: commands that are worth a try in the present state, most of them near an edge.

use roomkey_core::{booking::Side, ids::BookingId};

use super::{
    chance::Chance,
    command::{Asked, Command, Door, Fate, Says, Way},
    rules::{CLOSES, DAY, HOUR, MINUTE, OPENS},
    state::{Booking, Model, Room, Status},
};

pub(crate) const VISITORS: usize = 3;
const CUSTOMERS: usize = 3;
const FATES: [Fate; 6] =
    [Fate::Sent, Fate::Sent, Fate::Sent, Fate::Retry, Fate::GivenUp, Fate::Lost];

pub(crate) struct Draw<'a> {
    pub(crate) chance: &'a mut Chance,
    pub(crate) model: &'a Model,
}

impl<'a> Draw<'a> {
    /// Anything.
    pub(crate) fn command(&mut self) -> Command {
        if self.chance.percent(30)
            && let Some(command) = self.towards_a_proof()
        {
            return command;
        }
        let waits = |booking: &Booking| booking.open().is_some();
        if self.chance.percent(35) && self.model.bookings.iter().any(waits) {
            return self.answer().unwrap_or(Command::Lapse);
        }
        match self.chance.range(0, 99) {
            0..58 => self.change(),
            58..68 => self.conference().unwrap_or(Command::Expire),
            68..74 => self.look().unwrap_or(Command::Expire),
            74..79 => {
                let event = self.event();
                let midnight = self.start(event).div_euclid(DAY) * DAY;
                Command::Free { event, midnight }
            }
            79..85 => self.mail(),
            85..86 => Command::Forget,
            _ => Command::Pass { until: self.later() },
        }
    }

    /// What may change bookings, and may come at once with another such.
    pub(crate) fn change(&mut self) -> Command {
        match self.chance.range(0, 99) {
            0..26 => self.book(),
            26..35 => self.propose().unwrap_or_else(|| self.book()),
            35..36 => self.answer().unwrap_or_else(|| self.book()),
            36..38 => self.prove().unwrap_or_else(|| self.book()),
            38..43 => {
                let event = self.event();
                let (start, visitor) = (self.start(event), self.chance.index(VISITORS));
                Command::Hold { event, start, visitor }
            }
            43..45 => Command::Release { visitor: self.chance.index(VISITORS) },
            45..63 => match self.booking() {
                Some((booking, way)) => {
                    let of = self.model.bookings.iter().find(|each| each.id == booking);
                    let start = self.start(of.map_or(0, |each| each.event));
                    Command::Move { booking, way, start }
                }
                None => self.book(),
            },
            63..73 => match self.booking() {
                Some((booking, way)) => Command::Cancel { booking, way },
                None => self.book(),
            },
            73..90 => match self.request() {
                Some((booking, way)) if self.chance.percent(55) => {
                    Command::Confirm { booking, way }
                }
                Some((booking, way)) => Command::Decline { booking, way },
                None => self.book(),
            },
            90..92 => self.withdraw().unwrap_or(Command::Expire),
            92..96 => self.remove_guest().unwrap_or(Command::Expire),
            96..98 => Command::Lapse,
            _ => Command::Expire,
        }
    }

    fn book(&mut self) -> Command {
        let event = self.event();
        let durations = self.model.rules[event].durations.clone();
        let duration = match self.chance.range(0, 9) {
            0 if self.chance.percent(20) => Some(7 * MINUTE),
            0..4 => Some(*self.chance.one_of(&durations)),
            _ => None,
        };
        let door = *self.chance.one_of(&[Door::Page, Door::Page, Door::Page, Door::Key, Door::Own]);
        let asked = Asked {
            door,
            event,
            start: self.start(event),
            duration,
            customer: self.chance.index(CUSTOMERS),
            guests: if self.chance.percent(40) { self.chance.index(4) } else { 0 },
        };
        // Few keys, so that they meet; an earlier request comes again as it was.
        let key = self.chance.percent(40).then(|| self.chance.range(0, 5));
        let visitor = self.chance.percent(40).then(|| self.chance.index(VISITORS));
        match self.model.keyed() {
            earlier if !earlier.is_empty() && self.chance.percent(12) => {
                let (asked, key) = *self.chance.one_of(&earlier);
                Command::Book { asked, key: Some(key), visitor }
            }
            _ => Command::Book { asked, key, visitor },
        }
    }

    fn event(&mut self) -> usize {
        self.chance.index(self.model.rules.len())
    }

    /// A time in the next days, most often on the grid; often the start of a booking, or one close to it.
    fn start(&mut self, event: usize) -> i64 {
        let rules = &self.model.rules[event];
        let on_grid = rules.increment.unwrap_or(rules.durations[0]);
        let step = if self.chance.percent(85) { on_grid } else { 5 * MINUTE };
        let near = self
            .any()
            .filter(|_| self.chance.percent(45))
            .map(|booking| booking.start + self.chance.range(-2, 2) * step);
        let wanted = near.unwrap_or_else(|| {
            let ahead = self.chance.range(0, 40).min(self.chance.range(0, 90));
            self.model.now + ahead * HOUR + self.chance.range(0, 60) * MINUTE
        });
        let (day, of_day) = (wanted.div_euclid(DAY), wanted.rem_euclid(DAY));
        if self.chance.percent(5) {
            return wanted;
        }
        // At night nobody is there.
        let of_day = if (OPENS..CLOSES).contains(&of_day) { of_day } else { OPENS + of_day / 2 };
        day * DAY + OPENS + (of_day - OPENS).div_euclid(step) * step
    }

    /// A booking; most often one that holds its time.
    fn any(&mut self) -> Option<&'a Booking> {
        let bookings = &self.model.bookings;
        let holding: Vec<_> = bookings.iter().filter(|each| each.status.holds()).collect();
        if !holding.is_empty() && self.chance.percent(75) {
            return Some(*self.chance.one_of(&holding));
        }
        (!bookings.is_empty()).then(|| self.chance.one_of(bookings))
    }

    fn booking(&mut self) -> Option<(BookingId, Way)> {
        let booking = self.any()?;
        Some((booking.id, self.way(booking)))
    }

    /// A booking to answer, most often one that asks.
    fn request(&mut self) -> Option<(BookingId, Way)> {
        let is_pending = |each: &&Booking| each.status == Status::Pending;
        let pending: Vec<_> = self.model.bookings.iter().filter(is_pending).collect();
        if pending.is_empty() || self.chance.percent(15) {
            return self.booking();
        }
        let booking = *self.chance.one_of(&pending);
        let way = match self.chance.range(0, 1) {
            0 => Way::Link(Side::Host, booking.links[0].1.clone()),
            _ => Way::Own(self.model.rules[booking.event].host),
        };
        Some((booking.id, way))
    }

    /// Some times, as many as may be proposed, or too many.
    fn propose(&mut self) -> Option<Command> {
        let (booking, way) = self.booking()?;
        let found = self.model.bookings.iter().find(|each| each.id == booking)?;
        if let Some(open) = found.open().filter(|_| self.chance.percent(10)) {
            return Some(Command::Propose { booking, way, starts: open.starts.clone() });
        }
        let is_customer = matches!(way, Way::Link(Side::Customer, _));
        let count = match self.chance.range(0, 19) {
            0 => 0,
            1 => 6,
            2 => 2,
            _ if is_customer => 1,
            _ => self.chance.range(1, 3),
        };
        let starts = (0..count).map(|_| self.start(found.event)).collect();
        Some(Command::Propose { booking, way, starts })
    }

    /// Most often to what is open, and by who is to say it.
    fn answer(&mut self) -> Option<Command> {
        let all = self.model.bookings.iter();
        let open: Vec<_> = all.filter_map(|booking| Some((booking, booking.open()?))).collect();
        if open.is_empty() || self.chance.percent(8) {
            let (booking, way) = self.booking()?;
            let says = Says::Accept(self.start(0));
            return Some(Command::Answer { booking, way, says, seen: None });
        }
        let (booking, open) = *self.chance.one_of(&open);
        let says = match self.chance.range(0, 9) {
            0..6 => Says::Accept(*self.chance.one_of(&open.starts)),
            6 => Says::Accept(booking.start),
            7 => Says::Decline,
            _ => Says::Withdraw,
        };
        let is_withdrawn = says == Says::Withdraw;
        let by = if is_withdrawn == self.chance.percent(80) { open.by } else { open.by.other() };
        let link = booking.links.iter().find(|(side, _)| *side == by)?.1.clone();
        let way = match by {
            Side::Host if self.chance.percent(40) => Way::Own(self.model.rules[booking.event].host),
            _ => Way::Link(by, link),
        };
        let seen = self.chance.percent(30).then(|| open.made - self.chance.range(0, 1));
        Some(Command::Answer { booking: booking.id, way, says, seen })
    }

    /// Where an address waits to be proven, there is little time.
    fn towards_a_proof(&mut self) -> Option<Command> {
        let mut all = self.model.bookings.iter();
        let waits = all.find(|booking| booking.status == Status::Unverified)?;
        if waits.proof.prove.is_none() { Some(self.mail()) } else { self.prove() }
    }

    /// By a link that was in a mail, most often one that is worth a press.
    fn prove(&mut self) -> Option<Command> {
        let all = self.model.bookings.iter();
        let links = all.filter_map(|booking| Some((booking, booking.proof.prove.as_ref()?)));
        let links: Vec<_> = links.collect();
        let is_waiting = |(booking, _): &(&Booking, _)| booking.status == Status::Unverified;
        let waiting: Vec<_> = links.iter().filter(|each| is_waiting(each)).copied().collect();
        let of = if waiting.is_empty() || self.chance.percent(20) { links } else { waiting };
        let (booking, link) = (!of.is_empty()).then(|| *self.chance.one_of(&of))?;
        Some(Command::Prove { booking: booking.id, link: link.clone() })
    }

    fn withdraw(&mut self) -> Option<Command> {
        let all = self.model.bookings.iter();
        let links = all.filter_map(|booking| Some((booking.id, booking.proof.wait.as_ref()?)));
        let links: Vec<_> = links.collect();
        let (booking, link) = (!links.is_empty()).then(|| *self.chance.one_of(&links))?;
        Some(Command::Withdraw { booking, link: link.clone() })
    }

    /// Most often somebody who is expected, by whose booking it is.
    fn remove_guest(&mut self) -> Option<Command> {
        let all = || self.model.bookings.iter().filter(|each| !each.guests.is_empty());
        let is_expected =
            |each: &&Booking| each.status.holds() && each.guests.iter().any(|guest| !guest.removed);
        let expected: Vec<_> = all().filter(is_expected).collect();
        let all: Vec<_> = all().collect();
        let of = if expected.is_empty() || self.chance.percent(15) { all } else { expected };
        let of = (!of.is_empty()).then(|| *self.chance.one_of(&of))?;
        let guest = self.chance.one_of(&of.guests).id;
        // Of another booking, perhaps.
        let booking = if self.chance.percent(8) { self.any()? } else { of };
        let (side, link) = self.chance.one_of(&booking.links).clone();
        Some(Command::RemoveGuest { booking: booking.id, way: Way::Link(side, link), guest })
    }

    fn way(&mut self, booking: &Booking) -> Way {
        match self.chance.range(0, 9) {
            0..5 => Way::Link(Side::Customer, booking.links[1].1.clone()),
            5..7 => Way::Link(Side::Host, booking.links[0].1.clone()),
            7..9 => Way::Own(self.model.rules[booking.event].host),
            _ => Way::Own(1 - self.model.rules[booking.event].host),
        }
    }

    /// Most often about a room that is open, or just about to be.
    fn conference(&mut self) -> Option<Command> {
        let own = self.model.bookings.iter().flat_map(|booking| &booking.rooms);
        let all = own.chain(self.model.shared.iter().map(|shared| &shared.room));
        let is_near = |room: &&Room| {
            (room.opens - 2 * MINUTE..room.closes + MINUTE).contains(&self.model.now)
        };
        let near: Vec<_> = all.clone().filter(is_near).collect();
        let all: Vec<_> = all.collect();
        let rooms = if near.is_empty() || self.chance.percent(20) { all } else { near };
        let room = (!rooms.is_empty()).then(|| *self.chance.one_of(&rooms))?;
        Some(Command::Conference { name: room.name.clone(), id: room.id })
    }

    fn look(&mut self) -> Option<Command> {
        let booking = self.any()?.clone();
        let (_, link) = self.chance.one_of(&booking.links).clone();
        Some(Command::Look { link })
    }

    fn mail(&mut self) -> Command {
        let fates = (0..4).map(|_| *self.chance.one_of(&FATES)).collect();
        Command::Mail { fates }
    }

    /// Some time from now: to the edge of something, a while, or a month.
    fn later(&mut self) -> i64 {
        let now = self.model.now;
        let edges: Vec<i64> = self
            .model
            .bookings
            .iter()
            .flat_map(|booking| {
                let rules = &self.model.rules[booking.event];
                let live = booking.rooms.last();
                [
                    Some(booking.start - rules.move_notice),
                    Some(booking.start - rules.cancel_notice),
                    Some(booking.start - rules.min_notice),
                    Some(booking.end),
                    booking.expires,
                    booking.open().map(|open| open.expires),
                    live.map(|room| room.opens - MINUTE),
                    live.map(|room| room.opens),
                    live.map(|room| room.closes),
                ]
            })
            .flatten()
            .filter(|edge| (now..now + 8 * HOUR).contains(edge))
            .collect();
        if !edges.is_empty() && self.chance.percent(70) {
            // A second more or less makes the difference.
            return (*self.chance.one_of(&edges) + self.chance.range(-1, 1)).max(now);
        }
        match self.chance.range(0, 59) {
            0 => now + self.chance.range(29, 31) * DAY,
            1..6 => now + self.chance.range(6, 20) * HOUR,
            _ => now + self.chance.range(1, 60) * MINUTE,
        }
    }
}
