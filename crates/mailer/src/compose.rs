//! Letters of the outbox become mails: one recipient each, and the same bytes but for the MIME
//! boundaries whenever they are composed again, so that a repeat is recognisably the same mail.

mod series;
#[cfg(test)]
mod tests;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, SystemTime},
};

use email_encoding::headers::{rfc2047, writer::EmailWriter};
use lettre::{
    Address, Message,
    address::Envelope,
    message::{
        Attachment, Mailbox, MessageBuilder, MultiPart, SinglePart,
        header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue},
    },
};
use roomkey_core::{
    booking::Side,
    invite::{Invite, Method},
    notice::{BookingLetter, Content, Letter, Occasion, ProofLetter, WaitingLetter},
    site::Site,
    text::EmailAddress,
    time::Instant,
};

use crate::{
    Sender,
    view::{self, BookingView, ProofView, Rendered, ResetView, TestView, WaitingView},
};

/// A composed mail, ready to be handed over.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Its Message-ID, angle brackets included.
    pub message_id: String,
    pub(crate) envelope: Envelope,
    pub(crate) bytes: Vec<u8>,
}

/// A letter that can not be made a mail. Trying again would not help.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// A template failed.
    #[error("a template failed: {0}")]
    Template(#[from] askama::Error),
    /// An address that no mail server takes.
    #[error("an address that no mail server takes")]
    Address(#[from] lettre::address::AddressError),
    /// A content type that does not parse.
    #[error("a content type that is none")]
    ContentType(#[from] lettre::message::header::ContentTypeErr),
    /// A header could not be encoded.
    #[error("a header could not be encoded")]
    Header(#[from] std::fmt::Error),
    /// The parts do not make a mail.
    #[error("the parts do not make a mail: {0}")]
    Message(#[from] lettre::error::Error),
    /// It tells of no booking.
    #[error("it tells of no booking")]
    Nothing,
    /// Composing panicked.
    #[error("composing panicked")]
    Panicked,
}

/// Composes mails for one installation.
#[derive(Debug, Clone)]
pub struct Composer {
    site: Site,
    sender: Sender,
}

impl Composer {
    /// Mails with links to `site`, from `sender`.
    pub const fn new(site: Site, sender: Sender) -> Self {
        Self { site, sender }
    }

    /// The installation.
    pub const fn site(&self) -> &Site {
        &self.site
    }

    /// Makes a mail of a letter.
    ///
    /// # Errors
    /// [`ComposeError`], also where the mail library panics: one odd letter must not take the
    /// others with it.
    pub fn compose(&self, letter: &Letter) -> Result<Mail, ComposeError> {
        catch_unwind(AssertUnwindSafe(|| match &letter.content {
            Content::Booking(booking) => self.about_booking(booking, letter.queued_at),
            Content::Series(series) => self.about_series(series, letter.queued_at),
            Content::Proof(proof) => self.to_unproven(proof, letter.queued_at),
            Content::Waiting(waiting) => self.to_waiting(waiting, letter.queued_at),
            Content::PasswordReset { user, token, expires_at } => {
                let view = ResetView::new(user, token, *expires_at, &self.site);
                let draft = Draft {
                    message_id: self.message_id(&format!("pw.{}", letter.id)),
                    to: mailbox(user.name.as_str(), &user.email)?,
                    queued_at: letter.queued_at,
                };
                let rendered = view::password_reset(&view)?;
                self.finish(self.begin(&draft, self.own_name(), &rendered)?, draft, rendered, None)
            }
        }))
        .unwrap_or(Err(ComposeError::Panicked))
    }

    /// A mail that shows that mail arrives. `name` makes its Message-ID unique.
    ///
    /// # Errors
    /// [`ComposeError`].
    pub fn test_mail(
        &self,
        to: &EmailAddress,
        name: &str,
        now: Instant,
    ) -> Result<Mail, ComposeError> {
        let view =
            TestView { product: roomkey_core::site::PRODUCT, site: self.site.public_url.as_str() };
        let draft = Draft {
            message_id: self.message_id(&format!("test.{name}")),
            to: Mailbox::new(None, address(to)?),
            queued_at: now,
        };
        let rendered = view::test(&view)?;
        self.finish(self.begin(&draft, self.own_name(), &rendered)?, draft, rendered, None)
    }

    fn about_booking(
        &self,
        letter: &BookingLetter,
        queued_at: Instant,
    ) -> Result<Mail, ComposeError> {
        let BookingLetter { occasion, to, sequence, booking, event_type, host, link, room, .. } =
            letter;
        let view = BookingView::new(letter, &self.site);
        let rendered = match occasion {
            Occasion::Requested
            | Occasion::Declined
            | Occasion::Expired
            | Occasion::Proposed
            | Occasion::ProposalDeclined
            | Occasion::ProposalLapsed
            | Occasion::ProposalWithdrawn => view::request(&view)?,
            Occasion::Booked | Occasion::Changed | Occasion::GuestAdded | Occasion::Reminder(_) => {
                view::booked(&view)?
            }
            Occasion::Moved => view::moved(&view)?,
            Occasion::Cancelled => view::cancelled(&view)?,
        };
        let customer = mailbox(booking.attendee.name.as_str(), &booking.attendee.email)?;
        let host_mailbox = mailbox(host.name.as_str(), &host.email)?;
        // A customer chooses their name freely, so it is never the name that the host's mail
        // comes from.
        let customer = match &letter.guest {
            Some(guest) => Mailbox::new(None, address(&guest.email)?),
            None => customer,
        };
        let (recipient, reply_to, from_name) = match to {
            Side::Customer => {
                (customer, host_mailbox, format!("{} via {}", host.name, self.sender.name()))
            }
            Side::Host => (host_mailbox, customer, self.own_name()),
        };
        let draft = Draft {
            message_id: self.booking_message_id(letter, *sequence, *occasion),
            to: recipient,
            queued_at,
        };
        let mut builder = self.begin(&draft, from_name, &rendered)?.reply_to(reply_to);
        let first = match &booking.series {
            Some(series) if letter.guest.is_none() => self.series_message_id(series, *to),
            _ => self.booking_message_id(letter, 0, Occasion::Booked),
        };
        let is_reminder = matches!(occasion, Occasion::Reminder(_));
        if (view.calendar.is_some() || is_reminder) && first != draft.message_id {
            builder = builder.in_reply_to(first.clone()).references(first);
        }
        if let Some(page) = &view.unsubscribe {
            let one_click = "List-Unsubscribe=One-Click";
            builder = builder
                .raw_header(plain_header("List-Unsubscribe", &format!("<{page}>")))
                .raw_header(plain_header("List-Unsubscribe-Post", one_click));
        }
        let invite = Invite {
            booking,
            event_type,
            host,
            room: room.as_ref(),
            reader: *to,
            guest: letter.guest.as_ref(),
            link,
            site: &self.site,
            sequence: *sequence,
            stamp: queued_at,
        };
        let method = Method::from(*occasion);
        let part = view.calendar.map(|_| (method, invite.message(method)));
        self.finish(builder, draft, rendered, part)
    }

    /// To an address that may be nobody's who booked: not even the name that was given with it is in it.
    fn to_unproven(&self, letter: &ProofLetter, queued_at: Instant) -> Result<Mail, ComposeError> {
        let attendee = &letter.booking.attendee;
        let mut local = format!("bk.{}.0.{}.proof", letter.booking.id, attendee.id);
        if letter.resent > 0 {
            local = format!("{local}.resend-{}", letter.resent);
        }
        let draft = Draft {
            message_id: self.message_id(&local),
            to: Mailbox::new(None, address(&attendee.email)?),
            queued_at,
        };
        let rendered = view::verify(&ProofView::new(letter, &self.site))?;
        self.finish(self.begin(&draft, self.own_name(), &rendered)?, draft, rendered, None)
    }

    /// To somebody in a waiting list. The name that was given with the address is not in it: whoever joined may have
    /// typed somebody else's address.
    fn to_waiting(&self, letter: &WaitingLetter, queued_at: Instant) -> Result<Mail, ComposeError> {
        let WaitingLetter { occasion, entry, host, link, .. } = letter;
        let draft = Draft {
            message_id: self.message_id(&format!("wl.{}.{}", entry.id, occasion.as_str())),
            to: Mailbox::new(None, address(&entry.email)?),
            queued_at,
        };
        let rendered = view::waiting(&WaitingView::new(letter, &self.site))?;
        let mut builder = if entry.in_line_since.is_some() {
            let name = format!("{} via {}", host.name, self.sender.name());
            let host = mailbox(host.name.as_str(), &host.email)?;
            self.begin(&draft, name, &rendered)?.reply_to(host)
        } else {
            self.begin(&draft, self.own_name(), &rendered)?
        };
        // The page has the button by which one leaves; looking at it changes nothing.
        let page = format!("<{}>", self.site.waiting_entry_page(link));
        builder = builder.raw_header(plain_header("List-Unsubscribe", &page));
        self.finish(builder, draft, rendered, None)
    }

    fn own_name(&self) -> String {
        self.sender.name().to_owned()
    }

    fn message_id(&self, local: &str) -> String {
        format!("<{local}@{}>", self.site.public_url.domain())
    }

    /// The same for every try at the same mail.
    fn booking_message_id(
        &self,
        letter: &BookingLetter,
        sequence: u32,
        occasion: Occasion,
    ) -> String {
        let reader = match letter.to {
            Side::Customer if let Some(guest) = &letter.guest => guest.id.to_string(),
            Side::Customer => letter.attendee().to_string(),
            Side::Host => Side::Host.as_str().to_owned(),
        };
        let booking = letter.booking.id;
        if let Some(proposal) = &letter.proposal {
            let local = format!("bk.{booking}.{}.{reader}.{}", proposal.id, occasion.name());
            return self.message_id(&local);
        }
        self.message_id(&format!("bk.{booking}.{sequence}.{reader}.{}", occasion.name()))
    }

    fn begin(
        &self,
        draft: &Draft,
        from_name: String,
        rendered: &Rendered,
    ) -> Result<MessageBuilder, ComposeError> {
        Ok(Message::builder()
            .message_id(Some(draft.message_id.clone()))
            .date(system_time(draft.queued_at))
            .from(Mailbox::new(Some(from_name), address(self.sender.address())?))
            .to(draft.to.clone())
            .raw_header(subject(&rendered.subject)?)
            .raw_header(plain_header("Auto-Submitted", "auto-generated"))
            .raw_header(plain_header("X-Auto-Response-Suppress", "All")))
    }

    /// Puts the parts together. The calendar part comes twice with the same bytes: as the last
    /// alternative, where Outlook and Gmail look for it, and as a file for everybody else.
    fn finish(
        &self,
        builder: MessageBuilder,
        draft: Draft,
        rendered: Rendered,
        invite: Option<(Method, String)>,
    ) -> Result<Mail, ComposeError> {
        let alternatives = MultiPart::alternative()
            .singlepart(part(ContentType::TEXT_PLAIN, rendered.text))
            .singlepart(part(ContentType::TEXT_HTML, rendered.html));
        let body = match invite {
            None => alternatives,
            Some((method, text)) => {
                let calendar = format!("text/calendar; charset=utf-8; method={}", method.as_str());
                let file = ContentType::parse("application/ics; name=\"invite.ics\"")?;
                MultiPart::mixed()
                    .multipart(
                        alternatives.singlepart(part(ContentType::parse(&calendar)?, text.clone())),
                    )
                    .singlepart(
                        Attachment::new("invite.ics".to_owned()).body(text.into_bytes(), file),
                    )
            }
        };
        let envelope =
            Envelope::new(Some(address(self.sender.address())?), vec![draft.to.email.clone()])?;
        let message = builder.envelope(envelope.clone()).multipart(body)?;
        Ok(Mail { message_id: draft.message_id, envelope, bytes: message.formatted() })
    }
}

struct Draft {
    message_id: String,
    to: Mailbox,
    queued_at: Instant,
}

/// Quoted-printable throughout: it survives relays that strip blanks at line ends or break lines.
fn part(content_type: ContentType, text: String) -> SinglePart {
    SinglePart::builder()
        .header(content_type)
        .header(ContentTransferEncoding::QuotedPrintable)
        .body(text)
}

fn address(address: &EmailAddress) -> Result<Address, ComposeError> {
    Ok(address.as_str().parse::<Address>()?)
}

fn mailbox(name: &str, email: &EmailAddress) -> Result<Mailbox, ComposeError> {
    Ok(Mailbox::new(Some(name.to_owned()), address(email)?))
}

/// A subject, encoded as a whole where it is more than plain ASCII or could be taken for an
/// encoded word: somebody may call their meeting `=?utf-8?q?x?=`.
fn subject(text: &str) -> Result<HeaderValue, ComposeError> {
    let name = HeaderName::new_from_ascii_str("Subject");
    if text.is_ascii() && !text.contains("=?") {
        return Ok(HeaderValue::new(name, text.to_owned()));
    }
    let mut encoded = String::new();
    let mut writer = EmailWriter::new(&mut encoded, "Subject: ".len(), 0, false);
    rfc2047::encode(text, &mut writer)?;
    drop(writer);
    Ok(HeaderValue::dangerous_new_pre_encoded(name, text.to_owned(), encoded))
}

fn plain_header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

fn system_time(at: Instant) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(at.millis_since_epoch())
}
