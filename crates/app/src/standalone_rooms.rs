//! Rooms without a booking: another program asks for one, and tells people of it itself.

use roomkey_core::{
    availability::Busy,
    booking::FreshRoom,
    ids::{ApiKeyId, RoomId, UserId},
    room::{
        Conference, Meeting, Presence, RoomRefusal, RoomRequest, StandaloneRoom, Stay,
        decide_standalone_room,
    },
    text::Title,
    time::Instant,
};
use roomkey_store::{Constraint, Made, Recorded, RoomFilter, StoreError, Tx};

use crate::{App, book::hash};

/// A room without a booking, with what its host may want to know of it.
#[derive(Debug, Clone)]
pub struct ListedRoom {
    /// The room.
    pub made: StandaloneRoom,
    /// What its host calls the key of the program that made it.
    pub maker: Option<Title>,
    /// The room as Jitsi opened it, the first first.
    pub conferences: Vec<Conference>,
    /// Who was there, where Jitsi tells.
    pub presence: Option<Presence>,
}

/// No room was made.
#[derive(Debug, thiserror::Error)]
pub enum RoomError {
    /// There can be no such room.
    #[error(transparent)]
    Refused(#[from] RoomRefusal),
    /// It would take time that is the host's no more.
    #[error("this time is taken")]
    Taken,
    /// The idempotency key was used for another request.
    #[error("this idempotency key was used for another request")]
    KeyReused,
    /// The database.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for RoomError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Constraint(Constraint::BookingOverlap) => Self::Taken,
            other => Self::Store(other),
        }
    }
}

impl App {
    /// Makes a room for a host, by a program with one of their keys or by hand. A repeat with the same idempotency key,
    /// which counts by API key, gives the room of the first.
    ///
    /// # Errors
    /// [`RoomError`]; then nothing is stored.
    pub async fn add_standalone_room(
        &self,
        host: UserId,
        made_by: Option<ApiKeyId>,
        request: RoomRequest,
        idempotency: Option<(ApiKeyId, String)>,
    ) -> Result<StandaloneRoom, RoomError> {
        let app = self.clone();
        self.store
            .write(move |tx| {
                app.standalone_room_in(tx, host, made_by, &request, idempotency.as_ref())
            })
            .await
    }

    fn standalone_room_in(
        &self,
        tx: &mut Tx<'_>,
        host: UserId,
        made_by: Option<ApiKeyId>,
        request: &RoomRequest,
        idempotency: Option<&(ApiKeyId, String)>,
    ) -> Result<StandaloneRoom, RoomError> {
        let record = idempotency
            .map(|(api_key, key)| (format!("api-key {api_key}"), key, body_hash(host, request)));
        if let Some((scope, key, body_hash)) = &record
            && let Some(earlier) = tx.idempotency_record(scope, key)?
        {
            let same = earlier.body_hash == *body_hash;
            return match earlier.made {
                Made::Room(id) if same => tx.standalone_room(id)?.ok_or(RoomError::KeyReused),
                Made::Room(_) | Made::Booking(_) => Err(RoomError::KeyReused),
            };
        }
        if request.blocks {
            tx.lock_host(host)?;
        }
        let now = self.now();
        let fresh = FreshRoom::draw(now, self.entropy());
        let made = decide_standalone_room(host, made_by, request.clone(), fresh, now)?;
        if made.blocks && is_kept(tx, &made, now)? {
            return Err(RoomError::Taken);
        }
        tx.insert_standalone_room(&made)?;
        if let Some((scope, key, body_hash)) = record {
            let recorded = Recorded { body_hash, made: Made::Room(made.room.id) };
            tx.insert_idempotency_record(&scope, key, &recorded, now)?;
        }
        Ok(made)
    }

    /// A host's room without a booking.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn standalone_room(
        &self,
        host: UserId,
        id: RoomId,
    ) -> Result<Option<StandaloneRoom>, StoreError> {
        let found = self.store.read(move |tx| tx.standalone_room(id)).await?;
        Ok(found.filter(|made| made.host == host))
    }

    /// Any room without a booking: for who runs the server.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn any_standalone_room(
        &self,
        id: RoomId,
    ) -> Result<Option<StandaloneRoom>, StoreError> {
        self.store.read(move |tx| tx.standalone_room(id)).await
    }

    /// A host's rooms without a booking, by start.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn standalone_rooms(
        &self,
        host: UserId,
        filter: RoomFilter,
    ) -> Result<Vec<StandaloneRoom>, StoreError> {
        self.store.read(move |tx| tx.standalone_rooms(host, &filter)).await
    }

    /// The same, each with who made it and what went on in it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn listed_rooms(
        &self,
        host: UserId,
        filter: RoomFilter,
    ) -> Result<Vec<ListedRoom>, StoreError> {
        let now = self.now();
        self.store.read(move |tx| listed(tx, host, &filter, now)).await
    }

    /// Closes a host's room without a booking, and frees the time that it takes. Once more changes nothing; none if
    /// there is no such room.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn revoke_standalone_room(
        &self,
        host: UserId,
        id: RoomId,
    ) -> Result<Option<StandaloneRoom>, StoreError> {
        let now = self.now();
        let revoked = self
            .store
            .write(move |tx| {
                let found = tx.standalone_room(id)?.filter(|made| made.host == host);
                let Some(found) = found else { return Ok(None) };
                if found.revoked_at.is_none() {
                    tx.revoke_standalone_room(id, now)?;
                }
                tx.standalone_room(id)
            })
            .await?;
        if revoked.as_ref().is_some_and(|made| made.blocks) {
            // Somebody may wait for that time.
            self.wake_mail();
        }
        Ok(revoked)
    }
}

/// By as many statements for many rooms as for one.
fn listed(
    tx: &mut Tx<'_>,
    host: UserId,
    filter: &RoomFilter,
    now: Instant,
) -> Result<Vec<ListedRoom>, StoreError> {
    let made = tx.standalone_rooms(host, filter)?;
    if made.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<RoomId> = made.iter().map(|made| made.room.id).collect();
    let names = tx.api_key_names(host)?;
    let conferences = tx.conferences_in_any(&ids)?;
    let (stays, meetings) = (tx.stays_in(&ids)?, tx.meetings_in(&ids)?);
    let with_all = |made: StandaloneRoom| {
        let id = made.room.id;
        let name =
            |(key, name): &(ApiKeyId, Title)| (made.made_by == Some(*key)).then(|| name.clone());
        let stays: Vec<Stay> = of_room(id, &stays);
        let meetings: Vec<Meeting> = of_room(id, &meetings);
        let is_told = !stays.is_empty() || !meetings.is_empty();
        ListedRoom {
            maker: names.iter().find_map(name),
            conferences: conferences.iter().filter(|each| each.room == id).copied().collect(),
            presence: is_told.then(|| Presence::of(&stays, &meetings, made.room.window.end, now)),
            made,
        }
    };
    Ok(made.into_iter().map(with_all).collect())
}

fn of_room<T: Clone>(room: RoomId, told: &[(RoomId, T)]) -> Vec<T> {
    told.iter().filter(|(of, _)| *of == room).map(|(_, each)| each.clone()).collect()
}

/// Whether a visitor keeps some of that time while filling in a form: the schema does not know of it.
fn is_kept(tx: &mut Tx<'_>, made: &StandaloneRoom, now: Instant) -> Result<bool, StoreError> {
    let kept = tx.holds(made.host, made.span, now, &[])?;
    let meets = |Busy { span, buffers, .. }: &Busy| {
        let before = span.start.minus(buffers.before);
        before < made.span.end && made.span.start < span.end.plus(buffers.after)
    };
    Ok(kept.iter().any(|(busy, _)| meets(busy)))
}

fn body_hash(host: UserId, request: &RoomRequest) -> String {
    let RoomRequest { span, max_occupants, lobby, label, blocks, server } = request;
    let host = host.to_string();
    let (start, end) = (span.start.micros().to_string(), span.end.micros().to_string());
    let people = max_occupants.map(|people| people.to_string()).unwrap_or_default();
    let label = label.as_ref().map(ToString::to_string).unwrap_or_default();
    let flags = format!("lobby {lobby} blocks {blocks}");
    let server = server.map(|name| name.to_string()).unwrap_or_default();
    hash(["room", &host, &start, &end, &people, &label, &flags, &server])
}
