//! The outbox: claimed by one, never lost, never older than its booking.

use diesel::{RunQueryDsl, sql_query};
use roomkey_core::{
    booking::{Cancellation, Move, Side, WallTime},
    ids::{OutboxId, UserId},
    notice::{self, Content, Letter, Notice, Occasion},
    proof_key::Purpose,
    room::{Room, RoomName},
    time::{Instant, Minutes},
    token::Token,
};

use super::{Dice, NOW, TestDatabase, World, on_both, run};
use crate::{Backend, SchemaPolicy, SecretKey, Store};

on_both!(
    a_claim_is_one_workers_until_it_lapses,
    mail_of_a_clock_that_was_ahead_leaves_at_once,
    workers_whose_clocks_differ_agree_about_a_claim,
    a_failed_mail_is_due_again_or_given_up,
    a_cancellation_takes_the_place_of_an_unsent_invite,
    a_change_that_keeps_the_sequence_takes_the_place_of_earlier_mail,
    of_two_moves_the_last_is_told_from_the_time_that_was_known,
    an_unreadable_mail_waits_and_holds_up_no_other,
    a_cancellation_waits_for_the_invite_under_way,
    mails_that_wait_hold_up_no_others,
    a_mail_that_asks_for_a_proof_leaves_while_there_is_something_to_prove,
    a_reset_mail_does_not_leave_after_its_link_has_ended,
    a_reset_mail_for_nobody_never_leaves,
);

/// So long that no test outlasts it, in microseconds.
const LEASE: i64 = 600_000_000;

async fn booked(world: &World) -> roomkey_core::ids::BookingId {
    let new = world.booking(60, 90, (0, 0));
    let id = new.booking.id;
    world
        .store
        .write(move |tx| {
            tx.insert_booking(&new)?;
            for notice in notice::for_both_sides(id, 1, 0, Occasion::Booked) {
                tx.enqueue(OutboxId::new(NOW, &Dice), &notice, NOW)?;
            }
            Ok::<_, crate::StoreError>(())
        })
        .await
        .unwrap();
    id
}

async fn cancel(world: &World, id: roomkey_core::ids::BookingId) {
    cancel_at(world, id, 2).await;
}

/// Calls a booking off, which makes this version of it.
async fn cancel_at(world: &World, id: roomkey_core::ids::BookingId, version: u32) {
    let cancellation = Cancellation {
        version,
        ical_sequence: version - 1,
        by: Side::Host,
        reason: "".parse().unwrap(),
    };
    world
        .store
        .write(move |tx| {
            let present = tx.booking(id)?.unwrap();
            tx.cancel_booking(&present.booking, &cancellation, NOW)?;
            for notice in notice::for_both_sides(id, version, version - 1, Occasion::Cancelled) {
                tx.enqueue(OutboxId::new(NOW, &Dice), &notice, NOW)?;
            }
            Ok::<_, crate::StoreError>(())
        })
        .await
        .unwrap();
}

async fn claim(store: &Store, worker: &str, now: Instant) -> Vec<notice::Letter> {
    store.claim_mail(worker, now, LEASE, 10).await.unwrap()
}

fn a_claim_is_one_workers_until_it_lapses(database: &TestDatabase) {
    run(async {
        let world = World::make(database.open()).await;
        booked(&world).await;
        let store = &world.store;
        let first = claim(store, "one", NOW).await;
        assert_eq!(first.len(), 2);
        assert!(claim(store, "two", NOW).await.is_empty());
        assert_eq!(store.next_mail_due(NOW).await.unwrap(), None);
        lapse(store, first[1].id, "one").await;
        assert!(store.next_mail_due(NOW).await.unwrap().is_some_and(|due| due <= NOW));
        assert!(store.renew_mail_claim(first[0].id, "one", NOW, LEASE).await.unwrap());
        let second = claim(store, "two", NOW).await;
        assert_eq!(second.iter().map(|letter| letter.id).collect::<Vec<_>>(), [first[1].id]);
        assert_eq!(second[0].attempts, 1, "tried once before");
        assert!(!store.renew_mail_claim(first[1].id, "one", NOW, LEASE).await.unwrap());
        store.mail_sent(first[0].id, "<a@b>", NOW).await.unwrap();
        store.mail_sent(first[1].id, "<c@d>", NOW).await.unwrap();
        let much_later = NOW.plus(Minutes(1000));
        assert!(claim(store, "two", much_later).await.is_empty());
        assert_eq!(store.next_mail_due(much_later).await.unwrap(), None);
    });
}

/// As if a worker had not been heard of for the time of a claim.
async fn lapse(store: &Store, id: OutboxId, worker: &str) {
    assert!(store.renew_mail_claim(id, worker, NOW, 0).await.unwrap());
}

fn mail_of_a_clock_that_was_ahead_leaves_at_once(database: &TestDatabase) {
    run(async {
        let world = World::make(database.open()).await;
        booked(&world).await;
        let corrected = NOW.plus_micros(-3_600_000_000);
        assert_eq!(claim(&world.store, "one", corrected).await.len(), 2);
    });
}

fn workers_whose_clocks_differ_agree_about_a_claim(database: &TestDatabase) {
    if database.backend() == Backend::Sqlite {
        return; // Its workers are on one machine.
    }
    run(async {
        let world = World::make(database.open()).await;
        booked(&world).await;
        assert_eq!(claim(&world.store, "one", NOW).await.len(), 2);
        let ahead = NOW.plus(Minutes(24 * 60));
        assert!(claim(&world.store, "two", ahead).await.is_empty());
        assert_eq!(world.store.next_mail_due(ahead).await.unwrap(), None);
    });
}

fn a_failed_mail_is_due_again_or_given_up(database: &TestDatabase) {
    run(async {
        let world = World::make(database.open()).await;
        booked(&world).await;
        let store = &world.store;
        let letters = claim(store, "one", NOW).await;
        let retry = NOW.plus(Minutes(1));
        store.mail_failed(letters[0].id, "one", "451", Some(retry), NOW).await.unwrap();
        store.mail_failed(letters[1].id, "one", "550", None, NOW).await.unwrap();
        // Who does not hold the claim has no say.
        store.mail_failed(letters[0].id, "two", "550", None, NOW).await.unwrap();
        assert_eq!(store.next_mail_due(NOW).await.unwrap(), Some(retry));
        let again = claim(store, "two", retry).await;
        assert_eq!(again.iter().map(|letter| letter.id).collect::<Vec<_>>(), [letters[0].id]);
        assert_eq!(store.release_mail_claims().await.unwrap(), 1);
        assert_eq!(claim(store, "three", retry).await.len(), 1);
    });
}

fn a_cancellation_takes_the_place_of_an_unsent_invite(database: &TestDatabase) {
    run(async {
        let world = World::make(database.open()).await;
        let id = booked(&world).await;
        // The host's invite is on its way while the booking is called off.
        let claimed = world.store.claim_mail("one", NOW, LEASE, 1).await.unwrap();
        cancel(&world, id).await;
        // Its attempt failed: the invite is not sent again, the cancellations are.
        let retry = Some(NOW);
        world.store.mail_failed(claimed[0].id, "one", "451", retry, NOW).await.unwrap();
        let letters = claim(&world.store, "one", NOW).await;
        assert_eq!(letters.len(), 2);
        for letter in letters {
            let Content::Booking(letter) = letter.content else { panic!("{letter:?}") };
            assert_eq!((letter.occasion, letter.sequence), (Occasion::Cancelled, 1));
            assert!(letter.room.is_none());
        }
    });
}

/// A change of state alone is a new version with the same SEQUENCE.
fn a_change_that_keeps_the_sequence_takes_the_place_of_earlier_mail(database: &TestDatabase) {
    run(async {
        let world = World::make(database.open()).await;
        let id = booked(&world).await;
        let store = &world.store;
        // One is on its way, the other has not been looked at.
        let claimed = store.claim_mail("one", NOW, LEASE, 1).await.unwrap();
        let change = "UPDATE bookings SET version = 2";
        store
            .write(move |tx| {
                tx.run(|c| sql_query(change).execute(c))?;
                for notice in notice::for_both_sides(id, 2, 0, Occasion::Booked) {
                    tx.enqueue(OutboxId::new(NOW, &Dice), &notice, NOW)?;
                }
                Ok::<_, crate::StoreError>(())
            })
            .await
            .unwrap();
        // To the side that an earlier one is under way to, the later one waits.
        let first = claim(store, "two", NOW).await;
        assert_eq!(first.len(), 1);
        store.mail_failed(claimed[0].id, "one", "451", Some(NOW), NOW).await.unwrap();
        let second = claim(store, "two", NOW).await;
        assert_eq!(second.len(), 1, "the earlier one is not tried again");
        for letter in first.into_iter().chain(second) {
            assert_ne!(letter.id, claimed[0].id);
            let Content::Booking(letter) = letter.content else { panic!("{letter:?}") };
            assert_eq!((letter.booking.version, letter.sequence), (2, 0));
        }
        assert_eq!(store.next_mail_due(NOW).await.unwrap(), None);
    });
}

/// Moves a booking to so many minutes after its start.
async fn shift(world: &World, id: roomkey_core::ids::BookingId, minutes: u32, by: Side) {
    world
        .store
        .write(move |tx| {
            let present = tx.booking(id)?.unwrap();
            let (booking, old) = (present.booking, present.room.unwrap());
            let start = booking.span.start.plus(Minutes(minutes));
            let to = roomkey_core::time::Span::lasting(start, Minutes(30));
            let moved = Move {
                version: booking.version + 1,
                ical_sequence: booking.ical_sequence + 1,
                from: booking.span,
                to,
                agreed: WallTime::at(start, roomkey_core::time::TimeZone::UTC),
                room: Some(Room {
                    id: roomkey_core::ids::RoomId::new(NOW, &Dice),
                    generation: old.generation + 1,
                    name: RoomName::new(&Dice),
                    ..old
                }),
                seat: None,
                by,
                note: format!("by {minutes}").parse().unwrap(),
            };
            assert!(tx.move_booking(&booking, &moved, NOW)?);
            assert!(!tx.move_booking(&booking, &moved, NOW)?, "it is not what it was");
            let (version, sequence) = (moved.version, moved.ical_sequence);
            for notice in notice::for_both_sides(id, version, sequence, Occasion::Moved) {
                tx.enqueue(OutboxId::new(NOW, &Dice), &notice, NOW)?;
            }
            Ok::<_, crate::StoreError>(())
        })
        .await
        .unwrap();
}

fn of_two_moves_the_last_is_told_from_the_time_that_was_known(database: &TestDatabase) {
    run(async {
        let world = World::make(database.open()).await;
        let id = booked(&world).await;
        let at = |minutes: u32| NOW.plus(Minutes(minutes));
        shift(&world, id, 60, Side::Host).await;
        shift(&world, id, 60, Side::Customer).await;
        // Nobody was told of the time between, nor of the invitation.
        let letters = claim(&world.store, "one", NOW).await;
        assert_eq!(letters.len(), 2);
        for letter in &letters {
            let Content::Booking(content) = &letter.content else { panic!("{letter:?}") };
            assert_eq!((content.occasion, content.sequence), (Occasion::Moved, 2));
            let moved = content.moved.as_ref().unwrap();
            assert_eq!((moved.was, moved.by), (at(60), Side::Customer));
            assert_eq!(moved.note.as_str(), "by 60");
            assert_eq!(content.booking.span.start, at(180));
            assert_eq!(content.room.as_ref().unwrap().generation, 3);
            world.store.mail_sent(letter.id, "<a@b>", NOW).await.unwrap();
        }
        // Now they know; the next move starts from there.
        shift(&world, id, 30, Side::Host).await;
        for letter in claim(&world.store, "one", NOW).await {
            let Content::Booking(content) = &letter.content else { panic!("{letter:?}") };
            assert_eq!(content.moved.as_ref().unwrap().was, at(180));
        }
        cancel_at(&world, id, 5).await;
        for letter in claim(&world.store, "two", NOW).await {
            let Content::Booking(content) = &letter.content else { panic!("{letter:?}") };
            assert_eq!((content.occasion, &content.moved), (Occasion::Cancelled, &None));
        }
    });
}

fn an_unreadable_mail_waits_and_holds_up_no_other(database: &TestDatabase) {
    run(async {
        let world = World::make(database.open()).await;
        booked(&world).await;
        let store = &world.store;
        let broken = "UPDATE booking_links SET token_sealed = 'x' || token_sealed";
        store.write(move |tx| tx.run(|c| sql_query(broken).execute(c))).await.unwrap();
        let notice = reset(world.event_type.host, NOW.plus(Minutes(60)));
        let id = OutboxId::new(NOW, &Dice);
        store.write(move |tx| tx.enqueue(id, &notice, NOW)).await.unwrap();
        let letters = claim(store, "one", NOW).await;
        assert_eq!(letters.iter().map(|letter| letter.id).collect::<Vec<_>>(), [id]);
        store.mail_sent(id, "<a@b>", NOW).await.unwrap();
        // Put right, they leave.
        let later = NOW.plus(Minutes(10));
        assert_eq!(store.next_mail_due(NOW).await.unwrap(), Some(later));
        let mended = "UPDATE booking_links SET token_sealed = substr(token_sealed, 2)";
        store.write(move |tx| tx.run(|c| sql_query(mended).execute(c))).await.unwrap();
        assert_eq!(claim(store, "one", later).await.len(), 2);
    });
}

fn a_cancellation_waits_for_the_invite_under_way(database: &TestDatabase) {
    run(async {
        let world = World::make(database.open()).await;
        let id = booked(&world).await;
        let under_way = claim(&world.store, "one", NOW).await;
        cancel(&world, id).await;
        assert!(claim(&world.store, "two", NOW).await.is_empty());
        world.store.mail_sent(under_way[0].id, "<a@b>", NOW).await.unwrap();
        let next = claim(&world.store, "two", NOW).await;
        assert_eq!(next.len(), 1, "the other side's invite is still under way");
        // A worker that died holds nothing up after its claim.
        lapse(&world.store, under_way[1].id, "one").await;
        let rest = claim(&world.store, "three", NOW).await;
        assert!(
            rest.iter().all(|letter| letter.id != under_way[0].id && letter.id != under_way[1].id)
        );
        assert!(rest.iter().any(|letter| letter.id != next[0].id), "{rest:?}");
    });
}

fn mails_that_wait_hold_up_no_others(database: &TestDatabase) {
    run(async {
        let world = World::make(database.open()).await;
        let id = booked(&world).await;
        assert_eq!(claim(&world.store, "one", NOW).await.len(), 2);
        cancel(&world, id).await;
        let (reset, notice) =
            (OutboxId::new(NOW, &Dice), reset(world.event_type.host, NOW.plus(Minutes(60))));
        world.store.write(move |tx| tx.enqueue(reset, &notice, NOW)).await.unwrap();
        // Both cancellations are due, came first, and would fill the limit.
        let next = world.store.claim_mail("one", NOW, LEASE, 1).await.unwrap();
        assert_eq!(next.iter().map(|letter| letter.id).collect::<Vec<_>>(), [reset]);
    });
}

fn a_mail_that_asks_for_a_proof_leaves_while_there_is_something_to_prove(database: &TestDatabase) {
    run(async {
        let key = SecretKey::new(&Dice);
        let store = database.open_with(key.clone(), SchemaPolicy::BringUpToDate).unwrap();
        let world = World::make(store).await;
        let ask = async |from: u32| {
            let mut new = world.booking(from, from + 30, (0, 0)).until_proven();
            new.booking.expires_at = Some(NOW.plus(Minutes(15)));
            let booking = new.booking.clone();
            world
                .store
                .write(move |tx| {
                    tx.insert_booking(&new)?;
                    let notices = notice::of_new(&new.booking);
                    assert_eq!(notices.len(), 1);
                    tx.enqueue(OutboxId::new(NOW, &Dice), &notices[0], NOW)
                })
                .await
                .unwrap();
            booking
        };
        let booking = ask(60).await;
        let letters = claim(&world.store, "one", NOW).await;
        let [Letter { content: Content::Proof(letter), .. }] = letters.as_slice() else {
            panic!("{letters:?}")
        };
        assert_eq!(letter.booking.id, booking.id);
        let link = key.proof_key().attendee(Purpose::Prove, letter.link.expose());
        assert_eq!(link, Some(booking.attendee.id));
        // In vain after its time, and after an end before it.
        ask(120).await;
        assert!(claim(&world.store, "one", NOW.plus(Minutes(15))).await.is_empty());
        let ended = ask(180).await;
        cancel(&world, ended.id).await;
        let letters = claim(&world.store, "one", NOW).await;
        let is_proof = |letter: &Letter| matches!(letter.content, Content::Proof(_));
        assert!(!letters.iter().any(is_proof), "{letters:?}");
    });
}

fn a_reset_mail_does_not_leave_after_its_link_has_ended(database: &TestDatabase) {
    run(async {
        let world = World::make(database.open()).await;
        let end = NOW.plus(Minutes(60));
        let notice = reset(world.event_type.host, end);
        let id = OutboxId::new(NOW, &Dice);
        world.store.write(move |tx| tx.enqueue(id, &notice, NOW)).await.unwrap();
        assert!(claim(&world.store, "one", end).await.is_empty());
        assert_eq!(world.store.next_mail_due(NOW).await.unwrap(), None);
    });
}

fn a_reset_mail_for_nobody_never_leaves(database: &TestDatabase) {
    run(async {
        let store = database.open();
        let notice = reset(UserId::new(NOW, &Dice), NOW.plus(Minutes(60)));
        let id = OutboxId::new(NOW, &Dice);
        store.write(move |tx| tx.enqueue(id, &notice, NOW)).await.unwrap();
        assert!(store.next_mail_due(NOW).await.unwrap().is_some());
        assert!(claim(&store, "one", NOW).await.is_empty());
        assert_eq!(store.next_mail_due(NOW).await.unwrap(), None);
    });
}

fn reset(user: UserId, expires_at: Instant) -> Notice {
    Notice::PasswordReset { user, token: Token::new(&Dice), expires_at }
}
