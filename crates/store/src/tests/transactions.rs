//! All of a transaction, or nothing of it.

use std::sync::Arc;

use diesel::prelude::*;
use roomkey_core::{booking::NewBooking, ids::BookingId};

use super::{Dice, TestDatabase, World, on_both, run};
use crate::{
    SecretKey, StoreError, Vault,
    connection::{Access, Manager, Pooled},
    error::Remedy,
    pool::transaction,
    schema::bookings,
};

on_both!(
    an_error_undoes_everything,
    a_panic_undoes_everything,
    reads_can_not_write_on_sqlite,
    writes_at_once_are_undone_alone,
);

fn an_error_undoes_everything(database: &TestDatabase) {
    run(async {
        let world = World::make(database.open()).await;
        let new = world.booking(60, 90, (0, 0));
        let id = new.booking.id;
        let result: Result<(), StoreError> = world
            .store
            .write(move |tx| {
                tx.insert_booking(&new)?;
                Err(StoreError::Fault("changed my mind".into()))
            })
            .await;
        assert!(result.is_err());
        assert!(world.store.read(move |tx| tx.booking(id)).await.unwrap().is_none());
        world.insert(world.booking(60, 90, (0, 0))).await.unwrap();
    });
}

fn a_panic_undoes_everything(database: &TestDatabase) {
    run(async {
        let world = World::make(database.open()).await;
        // More often than there are connections: none of them is lost or left in a transaction.
        for _ in 0..10 {
            let new = world.booking(60, 90, (0, 0));
            let result: Result<(), StoreError> = world
                .store
                .write(move |tx| {
                    tx.insert_booking(&new)?;
                    panic!("a fault in a use case");
                })
                .await;
            assert!(matches!(result, Err(StoreError::Fault(_))), "{result:?}");
        }
        world.insert(world.booking(60, 90, (0, 0))).await.unwrap();
    });
}

fn reads_can_not_write_on_sqlite(database: &TestDatabase) {
    run(async {
        let world = World::make(database.open()).await;
        if world.store.backend() == crate::Backend::Sqlite {
            let new = world.booking(60, 90, (0, 0));
            let result: Result<(), StoreError> =
                world.store.read(move |tx| tx.insert_booking(&new)).await;
            assert!(matches!(result, Err(StoreError::Fault(_))), "{result:?}");
        }
    });
}

/// How many writes wait behind one that takes its time.
const COMPANY: u32 = 24;

fn writes_at_once_are_undone_alone(database: &TestDatabase) {
    run(async {
        let world = World::make(database.open()).await;
        let writes = world.behind_a_slow_one(|number, tx, new| {
            tx.insert_booking(new)?;
            match number % 4 {
                1 => Err(StoreError::Fault("changed my mind".into())),
                2 => panic!("a fault in a use case"),
                _ => Ok(()),
            }
        });
        for (number, (id, result)) in writes.await.into_iter().enumerate() {
            let is_there = world.store.read(move |tx| tx.booking(id)).await.unwrap().is_some();
            assert_eq!(
                (result.is_ok(), is_there),
                (number % 4 != 1 && number % 4 != 2, result.is_ok())
            );
        }
    });
}

/// Who waited for the writer is done with others: none of them sees a row that is committed before all are through.
#[test]
fn writes_that_wait_are_committed_together() {
    let database = TestDatabase::new(crate::Backend::Sqlite);
    run(async {
        let world = World::make(database.open()).await;
        let manager = Manager { url: database.url.clone(), access: Access::ReadOnly };
        let others_view = std::sync::Mutex::new(manager.open().unwrap());
        let seen = Arc::new(std::sync::Mutex::new(std::collections::BTreeSet::new()));
        let watched = Arc::clone(&seen);
        let writes = world.behind_a_slow_one(move |_, tx, new| {
            let mut conn = others_view.lock().unwrap();
            let committed: i64 =
                bookings::table.count().get_result(&mut *conn).expect("a reader is let in");
            watched.lock().unwrap().insert(committed);
            tx.insert_booking(new)
        });
        assert!(writes.await.into_iter().all(|(_, result)| result.is_ok()));
        assert_eq!(*seen.lock().unwrap(), [0].into());
    });
}

/// Who gives up while waiting has nothing written for them.
#[test]
fn who_goes_away_has_nothing_written() {
    let database = TestDatabase::new(crate::Backend::Sqlite);
    run(async {
        let world = World::make(database.open()).await;
        let (go, slow) = world.slow_write().await;
        let new = world.booking(60, 90, (0, 0));
        let id = new.booking.id;
        let given_up = tokio::time::timeout(std::time::Duration::ZERO, world.insert(new)).await;
        assert!(given_up.is_err(), "it waits for the slow one");
        go.send(()).unwrap();
        slow.await.unwrap().unwrap();
        world.insert(world.booking(120, 150, (0, 0))).await.unwrap();
        assert!(world.store.read(move |tx| tx.booking(id)).await.unwrap().is_none());
    });
}

impl World {
    /// A write that has begun and ends when it is told to.
    async fn slow_write(
        &self,
    ) -> (std::sync::mpsc::Sender<()>, tokio::task::JoinHandle<Result<(), StoreError>>) {
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let (begun, begins) = tokio::sync::oneshot::channel::<()>();
        let (wait, begun) = (std::sync::Mutex::new(wait), std::sync::Mutex::new(Some(begun)));
        let store = self.store.clone();
        let slow = tokio::spawn(async move {
            store
                .write(move |_| {
                    begun.lock().unwrap().take().unwrap().send(()).unwrap();
                    wait.lock().unwrap().recv().unwrap();
                    Ok::<_, StoreError>(())
                })
                .await
        });
        begins.await.unwrap();
        (go, slow)
    }

    /// Writes that are all asked for while another is under way, each with a booking of its own.
    async fn behind_a_slow_one(
        &self,
        write: impl Fn(u32, &mut crate::Tx<'_>, &NewBooking) -> Result<(), StoreError>
        + Send
        + Sync
        + 'static,
    ) -> Vec<(BookingId, Result<(), StoreError>)> {
        let (go, slow) = self.slow_write().await;
        let write = Arc::new(write);
        let mut waiting = Vec::new();
        for number in 0..COMPANY {
            let new = self.booking(60 * number, 60 * number + 30, (0, 0));
            let (id, write) = (new.booking.id, Arc::clone(&write));
            let store = self.store.clone();
            let mut asked =
                Box::pin(async move { store.write(move |tx| (*write)(number, tx, &new)).await });
            // Asked once, it stands in line.
            let pending = std::future::poll_fn(|cx| {
                std::task::Poll::Ready(asked.as_mut().poll(cx).is_pending())
            });
            assert!(pending.await);
            waiting.push((id, tokio::spawn(asked)));
        }
        go.send(()).unwrap();
        slow.await.unwrap().unwrap();
        let mut done = Vec::new();
        for (id, asked) in waiting {
            done.push((id, asked.await.unwrap()));
        }
        done
    }
}

/// A file that became read-only refuses the start of a transaction, as a reader's connection does.
#[test]
fn what_can_not_begin_is_no_fault() {
    let database = TestDatabase::new(crate::Backend::Sqlite);
    drop(database.open());
    let manager = Manager { url: database.url.clone(), access: Access::ReadOnly };
    let mut pooled = Pooled { conn: manager.open().unwrap(), broken: false };
    let vault = Vault::new(&SecretKey::new(&Dice), Arc::new(Dice));
    let (result, remedy) =
        transaction::<(), StoreError>(&mut pooled, &vault, &|_| panic!("it began"));
    assert!(matches!(result, Err(StoreError::Unavailable(_))), "{result:?}");
    assert_eq!((remedy, pooled.broken), (Remedy::Reconnect, true));
}
