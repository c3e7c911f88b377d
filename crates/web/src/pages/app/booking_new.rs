//! `/app/bookings/new`: the host books for a customer.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use askama::Template;
use roomkey_app::{BookError, Offered, RefusedDate, Wanted};
use roomkey_core::{
    availability::Slot,
    booking::{BookingRequest, Side},
    event_type::{Bounds, EventType},
    question::Given,
    text::{EmailAddress, FieldError, Note, PersonName},
    time::{Edge, Instant, LocalDate, MinuteOfDay, Minutes, Span, TimeZone, parse_date},
};

use crate::{
    Web,
    failure::Failure,
    form::Form,
    pages::{
        booked,
        details::{gone, idempotency, new_key},
        guests, page,
        repeat::{self, RepeatFields},
        see_other,
    },
    session::SignedIn,
    view::{
        AppShell, Ask, AskKind, Clock, Problems, Section, TimeOfDay, ZoneOptions, asks,
        date_with_year, long_date, nearby, note_wrong,
    },
};

/// A choice of the event-type select.
#[derive(Debug)]
pub(crate) struct EventChoice {
    pub(crate) slug: String,
    pub(crate) title: String,
    pub(crate) length: String,
}

/// A free time of the day.
#[derive(Debug)]
pub(crate) struct TimeChoice {
    pub(crate) start: Instant,
    pub(crate) from: TimeOfDay,
    pub(crate) to: TimeOfDay,
    pub(crate) chosen: bool,
}

/// The next day with free times.
#[derive(Debug)]
pub(crate) struct NextDay {
    pub(crate) date: LocalDate,
    pub(crate) title: String,
}

/// What was typed.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    pub(crate) event: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) guests: String,
    pub(crate) note: String,
}

/// A length that can be chosen.
#[derive(Debug)]
pub(crate) struct LengthChoice {
    pub(crate) minutes: u32,
    pub(crate) text: String,
    pub(crate) chosen: bool,
}

#[derive(Template)]
#[template(path = "pages/app/booking_new.html")]
pub(crate) struct Page {
    shell: AppShell,
    events: Vec<EventChoice>,
    date: LocalDate,
    /// The date in words.
    day: String,
    /// The host's zone, in which times are shown.
    city: String,
    /// To choose from, where the event type has several.
    lengths: Vec<LengthChoice>,
    times: Vec<TimeChoice>,
    next_day: Option<NextDay>,
    zones: ZoneOptions,
    /// Where the event type can be booked repeatedly.
    repeat: Option<RepeatFields>,
    /// A time that is not offered, and whether the host books it all the same.
    time: String,
    overrides: bool,
    idempotency_key: String,
    answers: Answers,
    /// The event type's own questions.
    asks: Vec<Ask>,
    problems: Problems,
}

pub(crate) async fn get(
    request: HttpRequest,
    web: Data<Web>,
    host: SignedIn,
) -> Result<HttpResponse, Failure> {
    let query = Form::query(&request);
    let events = web.app.event_types(host.user().id).await?;
    let event = chosen(&events, query.get("event")).or(events.first());
    let mut problems = Problems::default();
    check_date(&query, &mut problems);
    let status =
        if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let wrong = Wrong { problems, dates: Vec::new() };
    let contents = Page::new(&request, &web, &host, &events, event, &query, wrong).await?;
    page(status, &contents)
}

pub(crate) async fn post(
    request: HttpRequest,
    web: Data<Web>,
    host: SignedIn,
    form: Form,
) -> Result<HttpResponse, Failure> {
    host.check(&form)?;
    let events = web.app.event_types(host.user().id).await?;
    let event = chosen(&events, form.get("event"));
    let mut problems = Problems::default();
    if event.is_none() {
        problems.add("pick-event", FieldError::Choice.to_string());
    }
    check_date(&form, &mut problems);
    let asked = read(&form, host.user().time_zone, &mut problems);
    let repeat = repeat::read(&form, &mut problems);
    let key = idempotency(&form, &mut problems);
    let duration = length(&form);
    let mut dates = Vec::new();
    if let Some((event, asked)) = event.zip(asked).filter(|_| problems.is_empty()) {
        let wanted = Wanted::Own(host.user().clone(), event.id);
        let start = asked.start;
        let booked = match repeat {
            None => web.app.book(wanted, duration, asked, key, None).await,
            Some(repeat) => web.app.book_series(wanted, duration, asked, repeat, key, None).await,
        };
        match booked {
            Ok(made) => return Ok(see_other(booked::path(&made.details.host_link))),
            Err(BookError::Changed) => {
                problems.add("details", "Look the form through and send it again");
            }
            Err(BookError::Repeat(why)) => dates = repeat::note_problem(why, &mut problems),
            Err(BookError::Guests(wrong)) => problems.add(guests::FIELD, wrong.to_string()),
            Err(BookError::Answers(wrong)) => {
                note_wrong(&event.terms.asks(), &wrong, &mut problems);
            }
            Err(why @ (BookError::Refused(_) | BookError::Taken)) => {
                let zone = host.user().time_zone;
                let today = zone.date(web.app.now());
                let time = nearby(zone, start, today, Clock::TwentyFour);
                let field = if form.has("override") { "time" } else { "slot" };
                problems.add(field, gone(&why, &time));
            }
            Err(BookError::KeyReused) => {
                let text = "You have booked with this form before. Send it again to book once more";
                problems.add("details", text);
            }
            Err(BookError::Duration(wrong)) => {
                problems.add("slot", format!("Bookings of this kind last {}", wrong.in_words()));
            }
            Err(BookError::Unknown) => return Err(Failure::NotFound),
            Err(BookError::Limited(limited)) => return Err(limited.into()),
            Err(BookError::Gone(gone)) => return Err(gone.into()),
            Err(BookError::Store(error)) => return Err(error.into()),
        }
    }
    let shown = event.or(events.first());
    let wrong = Wrong { problems, dates };
    let contents = Page::new(&request, &web, &host, &events, shown, &form, wrong).await?;
    page(StatusCode::UNPROCESSABLE_ENTITY, &contents)
}

/// Notes a day that is none. Without one it is the first with free times.
fn check_date(form: &Form, problems: &mut Problems) {
    let date = form.get("date");
    if !date.is_empty() {
        problems.check("date", parse_date(date).map_err(|_| FieldError::Date));
    }
}

fn chosen<'a>(events: &'a [EventType], slug: &str) -> Option<&'a EventType> {
    events.iter().find(|event| event.terms.slug.as_str() == slug)
}

/// What the form asks for. A customer whose zone is not said sees the host's.
fn read(form: &Form, zone: TimeZone, problems: &mut Problems) -> Option<BookingRequest> {
    let overrides = form.has("override");
    let start = if overrides {
        any_time(form, zone).map_err(|text| problems.add("time", text)).ok()
    } else if form.get("slot").is_empty() && !form.get("time").is_empty() {
        problems.add("time", "Tick the box below to book a time that you do not offer");
        None
    } else {
        let start = match form.get("slot") {
            "" => Err("Choose a time"),
            text => Instant::parse(text).map_err(|_| "Choose a time of the list"),
        };
        start.map_err(|text| problems.add("slot", text)).ok()
    };
    let name = problems.check("name", form.get("name").parse::<PersonName>());
    let email = problems.check("email", form.get("email").parse::<EmailAddress>());
    let zone = match form.get("tz") {
        "" => Some(zone),
        name => problems.check("tz", name.parse().map_err(|_| FieldError::TimeZone)),
    };
    let guests = guests::read(form, problems);
    let note = problems.check("note", form.get("note").parse::<Note>());
    Some(BookingRequest {
        start: start?,
        name: name?,
        email: email?,
        time_zone: zone?,
        guests,
        note: note?,
        answers: Given::on_form(form.answers()),
        seen: None,
        by: Side::Host,
        overrides,
    })
}

/// A time of the day by the host's clock, whether it is offered or not.
fn any_time(form: &Form, zone: TimeZone) -> Result<Instant, &'static str> {
    let date = parse_date(form.get("date")).map_err(|_| "Choose the day above")?;
    let minute = MinuteOfDay::parse(form.get("time")).ok_or("Give it as 14:30")?;
    let start = zone.resolve(date, minute, Edge::Start);
    let shown = zone.local(start);
    if (shown.date(), shown.format("%H:%M").to_string()) == (date, minute.wall()) {
        Ok(start)
    } else {
        Err("The clocks skip this time on that day")
    }
}

/// What speaks against booking.
struct Wrong {
    problems: Problems,
    /// Dates of a series that can not be booked.
    dates: Vec<RefusedDate>,
}

impl Page {
    async fn new(
        request: &HttpRequest,
        web: &Web,
        host: &SignedIn,
        events: &[EventType],
        event: Option<&EventType>,
        form: &Form,
        Wrong { problems, dates }: Wrong,
    ) -> Result<Self, Failure> {
        let zone = host.user().time_zone;
        let now = web.app.now();
        let offered = match event {
            Some(event) => Some(find_times(web, host, event, length(form), now).await?),
            None => None,
        };
        let lengths = event.map_or(Vec::new(), |event| match event.terms.durations() {
            one if one.len() == 1 => Vec::new(),
            several => several,
        });
        let duration = offered.as_ref().map(|offered| offered.duration);
        let repeat = offered
            .as_ref()
            .and_then(|offered| RepeatFields::of(offered, form, &dates, (zone, Clock::TwentyFour)));
        let schedule_zone = offered.as_ref().map_or(zone, |offered| offered.schedule.time_zone);
        let mut slots = offered.map(|offered| offered.slots).unwrap_or_default();
        let date_of = |slot: &Slot| zone.date(slot.start);
        let asked = parse_date(form.get("date")).ok();
        let wanted = Instant::parse(form.get("slot")).ok();
        // The first date of a series, though it is left out, says when the others are.
        let is_left_out = |start: &Instant| {
            repeat.as_ref().is_some_and(|repeat| repeat.leaves_out(schedule_zone.date(*start)))
        };
        let place = |start| slots.binary_search_by_key(&start, |slot: &Slot| slot.start);
        if let Some((start, length)) = wanted.filter(is_left_out).zip(duration)
            && let Err(place) = place(start)
        {
            slots.insert(place, Slot { start, end: start.plus(length), seats_left: None });
        }
        let chosen = slots.iter().find(|slot| wanted == Some(slot.start)).or(slots.first());
        let date = asked.or_else(|| chosen.map(date_of)).unwrap_or(zone.date(now));
        let time = |at| TimeOfDay::at(zone, at, Clock::TwentyFour);
        let times = slots.iter().filter(|slot| date_of(slot) == date).map(|slot| TimeChoice {
            start: slot.start,
            from: time(slot.start),
            to: time(slot.end),
            chosen: wanted == Some(slot.start),
        });
        let later = slots.iter().map(date_of).find(|other| *other > date);
        let next = later.or_else(|| slots.first().map(date_of));
        let used_up = form.get("idempotency_key").is_empty() || problems.of("details").is_some();
        Ok(Self {
            shell: host.shell(request, Section::Bookings, None),
            events: events.iter().map(EventChoice::new).collect(),
            date,
            day: date_with_year(date),
            city: zone.city(),
            lengths: lengths
                .into_iter()
                .map(|length| LengthChoice {
                    minutes: length.0,
                    text: length.to_string(),
                    chosen: duration == Some(length),
                })
                .collect(),
            times: times.collect(),
            repeat,
            next_day: next.map(|date| NextDay { date, title: long_date(date) }),
            time: form.text("time"),
            overrides: form.has("override"),
            zones: ZoneOptions::new(form.get("tz").parse().unwrap_or(zone), [zone], now),
            idempotency_key: if used_up { new_key(web) } else { form.text("idempotency_key") },
            answers: Answers {
                event: event.map(|event| event.terms.slug.to_string()).unwrap_or_default(),
                name: form.text("name"),
                email: form.text("email"),
                guests: form.text(guests::FIELD),
                note: form.text("note"),
            },
            asks: event.map_or(Vec::new(), |event| {
                let given = Given::on_form(form.answers());
                asks(&event.terms.asks(), Side::Host, &given)
            }),
            problems,
        })
    }
}

/// The length that was chosen; the usual one if none was.
fn length(form: &Form) -> Option<Minutes> {
    Bounds::DURATION.parse(form.get("duration")).ok().map(Minutes)
}

/// All free times of an event type; of its usual length, where it has not the one that is asked for.
async fn find_times(
    web: &Web,
    host: &SignedIn,
    event: &EventType,
    duration: Option<Minutes>,
    now: Instant,
) -> Result<Offered, Failure> {
    let zone = host.user().time_zone;
    let last = event.terms.window.last_date(zone.date(now));
    // Whatever the schedule's zone is, its last date is over two days later.
    let range = Span { start: now, end: zone.start_of(last).plus(Minutes(3 * 24 * 60)) };
    let duration = duration.filter(|duration| event.terms.has_duration(*duration));
    Ok(web.app.own_slots(host.user(), event.id, duration, range).await?)
}

impl EventChoice {
    fn new(event: &EventType) -> Self {
        Self {
            slug: event.terms.slug.to_string(),
            title: event.terms.title.to_string(),
            length: event.terms.duration.to_string(),
        }
    }
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        use crate::view::Clock;
        let zone = roomkey_core::time::TimeZone::UTC;
        let time = TimeOfDay::at(zone, Instant::EPOCH, Clock::TwentyFour);
        let choice = |chosen| TimeChoice { start: Instant::EPOCH, from: time, to: time, chosen };
        let event = || EventChoice {
            slug: "intro".into(),
            title: "Intro call".into(),
            length: "30 minutes".into(),
        };
        let date = zone.date(Instant::EPOCH);
        let page = |events, times: Vec<TimeChoice>, problems| Self {
            lengths: vec![LengthChoice { minutes: 30, text: "30 minutes".into(), chosen: true }],
            shell: AppShell::sample(Section::Bookings),
            events,
            date,
            day: "Thursday 8 October".into(),
            city: "London".into(),
            next_day: times.is_empty().then(|| NextDay { date, title: "Friday 9 October".into() }),
            times,
            zones: ZoneOptions::new(zone, [], Instant::EPOCH),
            repeat: Some(RepeatFields::sample()),
            time: "18:30".into(),
            overrides: true,
            idempotency_key: "key".into(),
            answers: Answers { event: "intro".into(), ..Answers::default() },
            asks: Ask::samples(),
            problems,
        };
        let mut problems = Problems::default();
        problems.add("slot", "Choose a time");
        vec![
            page(Vec::new(), Vec::new(), Problems::default()),
            page(vec![event()], Vec::new(), Problems::default()),
            page(vec![event()], vec![choice(true), choice(false)], problems),
        ]
    }
}
