//! The other bookings of a series.

use roomkey_app::Found;
use roomkey_core::booking::Booking;

use super::{State, path, zones};
use crate::{
    Web,
    failure::Failure,
    view::{Clock, When},
};

/// Where a booking stands in its series.
#[derive(Debug)]
pub(crate) struct SeriesCard {
    pub(crate) index: u32,
    pub(crate) of: u32,
    pub(crate) all: Vec<Sibling>,
}

/// A booking of the series.
#[derive(Debug)]
pub(crate) struct Sibling {
    pub(crate) when: When,
    pub(crate) state: State,
    /// The path of its page; none for the one that is shown.
    pub(crate) path: Option<String>,
}

impl SeriesCard {
    /// The reader's own links lead to the others: they are on the same side of all of them.
    pub(super) async fn of(web: &Web, found: &Found) -> Result<Option<Self>, Failure> {
        let Some(series) = &found.details.booking.series else { return Ok(None) };
        if found.guest.is_some() {
            return Ok(None);
        }
        let (own, other) = zones(found);
        let mut all = Vec::new();
        for details in web.app.series(series.series).await? {
            let booking: &Booking = &details.booking;
            let is_other = booking.id != found.details.booking.id;
            all.push(Sibling {
                when: When::new(booking.span, own, other, Clock::TwentyFour),
                state: State::of(booking, found.now),
                path: is_other.then(|| path(details.link(found.side))),
            });
        }
        Ok(Some(Self { index: series.index, of: series.of, all }))
    }

    #[cfg(test)]
    pub(super) fn sample() -> Self {
        let sibling = |state, path: Option<&str>| Sibling {
            when: When::sample(),
            state,
            path: path.map(str::to_owned),
        };
        Self {
            index: 2,
            of: 3,
            all: vec![
                sibling(State::Past, Some("/b/one")),
                sibling(State::Confirmed, None),
                sibling(State::Cancelled, Some("/b/three")),
            ],
        }
    }
}
