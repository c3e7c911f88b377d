use crate::{
    question::Question,
    text::{FieldError, Note, PhoneNumber, WebAddress},
};

/// Where the two sides of a booking meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// In a Jitsi room of the booking's own. No other location has one.
    Jitsi,
    /// On the telephone: the customer calls this number.
    Phone(PhoneNumber),
    /// On the telephone: the host calls the number that the customer gives.
    Call,
    /// At this place.
    InPerson(Note),
    /// At this address on the web, another video service for example. The same for all bookings.
    Link(WebAddress),
}

/// A location could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLocation {
    /// No kind of that name.
    #[error("use {}", Location::KINDS.join(", "))]
    Kind,
    /// The number, place or address is wrong.
    #[error("{0}")]
    Detail(FieldError),
}

impl Location {
    /// The names of all kinds.
    pub const KINDS: [&str; 5] = ["jitsi", "phone", "call", "in_person", "link"];

    /// Reads a kind's name and its number, place or address; kinds that have none ignore it.
    ///
    /// # Errors
    /// [`InvalidLocation`].
    pub fn parse(kind: &str, detail: &str) -> Result<Self, InvalidLocation> {
        let detail = detail.trim();
        let location = match kind {
            "jitsi" => Ok(Self::Jitsi),
            "phone" => detail.parse().map(Self::Phone),
            "call" => Ok(Self::Call),
            "in_person" => match detail.parse::<Note>() {
                Ok(place) if place.is_empty() => Err(FieldError::Required),
                place => place.map(Self::InPerson),
            },
            "link" => detail.parse().map(Self::Link),
            _ => return Err(InvalidLocation::Kind),
        };
        location.map_err(InvalidLocation::Detail)
    }

    /// The kind's name in pages, the API and the database.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Jitsi => "jitsi",
            Self::Phone(_) => "phone",
            Self::Call => "call",
            Self::InPerson(_) => "in_person",
            Self::Link(_) => "link",
        }
    }

    /// The number, place or address; empty where there is none.
    pub fn detail(&self) -> &str {
        match self {
            Self::Jitsi | Self::Call => "",
            Self::Phone(number) => number.as_str(),
            Self::InPerson(place) => place.as_str(),
            Self::Link(address) => address.as_str(),
        }
    }

    /// What the customer must say for it.
    pub fn question(&self) -> Option<Question> {
        matches!(self, Self::Call).then(Question::phone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_reads_as_it_is_written() {
        for (kind, detail) in [
            ("jitsi", ""),
            ("phone", "+44 20 7946 0958"),
            ("call", ""),
            ("in_person", "1 High Street\nLondon"),
            ("link", "https://video.example/ada"),
        ] {
            let location = Location::parse(kind, detail).unwrap();
            assert_eq!((location.kind(), location.detail()), (kind, detail));
        }
        assert_eq!(Location::parse("room", ""), Err(InvalidLocation::Kind));
        for (kind, error) in [
            ("phone", FieldError::Required),
            ("in_person", FieldError::Required),
            ("link", FieldError::Required),
        ] {
            assert_eq!(Location::parse(kind, " "), Err(InvalidLocation::Detail(error)), "{kind}");
        }
    }
}
