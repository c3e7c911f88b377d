//! Every step can be taken, taken back, and taken again; the two databases get the same tables.

use std::{collections::BTreeSet, fs, path::Path};

use super::{Dice, TestDatabase, World, on_both, run};
use crate::{MigrateError, SchemaPolicy, SecretKey, Store, migrate::revert_all};

on_both!(up_down_and_up_again_on_data, an_empty_database_gets_its_schema);

fn up_down_and_up_again_on_data(database: &TestDatabase) {
    let steps = Store::migrate(&database.url, SchemaPolicy::DryRun).unwrap();
    assert!(!steps.is_empty(), "a fresh database has none of them");
    run(async {
        let world = World::make(database.open()).await;
        world.insert(world.booking(60, 90, (0, 0))).await.unwrap();
        assert!(world.store.is_ready().await.unwrap());
    });
    assert!(Store::migrate(&database.url, SchemaPolicy::DryRun).unwrap().is_empty());
    revert_all(&database.url).unwrap();
    assert_eq!(Store::migrate(&database.url, SchemaPolicy::BringUpToDate).unwrap(), steps);
    run(async {
        let world = World::make(database.open()).await;
        world.insert(world.booking(60, 90, (0, 0))).await.unwrap();
    });
}

fn an_empty_database_gets_its_schema(database: &TestDatabase) {
    let key = SecretKey::new(&Dice);
    let open = || database.open_with(key.clone(), SchemaPolicy::MakeIfEmpty);
    run(async {
        let store = open().unwrap();
        assert!(store.is_ready().await.unwrap(), "an empty database gets its schema");
    });
    drop(open().unwrap());
}

#[test]
fn both_databases_have_the_same_steps() {
    let names = |folder: &str| -> BTreeSet<String> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations").join(folder);
        let entries = fs::read_dir(path).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    assert_eq!(names("sqlite"), names("postgres"));
}

#[test]
fn an_unknown_scheme_is_refused() {
    for url in ["mysql://x/y", "roomkey.db", "sqlite://", "postgres://", ""] {
        assert!(url.parse::<crate::DatabaseUrl>().is_err(), "{url}");
    }
    let missing: crate::DatabaseUrl = "sqlite:///proc/no/such/place.db".parse().unwrap();
    let refused = Store::migrate(&missing, SchemaPolicy::BringUpToDate);
    assert!(matches!(refused, Err(MigrateError::Lock(_) | MigrateError::Open(_))), "{refused:?}");
}
