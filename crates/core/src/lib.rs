//! The domain of Roomkey, pure: facts and the present moment go in, decisions come out.
//!
//! Nothing here reads a clock, draws randomness, or touches a disk or a socket: the moment
//! ([`time::Instant`]) and random bytes ([`random::Entropy`]) are passed in by the caller.
//!
//! Where to find things: what a host offers is [`event_type`] and [`availability`], and what is asked
//! of whoever takes it [`question`]; what became of an offer is [`booking`]; who waits for one is [`waiting_list`]; where people meet is [`room`]; what they are told is [`notice`],
//! and what their calendars are told is [`invite`]; how somebody shows that an address is theirs is [`proof_key`]; who may do what is [`account`]; what links are
//! made from is [`site`].

pub mod account;
pub mod availability;
pub mod booking;
pub mod event_type;
pub mod ids;
pub mod invite;
pub mod jitsi;
pub mod notice;
pub mod proof_key;
pub mod question;
pub mod random;
pub mod room;
pub mod site;
pub mod text;
pub mod time;
pub mod token;
pub mod waiting_list;
