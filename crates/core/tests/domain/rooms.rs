//! Rooms: names and passwords that nobody guesses, and who is let in when.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;
use roomkey_core::{
    booking::Status,
    event_type::RoomPolicy,
    ids::{BookingId, RoomId},
    random::Entropy,
    room::{Admission, Room, RoomName, RoomPassword, SKEW_MICROS},
    time::{Instant, Minutes, Span},
};

use crate::{
    case::{instant, minutes},
    seeded::Seeded,
};

const DRAWS: usize = 100_000;

/// Pearson's statistic of counts against all `kinds` being as likely.
#[allow(clippy::cast_precision_loss, reason = "counts are small")]
fn chi_square<T>(counts: &HashMap<T, usize>, kinds: usize) -> f64 {
    let draws: usize = counts.values().sum();
    let expected = draws as f64 / kinds as f64;
    let seen: f64 = counts.values().map(|n| (*n as f64 - expected).powi(2) / expected).sum();
    seen + (kinds - counts.len()) as f64 * expected
}

/// What chance exceeds in about one of a million draws.
#[allow(clippy::cast_precision_loss, reason = "kinds are few")]
fn limit(kinds: usize) -> f64 {
    let freedom = (kinds - 1) as f64;
    // Wilson and Hilferty: the cube root of the statistic is nearly normal.
    let spread = 2.0 / (9.0 * freedom);
    freedom * (1.0 - spread + 4.75 * spread.sqrt()).powi(3)
}

#[test]
fn names_are_32_even_characters_and_never_repeat() {
    let entropy = Seeded::new(1);
    let mut seen = HashSet::new();
    let mut counts = vec![HashMap::new(); 32];
    for _ in 0..DRAWS {
        let name = RoomName::new(&entropy);
        let text = name.expose();
        assert_eq!(text.len(), 32);
        assert!(text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()), "{text}");
        for (place, byte) in text.bytes().enumerate() {
            *counts[place].entry(byte).or_default() += 1;
        }
        assert!(seen.insert(text.to_owned()), "{text} twice");
    }
    for place in counts {
        assert!(chi_square(&place, 32) < limit(32), "{place:?}");
    }
}

#[test]
fn passwords_are_three_words_and_five_even_digits() {
    let entropy = Seeded::new(2);
    let mut words = vec![HashMap::new(); 3];
    let mut digits = vec![HashMap::new(); 5];
    let mut seen = HashSet::new();
    for _ in 0..DRAWS {
        let password = RoomPassword::new(&entropy);
        let parts: Vec<&str> = password.expose().split('-').collect();
        let [a, b, c, number] = parts[..] else { panic!("{parts:?}") };
        for (place, word) in [a, b, c].into_iter().enumerate() {
            assert!(!word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase()), "{word}");
            *words[place].entry(word.to_owned()).or_default() += 1;
        }
        assert_eq!(number.len(), 5);
        assert!(number.bytes().all(|b| (b'2'..=b'9').contains(&b)), "{number}");
        for (place, digit) in number.bytes().enumerate() {
            *digits[place].entry(digit).or_default() += 1;
        }
        assert!(seen.insert(password.expose().to_owned()), "{parts:?} twice");
    }
    for place in words {
        assert!(chi_square(&place, 2048) < limit(2048));
    }
    for place in digits {
        assert!(chi_square(&place, 8) < limit(8), "{place:?}");
    }
}

/// Entropy of one bit.
struct OneBit(u64);

impl Entropy for OneBit {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&self.0.to_be_bytes());
    }
}

#[test]
fn a_password_holds_48_bits_each_in_one_place() {
    let password = |bits| RoomPassword::new(&OneBit(bits)).expose().to_owned();
    let parts = |text: &str| -> Vec<String> {
        let (words, number) = text.rsplit_once('-').unwrap();
        words.split('-').map(str::to_owned).chain(number.chars().map(String::from)).collect()
    };
    let zero = parts(&password(0));
    let changed: Vec<usize> = (0..u64::BITS)
        .map(|bit| {
            let other = parts(&password(1 << bit));
            zero.iter().zip(&other).filter(|(a, b)| a != b).count()
        })
        .collect();
    assert_eq!(changed.iter().filter(|places| **places == 1).count(), 48, "{changed:?}");
    assert_eq!(changed.iter().sum::<usize>(), 48, "{changed:?}");
}

#[test]
fn only_what_could_be_a_name_is_read_as_one() {
    let name = RoomName::new(&Seeded::new(3));
    assert_eq!(name.expose().parse::<RoomName>().unwrap().expose(), name.expose());
    let upper = name.expose().to_ascii_uppercase();
    for text in ["", "abc", &upper, &format!("{}a", name.expose()), &"ä".repeat(16)] {
        assert!(text.parse::<RoomName>().is_err(), "{text}");
    }
}

#[test]
fn neither_name_nor_password_is_in_a_debug_text() {
    let room = room(Span { start: Instant::EPOCH, end: Instant::EPOCH });
    let text = format!("{room:?}");
    assert!(!text.contains(room.name.expose()) && !text.contains(room.password.expose()), "{text}");
}

fn room(window: Span) -> Room {
    let entropy = Seeded::new(4);
    Room {
        id: RoomId::new(Instant::EPOCH, &entropy),
        booking: Some(BookingId::new(Instant::EPOCH, &entropy)),
        generation: 1,
        name: RoomName::new(&entropy),
        password: RoomPassword::new(&entropy),
        window,
        max_occupants: None,
        lobby: false,
        knock: false,
        server: None,
        revoked: false,
    }
}

#[test]
fn the_window_is_the_booked_time_with_early_and_grace() {
    let policy = RoomPolicy {
        early: Minutes(10),
        grace: Minutes(15),
        max_occupants: None,
        lobby: false,
        knock: false,
        server: None,
    };
    let booked =
        Span { start: instant("2026-12-03T09:00:00Z"), end: instant("2026-12-03T09:30:00Z") };
    let window = Room::window(booked, &policy);
    assert_eq!(window.start, instant("2026-12-03T08:50:00Z"));
    assert_eq!(window.end, instant("2026-12-03T09:45:00Z"));
}

#[test]
fn the_window_opens_and_closes_to_the_microsecond() {
    let opens_at = instant("2026-12-03T08:50:00Z");
    let closes_at = instant("2026-12-03T09:45:00Z");
    let room = room(Span { start: opens_at, end: closes_at });
    let early = Admission::Early { opens_at };
    for (from, micros, page, jitsi) in [
        (opens_at, -SKEW_MICROS - 1, early, early),
        (opens_at, -SKEW_MICROS, early, Admission::Open),
        (opens_at, -1, early, Admission::Open),
        (opens_at, 0, Admission::Open, Admission::Open),
        (closes_at, -1, Admission::Open, Admission::Open),
        (closes_at, 0, Admission::Over, Admission::Over),
        (closes_at, minutes(60 * 24 * 365), Admission::Over, Admission::Over),
    ] {
        let now = from.plus_micros(micros);
        assert_eq!(room.on_page(Status::Confirmed, now), page, "page at {now:?}");
        assert_eq!(room.for_jitsi(Status::Confirmed, now), jitsi, "Jitsi at {now:?}");
    }
    assert_eq!(SKEW_MICROS, minutes(1));
}

#[test]
fn a_revoked_room_or_a_cancelled_booking_lets_nobody_in_at_any_time() {
    let window = Span { start: Instant::EPOCH, end: Instant::from_seconds(3600) };
    let standing = room(window);
    let revoked = Room { revoked: true, ..room(window) };
    for seconds in [-3600, 0, 1800, 3600, 7200] {
        let now = Instant::from_seconds(seconds);
        assert_eq!(standing.on_page(Status::Cancelled, now), Admission::Revoked);
        assert_eq!(standing.for_jitsi(Status::Cancelled, now), Admission::Revoked);
        assert_eq!(revoked.on_page(Status::Confirmed, now), Admission::Revoked);
        assert_eq!(revoked.for_jitsi(Status::Confirmed, now), Admission::Revoked);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whoever_the_page_lets_through_jitsi_grants(
        booked in 5..=1440_u32,
        early in 0..=1440_u32,
        grace in 0..=1440_u32,
        offset in -minutes(3000)..minutes(5000),
        revoked: bool,
        cancelled: bool,
    ) {
        let start = instant("2026-12-03T09:00:00Z");
        let policy = RoomPolicy {
            early: Minutes(early),
            grace: Minutes(grace),
            max_occupants: None,
            lobby: false,
        knock: false, server: None,
        };
        let span = Span::lasting(start, Minutes(booked));
        let room = Room { revoked, ..room(Room::window(span, &policy)) };
        let status = if cancelled { Status::Cancelled } else { Status::Confirmed };
        let now = start.plus_micros(offset);
        let (page, jitsi) = (room.on_page(status, now), room.for_jitsi(status, now));
        if page == Admission::Open {
            prop_assert_eq!(jitsi, Admission::Open);
        }
        // During the meeting itself a standing booking's room is open.
        if span.start <= now && now < span.end && !revoked && !cancelled {
            prop_assert_eq!(page, Admission::Open);
        }
        // Elsewhere the two say the same, but for the minute before the page opens.
        if now < room.window.start.plus_micros(-SKEW_MICROS) || room.window.start <= now {
            prop_assert_eq!(page, jitsi);
        }
    }
}
