//! Booking a time, and keeping one.

use roomkey_core::booking::Side;

use super::{
    super::command::{Asked, Door, Outcome},
    Booking, Hold, KEPT, Model, PROOF_LASTS, Proof, Reader, Said, Status,
    guests::guests_of,
    is_refused,
    verdict::Own,
};

impl Model {
    pub(super) fn book(
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
        if asked.guests > rules.guests {
            return is_refused("guests", outcome);
        }
        let visitor = visitor.filter(|_| asked.door == Door::Page);
        let own = Own { booking: None, visitor };
        let (buffers, start) = ((rules.before, rules.after), asked.start);
        if let Err(why) = self.verdict(asked.event, start, length, buffers, own) {
            return is_refused(why, outcome);
        }
        let Outcome::Booked(told, waits) = outcome else {
            return Err(format!("should be booked, not {outcome:?}"));
        };
        let asks = rules.confirm_within.filter(|_| asked.door == Door::Page);
        let by = if asked.door == Door::Page { "customer" } else { "host" };
        let is_proof_asked = rules.asks_proof && asked.door == Door::Page;
        if waits.is_some() != is_proof_asked {
            return Err(format!("the address is to be proven: {is_proof_asked}, not {waits:?}"));
        }
        let (status, kind, expires) = match asks {
            _ if is_proof_asked => (Status::Unverified, "unverified", Some(PROOF_LASTS)),
            Some(within) => (Status::Pending, "requested", Some(within)),
            None => (Status::Confirmed, "booked", None),
        };
        let booking = Booking {
            id: told.booking.id,
            event: asked.event,
            customer: asked.customer,
            start,
            end: start + length,
            before: rules.before,
            after: rules.after,
            status,
            version: 1,
            sequence: 0,
            expires: expires.map(|within| start.min(self.now + within)),
            uid: told.booking.ical_uid.clone(),
            rooms: Vec::new(),
            links: [
                (Side::Host, told.host_link.clone()),
                (Side::Customer, told.customer_link.clone()),
            ],
            guests: guests_of(told, asked.guests)?,
            proposals: Vec::new(),
            proof: Proof { wait: waits.clone(), ..<_>::default() },
            told: 0,
            history: vec![(1, kind, by)],
        };
        if self.find(booking.id).is_some() {
            return Err("an id that another booking has".into());
        }
        self.bookings.push(booking);
        let place = self.bookings.len() - 1;
        if status == Status::Confirmed {
            self.open_room(place, told)?;
        }
        self.is(&self.bookings[place], told)?;
        if is_proof_asked {
            self.tell_one(place, "proof", Reader::Side(Side::Customer));
        } else {
            self.tell_of_new(place);
        }
        if let Some(visitor) = visitor {
            self.holds.remove(&visitor);
        }
        if let Some(key) = key {
            self.keys.insert((scope, key), (asked, told.booking.id, self.now));
        }
        Ok(())
    }

    pub(super) fn hold(
        &mut self,
        event: usize,
        start: i64,
        visitor: usize,
        outcome: &Outcome,
    ) -> Said {
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
}
