//! Who was in a room: the same whatever order Jitsi's events come in, and however often.

use proptest::prelude::*;
use roomkey_core::{
    room::{Meeting, Person, Presence, Stay},
    time::Instant,
};

/// Minutes after the room was made.
fn at(minute: i64) -> Instant {
    Instant::from_seconds(1_790_000_000 + 60 * minute)
}

fn stay(occupant: &str, from: i64, to: Option<i64>) -> Stay {
    Stay {
        occupant: occupant.to_owned(),
        joined_at: at(from),
        left_at: to.map(at),
        person: None,
        name: None,
        summed: false,
    }
}

fn of(stays: &[Stay], meetings: &[Meeting], now: i64) -> Presence {
    Presence::of(stays, meetings, at(60), at(now))
}

fn meeting(from: i64, to: Option<i64>) -> Meeting {
    Meeting { created_at: at(from), destroyed_at: to.map(at) }
}

#[test]
fn two_who_met_have_met_for_as_long_as_both_were_there() {
    let stays = [stay("a", 0, Some(30)), stay("b", 10, Some(40)), stay("c", 50, Some(55))];
    let there = of(&stays, &[], 59);
    assert_eq!(there.together, at(30).since(at(10)));
    assert!(there.is_meeting());
    assert_eq!(there.people.len(), 3);
    assert_eq!(there.inside().count(), 0);
}

#[test]
fn one_alone_meets_nobody_nor_does_their_ghost() {
    assert!(!of(&[], &[meeting(0, Some(5))], 60).is_meeting());
    assert!(!of(&[stay("a", 0, Some(60))], &[], 60).is_meeting());
    // A dropped connection stays for a minute.
    assert!(!of(&[stay("a", 0, Some(11)), stay("a2", 10, Some(60))], &[], 60).is_meeting());
    assert!(of(&[stay("a", 0, Some(12)), stay("a2", 10, Some(60))], &[], 60).is_meeting());
    // With a token it is known to be one person.
    let ada = |stay: Stay| Stay { person: Some("ada".into()), name: Some("Ada".into()), ..stay };
    let twice = of(&[ada(stay("a", 0, Some(30))), ada(stay("a2", 10, Some(60)))], &[], 60);
    assert!(!twice.is_meeting());
    let times = vec![(at(0), Some(at(60)))];
    let person = Person { id: Some("ada".into()), name: Some("Ada".into()), times };
    assert_eq!(twice.people, [person]);
}

#[test]
fn what_was_never_told_ends_with_the_meeting_or_the_window() {
    let open = [stay("a", 0, None), stay("b", 5, None)];
    assert_eq!(of(&open, &[], 20).inside().count(), 2);
    assert_eq!(of(&open, &[], 20).together, at(20).since(at(5)));
    let over = of(&open, &[meeting(0, Some(30))], 40);
    assert_eq!((over.inside().count(), over.together), (0, at(30).since(at(5))));
    let lost = of(&open, &[], 60);
    assert_eq!((lost.inside().count(), lost.together), (0, at(60).since(at(5))));
}

#[test]
fn the_summary_of_a_meeting_counts_for_more_than_what_was_told_before() {
    let summed = Stay { summed: true, ..stay("a", 0, Some(30)) };
    let told = [stay("a", 0, Some(29)).merged(summed.clone()), stay("ghost", 1, None)];
    let there = of(&told, &[meeting(0, Some(30))], 40);
    assert_eq!(there.people.len(), 1, "who is not in it was not there");
    assert_eq!(there.people[0].times, [(at(0), Some(at(30)))]);
    // Of another meeting it says nothing.
    let later = [summed, stay("b", 35, Some(50))];
    assert_eq!(of(&later, &[meeting(0, Some(30)), meeting(34, None)], 55).people.len(), 2);
}

/// One thing that Jitsi tells.
#[derive(Debug, Clone)]
enum Told {
    Meeting(Meeting),
    Stay(Stay),
}

/// All that Jitsi tells of two meetings, each thing up to three times, some of it never, in any order.
fn tellings() -> impl Strategy<Value = (Vec<Told>, Vec<Told>)> {
    let stays = prop::collection::vec((0..4_u8, 0..25_i64, 0..20_i64, any::<bool>()), 0..8);
    (stays, any::<[bool; 3]>()).prop_flat_map(|(stays, [first, second, summary])| {
        let mut all = vec![Told::Meeting(meeting(0, None)), Told::Meeting(meeting(30, None))];
        if first {
            all.push(Told::Meeting(meeting(0, Some(29))));
        }
        if second {
            all.push(Told::Meeting(meeting(30, Some(58))));
        }
        for (occupant, from, length, named) in stays {
            let name = named.then(|| "Bo".to_owned());
            let person = named.then(|| format!("p{occupant}"));
            let occupant = format!("o{occupant}");
            let came = Stay { person, name, ..stay(&occupant, from, None) };
            let went = Stay { left_at: Some(at(from + length)), ..came.clone() };
            if summary && first {
                all.push(Told::Stay(Stay { summed: true, ..went.clone() }));
            }
            all.extend([Told::Stay(came), Told::Stay(went)]);
        }
        let often = prop::collection::vec(0..4_usize, all.len());
        (Just(all), often).prop_flat_map(|(all, often)| {
            let told: Vec<Told> =
                all.iter().zip(often).flat_map(|(told, times)| vec![told.clone(); times]).collect();
            (Just(told.clone()), Just(told).prop_shuffle())
        })
    })
}

/// What is known after that, as it is stored.
fn known(told: &[Told]) -> (Vec<Stay>, Vec<Meeting>) {
    let (mut stays, mut meetings): (Vec<Stay>, Vec<Meeting>) = Default::default();
    for told in told {
        match told {
            Told::Stay(stay) => {
                let is_same = |each: &&mut Stay| {
                    each.occupant == stay.occupant && each.joined_at == stay.joined_at
                };
                match stays.iter_mut().find(is_same) {
                    Some(before) => *before = before.clone().merged(stay.clone()),
                    None => stays.push(stay.clone()),
                }
            }
            Told::Meeting(meeting) => {
                match meetings.iter_mut().find(|each| each.created_at == meeting.created_at) {
                    Some(before) => {
                        before.destroyed_at = before.destroyed_at.max(meeting.destroyed_at);
                    }
                    None => meetings.push(*meeting),
                }
            }
        }
    }
    (stays, meetings)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_events_does_not_matter((told, shuffled) in tellings(), now in 0..80_i64) {
        let (one, other) = (known(&told), known(&shuffled));
        let there = of(&one.0, &one.1, now);
        prop_assert_eq!(&there, &of(&other.0, &other.1, now));
        // Twice is as once.
        let twice: Vec<Told> = told.iter().chain(&shuffled).cloned().collect();
        let twice = known(&twice);
        prop_assert_eq!(&there, &of(&twice.0, &twice.1, now));
        for person in &there.people {
            let mut last = None;
            for (from, to) in &person.times {
                prop_assert!(to.is_none_or(|to| *from <= to));
                prop_assert!(last.is_none_or(|last| last < *from), "times apart: {:?}", person);
                last = *to;
            }
        }
    }
}
