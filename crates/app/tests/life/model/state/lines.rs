//! All that should be stored.

use super::{Booking, Guest, Mail, Model, Proof, Reader, micros, proposals::wish_holder, side};

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
                Proof { wait: Some(_), .. } => " asked".into(),
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
            rows.extend(
                events.map(|(version, kind, by)| format!("event {id} {version} {kind} {by}")),
            );
        }
        rows.extend(self.shared.iter().map(|shared| format!("room shared {}", shared.room.row())));
        let visitors = self.holds.iter().map(|(visitor, hold)| (holders[*visitor].clone(), hold));
        let wishes = self.wishes.iter().map(|(booking, hold)| (wish_holder(*booking), hold));
        for (holder, hold) in visitors.chain(wishes) {
            let span = format!("{}-{}", micros(hold.start), micros(hold.end));
            let (event, until) = (&events[hold.event], micros(hold.until));
            rows.push(format!("hold {holder} {event} {span} {until}"));
        }
        for ((_, key), (_, id, at)) in &self.keys {
            rows.push(format!("key key-{key} {id} {}", micros(*at)));
        }
        for mail in &self.mails {
            let Mail { booking, version, sequence, kind, state, .. } = mail;
            let to = match mail.to {
                Reader::Side(to) => side(to).to_owned(),
                Reader::Guest(guest) => guest.to_string(),
                Reader::Of(proposal) => proposal.to_string(),
            };
            rows.push(format!("mail {booking} {version} {sequence} {to} {kind} {state}"));
        }
        rows.sort_unstable();
        rows
    }
}
