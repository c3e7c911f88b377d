//! The use cases of Roomkey, one file each. Pages, API, commands and Jitsi's calls all come
//! through here: open a transaction, load facts, ask `roomkey-core` to decide, store what it
//! decided.

mod accounts;
mod answer_request;
mod api_keys;
mod attempts;
mod book;
mod book_series;
mod cancel;
mod cancel_day;
mod change_series;
mod conference;
mod context;
mod csrf;
mod event_links;
mod event_types;
mod flood;
mod forgot_password;
mod hold;
mod join;
mod join_waiting_list;
mod mark;
mod move_booking;
mod move_day;
mod offer;
mod offer_waiting;
mod password;
mod private_note;
mod propose;
mod prove_email;
mod questions;
mod remove_guest;
mod schedules;
mod seating;
mod seed;
mod setup;
mod show_booking;
mod sign_in;
mod upkeep;
mod waiting_entry;

pub use accounts::{AddUserError, NewUser};
pub use answer_request::{Answer, RequestError};
pub use api_keys::{Caller, NewApiKey};
pub use attempts::{Client, Limited};
pub use book::{BookError, Booked, Idempotency, IdempotencyScope, Wanted};
pub use book_series::{RefusedDate, RepeatError};
pub use cancel::CancelError;
pub use cancel_day::{CancelDayError, Day, DayOff};
pub use conference::{Conference, Verdict};
pub use context::{App, AppOptions, EmailProof};
pub use csrf::Csrf;
pub use event_links::{EventLinkError, LinkGone, NewEventLink};
pub use event_types::EventTypeError;
pub use forgot_password::ResetError;
pub use hold::HoldError;
pub use join::{Join, JoinError};
pub use join_waiting_list::{JoinListError, Joining, WaitingList};
pub use mark::MarkError;
pub use move_booking::{Movable, MoveError};
pub use move_day::{DayMove, MoveDayError};
pub use offer::{Explained, OfferError, Offered, Page, WrongDuration};
pub use password::HashingFailed;
pub use propose::{ProposalAnswer, ProposalError, Says};
pub use prove_email::{ProofError, STAMP_LASTS};
pub use questions::{AskError, QuestionChange};
pub use remove_guest::GuestError;
pub use roomkey_store::{
    BookingDetails, BookingFilter, BookingSearch, Cursor, IssuedLink, StoreError,
};
pub use schedules::{ScheduleError, TimeOffError};
pub use seed::{Seed, SeedError, Seeded};
pub use setup::SetupError;
pub use show_booking::{Found, LinkError};
pub use sign_in::{Session, SignInError, SignedIn};
pub use waiting_entry::{WaitingError, WaitingFound};
