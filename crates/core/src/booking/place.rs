use super::{Booking, Side};
use crate::{event_type::Location, text::PersonName};

/// Where the two sides of a booking meet, told to one of them. A Jitsi room is not told so: it has its
/// key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// In words.
    pub text: String,
    /// What a click leads to, where a click helps: a page on the web or a telephone number.
    pub link: Option<String>,
}

impl Booking {
    /// Where they meet, for `reader`; `host` is the host's name.
    pub fn place(&self, reader: Side, host: &PersonName) -> Option<Place> {
        let customer = &self.attendee.name;
        let calls = |number: &str, caller: &PersonName, called: &PersonName, calling: Side| {
            if reader == calling {
                let text = format!("Call {called} at {number}");
                Place { text, link: Some(tel(number)) }
            } else {
                Place { text: format!("{caller} calls you at {number}"), link: None }
            }
        };
        match &self.location {
            Location::Jitsi => None,
            Location::Phone(number) => Some(calls(number.as_str(), customer, host, Side::Customer)),
            Location::Call => Some(match (self.number_to_call(), reader) {
                (Some(number), _) => calls(number, host, customer, Side::Host),
                (None, Side::Host) => Place { text: format!("Call {customer}"), link: None },
                (None, Side::Customer) => Place { text: format!("{host} calls you"), link: None },
            }),
            Location::InPerson(place) => Some(Place { text: place.to_string(), link: None }),
            Location::Link(address) => {
                Some(Place { text: address.to_string(), link: Some(address.to_string()) })
            }
        }
    }
}

/// A telephone number as an address (RFC 3966): without what people write between the digits.
fn tel(number: &str) -> String {
    let digits = number.chars().filter(|c| c.is_ascii_digit() || *c == '+');
    std::iter::once("tel:".chars()).flatten().chain(digits).collect()
}
