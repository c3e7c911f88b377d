//! The installation: what its links start with, and which Jitsis its rooms open on.

use std::str::FromStr;

use crate::{
    booking::Side,
    jitsi::{JitsiServer, JitsiServers},
    proof_key::ProofLink,
    room::Room,
    text::{Handle, Slug},
    token::Token,
};

/// The product's name, in the one place that knows it.
pub const PRODUCT: &str = "Roomkey";

/// An `http` or `https` address without path, query and trailing slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(String);

/// The text is no such address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an address like https://book.example.org, without path and query")]
pub struct InvalidBaseUrl;

impl BaseUrl {
    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is reached over TLS.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// Host and port as a browser writes them in `Host` and `Origin`.
    pub fn authority(&self) -> &str {
        self.0.split_once("://").map_or("", |(_, authority)| authority)
    }

    /// Host and port, where a connection is made.
    pub fn endpoint(&self) -> String {
        let authority = self.authority();
        if authority == self.domain() {
            format!("{authority}:{}", if self.is_https() { 443 } else { 80 })
        } else {
            authority.to_owned()
        }
    }

    /// The host without the port: the domain of UIDs and Message-IDs.
    pub fn domain(&self) -> &str {
        let authority = self.authority();
        match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
            _ => authority,
        }
    }
}

impl FromStr for BaseUrl {
    type Err = InvalidBaseUrl;

    fn from_str(text: &str) -> Result<Self, InvalidBaseUrl> {
        let base = text.strip_suffix('/').unwrap_or(text).to_ascii_lowercase();
        let authority = base
            .strip_prefix("https://")
            .or_else(|| base.strip_prefix("http://"))
            .ok_or(InvalidBaseUrl)?;
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !authority.ends_with(']') => (host, Some(port)),
            _ => (authority, None),
        };
        let good = !host.is_empty()
            && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b))
            && port.is_none_or(|port| port.parse::<u16>().is_ok());
        good.then_some(Self(base)).ok_or(InvalidBaseUrl)
    }
}

/// What links are made from.
#[derive(Debug, Clone)]
pub struct Site {
    /// What links in mails and pages start with; never taken from a request.
    pub public_url: BaseUrl,
    /// The Jitsis that rooms open on.
    pub jitsi: JitsiServers,
}

impl Site {
    /// Where an event type is booked.
    pub fn event_page(&self, host: &Handle, event: &Slug) -> String {
        format!("{}/{host}/{event}", self.public_url.as_str())
    }

    /// Where it is booked with a link.
    pub fn event_link(&self, host: &Handle, event: &Slug, token: &Token) -> String {
        format!("{}?link={}", self.event_page(host, event), token.expose())
    }

    /// A person's lasting page for a booking.
    pub fn booking_page(&self, token: &Token) -> String {
        format!("{}/b/{}", self.public_url.as_str(), token.expose())
    }

    /// The page that leads that person into the room.
    pub fn join_page(&self, token: &Token) -> String {
        format!("{}/b/{}/join", self.public_url.as_str(), token.expose())
    }

    /// The page where that person says whether they are reminded.
    pub fn reminders_page(&self, token: &Token) -> String {
        format!("{}/b/{}/reminders", self.public_url.as_str(), token.expose())
    }

    /// That person's calendar file.
    pub fn calendar_file(&self, token: &Token) -> String {
        format!("{}/b/{}/calendar.ics", self.public_url.as_str(), token.expose())
    }

    /// The page that asks its reader to press a button, to show that the address is theirs.
    pub fn proof_page(&self, link: &ProofLink) -> String {
        format!("{}/b/{}/verify", self.public_url.as_str(), link.expose())
    }

    /// The page on which whoever booked waits for that.
    pub fn waiting_page(&self, link: &ProofLink) -> String {
        format!("{}/b/{}/check-mail", self.public_url.as_str(), link.expose())
    }

    /// The page of somebody in a waiting list.
    pub fn waiting_entry_page(&self, token: &Token) -> String {
        format!("{}/w/{}", self.public_url.as_str(), token.expose())
    }

    /// The page that takes a new password.
    pub fn reset_page(&self, token: &Token) -> String {
        format!("{}/reset-password/{}", self.public_url.as_str(), token.expose())
    }

    /// A room's own address at Jitsi.
    pub fn room(&self, room: &Room) -> String {
        let server = self.server(room);
        let (url, name) = (server.url.as_str(), room.name.expose());
        match &server.tenant {
            Some(tenant) => format!("{url}/{}/{name}", tenant.as_str()),
            None => format!("{url}/{name}"),
        }
    }

    /// What the holder of a link is told as the room's address: its own at Jitsi, or where that opens only with a token,
    /// the page that makes one.
    pub fn told_room(&self, room: &Room, link: &Token) -> String {
        if self.server(room).mode.takes_tokens() { self.join_page(link) } else { self.room(room) }
    }

    /// The Jitsi that a room opens on.
    pub fn server(&self, room: &Room) -> &JitsiServer {
        self.jitsi.get(room.server)
    }

    /// A room's password, where Jitsi asks for it at the door and that side is told it.
    pub fn password<'a>(&self, room: &'a Room, reader: Side) -> Option<&'a str> {
        let is_told = reader == Side::Host || !room.knock;
        (is_told && self.server(room).mode.asks_us()).then(|| room.password.expose())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls() {
        let url: BaseUrl = "https://Book.example.org:8443/".parse().unwrap();
        assert_eq!(url.as_str(), "https://book.example.org:8443");
        assert_eq!((url.authority(), url.domain()), ("book.example.org:8443", "book.example.org"));
        assert_eq!(url.endpoint(), "book.example.org:8443");
        for (url, endpoint) in
            [("https://a.example", "a.example:443"), ("http://[::1]", "[::1]:80")]
        {
            assert_eq!(url.parse::<BaseUrl>().unwrap().endpoint(), endpoint);
        }
        for good in ["http://[::1]", "http://[::1]:8080", "http://127.0.0.1:80"] {
            assert_eq!(good.parse::<BaseUrl>().map(|url| url.0), Ok(good.to_owned()));
        }
        for bad in ["", "book.example.org", "ftp://x", "https://", "https://x/y", "https://x?y"]
            .into_iter()
            .chain(["https://x:99999", "https://x:", "https://:80", "https://[::1]:x"])
        {
            assert_eq!(bad.parse::<BaseUrl>(), Err(InvalidBaseUrl), "{bad}");
        }
    }
}
