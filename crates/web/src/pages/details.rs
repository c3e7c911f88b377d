//! `/{handle}/{slug}?slot=…`: who books, and the `POST` that books.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use data_encoding::BASE64URL_NOPAD;
use roomkey_app::{
    BookError, Idempotency, IdempotencyScope, Offered, Page as Address, RefusedDate, Wanted,
};
use roomkey_core::{
    availability::{Refusal, Slot},
    booking::{BookingRequest, Repeat, Side},
    event_type::{Bounds, Prefill},
    question::Given,
    random,
    text::{EmailAddress, FieldError, Note, PersonName},
    time::{Instant, Minutes, Span, TimeZone},
    token::Token,
};

use super::{
    booked,
    booking::{Chip, EventCard, HostCard, Source, find_times},
    check_mail, guests, page,
    repeat::{self, RepeatFields},
    see_other, shell,
};
use crate::{
    Web, address,
    failure::Failure,
    form::Form,
    proof_cookie,
    view::{
        Ask, AskKind, Clock, Problems, Shell, Trail, When, ZoneOptions, asks, asks_prefilled,
        hidden_answers, nearby, note_wrong,
    },
    visitor,
};

/// Which time the form asks for.
#[derive(Debug)]
pub(crate) enum Choice {
    /// The one that was chosen.
    Chosen(Instant),
    /// That one is gone: the customer chooses again, and keeps every answer.
    Again {
        /// Free times near it.
        nearest: Vec<Chip>,
    },
}

/// What was typed.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) guests: String,
    pub(crate) note: String,
}

#[derive(Template)]
#[template(path = "pages/details.html")]
pub(crate) struct Page {
    pub(crate) shell: Shell,
    pub(crate) host: HostCard,
    pub(crate) event: EventCard,
    pub(crate) when: Option<When>,
    pub(crate) choice: Choice,
    /// The secret link by which it was opened.
    pub(crate) link: Option<Token>,
    /// The link to their page in the waiting list, if they come from there.
    pub(crate) waiting: Option<Token>,
    /// Back to the month.
    pub(crate) back: String,
    /// How times are written.
    pub(crate) clock: Clock,
    /// The name of the zone in which times are shown.
    pub(crate) zone: &'static str,
    /// To choose from, where the zone is wrong.
    pub(crate) zones: ZoneOptions,
    pub(crate) idempotency_key: String,
    /// Under which name the time is kept while no cookie names the browser.
    pub(crate) hold: Token,
    pub(crate) answers: Answers,
    /// The questions and the place in short, so that nobody agrees to what they have not seen.
    pub(crate) seen: String,
    /// Whether it takes the button in an email to book, as far as is known before the address is.
    pub(crate) proves: bool,
    /// The event type's own questions.
    pub(crate) asks: Vec<Ask>,
    /// Names and texts of answers that nobody is asked for.
    pub(crate) hidden: Vec<(String, String)>,
    /// Where it can be booked repeatedly.
    pub(crate) repeat: Option<RepeatFields>,
    pub(crate) problems: Problems,
}

/// Free times that are named when the chosen one is gone.
const NEAREST: usize = 3;

/// The form for a free time.
pub(super) fn show(
    request: &HttpRequest,
    web: &Web,
    offered: &Offered,
    slot: Slot,
    query: &Form,
    trail: &Trail,
) -> Result<HttpResponse, Failure> {
    let zone = trail.zone.unwrap_or(offered.host.time_zone);
    let date = zone.date(slot.start);
    let (questions, given) = (offered.event_type.terms.asks(), Given::on_form(query.answers()));
    page(
        StatusCode::OK,
        &Page {
            shell: shell(request),
            host: HostCard::new(&offered.host),
            event: EventCard::new(&offered.event_type, offered.duration),
            when: Some(When::new(slot.span(), zone, offered.host.time_zone, trail.clock)),
            choice: Choice::Chosen(slot.start),
            link: trail.link.clone(),
            waiting: trail.waiting.clone(),
            back: format!("?date={date}{trail}#times"),
            clock: trail.clock,
            zone: zone.name(),
            zones: ZoneOptions::new(zone, [offered.host.time_zone], offered.now),
            idempotency_key: new_key(web),
            hold: Token::new(web.app.entropy()),
            answers: Answers::prefilled(query, prefill(offered).as_ref()),
            seen: offered.event_type.terms.asked_as(),
            proves: proves(request, web, offered),
            asks: asks_prefilled(&questions, &given),
            hidden: hidden_answers(&questions, &given),
            repeat: RepeatFields::of(offered, query, &[], (zone, trail.clock)),
            problems: Problems::default(),
        },
    )
}

/// Whether it takes the button in an email to book; not in a browser where that may be known.
fn proves(request: &HttpRequest, web: &Web, offered: &Offered) -> bool {
    web.app.asks_email_proof(&offered.event_type)
        && proof_cookie::of(request, web).is_none()
        && offered.waiting.is_none()
}

/// What is known already: of who waited for the time, else what the link says.
fn prefill(offered: &Offered) -> Option<Prefill> {
    let waited = offered
        .waiting
        .as_ref()
        .map(|entry| Prefill { name: Some(entry.name.clone()), email: Some(entry.email.clone()) });
    waited.or_else(|| offered.link.as_ref().map(|link| link.prefill.clone()))
}

impl Answers {
    /// What the page's address says, else what the link says.
    fn prefilled(query: &Form, prefill: Option<&Prefill>) -> Self {
        let or = |name: &str, known: Option<String>| match query.text(name) {
            text if text.is_empty() => known.unwrap_or_default(),
            text => text,
        };
        let name = prefill.and_then(|prefill| prefill.name.as_ref()).map(PersonName::to_string);
        let email = prefill.and_then(|prefill| prefill.email.as_ref()).map(EmailAddress::to_string);
        Self {
            name: or("name", name),
            email: or("email", email),
            guests: String::new(),
            note: query.text("q_note"),
        }
    }
}

/// A key for a form: its repeats are known by it.
pub(super) fn new_key(web: &Web) -> String {
    BASE64URL_NOPAD.encode(&random::bytes::<16>(web.app.entropy()))
}

/// Reads a form's key.
pub(super) fn idempotency(form: &Form, problems: &mut Problems) -> Option<Idempotency> {
    let key = form.get("idempotency_key");
    if (1..=255).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic()) {
        Some(Idempotency { scope: IdempotencyScope::Anonymous, key: key.to_owned() })
    } else {
        problems.add("details", "This form was not complete. Look it through and send it again");
        None
    }
}

/// What a form asks for, field by field.
struct Answered {
    link: Option<Token>,
    waiting: Option<Token>,
    start: Option<Instant>,
    zone: Option<TimeZone>,
    request: Option<BookingRequest>,
    duration: Option<Minutes>,
    repeat: Option<Repeat>,
    idempotency: Option<Idempotency>,
}

impl Answered {
    /// `zone` is the one to take where the form names none.
    fn read(form: &Form, zone: TimeZone, problems: &mut Problems) -> Self {
        let slot = form.get("slot");
        let start = Instant::parse(slot).ok();
        if start.is_none() {
            problems.add("slot", if slot.is_empty() { "Choose a time" } else { "This is no time" });
        }
        let duration = match form.get("duration") {
            "" => None,
            text => problems.check("slot", Bounds::DURATION.parse(text)).map(Minutes),
        };
        let zone = match form.get("tz") {
            "" => Some(zone),
            name => problems.check("tz", name.parse().map_err(|_| FieldError::TimeZone)),
        };
        let name = problems.check("name", form.get("name").parse::<PersonName>());
        let email = problems.check("email", form.get("email").parse::<EmailAddress>());
        let guests = guests::read(form, problems);
        let note = problems.check("note", form.get("note").parse::<Note>());
        // People do not see this field; programs that fill in everything do.
        if !form.get("website").is_empty() {
            problems.add("details", "Send the form as it stands on the page");
        }
        let repeat = repeat::read(form, problems);
        let idempotency = idempotency(form, problems);
        let request = || {
            Some(BookingRequest {
                start: start?,
                name: name?,
                email: email?,
                time_zone: zone?,
                guests,
                note: note?,
                answers: Given::on_form(form.answers()),
                seen: Some(form.text("seen")).filter(|seen| !seen.is_empty()),
                by: Side::Customer,
                overrides: false,
            })
        };
        let (link, waiting) = (address::link(form), address::waiting(form));
        Self { link, waiting, start, zone, request: request(), duration, repeat, idempotency }
    }
}

pub(crate) async fn post(
    request: HttpRequest,
    web: Data<Web>,
    path: Path<(String, String)>,
    form: Form,
) -> Result<HttpResponse, Failure> {
    let (handle, slug) = path.into_inner();
    let mut address = address::of(&handle, &slug).ok_or(Failure::NotFound)?;
    address.holders = visitor::holders(&request, &web, &form);
    address.stamp = proof_cookie::of(&request, &web);
    let zone = match form.get("tz") {
        "" => web.app.host(&address.handle).await?.ok_or(Failure::NotFound)?.time_zone,
        _ => TimeZone::UTC,
    };
    let mut problems = Problems::default();
    let answered = Answered::read(&form, zone, &mut problems);
    address.link = answered.link.as_ref().map(Token::hash);
    address.waiting = answered.waiting.as_ref().map(Token::hash);
    let (mut refusal, mut refused) = (None, Vec::new());
    if let Some(asked) = answered.request.clone().filter(|_| problems.is_empty()) {
        let wanted = Wanted::Page(address.clone());
        let client = Some(web.client(&request));
        let (duration, key) = (answered.duration, answered.idempotency.clone());
        let booked = match answered.repeat.clone() {
            None => web.app.book(wanted, duration, asked, key, client).await,
            Some(repeat) => web.app.book_series(wanted, duration, asked, repeat, key, client).await,
        };
        match booked {
            Ok(booked) => {
                return Ok(see_other(match &booked.waits_at {
                    Some(link) => check_mail::path(link),
                    None => booked::path(&booked.details.customer_link),
                }));
            }
            Err(BookError::Unknown) => return Err(Failure::NotFound),
            Err(BookError::Gone(gone)) => return Err(gone.into()),
            Err(BookError::Limited(limited)) => return Err(limited.into()),
            Err(BookError::Store(error)) => return Err(error.into()),
            // What is wrong with them is told with the form.
            Err(BookError::Answers(_) | BookError::Changed) => {}
            Err(why @ (BookError::Refused(_) | BookError::Taken)) => refusal = Some(why),
            Err(BookError::Repeat(why)) => refused = repeat::note_problem(why, &mut problems),
            Err(BookError::Guests(wrong)) => problems.add(guests::FIELD, wrong.to_string()),
            Err(BookError::Duration(wrong)) => {
                problems.add("slot", format!("Bookings of this kind last {}", wrong.in_words()));
            }
            Err(BookError::KeyReused) => {
                let text = "You have booked with this form before. Send it again to book once more";
                problems.add("details", text);
            }
        }
    }
    let refusal = Refused { refusal, dates: refused };
    let again = again(&request, &web, address, &form, &answered, refusal, problems).await?;
    page(StatusCode::UNPROCESSABLE_ENTITY, &again)
}

/// What can not be booked.
struct Refused {
    /// The time itself.
    refusal: Option<BookError>,
    /// Dates of a series.
    dates: Vec<RefusedDate>,
}

/// The form again, with what is wrong with it and every answer.
async fn again(
    request: &HttpRequest,
    web: &Web,
    address: Address,
    form: &Form,
    answered: &Answered,
    Refused { refusal, dates }: Refused,
    mut problems: Problems,
) -> Result<Page, Failure> {
    let start = answered.start.unwrap_or(web.app.now());
    let moment = Span::moment(start);
    let offered = find_times(web, &Source::Page(&address), answered.duration, moment).await?;
    let (questions, given) = (offered.event_type.terms.asks(), Given::on_form(form.answers()));
    if let Err(wrong) = given.read(&questions, Side::Customer) {
        note_wrong(&questions, &wrong, &mut problems);
    }
    let seen = offered.event_type.terms.asked_as();
    let mut asks = asks(&questions, Side::Customer, &given);
    if !["", seen.as_str()].contains(&form.get("seen")) {
        problems.add(
            "details",
            "The questions or the place have changed. Look them through and send the form again",
        );
        // Nobody agrees to words that they have not seen.
        asks.iter_mut().for_each(Ask::untick);
    }
    let zone = answered.zone.unwrap_or(offered.host.time_zone);
    let clock = Clock::parse(form.get("h"));
    let today = zone.date(offered.now);
    let stands = refusal.is_none() && answered.start.is_some();
    let choice = if let Some(start) = answered.start.filter(|_| stands) {
        Choice::Chosen(start)
    } else {
        if let Some(why) = &refusal {
            problems.add("slot", gone(why, &nearby(zone, start, today, clock)));
        }
        let near = start.max(offered.now);
        let duration = Some(offered.duration);
        let nearest = web.app.nearest_slots(address, duration, near, NEAREST).await?;
        Choice::Again {
            nearest: nearest.iter().map(|slot| Chip::new(slot, zone, today, clock)).collect(),
        }
    };
    let span = Span::lasting(start, offered.duration);
    let usual = offered.duration == offered.event_type.terms.duration;
    let duration = (!usual).then_some(offered.duration);
    let (link, waiting) = (answered.link.clone(), answered.waiting.clone());
    let trail = Trail { link, waiting, zone: Some(zone), clock, duration, ..Trail::default() };
    let used_up = problems.of("details").is_some();
    Ok(Page {
        shell: shell(request),
        host: HostCard::new(&offered.host),
        event: EventCard::new(&offered.event_type, offered.duration),
        when: stands.then(|| When::new(span, zone, offered.host.time_zone, clock)),
        choice,
        link: answered.link.clone(),
        waiting: answered.waiting.clone(),
        back: format!("?date={}{trail}#times", zone.date(start)),
        clock,
        zone: zone.name(),
        zones: ZoneOptions::new(zone, [offered.host.time_zone], offered.now),
        idempotency_key: if used_up { new_key(web) } else { form.text("idempotency_key") },
        hold: visitor::form_holder(form).unwrap_or_else(|| Token::new(web.app.entropy())),
        answers: Answers {
            name: form.text("name"),
            email: form.text("email"),
            guests: form.text(guests::FIELD),
            note: form.text("note"),
        },
        seen,
        proves: proves(request, web, &offered),
        asks,
        hidden: hidden_answers(&questions, &given),
        repeat: RepeatFields::of(&offered, form, &dates, (zone, clock)),
        problems,
    })
}

/// What happened to the time, in a sentence.
pub(super) fn gone(why: &BookError, time: &str) -> String {
    let taken = format!("Somebody just took {time}. Choose another time");
    match why {
        BookError::Taken => taken,
        BookError::Refused(why) if why.is_taken() => taken,
        BookError::Refused(Refusal::Past) => format!("{time} has passed. Choose a later time"),
        BookError::Refused(why) => {
            format!("{time} can not be booked: {why}. Choose another time")
        }
        _ => format!("{time} can not be booked. Choose another time"),
    }
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        let page = |choice, problems| Self {
            shell: Shell::default(),
            host: HostCard::sample(),
            event: EventCard::sample(),
            when: Some(When::sample()),
            choice,
            link: Some(Token::derived(&[0; 32])),
            waiting: Some(Token::derived(&[0; 32])),
            back: "?date=2026-10-08&tz=Europe/London#times".into(),
            clock: Clock::Twelve,
            zone: "Europe/London",
            zones: ZoneOptions::new(TimeZone::UTC, [], Instant::EPOCH),
            idempotency_key: "key".into(),
            hold: Token::derived(&[0; 32]),
            answers: Answers { note: "<b>bold</b>\nline".into(), ..Answers::default() },
            seen: "seen".into(),
            proves: true,
            asks: Ask::samples(),
            hidden: vec![("q_source".into(), "<b>".into())],
            repeat: Some(RepeatFields::sample()),
            problems,
        };
        let mut problems = Problems::default();
        problems.add("slot", "Somebody just took 12:45.");
        problems.add("email", "Enter an email address with a domain, like name@example.com");
        let at = Instant::parse("2026-10-08T11:45:00Z").unwrap();
        let again =
            Choice::Again { nearest: vec![Chip { start: at, label: "Thu 8 Oct 13:30".into() }] };
        vec![page(Choice::Chosen(at), Problems::default()), page(again, problems)]
    }
}
