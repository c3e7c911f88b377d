//! What the templates show: plain display values, and the few shapes that several pages share.

mod came;
mod guarantees;
mod icon;
mod meets;
mod month;
mod problems;
mod questions;
mod shell;
mod when;
mod zones;

pub(crate) use came::Came;
pub(crate) use guarantees::{Guarantee, guarantees};
pub(crate) use icon::{Icon, Markup};
pub(crate) use meets::Meets;
pub(crate) use month::{Month, MonthKey};
pub(crate) use problems::Problems;
pub(crate) use questions::{Ask, AskKind, asks, asks_prefilled, hidden_answers, note_wrong};
pub(crate) use shell::{AppShell, Section, Shell, Theme};
pub(crate) use when::{
    Clock, TimeOfDay, Trail, When, date_seen_from, date_with_year, long_date, month_short, nearby,
};
pub(crate) use zones::ZoneOptions;

/// Up to two letters that stand for a name.
pub(crate) fn initials(name: &str) -> String {
    let mut words = name.split_whitespace();
    let first = words.next().and_then(|word| word.chars().next());
    let last = words.next_back().and_then(|word| word.chars().next());
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}
