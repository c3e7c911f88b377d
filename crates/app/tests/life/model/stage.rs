//! The program, and those who work with it.

use roomkey_app::{
    Answer, App, BookError, CancelRequest, Client, GuestError, HoldError, Idempotency,
    IdempotencyScope, JoinListError, Joining, LinkError, Page, ProposalAnswer, RepeatError,
    RequestError, Verdict, WaitingError, Wanted,
};
use roomkey_core::{
    account::User,
    booking::{Every, Repeat, SeriesScope, Side},
    event_type::EventType,
    ids::{ApiKeyId, BookingId, GuestId, RoomId},
    text::Note,
    time::{Instant, Minutes, Span, TimeZone},
    token::{Token, TokenHash},
};
use roomkey_store::{BookingDetails, StoreError, WaitingEntry};

use super::{
    command::{Asked, Command, Door, Fate, Keeper, Outcome, Says, Way, guest_email},
    refused::{
        admission, cancel_refused, dates_refused, move_refused, proof_refused, proposal_refused,
        refused, transition,
    },
    rules::{DAY, MINUTE},
};
use crate::world::{MovedClock, request};

/// The program, and who works with it.
pub(crate) struct Stage {
    pub(crate) app: App,
    pub(crate) clock: std::sync::Arc<MovedClock>,
    pub(crate) hosts: Vec<User>,
    pub(crate) events: Vec<EventType>,
    pub(crate) keys: Vec<ApiKeyId>,
}

pub(crate) fn at(seconds: i64) -> Instant {
    Instant::from_seconds(seconds)
}

pub(crate) fn holder(visitor: usize) -> TokenHash {
    Token::derived(&[u8::try_from(visitor).unwrap(); 32]).hash()
}

/// From where all visitors come.
fn visitors() -> Client {
    Client::new([127, 0, 0, 1].into())
}

fn none() -> Note {
    "".parse().unwrap()
}

impl Stage {
    pub(crate) async fn run(&self, command: &Command) -> Outcome {
        match command {
            Command::Book { asked, key, keeper } => self.book(*asked, *key, keeper.as_ref()).await,
            Command::Hold { event, start, visitor } => self.hold(*event, *start, *visitor).await,
            Command::Release { visitor } => {
                self.app.release(vec![holder(*visitor)]).await.unwrap();
                Outcome::Nothing
            }
            Command::Move { booking, way, start, scope } => {
                self.move_to(*booking, way, *start, *scope).await
            }
            Command::Cancel { booking, way, scope } => self.cancel(*booking, way, *scope).await,
            Command::Confirm { booking, way } => self.answer(*booking, way, Answer::Confirm).await,
            Command::Decline { booking, way } => {
                self.answer(*booking, way, Answer::Decline(none())).await
            }
            Command::Prove { link, .. } => match self.app.prove(link).await {
                Ok(details) => self.whole(details).await,
                Err(why) => proof_refused(why),
            },
            Command::Withdraw { link, .. } => {
                self.app.withdraw(link).await.map_or_else(proof_refused, |()| Outcome::Nothing)
            }
            Command::AddGuest { booking, way, guest } => {
                self.add_guest(*booking, way, *guest).await
            }
            Command::RemoveGuest { way, guest, .. } => self.remove_guest(way, *guest).await,
            Command::Look { link } => self.look(link).await,
            Command::Conference { name, id } => self.ask_for_room(name, *id).await,
            Command::Free { event, midnight } => {
                let day = Span { start: at(*midnight), end: at(midnight + DAY) };
                let offered = self.app.slots(self.page(*event, None), None, day).await.unwrap();
                Outcome::Free(offered.slots.iter().map(|slot| slot.start.seconds()).collect())
            }
            Command::Expire => {
                while self
                    .app
                    .expire_requests()
                    .await
                    .unwrap()
                    .is_some_and(|next| next <= self.app.now())
                {}
                Outcome::Nothing
            }
            Command::Propose { booking, way, starts } => self.propose(*booking, way, starts).await,
            Command::Answer { booking, way, says, seen } => {
                self.answer_proposal(*booking, way, *says, *seen).await
            }
            Command::Lapse => {
                let is_due =
                    |next: Option<Instant>| next.is_some_and(|next| next <= self.app.now());
                while is_due(self.app.lapse_proposals().await.unwrap()) {}
                Outcome::Nothing
            }
            Command::Join { event, day, customer } => self.wait(*event, *day, *customer).await,
            Command::JoinProven { link, .. } => {
                self.app.prove_waiting(link).await.map_or_else(left_refused, |_| Outcome::Nothing)
            }
            Command::Leave { entry, link, by } => {
                let left = match by {
                    Side::Customer => self.app.leave_waiting_list(link).await,
                    Side::Host => {
                        let found = self.app.waiting_entry(link).await.unwrap();
                        self.app.remove_waiting(found.host.id, *entry).await
                    }
                };
                left.map_or_else(left_refused, |()| Outcome::Nothing)
            }
            Command::Offer => {
                self.app.offer_to_waiting().await.unwrap();
                Outcome::Nothing
            }
            Command::Forget => {
                self.app.forget_expired().await.unwrap();
                Outcome::Nothing
            }
            Command::Mail { fates } => self.send(fates).await,
            Command::Pass { until } => {
                self.clock.set(at(*until));
                Outcome::Nothing
            }
        }
    }

    async fn hold(&self, event: usize, start: i64, visitor: usize) -> Outcome {
        let (page, visitor) = (self.page(event, None), holder(visitor));
        match self.app.hold(page, None, at(start), visitor, visitors()).await {
            Ok(until) => Outcome::Held(until.seconds()),
            Err(HoldError::Refused(why)) => refused(why),
            Err(HoldError::Limited(_)) => Outcome::Refused("limited".into()),
            Err(other) => Outcome::Refused(other.to_string()),
        }
    }

    /// With all of its series, if it is in one: their rooms are the program's own choice.
    async fn whole(&self, details: BookingDetails) -> Outcome {
        let Some(occurrence) = &details.booking.series else { return changed(details) };
        let all = self.app.series(occurrence.series).await.unwrap();
        Outcome::Whole(Box::new(details), all)
    }

    async fn move_to(
        &self,
        booking: BookingId,
        way: &Way,
        start: i64,
        scope: SeriesScope,
    ) -> Outcome {
        let (app, to) = (&self.app, at(start));
        let moved = match (way, scope) {
            (Way::Link(_, token), SeriesScope::This) => app.move_by_link(token, to, none()).await,
            (Way::Own(host), SeriesScope::This) => {
                app.move_own(self.hosts[*host].id, booking, to, none()).await
            }
            (Way::Link(_, token), _) => app.move_series_by_link(token, to, none(), scope).await,
            (Way::Own(host), _) => {
                app.move_own_series(self.hosts[*host].id, booking, to, none(), scope).await
            }
        };
        match moved {
            Ok(details) if scope != SeriesScope::This => self.whole(details).await,
            other => other.map_or_else(move_refused, changed),
        }
    }

    async fn cancel(&self, booking: BookingId, way: &Way, scope: SeriesScope) -> Outcome {
        let app = &self.app;
        // The model knows no other reason for a new room than the booking's own changes.
        let request = CancelRequest { reason: none(), scope, keep_room: true };
        let cancelled = match way {
            Way::Link(_, token) => app.cancel_by_link(token, request).await,
            Way::Own(host) => app.cancel_own(self.hosts[*host].id, booking, request).await,
        };
        cancelled.map_or_else(cancel_refused, changed)
    }

    async fn propose(&self, booking: BookingId, way: &Way, starts: &[i64]) -> Outcome {
        let (app, starts) = (&self.app, starts.iter().map(|start| at(*start)).collect());
        let proposed = match way {
            Way::Link(_, token) => app.propose_by_link(token, starts, none()).await,
            Way::Own(host) => app.propose_own(self.hosts[*host].id, booking, starts, none()).await,
        };
        proposed.map_or_else(proposal_refused, |made| Outcome::Proposed(Box::new(made)))
    }

    async fn answer_proposal(
        &self,
        booking: BookingId,
        way: &Way,
        says: Says,
        seen: Option<i64>,
    ) -> Outcome {
        let says = match says {
            Says::Accept(start) => roomkey_app::Says::Accept(at(start), none()),
            Says::Decline => roomkey_app::Says::Decline(none()),
            Says::Withdraw => roomkey_app::Says::Withdraw,
        };
        let (app, answer) = (&self.app, ProposalAnswer { seen: seen.map(at), says });
        let answered = match way {
            Way::Link(_, token) => app.answer_proposal_by_link(token, answer).await,
            Way::Own(host) => app.answer_own_proposal(self.hosts[*host].id, booking, answer).await,
        };
        answered.map_or_else(proposal_refused, changed)
    }

    fn page(&self, event: usize, visitor: Option<usize>) -> Page {
        let event = &self.events[event];
        let host = self.hosts.iter().find(|host| host.id == event.host).unwrap();
        let page = Page::new(host.handle.to_string(), event.terms.slug.to_string());
        Page { holders: visitor.map(holder).into_iter().collect(), ..page }
    }

    async fn book(&self, asked: Asked, key: Option<i64>, keeper: Option<&Keeper>) -> Outcome {
        let Asked { door, event, start, duration, customer, guests, repeat } = asked;
        let host = self.hosts.iter().position(|host| host.id == self.events[event].host).unwrap();
        let by = if door == Door::Page { Side::Customer } else { Side::Host };
        let wanted = match door {
            Door::Page => Wanted::Page(match keeper {
                Some(Keeper::Visitor(visitor)) => self.page(event, Some(*visitor)),
                Some(Keeper::Waiting(_, link)) => {
                    Page { waiting: Some(link.hash()), ..self.page(event, None) }
                }
                None => self.page(event, None),
            }),
            Door::Key => Wanted::Page(Page { by, ..self.page(event, None) }),
            Door::Own => Wanted::Own(self.hosts[host].clone(), self.events[event].id),
        };
        let scope = match door {
            Door::Page | Door::Own => IdempotencyScope::Anonymous,
            Door::Key => IdempotencyScope::ApiKey(self.keys[host]),
        };
        let key = key.map(|key| Idempotency { scope, key: format!("key-{key}") });
        let length = duration.map(|length| Minutes(u32::try_from(length / MINUTE).unwrap()));
        let mut request = request(at(start), &format!("customer-{customer}"), by);
        request.guests = (0..guests).map(|guest| guest_email(guest).parse().unwrap()).collect();
        let client = (door == Door::Page).then(visitors);
        let booked = match repeat {
            None => self.app.book(wanted, length, request, key, client).await,
            Some(repeat) => {
                let every = if repeat.weeks == 1 { Every::Week } else { Every::TwoWeeks };
                let date = |date: u32| start + i64::from(date) * repeat.weeks * 7 * DAY;
                let except = repeat.except.map(|left_out| TimeZone::UTC.date(at(date(left_out))));
                let except = except.into_iter().collect();
                let repeat = Repeat { every, count: repeat.count, except };
                self.app.book_series(wanted, length, request, repeat, key, client).await
            }
        };
        match booked {
            Ok(booked) if booked.repeated => Outcome::Repeated(Box::new(booked.details)),
            Ok(booked) => {
                let waits = booked.waits_at.map(|link| link.expose().to_owned());
                let Some(occurrence) = &booked.details.booking.series else {
                    return Outcome::Booked(Box::new(booked.details), waits);
                };
                let all = self.app.series(occurrence.series).await.unwrap();
                Outcome::Series(Box::new(booked.details), all, waits)
            }
            Err(BookError::Repeat(RepeatError::Dates(dates))) => dates_refused(dates),
            Err(BookError::Repeat(RepeatError::Count { .. })) => Outcome::Refused("count".into()),
            Err(BookError::Repeat(RepeatError::Never)) => Outcome::Refused("never".into()),
            Err(BookError::Repeat(RepeatError::NotADate(_))) => Outcome::Refused("no date".into()),
            Err(BookError::Refused(why)) => refused(why),
            Err(BookError::Taken) => Outcome::Refused("taken".into()),
            Err(BookError::Guests(_) | BookError::Repeat(RepeatError::Guests)) => {
                Outcome::Refused("guests".into())
            }
            Err(BookError::KeyReused) => Outcome::Refused("key reused".into()),
            Err(BookError::Duration(_)) => Outcome::Refused("duration".into()),
            Err(other) => Outcome::Refused(other.to_string()),
        }
    }

    async fn answer(&self, booking: BookingId, way: &Way, answer: Answer) -> Outcome {
        let answered = match way {
            Way::Link(_, token) => self.app.answer_by_link(token, answer).await,
            Way::Own(host) => self.app.answer_own(self.hosts[*host].id, booking, answer).await,
        };
        match answered {
            Ok(details) => self.whole(details).await,
            Err(RequestError::InvalidTransition(why)) => transition(why),
            Err(RequestError::Unknown) => Outcome::Refused("unknown".into()),
            Err(RequestError::Gone) => Outcome::Refused("gone".into()),
            Err(other) => Outcome::Refused(other.to_string()),
        }
    }

    async fn add_guest(&self, booking: BookingId, way: &Way, guest: usize) -> Outcome {
        let email = guest_email(guest).parse().unwrap();
        let added = match way {
            Way::Link(_, token) => self.app.add_guest_by_link(token, email).await,
            Way::Own(host) => self.app.add_guest_own(self.hosts[*host].id, booking, email).await,
        };
        guests_changed(added)
    }

    async fn wait(&self, event: usize, day: Option<i64>, customer: usize) -> Outcome {
        let day = day.map(|midnight| TimeZone::UTC.date(at(midnight)));
        let name = format!("customer-{customer}");
        let joining = Joining {
            page: self.page(event, None),
            duration: None,
            day,
            until: None,
            email: format!("{name}@customers.example").parse().unwrap(),
            name: name.parse().unwrap(),
            time_zone: TimeZone::UTC,
        };
        let email = joining.email.clone();
        let asks = match self.app.join_waiting_list(joining, visitors()).await {
            Ok(asks) => asks,
            Err(JoinListError::Unknown) => return Outcome::Refused("no list".into()),
            Err(JoinListError::Wish(_)) => return Outcome::Refused("day".into()),
            Err(JoinListError::Free) => return Outcome::Refused("free".into()),
            Err(other) => return Outcome::Refused(other.to_string()),
        };
        // The answer does not tell; the row does.
        let event_type = self.events[event].id;
        let find = move |tx: &mut roomkey_store::Tx<'_>| -> Result<_, StoreError> {
            tx.waiting_entry_like(event_type, &email, day)
        };
        let found = self.app.store().read(find).await.unwrap();
        let WaitingEntry { entry, token } = found.expect("somebody who waits");
        Outcome::Joined(asks, entry.id, token)
    }

    async fn remove_guest(&self, way: &Way, guest: GuestId) -> Outcome {
        let Way::Link(_, token) = way else { panic!("guests are taken off by link") };
        guests_changed(self.app.remove_guest_by_link(token, guest).await)
    }

    async fn look(&self, link: &Token) -> Outcome {
        let found = match self.app.booking_by_link(link).await {
            Ok(found) => found,
            Err(LinkError::Gone) => return Outcome::Refused("gone".into()),
            Err(other) => return Outcome::Refused(other.to_string()),
        };
        let door = match self.app.join(link).await {
            Ok(join) => admission(join.admission),
            Err(LinkError::Unknown) => "no room",
            Err(other) => return Outcome::Refused(other.to_string()),
        };
        Outcome::Shown(found.side, Box::new(found.details), door)
    }

    /// By either way the answer is the same.
    async fn ask_for_room(&self, name: &str, id: RoomId) -> Outcome {
        let by_name = self.app.conference_by_name(name, None).await.unwrap().unwrap();
        let by_id = self.app.conference_by_id(&id.to_string(), None).await.unwrap().unwrap();
        assert_eq!(by_name.room.id, id);
        assert_eq!(by_name.verdict, by_id.verdict);
        Outcome::Verdict(match by_name.verdict {
            Verdict::Open => "open",
            Verdict::Early { .. } => "early",
            Verdict::Over => "over",
            Verdict::Revoked => "revoked",
        })
    }

    async fn send(&self, fates: &[Fate]) -> Outcome {
        let (store, now, worker) = (self.app.store(), self.app.now(), "worker");
        // A claim that lapses at once, so that a mail which was lost is due again.
        let letters = store.claim_mail(worker, now, 0, 1000).await.unwrap();
        for (letter, fate) in letters.iter().zip(fates.iter().cycle()) {
            let later = now.plus(Minutes(10));
            match fate {
                Fate::Sent => store.mail_sent(letter.id, "an id", now).await.unwrap(),
                Fate::Retry => {
                    store.mail_failed(letter.id, worker, "no", Some(later), now).await.unwrap();
                }
                Fate::GivenUp => {
                    store.mail_failed(letter.id, worker, "no", None, now).await.unwrap();
                }
                Fate::Lost => {}
            }
        }
        Outcome::Letters(letters)
    }
}

fn guests_changed(said: Result<BookingDetails, GuestError>) -> Outcome {
    match said {
        Ok(details) => changed(details),
        Err(GuestError::InvalidTransition(why)) => transition(why),
        Err(GuestError::Unknown) => Outcome::Refused("unknown".into()),
        Err(GuestError::Gone) => Outcome::Refused("gone".into()),
        Err(GuestError::Wrong(_)) => Outcome::Refused("guests".into()),
        Err(other) => Outcome::Refused(other.to_string()),
    }
}

fn left_refused(error: WaitingError) -> Outcome {
    match error {
        WaitingError::Unknown => Outcome::Refused("unknown".into()),
        WaitingError::Ended(_) => Outcome::Refused("ended".into()),
        WaitingError::Store(error) => Outcome::Refused(error.to_string()),
    }
}

fn changed(details: BookingDetails) -> Outcome {
    Outcome::Changed(Box::new(details))
}
