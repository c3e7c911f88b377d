//! What holds of a room, by how its Jitsi is told about it. `docs/jitsi.md` has the same table.

use roomkey_core::jitsi::JitsiMode::{self, Jwt, Link, Reservations, ReservationsJwt};

/// A question about a room, and its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Guarantee {
    pub(crate) question: &'static str,
    pub(crate) answer: &'static str,
}

/// What holds in a mode.
pub(crate) fn guarantees(mode: JitsiMode) -> Vec<Guarantee> {
    TABLE.iter().map(|(question, answer)| Guarantee { question, answer: answer(mode) }).collect()
}

type Answer = fn(JitsiMode) -> &'static str;

const TABLE: [(&str, Answer); 6] = [
    ("Who can open the room", |mode| match mode {
        ReservationsJwt => {
            "Who was invited, with a token of their own, and only if a booking says so"
        }
        Reservations => "Who knows its name, and only if a booking says so",
        Jwt => "Who was invited, with a token of their own",
        Link => "Anybody who knows its name",
    }),
    ("When", |mode| match mode {
        Reservations | ReservationsJwt => "From its opening to its closing time",
        Jwt => "From its opening to its closing time; who is in stays",
        Link => "At any time",
    }),
    ("Who else comes in", |mode| match mode {
        ReservationsJwt => "Who was invited, with a token and the password",
        Reservations => "Who knows the password, or is let in from the lobby",
        Jwt => "Who was invited, with a token",
        Link => "Anybody who knows its name",
    }),
    ("Who is moderator", |mode| match mode {
        Jwt | ReservationsJwt => "The host, where Jitsi reads that in tokens",
        Reservations => "Nobody, or the first who comes in: a switch of Jitsi says which",
        Link => "The first who comes in",
    }),
    ("Password, lobby, number of people", |mode| match mode {
        Reservations | ReservationsJwt => {
            "As the event type says; a moderator can change them in the meeting"
        }
        Jwt | Link => "None: Jitsi is not told of them, so nobody is told a password",
    }),
    ("Moved or cancelled", |mode| match mode {
        Reservations | ReservationsJwt => "The old room opens to nobody any more",
        Jwt => "Nobody gets a token any more; one that was given lasts until the old closing time",
        Link => "The old room's name still opens a room, which nobody expects anybody in",
    }),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_docs_have_the_same_table() {
        let docs = include_str!("../../../../docs/jitsi.md");
        for (question, answer) in TABLE {
            let row = docs.lines().find(|line| line.starts_with(&format!("| {question} |")));
            let row = row.unwrap_or_else(|| panic!("no row {question:?}"));
            let told: Vec<&str> = row.split('|').map(str::trim).collect();
            let said: Vec<&str> = JitsiMode::ALL.into_iter().map(answer).collect();
            assert_eq!(told[2..=5], said[..], "{question}");
        }
    }
}
