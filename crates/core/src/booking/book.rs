use super::{
    Attendee, Booking, FreshRoom, Guest, Proof, Seating, Side, Status, WallTime, WrongGuests,
    guest::read_guests, seat::room_to_make,
};
use crate::{
    availability::{Offer, Reason, Refusal},
    event_type::{EventType, Terms},
    ids::{AttendeeId, BookingId, GuestId},
    question::{Given, WrongAnswer},
    random::Entropy,
    room::Room,
    text::{EmailAddress, Note, PersonName},
    time::{Instant, MICROS_PER_MINUTE, Span, TimeZone},
    token::Token,
};

/// A time somebody asks for.
#[derive(Debug, Clone)]
pub struct BookingRequest {
    /// When it should start.
    pub start: Instant,
    /// The customer's name.
    pub name: PersonName,
    /// The customer's address.
    pub email: EmailAddress,
    /// In which times are shown to the customer.
    pub time_zone: TimeZone,
    /// Whom the customer brings along.
    pub guests: Vec<EmailAddress>,
    /// What the customer wrote.
    pub note: Note,
    /// What the customer answered.
    pub answers: Given,
    /// What the customer saw of questions and place ([`Terms::asked_as`](crate::event_type::Terms::asked_as)),
    /// if that is known.
    pub seen: Option<String>,
    /// Who asks: the customer, or the host on the customer's behalf.
    pub by: Side,
    /// Whether the host books it although their own rules do not offer it. Of a customer it counts for nothing.
    pub overrides: bool,
}

/// All that a booking needs of chance, drawn before the decision.
#[derive(Debug)]
pub struct Fresh {
    booking: BookingId,
    attendee: AttendeeId,
    room: FreshRoom,
    host_token: Token,
    customer_token: Token,
    guests: Vec<(GuestId, Token)>,
}

impl Fresh {
    /// Draws it, for a booking with so many guests.
    pub fn draw(now: Instant, entropy: &dyn Entropy, guests: usize) -> Self {
        let guest = |_| (GuestId::new(now, entropy), Token::new(entropy));
        Self {
            guests: (0..guests).map(guest).collect(),
            booking: BookingId::new(now, entropy),
            attendee: AttendeeId::new(now, entropy),
            room: FreshRoom::draw(now, entropy),
            host_token: Token::new(entropy),
            customer_token: Token::new(entropy),
        }
    }
}

/// What a granted request makes. It is stored as a whole, or not at all.
#[derive(Debug)]
pub struct NewBooking {
    /// The booking: confirmed, or a request where the host wants to be asked.
    pub booking: Booking,
    /// Its first room, if that is where they meet. A request has none, and who joins a session has the one
    /// that is there.
    pub room: Option<Room>,
    /// How many seats its session has, if it is in one.
    pub seats: Option<u32>,
    /// The host's link to it.
    pub host_token: Token,
    /// The customer's link to it.
    pub customer_token: Token,
    /// The links of its guests, in their order.
    pub guest_tokens: Vec<Token>,
    /// Who made it.
    pub by: Side,
    /// What spoke against it, if the host booked it all the same.
    pub despite: Note,
}

/// A request is not granted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Questions or place have changed since the customer saw them.
    #[error("what is asked, or where you meet, has changed since")]
    Changed,
    /// Answers are missing or wrong.
    #[error("answers are missing or wrong")]
    Answers(Vec<WrongAnswer>),
    /// Guests that the event type does not allow.
    #[error(transparent)]
    Guests(#[from] WrongGuests),
    /// The time is not offered.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Grants a request if its time is offered and its answers are what is asked for.
///
/// `seating` is of the time that is asked for. `domain` is the installation's, for the UID (RFC 7986 5.3: globally unique, no secret).
///
/// # Errors
/// [`Denied`].
pub fn decide_booking(
    offer: &Offer<'_>,
    event_type: &EventType,
    request: BookingRequest,
    seating: &Seating,
    fresh: Fresh,
    domain: &str,
) -> Result<NewBooking, Denied> {
    if request.seen.is_some_and(|seen| seen != event_type.terms.asked_as()) {
        return Err(Denied::Changed);
    }
    let asked = event_type.terms.asks();
    let answers = request.answers.read(&asked, request.by).map_err(Denied::Answers)?;
    let most = event_type.terms.most_guests();
    let guests = read_guests(request.guests, &request.email, most)?;
    let overrides = request.overrides && request.by == Side::Host;
    let (span, despite) = grant(offer, request.start, overrides)?;
    let (guests, guest_tokens) = guests
        .into_iter()
        .zip(fresh.guests)
        .map(|(email, (id, token))| (Guest { id, email, removed: false }, token))
        .unzip();
    let (status, expires_at) = first_state(&event_type.terms, request.by, span.start, offer.now);
    let booking = Booking {
        id: fresh.booking,
        event_type: event_type.id,
        host: event_type.host,
        status,
        expires_at,
        version: 1,
        span,
        buffers: event_type.terms.buffers,
        ical_uid: format!("{}@{domain}", fresh.booking),
        ical_sequence: 0,
        attendee: Attendee {
            id: fresh.attendee,
            name: request.name,
            email: request.email,
            time_zone: request.time_zone,
            attendance: None,
            proof: Proof::NotAsked,
        },
        guests,
        location: event_type.terms.location.clone(),
        note: request.note,
        answers,
        created_at: offer.now,
        cancelled: None,
        session: seating.session(event_type),
        series: None,
        agreed: Some(WallTime::at(span.start, offer.schedule.time_zone)),
    };
    let policy = event_type.terms.room;
    let room = match status {
        Status::Confirmed => {
            room_to_make(&booking, booking.session, span, policy, seating, fresh.room)
        }
        _ => None,
    };
    let (host_token, customer_token) = (fresh.host_token, fresh.customer_token);
    let seats = event_type.terms.seats;
    Ok(NewBooking {
        booking,
        room,
        seats,
        host_token,
        customer_token,
        guest_tokens,
        by: request.by,
        despite,
    })
}

/// The span that is booked, and what of the host's rules speaks against it. A host overrides their own rules,
/// also by agreeing to a move, but neither time that has begun nor somebody else's. It starts with a minute, and
/// ends in time that can be written.
///
/// # Errors
/// [`Refusal`].
pub fn grant(offer: &Offer<'_>, start: Instant, overrides: bool) -> Result<(Span, Note), Refusal> {
    match offer.verdict(start) {
        Ok(slot) => Ok((slot.span(), Note::default())),
        Err(why) if !overrides => Err(why),
        Err(_) => {
            let refusals = offer.refusals(start);
            if let Some(why) = refusals.iter().find(|why| !why.is_own_rule()) {
                return Err(*why);
            }
            let span = Span::lasting(start, offer.duration);
            let is_whole = start.micros() % MICROS_PER_MINUTE == 0;
            if !is_whole || span.end.since(start) != offer.duration.micros() {
                return Err(Refusal::OffGrid);
            }
            let tell = |refusal| Reason { offer, start, refusal, calendars: &[] }.to_string();
            let told: Vec<String> = refusals.into_iter().map(tell).collect();
            let despite = Note::from_stored(told.join("; "));
            Ok((span, despite))
        }
    }
}

/// The state of what is booked at `now` to begin at `start`, and until when it keeps its time in that
/// state. Who books in the host's name has the host's yes.
pub(super) fn first_state(
    terms: &Terms,
    by: Side,
    start: Instant,
    now: Instant,
) -> (Status, Option<Instant>) {
    match terms.confirm_within.filter(|_| by == Side::Customer) {
        Some(within) => (Status::Pending, Some(now.plus(within).min(start))),
        None => (Status::Confirmed, None),
    }
}
