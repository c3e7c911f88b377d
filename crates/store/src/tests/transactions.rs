//! All of a transaction, or nothing of it.

use std::sync::Arc;

use super::{Dice, TestDatabase, World, on_both, run};
use crate::{
    SecretKey, StoreError, Vault,
    connection::{Access, Manager, Pooled},
    error::Remedy,
    pool::transaction,
};

on_both!(an_error_undoes_everything, a_panic_undoes_everything, reads_can_not_write_on_sqlite);

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
