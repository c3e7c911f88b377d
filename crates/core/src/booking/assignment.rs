//! How a booking came to its host.

/// Why a booking has the host that it has. As long as hosts work alone it is always [`Assignment::Booked`]; teams, which
/// come later, choose among several, and give a booking to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Assignment {
    /// The customer booked with them.
    Booked,
    /// It was their turn among several.
    RoundRobin,
    /// It was another host's before.
    Reassigned,
}

impl Assignment {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Booked, Self::RoundRobin, Self::Reassigned];

    /// Its name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Booked => "booked",
            Self::RoundRobin => "round_robin",
            Self::Reassigned => "reassigned",
        }
    }
}
