//! All that should be stored.

use super::{
    Booking, Guest, Happened, Mail, Model, Proof, Reader, Series, micros, proposals::wish_holder,
    series::wall, side,
};

impl Model {
    /// All rows that there should be, as [`super::rows::SELECT`] gives them.
    pub(crate) fn rows(&self, events: &[String], holders: &[String]) -> Vec<String> {
        let mut rows = Vec::new();
        for booking in &self.bookings {
            let Booking { id, version, sequence, uid, customer, .. } = booking;
            let status = booking.status.name();
            let span = format!("{}-{}", micros(booking.start), micros(booking.end));
            let expires = booking.expires.map_or(0, micros);
            rows.push(format!("booking {id} {status} {version} {sequence} {span} {uid} {expires}"));
            let held = if booking.status.holds() { "held" } else { "free" };
            let buffers = format!("{}+{}", micros(booking.before), micros(booking.after));
            rows.push(format!("span {id} {span} {buffers} {held}"));
            let proof = match &booking.proof {
                Proof { given: Some(at), .. } => format!(" asked {}", micros(*at)),
                Proof { asked: true, .. } => " asked".into(),
                _ => String::new(),
            };
            rows.push(format!("attendee {id} customer-{customer}@customers.example{proof}"));
            for (side_of, token) in &booking.links {
                rows.push(format!("link {id} {} {}", side(*side_of), token.hash().to_hex()));
            }
            if !booking.guests.is_empty() {
                let guest = |Guest { id, email, removed }: &Guest| {
                    let removed = if *removed { r#","removed":true"# } else { "" };
                    format!(r#"{{"email":"{email}","id":"{id}"{removed}}}"#)
                };
                let guests = booking.guests.iter().map(guest).collect::<Vec<_>>().join(",");
                rows.push(format!("guests {id} [{guests}]"));
            }
            rows.extend(
                booking
                    .proposals
                    .iter()
                    .map(|proposal| format!("proposal {id} {}", proposal.row())),
            );
            let guests = booking.guests.iter();
            rows.extend(guests.map(|guest| format!("guest link {id} {}", guest.id)));
            let rooms = booking.rooms.iter().enumerate();
            rows.extend(
                rooms.map(|(place, room)| format!("room {id} {} {}", place + 1, room.row())),
            );
            let events = booking.history.iter();
            rows.extend(events.map(|Happened { version, kind, by, .. }| {
                format!("event {id} {version} {kind} {by}")
            }));
            rows.extend(booking.series.map(|of| {
                format!("in series {id} {} {} {}", of.series, of.index, wall(of.original))
            }));
        }
        rows.extend(self.series.iter().map(Series::row));
        rows.extend(self.waiting.iter().map(|entry| entry.row(&events[entry.event])));
        rows.extend(self.shared.iter().map(|shared| format!("room shared {}", shared.room.row())));
        let visitors = self.holds.iter().map(|(visitor, hold)| (holders[*visitor].clone(), hold));
        let wishes = self.wishes.iter().map(|(booking, hold)| (wish_holder(*booking), hold));
        let offers = self.offers.iter().map(|(entry, hold)| (self.offer_holder(*entry), hold));
        for (holder, hold) in visitors.chain(wishes).chain(offers) {
            let span = format!("{}-{}", micros(hold.start), micros(hold.end));
            let (event, until) = (&events[hold.event], micros(hold.until));
            rows.push(format!("hold {holder} {event} {span} {until}"));
        }
        for ((_, key), (_, id, at)) in &self.keys {
            rows.push(format!("key key-{key} {id} {}", micros(*at)));
        }
        for mail in &self.mails {
            let Mail { version, sequence, kind, state, .. } = mail;
            let Some(booking) = mail.booking else {
                if let Reader::Waiting(entry) = mail.to {
                    rows.push(format!("mail to waiting {entry} {kind} {state}"));
                }
                continue;
            };
            let to = match mail.to {
                Reader::Waiting(entry) => entry.to_string(),
                Reader::Side(to) => side(to).to_owned(),
                Reader::Guest(guest) => guest.to_string(),
                Reader::Of(proposal) => proposal.to_string(),
            };
            let of = mail.series.map(|series| format!(" of {series}")).unwrap_or_default();
            rows.push(format!("mail {booking} {version} {sequence} {to} {kind} {state}{of}"));
        }
        rows.sort_unstable();
        rows
    }
}
