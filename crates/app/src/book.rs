//! Booking a time: the main job.

use data_encoding::HEXLOWER;
use roomkey_core::{
    account::User,
    availability::Refusal,
    booking::{
        Booking, BookingRequest, Denied, Fresh, NewBooking, Repeat, Status, WrongGuests,
        decide_booking,
    },
    event_type::{EventLink, EventType},
    ids::{ApiKeyId, BookingId, EventTypeId},
    notice,
    proof_key::ProofLink,
    question::WrongAnswer,
    text::Note,
    time::{Instant, Minutes, Span},
    token::TokenHash,
    waiting_list::{Entry, State},
};
use roomkey_store::{
    BookingDetails, Constraint, Made, OfferFacts, OfferKey, Recorded, StoreError, Tx,
};
use sha2::{Digest, Sha256};

use crate::{
    App, Client, EmailProof, Limited, LinkGone, Page, RepeatError, WrongDuration,
    attempts::Attempt,
    context::enqueue,
    event_links::{NotOpen, admit, take_use},
    offer::{ask, duration_of, waiting_of},
};

/// What is to be booked.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// By its public address.
    Page(Page),
    /// One of a host's own event types.
    Own(User, EventTypeId),
}

/// Whose idempotency keys do not clash with whose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdempotencyScope {
    /// Those of one API key.
    ApiKey(ApiKeyId),
    /// Those of one email address at one event type.
    Anonymous,
}

/// Makes a repeat of a request answer as the first did.
#[derive(Debug, Clone)]
pub struct Idempotency {
    /// In which it counts.
    pub scope: IdempotencyScope,
    /// The caller's key, at most 255 characters.
    pub key: String,
}

/// A booking that was made, now or by an earlier request with the same key.
#[derive(Debug)]
pub struct Booked {
    /// The booking.
    pub details: BookingDetails,
    /// Whether an earlier request had made it.
    pub repeated: bool,
    /// Where to wait, for who may not see the booking: they have not shown that the address which they
    /// gave is theirs.
    pub waits_at: Option<ProofLink>,
}

/// Nothing was booked.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    /// There is no such event type.
    #[error("there is nothing to book at this address")]
    Unknown,
    /// The link works no longer.
    #[error(transparent)]
    Gone(LinkGone),
    /// The event type has no bookings of that length.
    #[error(transparent)]
    Duration(#[from] WrongDuration),
    /// Questions or place have changed since the customer saw them.
    #[error("what is asked, or where you meet, has changed since")]
    Changed,
    /// Answers are missing or wrong.
    #[error("answers are missing or wrong: {}", named(.0))]
    Answers(Vec<WrongAnswer>),
    /// Guests that the event type does not allow.
    #[error(transparent)]
    Guests(WrongGuests),
    /// The time is not offered.
    #[error(transparent)]
    Refused(Refusal),
    /// It can not be repeated like that.
    #[error(transparent)]
    Repeat(#[from] RepeatError),
    /// Somebody else was quicker, so that only the schema noticed.
    #[error("this time is taken")]
    Taken,
    /// The idempotency key was used for another request.
    #[error("this idempotency key was used for another request")]
    KeyReused,
    /// Too many bookings.
    #[error(transparent)]
    Limited(#[from] Limited),
    /// The database.
    #[error(transparent)]
    Store(StoreError),
}

/// The questions with wrong answers, and what to do about each.
fn named(wrong: &[WrongAnswer]) -> String {
    let told = wrong.iter().map(|WrongAnswer { question, error }| format!("{question}: {error}"));
    told.collect::<Vec<_>>().join("; ")
}

impl From<Denied> for BookError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Changed => Self::Changed,
            Denied::Answers(wrong) => Self::Answers(wrong),
            Denied::Guests(wrong) => Self::Guests(wrong),
            Denied::Refused(refusal) => Self::Refused(refusal),
        }
    }
}

impl From<NotOpen> for BookError {
    fn from(not_open: NotOpen) -> Self {
        match not_open {
            NotOpen::Unknown => Self::Unknown,
            NotOpen::Gone(gone) => Self::Gone(gone),
        }
    }
}

impl From<StoreError> for BookError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Constraint(Constraint::BookingOverlap | Constraint::SessionFull) => {
                Self::Taken
            }
            other => Self::Store(other),
        }
    }
}

impl App {
    /// Books a time, if it is offered: booking, room, links, history, mails and idempotency record
    /// in one transaction, or none of them.
    ///
    /// `client` is limited if there is one; the host's own bookings have none.
    ///
    /// # Errors
    /// [`BookError`]; then nothing is stored.
    pub async fn book(
        &self,
        wanted: Wanted,
        duration: Option<Minutes>,
        request: BookingRequest,
        idempotency: Option<Idempotency>,
        client: Option<Client>,
    ) -> Result<Booked, BookError> {
        let app = self.clone();
        let is_proven = client.is_none() || self.is_proven(&wanted, &request.email, self.now());
        let mut booked = self
            .store
            .write(move |tx| {
                let key = idempotency.as_ref();
                let booked = app.book_in(tx, &wanted, duration, &request, key, is_proven)?;
                if !booked.repeated {
                    let booking = &booked.details.booking;
                    // Only what books counts: neither a repeat nor a refusal makes a mail.
                    if let Some(client) = client {
                        let email = request.email.folded();
                        if booking.status.is_told() {
                            let attempt = Attempt::booking(&email, client);
                            app.attempt::<BookError>(tx, &attempt, app.now())?;
                            app.attempt_guests::<BookError>(tx, booking)?;
                        } else {
                            let attempt = Attempt::unproven_booking(&email, client);
                            app.attempt::<BookError>(tx, &attempt, app.now())?;
                        }
                    }
                    let at = booking.created_at;
                    enqueue(tx, &notice::of_new(booking), at, app.entropy())?;
                }
                Ok::<_, BookError>(booked)
            })
            .await?;
        if !booked.repeated {
            self.wake_mail();
        }
        let waits = client.is_some() && !booked.details.booking.attendee.proof.opens(is_proven);
        booked.waits_at = waits.then(|| self.waiting_link(&booked.details));
        Ok(booked)
    }

    /// Counts what a customer's change of a booking sends, to the customer and to the guests.
    pub(crate) fn attempt_change<E>(&self, tx: &mut Tx<'_>, booking: &Booking) -> Result<(), E>
    where
        E: From<StoreError> + From<Limited>,
    {
        let own = Attempt::change(&booking.attendee.email.folded());
        self.attempt::<E>(tx, &own, self.now())?;
        self.attempt_guests(tx, booking)
    }

    /// Counts what is sent to the guests of a booking.
    pub(crate) fn attempt_guests<E>(&self, tx: &mut Tx<'_>, booking: &Booking) -> Result<(), E>
    where
        E: From<StoreError> + From<Limited>,
    {
        booking.present_guests().try_for_each(|guest| {
            self.attempt(tx, &Attempt::guest(&guest.email.folded()), self.now())
        })
    }

    /// Whether customers of an event type show first that the address they give is theirs; in a flood
    /// of bookings, all do.
    pub fn asks_email_proof(&self, event_type: &EventType) -> bool {
        event_type.terms.email_proof || self.email_proof == EmailProof::Always
    }

    pub(crate) fn asks_proof(
        &self,
        tx: &mut Tx<'_>,
        facts: &OfferFacts,
        now: Instant,
    ) -> Result<bool, StoreError> {
        let is_asked = self.asks_email_proof(&facts.event_type);
        Ok(is_asked || self.is_flooded(tx, &facts.host, now)?)
    }

    /// Whether something may be booked at all, with all that is known of it, and nobody else in between from then on.
    pub(crate) fn open(
        &self,
        tx: &mut Tx<'_>,
        wanted: &Wanted,
        duration: Option<Minutes>,
        record: Option<&Record>,
    ) -> Result<Door, BookError> {
        // Before all else: a repeat is answered as the first was, whatever has changed since.
        if let Some(booked) = replay(tx, record)? {
            return Ok(Door::Repeated(booked.into()));
        }
        // From here on no other booking of this host can come between check and insert.
        let facts = tx.lock_offer_facts(wanted.key(), self.now())?;
        let mut facts = facts.ok_or(BookError::Unknown)?;
        let length = duration_of(&facts.event_type.terms, duration)?;
        // Somebody may have been given a hold before the lock was ours.
        facts.has_holds = true;
        if let Some(booked) = replay(tx, record)? {
            return Ok(Door::Repeated(booked.into()));
        }
        let now = self.now();
        let link = match wanted {
            Wanted::Page(page) => admit::<BookError>(tx, &facts, page, now)?,
            Wanted::Own(..) => None,
        };
        Ok(Door::Open(Opened { facts, length, link, now }.into()))
    }

    /// All of a booking but its mails. `is_proven` is whether nothing has to be shown of the address.
    pub(crate) fn book_in(
        &self,
        tx: &mut Tx<'_>,
        wanted: &Wanted,
        duration: Option<Minutes>,
        request: &BookingRequest,
        idempotency: Option<&Idempotency>,
        is_proven: bool,
    ) -> Result<Booked, BookError> {
        let record = idempotency.map(|given| Record::new(given, wanted, duration, request));
        let Opened { facts, length, link, now } =
            match self.open(tx, wanted, duration, record.as_ref())? {
                Door::Open(opened) => *opened,
                Door::Repeated(booked) => return Ok(*booked),
            };
        let waiting = wanted.waiting(tx, facts.event_type.id)?;
        let is_proven =
            is_proven || waiting.as_ref().is_some_and(|entry| is_theirs(entry, request));
        let moment = Span::moment(request.start);
        let fresh = Fresh::draw(now, self.entropy(), request.guests.len());
        let seating = self.seating(tx, &facts.event_type, Span::lasting(request.start, length))?;
        let domain = self.site.public_url.domain();
        let own_address = facts.host.email.folded();
        let new = ask(tx, &facts, length, moment, now, wanted.holders(), |offer| {
            let mut request = request.clone();
            request.guests.retain(|guest| guest.folded() != own_address);
            decide_booking(offer, &facts.event_type, request, &seating, fresh, domain)
        })??;
        let new = if is_proven || !self.asks_proof(tx, &facts, now)? {
            new
        } else {
            NewBooking::until_proven(new)
        };
        if let Some(link) = &link {
            take_use::<BookError>(tx, link, &facts.host.name)?;
        }
        tx.insert_booking(&new)?;
        if let Some(link) =
            link.filter(|link| link.uses_left.is_some() && !new.booking.status.is_told())
        {
            tx.lend_link_use(&new.booking, link.id)?;
        }
        settle(tx, wanted, waiting, record, new.booking.id, now)?;
        let OfferFacts { host, event_type, .. } = facts;
        let is_confirmed = new.booking.status == Status::Confirmed;
        let shared = seating.present.and_then(|session| session.room).filter(|_| is_confirmed);
        Ok(Booked {
            details: BookingDetails {
                booking: new.booking,
                event_type,
                host,
                room: new.room.or(shared),
                private_note: Note::default(),
                host_link: new.host_token,
                customer_link: new.customer_token,
            },
            repeated: false,
            waits_at: None,
        })
    }
}

/// Whether who has waited has shown by it that the address is theirs: the link to their page was sent there alone.
pub(crate) fn is_theirs(entry: &Entry, request: &BookingRequest) -> bool {
    entry.email.folded() == request.email.folded()
}

/// What stands before a booking.
pub(crate) enum Door {
    /// An earlier request with the same key made it.
    Repeated(Box<Booked>),
    Open(Box<Opened>),
}

/// What may be booked, with its host locked.
pub(crate) struct Opened {
    pub(crate) facts: OfferFacts,
    pub(crate) length: Minutes,
    pub(crate) link: Option<EventLink>,
    pub(crate) now: Instant,
}

/// What is over once it is booked: the kept time, the waiting; and that its key was used.
pub(crate) fn settle(
    tx: &mut Tx<'_>,
    wanted: &Wanted,
    waiting: Option<Entry>,
    record: Option<Record>,
    booking: BookingId,
    now: Instant,
) -> Result<(), StoreError> {
    tx.drop_holds(&wanted.holders())?;
    if let Some(entry) = waiting.filter(|entry| !entry.state_at(now).is_end()) {
        tx.change_waiting_entry(&entry, State::Booked, now)?;
    }
    record.map_or(Ok(()), |record| record.insert(tx, booking, now))
}

impl Wanted {
    /// The link by which it is asked for.
    pub(crate) const fn link(&self) -> Option<TokenHash> {
        match self {
            Self::Page(page) => page.link,
            Self::Own(..) => None,
        }
    }

    /// Who may have kept the time.
    pub(crate) fn holders(&self) -> Vec<TokenHash> {
        match self {
            Self::Page(page) => page.keepers(),
            Self::Own(..) => Vec::new(),
        }
    }

    /// Who books, if they have waited for it.
    pub(crate) fn waiting(
        &self,
        tx: &mut Tx<'_>,
        event_type: EventTypeId,
    ) -> Result<Option<Entry>, StoreError> {
        match self {
            Self::Page(page) => waiting_of(tx, page, event_type),
            Self::Own(..) => Ok(None),
        }
    }

    pub(crate) fn key(&self) -> OfferKey<'_> {
        match self {
            Self::Page(page) => page.key(),
            Self::Own(host, event_type) => OfferKey::Own(host.id, *event_type),
        }
    }
}

/// What an earlier request with the same key was answered.
fn replay(tx: &mut Tx<'_>, record: Option<&Record>) -> Result<Option<Booked>, BookError> {
    let Some(record) = record else { return Ok(None) };
    let Some(earlier) = tx.idempotency_record(&record.scope, &record.key)? else { return Ok(None) };
    if earlier.body_hash != record.body_hash {
        return Err(BookError::KeyReused);
    }
    let Made::Booking(booking) = earlier.made else { return Err(BookError::KeyReused) };
    let details = tx.booking(booking)?.ok_or(BookError::Unknown)?;
    Ok(Some(Booked { details, repeated: true, waits_at: None }))
}

/// An idempotency record to look for and to write.
pub(crate) struct Record {
    scope: String,
    key: String,
    body_hash: String,
}

impl Record {
    /// The record of a request for a whole series.
    pub(crate) fn repeated(self, repeat: &Repeat) -> Self {
        let count = repeat.count.to_string();
        let except: Vec<_> = repeat.except.iter().map(ToString::to_string).collect();
        let asked = [self.body_hash.as_str(), repeat.every.as_str(), count.as_str()];
        let body_hash = hash(asked.into_iter().chain(except.iter().map(String::as_str)));
        Self { body_hash, ..self }
    }

    /// Writes it down, with the booking that its request made.
    pub(crate) fn insert(
        self,
        tx: &mut Tx<'_>,
        booking: BookingId,
        now: Instant,
    ) -> Result<(), StoreError> {
        let recorded = Recorded { body_hash: self.body_hash, made: Made::Booking(booking) };
        tx.insert_idempotency_record(&self.scope, &self.key, &recorded, now)
    }

    pub(crate) fn new(
        given: &Idempotency,
        wanted: &Wanted,
        duration: Option<Minutes>,
        request: &BookingRequest,
    ) -> Self {
        let guests: Vec<String> =
            request.guests.iter().map(|guest| format!("guest {guest}")).collect();
        let link = wanted.link().map(|link| format!("link {}", link.to_hex()));
        let overrides = request.overrides.then_some("override");
        let wanted = match wanted {
            Wanted::Page(Page { handle, slug, .. }) => format!("{handle}/{slug}"),
            Wanted::Own(_, event_type) => event_type.to_string(),
        };
        let scope = match given.scope {
            IdempotencyScope::ApiKey(id) => format!("api-key {id}"),
            IdempotencyScope::Anonymous => {
                format!("anonymous {}", hash([wanted.as_str(), request.email.folded().as_str()]))
            }
        };
        let duration = duration.map_or(0, |duration| duration.0).to_string();
        let start = request.start.micros().to_string();
        let asked = [
            wanted.as_str(),
            duration.as_str(),
            start.as_str(),
            request.name.as_str(),
            request.email.as_str(),
            request.time_zone.name(),
            request.note.as_str(),
            request.by.as_str(),
        ];
        let answers = request.answers.pairs().flat_map(|(name, text)| [name, text]);
        let body_hash = hash(
            asked
                .into_iter()
                .chain(answers)
                .chain(link.as_deref())
                .chain(overrides)
                .chain(guests.iter().map(String::as_str)),
        );
        Self { scope, key: given.key.clone(), body_hash }
    }
}

/// Of texts of any length, so that no two lists of texts hash alike.
pub(crate) fn hash<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    HEXLOWER.encode(&hasher.finalize())
}
