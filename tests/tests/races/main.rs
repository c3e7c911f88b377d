//! 64 clients at once, on PostgreSQL at two server processes over one database: booking, confirming, declining,
//! cancelling and moving the same bookings and times, alone, by seats, in series and from a waiting list. Whoever comes
//! first, no two bookings meet, and what was acknowledged is what is stored.

mod bookings;
mod seats;
mod series;
mod servers;
mod waiting_list;
