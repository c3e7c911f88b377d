//! Every step can be taken, taken back, and taken again; the two databases get the same tables.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use roomkey_core::{
    availability::{DayHours, Schedule, WeeklyHours},
    event_type::{Grid, Limit, Location, Visibility, Window},
    ids::ScheduleId,
    question::{Answer, AnswerValue, Asked, Kind, Question},
    time::{Minutes, Span, TimeZone, Weekday},
};

use super::{Dice, NOW, TestDatabase, World, on_both, run};
use crate::{
    MigrateError, SchemaPolicy, SecretKey, Store,
    migrate::{revert_all, revert_from},
};

on_both!(
    up_down_and_up_again_on_data,
    slot_rules_come_and_go_on_data,
    questions_and_places_come_and_go_on_data,
    event_links_come_and_go_on_data,
    an_empty_database_gets_its_schema,
);

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

/// Down, what the older schema can not say is lost and all else stays; up again, it means what it meant.
fn slot_rules_come_and_go_on_data(database: &TestDatabase) {
    let key = SecretKey::new(&Dice);
    let open = || database.open_with(key.clone(), SchemaPolicy::BringUpToDate).unwrap();
    let schedule = |name: &str, is_default| Schedule {
        id: ScheduleId::new(NOW, &Dice),
        owner: roomkey_core::ids::UserId::new(NOW, &Dice),
        name: name.parse().unwrap(),
        is_default,
        time_zone: TimeZone::UTC,
        weekly: WeeklyHours::office(),
        overrides: BTreeMap::from([("2027-01-01".parse().unwrap(), DayHours::CLOSED)]),
    };
    run(async {
        let world = World::make(open()).await;
        let owner = world.event_type.host;
        let mut other = world.event_type.clone();
        other.id = roomkey_core::ids::EventTypeId::new(NOW, &Dice);
        other.terms.slug = "other".parse().unwrap();
        other.terms.grid = Grid { increment: Some(Minutes(15)), offset: Minutes(5) };
        other.terms.window = Window::BusinessDays(9);
        other.terms.limits.set("4 bookings a day".parse::<Limit>().unwrap());
        other.terms.set_durations(Minutes(30), vec![Minutes(60)]).unwrap();
        let schedules = [schedule("Evenings", false), schedule("Working hours", true)];
        let schedules = schedules.map(|schedule| Schedule { owner, ..schedule });
        other.terms.schedule = Some(schedules[0].id);
        let stored = other.clone();
        world
            .store
            .write(move |tx| {
                for schedule in &schedules {
                    tx.save_schedule(schedule)?;
                }
                tx.set_week_start(owner, Weekday::Sun)?;
                tx.insert_event_type(&stored, NOW)
            })
            .await
            .unwrap();
        world.insert(world.booking(60, 90, (0, 0))).await.unwrap();
        let read = world.store.read(move |tx| tx.event_type(owner, other.id)).await.unwrap();
        assert_eq!(read.unwrap().terms, other.terms);
        drop(world.store);
        revert_from(&database.url, "0002_slot_rules").unwrap();
        let store = open();
        let (events, schedules) = store
            .read(move |tx| {
                Ok::<_, crate::StoreError>((tx.event_types(owner)?, tx.schedules(owner)?))
            })
            .await
            .unwrap();
        let [only] = schedules.as_slice() else { panic!("{schedules:?}") };
        assert!(only.is_default && only.name.as_str() == "Working hours", "{only:?}");
        assert_eq!(only.overrides.len(), 1);
        let grids: BTreeMap<&str, Grid> =
            events.iter().map(|event| (event.terms.slug.as_str(), event.terms.grid)).collect();
        // One that was as long as the booking follows it, any other is fixed.
        assert_eq!(grids["intro"], Grid { increment: None, offset: Minutes(0) });
        assert_eq!(grids["other"], Grid { increment: Some(Minutes(15)), offset: Minutes(0) });
        assert!(events.iter().all(|event| event.terms.limits.is_empty()));
        assert!(events.iter().all(|event| event.terms.schedule.is_none()));
    });
}

/// Down, a booking that did not meet at Jitsi stays, without its place; up again, it is one at Jitsi.
fn questions_and_places_come_and_go_on_data(database: &TestDatabase) {
    let key = SecretKey::new(&Dice);
    let open = || database.open_with(key.clone(), SchemaPolicy::BringUpToDate).unwrap();
    let question = Question::new(
        "size".parse().unwrap(),
        "Which size?".parse().unwrap(),
        Kind::parse("select", "Small\nLarge").unwrap(),
        Asked::Required,
    );
    run(async {
        let world = World::make(open()).await;
        let (host, id) = (world.event_type.host, world.event_type.id);
        let mut event_type = world.event_type.clone();
        event_type.terms.location = Location::parse("in_person", "Here").unwrap();
        event_type.terms.questions.add(question.clone()).unwrap();
        let stored = event_type.clone();
        world.store.write(move |tx| tx.update_event_type(&stored)).await.unwrap();
        let read = world.store.read(move |tx| tx.event_type(host, id)).await.unwrap();
        assert_eq!(read.unwrap().terms, event_type.terms);
        let mut made = world.booking(60, 90, (0, 0));
        made.room = None;
        made.booking.location = event_type.terms.location.clone();
        let value = [
            AnswerValue::Text("Two\nlines".parse().unwrap()),
            AnswerValue::Number("2.5".parse().unwrap()),
            AnswerValue::Ticked(false),
        ];
        made.booking.answers = value
            .map(|value| Answer { question: "size".into(), label: question.label().clone(), value })
            .to_vec();
        let (booking, answers) = (made.booking.id, made.booking.answers.clone());
        world.insert(made).await.unwrap();
        let found = world.store.read(move |tx| tx.booking(booking)).await.unwrap().unwrap();
        assert_eq!(found.booking.answers, answers);
        assert_eq!(found.booking.location, event_type.terms.location);
        assert!(found.room.is_none());
        drop(world.store);
        revert_from(&database.url, "0003_questions_and_places").unwrap();
        let store = open();
        let read = store.read(move |tx| tx.event_type(host, id)).await.unwrap().unwrap();
        assert_eq!(read.terms, world.event_type.terms);
        let found = store.read(move |tx| tx.booking(booking)).await.unwrap().unwrap();
        assert_eq!((found.booking.answers, found.booking.location), (Vec::new(), Location::Jitsi));
    });
}

/// Down, links are lost, and what took one is at least listed nowhere; bookings stay.
fn event_links_come_and_go_on_data(database: &TestDatabase) {
    let key = SecretKey::new(&Dice);
    let open = || database.open_with(key.clone(), SchemaPolicy::BringUpToDate).unwrap();
    run(async {
        let world = World::make(open()).await;
        let mut secret = world.event_type.clone();
        secret.terms.visibility = Visibility::Link;
        let issued = world.link(Some(2));
        let (id, hash) = (secret.id, issued.token.hash());
        let stored = issued.clone();
        world
            .store
            .write(move |tx| {
                tx.update_event_type(&secret)?;
                tx.insert_event_link(&stored, NOW)
            })
            .await
            .unwrap();
        world.insert(world.booking(60, 90, (0, 0))).await.unwrap();
        let found = world.store.read(move |tx| tx.event_link(id, hash)).await.unwrap();
        assert_eq!(found, Some(issued.link));
        let owner = world.event_type.host;
        drop(world);
        revert_from(&database.url, "0005_event_links").unwrap();
        let store = open();
        let (event, links, booked) = store
            .read(move |tx| {
                let booked = tx.counted(id, Span { start: NOW, end: NOW.plus(Minutes(120)) })?;
                let event = tx.event_type(owner, id)?.unwrap();
                Ok::<_, crate::StoreError>((event, tx.event_links(id)?, booked))
            })
            .await
            .unwrap();
        assert_eq!(event.terms.visibility, Visibility::Hidden);
        assert!(links.is_empty(), "{links:?}");
        assert_eq!(booked.len(), 1);
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
