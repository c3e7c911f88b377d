//! The Jitsis on which rooms open: how each is told about them, and what it enforces then.

use std::{fmt, str::FromStr};

use arrayvec::ArrayString;

use crate::{
    room::{RoomName, Tenant},
    site::BaseUrl,
    text::FieldError,
};

/// How a Jitsi is told about rooms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JitsiMode {
    /// Prosody's `mod_reservations` asks us before a room may exist.
    Reservations,
    /// Who enters brings a token of ours (Prosody's `token_verification`).
    Jwt,
    /// Both.
    ReservationsJwt,
    /// Neither: an unguessable name is all.
    Link,
}

impl JitsiMode {
    /// All of them, the strongest first.
    pub const ALL: [Self; 4] = [Self::ReservationsJwt, Self::Reservations, Self::Jwt, Self::Link];

    /// The name in settings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reservations => "reservations",
            Self::Jwt => "jwt",
            Self::ReservationsJwt => "reservations+jwt",
            Self::Link => "link",
        }
    }

    /// Whether Jitsi asks us before a room may exist, and so sets the password, lobby and number of people that we
    /// answer. Where it does not, none of these is told to anybody.
    pub const fn asks_us(self) -> bool {
        matches!(self, Self::Reservations | Self::ReservationsJwt)
    }

    /// Whether people who enter bring a token.
    pub const fn takes_tokens(self) -> bool {
        matches!(self, Self::Jwt | Self::ReservationsJwt)
    }
}

/// The word is no mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("use reservations, jwt, reservations+jwt or link")]
pub struct InvalidMode;

impl FromStr for JitsiMode {
    type Err = InvalidMode;

    fn from_str(text: &str) -> Result<Self, InvalidMode> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == text).ok_or(InvalidMode)
    }
}

/// By which the settings and event types know a Jitsi: 1 to 32 of a-z, 0-9 and -.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServerName(ArrayString<32>);

impl ServerName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ServerName {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let fits = !text.is_empty()
            && text.bytes().all(plain)
            && !text.starts_with('-')
            && !text.ends_with('-');
        let name = ArrayString::from(text).ok().filter(|_| fits);
        name.map(Self).ok_or(FieldError::Slug { min: 1, max: 32 })
    }
}

impl fmt::Display for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A Jitsi.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JitsiServer {
    /// Its name; the first one has none.
    pub name: Option<ServerName>,
    /// What the addresses of its rooms start with.
    pub url: BaseUrl,
    /// The path under which they stand there, if they do under one.
    pub tenant: Option<Tenant>,
    /// How it is told about them.
    pub mode: JitsiMode,
}

impl JitsiServer {
    /// Its name as pages show it: the address without the scheme.
    pub fn spoken(&self) -> &str {
        self.url.authority()
    }

    /// What its Prosody calls a room.
    pub fn room_node(&self, name: &RoomName) -> String {
        let name = name.expose();
        self.tenant.as_ref().map_or_else(|| name.to_owned(), |tenant| tenant.node(name))
    }

    /// The room that its Prosody calls so; none if it can be none of ours.
    pub fn room_of_node(&self, node: &str) -> Option<RoomName> {
        let name = match &self.tenant {
            Some(tenant) => tenant.name_in(node)?,
            None => node,
        };
        name.parse().ok()
    }
}

/// All of them. There is always a first one, on which rooms open unless their event type says otherwise.
#[derive(Debug, Clone)]
pub struct JitsiServers {
    first: JitsiServer,
    others: Vec<JitsiServer>,
}

/// Two of them have one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("two servers are called {0}")]
pub struct SameName(pub ServerName);

impl JitsiServers {
    /// Only one, without a name.
    pub const fn one(url: BaseUrl, mode: JitsiMode) -> Self {
        Self { first: JitsiServer { name: None, url, tenant: None, mode }, others: Vec::new() }
    }

    /// Puts the rooms of the first one under a path.
    pub fn under(mut self, tenant: Option<Tenant>) -> Self {
        self.first.tenant = tenant;
        self
    }

    /// Adds another one.
    ///
    /// # Errors
    /// [`SameName`].
    pub fn add(
        &mut self,
        name: ServerName,
        url: BaseUrl,
        tenant: Option<Tenant>,
        mode: JitsiMode,
    ) -> Result<(), SameName> {
        if self.others.iter().any(|other| other.name == Some(name)) {
            return Err(SameName(name));
        }
        self.others.push(JitsiServer { name: Some(name), url, tenant, mode });
        Ok(())
    }

    /// That of the name. A room outlives the settings: where the name is gone, it is the first.
    pub fn get(&self, name: Option<ServerName>) -> &JitsiServer {
        self.others.iter().find(|other| other.name == name).unwrap_or(&self.first)
    }

    /// Whether there is one of that name.
    pub fn has(&self, name: ServerName) -> bool {
        self.others.iter().any(|other| other.name == Some(name))
    }

    /// All, the first one first.
    pub fn iter(&self) -> impl Iterator<Item = &JitsiServer> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// Whether there is something to choose from.
    pub const fn are_several(&self) -> bool {
        !self.others.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_have_their_names() {
        for mode in JitsiMode::ALL {
            assert_eq!(mode.as_str().parse(), Ok(mode));
        }
        assert_eq!("JWT".parse::<JitsiMode>(), Err(InvalidMode));
    }

    #[test]
    fn a_room_whose_server_is_gone_is_on_the_first() {
        let url = |text: &str| text.parse::<BaseUrl>().unwrap();
        let name: ServerName = "second".parse().unwrap();
        let mut servers = JitsiServers::one(url("https://one.example"), JitsiMode::Link);
        assert!(!servers.are_several());
        servers.add(name, url("https://two.example"), None, JitsiMode::Jwt).unwrap();
        let again = servers.add(name, url("https://three.example"), None, JitsiMode::Jwt);
        assert_eq!(again, Err(SameName(name)));
        assert_eq!(servers.get(Some(name)).url.as_str(), "https://two.example");
        assert_eq!(servers.get(None).url.as_str(), "https://one.example");
        let gone: ServerName = "gone".parse().unwrap();
        assert_eq!(servers.get(Some(gone)).url.as_str(), "https://one.example");
    }

    #[test]
    fn names_of_servers() {
        for good in ["a", "meet-2", &"x".repeat(32)] {
            assert_eq!(good.parse::<ServerName>().unwrap().as_str(), good);
        }
        for bad in ["", "-a", "a-", "A", "a.b", "ä", &"x".repeat(33)] {
            assert!(bad.parse::<ServerName>().is_err(), "{bad}");
        }
    }
}
