//! What Jitsi is granted and what is remembered of it, through any order of questions, retries, ends, moves and a
//! cancellation.

use proptest::prelude::*;
use roomkey_core::{
    booking::Status,
    ids::{BookingId, ConferenceId, RoomId},
    room::{Conference, Ended, Grant, Room, RoomName, RoomPassword, SKEW_MICROS},
    time::{Instant, Minutes, Span},
};

use crate::{
    case::{instant, minutes},
    seeded::Seeded,
};

/// What happens next. A generation is counted from the last one backwards.
#[derive(Debug, Clone)]
enum Step {
    /// Jitsi asks for a generation, so many times: a retry, a second Prosody, a restarted one.
    Ask(usize, u8),
    /// Jitsi says that a generation is empty.
    Empty(usize),
    /// So many seconds go by.
    Wait(i64),
    /// The booking is moved: so many minutes later.
    Move(i64),
    Cancel,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0..3_usize, 1..4_u8).prop_map(|(back, times)| Step::Ask(back, times)),
        3 => (0..3_usize).prop_map(Step::Empty),
        4 => prop_oneof![0..120_i64, 0..2400_i64].prop_map(Step::Wait),
        1 => (-20..90_i64).prop_map(Step::Move),
        1 => Just(Step::Cancel),
    ];
    prop::collection::vec(step, 1..60)
}

/// A booking's rooms, and the conferences in each: what the database would hold.
struct World {
    entropy: Seeded,
    now: Instant,
    status: Status,
    rooms: Vec<(Room, Vec<Conference>)>,
}

impl World {
    fn new() -> Self {
        let mut world = Self {
            entropy: Seeded::new(9),
            now: instant("2026-12-03T08:45:00Z"),
            status: Status::Confirmed,
            rooms: Vec::new(),
        };
        world.add_room(instant("2026-12-03T08:50:00Z"));
        world
    }

    fn add_room(&mut self, opens_at: Instant) {
        self.rooms.iter_mut().for_each(|(room, _)| room.revoked = true);
        let room = Room {
            knock: false,
            server: None,
            id: RoomId::new(self.now, &self.entropy),
            booking: Some(BookingId::new(Instant::EPOCH, &self.entropy)),
            generation: u32::try_from(self.rooms.len()).unwrap() + 1,
            name: RoomName::new(&self.entropy),
            password: RoomPassword::new(&self.entropy),
            window: Span::lasting(opens_at, Minutes(55)),
            max_occupants: None,
            lobby: false,
            revoked: false,
        };
        self.rooms.push((room, Vec::new()));
    }

    /// The place of a generation, counted from the last.
    fn place(&self, back: usize) -> usize {
        (self.rooms.len() - 1).saturating_sub(back)
    }

    /// As the store does it: looks for what is open in this window, and adds one where the answer says so.
    fn ask(&mut self, place: usize) -> Grant {
        let (room, held) = &mut self.rooms[place];
        let is_open = |c: &&Conference| c.emptied_at.is_none() && c.ends_at == room.window.end;
        let open = held.iter().find(is_open).map(|conference| conference.id);
        let grant = room.grant(self.status, open, self.now);
        if grant == Grant::Opens {
            let id = ConferenceId::new(self.now, &self.entropy);
            held.push(Conference::opened(id, room, self.now));
        }
        grant
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: if crate::long_run() { 20_000 } else { 500 },
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_order_of_calls_grants_the_last_room_in_its_window_once(steps in steps()) {
        let mut world = World::new();
        // Whether a generation is open as far as Jitsi has said.
        let mut open = vec![false];
        for step in steps {
            match step {
                Step::Wait(seconds) => world.now = world.now.plus_micros(seconds * 1_000_000),
                Step::Move(later) => {
                    let window = world.rooms.last().unwrap().0.window;
                    world.add_room(window.start.plus_micros(minutes(later)));
                    open.push(false);
                }
                Step::Cancel => world.status = Status::Cancelled,
                Step::Ask(back, times) => {
                    let place = world.place(back);
                    let is_last = place + 1 == world.rooms.len();
                    let window = world.rooms[place].0.window;
                    let may = is_last && world.status == Status::Confirmed
                        && window.start.plus_micros(-SKEW_MICROS) <= world.now && world.now < window.end;
                    for _ in 0..times {
                        let before = world.rooms[place].1.len();
                        let grant = world.ask(place);
                        let expected = match (may, open[place]) {
                            (true, false) => Some(Grant::Opens),
                            (true, true) => Some(Grant::Repeats),
                            (false, _) => None,
                        };
                        match expected {
                            Some(expected) => prop_assert_eq!(grant, expected),
                            None => prop_assert!(!matches!(grant, Grant::Opens | Grant::Repeats), "{:?}", grant),
                        }
                        open[place] |= may;
                        let written = world.rooms[place].1.len() - before;
                        prop_assert_eq!(written, usize::from(grant == Grant::Opens), "a repeat writes nothing");
                    }
                }
                Step::Empty(back) => {
                    let place = world.place(back);
                    let others: Vec<_> = world.rooms.iter().map(|(_, held)| held.clone()).collect();
                    let now = world.now;
                    if let Some(last) = world.rooms[place].1.last_mut() {
                        *last = last.emptied(now);
                        // A repeat, at the same moment, changes nothing.
                        prop_assert_eq!(last.emptied(now), *last);
                    }
                    open[place] = false;
                    for (other, (_, held)) in others.iter().zip(&world.rooms).enumerate().filter(|(i, _)| *i != place).map(|(_, pair)| pair) {
                        prop_assert_eq!(other, held, "of one generation only");
                    }
                }
            }
            for (room, held) in &world.rooms {
                let mut before = Instant::EPOCH;
                for (number, conference) in held.iter().enumerate() {
                    prop_assert!(before <= conference.opened_at, "one after the other: {:?}", held);
                    prop_assert_eq!(conference.ends_at, room.window.end);
                    match conference.ended(world.now) {
                        Some(Ended::Empty(at)) => {
                            prop_assert!(conference.opened_at <= at && at < conference.ends_at);
                            before = at;
                        }
                        Some(Ended::InTime(at)) => {
                            prop_assert_eq!(at, conference.ends_at);
                            before = at;
                        }
                        None => {
                            prop_assert!(world.now < conference.ends_at, "the clock ends it");
                            prop_assert_eq!(number + 1, held.len(), "only the last goes on");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn what_is_called_empty_late_or_twice_ends_within_its_time() {
    let mut world = World::new();
    world.now = instant("2026-12-03T09:00:00Z");
    assert_eq!(world.ask(0), Grant::Opens);
    let held = world.rooms[0].1[0];
    assert_eq!(held.ended(world.now), None);
    assert_eq!(held.ended(held.ends_at), Some(Ended::InTime(held.ends_at)), "nobody need tell");
    let at = |minute: i64| world.now.plus_micros(minutes(minute));
    assert_eq!(held.emptied(at(5)).ended(at(5)), Some(Ended::Empty(at(5))));
    // The second Prosody says so a little later; a clock that was set back does not take it back.
    assert_eq!(held.emptied(at(5)).emptied(at(6)).ended(at(9)), Some(Ended::Empty(at(6))));
    assert_eq!(held.emptied(at(5)).emptied(at(4)).ended(at(9)), Some(Ended::Empty(at(5))));
    assert_eq!(held.emptied(at(-9)).ended(at(0)), Some(Ended::Empty(held.opened_at)));
    // Jitsi closes it when its time is over, and tells of it up to a minute later.
    assert_eq!(held.emptied(at(46)).ended(at(46)), Some(Ended::InTime(held.ends_at)));
}
