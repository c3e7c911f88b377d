//! Going into the room.

use roomkey_core::{
    booking::Side,
    event_type::Location,
    jitsi::JitsiServer,
    room::{Admission, Role, Room, RoomToken},
    token::Token,
};
use secrecy::{ExposeSecret, SecretString};

use crate::{App, Found, LinkError, PublicKey, TokenError, TokenIssuer};

/// What the join page shows.
#[derive(Debug)]
pub struct Join {
    /// The booking and whose link it is.
    pub found: Found,
    /// Whether its room is open.
    pub admission: Admission,
}

/// Nobody is led into the room.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// The link leads nowhere.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The room is not open: the page says why.
    #[error("the room is not open")]
    NotOpen(Box<Join>),
    /// No token was made.
    #[error(transparent)]
    Token(#[from] TokenError),
}

impl App {
    /// Whether the room behind a link is open.
    ///
    /// # Errors
    /// [`LinkError`]: also where they do not meet in a room.
    pub async fn join(&self, token: &Token) -> Result<Join, LinkError> {
        let found = self.booking_to_look_at(token).await?;
        if found.details.booking.location != Location::Jitsi {
            return Err(LinkError::Unknown);
        }
        let admission = match &found.details.room {
            Some(room) => room.on_page(found.details.booking.status, found.now),
            None => Admission::Revoked,
        };
        Ok(Join { found, admission })
    }

    /// The address in Jitsi that the holder of a link is led to, if the room is open. Where Jitsi takes tokens, one for
    /// this person is made now, and is a part of it.
    ///
    /// # Errors
    /// [`JoinError`].
    pub async fn enter(&self, token: &Token) -> Result<SecretString, JoinError> {
        let join = self.join(token).await?;
        match (&join.found.details.room, join.admission) {
            (Some(room), Admission::Open) => Ok(self.entrance(room, &join.found)?),
            _ => Err(JoinError::NotOpen(Box::new(join))),
        }
    }

    fn entrance(&self, room: &Room, found: &Found) -> Result<SecretString, TokenError> {
        let (booking, host) = (&found.details.booking, &found.details.host);
        let (person, name) = match (found.side, found.guest) {
            (Side::Host, _) => (host.id.to_string(), host.name.to_string()),
            (Side::Customer, None) => {
                (booking.attendee.id.to_string(), booking.attendee.name.to_string())
            }
            // Of guests we know an address, which is nobody else's business.
            (Side::Customer, Some(guest)) => {
                (guest.to_string(), format!("Guest of {}", booking.attendee.name))
            }
        };
        self.entrance_for(room, person, &name, found.side.into())
    }

    /// The address that leads one person into a room: with a token, where its Jitsi takes one.
    ///
    /// # Errors
    /// [`TokenError::Signing`].
    pub fn entrance_for(
        &self,
        room: &Room,
        person: String,
        name: &str,
        role: Role,
    ) -> Result<SecretString, TokenError> {
        let (address, server) = (self.site.room(room), self.site.server(room));
        if !server.mode.takes_tokens() {
            return Ok(address.into());
        }
        let window = room.jitsi_window();
        let token = self.room_token(
            server,
            &RoomToken { room: room.name.expose(), window, person, name, role },
        )?;
        // Behind the hash: it stays in the browser, and out of the logs of Jitsi's web server.
        Ok(format!("{address}#jwt={}", token.expose_secret()).into())
    }

    /// A token for a Jitsi.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn room_token(
        &self,
        server: &JitsiServer,
        grant: &RoomToken<'_>,
    ) -> Result<SecretString, TokenError> {
        let issuer = self.issuers.get(&server.name).filter(|_| server.mode.takes_tokens());
        issuer.ok_or(TokenError::NotTaken)?.token(grant)
    }

    /// The public halves of all keys that tokens are signed with.
    pub fn token_keys(&self) -> impl Iterator<Item = &PublicKey> {
        self.issuers.values().filter_map(TokenIssuer::public_key)
    }
}
