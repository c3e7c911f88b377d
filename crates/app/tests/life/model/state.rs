//! The model: what the domain's rules say becomes of each command, written without the program's own decisions.

use std::collections::BTreeMap;

use roomkey_core::{
    booking::Side,
    ids::{BookingId, RoomId},
    notice::{BookingLetter, Content, Letter},
    token::Token,
};
use roomkey_store::BookingDetails;

use super::{
    command::{Asked, Command, Door, Fate, Outcome, Way},
    rules::{CLOSES, DAY, MINUTE, OPENS, Rules},
};

/// Links last so long after the end.
const LINKS_LAST: i64 = 30 * DAY;
/// Jitsi is let in so long before the page is.
const SKEW: i64 = MINUTE;
/// A time is kept so long from the last sign of life, and in all; and so long after it was first kept, anew.
const KEPT: (i64, i64, i64) = (6 * MINUTE, 20 * MINUTE, 60 * MINUTE);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Pending,
    Confirmed,
    Declined,
    Expired,
    Cancelled,
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Confirmed => "confirmed",
            Self::Declined => "declined",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
        }
    }

    pub(crate) fn holds(self) -> bool {
        matches!(self, Self::Pending | Self::Confirmed)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Room {
    pub(crate) id: RoomId,
    pub(crate) name: String,
    pub(crate) opens: i64,
    pub(crate) closes: i64,
    pub(crate) revoked: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Booking {
    pub(crate) id: BookingId,
    pub(crate) event: usize,
    pub(crate) customer: usize,
    pub(crate) start: i64,
    pub(crate) end: i64,
    before: i64,
    after: i64,
    pub(crate) status: Status,
    version: u32,
    sequence: u32,
    pub(crate) expires: Option<i64>,
    uid: String,
    pub(crate) rooms: Vec<Room>,
    pub(crate) links: [(Side, Token); 2],
    /// Version, what and by whom.
    history: Vec<(u32, &'static str, &'static str)>,
}

/// A time that a visitor keeps.
#[derive(Clone, Debug)]
pub(crate) struct Hold {
    event: usize,
    start: i64,
    end: i64,
    since: i64,
    until: i64,
}

#[derive(Clone, Debug)]
struct Mail {
    booking: BookingId,
    version: u32,
    sequence: u32,
    side: Side,
    kind: &'static str,
    state: &'static str,
    due: i64,
}

/// A room that all who have a seat at the same time share.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    session: Session,
    pub(crate) room: Room,
}

/// An event type, from when to when.
type Session = (usize, i64, i64);

/// In which idempotency keys do not clash: those of a host's key, or of a customer at one door to an event type.
type Scope = (Door, usize, usize);

#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) now: i64,
    pub(crate) rules: Vec<Rules>,
    pub(crate) bookings: Vec<Booking>,
    pub(crate) shared: Vec<Shared>,
    holds: BTreeMap<usize, Hold>,
    keys: BTreeMap<(Scope, i64), (Asked, BookingId, i64)>,
    mails: Vec<Mail>,
}

type Said = Result<(), String>;

fn micros(seconds: i64) -> i64 {
    seconds * 1_000_000
}

fn side(side: Side) -> &'static str {
    match side {
        Side::Host => "host",
        Side::Customer => "customer",
    }
}

impl Model {
    pub(crate) fn new(now: i64, rules: Vec<Rules>) -> Self {
        let (bookings, shared, holds, keys, mails) = <_>::default();
        Self { now, rules, bookings, shared, holds, keys, mails }
    }

    /// The requests that were granted with an idempotency key.
    pub(crate) fn keyed(&self) -> Vec<(Asked, i64)> {
        self.keys.iter().map(|((_, key), (asked, ..))| (*asked, *key)).collect()
    }

    /// Takes a command and how it was answered; says what should have been answered instead.
    pub(crate) fn apply(&mut self, command: &Command, outcome: &Outcome) -> Said {
        match command {
            Command::Book { asked, key, visitor } => self.book(*asked, *key, *visitor, outcome),
            Command::Hold { event, start, visitor } => self.hold(*event, *start, *visitor, outcome),
            Command::Release { visitor } => {
                self.holds.remove(visitor);
                Ok(())
            }
            Command::Move { booking, way, start } => self.move_to(*booking, way, *start, outcome),
            Command::Cancel { booking, way } => self.cancel(*booking, way, outcome),
            Command::Confirm { booking, way } => self.answer(*booking, way, true, outcome),
            Command::Decline { booking, way } => self.answer(*booking, way, false, outcome),
            Command::Look { link } => self.look(link, outcome),
            Command::Conference { id, .. } => self.conference(*id, outcome),
            Command::Free { event, midnight } => self.free(*event, *midnight, outcome),
            Command::Expire => {
                self.expire();
                Ok(())
            }
            Command::Forget => {
                let day_ago = self.now - DAY;
                self.holds.retain(|_, hold| hold.until > day_ago);
                self.keys.retain(|_, (_, _, at)| *at > day_ago);
                Ok(())
            }
            Command::Mail { fates } => self.send(fates, outcome),
            Command::Pass { until } => {
                self.now = *until;
                Ok(())
            }
        }
    }

    fn book(
        &mut self,
        asked: Asked,
        key: Option<i64>,
        visitor: Option<usize>,
        outcome: &Outcome,
    ) -> Said {
        let rules = self.rules[asked.event].clone();
        let scope = match asked.door {
            Door::Key => (Door::Key, rules.host, 0),
            door => (door, asked.event, asked.customer),
        };
        if let Some((before, id, _)) = key.and_then(|key| self.keys.get(&(scope, key))) {
            if *before != asked {
                return is_refused("key reused", outcome);
            }
            let booking = self.find(*id).ok_or("a key without its booking")?;
            return match outcome {
                Outcome::Repeated(told) => self.is(booking, told),
                other => Err(format!("should repeat {id}, not {other:?}")),
            };
        }
        let length = asked.duration.unwrap_or(rules.durations[0]);
        if !rules.durations.contains(&length) {
            return is_refused("duration", outcome);
        }
        let visitor = visitor.filter(|_| asked.door == Door::Page);
        let own = Own { booking: None, visitor };
        let (buffers, start) = ((rules.before, rules.after), asked.start);
        if let Err(why) = self.verdict(asked.event, start, length, buffers, own) {
            return is_refused(why, outcome);
        }
        let Outcome::Booked(told) = outcome else {
            return Err(format!("should be booked, not {outcome:?}"));
        };
        let asks = rules.confirm_within.filter(|_| asked.door == Door::Page);
        let by = if asked.door == Door::Page { "customer" } else { "host" };
        let kind = if asks.is_some() { "requested" } else { "booked" };
        let booking = Booking {
            id: told.booking.id,
            event: asked.event,
            customer: asked.customer,
            start,
            end: start + length,
            before: rules.before,
            after: rules.after,
            status: if asks.is_some() { Status::Pending } else { Status::Confirmed },
            version: 1,
            sequence: 0,
            expires: asks.map(|within| start.min(self.now + within)),
            uid: told.booking.ical_uid.clone(),
            rooms: Vec::new(),
            links: [
                (Side::Host, told.host_link.clone()),
                (Side::Customer, told.customer_link.clone()),
            ],
            history: vec![(1, kind, by)],
        };
        if self.find(booking.id).is_some() {
            return Err("an id that another booking has".into());
        }
        self.bookings.push(booking);
        let place = self.bookings.len() - 1;
        if asks.is_none() {
            self.open_room(place, told)?;
        }
        self.is(&self.bookings[place], told)?;
        self.tell(place, kind, &[Side::Customer, Side::Host]);
        if let Some(visitor) = visitor {
            self.holds.remove(&visitor);
        }
        if let Some(key) = key {
            self.keys.insert((scope, key), (asked, told.booking.id, self.now));
        }
        Ok(())
    }

    fn hold(&mut self, event: usize, start: i64, visitor: usize, outcome: &Outcome) -> Said {
        let rules = &self.rules[event];
        let (length, buffers) = (rules.durations[0], (rules.before, rules.after));
        let own = Own { booking: None, visitor: Some(visitor) };
        if let Err(why) = self.verdict(event, start, length, buffers, own) {
            return is_refused(why, outcome);
        }
        let end = start + length;
        let same = |hold: &&Hold| (hold.event, hold.start, hold.end) == (event, start, end);
        let before = self.holds.get(&visitor).filter(same).map(|hold| hold.since);
        let since = before.filter(|since| self.now < since + KEPT.2).unwrap_or(self.now);
        if since + KEPT.1 <= self.now {
            return is_refused("limited", outcome);
        }
        let until = (self.now + KEPT.0).min(since + KEPT.1);
        self.holds.insert(visitor, Hold { event, start, end, since, until });
        match outcome {
            Outcome::Held(told) if *told == until => Ok(()),
            other => Err(format!("should be kept until {until}, not {other:?}")),
        }
    }

    fn move_to(&mut self, id: BookingId, way: &Way, start: i64, outcome: &Outcome) -> Said {
        let (place, by) = match self.come(id, way) {
            Ok(found) => found,
            Err(why) => return is_refused(why, outcome),
        };
        let booking = self.bookings[place].clone();
        let rules = &self.rules[booking.event];
        let latest = booking.start - rules.move_notice;
        let against = match booking.status {
            Status::Cancelled => Some("is cancelled"),
            Status::Pending | Status::Declined | Status::Expired => Some("not confirmed"),
            Status::Confirmed if booking.end <= self.now => Some("over"),
            Status::Confirmed if by == Side::Customer && rules.confirm_within.is_some() => {
                Some("ask the host")
            }
            Status::Confirmed if by == Side::Customer && latest < self.now => Some("too late"),
            Status::Confirmed => None,
        };
        let stays = start == booking.start && against.is_none_or(|why| why == "too late");
        if !stays {
            if let Some(why) = against {
                return is_refused(why, outcome);
            }
            let (length, buffers) = (booking.end - booking.start, (booking.before, booking.after));
            let own = Own { booking: Some(id), visitor: None };
            if let Err(why) = self.verdict(booking.event, start, length, buffers, own) {
                return is_refused(why, outcome);
            }
        }
        let Outcome::Changed(told) = outcome else {
            return Err(format!("should be moved, not {outcome:?}"));
        };
        if !stays {
            let moved = &mut self.bookings[place];
            (moved.start, moved.end) = (start, start + booking.end - booking.start);
            moved.sequence += 1;
            moved.step("moved", side(by));
            moved.rooms.iter_mut().for_each(|room| room.revoked = true);
            self.leave(booking.session());
            self.open_room(place, told)?;
            self.tell(place, "moved", &[Side::Customer, Side::Host]);
        }
        self.is(&self.bookings[place], told)
    }

    fn cancel(&mut self, id: BookingId, way: &Way, outcome: &Outcome) -> Said {
        let (place, by) = match self.come(id, way) {
            Ok(found) => found,
            Err(why) => return is_refused(why, outcome),
        };
        let booking = &self.bookings[place];
        if !booking.status.holds() {
            return is_refused(&format!("is {}", booking.status.name()), outcome);
        }
        if booking.end <= self.now {
            return is_refused("over", outcome);
        }
        let is_firm = booking.status == Status::Confirmed;
        let notice = if is_firm { self.rules[booking.event].cancel_notice } else { 0 };
        if by == Side::Customer && booking.start - notice < self.now {
            return is_refused("too late", outcome);
        }
        let Outcome::Changed(told) = outcome else {
            return Err(format!("should be cancelled, not {outcome:?}"));
        };
        let booking = &mut self.bookings[place];
        booking.sequence += u32::from(is_firm);
        booking.end_with(Status::Cancelled, side(by));
        let session = booking.session();
        self.leave(session);
        self.is(&self.bookings[place], told)?;
        self.tell(place, "cancelled", &[Side::Customer, Side::Host]);
        Ok(())
    }

    fn answer(&mut self, id: BookingId, way: &Way, yes: bool, outcome: &Outcome) -> Said {
        let found = self.come(id, way).and_then(|(place, by)| match by {
            Side::Host => Ok(place),
            Side::Customer => Err("unknown"),
        });
        let place = match found {
            Ok(place) => place,
            Err(why) => return is_refused(why, outcome),
        };
        let booking = &mut self.bookings[place];
        if booking.status != Status::Pending {
            return is_refused(&format!("is {}", booking.status.name()), outcome);
        }
        if booking.expires.is_some_and(|at| at <= self.now) {
            return is_refused("is expired", outcome);
        }
        let Outcome::Changed(told) = outcome else {
            return Err(format!("should be answered, not {outcome:?}"));
        };
        if yes {
            booking.status = Status::Confirmed;
            booking.expires = None;
            booking.step("confirmed", "host");
            self.open_room(place, told)?;
            self.tell(place, "booked", &[Side::Customer, Side::Host]);
        } else {
            booking.end_with(Status::Declined, "host");
            self.tell(place, "declined", &[Side::Customer]);
        }
        self.is(&self.bookings[place], told)
    }

    fn expire(&mut self) {
        for place in 0..self.bookings.len() {
            let booking = &mut self.bookings[place];
            if booking.expires.is_some_and(|at| at <= self.now) {
                booking.end_with(Status::Expired, "time");
                self.tell(place, "expired", &[Side::Customer, Side::Host]);
            }
        }
    }

    fn look(&self, link: &Token, outcome: &Outcome) -> Said {
        let is_it = |(side, token): &(Side, Token)| (token.hash() == link.hash()).then_some(*side);
        let found = self
            .bookings
            .iter()
            .find_map(|booking| booking.links.iter().find_map(is_it).map(|side| (side, booking)));
        let (side, booking) = found.ok_or("a link to nothing")?;
        if booking.end + LINKS_LAST <= self.now {
            return is_refused("gone", outcome);
        }
        let room = self.live(booking);
        let door = if self.rules[booking.event].is_in_room {
            room.map_or("revoked", |room| room.answers(booking.status, self.now))
        } else {
            "no room"
        };
        match outcome {
            Outcome::Shown(of, told, at_door) if (*of, *at_door) == (side, door) => {
                self.is(booking, told)
            }
            other => Err(format!("should be {side:?}'s with the door {door}, not {other:?}")),
        }
    }

    fn conference(&self, id: RoomId, outcome: &Outcome) -> Said {
        let own = self.bookings.iter().find_map(|booking| {
            let room = booking.rooms.iter().find(|room| room.id == id)?;
            Some((booking.status, room))
        });
        // As long as one seat is confirmed, the room of all is there.
        let shared = || self.shared.iter().map(|shared| (Status::Confirmed, &shared.room));
        let shared = || shared().find(|(_, room)| room.id == id);
        let (status, room) = own.or_else(shared).ok_or("a room of no booking")?;
        let for_jitsi = Room { opens: room.opens - SKEW, ..room.clone() };
        let verdict = for_jitsi.answers(status, self.now);
        match outcome {
            Outcome::Verdict(told) if *told == verdict => Ok(()),
            other => Err(format!("Jitsi should be told {verdict}, not {other:?}")),
        }
    }

    fn free(&self, event: usize, midnight: i64, outcome: &Outcome) -> Said {
        let rules = &self.rules[event];
        let (length, buffers) = (rules.durations[0], (rules.before, rules.after));
        let own = Own { booking: None, visitor: None };
        let starts = (midnight / MINUTE..(midnight + DAY) / MINUTE).map(|minute| minute * MINUTE);
        let free: Vec<i64> = starts
            .filter(|start| self.verdict(event, *start, length, buffers, own).is_ok())
            .collect();
        match outcome {
            Outcome::Free(told) if *told == free => Ok(()),
            other => Err(format!("free are {free:?}, not {other:?}")),
        }
    }

    fn send(&mut self, fates: &[Fate], outcome: &Outcome) -> Said {
        let Outcome::Letters(letters) = outcome else { return Err("no letters".into()) };
        let versions: BTreeMap<BookingId, u32> =
            self.bookings.iter().map(|booking| (booking.id, booking.version)).collect();
        let now = self.now;
        let mut due = 0;
        for mail in &mut self.mails {
            let is_due = (mail.state == "queued" && mail.due <= now) || mail.state == "claimed";
            if is_due && mail.version < versions[&mail.booking] {
                mail.state = "superseded";
            } else if is_due {
                mail.state = "claimed";
                due += 1;
            }
        }
        if due != letters.len() {
            return Err(format!("{due} mails are due, not {}", letters.len()));
        }
        for (letter, fate) in letters.iter().zip(fates.iter().cycle()) {
            let place = self.mail_of(letter)?;
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

    /// The mail that a letter is, if it says what holds now.
    fn mail_of(&self, letter: &Letter) -> Result<usize, String> {
        let Content::Booking(told) = &letter.content else {
            return Err(format!("not about a booking: {letter:?}"));
        };
        let BookingLetter { booking: told_of, occasion, to, sequence, room, link, .. } = &**told;
        let booking = self.find(told_of.id).ok_or("a letter about no booking")?;
        let live = self.live(booking).map(|room| room.name.as_str());
        let is_so = told_of.version == booking.version
            && told_of.span.start.seconds() == booking.start
            && *sequence == booking.sequence
            && room.as_ref().map(|room| room.name.expose()) == live
            && booking.links.iter().any(|(side, own)| side == to && own.hash() == link.hash());
        let found = self.mails.iter().position(|mail| {
            mail.state == "claimed"
                && (mail.booking, mail.side) == (booking.id, *to)
                && (mail.version, mail.kind) == (booking.version, occasion.as_str())
        });
        found.filter(|_| is_so).ok_or_else(|| format!("a letter that should not be: {letter:?}"))
    }

    /// Whether nothing waits to be sent, and each booking's last change was told, or given up.
    pub(crate) fn is_all_told(&self) -> Said {
        let ends = ["sent", "failed", "superseded"];
        if let Some(mail) = self.mails.iter().find(|mail| !ends.contains(&mail.state)) {
            return Err(format!("it waits: {mail:?}"));
        }
        for booking in &self.bookings {
            let is_told = self.mails.iter().any(|mail| {
                mail.booking == booking.id
                    && mail.side == Side::Customer
                    && mail.version == booking.version
                    && mail.state != "superseded"
            });
            if !is_told {
                return Err(format!("the customer does not know: {booking:?}"));
            }
        }
        Ok(())
    }

    /// The booking that somebody comes to, and on which side they are.
    fn come(&self, id: BookingId, way: &Way) -> Result<(usize, Side), &'static str> {
        let place = self.bookings.iter().position(|booking| booking.id == id);
        let place = place.ok_or("unknown")?;
        let booking = &self.bookings[place];
        match way {
            Way::Link(..) if booking.end + LINKS_LAST <= self.now => Err("gone"),
            Way::Link(side, _) => Ok((place, *side)),
            Way::Own(host) if self.rules[booking.event].host == *host => Ok((place, Side::Host)),
            Way::Own(_) => Err("unknown"),
        }
    }

    /// The room of a booking, while it stands.
    fn live<'a>(&'a self, booking: &'a Booking) -> Option<&'a Room> {
        let shared = self.shared.iter().filter(|shared| {
            booking.status == Status::Confirmed && shared.session == booking.session()
        });
        let mut all = booking.rooms.iter().chain(shared.map(|shared| &shared.room));
        all.find(|room| !room.revoked)
    }

    /// Somebody gave a seat up: with the last of them the room is done with.
    fn leave(&mut self, session: Session) {
        let sits =
            |booking: &Booking| booking.status == Status::Confirmed && booking.session() == session;
        if !self.bookings.iter().any(sits) {
            let shared = self.shared.iter_mut().filter(|shared| shared.session == session);
            shared.for_each(|shared| shared.room.revoked = true);
        }
    }

    /// Whether somebody is told of a booking as it is.
    fn is(&self, booking: &Booking, told: &BookingDetails) -> Said {
        let of = &told.booking;
        let is_same = of.id == booking.id
            && of.status.as_str() == booking.status.name()
            && (of.version, of.ical_sequence) == (booking.version, booking.sequence)
            && of.ical_uid == booking.uid
            && (of.span.start.seconds(), of.span.end.seconds()) == (booking.start, booking.end)
            && told.room.as_ref().map(|room| room.id) == self.live(booking).map(|room| room.id);
        if is_same { Ok(()) } else { Err(format!("should be {booking:?}, not {told:?}")) }
    }

    fn find(&self, id: BookingId) -> Option<&Booking> {
        self.bookings.iter().find(|booking| booking.id == id)
    }

    /// Why a time can not be had; the first reason in the order in which they are told.
    fn verdict(
        &self,
        event: usize,
        start: i64,
        length: i64,
        (before, after): (i64, i64),
        own: Own,
    ) -> Result<(), &'static str> {
        let rules = &self.rules[event];
        let (day, of_day) = (start.div_euclid(DAY), start.rem_euclid(DAY));
        if start < self.now {
            return Err("past");
        }
        if start < self.now + rules.min_notice {
            return Err("minimum_notice");
        }
        if day > self.now.div_euclid(DAY) + rules.window_days {
            return Err("beyond_window");
        }
        if of_day < OPENS || of_day + length > CLOSES {
            return Err("outside_hours");
        }
        if (of_day - OPENS) % rules.increment.unwrap_or(length) != 0 {
            return Err("off_grid");
        }
        let others = |(visitor, hold): &(&usize, &Hold)| {
            Some(**visitor) != own.visitor && hold.until > self.now
        };
        let held = || self.holds.iter().filter(others).map(|(_, hold)| hold);
        let booked = || {
            let counts =
                |booking: &&Booking| booking.status.holds() && Some(booking.id) != own.booking;
            self.bookings.iter().filter(counts)
        };
        let of_that_day = |of: usize, at: i64| of == event && at.div_euclid(DAY) == day;
        let bookings = booked().filter(|each| of_that_day(each.event, each.start)).count();
        let holds = held().filter(|each| of_that_day(each.event, each.start)).count();
        if rules.most_a_day.is_some_and(|most| bookings + holds >= most) {
            return Err("limit_reached");
        }
        let session = (event, start, start + length);
        let sits =
            |of: usize, from: i64, to: i64| rules.seats.is_some() && (of, from, to) == session;
        let seats = booked().filter(|each| sits(each.event, each.start, each.end)).count()
            + held().filter(|each| sits(each.event, each.start, each.end)).count();
        let is_full = rules.seats.is_some_and(|most| seats >= most);
        let is_near = |other: (usize, i64, i64, i64, i64)| {
            let (of, from, to, its_before, its_after) = other;
            self.rules[of].host == rules.host
                && !sits(of, from, to)
                && start < to + its_after.max(before)
                && from < start + length + after.max(its_before)
        };
        let near_booking = booked()
            .any(|each| is_near((each.event, each.start, each.end, each.before, each.after)));
        let near_hold = held().any(|each| {
            let of = &self.rules[each.event];
            is_near((each.event, each.start, each.end, of.before, of.after))
        });
        if is_full || near_booking || near_hold { Err("taken") } else { Ok(()) }
    }

    /// The room that a booking has from now on, if it meets in one; its name is the program's own choice.
    fn open_room(&mut self, place: usize, told: &BookingDetails) -> Said {
        let booking = &self.bookings[place];
        let rules = &self.rules[booking.event];
        if !rules.is_in_room {
            return Ok(());
        }
        let session = booking.session();
        if rules.seats.is_some() && self.live(booking).is_some() {
            return Ok(());
        }
        let room = told.room.as_ref().ok_or("no room")?;
        let name = room.name.expose().to_owned();
        let others = self.bookings.iter().flat_map(|booking| &booking.rooms);
        let mut others = others.chain(self.shared.iter().map(|shared| &shared.room));
        if others.any(|other| other.name == name || other.id == room.id) {
            return Err("another room has this name".into());
        }
        let (opens, closes) = (booking.start - rules.early, booking.end + rules.grace);
        let room = Room { id: room.id, name, opens, closes, revoked: false };
        if rules.seats.is_some() {
            self.shared.push(Shared { session, room });
        } else {
            self.bookings[place].rooms.push(room);
        }
        Ok(())
    }

    /// Mails about a change: older ones that have not left give way.
    fn tell(&mut self, place: usize, kind: &'static str, sides: &[Side]) {
        let Booking { id, version, sequence, .. } = self.bookings[place];
        for side in sides {
            for mail in &mut self.mails {
                let is_same = (mail.booking, mail.side) == (id, *side);
                if is_same && mail.state == "queued" && mail.version < version {
                    mail.state = "superseded";
                }
            }
            let (booking, side, state, due) = (id, *side, "queued", 0);
            self.mails.push(Mail { booking, version, sequence, side, kind, state, due });
        }
    }

    /// All rows that there should be, as [`super::rows::SELECT`] gives them.
    pub(crate) fn rows(&self, events: &[String], holders: &[String]) -> Vec<String> {
        let mut rows = Vec::new();
        for booking in &self.bookings {
            let Booking { id, version, sequence, uid, customer, .. } = booking;
            let status = booking.status.name();
            let span = format!("{}-{}", micros(booking.start), micros(booking.end));
            let expires = booking.expires.map_or(0, micros);
            rows.push(format!("booking {id} {status} {version} {sequence} {span} {uid} {expires}"));
            let held = if booking.status.holds() { "held" } else { "free" };
            let buffers = format!("{}+{}", micros(booking.before), micros(booking.after));
            rows.push(format!("span {id} {span} {buffers} {held}"));
            rows.push(format!("attendee {id} customer-{customer}@customers.example"));
            for (side_of, token) in &booking.links {
                rows.push(format!("link {id} {} {}", side(*side_of), token.hash().to_hex()));
            }
            let rooms = booking.rooms.iter().enumerate();
            rows.extend(
                rooms.map(|(place, room)| format!("room {id} {} {}", place + 1, room.row())),
            );
            let events = booking.history.iter();
            rows.extend(
                events.map(|(version, kind, by)| format!("event {id} {version} {kind} {by}")),
            );
        }
        rows.extend(self.shared.iter().map(|shared| format!("room shared {}", shared.room.row())));
        for (visitor, hold) in &self.holds {
            let span = format!("{}-{}", micros(hold.start), micros(hold.end));
            let (event, until) = (&events[hold.event], micros(hold.until));
            rows.push(format!("hold {} {event} {span} {until}", holders[*visitor]));
        }
        for ((_, key), (_, id, at)) in &self.keys {
            rows.push(format!("key key-{key} {id} {}", micros(*at)));
        }
        for mail in &self.mails {
            let Mail { booking, version, sequence, kind, state, .. } = mail;
            let to = side(mail.side);
            rows.push(format!("mail {booking} {version} {sequence} {to} {kind} {state}"));
        }
        rows.sort_unstable();
        rows
    }
}

/// What is not in the way of who asks.
#[derive(Clone, Copy)]
struct Own {
    booking: Option<BookingId>,
    visitor: Option<usize>,
}

impl Booking {
    /// Who else has booked just this sits in the same session, if there are seats.
    fn session(&self) -> Session {
        (self.event, self.start, self.end)
    }

    /// A change of version.
    fn step(&mut self, kind: &'static str, by: &'static str) {
        self.version += 1;
        self.history.push((self.version, kind, by));
    }

    fn end_with(&mut self, status: Status, by: &'static str) {
        self.status = status;
        self.expires = None;
        self.rooms.iter_mut().for_each(|room| room.revoked = true);
        self.step(status.name(), by);
    }
}

impl Room {
    fn row(&self) -> String {
        let state = if self.revoked { "revoked" } else { "live" };
        let (opens, closes) = (micros(self.opens), micros(self.closes));
        format!("{} {opens}-{closes} {state}", self.id)
    }

    /// Whether somebody may come in.
    fn answers(&self, status: Status, now: i64) -> &'static str {
        if self.revoked || status != Status::Confirmed {
            "revoked"
        } else if now < self.opens {
            "early"
        } else if now < self.closes {
            "open"
        } else {
            "over"
        }
    }
}

fn is_refused(why: &str, outcome: &Outcome) -> Said {
    match outcome {
        Outcome::Refused(told) if told == why => Ok(()),
        other => Err(format!("should be refused with {why:?}, not {other:?}")),
    }
}
