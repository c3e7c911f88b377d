//! What went on in a booking's room, in words for its host.

use roomkey_app::Found;
use roomkey_core::{
    room::{Conference, Ended},
    time::{Instant, MICROS_PER_MINUTE, Minutes},
};

use super::moment;

/// A room as Jitsi opened it.
#[derive(Debug)]
pub(crate) struct Opening {
    pub(crate) opened_at: Instant,
    /// In the host's zone.
    pub(crate) opened: String,
    /// How it ended, and how long it lasted; none while it goes on.
    pub(crate) ended: Option<String>,
}

/// A booking's rooms as Jitsi opened them, the latest last.
pub(super) fn openings(found: &Found, conferences: &[Conference]) -> Vec<Opening> {
    let opening = |conference: &Conference| Opening {
        opened_at: conference.opened_at,
        opened: moment(found, conference.opened_at),
        ended: conference.ended(found.now).map(|ended| {
            let at = moment(found, ended.at());
            let lasted = lasted(conference.opened_at, ended.at());
            match ended {
                Ended::Empty(_) => format!("empty {at}, after {lasted}"),
                Ended::InTime(_) => format!("closed {at}, after {lasted}, for its time was over"),
            }
        }),
    };
    conferences.iter().map(opening).collect()
}

/// In whole minutes, or `less than a minute`.
fn lasted(from: Instant, to: Instant) -> String {
    match u32::try_from(to.since(from) / MICROS_PER_MINUTE) {
        Ok(minutes @ 1..) => Minutes(minutes).to_string(),
        _ => "less than a minute".to_owned(),
    }
}

#[cfg(test)]
impl Opening {
    pub(super) fn samples() -> Vec<Self> {
        let opening = |ended: Option<&str>| Self {
            opened_at: Instant::EPOCH,
            opened: "at 12:35".into(),
            ended: ended.map(str::to_owned),
        };
        vec![opening(Some("empty at 12:50, after 15 minutes")), opening(None)]
    }
}
