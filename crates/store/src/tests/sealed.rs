//! What is secret lies sealed, and opens only with the key that sealed it.

use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types::Text};

use super::{Dice, TestDatabase, World, on_both, run};
use crate::{MigrateError, SchemaPolicy, SecretKey, StoreError};

on_both!(secrets_are_stored_sealed, the_first_key_that_seals_is_the_databases_own);

fn the_first_key_that_seals_is_the_databases_own(database: &TestDatabase) {
    run(async {
        // Before anything is sealed, whoever comes does no harm to a server that is at work.
        let (first, other) = (SecretKey::new(&Dice), SecretKey::new(&Dice));
        let open = |key: &SecretKey| database.open_with(key.clone(), SchemaPolicy::BringUpToDate);
        let world = World::make(open(&first).unwrap()).await;
        let stranger = open(&other).unwrap();
        world.insert(world.booking(60, 90, (0, 0))).await.unwrap();
        world.insert(world.booking(120, 150, (0, 0))).await.unwrap();
        // It is late now for the other, also where it started before.
        let late = world.booking(180, 210, (0, 0));
        let refused = stranger.write(move |tx| tx.insert_booking(&late)).await;
        assert!(matches!(refused, Err(StoreError::Unreadable(_))), "{refused:?}");
        let refused = open(&other);
        assert!(matches!(refused, Err(MigrateError::WrongKey)), "{:?}", refused.err());
        open(&first).unwrap();
    });
}

#[derive(QueryableByName)]
struct Stored {
    #[diesel(sql_type = Text)]
    text: String,
}

fn secrets_are_stored_sealed(database: &TestDatabase) {
    run(async {
        let world = World::make(database.open()).await;
        let new = world.booking(60, 90, (0, 0));
        let id = new.booking.id;
        let secrets = [
            new.room.as_ref().unwrap().name.expose().to_owned(),
            new.room.as_ref().unwrap().password.expose().to_owned(),
            new.host_token.expose().to_owned(),
            new.customer_token.expose().to_owned(),
        ];
        let (name, password) = (new.room.as_ref().unwrap().name.clone(), secrets[1].clone());
        world.insert(new).await.unwrap();

        let stored: Vec<Stored> = world
            .store
            .read(|tx| {
                tx.run(|c| {
                    sql_query(
                        "SELECT name_hash || ' ' || name_sealed || ' ' || password_sealed || ' ' \
                         || token_hash || ' ' || token_sealed AS text \
                         FROM rooms JOIN booking_links USING (booking_id)",
                    )
                    .load(c)
                })
            })
            .await
            .unwrap();
        assert_eq!(stored.len(), 2);
        for secret in &secrets {
            assert!(stored.iter().all(|row| !row.text.contains(secret)), "{secret}");
        }

        let found = {
            let name = name.clone();
            world.store.read(move |tx| tx.room_by_name(&name)).await.unwrap().unwrap()
        };
        assert_eq!(found.room.password.expose(), password);
        assert_eq!((found.room.max_occupants, found.room.lobby), (Some(3), true));

        let other = database.open_with(SecretKey::new(&Dice), SchemaPolicy::MakeIfEmpty);
        assert!(matches!(other, Err(MigrateError::WrongKey)), "{:?}", other.err());
        // What was sealed for one column does not open for another.
        let moved = "UPDATE rooms SET password_sealed = name_sealed";
        world.store.write(move |tx| tx.run(|c| sql_query(moved).execute(c))).await.unwrap();
        let unreadable = world.store.read(move |tx| tx.booking(id)).await;
        assert!(matches!(unreadable, Err(StoreError::Unreadable(_))), "{unreadable:?}");
    });
}
