//! What people and Jitsi are shown.

use roomkey_core::{booking::Side, ids::RoomId, token::Token};

use super::{
    super::{
        command::Outcome,
        rules::{DAY, MINUTE},
    },
    LINKS_LAST, Model, Room, SKEW, Said, Status, is_refused,
    verdict::Own,
};

impl Model {
    pub(super) fn look(&self, link: &Token, outcome: &Outcome) -> Said {
        let is_it = |(side, token): &(Side, Token)| (token.hash() == link.hash()).then_some(*side);
        let found = self
            .bookings
            .iter()
            .find_map(|booking| booking.links.iter().find_map(is_it).map(|side| (side, booking)));
        let (side, booking) = found.ok_or("a link to nothing")?;
        if self.last_end(booking) + LINKS_LAST <= self.now {
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

    pub(super) fn conference(&self, id: RoomId, outcome: &Outcome) -> Said {
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

    pub(super) fn free(&self, event: usize, midnight: i64, outcome: &Outcome) -> Said {
        let rules = &self.rules[event];
        let (length, buffers) = (rules.durations[0], (rules.before, rules.after));
        let own = Own::NOTHING;
        let starts = (midnight / MINUTE..(midnight + DAY) / MINUTE).map(|minute| minute * MINUTE);
        let free: Vec<i64> = starts
            .filter(|start| self.verdict(event, *start, length, buffers, own).is_ok())
            .collect();
        match outcome {
            Outcome::Free(told) if *told == free => Ok(()),
            other => Err(format!("free are {free:?}, not {other:?}")),
        }
    }
}
