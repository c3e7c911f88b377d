//! The net in the schema: it holds without the lock and the check that come before it.

use std::sync::Arc;

use super::{Dice, NOW, TestDatabase, World, on_both, run, standalone_room};
use crate::{Constraint, StoreError};
use roomkey_core::{
    booking::{Booking, Cancellation, NewBooking, Side},
    ids::GroupSessionId,
    text::Note,
};

on_both!(
    overlaps_are_refused_by_the_schema,
    the_larger_buffer_counts_not_the_sum,
    one_of_many_at_once_gets_the_time,
    two_never_get_the_time_even_without_the_hosts_lock,
    a_cancelled_booking_frees_its_time,
    a_session_has_no_more_bookings_than_seats,
    a_room_that_takes_time_is_as_a_booking,
    seats_share_a_room_as_long_as_one_of_them_stands,
);

fn is_overlap(result: &Result<(), StoreError>) -> bool {
    matches!(result, Err(StoreError::Constraint(Constraint::BookingOverlap)))
}

/// A seat, of two.
fn seat(world: &World, session: GroupSessionId, from: u32, to: u32) -> NewBooking {
    let mut new = world.booking(from, to, (0, 0));
    (new.booking.session, new.seats) = (Some(session), Some(2));
    new
}

async fn cancel(world: &World, booking: &Booking) {
    let (reason, booking) = (Note::default(), booking.clone());
    let cancelled = Cancellation { version: 2, ical_sequence: 1, by: Side::Customer, reason };
    world.store.write(move |tx| tx.cancel_booking(&booking, &cancelled, NOW)).await.unwrap();
}

fn a_room_that_takes_time_is_as_a_booking(database: &TestDatabase) {
    run(async {
        let world = World::make(database.open()).await;
        let host = world.event_type.host;
        let insert = |from, to, blocks| {
            let made = standalone_room(host, from, to, blocks);
            world.store.write(move |tx| tx.insert_standalone_room(&made))
        };
        world.insert(world.booking(60, 90, (0, 10))).await.unwrap();
        assert!(is_overlap(&insert(30, 61, true).await));
        assert!(is_overlap(&insert(95, 120, true).await), "the booking's buffer counts");
        insert(95, 120, false).await.unwrap();
        let blocking = standalone_room(host, 100, 120, true);
        let (id, stored) = (blocking.room.id, blocking.clone());
        world.store.write(move |tx| tx.insert_standalone_room(&stored)).await.unwrap();
        assert!(is_overlap(&insert(110, 130, true).await), "nor two such rooms");
        assert!(is_overlap(&world.insert(world.booking(110, 130, (0, 0))).await));
        world.store.write(move |tx| tx.revoke_standalone_room(id, NOW)).await.unwrap();
        world.insert(world.booking(110, 130, (0, 0))).await.unwrap();
        let found = world.store.read(move |tx| tx.standalone_room(id)).await.unwrap().unwrap();
        assert_eq!((found.revoked_at, found.room.revoked), (Some(NOW), true));
    });
}

fn a_session_has_no_more_bookings_than_seats(database: &TestDatabase) {
    run(async {
        let world = World::make(database.open()).await;
        let session = GroupSessionId::new(NOW, &Dice);
        let next = || NewBooking { room: None, ..seat(&world, session, 60, 90) };
        let first = next();
        let booking = first.booking.clone();
        world.insert(first).await.unwrap();
        world.insert(next()).await.unwrap();
        let third = world.insert(next()).await;
        let full = StoreError::Constraint(Constraint::SessionFull);
        assert_eq!(third.unwrap_err().to_string(), full.to_string());
        // Nothing but a seat of the same session shares its time.
        assert!(is_overlap(&world.insert(world.booking(89, 120, (0, 0))).await));
        let mut other = seat(&world, GroupSessionId::new(NOW, &Dice), 60, 75);
        other.room = None;
        assert!(is_overlap(&world.insert(other).await));
        cancel(&world, &booking).await;
        world.insert(next()).await.unwrap();
        assert!(world.insert(next()).await.is_err());
    });
}

fn seats_share_a_room_as_long_as_one_of_them_stands(database: &TestDatabase) {
    run(async {
        let world = World::make(database.open()).await;
        let session = GroupSessionId::new(NOW, &Dice);
        let first = seat(&world, session, 60, 90);
        let second = NewBooking { room: None, ..seat(&world, session, 60, 90) };
        let bookings = [first.booking.clone(), second.booking.clone()];
        let room = first.room.as_ref().unwrap().name.expose().to_owned();
        world.insert(first).await.unwrap();
        world.insert(second).await.unwrap();
        let rooms = async || {
            let ids = bookings.clone().map(|booking| booking.id);
            let read = world.store.read(move |tx| {
                ids.into_iter().map(|id| tx.booking(id)).collect::<Result<Vec<_>, _>>()
            });
            let found = read.await.unwrap().into_iter().map(|details| details.unwrap().room);
            found.map(|room| room.map(|room| room.name.expose().to_owned())).collect::<Vec<_>>()
        };
        assert_eq!(rooms().await, [Some(room.clone()), Some(room.clone())]);
        // Whom the room was made for goes; it is the other's now, and Jitsi's question finds it open.
        cancel(&world, &bookings[0]).await;
        assert_eq!(rooms().await, [None, Some(room.clone())]);
        let name = room.parse().unwrap();
        let state = world.store.read(move |tx| tx.room_by_name(&name)).await.unwrap().unwrap();
        assert_eq!((state.room.booking, state.room.revoked), (Some(bookings[1].id), false));
        cancel(&world, &bookings[1]).await;
        assert_eq!(rooms().await, [None, None]);
        let name = room.parse().unwrap();
        let state = world.store.read(move |tx| tx.room_by_name(&name)).await.unwrap().unwrap();
        assert!(state.room.revoked);
    });
}

fn overlaps_are_refused_by_the_schema(database: &TestDatabase) {
    run(async {
        let world = World::make(database.open()).await;
        world.insert(world.booking(60, 90, (0, 0))).await.unwrap();
        for (from, to) in [(60, 90), (30, 61), (89, 120), (70, 80), (0, 1440), (30, 1470)] {
            let result = world.insert(world.booking(from, to, (0, 0))).await;
            assert!(is_overlap(&result), "{from} to {to}: {result:?}");
        }
        world.insert(world.booking(30, 60, (0, 0))).await.unwrap();
        world.insert(world.booking(90, 120, (0, 0))).await.unwrap();
    });
}

fn the_larger_buffer_counts_not_the_sum(database: &TestDatabase) {
    run(async {
        let world = World::make(database.open()).await;
        world.insert(world.booking(600, 630, (20, 10))).await.unwrap();
        // Ten minutes after it, and this one wants fifteen before itself.
        assert!(is_overlap(&world.insert(world.booking(644, 660, (15, 0))).await));
        world.insert(world.booking(645, 660, (15, 0))).await.unwrap();
        // It wants twenty minutes before itself, and this one five after.
        assert!(is_overlap(&world.insert(world.booking(560, 581, (0, 5))).await));
        world.insert(world.booking(560, 580, (0, 5))).await.unwrap();
        // The longest buffers reach a day.
        assert!(is_overlap(&world.insert(world.booking(2099, 2100, (1440, 0))).await));
        world.insert(world.booking(2100, 2101, (1440, 0))).await.unwrap();
    });
}

fn one_of_many_at_once_gets_the_time(database: &TestDatabase) {
    run(async {
        let world = Arc::new(World::make(database.open()).await);
        for round in 0..5 {
            let at = 100 * round;
            let mut tries = tokio::task::JoinSet::new();
            for shift in 0..32 {
                let world = Arc::clone(&world);
                let new = world.booking(at + shift % 3, at + 30, (0, 0));
                // Who books takes the host's lock first.
                tries.spawn(async move {
                    let host = new.booking.host;
                    let store = &world.store;
                    store
                        .write(move |tx| tx.lock_host(host).and_then(|()| tx.insert_booking(&new)))
                        .await
                });
            }
            let results = tries.join_all().await;
            assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
            assert_eq!(
                results.iter().filter(|result| is_overlap(result)).count(),
                31,
                "{results:?}"
            );
        }
    });
}

/// Without the lock PostgreSQL may find deadlocks among them, and refuse more than it must.
fn two_never_get_the_time_even_without_the_hosts_lock(database: &TestDatabase) {
    run(async {
        let world = Arc::new(World::make(database.open()).await);
        for round in 0..5 {
            let at = 100 * round;
            let mut tries = tokio::task::JoinSet::new();
            for shift in 0..3 {
                let world = Arc::clone(&world);
                let new = world.booking(at + shift, at + 30, (0, 0));
                tries.spawn(async move { world.insert(new).await });
            }
            let results = tries.join_all().await;
            assert!(results.iter().filter(|result| result.is_ok()).count() <= 1, "{results:?}");
            let later = world.insert(world.booking(at, at + 30, (0, 0))).await;
            let taken = results.iter().any(Result::is_ok);
            assert_eq!((later.is_ok(), is_overlap(&later)), (!taken, taken), "{later:?}");
        }
    });
}

fn a_cancelled_booking_frees_its_time(database: &TestDatabase) {
    run(async {
        let world = World::make(database.open()).await;
        let new = world.booking(60, 90, (0, 0));
        let (booked, link) = (new.booking.clone(), new.customer_token.hash());
        world.insert(new).await.unwrap();
        let cancellation = Cancellation {
            version: 2,
            ical_sequence: 1,
            by: Side::Customer,
            reason: "Ill".parse().unwrap(),
        };
        let cancelled = cancellation.clone();
        world.store.write(move |tx| tx.cancel_booking(&booked, &cancelled, NOW)).await.unwrap();
        world.insert(world.booking(60, 90, (0, 0))).await.unwrap();
        let (side, found) =
            world.store.read(move |tx| tx.booking_by_link(link)).await.unwrap().unwrap();
        assert_eq!(side, Side::Customer);
        assert_eq!(found.booking.version, 2);
        assert_eq!(found.booking.cancelled, Some((Side::Customer, cancellation.reason)));
        assert!(found.room.is_none(), "its room is closed");
    });
}
