//! The table: each route, and who gets what from it.

use super::{
    callers::Who,
    routes::On::{self, Internal, Public},
};

/// Who may, and how it is answered.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rule {
    /// Everybody, alike.
    All(u16),
    /// Everybody but who brings a key that is none.
    PublicCall(u16),
    /// Everybody may book as a customer; with a key only its own host may, and only with a key that may write.
    Booking(u16),
    /// Whoever has the link, by whose it is.
    Link { customer: u16, host: u16 },
    /// Hosts who are signed in, of their own.
    Host(u16),
    /// Likewise by a form that names what it is about: another's is a wrong answer, as one that is not there.
    HostForm { done: u16, wrong: u16 },
    /// Programs with a key of the host's.
    KeyToRead(u16),
    /// Programs with a key of the host's that may write.
    KeyToWrite(u16),
    /// Jitsi's Prosody.
    Prosody(u16),
}

impl Rule {
    /// What the caller is answered about Ada's things.
    pub(crate) fn status(self, who: Who, has_object: bool) -> u16 {
        let is_key = matches!(who, Who::AdasKey | Who::AdasReader | Who::EvesKey);
        match self {
            Self::PublicCall(_) | Self::Booking(_) if who == Who::Prosody => 401,
            Self::Booking(_) if who == Who::AdasReader => 403,
            Self::Booking(_) if who == Who::EvesKey => 404,
            Self::Host(_) | Self::HostForm { .. } if !who.is_signed_in() => 303,
            Self::HostForm { wrong, .. } if !who.is_ada() => wrong,
            Self::KeyToRead(_) | Self::KeyToWrite(_) if !is_key => 401,
            Self::KeyToWrite(_) if who == Who::AdasReader => 403,
            Self::Host(_) | Self::KeyToRead(_) | Self::KeyToWrite(_)
                if has_object && !who.is_ada() =>
            {
                404
            }
            Self::Prosody(_) if who != Who::Prosody => 401,
            _ => self.done(),
        }
    }

    /// What they are answered who may; of links, the customer.
    fn done(self) -> u16 {
        match self {
            Self::All(done)
            | Self::PublicCall(done)
            | Self::Booking(done)
            | Self::Link { customer: done, .. }
            | Self::Host(done)
            | Self::HostForm { done, .. }
            | Self::KeyToRead(done)
            | Self::KeyToWrite(done)
            | Self::Prosody(done) => done,
        }
    }

    /// Whether that is a refusal.
    pub(crate) fn refuses(self, who: Who, has_object: bool) -> bool {
        let is_for_hosts = matches!(self, Self::Host(_) | Self::HostForm { .. });
        (is_for_hosts && !who.is_signed_in()) || self.status(who, has_object) != self.done()
    }

    /// Whether it shows the caller what is theirs.
    pub(crate) fn is_about_oneself(self) -> bool {
        matches!(self, Self::Host(_) | Self::KeyToRead(_) | Self::KeyToWrite(_))
    }
}

use Rule::{All, Booking, Host, HostForm, KeyToRead, KeyToWrite, Link, Prosody, PublicCall};

pub(crate) const TABLE: &[(On, &str, &str, Rule)] = &[
    (Public, "GET", "/", All(303)),
    (Public, "GET", "/static/{name}", All(200)),
    (Public, "POST", "/theme", All(303)),
    // There is an owner already.
    (Public, "GET", "/setup", All(303)),
    (Public, "POST", "/setup", All(403)),
    // Forms of nobody need the token of their browser, which no other form has.
    (Public, "GET", "/sign-in", All(200)),
    (Public, "POST", "/sign-in", All(403)),
    (Public, "GET", "/forgot-password", All(200)),
    (Public, "POST", "/forgot-password", All(403)),
    (Public, "GET", "/reset-password/{token}", All(410)),
    (Public, "POST", "/reset-password/{token}", All(403)),
    // Where Jitsi fetches the public halves of keys; none has the address that is asked for.
    (Public, "GET", "/asap/{file}", All(404)),
    // What customers see and do.
    (Public, "GET", "/{handle}", All(200)),
    (Public, "GET", "/{handle}/", All(308)),
    (Public, "GET", "/{handle}/{slug}", All(200)),
    (Public, "GET", "/{handle}/{slug}/", All(308)),
    (Public, "POST", "/{handle}/{slug}", All(422)),
    (Public, "POST", "/{handle}/{slug}/hold", All(204)),
    (Public, "GET", "/{handle}/{slug}/waiting-list", All(200)),
    (Public, "POST", "/{handle}/{slug}/waiting-list", All(422)),
    // Another booking's link is none to somebody's page in a waiting list.
    (Public, "GET", "/w/{token}", Link { customer: 200, host: 404 }),
    (Public, "POST", "/w/{token}", Link { customer: 303, host: 404 }),
    (Public, "GET", "/b/{token}", Link { customer: 200, host: 200 }),
    (Public, "GET", "/b/{token}/calendar.ics", Link { customer: 200, host: 200 }),
    (Public, "GET", "/b/{token}/cancel", Link { customer: 200, host: 200 }),
    (Public, "GET", "/b/{token}/reminders", Link { customer: 200, host: 404 }),
    (Public, "POST", "/b/{token}/reminders", Link { customer: 303, host: 404 }),
    (Public, "GET", "/b/{token}/reschedule", Link { customer: 200, host: 200 }),
    // Nothing is proposed for these bookings.
    (Public, "GET", "/b/{token}/proposal", Link { customer: 303, host: 303 }),
    (Public, "POST", "/b/{token}/proposal", Link { customer: 422, host: 422 }),
    (Public, "GET", "/b/{token}/propose", Link { customer: 404, host: 200 }),
    (Public, "POST", "/b/{token}/propose", Link { customer: 404, host: 303 }),
    (Public, "GET", "/b/{token}/join", Link { customer: 200, host: 200 }),
    (Public, "POST", "/b/{token}/join", Link { customer: 303, host: 303 }),
    (Public, "POST", "/b/{token}/confirm", Link { customer: 404, host: 303 }),
    (Public, "POST", "/b/{token}/decline", Link { customer: 404, host: 303 }),
    (Public, "POST", "/b/{token}/note", Link { customer: 404, host: 303 }),
    // These bookings have not begun.
    (Public, "POST", "/b/{token}/extend", Link { customer: 404, host: 422 }),
    (Public, "POST", "/b/{token}/attended", Link { customer: 404, host: 422 }),
    (Public, "POST", "/b/{token}/no-show", Link { customer: 404, host: 422 }),
    (Public, "POST", "/b/{token}/reschedule", Link { customer: 303, host: 303 }),
    (Public, "POST", "/b/{token}/guests", Link { customer: 303, host: 303 }),
    // Each takes another one off.
    (Public, "POST", "/b/{token}/guests/{id}/remove", Link { customer: 303, host: 303 }),
    // A booking's links prove nothing; who waits for the proof has a link of their own.
    (Public, "GET", "/b/{token}/verify", Link { customer: 404, host: 404 }),
    (Public, "POST", "/b/{token}/verify", Link { customer: 404, host: 404 }),
    (Public, "GET", "/b/{token}/check-mail", Link { customer: 200, host: 404 }),
    (Public, "POST", "/b/{token}/check-mail", Link { customer: 303, host: 404 }),
    // The host comes second, and is told that it is done.
    (Public, "POST", "/b/{token}/cancel", Link { customer: 303, host: 422 }),
    // The built-in mailbox of the demonstration is for who runs it, on their own machine.
    (Public, "GET", "/dev/mailbox", All(200)),
    (Public, "GET", "/dev/mailbox/{name}", All(200)),
    (Public, "GET", "/dev/mailbox/{name}/source", All(200)),
    // What hosts see and do.
    (Public, "GET", "/app", Host(303)),
    (Public, "GET", "/app/bookings", Host(200)),
    (Public, "GET", "/app/bookings.csv", Host(200)),
    (Public, "GET", "/app/bookings/day", Host(200)),
    (Public, "POST", "/app/bookings/day", Host(303)),
    (Public, "GET", "/app/bookings/new", Host(200)),
    (Public, "POST", "/app/bookings/new", HostForm { done: 303, wrong: 422 }),
    (Public, "GET", "/app/settings", Host(200)),
    (Public, "GET", "/app/rooms", Host(200)),
    (Public, "POST", "/app/rooms/{id}/close", Host(303)),
    (Public, "GET", "/app/waiting", Host(200)),
    (Public, "POST", "/app/waiting/{id}/remove", Host(303)),
    (Public, "GET", "/app/event-types", Host(200)),
    (Public, "GET", "/app/event-types/new", Host(200)),
    (Public, "POST", "/app/event-types/new", Host(303)),
    (Public, "GET", "/app/event-types/{slug}", Host(200)),
    (Public, "POST", "/app/event-types/{slug}", Host(303)),
    (Public, "GET", "/app/event-types/{slug}/questions/{id}", Host(200)),
    (Public, "POST", "/app/event-types/{slug}/questions/{id}", Host(303)),
    (Public, "POST", "/app/event-types/{slug}/questions/{id}/move", Host(303)),
    (Public, "POST", "/app/event-types/{slug}/links", Host(303)),
    (Public, "POST", "/app/event-types/{slug}/links/{id}/remove", Host(303)),
    (Public, "GET", "/app/availability", Host(200)),
    (Public, "POST", "/app/availability", Host(303)),
    (Public, "GET", "/app/availability/{id}", Host(200)),
    (Public, "POST", "/app/availability/{id}", Host(303)),
    (Public, "POST", "/app/availability/{id}/overrides", Host(303)),
    (Public, "POST", "/app/availability/{id}/settings", Host(303)),
    (Public, "POST", "/app/schedules", Host(303)),
    (Public, "POST", "/app/time-off", Host(303)),
    (Public, "POST", "/app/week-start", Host(303)),
    // What programs do.
    (Public, "GET", "/api/openapi.json", All(200)),
    (Public, "GET", "/api/v1/slots", All(200)),
    (Public, "GET", "/api/v1/slots/explain", PublicCall(200)),
    (Public, "GET", "/api/v1/bookings", KeyToRead(200)),
    (Public, "POST", "/api/v1/bookings", Booking(201)),
    (Public, "GET", "/api/v1/bookings/{id}", KeyToRead(200)),
    (Public, "PATCH", "/api/v1/bookings/{id}", KeyToWrite(200)),
    (Public, "POST", "/api/v1/bookings/{id}/attended", KeyToWrite(409)),
    (Public, "POST", "/api/v1/bookings/{id}/no-show", KeyToWrite(409)),
    (Public, "POST", "/api/v1/bookings/{id}/confirm", KeyToWrite(200)),
    (Public, "POST", "/api/v1/bookings/{id}/decline", KeyToWrite(200)),
    (Public, "POST", "/api/v1/bookings/{id}/cancel", KeyToWrite(200)),
    (Public, "POST", "/api/v1/bookings/{id}/reschedule", KeyToWrite(200)),
    (Public, "POST", "/api/v1/bookings/{id}/guests", KeyToWrite(200)),
    (Public, "POST", "/api/v1/bookings/{id}/propose", KeyToWrite(200)),
    (Public, "POST", "/api/v1/bookings/{id}/accept-move", KeyToWrite(409)),
    (Public, "POST", "/api/v1/bookings/{id}/decline-move", KeyToWrite(409)),
    // Keys have a scope of their own for these, which the reader has not.
    (Public, "GET", "/api/v1/rooms", KeyToWrite(200)),
    (Public, "POST", "/api/v1/rooms", KeyToWrite(201)),
    (Public, "GET", "/api/v1/rooms/{id}", KeyToWrite(200)),
    (Public, "DELETE", "/api/v1/rooms/{id}", KeyToWrite(200)),
    // What Jitsi asks, and who watches over the program.
    (Internal, "POST", "/conference", Prosody(200)),
    (Internal, "GET", "/conference/{id}", Prosody(200)),
    (Internal, "DELETE", "/conference/{id}", Prosody(204)),
    (Internal, "POST", "/events/room/created", Prosody(204)),
    (Internal, "POST", "/events/room/destroyed", Prosody(204)),
    (Internal, "POST", "/events/occupant/joined", Prosody(204)),
    (Internal, "POST", "/events/occupant/left", Prosody(204)),
    (Internal, "GET", "/healthz", All(200)),
    (Internal, "GET", "/readyz", All(200)),
    (Internal, "GET", "/metrics", All(200)),
    // Ends the sessions, so it comes last.
    (Public, "POST", "/sign-out", Host(303)),
];
