//! What calendars are told: a booking as iCalendar (RFC 5545), in an iTIP message (RFC 5546) or as
//! a file, in the view of one of its two readers.
//!
//! Both readers get the same UID and SEQUENCE, so whoever sees the other's copy has one event, not
//! two. Times are in UTC, which every calendar shows in its own zone. The links are the reader's
//! own; the room's address is not in here, nor is its password unless the host wants it to be,
//! because calendars are shared more widely than mailboxes.

mod series;
#[cfg(test)]
mod tests;

pub use series::{series_changes, series_request};

use std::fmt::Write;

use calcard::{
    common::{CalendarScale, PartialDateTime},
    icalendar::{
        ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarFeatureType,
        ICalendarMethod, ICalendarParameter, ICalendarParameterName, ICalendarParticipationRole,
        ICalendarParticipationStatus, ICalendarProperty, ICalendarStatus, ICalendarTransparency,
        ICalendarUserTypes, ICalendarValueType, Uri,
    },
};

use crate::{
    account::User,
    booking::{Booking, Guest, Place, Side, Status},
    event_type::{EventType, Location},
    notice::Occasion,
    room::Room,
    site::{PRODUCT, Site},
    text::{EmailAddress, PersonName},
    time::Instant,
    token::Token,
};

/// An iTIP method: what the reader's calendar shall do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Enter the event, or take this newer version of it.
    Request,
    /// Strike it out.
    Cancel,
}

impl Method {
    /// Its name, in `METHOD` and in the mail part's `method` parameter, which must agree.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Request => "REQUEST",
            Self::Cancel => "CANCEL",
        }
    }
}

impl From<Occasion> for Method {
    fn from(occasion: Occasion) -> Self {
        match occasion {
            Occasion::Requested
            | Occasion::Booked
            | Occasion::Moved
            | Occasion::Changed
            | Occasion::GuestAdded
            | Occasion::Proposed
            | Occasion::ProposalDeclined
            | Occasion::ProposalLapsed
            | Occasion::ProposalWithdrawn
            | Occasion::Reminder(_) => Self::Request,
            Occasion::Declined | Occasion::Expired | Occasion::Cancelled => Self::Cancel,
        }
    }
}

/// What an event says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Firm,
    /// Somebody has yet to say yes; there is no room to go to.
    Open,
    Struck,
}

impl From<Status> for Standing {
    fn from(status: Status) -> Self {
        match status {
            Status::Confirmed => Self::Firm,
            Status::Unverified | Status::Pending => Self::Open,
            Status::Declined | Status::Expired | Status::Cancelled => Self::Struck,
        }
    }
}

/// One reader's view of a booking.
#[derive(Debug, Clone, Copy)]
pub struct Invite<'a> {
    /// What is told.
    pub booking: &'a Booking,
    /// What was booked.
    pub event_type: &'a EventType,
    /// With whom.
    pub host: &'a User,
    /// Its live room, if it has one.
    pub room: Option<&'a Room>,
    /// On which side the reader is.
    pub reader: Side,
    /// Which of the customer's guests reads it, if one does. Guests learn nothing of each other.
    pub guest: Option<&'a Guest>,
    /// The reader's own link to the booking.
    pub link: &'a Token,
    /// What links are made from.
    pub site: &'a Site,
    /// RFC 5546 SEQUENCE; of two versions the higher counts.
    pub sequence: u32,
    /// RFC 5545 DTSTAMP: when this text was decided on. Of two with one SEQUENCE the later counts.
    pub stamp: Instant,
}

impl Invite<'_> {
    /// The iTIP message.
    pub fn message(&self, method: Method) -> String {
        render(self.zone(), vec![self.event(Some(method))], Some(method))
    }

    /// The file for importing: the same event without a METHOD, and without attendees, so that a
    /// calendar that plans meetings itself does not invite anybody anew (RFC 6638).
    pub fn calendar_file(&self) -> String {
        render(self.zone(), vec![self.event(None)], None)
    }

    fn event(&self, method: Option<Method>) -> ICalendarComponent {
        let Self { booking, host, .. } = self;
        let standing = match (method, booking.status) {
            (Some(Method::Cancel), _) => Standing::Struck,
            (_, status) => Standing::from(status),
        };
        let mut event = ICalendarComponent::new(ICalendarComponentType::VEvent);
        event.add_uid(booking.calendar_uid());
        self.add_recurrence_id(&mut event);
        event.add_sequence(self.sequence.into());
        event.add_dtstamp(utc(self.stamp));
        event.add_property(ICalendarProperty::Dtstart, utc(booking.span.start));
        event.add_property(ICalendarProperty::Dtend, utc(booking.span.end));
        event.add_property(ICalendarProperty::Summary, self.summary());
        if standing == Standing::Firm {
            self.add_place(&mut event);
        } else {
            let page = self.site.booking_page(self.link);
            event.add_property(ICalendarProperty::Url, Uri::Location(page));
        }
        event.add_property_with_params(
            ICalendarProperty::Organizer,
            [common_name(&host.name)],
            mailto(&host.email),
        );
        if let Some(method) = method {
            self.add_attendees(&mut event, method);
        }
        event.add_property(
            ICalendarProperty::Status,
            match standing {
                Standing::Firm => ICalendarStatus::Confirmed,
                Standing::Open => ICalendarStatus::Tentative,
                Standing::Struck => ICalendarStatus::Cancelled,
            },
        );
        event.add_property(
            ICalendarProperty::Transp,
            match standing {
                Standing::Firm | Standing::Open => ICalendarTransparency::Opaque,
                Standing::Struck => ICalendarTransparency::Transparent,
            },
        );
        let busy = match standing {
            Standing::Firm => "BUSY",
            Standing::Open => "TENTATIVE",
            Standing::Struck => "FREE",
        };
        event.add_property(other("X-MICROSOFT-CDO-BUSYSTATUS"), busy);
        event.add_property(other("X-MICROSOFT-DISALLOW-COUNTER"), "TRUE");
        event
    }

    /// Where it takes place. A room's own address is not told: the join page is.
    fn add_place(&self, event: &mut ICalendarComponent) {
        let booking = self.booking;
        let (place, online) = match booking.place(self.reader, &self.host.name) {
            None => {
                let join = self.site.join_page(self.link);
                (join.clone(), Some(join))
            }
            Some(Place { text, link }) => {
                (text, link.filter(|_| matches!(booking.location, Location::Link(_))))
            }
        };
        let description = self.description(&place, online.is_some());
        event.add_property(ICalendarProperty::Description, description);
        event.add_property(ICalendarProperty::Location, place);
        if let Some(address) = &online {
            event.add_property_with_params(
                ICalendarProperty::Conference,
                [
                    ICalendarParameter::new(ICalendarParameterName::Value, ICalendarValueType::Uri),
                    feature(ICalendarFeatureType::Audio),
                    feature(ICalendarFeatureType::Video),
                    ICalendarParameter::new(ICalendarParameterName::Label, "Join".to_owned()),
                ],
                Uri::Location(address.clone()),
            );
        }
        let url = online.unwrap_or_else(|| self.site.booking_page(self.link));
        event.add_property(ICalendarProperty::Url, Uri::Location(url));
    }

    /// The customer is asked even though it was the customer who booked: mail clients show their
    /// buttons only then.
    fn add_attendees(&self, event: &mut ICalendarComponent, method: Method) {
        let customer = &self.booking.attendee;
        let mut params = vec![
            ICalendarParameter::cutype(ICalendarUserTypes::Individual),
            ICalendarParameter::role(ICalendarParticipationRole::ReqParticipant),
            ICalendarParameter::partstat(ICalendarParticipationStatus::NeedsAction),
        ];
        if method == Method::Request {
            params.push(ICalendarParameter::rsvp(true));
        }
        params.push(common_name(&customer.name));
        event.add_property_with_params(
            ICalendarProperty::Attendee,
            params,
            mailto(&customer.email),
        );
        let expected = |guest: &&Guest| self.guest.is_none_or(|reader| reader.id == guest.id);
        for guest in self.booking.guests.iter().filter(expected) {
            if guest.removed && self.guest.is_none() {
                continue;
            }
            let mut params = vec![
                ICalendarParameter::cutype(ICalendarUserTypes::Individual),
                ICalendarParameter::role(ICalendarParticipationRole::OptParticipant),
                ICalendarParameter::partstat(ICalendarParticipationStatus::NeedsAction),
            ];
            if method == Method::Request {
                params.push(ICalendarParameter::rsvp(true));
            }
            event.add_property_with_params(
                ICalendarProperty::Attendee,
                params,
                mailto(&guest.email),
            );
        }
        event.add_property_with_params(
            ICalendarProperty::Attendee,
            [
                ICalendarParameter::cutype(ICalendarUserTypes::Individual),
                ICalendarParameter::role(ICalendarParticipationRole::Chair),
                ICalendarParameter::partstat(ICalendarParticipationStatus::Accepted),
                common_name(&self.host.name),
            ],
            mailto(&self.host.email),
        );
    }

    fn summary(&self) -> String {
        let with = match self.reader {
            Side::Customer => &self.host.name,
            Side::Host => &self.booking.attendee.name,
        };
        format!("{} with {with}", self.event_type.terms.title)
    }

    fn description(&self, place: &str, is_online: bool) -> String {
        let page = self.site.booking_page(self.link);
        let label = if is_online { "Join: " } else { "" };
        let mut text = format!("{}\n\n{label}{place}", self.summary());
        if let Some(password) = self.told_password() {
            text += "\nPassword: ";
            text += password;
        }
        text + "\nDetails and changes: " + &page
    }

    /// The room's password, where there is one and the host wants it in calendars.
    fn told_password(&self) -> Option<&str> {
        let is_wanted = self.event_type.terms.password_in_calendar;
        self.room.filter(|_| is_wanted).and_then(|room| self.site.password(room, self.reader))
    }
}

/// `zone` is the components of a VTIMEZONE, if one is needed; its first is the zone, and the others are its parts.
fn render(
    zone: Vec<ICalendarComponent>,
    events: Vec<ICalendarComponent>,
    method: Option<Method>,
) -> String {
    let mut calendar = ICalendarComponent::new(ICalendarComponentType::VCalendar);
    calendar.add_property(ICalendarProperty::Version, "2.0");
    calendar.add_property(ICalendarProperty::Prodid, format!("-//{PRODUCT}//{PRODUCT}//EN"));
    calendar.add_property(ICalendarProperty::Calscale, CalendarScale::Gregorian);
    if let Some(method) = method {
        let method = match method {
            Method::Request => ICalendarMethod::Request,
            Method::Cancel => ICalendarMethod::Cancel,
        };
        calendar.add_property(ICalendarProperty::Method, method);
    }
    let mut components = vec![calendar];
    let mut parts = Vec::new();
    let mut zone = zone.into_iter();
    if let Some(mut whole) = zone.next() {
        parts.extend(zone);
        // The calendar is component 0, the zone 1, and its parts come next.
        whole.component_ids = (2..).take(parts.len()).collect();
        components.push(whole);
    }
    let first_event = u32::try_from(components.len() + parts.len()).unwrap_or(u32::MAX);
    let children = (1..).take(components.len() - 1).chain((first_event..).take(events.len()));
    let children: Vec<u32> = children.collect();
    components.extend(parts);
    components.extend(events);
    if let Some(calendar) = components.first_mut() {
        calendar.component_ids = children;
    }
    ICalendar { components }.to_string()
}

fn utc(at: Instant) -> PartialDateTime {
    PartialDateTime::from_utc_timestamp(at.seconds())
}

fn other(name: &str) -> ICalendarProperty {
    ICalendarProperty::Other(name.to_owned())
}

fn feature(kind: ICalendarFeatureType) -> ICalendarParameter {
    ICalendarParameter::new(ICalendarParameterName::Feature, kind)
}

/// `CN`, with `^` and `"` written as RFC 6868 demands.
///
/// Given as a text, calcard quotes it only if it must by RFC 5545; given as a URI, always. Some
/// readers take a backslash at the end of an unquoted value for an escape of the colon after it.
fn common_name(name: &PersonName) -> ICalendarParameter {
    let encoded = name.as_str().replace('^', "^^").replace('"', "^'");
    ICalendarParameter::cn(Uri::Location(encoded))
}

/// A bare `mailto:` (RFC 6068), as calendars compare it with the addresses they know. Only what
/// a URI cannot hold is percent-encoded.
fn mailto(address: &EmailAddress) -> Uri {
    let mut uri = String::from("mailto:");
    for c in address.as_str().chars() {
        match c {
            '%' | '?' | '#' | '^' | '`' | '{' | '|' | '}' => {
                // Writing to a String cannot fail.
                let _ = write!(uri, "%{:02X}", u32::from(c));
            }
            _ => uri.push(c),
        }
    }
    Uri::Location(uri)
}
