//! The slot engine: facts in, slots out.
//!
//! [`Offer`] holds all that the question needs. [`Offer::slots`] lists what can be booked;
//! [`Offer::verdict`] says of one instant whether it can, and if not, why. Both ask the same
//! function, so what is offered is what is accepted.

mod busy;
mod hours;
mod offer;
mod schedule;
mod weekly;

pub use busy::{Busy, BusyTimes};
pub use offer::{Offer, Refusal, Slot};
pub use schedule::{DayHours, LocalRange, Schedule, WEEK, WeeklyHours};
pub use weekly::{InvalidOverride, InvalidWeekly, parse_override, parse_weekly};
