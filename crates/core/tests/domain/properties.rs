//! What holds of every offer, whatever its facts.

use std::collections::BTreeSet;

use proptest::{collection::vec, prelude::*, sample::Index};
use roomkey_core::{
    availability::{Busy, Occupant, Slot},
    event_type::{Dates, Limits, Terms, Window},
    time::{Instant, MICROS_PER_MINUTE, Minutes, Span},
};

use crate::{
    case::{Booked, Case},
    long_run,
    strategies::{booking_near, case, event_terms, time_off},
};

fn times(normal: u32) -> ProptestConfig {
    let cases = if long_run() { normal * 50 } else { normal };
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

fn starts(case: &Case) -> BTreeSet<Instant> {
    case.slots().iter().map(|slot| slot.start).collect()
}

/// The first instant of the minute that `at` lies in, or of the next.
fn next_minute(at: Instant) -> Instant {
    let micros = at.micros();
    Instant::from_micros(micros + (-micros).rem_euclid(MICROS_PER_MINUTE))
}

proptest! {
    #![proptest_config(times(80))]

    #[test]
    fn what_is_offered_is_what_can_be_booked(case in case()) {
        let offered = case.slots();
        let bookable = case.ask(|offer| {
            let grid = std::iter::successors(Some(next_minute(case.range.start)), |at| {
                Some(at.plus(Minutes(1)))
            });
            grid.take_while(|at| *at < case.range.end)
                .filter_map(|at| offer.verdict(at).ok())
                .collect::<Vec<_>>()
        });
        prop_assert_eq!(&offered, &bookable);
        let between = case.ask(|offer| offered.iter().any(|slot| {
            offer.verdict(slot.start.plus_micros(1)).is_ok()
        }));
        prop_assert!(!between, "a start between two minutes was granted");
    }
}

proptest! {
    #![proptest_config(times(400))]

    #[test]
    fn slots_are_in_order_once_each_and_as_long_as_asked(case in case()) {
        let slots = case.slots();
        prop_assert!(slots.is_sorted_by(|a, b| a.start < b.start));
        for slot in slots {
            prop_assert_eq!(slot.span().minutes(), case.terms.duration);
            prop_assert!(case.range.start <= slot.start && slot.start < case.range.end);
        }
    }

    #[test]
    fn a_range_is_the_sum_of_its_parts(case in case(), at in any::<Index>()) {
        let length = usize::try_from(case.range.end.since(case.range.start)).unwrap();
        let middle = case.range.start.plus_micros(i64::try_from(at.index(length)).unwrap());
        let (first, second) = case.ask(|offer| {
            let first = offer.slots(Span { end: middle, ..case.range });
            (first, offer.slots(Span { start: middle, ..case.range }))
        });
        prop_assert_eq!(case.slots(), [first, second].concat());
    }

    #[test]
    fn a_booking_takes_what_it_is_too_close_to_and_nothing_else(
        (case, booking) in case().prop_flat_map(|case| {
            let range = case.range;
            (Just(case), booking_near(range))
        }),
    ) {
        let before = case.slots();
        let mut case = case;
        case.bookings.push(Booked { busy: booking, counts: false });
        let left: Vec<Slot> = before
            .into_iter()
            .filter(|slot| apart(slot.span(), &case.terms, &booking))
            .collect();
        prop_assert_eq!(case.slots(), left);
    }

    #[test]
    fn what_counts_for_limits_or_takes_time_never_adds_a_slot(
        (case, booking, away) in case().prop_flat_map(|case| {
            let (range, zone) = (case.range, case.schedule.time_zone);
            (Just(case), booking_near(range), time_off(zone, range.start))
        }),
        counts in any::<bool>(),
    ) {
        let before = starts(&case);
        let mut busier = case.clone();
        busier.bookings.push(Booked { busy: booking, counts });
        prop_assert!(starts(&busier).is_subset(&before));
        let mut elsewhere = case.clone();
        elsewhere.elsewhere.push(booking.span);
        prop_assert!(starts(&elsewhere).is_subset(&before));
        let mut absent = case;
        absent.time_off.push(away);
        prop_assert!(starts(&absent).is_subset(&before));
    }

    #[test]
    fn what_is_refused_has_a_reason_and_what_is_offered_has_none(
        case in case(),
        minutes in vec(any::<Index>(), 1..20),
    ) {
        let length = usize::try_from(case.range.minutes().0).unwrap();
        let offered = starts(&case);
        for minute in minutes {
            let minute = Minutes(u32::try_from(minute.index(length)).unwrap());
            let at = next_minute(case.range.start).plus(minute);
            let (refusals, verdict) = case.ask(|offer| (offer.refusals(at), offer.verdict(at)));
            prop_assert_eq!(offered.contains(&at), at < case.range.end && refusals.is_empty());
            prop_assert_eq!(verdict.err(), refusals.first().copied());
        }
    }

    #[test]
    fn more_notice_or_a_shorter_window_never_adds_a_slot(
        case in case(),
        notice in 0..4000_u32,
        days in 0..10_u16,
    ) {
        let mut strict = case.clone();
        strict.terms.min_notice.0 += notice;
        prop_assert!(starts(&strict).is_subset(&starts(&case)));
        let mut short = case.clone();
        short.terms.window = match short.terms.window {
            Window::Days(most) => Window::Days(most.saturating_sub(days)),
            Window::BusinessDays(most) => Window::BusinessDays(most.saturating_sub(days)),
            Window::Dates(dates) => {
                let last = dates.last() - chrono::Duration::days(days.into());
                Window::Dates(Dates::new(dates.first(), last.max(dates.first())).unwrap())
            }
        };
        prop_assert!(starts(&short).is_subset(&starts(&case)));
    }

    #[test]
    fn as_time_passes_slots_of_today_only_go(case in case(), minutes in 0..1440_u32) {
        let zone = case.schedule.time_zone;
        let later = case.clone().at(case.now.plus(Minutes(minutes)));
        prop_assume!(zone.date(later.now) == zone.date(case.now));
        prop_assert!(starts(&later).is_subset(&starts(&case)));
    }

    #[test]
    fn bookings_of_offered_slots_keep_the_larger_buffer_between_them(
        case in case(),
        choices in vec((event_terms(), any::<Index>()), 1..12),
    ) {
        let mut case = Case { bookings: Vec::new(), seats: None, ..case };
        for (terms, choice) in choices {
            let window = Window::Days(30);
            case.terms = Terms { window, min_notice: Minutes(0), limits: Limits::NONE, ..terms };
            let slots = case.slots();
            if !slots.is_empty() {
                let buffers = case.terms.buffers;
                let span = choice.get(&slots).span();
                let busy = Busy { span, buffers, by: Occupant::Booking };
                case.bookings.push(Booked { busy, counts: true });
            }
        }
        let mut bookings: Vec<Busy> = case.bookings.iter().map(|booked| booked.busy).collect();
        bookings.sort_by_key(|booking| booking.span.start);
        for (i, a) in bookings.iter().enumerate() {
            for b in &bookings[i + 1..] {
                let gap = b.span.start.since(a.span.end);
                prop_assert!(gap >= a.buffers.after.max(b.buffers.before).micros(), "{a:?} {b:?}");
            }
        }
    }
}

/// Whether the buffers of a slot and of a booking both fit between the two.
fn apart(slot: Span, terms: &Terms, booking: &Busy) -> bool {
    let since = slot.start.since(booking.span.end);
    let until = booking.span.start.since(slot.end);
    since >= terms.buffers.before.max(booking.buffers.after).micros()
        || until >= terms.buffers.after.max(booking.buffers.before).micros()
}
