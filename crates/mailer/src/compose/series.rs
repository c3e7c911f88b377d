//! Mails about several bookings of a series.

use roomkey_core::{
    booking::{Occurrence, Side},
    invite::{Invite, Method, series_changes, series_request},
    notice::{Occasion, SeriesLetter},
    time::Instant,
};

use super::{ComposeError, Composer, Draft, Mail, mailbox};
use crate::view::series::{SeriesView, series};

impl Composer {
    pub(super) fn about_series(
        &self,
        letter: &SeriesLetter,
        queued_at: Instant,
    ) -> Result<Mail, ComposeError> {
        let SeriesLetter { occasion, to, sequence, parts, event_type, host, .. } = letter;
        let (Some(lead), Some(view)) = (parts.first(), SeriesView::new(letter, &self.site)) else {
            return Err(ComposeError::Nothing);
        };
        let Some(occurrence) = &lead.booking.series else { return Err(ComposeError::Nothing) };
        let rendered = series(&view)?;
        let attendee = &lead.booking.attendee;
        let customer = mailbox(attendee.name.as_str(), &attendee.email)?;
        let host_mailbox = mailbox(host.name.as_str(), &host.email)?;
        // As in mails about one booking.
        let (recipient, reply_to, from_name) = match to {
            Side::Customer => {
                (customer, host_mailbox, format!("{} via {}", host.name, self.sender.name()))
            }
            Side::Host => (host_mailbox, customer, self.own_name()),
        };
        let first = self.series_message_id(occurrence, *to);
        let message_id = if *occasion == Occasion::Booked {
            first.clone()
        } else {
            let (booking, kind) = (lead.booking.id, occasion.name());
            self.message_id(&format!("sr.{booking}.{sequence}.{}.{kind}", to.as_str()))
        };
        let draft = Draft { message_id, to: recipient, queued_at };
        let mut builder = self.begin(&draft, from_name, &rendered)?.reply_to(reply_to);
        if view.calendar.is_some() && first != draft.message_id {
            builder = builder.in_reply_to(first.clone()).references(first);
        }
        let invites: Vec<Invite<'_>> = parts
            .iter()
            .map(|part| Invite {
                booking: &part.booking,
                event_type,
                host,
                room: part.room.as_ref(),
                reader: *to,
                guest: None,
                link: &part.link,
                site: &self.site,
                sequence: part.booking.ical_sequence,
                stamp: queued_at,
            })
            .collect();
        let method = Method::from(*occasion);
        let calendar = match occasion {
            _ if view.calendar.is_none() => None,
            Occasion::Booked => series_request(&invites),
            Occasion::Cancelled if letter.is_end => {
                series_changes(&invites, method, Some(*sequence))
            }
            _ => series_changes(&invites, method, None),
        };
        self.finish(builder, draft, rendered, calendar.map(|text| (method, text)))
    }

    /// That of the mail that told of the whole series.
    pub(super) fn series_message_id(&self, occurrence: &Occurrence, to: Side) -> String {
        let (series, kind) = (occurrence.series, Occasion::Booked.name());
        self.message_id(&format!("sr.{series}.0.{}.{kind}", to.as_str()))
    }
}
