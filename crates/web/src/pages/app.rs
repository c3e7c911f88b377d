//! The host's pages, behind the sign-in.

pub(crate) mod availability;
pub(crate) mod booking_new;
pub(crate) mod bookings;
pub(crate) mod day;
pub(crate) mod event_type;
pub(crate) mod event_types;
pub(crate) mod rooms;
pub(crate) mod settings;
pub(crate) mod waiting;
