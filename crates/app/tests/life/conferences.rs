//! What Jitsi asks and tells, in any order and at once, on both databases: beside what is stored, what should be.

use roomkey_app::{Page, Verdict, Wanted};
use roomkey_core::{
    booking::{Side, Status},
    event_type::Terms,
    ids::{RoomId, UserId},
    room::{Room, SKEW_MICROS},
    time::{Instant, Minutes, Span},
};
use roomkey_store::{Backend, BookingDetails};

use crate::{
    model::chance::Chance,
    world::{World, cancellation, request, run},
};

const NOW: Instant = Instant::from_seconds(1_796_000_400);
const DAY: Minutes = Minutes(24 * 60);
const EPISODES: u64 = 12;
const STEPS: u64 = 60;

#[test]
fn sqlite() {
    let _alone = crate::alone();
    run(any_order_of_calls(Backend::Sqlite));
}

#[test]
fn postgres() {
    let _alone = crate::alone();
    run(any_order_of_calls(Backend::Postgres));
}

/// What should be stored of a room.
struct Known {
    room: Room,
    is_last: bool,
    /// When each conference was opened, and when it was called empty.
    held: Vec<(Instant, Option<Instant>)>,
}

async fn any_order_of_calls(backend: Backend) {
    let world = World::new(backend, 4, NOW, 5);
    let host = world.host("ada", "mon-sun 00:00-24:00").await;
    let (slug, title) = ("intro".parse().unwrap(), "A call".parse().unwrap());
    let terms = Terms::usual(slug, title, "".parse().unwrap(), Minutes(30));
    world.app.create_event_type(host.id, terms).await.unwrap();
    for episode in 0..EPISODES {
        // Days apart: no episode's bookings are in another's way.
        let begin = NOW.plus(Minutes(DAY.0 * 2 * (u32::try_from(episode).unwrap() + 1)));
        live_through(&world, host.id, begin, Chance::new(episode)).await;
    }
}

async fn live_through(world: &World, host: UserId, begin: Instant, mut chance: Chance) {
    let app = &world.app;
    world.clock.set(begin);
    let free = app.slots(Page::new("ada".into(), "intro".into()), None, Span::lasting(begin, DAY));
    let starts: Vec<Instant> = free.await.unwrap().slots.iter().map(|slot| slot.start).collect();
    let page = Wanted::Page(Page::new("ada".into(), "intro".into()));
    let booked = app.book(page, None, request(starts[0], "Bo", Side::Customer), None, None).await;
    let BookingDetails { booking, room, .. } = booked.unwrap().details;
    let (mut status, mut now) = (Status::Confirmed, begin);
    let mut rooms = vec![Known { room: room.unwrap(), is_last: true, held: Vec::new() }];
    for _ in 0..STEPS {
        now = now.plus_micros(1_000_000);
        world.clock.set(now);
        let any = chance.index(rooms.len());
        match chance.range(0, 9) {
            0..=3 => {
                let Known { room, is_last, held } = &mut rooms[any];
                let opens = room.window.start.plus_micros(-SKEW_MICROS);
                let may = *is_last
                    && status == Status::Confirmed
                    && opens <= now
                    && now < room.window.end;
                // Two Prosodys at the same moment.
                let name = room.name.expose();
                let (one, other) =
                    tokio::join!(app.ask_for_room(name, None), app.ask_for_room(name, None));
                for asked in [one, other] {
                    let asked = asked.unwrap().unwrap();
                    assert_eq!(asked.verdict == Verdict::Open, may, "{:?}", asked.verdict);
                    assert_eq!(asked.room.id, room.id);
                }
                if may && held.last().is_none_or(|(_, emptied)| emptied.is_some()) {
                    held.push((now, None));
                }
            }
            4 | 5 => {
                let Known { room, held, .. } = &mut rooms[any];
                let told = app.room_is_empty(&room.id.to_string(), None).await.unwrap();
                assert_eq!(told, Some(room.id));
                if let Some((opened, emptied)) = held.last_mut() {
                    *emptied = (*emptied).max(Some(now.min(room.window.end).max(*opened)));
                }
            }
            6..=8 => {
                now = now.plus(Minutes(u32::try_from(chance.range(0, 14)).unwrap()));
                world.clock.set(now);
            }
            _ => {
                let to = starts.iter().copied().find(|start| *start > now.plus(Minutes(1)));
                let note = || "".parse().unwrap();
                if chance.percent(25) {
                    if app.cancel_own(host, booking.id, cancellation()).await.is_ok() {
                        status = Status::Cancelled;
                    }
                } else if let Some(to) = to
                    && let Ok(moved) = app.move_own(host, booking.id, to, note()).await
                {
                    let room = moved.room.unwrap();
                    if room.id != rooms.last().unwrap().room.id {
                        for known in &mut rooms {
                            known.is_last = false;
                        }
                        rooms.push(Known { room, is_last: true, held: Vec::new() });
                    }
                }
            }
        }
        let stored = app.conferences(&booking).await.unwrap();
        let mut stored: Vec<(RoomId, Instant, Option<Instant>)> =
            stored.iter().map(|each| (each.room, each.opened_at, each.emptied_at)).collect();
        let mut known: Vec<_> = rooms
            .iter()
            .flat_map(|known| {
                known.held.iter().map(|(opened, emptied)| (known.room.id, *opened, *emptied))
            })
            .collect();
        stored.sort_unstable();
        known.sort_unstable();
        assert_eq!(stored, known);
    }
    assert_eq!(app.room_is_empty("no-such-room", None).await.unwrap(), None);
}
