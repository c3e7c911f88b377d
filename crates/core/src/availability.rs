//! The slot engine: facts in, slots out.
//!
//! [`Offer`] holds all that the question needs. [`Offer::slots`] lists what can be booked;
//! [`Offer::verdict`] asks the same function about one instant, so what is offered is what is
//! accepted. [`Offer::refusals`] says all that speaks against an instant, and [`Reason`] says it to
//! the host.

mod busy;
mod explain;
mod hours;
mod offer;
mod quota;
mod refusal;
mod schedule;
mod time_off;
mod weekly;

pub use busy::{Busy, BusyElsewhere, BusyTimes, Occupant};
pub use explain::Reason;
pub use offer::{Offer, Slot};
pub use quota::counted_span;
pub use refusal::Refusal;
pub use schedule::{DayHours, LocalRange, Schedule, WEEK, WeeklyHours};
pub use time_off::TimeOff;
pub use weekly::{InvalidOverride, InvalidWeekly, parse_override, parse_weekly};
