//! Links lie sealed, count down to nothing and no further, and go with what they lead to.

use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types::Text};

use super::{NOW, TestDatabase, World, on_both, run};

on_both!(a_links_token_lies_sealed, uses_are_taken_one_by_one, a_link_is_one_event_types);

#[derive(QueryableByName)]
struct Stored {
    #[diesel(sql_type = Text)]
    text: String,
}

fn a_links_token_lies_sealed(database: &TestDatabase) {
    run(async {
        let world = World::make(database.open()).await;
        let issued = world.link(None);
        let (id, secret) = (issued.link.event_type, issued.token.expose().to_owned());
        world.store.write(move |tx| tx.insert_event_link(&issued, NOW)).await.unwrap();
        let query = "SELECT token_hash || ' ' || token_sealed AS text FROM event_links";
        let stored: Vec<Stored> =
            world.store.read(move |tx| tx.run(|c| sql_query(query).load(c))).await.unwrap();
        assert!(stored.len() == 1 && !stored[0].text.contains(&secret));
        // Its host can have it again.
        let links = world.store.read(move |tx| tx.event_links(id)).await.unwrap();
        assert_eq!(links[0].token.expose(), secret);
    });
}

fn uses_are_taken_one_by_one(database: &TestDatabase) {
    run(async {
        let world = World::make(database.open()).await;
        let issued = world.link(Some(2));
        let id = issued.link.id;
        world.store.write(move |tx| tx.insert_event_link(&issued, NOW)).await.unwrap();
        let mut taken = Vec::new();
        for _ in 0..4 {
            taken.push(world.store.write(move |tx| tx.take_link_use(id)).await.unwrap());
        }
        assert_eq!(taken, [true, true, false, false]);
    });
}

fn a_link_is_one_event_types(database: &TestDatabase) {
    run(async {
        let world = World::make(database.open()).await;
        let mut other = world.event_type.clone();
        other.id = roomkey_core::ids::EventTypeId::new(NOW, &super::Dice);
        other.terms.slug = "other".parse().unwrap();
        let (own, others) = (world.event_type.id, other.id);
        let issued = world.link(None);
        let (id, hash) = (issued.link.id, issued.token.hash());
        world
            .store
            .write(move |tx| {
                tx.insert_event_type(&other, NOW)?;
                tx.insert_event_link(&issued, NOW)
            })
            .await
            .unwrap();
        let (found, missed) = world
            .store
            .read(move |tx| {
                let found = tx.event_link(own, hash)?;
                Ok::<_, crate::StoreError>((found, tx.event_link(others, hash)?))
            })
            .await
            .unwrap();
        assert!(found.is_some() && missed.is_none());
        let mut removed = Vec::new();
        for event in [others, own, own] {
            let remove = move |tx: &mut crate::Tx<'_>| tx.delete_event_link(event, id);
            removed.push(world.store.write(remove).await.unwrap());
        }
        assert_eq!(removed, [false, true, false]);
    });
}
