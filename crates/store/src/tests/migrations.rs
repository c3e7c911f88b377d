//! Every step can be taken, taken back, and taken again; the two databases get the same tables.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use diesel::{
    QueryableByName, RunQueryDsl, sql_query,
    sql_types::{BigInt, Text},
};
use roomkey_core::{
    account::User,
    availability::{DayHours, Occupant, Schedule, TimeOff, WeeklyHours},
    booking::{
        Assignment, Attendance, Booking, Every, Guest, Occurrence, Proof, Proposal, ProposalState,
        Rule, Side, Status, WallTime,
    },
    event_type::{Buffers, Grid, Limit, Location, Reminders, Visibility, Window},
    ids::{
        ApiKeyId, ConferenceId, GroupSessionId, GuestId, OutboxId, ProposalId, ScheduleId,
        SeriesId, WaitingEntryId,
    },
    notice::{self, Notice, Occasion, WaitingOccasion},
    question::{Answer, AnswerValue, Asked, Kind, Question},
    room::{Conference, StandaloneRoom},
    text::{Note, Title},
    time::{Instant, Minutes, Span, TimeZone, Weekday},
    token::Token,
    waiting_list::{Entry, Offered, State, Wish},
};

use super::{Dice, NOW, TestDatabase, World, on_both, run, standalone_room};
use crate::{
    ApiKey, Backend, Hold, Made, MigrateError, Recorded, Remark, SchemaPolicy, SecretKey, Store,
    StoreError, WaitingEntry,
    connection::{Access, Manager},
    migrate::{revert_all, revert_from},
};

on_both!(
    up_down_and_up_again_on_data,
    slot_rules_come_and_go_on_data,
    questions_and_places_come_and_go_on_data,
    states_of_a_booking_come_and_go_on_data,
    event_links_come_and_go_on_data,
    proofs_come_and_go_on_data,
    seats_come_and_go_on_data,
    guests_come_and_go_on_data,
    series_come_and_go_on_data,
    proposals_come_and_go_on_data,
    waiting_lists_come_and_go_on_data,
    assignments_come_and_go_on_data,
    rooms_come_and_go_on_data,
    makers_of_rooms_come_and_go_on_data,
    the_hosts_side_comes_and_goes_on_data,
    zones_of_times_off_come_and_go_on_data,
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
    )
    .unwrap();
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
        // What came with later steps is gone, too: an event type from before guests has none.
        let mut before = world.event_type.terms.clone();
        before.guests = 0;
        before.reminders = Reminders::NONE;
        assert_eq!(read.terms, before);
        let found = store.read(move |tx| tx.booking(booking)).await.unwrap().unwrap();
        assert_eq!((found.booking.answers, found.booking.location), (Vec::new(), Location::Jitsi));
    });
}

/// A row of any text column and how often it is there.
#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    count: i64,
}

async fn counted(store: &Store, sql: &'static str) -> BTreeMap<String, i64> {
    let rows = store.read(move |tx| tx.run(|c| sql_query(sql).load::<Counted>(c))).await;
    rows.unwrap().into_iter().map(|row| (row.name, row.count)).collect()
}

async fn execute(store: &Store, sql: String) -> Result<usize, StoreError> {
    store.write(move |tx| tx.run(|c| sql_query(&sql).execute(c))).await
}

/// What hangs on bookings, all of it deleted with them.
const CHILDREN: &str = "SELECT 'attendees' AS name, count(*) AS count FROM attendees \
     UNION ALL SELECT 'hosts', count(*) FROM booking_hosts \
     UNION ALL SELECT 'links', count(*) FROM booking_links \
     UNION ALL SELECT 'events', count(*) FROM booking_events \
     UNION ALL SELECT 'rooms', count(*) FROM rooms \
     UNION ALL SELECT 'mails', count(*) FROM outbox_messages WHERE booking_id IS NOT NULL \
     UNION ALL SELECT 'records', count(*) FROM idempotency_records";
const STATES: &str = "SELECT status AS name, count(*) AS count FROM bookings GROUP BY status";
const MAILS: &str = "SELECT kind AS name, count(*) AS count FROM outbox_messages GROUP BY kind";

/// The schema's indexes and triggers, the automatic ones aside.
async fn named(store: &Store, backend: Backend) -> BTreeMap<String, i64> {
    counted(
        store,
        match backend {
            Backend::Sqlite => {
                "SELECT name, count(*) AS count FROM sqlite_master \
                 WHERE type IN ('index', 'trigger') AND name NOT LIKE 'sqlite_auto%' GROUP BY name"
            }
            Backend::Postgres => {
                "SELECT indexname::text AS name, count(*) AS count FROM pg_indexes \
                 WHERE schemaname = 'public' GROUP BY indexname"
            }
        },
    )
    .await
}

/// Down, bookings in a state that the older schema does not know are cancelled; nothing that hangs on
/// a booking is lost, either way.
fn states_of_a_booking_come_and_go_on_data(database: &TestDatabase) {
    let key = SecretKey::new(&Dice);
    let open = || database.open_with(key.clone(), SchemaPolicy::BringUpToDate).unwrap();
    run(async {
        let world = World::make(open()).await;
        for (hour, status) in (1u32..).zip(Status::ALL) {
            let new = world.booking(60 * hour, 60 * hour + 30, (0, 0));
            let id = new.booking.id;
            world
                .store
                .write(move |tx| {
                    tx.insert_booking(&new)?;
                    let record = Recorded { body_hash: "x".into(), made: Made::Booking(id) };
                    tx.insert_idempotency_record("all", &id.to_string(), &record, NOW)?;
                    for notice in notice::for_both_sides(id, 1, 0, Occasion::Booked) {
                        tx.enqueue(OutboxId::new(NOW, &Dice), &notice, NOW)?;
                    }
                    Ok::<_, StoreError>(())
                })
                .await
                .unwrap();
            let set = format!(
                "UPDATE bookings SET status = '{}', expires_at = 5 WHERE id = '{id}'",
                status.as_str()
            );
            execute(&world.store, set).await.unwrap();
            let read = world.store.read(move |tx| tx.booking(id)).await.unwrap().unwrap();
            assert_eq!(
                (read.booking.status, read.room.is_some()),
                (status, status == Status::Confirmed)
            );
            assert_eq!(read.booking.expires_at, Some(Instant::from_micros(5)));
        }
        let unknown = execute(&world.store, "UPDATE bookings SET status = 'gone'".into()).await;
        assert!(unknown.is_err(), "the schema lists the states");
        let children = counted(&world.store, CHILDREN).await;
        assert_eq!(children["attendees"], 6);
        assert_eq!(children["mails"], 12);
        let names = named(&world.store, database.backend()).await;
        drop(world.store);

        revert_from(&database.url, "0004_booking_life").unwrap();
        let store = open();
        let states = counted(&store, STATES).await;
        assert_eq!(states, BTreeMap::from([("cancelled".into(), 5), ("confirmed".into(), 1)]));
        let held = "SELECT 'held' AS name, count(*) AS count FROM booking_hosts WHERE held";
        // The test's ended ones were never let go.
        assert_eq!(counted(&store, held).await["held"], 4);
        let live = "SELECT 'live' AS name, count(*) AS count FROM rooms WHERE NOT revoked";
        assert_eq!(counted(&store, live).await["live"], 2);
        assert_eq!(counted(&store, CHILDREN).await, children);
        assert_eq!(named(&store, database.backend()).await, names);

        // A mail of a kind that the older program does not know goes; the others stay.
        let kind = "UPDATE outbox_messages SET kind = 'moved' WHERE side = 'host'";
        assert_eq!(execute(&store, kind.into()).await.unwrap(), 6);
        drop(store);
        revert_from(&database.url, "0004_booking_life").unwrap();
        let store = open();
        assert_eq!(counted(&store, MAILS).await, BTreeMap::from([("booked".into(), 6)]));

        execute(&store, "DELETE FROM bookings".into()).await.unwrap();
        let left = counted(&store, CHILDREN).await;
        assert!(left.values().all(|count| *count == 0), "children go with their booking: {left:?}");
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
                let booked =
                    tx.counted(id, Span { start: NOW, end: NOW.plus(Minutes(120)) }, None)?;
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

/// Down, one seat of a session keeps its time, and all bookings are still there.
fn seats_come_and_go_on_data(database: &TestDatabase) {
    let key = SecretKey::new(&Dice);
    let open = || database.open_with(key.clone(), SchemaPolicy::BringUpToDate).unwrap();
    run(async {
        let world = World::make(open()).await;
        let (owner, id) = (world.event_type.host, world.event_type.id);
        let mut group = world.event_type.clone();
        (group.terms.seats, group.terms.shows_attendees) = (Some(3), true);
        let terms = group.terms.clone();
        world.store.write(move |tx| tx.update_event_type(&group)).await.unwrap();
        let read = world.store.read(move |tx| tx.event_type(owner, id)).await.unwrap();
        assert_eq!(read.unwrap().terms, terms);
        let session = GroupSessionId::new(NOW, &Dice);
        let mut seats = Vec::new();
        for number in 0..3 {
            let mut seat = world.booking(60, 90, (0, 0));
            (seat.booking.session, seat.seats) = (Some(session), Some(3));
            seat.room = seat.room.filter(|_| number == 0);
            seats.push(seat.booking.id);
            world.insert(seat).await.unwrap();
        }
        world.insert(world.booking(90, 120, (0, 0))).await.unwrap();
        drop(world);
        revert_from(&database.url, "0009_seats").unwrap();
        let store = open();
        let around = Span { start: NOW, end: NOW.plus(Minutes(240)) };
        let (busy, found, event) = store
            .read(move |tx| {
                let busy = tx.busy_times(owner, around, None, Some((id, 3)))?;
                let found =
                    seats.iter().map(|id| tx.booking(*id)).collect::<Result<Vec<_>, _>>()?;
                Ok::<_, StoreError>((busy, found, tx.event_type(owner, id)?.unwrap()))
            })
            .await
            .unwrap();
        assert_eq!(busy.len(), 2);
        assert!(busy.iter().all(|busy| busy.by == Occupant::Booking), "{busy:?}");
        let seats = found.into_iter().map(|details| details.unwrap());
        let rooms: Vec<_> = seats.map(|seat| (seat.booking.session, seat.room.is_some())).collect();
        assert_eq!(rooms, [(None, true), (None, false), (None, false)]);
        assert_eq!(event.terms.seats, None);
    });
}

/// Down, a booking has lost its guests, and nothing else.
fn guests_come_and_go_on_data(database: &TestDatabase) {
    let key = SecretKey::new(&Dice);
    let open = || database.open_with(key.clone(), SchemaPolicy::BringUpToDate).unwrap();
    run(async {
        let world = World::make(open()).await;
        let (owner, event) = (world.event_type.host, world.event_type.id);
        let mut new = world.booking(60, 90, (0, 0));
        let (id, token) = (new.booking.id, Token::new(&Dice));
        let email = "cy@example.com".parse().unwrap();
        let guest = Guest { id: GuestId::new(NOW, &Dice), email, removed: false };
        let (guests, hash) = (vec![guest.clone()], token.hash());
        (new.booking.guests, new.guest_tokens) = (guests.clone(), vec![token]);
        let notices = notice::for_guests(&new.booking, 1, 0, Occasion::Booked);
        world.insert(new).await.unwrap();
        let found = world
            .store
            .write(move |tx| {
                for notice in &notices {
                    tx.enqueue(OutboxId::new(NOW, &Dice), notice, NOW)?;
                }
                Ok::<_, StoreError>((tx.booking(id)?.unwrap(), tx.guest_by_link(hash)?))
            })
            .await
            .unwrap();
        assert_eq!((found.0.booking.guests, found.1), (guests, Some((id, guest.id))));
        drop(world);
        revert_from(&database.url, "0010_guests").unwrap();
        let store = open();
        let (found, terms, waiting) = store
            .read(move |tx| {
                let terms = tx.event_type(owner, event)?.unwrap().terms;
                Ok::<_, StoreError>((tx.booking(id)?.unwrap(), terms, tx.mail_waiting()?))
            })
            .await
            .unwrap();
        assert!(found.booking.guests.is_empty() && found.room.is_some());
        // What is published already takes no guests unasked.
        assert_eq!((terms.guests, waiting.0), (0, 0));
    });
}

/// Down, what was proposed is lost with its mails, and the bookings stay as they are; up again, nothing is proposed.
fn proposals_come_and_go_on_data(database: &TestDatabase) {
    let key = SecretKey::new(&Dice);
    let open = || database.open_with(key.clone(), SchemaPolicy::BringUpToDate).unwrap();
    run(async {
        let world = World::make(open()).await;
        let new = world.booking(60, 90, (0, 0));
        let (id, booking) = (new.booking.id, new.booking.clone());
        world.insert(new).await.unwrap();
        let proposal = Proposal {
            id: ProposalId::new(NOW, &Dice),
            by: Side::Customer,
            starts: vec![NOW.plus(Minutes(120))],
            note: "Later".parse().unwrap(),
            made_at: NOW,
            expires_at: NOW.plus(Minutes(30)),
            state: ProposalState::Open,
            ended_at: None,
            answer: Note::default(),
        };
        let (made, occasion) = (proposal.clone(), Occasion::Proposed);
        world
            .store
            .write(move |tx| {
                tx.insert_proposal(&booking, &made)?;
                let notice = Notice::Proposal { booking: id, proposal: made.id, occasion };
                tx.enqueue(OutboxId::new(NOW, &Dice), &notice, NOW)
            })
            .await
            .unwrap();
        let read = world.store.read(move |tx| tx.open_proposal(id)).await.unwrap();
        assert_eq!(read, Some(proposal));
        drop(world);
        revert_from(&database.url, "0013_proposals").unwrap();
        let store = open();
        let (found, proposal, waiting) = store
            .read(move |tx| {
                let proposal = tx.open_proposal(id)?;
                Ok::<_, StoreError>((tx.booking(id)?.unwrap(), proposal, tx.mail_waiting()?))
            })
            .await
            .unwrap();
        assert_eq!(found.booking.status, Status::Confirmed);
        assert_eq!((proposal, waiting.0), (None, 0));
    });
}

/// Down, the bookings of a series stay, each by itself; what was to be told of all of them is not.
fn series_come_and_go_on_data(database: &TestDatabase) {
    let key = SecretKey::new(&Dice);
    let open = || database.open_with(key.clone(), SchemaPolicy::BringUpToDate).unwrap();
    run(async {
        let world = World::make(open()).await;
        let (owner, event) = (world.event_type.host, world.event_type.id);
        let series = SeriesId::new(NOW, &Dice);
        let zone = "Europe/Berlin".parse().unwrap();
        let occurrence = |booking: &Booking, index| {
            let first = WallTime::at(booking.span.start, zone);
            let rule = Rule { every: Every::TwoWeeks, first };
            let (original, ical_uid) = (first.local, format!("{series}@example.org"));
            Occurrence { series, rule, of: 2, index, original, ical_uid }
        };
        let mut new = [world.booking(60, 90, (0, 0)), world.booking(120, 150, (0, 0))];
        for (index, each) in (1..).zip(&mut new) {
            each.booking.series = Some(occurrence(&each.booking, index));
        }
        let ids = [new[0].booking.id, new[1].booking.id];
        let stored = [new[0].booking.series.clone(), new[1].booking.series.clone()];
        let mut terms = world.event_type.clone();
        terms.terms.series = Some(12);
        let lead = new[0].booking.clone();
        let (found, told) = world
            .store
            .write(move |tx| {
                tx.update_event_type(&terms)?;
                tx.insert_series(&lead, lead.series.as_ref().unwrap())?;
                for each in &new {
                    tx.insert_booking(each)?;
                }
                for notice in notice::of_series(series, (ids[0], 1), 0, Occasion::Booked) {
                    tx.enqueue(OutboxId::new(NOW, &Dice), &notice, NOW)?;
                }
                let terms = tx.event_type(owner, event)?.unwrap().terms;
                assert_eq!(terms.series, Some(12));
                Ok::<_, StoreError>((tx.series_bookings(series)?, tx.mail_waiting()?.0))
            })
            .await
            .unwrap();
        let read: Vec<_> = found.into_iter().map(|found| found.booking.series).collect();
        // Only the first wall time of the row counts.
        assert_eq!(read[0], stored[0]);
        assert_eq!(read[1].as_ref().map(|series| series.index), Some(2));
        assert_eq!(told, 2);
        drop(world);
        revert_from(&database.url, "0011_series").unwrap();
        let store = open();
        let (found, terms, waiting) = store
            .read(move |tx| {
                let terms = tx.event_type(owner, event)?.unwrap().terms;
                let found = [tx.booking(ids[0])?.unwrap(), tx.booking(ids[1])?.unwrap()];
                Ok::<_, StoreError>((found, terms, tx.mail_waiting()?.0))
            })
            .await
            .unwrap();
        assert!(found.iter().all(|found| found.booking.series.is_none() && found.room.is_some()));
        assert_eq!((terms.series, waiting), (None, 0));
    });
}

/// Down, who waits is forgotten, what was kept for them is free, and their mails end; all other mail stays.
fn waiting_lists_come_and_go_on_data(database: &TestDatabase) {
    let key = SecretKey::new(&Dice);
    let open = || database.open_with(key.clone(), SchemaPolicy::BringUpToDate).unwrap();
    run(async {
        let world = World::make(open()).await;
        let (host, event) = (world.event_type.host, world.event_type.id);
        let mut with_list = world.event_type.clone();
        with_list.terms.waiting_list = Some(Minutes(30));
        let new = world.booking(60, 90, (0, 0));
        let booking = new.booking.clone();
        let wish =
            Wish { duration: Minutes(30), day: Some("2027-01-01".parse().unwrap()), until: None };
        let entry = Entry {
            id: WaitingEntryId::new(NOW, &Dice),
            event_type: event,
            host,
            name: "Bo Berg".parse().unwrap(),
            email: "Bo@customers.example".parse().unwrap(),
            time_zone: "Europe/Berlin".parse().unwrap(),
            wish,
            joined_at: NOW,
            in_line_since: None,
            over_at: NOW.plus(Minutes(600)),
            state: State::Waiting,
        };
        let waiting = WaitingEntry { entry: entry.clone(), token: Token::new(&Dice) };
        let holder = waiting.token.hash();
        let offered = Offered { span: booking.span, until: NOW.plus(Minutes(30)) };
        let (stored, made) = (waiting.clone(), entry.clone());
        world
            .store
            .write(move |tx| {
                tx.update_event_type(&with_list)?;
                tx.insert_booking(&new)?;
                for notice in notice::of_new(&new.booking) {
                    tx.enqueue(OutboxId::new(NOW, &Dice), &notice, NOW)?;
                }
                tx.insert_waiting_entry(&stored)?;
                let occasion = WaitingOccasion::Joined;
                let notice = Notice::Waiting { entry: made.id, occasion };
                tx.enqueue(OutboxId::new(NOW, &Dice), &notice, NOW)?;
                tx.put_in_line(made.id, NOW)?;
                assert!(tx.change_waiting_entry(&made, State::Offered(offered), NOW)?);
                assert!(
                    !tx.change_waiting_entry(&made, State::Left, NOW)?,
                    "it is not what it was"
                );
                tx.place_hold(&Hold {
                    holder,
                    client: "waiting list".to_owned(),
                    host,
                    event_type: event,
                    span: offered.span,
                    buffers: Buffers::default(),
                    created_at: NOW,
                    expires_at: offered.until,
                })
            })
            .await
            .unwrap();
        let line = world.store.read(move |tx| tx.waiting_line(event)).await.unwrap();
        let state = State::Offered(offered);
        assert_eq!(line[0].entry, Entry { in_line_since: Some(NOW), state, ..entry.clone() });
        assert_eq!(line[0].token.expose(), waiting.token.expose());
        // One for each address, event type and day.
        let again = WaitingEntry { token: Token::new(&Dice), ..waiting.clone() };
        let again = WaitingEntry {
            entry: Entry { id: WaitingEntryId::new(NOW, &Dice), ..again.entry },
            ..again
        };
        let twice = world.store.write(move |tx| tx.insert_waiting_entry(&again)).await;
        assert!(matches!(twice, Err(StoreError::Constraint(_))), "{twice:?}");
        let names = named(&world.store, database.backend()).await;
        drop(world.store);

        revert_from(&database.url, "0012_waiting_list").unwrap();
        let store = open();
        assert_eq!(named(&store, database.backend()).await, names);
        assert_eq!(counted(&store, MAILS).await, BTreeMap::from([("booked".into(), 2)]));
        let left = "SELECT 'waiting' AS name, count(*) AS count FROM waiting_entries
            UNION ALL SELECT 'holds' AS name, count(*) AS count FROM slot_holds";
        let left = counted(&store, left).await;
        assert_eq!((left["waiting"], left["holds"]), (0, 0));
        let terms = store.read(move |tx| tx.event_type(host, event)).await.unwrap().unwrap().terms;
        assert_eq!(terms.waiting_list, None);
    });
}

/// Down, notes and marks are lost, and all else of the bookings stays; up again, nobody has said anything.
fn the_hosts_side_comes_and_goes_on_data(database: &TestDatabase) {
    let key = SecretKey::new(&Dice);
    let open = || database.open_with(key.clone(), SchemaPolicy::BringUpToDate).unwrap();
    run(async {
        let world = World::make(open()).await;
        let new = world.booking(60, 90, (0, 0));
        let (id, attendee) = (new.booking.id, new.booking.attendee.id);
        world.insert(new).await.unwrap();
        let note = "Wants the large one".parse::<Note>().unwrap();
        let written = note.clone();
        world
            .store
            .write(move |tx| {
                let remark = |at| Remark { booking: id, version: 1, at };
                // By a clock that is behind.
                tx.set_private_note(remark(NOW.minus(Minutes(1))), &written)?;
                tx.mark_attendee(remark(NOW.minus(Minutes(2))), attendee, Attendance::NoShow)
            })
            .await
            .unwrap();
        let read = world.store.read(move |tx| tx.booking(id)).await.unwrap().unwrap();
        assert_eq!(read.private_note, note);
        assert_eq!(read.booking.attendee.attendance, Some(Attendance::NoShow));
        let booking = read.booking.clone();
        let history = world.store.read(move |tx| tx.history(&booking)).await.unwrap();
        let kinds: Vec<_> = history.iter().map(|event| event.what.as_str()).collect();
        assert_eq!(kinds, ["booked", "noted", "no_show"]);
        let mark = "UPDATE attendees SET attendance = 'perhaps'";
        assert!(execute(&world.store, mark.into()).await.is_err(), "the schema lists the marks");
        let children = counted(&world.store, CHILDREN).await;
        let names = named(&world.store, database.backend()).await;
        drop(world.store);

        revert_from(&database.url, "0007_host_side").unwrap();
        let store = open();
        let now = store.read(move |tx| tx.booking(id)).await.unwrap().unwrap();
        assert!(now.private_note.is_empty());
        assert_eq!(now.booking.attendee.attendance, None);
        let history = store.read(move |tx| tx.history(&now.booking)).await.unwrap();
        assert_eq!(history.len(), 1);
        assert_eq!(counted(&store, CHILDREN).await, children);
        assert_eq!(named(&store, database.backend()).await, names);

        execute(&store, "DELETE FROM bookings".into()).await.unwrap();
        let left = "SELECT 'remarks' AS name, count(*) AS count FROM booking_remarks";
        assert_eq!(counted(&store, left).await["remarks"], 0);
    });
}

/// Down, what waits for a proof ends and its mail with it: the older program would send others there.
fn proofs_come_and_go_on_data(database: &TestDatabase) {
    let key = SecretKey::new(&Dice);
    let open = || database.open_with(key.clone(), SchemaPolicy::BringUpToDate).unwrap();
    run(async {
        let world = World::make(open()).await;
        let (host, event) = (world.event_type.host, world.event_type.id);
        let mut asks = world.event_type.clone();
        asks.terms.email_proof = true;
        let mut waiting = world.booking(60, 90, (0, 0)).until_proven();
        let mut proven = world.booking(120, 150, (0, 0));
        proven.booking.attendee.proof = Proof::Given(Instant::from_micros(7));
        waiting.booking.expires_at = Some(NOW.plus(Minutes(15)));
        let other = world.booking(180, 210, (0, 0));
        let made = [waiting, proven, other];
        let bookings = made.each_ref().map(|made| made.booking.clone());
        world
            .store
            .write(move |tx| {
                tx.update_event_type(&asks)?;
                for made in &made {
                    tx.insert_booking(made)?;
                    for notice in notice::of_new(&made.booking) {
                        tx.enqueue(OutboxId::new(NOW, &Dice), &notice, NOW)?;
                    }
                }
                Ok::<_, StoreError>(())
            })
            .await
            .unwrap();
        let found = world.store.read(move |tx| tx.event_type(host, event)).await.unwrap();
        assert!(found.unwrap().terms.email_proof);
        for booking in &bookings {
            let attendee = booking.attendee.id;
            let found = world.store.read(move |tx| tx.booking_of(attendee)).await.unwrap().unwrap();
            assert_eq!(found.booking.attendee, booking.attendee);
            assert_eq!(found.booking.expires_at, booking.expires_at);
        }
        drop(world);
        revert_from(&database.url, "0008_email_proof").unwrap();
        let store = open();
        let states = counted(&store, STATES).await;
        assert_eq!(states, BTreeMap::from([("confirmed".into(), 2), ("expired".into(), 1)]));
        assert_eq!(counted(&store, MAILS).await, BTreeMap::from([("booked".into(), 4)]));
        let held = "SELECT 'held' AS name, count(*) AS count FROM booking_hosts WHERE held";
        assert_eq!(counted(&store, held).await["held"], 2);
        let found = store.read(move |tx| tx.event_type(host, event)).await.unwrap();
        assert!(!found.unwrap().terms.email_proof);
        let attendee = bookings[1].attendee.id;
        let found = store.read(move |tx| tx.booking_of(attendee)).await.unwrap().unwrap();
        assert_eq!(found.booking.attendee.proof, Proof::NotAsked);
    });
}

/// Up, a booking's host has been booked when it was made; down, nothing but that is lost.
fn assignments_come_and_go_on_data(database: &TestDatabase) {
    const ASSIGNED: &str = "SELECT assigned_because AS name, assigned_at AS count FROM booking_hosts \
         WHERE previous_host_id IS NULL AND assigned_at = \
         (SELECT created_at FROM bookings WHERE id = booking_id)";
    let key = SecretKey::new(&Dice);
    let open = || database.open_with(key.clone(), SchemaPolicy::BringUpToDate).unwrap();
    run(async {
        let world = World::make(open()).await;
        let new = world.booking(60, 90, (0, 0));
        let (id, host, made_at) = (new.booking.id, new.booking.host, new.booking.created_at);
        world.insert(new).await.unwrap();
        let booked = BTreeMap::from([("booked".to_owned(), made_at.micros())]);
        assert_eq!(counted(&world.store, ASSIGNED).await, booked);
        drop(world);
        revert_from(&database.url, "0014_assignments").unwrap();
        let store = open();
        assert_eq!(counted(&store, ASSIGNED).await, booked, "also of what was there before");
        let found = store.read(move |tx| tx.booking(id)).await.unwrap().unwrap();
        assert_eq!(found.booking.host, host);
        // All that the program knows can be written, and nothing else.
        let set = |because: &str| {
            let sql = format!(
                "UPDATE booking_hosts SET assigned_because = '{because}', previous_host_id = '{host}'"
            );
            execute(&store, sql)
        };
        for because in Assignment::ALL {
            assert_eq!(set(because.as_str()).await.unwrap(), 1);
        }
        assert!(set("chosen").await.is_err());
        let nobody = "UPDATE booking_hosts SET previous_host_id = 'nobody'".to_owned();
        assert!(execute(&store, nobody).await.is_err());
    });
}

/// Down, rooms without a booking are closed and free their time; all that belongs to bookings stays.
fn rooms_come_and_go_on_data(database: &TestDatabase) {
    const LEFT: &str = "SELECT 'bookings' AS name, count(*) AS count FROM bookings \
        UNION ALL SELECT 'rooms', count(*) FROM rooms \
        UNION ALL SELECT 'held', count(*) FROM booking_hosts WHERE held \
        UNION ALL SELECT 'records', count(*) FROM idempotency_records";
    let key = SecretKey::new(&Dice);
    let open = || database.open_with(key.clone(), SchemaPolicy::BringUpToDate).unwrap();
    run(async {
        let world = World::make(open()).await;
        let new = world.booking(60, 90, (0, 0));
        let (booking, host, room) = (new.booking.id, new.booking.host, new.room.clone().unwrap());
        world.insert(new).await.unwrap();
        let alone = standalone_room(host, 120, 150, true);
        let opened = Conference::opened(ConferenceId::new(NOW, &Dice), &alone.room, NOW);
        let of_booking = Conference::opened(ConferenceId::new(NOW, &Dice), &room, NOW);
        let made = alone.room.id;
        let stored = world.store.write(move |tx| {
            tx.insert_standalone_room(&alone)?;
            tx.open_conference(&opened)?;
            tx.open_conference(&of_booking)?;
            for (name, made) in [("b", Made::Booking(booking)), ("r", Made::Room(made))] {
                let record = Recorded { body_hash: "x".into(), made };
                tx.insert_idempotency_record("api-key", name, &record, NOW)?;
                assert_eq!(tx.idempotency_record("api-key", name)?, Some(record));
            }
            Ok::<_, StoreError>(())
        });
        stored.await.unwrap();
        let record = "UPDATE idempotency_records SET room_id = NULL WHERE key = 'r'".to_owned();
        assert!(execute(&world.store, record).await.is_err(), "a record names what was made");
        let counts = |bookings, rooms, held, records| {
            let all =
                [("bookings", bookings), ("rooms", rooms), ("held", held), ("records", records)];
            all.into_iter()
                .map(|(name, count)| (name.to_owned(), count))
                .collect::<BTreeMap<_, i64>>()
        };
        assert_eq!(counted(&world.store, LEFT).await, counts(1, 2, 2, 2));
        drop(world);
        revert_from(&database.url, "0015_rooms").unwrap();
        let store = open();
        assert_eq!(counted(&store, LEFT).await, counts(1, 1, 1, 1));
        let found = store.read(move |tx| tx.booking(booking)).await.unwrap().unwrap();
        assert_eq!(found.room.unwrap().id, room.id);
        let around = Span { start: NOW, end: NOW.plus(Minutes(240)) };
        let busy = store.read(move |tx| tx.busy_times(host, around, None, None)).await.unwrap();
        assert_eq!(busy.len(), 1);
        // What holds time goes with what it is held for.
        let alone = standalone_room(host, 120, 150, true);
        store.write(move |tx| tx.insert_standalone_room(&alone)).await.unwrap();
        assert_eq!(counted(&store, LEFT).await, counts(1, 2, 2, 1));
        execute(&store, "DELETE FROM rooms WHERE booking_id IS NULL".into()).await.unwrap();
        assert_eq!(counted(&store, LEFT).await, counts(1, 1, 1, 1));
        execute(&store, "DELETE FROM bookings".into()).await.unwrap();
        assert_eq!(counted(&store, LEFT).await, counts(0, 0, 0, 0));
    });
}

/// Times off from before had no zone: they get that of the host's default schedule, or else the host's.
fn zones_of_times_off_come_and_go_on_data(database: &TestDatabase) {
    let key = SecretKey::new(&Dice);
    let open = || database.open_with(key.clone(), SchemaPolicy::BringUpToDate).unwrap();
    let zone = |name: &str| name.parse::<TimeZone>().unwrap();
    let off = |from: &str, to: &str, name: &str, reason: Option<&str>| {
        let reason = reason.map(|text| text.parse().unwrap());
        TimeOff::new(from.parse().unwrap(), to.parse().unwrap(), zone(name), reason).unwrap()
    };
    let days = |first: &str, others: &str| {
        vec![
            off(
                "2027-07-06T00:00:00",
                "2027-07-08T00:00:00",
                first,
                Some("Summer \"[school]\", é"),
            ),
            off("2027-07-09T09:30:00", "2027-07-09T10:00:00", others, None),
            off("2027-07-01T00:00:00", "2027-07-02T00:00:00", others, Some("{}")),
        ]
    };
    let schedule = |owner, name: &str, is_default, time_zone: &str| Schedule {
        id: ScheduleId::new(NOW, &Dice),
        owner,
        name: name.parse().unwrap(),
        is_default,
        time_zone: zone(time_zone),
        weekly: WeeklyHours::office(),
        overrides: BTreeMap::new(),
    };
    run(async {
        let world = World::make(open()).await;
        let host = world.event_type.host;
        let found = world.store.read(move |tx| tx.users()).await.unwrap().remove(0);
        let [bare, free] = ["bare", "free"].map(|handle| {
            let id = roomkey_core::ids::UserId::new(NOW, &Dice);
            let email = format!("{handle}@hosts.example").parse().unwrap();
            User {
                id,
                handle: handle.parse().unwrap(),
                email,
                time_zone: zone("Asia/Tokyo"),
                ..found.clone()
            }
        });
        let (without, never) = (bare.id, free.id);
        let schedules = [
            schedule(host, "Abroad", false, "America/New_York"),
            schedule(host, "Working hours", true, "Europe/Berlin"),
            schedule(without, "Abroad", false, "America/New_York"),
        ];
        let all = days("Asia/Kathmandu", "America/New_York");
        let stored = all.clone();
        let written = world.store.write(move |tx| {
            tx.insert_user(&bare, "!", NOW)?;
            tx.insert_user(&free, "!", NOW)?;
            for schedule in &schedules {
                tx.save_schedule(schedule)?;
            }
            tx.save_time_off(without, &stored)?;
            tx.save_time_off(host, &stored)
        });
        written.await.unwrap();
        assert_eq!(world.store.read(move |tx| tx.time_off(host)).await.unwrap(), all);
        drop(world);
        revert_from(&database.url, "0018_time_off_zones").unwrap();
        let mut conn =
            Manager { url: database.url.clone(), access: Access::ReadWrite }.open().unwrap();
        let with_zone = "SELECT 'zones' AS name, count(*) AS count FROM users \
            WHERE time_off LIKE '%zone%' OR time_off LIKE '%/%'";
        let left: Vec<Counted> = sql_query(with_zone).load(&mut conn).unwrap();
        assert_eq!(left[0].count, 0, "{}: what went down has none", left[0].name);
        drop(conn);
        let store = open();
        let read = store.read(move |tx| {
            Ok::<_, StoreError>([host, without, never].map(|user| tx.time_off(user).unwrap()))
        });
        let berlin = days("Europe/Berlin", "Europe/Berlin");
        let tokyo = days("Asia/Tokyo", "Asia/Tokyo");
        assert_eq!(read.await.unwrap(), [berlin, tokyo, Vec::new()]);
    });
}

/// Down, nobody knows any more which key made a room; the room stays, and is as good as one that was made by hand.
fn makers_of_rooms_come_and_go_on_data(database: &TestDatabase) {
    let key = SecretKey::new(&Dice);
    let open = || database.open_with(key.clone(), SchemaPolicy::BringUpToDate).unwrap();
    run(async {
        let world = World::make(open()).await;
        let host = world.event_type.host;
        let name: Title = "The shop".parse().unwrap();
        let shop = ApiKey { id: ApiKeyId::new(NOW, &Dice), name: name.clone(), scopes: vec![] };
        let maker = shop.id;
        let made =
            StandaloneRoom { made_by: Some(maker), ..standalone_room(host, 120, 150, false) };
        let room = made.room.id;
        let stored = world.store.write(move |tx| {
            tx.insert_api_key(&shop, host, Token::new(&Dice).hash(), NOW)?;
            tx.insert_standalone_room(&made)?;
            tx.api_key_names(host)
        });
        assert_eq!(stored.await.unwrap(), [(maker, name)]);
        let read = async |store: &Store| {
            let found = store.read(move |tx| tx.standalone_room(room)).await;
            found.unwrap().unwrap().made_by
        };
        assert_eq!(read(&world.store).await, Some(maker));
        drop(world);
        revert_from(&database.url, "0019_room_makers").unwrap();
        let store = open();
        assert_eq!(read(&store).await, None);
        // A key that is gone takes no room with it.
        let again = format!("UPDATE standalone_rooms SET api_key_id = '{maker}'");
        execute(&store, again).await.unwrap();
        assert_eq!(read(&store).await, Some(maker));
        execute(&store, "DELETE FROM api_keys".into()).await.unwrap();
        assert_eq!(read(&store).await, None);
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
