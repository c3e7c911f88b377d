//! The net in the schema: it holds without the lock and the check that come before it.

use std::sync::Arc;

use super::{NOW, TestDatabase, World, on_both, run};
use crate::{Constraint, StoreError};
use roomkey_core::{booking::Cancellation, booking::Side};

on_both!(
    overlaps_are_refused_by_the_schema,
    the_larger_buffer_counts_not_the_sum,
    one_of_many_at_once_gets_the_time,
    two_never_get_the_time_even_without_the_hosts_lock,
    a_cancelled_booking_frees_its_time,
);

fn is_overlap(result: &Result<(), StoreError>) -> bool {
    matches!(result, Err(StoreError::Constraint(Constraint::BookingOverlap)))
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
        let (id, link) = (new.booking.id, new.customer_token.hash());
        world.insert(new).await.unwrap();
        let cancellation = Cancellation {
            version: 2,
            ical_sequence: 1,
            by: Side::Customer,
            reason: "Ill".parse().unwrap(),
        };
        let cancelled = cancellation.clone();
        world.store.write(move |tx| tx.cancel_booking(id, &cancelled, NOW)).await.unwrap();
        world.insert(world.booking(60, 90, (0, 0))).await.unwrap();
        let (side, found) =
            world.store.read(move |tx| tx.booking_by_link(link)).await.unwrap().unwrap();
        assert_eq!(side, Side::Customer);
        assert_eq!(found.booking.version, 2);
        assert_eq!(found.booking.cancelled, Some((Side::Customer, cancellation.reason)));
        assert!(found.room.is_none(), "its room is closed");
    });
}
