use std::str::FromStr;

use lettre::message::Mailbox;
use roomkey_core::{
    site::PRODUCT,
    text::{EmailAddress, PersonName},
};

/// Who mails come from: a name and an address, like `Roomkey <no-reply@example.org>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    name: PersonName,
    address: EmailAddress,
}

/// The text names no sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a sender like Roomkey <no-reply@example.org>")]
pub struct InvalidSender;

impl Sender {
    /// The name that recipients see.
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// The address that relays and recipients see.
    pub fn address(&self) -> &EmailAddress {
        &self.address
    }
}

impl FromStr for Sender {
    type Err = InvalidSender;

    fn from_str(text: &str) -> Result<Self, InvalidSender> {
        let mailbox: Mailbox = text.trim().parse().map_err(|_| InvalidSender)?;
        let name = mailbox.name.as_deref().unwrap_or(PRODUCT);
        Ok(Self {
            name: name.parse().map_err(|_| InvalidSender)?,
            address: mailbox.email.to_string().parse().map_err(|_| InvalidSender)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn senders() {
        let sender: Sender = "Bookings of Ada <ada@example.org>".parse().unwrap();
        assert_eq!(
            (sender.name(), sender.address().as_str()),
            ("Bookings of Ada", "ada@example.org")
        );
        let bare: Sender = "no-reply@localhost".parse().unwrap();
        assert_eq!((bare.name(), bare.address().as_str()), ("Roomkey", "no-reply@localhost"));
        for bad in ["", "Roomkey", "a@b.c, d@e.f", "A\r\nBcc: x@y.z <a@b.c>", "<a@b.c"] {
            assert_eq!(bad.parse::<Sender>(), Err(InvalidSender), "{bad:?}");
        }
    }
}
