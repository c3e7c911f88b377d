//! Going into the room.

use roomkey_core::{event_type::Location, room::Admission, token::Token};

use crate::{App, Found, LinkError};

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

    /// The address in Jitsi that the holder of a link is led to, if the room is open.
    ///
    /// # Errors
    /// [`JoinError`].
    pub async fn enter(&self, token: &Token) -> Result<String, JoinError> {
        let join = self.join(token).await?;
        match (&join.found.details.room, join.admission) {
            (Some(room), Admission::Open) => Ok(self.site.room(&room.name)),
            _ => Err(JoinError::NotOpen(Box::new(join))),
        }
    }
}
