//! Booking a time, and keeping one.

use roomkey_core::booking::Side;
use roomkey_store::BookingDetails;

use super::{
    super::command::{Asked, Door, Keeper, Outcome},
    Booking, Happened, Hold, KEPT, Model, Occurrence, PROOF_LASTS, Proof, Reader, Said, Status,
    guests::guests_of,
    is_refused,
    series::dates_are,
    verdict::Own,
};

impl Model {
    pub(super) fn book(
        &mut self,
        asked: Asked,
        key: Option<i64>,
        keeper: Option<&Keeper>,
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
        let keeper = keeper.filter(|_| asked.door == Door::Page);
        let own = match keeper {
            Some(Keeper::Visitor(visitor)) => Own { visitor: Some(*visitor), ..Own::NOTHING },
            Some(Keeper::Waiting(entry, _)) => Own { entry: Some(*entry), ..Own::NOTHING },
            None => Own::NOTHING,
        };
        let starts = match self.wanted(asked, length, own, outcome) {
            Ok(starts) => starts,
            Err(said) => return said,
        };
        let (told, all, waits) = match outcome {
            Outcome::Booked(told, waits) if asked.repeat.is_none() => (told, vec![&**told], waits),
            Outcome::Series(told, all, waits) if asked.repeat.is_some() => {
                (told, all.iter().collect(), waits)
            }
            _ => return Err(format!("should be booked, not {outcome:?}")),
        };
        if all.len() != starts.len() {
            return Err(format!("should be {} bookings: {all:?}", starts.len()));
        }
        let has_waited = own.entry.is_some_and(|own| {
            self.waiting.iter().any(|each| each.id == own && each.customer == asked.customer)
        });
        let asks = rules.confirm_within.filter(|_| asked.door == Door::Page);
        let by = if asked.door == Door::Page { "customer" } else { "host" };
        let is_proof_asked = rules.asks_proof && asked.door == Door::Page && !has_waited;
        if waits.is_some() != is_proof_asked {
            return Err(format!("the address is to be proven: {is_proof_asked}, not {waits:?}"));
        }
        let (status, kind, expires) = match asks {
            _ if is_proof_asked => (Status::Unverified, "unverified", Some(PROOF_LASTS)),
            Some(within) => (Status::Pending, "requested", Some(within)),
            None => (Status::Confirmed, "booked", None),
        };
        let lead = self.bookings.len();
        let state = (status, kind, expires.map(|within| starts[0].min(self.now + within)));
        let series = self.new_series(asked, &starts, told)?;
        for ((start, told), series) in starts.iter().zip(&all).zip(series) {
            let wait = waits.clone().filter(|_| *start == starts[0]);
            let proof = Proof { wait, asked: is_proof_asked, ..<_>::default() };
            let span = (*start, start + length);
            self.enter(asked, span, state, by, proof, series, told)?;
        }
        self.is(&self.bookings[lead], told)?;
        if is_proof_asked {
            self.tell_one(lead, "proof", Reader::Side(Side::Customer));
        } else {
            self.tell_of_new(lead);
        }
        match keeper {
            Some(Keeper::Visitor(visitor)) => drop(self.holds.remove(visitor)),
            Some(Keeper::Waiting(entry, _)) => self.has_booked(*entry),
            None => {}
        }
        if let Some(key) = key {
            self.keys.insert((scope, key), (asked, told.booking.id, self.now));
        }
        Ok(())
    }

    /// When each is to be that is asked for; or what is said, if one can not be.
    fn wanted(
        &self,
        asked: Asked,
        length: i64,
        own: Own,
        outcome: &Outcome,
    ) -> Result<Vec<i64>, Said> {
        let rules = &self.rules[asked.event];
        let most_guests = if asked.repeat.is_some() { 0 } else { rules.guests };
        if asked.guests > most_guests {
            return Err(is_refused("guests", outcome));
        }
        let starts = match asked.repeat {
            None => vec![asked.start],
            Some(repeat) => match rules.series {
                None => return Err(is_refused("never", outcome)),
                Some(most) if repeat.count < 2 || repeat.count > most => {
                    return Err(is_refused("count", outcome));
                }
                Some(_) if repeat.except.is_some_and(|date| date >= repeat.count) => {
                    return Err(is_refused("no date", outcome));
                }
                Some(_) => repeat.starts(asked.start),
            },
        };
        let buffers = (rules.before, rules.after);
        // So far apart that they are in nobody's way but others'.
        let against: Vec<(i64, String)> = starts
            .iter()
            .filter_map(|start| {
                let why = self.verdict(asked.event, *start, length, buffers, own).err()?;
                Some((*start, why.to_owned()))
            })
            .collect();
        match against.as_slice() {
            [] => Ok(starts),
            [(_, why)] if asked.repeat.is_none() => Err(is_refused(why, outcome)),
            _ => Err(dates_are(&against, outcome)),
        }
    }

    /// Enters a booking that was made.
    #[expect(clippy::too_many_arguments, reason = "what a booking is made of")]
    fn enter(
        &mut self,
        asked: Asked,
        (start, end): (i64, i64),
        (status, kind, expires): (Status, &'static str, Option<i64>),
        by: &'static str,
        proof: Proof,
        series: Option<Occurrence>,
        told: &BookingDetails,
    ) -> Said {
        let rules = &self.rules[asked.event];
        let booking = Booking {
            id: told.booking.id,
            event: asked.event,
            customer: asked.customer,
            start,
            end,
            before: rules.before,
            after: rules.after,
            status,
            version: 1,
            sequence: 0,
            // All of a series lapse with the first.
            expires,
            uid: told.booking.ical_uid.clone(),
            rooms: Vec::new(),
            links: [
                (Side::Host, told.host_link.clone()),
                (Side::Customer, told.customer_link.clone()),
            ],
            guests: guests_of(told, asked.guests)?,
            proposals: Vec::new(),
            proof,
            told: 0,
            history: vec![Happened { version: 1, kind, by, at: self.now, from: None }],
            series,
            is_leaving: false,
        };
        if self.find(booking.id).is_some() {
            return Err("an id that another booking has".into());
        }
        self.bookings.push(booking);
        let place = self.bookings.len() - 1;
        if status == Status::Confirmed {
            self.open_room(place, told)?;
        }
        self.is(&self.bookings[place], told)
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
        let own = Own { visitor: Some(visitor), ..Own::NOTHING };
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
