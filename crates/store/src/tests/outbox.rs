//! The outbox: claimed by one, never lost, never older than its booking.

use diesel::{RunQueryDsl, sql_query};
use roomkey_core::{
    booking::{Cancellation, Side},
    ids::{OutboxId, UserId},
    notice::{self, Content, Notice, Occasion},
    time::{Instant, Minutes},
    token::Token,
};

use super::{Dice, NOW, TestDatabase, World, on_both, run};
use crate::Store;

on_both!(
    a_claim_is_one_workers_until_it_lapses,
    a_failed_mail_is_due_again_or_given_up,
    a_cancellation_takes_the_place_of_an_unsent_invite,
    an_unreadable_mail_waits_and_holds_up_no_other,
    a_cancellation_waits_for_the_invite_under_way,
    a_reset_mail_does_not_leave_after_its_link_has_ended,
    a_reset_mail_for_nobody_never_leaves,
);

const LAPSE: i64 = 10_000_000;

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
    let cancellation =
        Cancellation { version: 2, ical_sequence: 1, by: Side::Host, reason: "".parse().unwrap() };
    world
        .store
        .write(move |tx| {
            tx.cancel_booking(id, &cancellation, NOW)?;
            for notice in notice::for_both_sides(id, 2, 1, Occasion::Cancelled) {
                tx.enqueue(OutboxId::new(NOW, &Dice), &notice, NOW)?;
            }
            Ok::<_, crate::StoreError>(())
        })
        .await
        .unwrap();
}

async fn claim(store: &Store, worker: &str, now: Instant) -> Vec<notice::Letter> {
    store.claim_mail(worker, now, now.plus_micros(LAPSE), 10).await.unwrap()
}

fn a_claim_is_one_workers_until_it_lapses(database: &TestDatabase) {
    run(async {
        let world = World::make(database.open()).await;
        booked(&world).await;
        let store = &world.store;
        assert!(claim(store, "one", NOW.plus_micros(-1)).await.is_empty(), "not due yet");
        let first = claim(store, "one", NOW).await;
        assert_eq!(first.len(), 2);
        assert!(claim(store, "two", NOW).await.is_empty());
        let later = NOW.plus_micros(LAPSE);
        assert!(
            store.renew_mail_claim(first[0].id, "one", later.plus_micros(LAPSE)).await.unwrap()
        );
        let second = claim(store, "two", later).await;
        assert_eq!(second.iter().map(|letter| letter.id).collect::<Vec<_>>(), [first[1].id]);
        assert_eq!(second[0].attempts, 1, "tried once before");
        assert!(!store.renew_mail_claim(first[1].id, "one", later).await.unwrap());
        store.mail_sent(first[0].id, "<a@b>", later).await.unwrap();
        store.mail_sent(first[1].id, "<c@d>", later).await.unwrap();
        let much_later = later.plus(Minutes(1000));
        assert!(claim(store, "two", much_later).await.is_empty());
        assert_eq!(store.mail_backlog().await.unwrap().next_due, None);
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
        assert_eq!(store.mail_backlog().await.unwrap().next_due, Some(retry));
        let again = claim(store, "two", retry).await;
        assert_eq!(again.iter().map(|letter| letter.id).collect::<Vec<_>>(), [letters[0].id]);
        assert_eq!(store.release_mail_claims(retry).await.unwrap(), 1);
        assert_eq!(claim(store, "three", retry).await.len(), 1);
    });
}

fn a_cancellation_takes_the_place_of_an_unsent_invite(database: &TestDatabase) {
    run(async {
        let world = World::make(database.open()).await;
        let id = booked(&world).await;
        // The host's invite is on its way while the booking is called off.
        let claimed = world.store.claim_mail("one", NOW, NOW.plus_micros(LAPSE), 1).await.unwrap();
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

fn an_unreadable_mail_waits_and_holds_up_no_other(database: &TestDatabase) {
    run(async {
        let world = World::make(database.open()).await;
        booked(&world).await;
        let store = &world.store;
        let broken = "UPDATE booking_links SET token_sealed = 'x' || token_sealed";
        store.write(move |tx| tx.run(|c| sql_query(broken).execute(c))).await.unwrap();
        let notice = reset(Some(world.event_type.host), NOW.plus(Minutes(60)));
        let id = OutboxId::new(NOW, &Dice);
        store.write(move |tx| tx.enqueue(id, &notice, NOW)).await.unwrap();
        let letters = claim(store, "one", NOW).await;
        assert_eq!(letters.iter().map(|letter| letter.id).collect::<Vec<_>>(), [id]);
        store.mail_sent(id, "<a@b>", NOW).await.unwrap();
        // Put right, they leave.
        let later = NOW.plus(Minutes(10));
        assert_eq!(store.mail_backlog().await.unwrap().next_due, Some(later));
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
        let later = NOW.plus_micros(LAPSE);
        let rest = claim(&world.store, "three", later).await;
        assert!(
            rest.iter().all(|letter| letter.id != under_way[0].id && letter.id != under_way[1].id)
        );
        assert!(rest.iter().any(|letter| letter.id != next[0].id), "{rest:?}");
    });
}

fn a_reset_mail_does_not_leave_after_its_link_has_ended(database: &TestDatabase) {
    run(async {
        let world = World::make(database.open()).await;
        let end = NOW.plus(Minutes(60));
        let notice = reset(Some(world.event_type.host), end);
        let id = OutboxId::new(NOW, &Dice);
        world.store.write(move |tx| tx.enqueue(id, &notice, NOW)).await.unwrap();
        assert!(claim(&world.store, "one", end).await.is_empty());
        assert_eq!(world.store.mail_backlog().await.unwrap().next_due, None);
    });
}

fn a_reset_mail_for_nobody_never_leaves(database: &TestDatabase) {
    run(async {
        let store = database.open();
        let notice = reset(None, NOW.plus(Minutes(60)));
        let id = OutboxId::new(NOW, &Dice);
        store.write(move |tx| tx.enqueue(id, &notice, NOW)).await.unwrap();
        assert_eq!(store.mail_backlog().await.unwrap().next_due, Some(NOW));
        assert!(claim(&store, "one", NOW).await.is_empty());
        assert_eq!(store.mail_backlog().await.unwrap().next_due, None);
    });
}

fn reset(user: Option<UserId>, expires_at: Instant) -> Notice {
    Notice::PasswordReset { user, token: Token::new(&Dice), expires_at }
}
