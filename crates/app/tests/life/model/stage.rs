//! The program, and those who work with it.

use roomkey_app::{
    Answer, App, BookError, Client, GuestError, HoldError, Idempotency, IdempotencyScope,
    LinkError, Page, ProposalAnswer, RequestError, Verdict, Wanted,
};
use roomkey_core::{
    account::User,
    booking::Side,
    event_type::EventType,
    ids::{ApiKeyId, BookingId, GuestId, RoomId},
    text::Note,
    time::{Instant, Minutes, Span},
    token::{Token, TokenHash},
};
use roomkey_store::BookingDetails;

use super::{
    command::{Asked, Command, Door, Fate, Outcome, Says, Way, guest_email},
    refused::{
        admission, cancel_refused, move_refused, proof_refused, proposal_refused, refused,
        transition,
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
            Command::Book { asked, key, visitor } => self.book(*asked, *key, *visitor).await,
            Command::Hold { event, start, visitor } => self.hold(*event, *start, *visitor).await,
            Command::Release { visitor } => {
                self.app.release(holder(*visitor)).await.unwrap();
                Outcome::Nothing
            }
            Command::Move { booking, way, start } => self.move_to(*booking, way, *start).await,
            Command::Cancel { booking, way } => self.cancel(*booking, way).await,
            Command::Confirm { booking, way } => self.answer(*booking, way, Answer::Confirm).await,
            Command::Decline { booking, way } => {
                self.answer(*booking, way, Answer::Decline(none())).await
            }
            Command::Prove { link, .. } => {
                self.app.prove(link).await.map_or_else(proof_refused, changed)
            }
            Command::Withdraw { link, .. } => {
                self.app.withdraw(link).await.map_or_else(proof_refused, |()| Outcome::Nothing)
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

    async fn move_to(&self, booking: BookingId, way: &Way, start: i64) -> Outcome {
        let (app, to) = (&self.app, at(start));
        let moved = match way {
            Way::Link(_, token) => app.move_by_link(token, to, none()).await,
            Way::Own(host) => app.move_own(self.hosts[*host].id, booking, to, none()).await,
        };
        moved.map_or_else(move_refused, changed)
    }

    async fn cancel(&self, booking: BookingId, way: &Way) -> Outcome {
        let cancelled = match way {
            Way::Link(_, token) => self.app.cancel_by_link(token, none()).await,
            Way::Own(host) => self.app.cancel_own(self.hosts[*host].id, booking, none()).await,
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
        Page { holder: visitor.map(holder), ..page }
    }

    async fn book(&self, asked: Asked, key: Option<i64>, visitor: Option<usize>) -> Outcome {
        let Asked { door, event, start, duration, customer, guests } = asked;
        let host = self.hosts.iter().position(|host| host.id == self.events[event].host).unwrap();
        let by = if door == Door::Page { Side::Customer } else { Side::Host };
        let wanted = match door {
            Door::Page => Wanted::Page(self.page(event, visitor)),
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
        match self.app.book(wanted, length, request, key, client).await {
            Ok(booked) if booked.repeated => Outcome::Repeated(Box::new(booked.details)),
            Ok(booked) => {
                let waits = booked.waits_at.map(|link| link.expose().to_owned());
                Outcome::Booked(Box::new(booked.details), waits)
            }
            Err(BookError::Refused(why)) => refused(why),
            Err(BookError::Taken) => Outcome::Refused("taken".into()),
            Err(BookError::Guests(_)) => Outcome::Refused("guests".into()),
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
            Ok(details) => changed(details),
            Err(RequestError::InvalidTransition(why)) => transition(why),
            Err(RequestError::Unknown) => Outcome::Refused("unknown".into()),
            Err(RequestError::Gone) => Outcome::Refused("gone".into()),
            Err(other) => Outcome::Refused(other.to_string()),
        }
    }

    async fn remove_guest(&self, way: &Way, guest: GuestId) -> Outcome {
        let Way::Link(_, token) = way else { panic!("guests are taken off by link") };
        match self.app.remove_guest_by_link(token, guest).await {
            Ok(details) => changed(details),
            Err(GuestError::InvalidTransition(why)) => transition(why),
            Err(GuestError::Unknown) => Outcome::Refused("unknown".into()),
            Err(GuestError::Gone) => Outcome::Refused("gone".into()),
            Err(other) => Outcome::Refused(other.to_string()),
        }
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

fn changed(details: BookingDetails) -> Outcome {
    Outcome::Changed(Box::new(details))
}
