//! Booking the same wall time again and again: all of it in one transaction, or nothing.

use roomkey_core::{
    availability::Refusal,
    booking::{
        BookingRequest, Denied, Fresh, NewBooking, Occurrence, Repeat, Rule, WallTime,
        decide_booking,
    },
    event_type::Bounds,
    ids::SeriesId,
    notice,
    text::Note,
    time::{Instant, LocalDate, Minutes, Span},
};
use roomkey_store::{BookingDetails, OfferFacts, StoreError, Tx};

use crate::{
    App, BookError, Booked, Client, Idempotency, Wanted,
    attempts::Attempt,
    book::{Door, Opened, Record, is_theirs, settle},
    context::enqueue,
    event_links::take_use,
    offer::ask,
};

/// A booking can not be repeated like that.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RepeatError {
    /// The event type is booked one by one.
    #[error("this can not be booked repeatedly")]
    Never,
    /// Less than twice, or more often than the event type allows.
    #[error("this can be booked 2 to {most} times at once")]
    Count {
        /// How often at most.
        most: u32,
    },
    /// A date that was to be left out is none of the series'.
    #[error("{0} is none of the dates, and can not be left out")]
    NotADate(LocalDate),
    /// All dates were left out.
    #[error("all dates are left out")]
    NothingLeft,
    /// Guests come to single bookings.
    #[error("guests can not be added to what is booked repeatedly")]
    Guests,
    /// Some of the dates are not free; nothing was booked.
    #[error("not all dates are free: {}", dates(.0))]
    Dates(Vec<RefusedDate>),
}

/// A date of a series that can not be booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedDate {
    /// In the schedule's zone; what names it where it is left out.
    pub date: LocalDate,
    /// When it would start.
    pub start: Instant,
    /// What speaks against it.
    pub why: Refusal,
}

pub(crate) fn dates(refused: &[RefusedDate]) -> String {
    let told = refused.iter().map(|RefusedDate { date, why, .. }| format!("{date} ({why})"));
    told.collect::<Vec<_>>().join(", ")
}

/// What a series is to be made of, once it is known that it may be.
struct Wish<'a> {
    request: &'a BookingRequest,
    length: Minutes,
    rule: Rule,
    /// The wall times that are wanted, with their instants.
    starts: Vec<(roomkey_core::time::LocalDateTime, Instant)>,
    /// Whether the customer is yet to show that the address is theirs.
    waits_for_proof: bool,
}

impl App {
    /// Books a time and its repetitions, if all of them are offered: bookings, rooms, links, history, mails and
    /// idempotency record in one transaction, or none of them. The booking that is answered is the first.
    ///
    /// It counts once: for the limits of who books, and for a link's uses. Where the host is asked first, or the
    /// address is to be shown first, all of them wait for that, and become what they become as one.
    ///
    /// # Errors
    /// [`BookError`]; then nothing is stored.
    pub async fn book_series(
        &self,
        wanted: Wanted,
        duration: Option<Minutes>,
        request: BookingRequest,
        repeat: Repeat,
        idempotency: Option<Idempotency>,
        client: Option<Client>,
    ) -> Result<Booked, BookError> {
        let app = self.clone();
        let is_proven = client.is_none() || self.is_proven(&wanted, &request.email, self.now());
        let mut booked = self
            .store
            .write(move |tx| {
                let record = idempotency
                    .as_ref()
                    .map(|given| Record::new(given, &wanted, duration, &request).repeated(&repeat));
                let asked = (&request, &repeat);
                let booked = app.book_series_in(tx, &wanted, duration, asked, record, is_proven)?;
                if let Some(client) = client.filter(|_| !booked.repeated) {
                    let email = request.email.folded();
                    let attempt = if booked.details.booking.status.is_told() {
                        Attempt::booking(&email, client)
                    } else {
                        Attempt::unproven_booking(&email, client)
                    };
                    app.attempt::<BookError>(tx, &attempt, app.now())?;
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

    fn book_series_in(
        &self,
        tx: &mut Tx<'_>,
        wanted: &Wanted,
        duration: Option<Minutes>,
        (request, repeat): (&BookingRequest, &Repeat),
        record: Option<Record>,
        is_proven: bool,
    ) -> Result<Booked, BookError> {
        let Opened { facts, length, link, now } =
            match self.open(tx, wanted, duration, record.as_ref())? {
                Door::Open(opened) => *opened,
                Door::Repeated(booked) => return Ok(*booked),
            };
        if !request.guests.is_empty() {
            return Err(RepeatError::Guests.into());
        }
        let mut wish = Wish::new(&facts, request, repeat, length)?;
        let waiting = wanted.waiting(tx, facts.event_type.id)?;
        let is_proven =
            is_proven || waiting.as_ref().is_some_and(|entry| is_theirs(entry, request));
        wish.waits_for_proof = !is_proven && self.asks_proof(tx, &facts, now)?;
        let first = self.insert_all(tx, wanted, &facts, &wish)?;
        if let Some(link) = &link {
            take_use::<BookError>(tx, link, &facts.host.name)?;
        }
        if let Some(link) =
            link.filter(|link| link.uses_left.is_some() && !first.booking.status.is_told())
        {
            tx.lend_link_use(&first.booking, link.id)?;
        }
        settle(tx, wanted, waiting, record, first.booking.id, now)?;
        let notices = notice::of_new(&first.booking);
        enqueue(tx, &notices, first.booking.created_at, self.entropy())?;
        let OfferFacts { host, event_type, .. } = facts;
        Ok(Booked {
            details: BookingDetails {
                booking: first.booking,
                event_type,
                host,
                room: first.room,
                private_note: Note::default(),
                host_link: first.host_token,
                customer_link: first.customer_token,
            },
            repeated: false,
            waits_at: None,
        })
    }

    /// Each is checked with those before it in place, so that they count for limits and are in each other's way.
    /// The first of them; an error if any is not offered.
    fn insert_all(
        &self,
        tx: &mut Tx<'_>,
        wanted: &Wanted,
        facts: &OfferFacts,
        wish: &Wish<'_>,
    ) -> Result<NewBooking, BookError> {
        let (now, domain) = (self.now(), self.site.public_url.domain());
        let series = SeriesId::new(now, self.entropy());
        let of = u32::try_from(wish.starts.len()).unwrap_or(u32::MAX);
        let (mut first, mut refused) = (None, Vec::new());
        for (index, (original, start)) in (1..).zip(&wish.starts) {
            let (original, start) = (*original, *start);
            let fresh = Fresh::draw(now, self.entropy(), 0);
            let at = Span::lasting(start, wish.length);
            let seating = self.seating(tx, &facts.event_type, at)?;
            let moment = Span::moment(start);
            let decided = ask(tx, facts, wish.length, moment, now, wanted.holders(), |offer| {
                let request = BookingRequest { start, ..wish.request.clone() };
                decide_booking(offer, &facts.event_type, request, &seating, fresh, domain)
            })?;
            let new = match decided {
                Ok(new) => new,
                Err(Denied::Refused(why)) => {
                    refused.push(RefusedDate { date: original.date(), start, why });
                    continue;
                }
                Err(denied) => return Err(denied.into()),
            };
            let ical_uid = format!("{series}@{domain}");
            let rule = wish.rule;
            let occurrence = Occurrence { series, rule, of, index, original, ical_uid };
            if first.is_none() {
                tx.insert_series(&new.booking, &occurrence)?;
            }
            let new = if wish.waits_for_proof { new.until_proven() } else { new };
            let new = new.in_series(occurrence, wish.begins());
            tx.insert_booking(&new)?;
            first.get_or_insert(new);
        }
        match first {
            _ if !refused.is_empty() => Err(RepeatError::Dates(refused).into()),
            Some(first) => Ok(first),
            None => Err(RepeatError::NothingLeft.into()),
        }
    }

    /// All bookings of a series, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn series(&self, series: SeriesId) -> Result<Vec<BookingDetails>, StoreError> {
        self.store.read(move |tx| tx.series_bookings(series)).await
    }
}

impl<'a> Wish<'a> {
    fn new(
        facts: &OfferFacts,
        request: &'a BookingRequest,
        repeat: &Repeat,
        length: Minutes,
    ) -> Result<Self, RepeatError> {
        let most = facts.event_type.terms.most_repeats().ok_or(RepeatError::Never)?;
        if !(Bounds::SERIES.min..=most).contains(&repeat.count) {
            return Err(RepeatError::Count { most });
        }
        let first = WallTime::at(request.start, facts.schedule.time_zone);
        let rule = Rule { every: repeat.every, first };
        let times = rule.plan(repeat.count).times;
        let is_date = |date: &LocalDate| times.iter().any(|time| time.date() == *date);
        if let Some(date) = repeat.except.iter().find(|date| !is_date(date)) {
            return Err(RepeatError::NotADate(*date));
        }
        // What a clock shows twice on the first date is the one that was asked for.
        let instant = |time| if time == first.local { request.start } else { rule.instant(time) };
        let starts: Vec<_> = times
            .into_iter()
            .filter(|time| !repeat.except.contains(&time.date()))
            .map(|time| (time, instant(time)))
            .collect();
        if starts.is_empty() {
            return Err(RepeatError::NothingLeft);
        }
        Ok(Self { request, length, rule, starts, waits_for_proof: false })
    }

    /// When the first of it begins.
    fn begins(&self) -> Instant {
        self.starts.iter().map(|(_, start)| *start).min().unwrap_or(self.request.start)
    }
}
