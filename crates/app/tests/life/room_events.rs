//! What Jitsi tells of a room comes to the same in both databases, in whatever order, however often, and by several at
//! once.

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use roomkey_app::{ListedRoom, Noted, RoomEvent, RoomFilter, Teller};
use roomkey_core::{
    ids::UserId,
    room::{Meeting, Presence, RoomRequest, StandaloneRoom, Stay},
    time::{Instant, Minutes, Span},
};
use roomkey_store::Backend;

use crate::world::{World, run};

const NOW: Instant = Instant::from_seconds(1_796_000_400);
const HOUR: Minutes = Minutes(60);
const CASES: u32 = 24;

#[test]
fn sqlite() {
    let _alone = crate::alone();
    in_any_order(Backend::Sqlite);
}

#[test]
fn postgres() {
    let _alone = crate::alone();
    in_any_order(Backend::Postgres);
}

fn at(minute: u32) -> Instant {
    NOW.plus(Minutes(minute))
}

/// All that is told of one meeting of up to four connections, some of them with a token.
fn meetings() -> impl Strategy<Value = Vec<RoomEvent>> {
    let stay = (0..25_u32, 0..30_u32, any::<bool>());
    (prop::collection::vec(stay, 0..4), any::<[bool; 2]>()).prop_map(|(stays, [ends, sums])| {
        let of = |created_at, destroyed_at, stays| RoomEvent {
            meeting: Some(Meeting { created_at, destroyed_at }),
            stays,
        };
        let stays = stays.into_iter().enumerate().map(|(number, (from, length, named))| Stay {
            occupant: format!("r@c/{number}"),
            joined_at: at(from),
            left_at: Some(at(from + length)),
            person: named.then(|| format!("p{}", number % 2)),
            name: named.then(|| "Bo".to_owned()),
            summed: false,
        });
        let stays: Vec<Stay> = stays.collect();
        let mut told = vec![of(at(0), None, Vec::new())];
        for stay in &stays {
            let alone = |stay| RoomEvent { meeting: None, stays: vec![stay] };
            told.push(alone(Stay { left_at: None, ..stay.clone() }));
            told.push(alone(stay.clone()));
        }
        if ends {
            let summed = |stay: Stay| Stay { summed: true, ..stay };
            let all = if sums { stays.into_iter().map(summed).collect() } else { Vec::new() };
            told.push(of(at(0), Some(at(58)), all));
        }
        told
    })
}

/// The same twice: once as it happened, once in another order and some of it again.
fn told() -> impl Strategy<Value = (Vec<RoomEvent>, Vec<RoomEvent>)> {
    meetings().prop_flat_map(|told| {
        let often = prop::collection::vec(1..3_usize, told.len());
        (Just(told), often).prop_flat_map(|(told, often)| {
            let again = told.iter().zip(often).flat_map(|(each, times)| vec![each.clone(); times]);
            let again: Vec<RoomEvent> = again.collect();
            (Just(told), Just(again).prop_shuffle())
        })
    })
}

fn in_any_order(backend: Backend) {
    let world = World::new(backend, 4, NOW, 6);
    let host = run(world.host("ada", "mon-sun 00:00-24:00")).id;
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let checked = TestRunner::new(config).run(&told(), |(straight, shuffled)| {
        run(async {
            let [one, other, third] =
                [room(&world, host).await, room(&world, host).await, room(&world, host).await];
            for event in &straight {
                tell(&world, &one, event).await;
            }
            for event in &shuffled {
                tell(&world, &other, event).await;
            }
            // Two Prosodys at once.
            let both = straight.iter().zip(straight.iter().rev());
            for (event, reverse) in both {
                tokio::join!(tell(&world, &third, event), tell(&world, &third, reverse));
            }
            for minute in [20, 70] {
                world.clock.set(at(minute));
                let there = presence(&world, host, &one).await;
                prop_assert!(there.is_some());
                prop_assert_eq!(&presence(&world, host, &other).await, &there);
                prop_assert_eq!(&presence(&world, host, &third).await, &there);
            }
            world.clock.set(NOW);
            Ok(())
        })
    });
    if let Err(failed) = checked {
        panic!("{failed}");
    }
}

async fn room(world: &World, host: UserId) -> StandaloneRoom {
    let request = RoomRequest {
        span: Span { start: NOW, end: NOW.plus(HOUR) },
        max_occupants: None,
        lobby: false,
        label: None,
        blocks: false,
        server: None,
    };
    world.app.add_standalone_room(host, None, request, None).await.unwrap()
}

async fn tell(world: &World, made: &StandaloneRoom, event: &RoomEvent) {
    let name = made.room.name.expose();
    let noted = world.app.note_room_event(name, Teller::Any, event.clone()).await.unwrap();
    assert_eq!(noted, Noted::Kept(made.room.id));
}

async fn presence(world: &World, host: UserId, of: &StandaloneRoom) -> Option<Presence> {
    let all = RoomFilter { limit: 1000, ..RoomFilter::default() };
    let listed: Vec<ListedRoom> = world.app.listed_rooms(host, all).await.unwrap();
    listed.into_iter().find(|each| each.made.room.id == of.room.id).unwrap().presence
}
