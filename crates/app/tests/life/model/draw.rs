//! What comes next: commands that are worth a try in the present state, most of them near an edge.

use roomkey_core::{
    booking::{SeriesScope, Side},
    ids::BookingId,
};

use super::{
    chance::Chance,
    command::{Asked, Command, Door, Fate, Keeper, Repeat, Says, Way},
    rules::{CLOSES, DAY, HOUR, MINUTE, OPENS},
    state::{Booking, Entry, Model, Room, Status},
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
        if self.chance.percent(40)
            && let Some(command) = self.towards_an_answer()
        {
            return command;
        }
        let waits = |booking: &Booking| booking.open().is_some();
        if self.chance.percent(35) && self.model.bookings.iter().any(waits) {
            return self.answer().unwrap_or(Command::Lapse);
        }
        let is_noted = |entry: &&Entry| ["waiting", "offered"].contains(&entry.state);
        let in_line = self.model.waiting.iter().filter(is_noted).count();
        if in_line > 0 && self.chance.percent(50) || self.chance.percent(2) {
            return self.in_line();
        }
        if in_line < 3 && self.chance.percent(30) && !self.full_days().is_empty() {
            return self.join();
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
                    let start = match of.filter(|of| of.series.is_some()) {
                        // Not far, so that all can go there.
                        Some(of) if self.chance.percent(70) => {
                            of.start + self.chance.range(-8, 8) * 30 * MINUTE
                        }
                        _ => self.start(of.map_or(0, |each| each.event)),
                    };
                    let scope = self.scope(booking);
                    Command::Move { booking, way, start, scope }
                }
                None => self.book(),
            },
            63..73 => match self.booking() {
                Some((booking, way)) => {
                    let scope = self.scope(booking);
                    Command::Cancel { booking, way, scope }
                }
                None => self.book(),
            },
            73..90 => match self.request() {
                Some((booking, way)) if self.chance.percent(55) => {
                    Command::Confirm { booking, way }
                }
                Some((booking, way)) => Command::Decline { booking, way },
                None => self.book(),
            },
            90..91 => self.withdraw().unwrap_or(Command::Expire),
            91..94 => self.remove_guest().unwrap_or(Command::Expire),
            94..97 => self.add_guest().unwrap_or(Command::Expire),
            97..98 => self.join(),
            98..99 => Command::Lapse,
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
        let mut doors = vec![Door::Page, Door::Page, Door::Page, Door::Key, Door::Own];
        if self.model.rules[event].series.is_some() {
            doors.extend([Door::Page; 5]);
        }
        let door = *self.chance.one_of(&doors);
        let repeats = match self.model.rules[event].series {
            Some(_) => self.chance.percent(85),
            None => self.chance.percent(1),
        };
        let repeat = repeats.then(|| Repeat {
            weeks: self.chance.range(1, 2),
            count: u32::try_from(self.chance.range(2, 4)).unwrap()
                + u32::from(self.chance.percent(4)),
            except: self
                .chance
                .percent(25)
                .then(|| u32::try_from(self.chance.range(0, 3)).unwrap()),
        });
        let most = if repeat.is_some() { 0 } else { self.model.rules[event].guests };
        let most = if self.chance.percent(5) { 3 } else { most };
        let guests = self.chance.index(most + 1);
        let asked = Asked {
            door,
            event,
            start: self.start(event),
            duration,
            customer: self.chance.index(CUSTOMERS),
            guests,
            repeat,
        };
        // Few keys, so that they meet; an earlier request comes again as it was.
        let key = self.chance.percent(40).then(|| self.chance.range(0, 5));
        let visitor = self.chance.percent(40).then(|| self.chance.index(VISITORS));
        let keeper = visitor.map(Keeper::Visitor);
        match self.model.keyed() {
            earlier if !earlier.is_empty() && self.chance.percent(12) => {
                let (asked, key) = *self.chance.one_of(&earlier);
                Command::Book { asked, key: Some(key), keeper }
            }
            _ => Command::Book { asked, key, keeper },
        }
    }

    /// How far a change goes in a series.
    fn scope(&mut self, booking: BookingId) -> SeriesScope {
        let of = self.model.bookings.iter().find(|each| each.id == booking);
        let is_in = of.is_some_and(|of| of.series.is_some());
        if self.chance.percent(if is_in { 60 } else { 5 }) {
            *self.chance.one_of(&[SeriesScope::Following, SeriesScope::All])
        } else {
            SeriesScope::This
        }
    }

    /// Somebody waits, most often where that can be.
    fn join(&mut self) -> Command {
        let rules = &self.model.rules;
        let lists: Vec<usize> =
            (0..rules.len()).filter(|event| rules[*event].waiting.is_some()).collect();
        let customer = self.chance.index(CUSTOMERS);
        let full = self.full_days();
        if !full.is_empty() && self.chance.percent(85) {
            let (event, day) = *self.chance.one_of(&full);
            return Command::Join { event, day: Some(day), customer };
        }
        let event = if lists.is_empty() || self.chance.percent(20) {
            self.event()
        } else {
            *self.chance.one_of(&lists)
        };
        let near = self.start(event);
        let day = self.chance.percent(70).then(|| near.div_euclid(DAY) * DAY);
        Command::Join { event, day, customer }
    }

    /// Days to come on which as many have booked as can, of what has a waiting list.
    fn full_days(&self) -> Vec<(usize, i64)> {
        let Model { bookings, rules, now, .. } = self.model;
        let mut days = Vec::new();
        for booking in bookings.iter().filter(|each| each.status.holds() && each.start > *now) {
            let (event, day) = (booking.event, booking.start.div_euclid(DAY));
            let same = bookings.iter().filter(|each| {
                each.event == event && each.status.holds() && each.start.div_euclid(DAY) == day
            });
            let is_full = rules[event].most_a_day.is_some_and(|most| same.count() >= most);
            if is_full && rules[event].waiting.is_some() {
                days.push((event, day * DAY));
            }
        }
        days
    }

    /// What becomes of who waits.
    fn in_line(&mut self) -> Command {
        let waiting = &self.model.waiting;
        if waiting.is_empty() {
            return Command::Offer;
        }
        let now = self.model.now;
        let is_open = |entry: &&Entry| !entry.is_ended(now);
        let open: Vec<&Entry> = waiting.iter().filter(is_open).collect();
        let all: Vec<&Entry> = waiting.iter().collect();
        let of = if open.is_empty() || self.chance.percent(10) { all } else { open };
        let entry = *self.chance.one_of(&of);
        let has_lapsed = |entry: &&Entry| entry.state == "offered" && entry.is_ended(now);
        if waiting.iter().any(|entry| has_lapsed(&entry)) && self.chance.percent(60) {
            return Command::Offer;
        }
        if let Some((.., until)) = entry.offered.filter(|(.., until)| *until > now)
            && self.chance.percent(40)
        {
            return Command::Pass { until: until + self.chance.range(-1, 1) };
        }
        let (id, link) = (entry.id, entry.link.clone());
        let is_offered = entry.state == "offered" && !entry.is_ended(now);
        let (from, to) = if is_offered { (60, 99) } else { (0, 70) };
        match self.chance.range(from, to) {
            0..36 => Command::Offer,
            36..47 if !entry.is_known => self.mail(),
            36..42 => Command::JoinProven { entry: id, link },
            42..50 => {
                let by = *self.chance.one_of(&[Side::Customer, Side::Customer, Side::Host]);
                Command::Leave { entry: id, link, by }
            }
            50..65 => self.let_go(entry.event, entry.day),
            _ => {
                let start = match entry.offered {
                    Some((start, ..)) if self.chance.percent(85) => start,
                    _ => self.start(entry.event),
                };
                let customer = if self.chance.percent(85) {
                    entry.customer
                } else {
                    self.chance.index(CUSTOMERS)
                };
                let asked = Asked {
                    door: Door::Page,
                    event: entry.event,
                    start,
                    duration: None,
                    customer,
                    guests: 0,
                    repeat: None,
                };
                Command::Book { asked, key: None, keeper: Some(Keeper::Waiting(id, link)) }
            }
        }
    }

    /// A time that somebody may wait for becomes free.
    fn let_go(&mut self, event: usize, day: Option<i64>) -> Command {
        let (host, now) = (self.model.rules[event].host, self.model.now);
        let is_one = |each: &&Booking| {
            let is_that_day = day.is_none_or(|day| each.start.div_euclid(DAY) * DAY == day);
            each.status.holds() && each.event == event && each.end > now && is_that_day
        };
        let holding: Vec<&Booking> = self.model.bookings.iter().filter(is_one).collect();
        if holding.is_empty() {
            return Command::Offer;
        }
        let booking = self.chance.one_of(&holding).id;
        Command::Cancel { booking, way: Way::Own(host), scope: SeriesScope::This }
    }

    /// Most often where guests may come.
    fn add_guest(&mut self) -> Option<Command> {
        let model = self.model;
        let takes = |each: &&Booking| {
            each.status.holds() && each.series.is_none() && model.rules[each.event].guests > 0
        };
        let taking: Vec<&Booking> = model.bookings.iter().filter(takes).collect();
        let (booking, way) = if taking.is_empty() || self.chance.percent(25) {
            self.booking()?
        } else {
            let booking = *self.chance.one_of(&taking);
            (booking.id, self.way(booking))
        };
        Some(Command::AddGuest { booking, way, guest: self.chance.index(4) })
    }

    fn event(&mut self) -> usize {
        let has_series = |event: &usize| self.model.rules[*event].series.is_some();
        let lessons: Vec<usize> = (0..self.model.rules.len()).filter(has_series).collect();
        if self.chance.percent(15) {
            return *self.chance.one_of(&lessons);
        }
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
        let by = if is_withdrawn == self.chance.percent(70) { open.by } else { open.by.other() };
        let link = booking.links.iter().find(|(side, _)| *side == by)?.1.clone();
        let way = match by {
            Side::Host if self.chance.percent(40) => Way::Own(self.model.rules[booking.event].host),
            _ => Way::Link(by, link),
        };
        let seen = self.chance.percent(30).then(|| open.made - self.chance.range(0, 1));
        Some(Command::Answer { booking: booking.id, way, says, seen })
    }

    /// Where a series waits for the host.
    fn towards_an_answer(&mut self) -> Option<Command> {
        let now = self.model.now;
        let waits = |each: &&Booking| {
            let is_kept = each.expires.is_some_and(|until| until > now);
            each.status == Status::Pending && each.series.is_some() && is_kept
        };
        let booking = self.model.bookings.iter().find(waits)?;
        let (booking, way) = (booking.id, Way::Own(self.model.rules[booking.event].host));
        Some(if self.chance.percent(50) {
            Command::Confirm { booking, way }
        } else {
            Command::Decline { booking, way }
        })
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
        let booking = if self.chance.percent(20) { self.any()? } else { of };
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
            .chain(self.model.waiting.iter().filter_map(|entry| Some(entry.offered?.2)))
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
