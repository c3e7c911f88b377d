//! Everybody who may ask.

/// Ada is the host whose things are asked for; Eve is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Who {
    Anonymous,
    /// Whose bookings with Ada are asked for, in the browser that made them.
    CustomerA,
    /// Who has a booking with Ada, too.
    CustomerB,
    /// Another host.
    Eve,
    /// Has the role of an administrator, which grants nothing of other hosts' own.
    Admin,
    /// Eve's program.
    EvesKey,
    /// Ada's program that may only read.
    AdasReader,
    Prosody,
    // Whatever these do may change what is asked for, so they come last.
    AdasKey,
    Ada,
}

impl Who {
    pub(crate) const ALL: [Self; 10] = [
        Self::Anonymous,
        Self::CustomerA,
        Self::CustomerB,
        Self::Eve,
        Self::Admin,
        Self::EvesKey,
        Self::AdasReader,
        Self::Prosody,
        Self::AdasKey,
        Self::Ada,
    ];

    /// Whether a browser is signed in.
    pub(crate) fn is_signed_in(self) -> bool {
        matches!(self, Self::Eve | Self::Admin | Self::Ada)
    }

    /// Whether Ada's things are the caller's own.
    pub(crate) fn is_ada(self) -> bool {
        matches!(self, Self::Ada | Self::AdasKey | Self::AdasReader)
    }
}
