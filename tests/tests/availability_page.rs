//! `/app/availability` as a host uses it: several schedules, days with other hours, time off, weeks, and the preview.

use roomkey_tests::{Backend, Client, Form, Host, Page, TestApp, on_both};

on_both!(
    days_with_other_hours_take_the_place_of_the_weekly_ones,
    wrong_days_are_marked_and_kept,
    hours_of_a_closed_day_are_not_dropped,
    time_off_closes_all_schedules,
    time_off_is_meant_in_the_zone_that_it_is_entered_in,
    time_off_is_listed_until_it_is_over_in_its_own_zone,
    wrong_times_off_are_marked_and_kept,
    several_schedules_each_with_its_event_types,
    a_schedule_belongs_to_its_host,
    weeks_start_as_the_host_has_it,
    hours_are_copied_to_other_days,
    the_preview_shows_what_customers_see,
    an_event_type_of_no_preview_is_not_found,
    a_time_is_explained,
    a_time_that_the_clocks_skip_is_said_not_to_exist,
    a_time_that_comes_twice_is_explained_twice,
    a_time_is_explained_for_a_length,
);

const PAGE: &str = "/app/availability";

/// London, Monday 5 July 2027, midnight; open 9 to 11 on weekdays, in hours.
fn app(backend: Backend) -> (TestApp, Client) {
    let app = TestApp::on(backend).clock("2027-07-04 23:00:00").without_limits().start();
    let ada = Host::ada();
    app.add_host(&ada);
    app.set_schedule(&ada, &["mon-fri 09:00-11:00"]);
    app.add_event_type("ada", "intro", &["--title", "Intro call", "--duration", "60"]);
    let browser = app.sign_in(&ada);
    (app, browser)
}

/// The form that holds a field.
fn form_with(page: &Page, action: &str, field: &str) -> Form {
    page.forms(action).into_iter().find(|form| form.names().contains(field)).expect(field)
}

fn starts(app: &TestApp, event: &str, date: &str) -> Vec<String> {
    let slots = app.slots("ada", event, date, date);
    slots.iter().map(|slot| slot[11..16].to_owned()).collect()
}

fn days_with_other_hours_take_the_place_of_the_weekly_ones(backend: Backend) {
    let (app, browser) = app(backend);
    let form = form_with(&browser.page(PAGE), "/overrides", "override_first");
    // Closed for a day.
    browser.submit(&form.clone().set("override_first", "2027-07-06")).expect(303);
    assert!(starts(&app, "intro", "2027-07-06").is_empty());
    // Other hours from a Friday to a Sunday.
    let form = form.set("override_first", "2027-07-09").set("override_last", "2027-07-11");
    let mut ranges = form.force("override_kind", "hours").without("override_from");
    ranges =
        ranges.without("override_to").add("override_from", "14:00").add("override_to", "15:00");
    let ranges = ranges.add("override_from", "9:00").add("override_to", "10:00");
    let reply = browser.submit(&ranges).expect(303);
    let page = browser.open(&reply.location()).page();
    for date in ["2027-07-09", "2027-07-10", "2027-07-11"] {
        assert_eq!(starts(&app, "intro", date), ["08:00", "13:00"], "{date}");
    }
    assert_eq!(starts(&app, "intro", "2027-07-12"), ["08:00", "09:00"]);
    let text = page.text();
    assert!(text.contains("Friday 9 July 2027 – Sunday 11 July 2027"), "{text}");
    assert!(text.contains("09:00 – 10:00, 14:00 – 15:00"), "{text}");
    // A date of the calendar is the form's first day.
    let page = browser.page(&format!("{PAGE}?date=2027-08-03"));
    let form = form_with(&page, "/overrides", "override_first");
    assert_eq!(form.value("override_first"), Some("2027-08-03"));
    // Each row can be taken away.
    let rows = page.forms("/overrides");
    let gone = rows.into_iter().filter(|form| !form.names().contains("override_first")).nth(1);
    let gone = gone.expect("the second row").press("remove", "2027-07-09..2027-07-11");
    browser.submit(&gone).expect(303);
    assert_eq!(starts(&app, "intro", "2027-07-09"), ["08:00", "09:00"]);
    assert!(starts(&app, "intro", "2027-07-06").is_empty());
}

fn wrong_days_are_marked_and_kept(backend: Backend) {
    let (app, browser) = app(backend);
    let before = app.database().dump_of("schedules");
    let form = form_with(&browser.page(PAGE), "/overrides", "override_first");
    for (first, last, marked) in [
        ("", "", "override_first"),
        ("2027-02-30", "", "override_first"),
        ("tomorrow", "", "override_first"),
        ("2027-07-09", "2027-07-08", "override_last"),
        ("2027-07-09", "2029-07-09", "override_last"),
        ("2027-07-09", "9999-99-99", "override_last"),
    ] {
        let typed = form.clone().force("override_first", first).force("override_last", last);
        let page = browser.submit(&typed).expect(422).page();
        assert!(page.marked().contains(marked), "{first} {last}: {:?}", page.marked());
        let kept = form_with(&page, "/overrides", "override_first");
        assert_eq!(kept.value("override_last"), Some(last), "kept");
    }
    for (from, to) in [("", ""), ("09:00", "08:00"), ("x", "09:00"), ("09:00", "")] {
        let typed =
            form.clone().set("override_first", "2027-07-09").force("override_kind", "hours");
        let typed = typed.without("override_from").without("override_to");
        let typed = typed.add("override_from", from).add("override_to", to);
        let page = browser.submit(&typed).expect(422).page();
        assert!(page.marked().contains("override_from"), "{from} {to}: {:?}", page.marked());
    }
    assert_eq!(app.database().dump_of("schedules"), before);
}

fn time_off_closes_all_schedules(backend: Backend) {
    let (app, browser) = app(backend);
    let form = form_with(&browser.page(PAGE), "/app/time-off", "away_first");
    let whole = form.clone().set("away_first", "2027-07-06").set("away_last", "2027-07-07");
    let reply = browser.submit(&whole.set("away_reason", "Summer <b>school</b>")).expect(303);
    let page = browser.open(&reply.location()).page();
    let text = page.text();
    assert!(text.contains("Tuesday 6 July 2027 – Wednesday 7 July 2027"), "{text}");
    assert!(text.contains("Summer <b>school</b>"), "{text}");
    for date in ["2027-07-06", "2027-07-07"] {
        assert!(starts(&app, "intro", date).is_empty(), "{date}");
    }
    let hours = form.set("away_first", "2027-07-08").set("away_first_time", "9:30");
    browser.submit(&hours.set("away_last_time", "10:00")).expect(303);
    assert_eq!(starts(&app, "intro", "2027-07-08"), ["09:00"]);
    // The reason is the host's own.
    let path = "/api/v1/slots/explain?host=ada&event=intro&at=2027-07-06T08:00:00Z";
    let told = app.client().get(path).expect(200);
    assert!(!told.body.contains("Summer") && told.body.contains("outside_hours"), "{}", told.body);
    let told = app.key("ada", "bookings:read").get(path).expect(200).json();
    assert_eq!(told["reasons"][0]["code"], "time_off");
    let message = told["reasons"][0]["message"].as_str().expect("text");
    assert!(message.contains("Summer <b>school</b>"), "{message}");
    let page = browser.page(PAGE);
    let rows = page.forms("/app/time-off");
    let gone = rows.into_iter().find(|form| !form.names().contains("away_first")).expect("a row");
    let gone = gone.press("remove", "2027-07-06T00:00..2027-07-08T00:00[Europe/London]");
    browser.submit(&gone).expect(303);
    assert_eq!(starts(&app, "intro", "2027-07-06"), ["08:00", "09:00"]);
}

fn wrong_times_off_are_marked_and_kept(backend: Backend) {
    let (app, browser) = app(backend);
    let before = app.database().dump_of("users");
    let form = form_with(&browser.page(PAGE), "/app/time-off", "away_first");
    for (changes, marked) in [
        (&[("away_first", "")][..], "away_first"),
        (&[("away_first", "2027-13-01")], "away_first"),
        (&[("away_first", "2027-07-06"), ("away_last", "2027-07-05")], "away_last"),
        (&[("away_first", "2027-07-06"), ("away_first_time", "25:00")], "away_first_time"),
        (&[("away_first", "2027-07-06"), ("away_last_time", "noon")], "away_last_time"),
        (&[("away_first", "2027-07-06"), ("away_reason", "a\r\nb")], "away_reason"),
        (&[("away_first", "2027-07-06"), ("away_zone", "Mars/Olympus")], "away_zone"),
        (&[("away_first", "2027-07-06"), ("away_zone", "")], "away_zone"),
    ] {
        let typed =
            changes.iter().fold(form.clone(), |form, (name, value)| form.force(name, *value));
        let page = browser.submit(&typed).expect(422).page();
        assert!(page.marked().contains(marked), "{changes:?}: {:?}", page.marked());
    }
    // The zone that was chosen is kept, too.
    let page = browser.submit(&form.force("away_zone", "Asia/Tokyo")).expect(422).page();
    let again = form_with(&page, "/app/time-off", "away_first");
    assert_eq!(again.value("away_zone"), Some("Asia/Tokyo"));
    assert_eq!(app.database().dump_of("users"), before);
}

/// A schedule in New York, open from four to six there: from nine to eleven in London. Gives its page.
fn abroad(app: &TestApp, browser: &Client) -> String {
    let form = form_with(&browser.page(PAGE), "/app/schedules", "new_name");
    let made = browser.submit(&form.set("new_name", "Abroad")).expect(303).location();
    let own = made.split('?').next().expect("a path").to_owned();
    let days = ["mon", "tue", "wed", "thu", "fri"];
    let hours = days.iter().fold(browser.page(&own).form(&own), |form, day| {
        form.set(&format!("{day}_from"), "04:00").set(&format!("{day}_to"), "06:00")
    });
    browser.submit(&hours.force("time_zone", "America/New_York")).expect(303);
    app.add_event_type(
        "ada",
        "far",
        &["--title", "From afar", "--duration", "60", "--schedule", "Abroad"],
    );
    own
}

fn time_off_is_meant_in_the_zone_that_it_is_entered_in(backend: Backend) {
    let (app, browser) = app(backend);
    let own = abroad(&app, &browser);
    let both = |date: &str| (starts(&app, "intro", date), starts(&app, "far", date));
    let hours = |all: &[&str]| all.iter().map(|hour| (*hour).to_owned()).collect::<Vec<_>>();
    let (eight, nine) = (hours(&["08:00"]), hours(&["09:00"]));
    assert_eq!(both("2027-07-08"), (hours(&["08:00", "09:00"]), hours(&["08:00", "09:00"])));
    let note = |page: &str, fields: &[(&str, &str)]| {
        let form = form_with(&browser.page(page), "/app/time-off", "away_first");
        let form = fields.iter().fold(form, |form, (name, value)| form.force(name, *value));
        let location = browser.submit(&form).expect(303).location();
        browser.page(&location).texts("#time-off li")
    };

    // In the zone of the schedule beside whose hours it is entered, unless another is chosen; the same moments for all
    // schedules.
    let morning = [("away_first_time", "9:30"), ("away_last_time", "10:00")];
    let listed = note(PAGE, &[&[("away_first", "2027-07-08")], &morning[..]].concat());
    assert!(listed[0].contains("09:30 – Thursday 8 July 2027, 10:00"), "{listed:?}");
    assert!(listed[0].contains("London time"), "{listed:?}");
    assert_eq!(both("2027-07-08"), (nine.clone(), nine.clone()));
    let early = [("away_first", "2027-07-12"), ("away_first_time", "5:30"), ("away_reason", "Gym")];
    let listed = note(&own, &[&early[..], &[("away_last_time", "6:00")]].concat());
    assert!(listed[1].contains("New York time"), "{listed:?}");
    assert_eq!(both("2027-07-12"), (eight.clone(), eight.clone()));
    let tokyo = [("away_first", "2027-07-13"), ("away_zone", "Asia/Tokyo")];
    let evening = [("away_first_time", "17:00"), ("away_last_time", "17:15")];
    let listed = note(&own, &[&tokyo[..], &evening[..]].concat());
    assert!(listed[2].contains("17:15") && listed[2].contains("Tokyo time"), "{listed:?}");
    assert_eq!(both("2027-07-13"), (nine.clone(), nine.clone()));

    // Why not then is said in the zone of the schedule that is asked.
    let why = |page: &str, event: &str, date: &str, time: &str| {
        let asked = format!("{page}?event={event}&why_date={date}&why_time={time}");
        browser.page(&asked).texts(".why li")
    };
    let told = ["You are away (Gym), 10:30 – 11:00 on Monday 12 July 2027"];
    assert_eq!(why(PAGE, "intro", "2027-07-12", "10:00"), told);
    let told = ["You are away (Gym), 05:30 – 06:00 on Monday 12 July 2027"];
    assert_eq!(why(&own, "far", "2027-07-12", "5:00"), told);

    // Days of Tokyo begin on the day before; calendars underline what they meet.
    let listed = note(PAGE, &[("away_first", "2027-07-21"), ("away_zone", "Asia/Tokyo")]);
    assert!(listed[3].contains("Wednesday 21 July 2027"), "{listed:?}");
    assert_eq!(both("2027-07-20"), (hours(&["08:00", "09:00"]), hours(&["08:00", "09:00"])));
    assert_eq!(both("2027-07-21"), (Vec::new(), Vec::new()));
    let marked = |page: &str| -> Vec<String> {
        let page = browser.page(&format!("{page}?month=2027-07"));
        let days = page.select(".cal__marked").into_iter();
        let dates = days.map(|day| day.value().attr("href").expect("a link").to_owned());
        dates.map(|to| to.split("date=").nth(1).expect("a date")[8..10].to_owned()).collect()
    };
    let expected: Vec<String> = hours(&["08", "12", "13", "20", "21"]);
    assert_eq!(marked(PAGE), expected);
    assert_eq!(marked(&own), expected);

    // Another zone of the schedule moves its hours, and no time off.
    let form = browser.page(&own).form(&own).force("time_zone", "America/Chicago");
    browser.submit(&form).expect(303);
    assert_eq!(both("2027-07-08"), (nine, hours(&["09:00", "10:00"])));
    assert!(browser.page(&own).texts("#time-off li")[1].contains("New York time"));

    // Those that differ only in their zones are two.
    let twin = [("away_first", "2027-07-26"), ("away_zone", "Asia/Tokyo")];
    note(PAGE, &twin);
    let listed = note(PAGE, &[("away_first", "2027-07-26")]);
    assert_eq!(listed.len(), 6, "{listed:?}");
    let row = "2027-07-26T00:00..2027-07-27T00:00[Asia/Tokyo]";
    let forms = browser.page(PAGE).forms("/app/time-off").into_iter();
    let gone = forms.filter(|form| !form.names().contains("away_first")).nth(4).expect("its row");
    browser.submit(&gone.press("remove", row)).expect(303);
    let left = browser.page(PAGE).texts("#time-off li");
    assert!(left.len() == 5 && left[4].contains("London time"), "{left:?}");
}

fn time_off_is_listed_until_it_is_over_in_its_own_zone(backend: Backend) {
    // Monday begins in London; in New York it is Sunday still, and in Tokyo eight in the morning.
    let (_app, browser) = app(backend);
    let form = form_with(&browser.page(PAGE), "/app/time-off", "away_first");
    let noted = |first: &str, zone: &str| {
        let form = form.clone().set("away_first", first).force("away_zone", zone);
        browser.submit(&form).expect(303);
        browser.page(PAGE).texts("#time-off li").len()
    };
    assert_eq!(noted("2027-07-04", "Europe/London"), 0);
    assert_eq!(noted("2027-07-04", "America/New_York"), 1);
    assert_eq!(noted("2027-07-04", "Asia/Tokyo"), 1);
    assert_eq!(noted("2027-07-05", "Asia/Tokyo"), 2);
}

fn hours_of_a_closed_day_are_not_dropped(backend: Backend) {
    let (app, browser) = app(backend);
    let before = app.database().dump_of("schedules");
    let form = form_with(&browser.page(PAGE), "/overrides", "override_first");
    let form = form.set("override_first", "2027-07-09");
    let typed = |form: &Form, from: &str, to: &str| {
        let form = form.clone().without("override_from").without("override_to");
        let form = form.add("override_from", "").add("override_to", "");
        form.add("override_from", from).add("override_to", to)
    };
    for (from, to) in [("14:00", "15:00"), ("14:00", ""), ("", "15:00")] {
        let page = browser.submit(&typed(&form, from, to)).expect(422).page();
        assert_eq!(page.marked().into_iter().collect::<Vec<_>>(), ["override_from"]);
        let error = page.texts("#override-2-e");
        assert_eq!(
            error,
            ["Error: Closed days have no hours: clear these, or choose Open at other hours"]
        );
        let kept = form_with(&page, "/overrides", "override_first");
        assert_eq!(kept.value("override_kind"), Some("closed"));
        let sent = |name: &str| {
            let fields = kept.fields().iter().filter(|(field, _)| field == name);
            fields.map(|(_, value)| value.clone()).collect::<Vec<_>>()
        };
        assert_eq!(
            (&sent("override_from")[1], &sent("override_to")[1]),
            (&from.into(), &to.into())
        );
    }
    // What is neither closed nor open is refused, and kept.
    for kind in ["half-closed", ""] {
        let sent = typed(&form.clone().force("override_kind", kind), "14:00", "15:00");
        let page = browser.submit(&sent).expect(422).page();
        assert!(page.marked().contains("override_kind"), "{kind}: {:?}", page.marked());
        let error = page.texts("#override_kind-e");
        assert_eq!(error, ["Error: Choose Closed or Open at other hours"], "{kind}");
        let kept = form_with(&page, "/overrides", "override_first");
        assert_eq!(kept.value("override_kind"), None);
        assert_eq!(kept.value("override_first"), Some("2027-07-09"));
    }
    let page = browser.submit(&form.clone().without("override_kind")).expect(422).page();
    assert!(page.marked().contains("override_kind"), "{:?}", page.marked());
    assert_eq!(app.database().dump_of("schedules"), before);
    let open = typed(&form.force("override_kind", "hours"), "14:00", "15:00");
    browser.submit(&open).expect(303);
    assert_eq!(starts(&app, "intro", "2027-07-09"), ["13:00"]);
}

fn an_event_type_of_no_preview_is_not_found(backend: Backend) {
    let (app, browser) = app(backend);
    let own = abroad(&app, &browser);
    let eve = Host::new("eve", "Eve Adams", "Europe/Berlin");
    app.add_host(&eve);
    app.add_event_type("eve", "theirs", &["--title", "Theirs", "--duration", "30"]);
    for (page, event, status) in [
        (PAGE, "intro", 200),
        (PAGE, "", 200),
        (&own, "far", 200),
        (PAGE, "nope", 404),
        (PAGE, "theirs", 404),
        // Of another schedule: what is shown would not be what is asked for.
        (PAGE, "far", 404),
        (&own, "intro", 404),
    ] {
        browser.get(&format!("{page}?event={event}")).expect(status);
        let why = format!("{page}?event={event}&why_date=2027-07-06&why_time=9:00");
        browser.get(&why).expect(status);
    }
    app.sign_in(&eve).get(&format!("{PAGE}?event=intro")).expect(404);
}

fn several_schedules_each_with_its_event_types(backend: Backend) {
    let (app, browser) = app(backend);
    let new = |name: &str| {
        let form = form_with(&browser.page(PAGE), "/app/schedules", "new_name");
        browser.submit(&form.set("new_name", name))
    };
    let address = new("Evenings").expect(303).location();
    let page = browser.page(&address);
    assert!(page.text().contains("No event type has this schedule"), "{}", page.text());
    // It begins with the default one's hours, and has its own from then on.
    let own = address.split('?').next().expect("a path").to_owned();
    let form = page.form(&own);
    let form = ["mon", "tue", "wed", "thu", "fri"]
        .iter()
        .fold(form, |form, day| form.without(&format!("{day}_from")).without(&format!("{day}_to")));
    browser.submit(&form.add("mon_from", "18:00").add("mon_to", "20:00")).expect(303);
    assert_eq!(starts(&app, "intro", "2027-07-05"), ["08:00", "09:00"]);
    app.add_event_type(
        "ada",
        "late",
        &["--title", "Late talk", "--duration", "60", "--schedule", "Evenings"],
    );
    assert_eq!(starts(&app, "late", "2027-07-05"), ["17:00", "18:00"]);

    // Names are needed, and no two are the same.
    for (name, marked) in [("", "new_name"), ("Evenings", "new_name"), ("a\nb", "new_name")] {
        let page = new(name).expect(422).page();
        assert!(page.marked().contains(marked), "{name}: {:?}", page.marked());
    }
    let settings = |page: &Page| form_with(page, "/settings", "name");
    let rename = settings(&browser.page(&own)).set("name", "Working hours").press("do", "rename");
    assert!(browser.submit(&rename).expect(422).page().marked().contains("name"));
    let rename = settings(&browser.page(&own)).set("name", "Nights").press("do", "rename");
    browser.submit(&rename).expect(303);

    // Another default one: event types that name none have it now, and the one before keeps its own.
    browser.submit(&settings(&browser.page(&own)).press("do", "default")).expect(303);
    assert_eq!(starts(&app, "intro", "2027-07-05"), ["17:00", "18:00"]);
    let page = browser.page(PAGE);
    assert!(page.texts("nav[aria-label=Schedules] a")[0].starts_with("Nights"), "{}", page.text());
    let before = page.select("nav[aria-label=Schedules] a").len();
    let other = page.link("/app/availability/");
    // The default one can not be deleted, the other can.
    let refused = settings(&page).force("do", "delete");
    assert!(browser.submit(&refused).expect(422).page().marked().contains("name"));
    browser.submit(&settings(&browser.page(&other)).press("do", "delete")).expect(303);
    let page = browser.page(PAGE);
    assert_eq!(page.select("nav[aria-label=Schedules] a").len(), before - 1);
    assert_eq!(starts(&app, "late", "2027-07-05"), ["17:00", "18:00"]);
}

fn a_schedule_belongs_to_its_host(backend: Backend) {
    let (app, browser) = app(backend);
    let form = form_with(&browser.page(PAGE), "/app/schedules", "new_name");
    let address = browser.submit(&form.set("new_name", "Evenings")).expect(303).location();
    let own = address.split('?').next().expect("a path").to_owned();
    let eve = Host::new("eve", "Eve Adams", "Europe/Berlin");
    app.add_host(&eve);
    let stranger = app.sign_in(&eve);
    stranger.get(&own).expect(404);
    stranger.get("/app/availability/x").expect(404);
    let csrf = stranger.page(PAGE).form(PAGE).value("csrf").expect("a token").to_owned();
    for below in ["", "/overrides", "/settings"] {
        let fields = [("csrf".to_owned(), csrf.clone()), ("do".to_owned(), "delete".to_owned())];
        stranger.post_form(&format!("{own}{below}"), &fields).expect(404);
    }
    // Without the session's token nothing is done.
    for path in [&own, "/app/schedules", "/app/time-off", "/app/week-start"] {
        browser.post_form(path, &[("new_name".to_owned(), "x".to_owned())]).expect(403);
    }
}

fn weeks_start_as_the_host_has_it(backend: Backend) {
    let (app, browser) = app(backend);
    let first_day = |page: &Page| page.texts("table.cal th .vh")[0].clone();
    assert_eq!(first_day(&app.client().page("/ada/intro")), "Monday");
    let form = browser.page(PAGE).form("/app/week-start");
    browser.submit(&form.clone().set("day", "7")).expect(303);
    assert_eq!(first_day(&app.client().page("/ada/intro")), "Sunday");
    assert_eq!(first_day(&browser.page(PAGE)), "Sunday");
    assert!(browser.submit(&form.force("day", "8")).expect(422).page().marked().contains("day"));
}

fn hours_are_copied_to_other_days(backend: Backend) {
    let (app, browser) = app(backend);
    let form = browser.page(PAGE).form(PAGE).set("mon_to", "10:00");
    let form = form.force("copy_mon", "wed").add("copy_mon", "sat").press("copy", "mon");
    let copied = browser.submit(&form).expect(200).page().form(PAGE);
    // Nothing is saved by it.
    assert_eq!(starts(&app, "intro", "2027-07-07").len(), 2);
    assert_eq!((copied.value("wed_to"), copied.value("sat_from")), (Some("10:00"), Some("09:00")));
    assert_eq!(copied.value("tue_to"), Some("11:00"));
    browser.submit(&copied).expect(303);
    assert_eq!(starts(&app, "intro", "2027-07-07"), ["08:00"]);
    assert_eq!(starts(&app, "intro", "2027-07-10"), ["08:00"]);
}

fn the_preview_shows_what_customers_see(backend: Backend) {
    let (app, browser) = app(backend);
    app.add_event_type(
        "ada",
        "short",
        &["--title", "Short call", "--duration", "15", "--min-notice", "590"],
    );
    let shown = |path: &str| -> Vec<String> { browser.page(path).texts(".preview > div") };
    let days = shown(PAGE);
    assert_eq!(days.len(), 14);
    assert_eq!(days[0], "Monday 5 July 09:00 10:00");
    assert_eq!(days[5], "Saturday 10 July Nothing");
    // The rules of an event type are seen in it: ten hours of notice leave of Monday what is after ten.
    let days = shown(&format!("{PAGE}?event=short"));
    assert_eq!(days[0], "Monday 5 July 10:00 10:15 10:30 10:45");
    assert_eq!(days[1], "Tuesday 6 July 09:00 09:15 09:30 09:45 10:00 10:15 and 2 more");
    app.book("intro", roomkey_tests::instant("2027-07-06T08:00:00Z"));
    assert_eq!(shown(PAGE)[1], "Tuesday 6 July 10:00");
}

fn a_time_is_explained(backend: Backend) {
    let (app, browser) = app(backend);
    app.book("intro", roomkey_tests::instant("2027-07-06T08:00:00Z"));
    let asked = |date: &str, time: &str| {
        browser.get(&format!("{PAGE}?event=intro&why_date={date}&why_time={time}"))
    };
    let told = |date: &str, time: &str| asked(date, time).expect(200).page();
    assert!(told("2027-07-06", "10:00").text().contains("can be booked"));
    let page = told("2027-07-06", "9:00");
    assert_eq!(
        page.texts(".why li"),
        ["There is a booking from 09:00 – 10:00 on Tuesday 6 July 2027"]
    );
    let page = told("2027-07-03", "12:00");
    assert_eq!(page.texts(".why li").len(), 2, "past and outside the hours: {}", page.text());
    for (date, time, field) in
        [("2027-02-30", "09:00", "why_date"), ("2027-07-06", "x", "why_time")]
    {
        let page = asked(date, time).expect(422).page();
        assert!(page.marked().contains(field), "{date} {time}: {:?}", page.marked());
        assert!(page.select(".why").is_empty());
    }
}

fn a_time_that_the_clocks_skip_is_said_not_to_exist(backend: Backend) {
    let (app, browser) = app(backend);
    app.set_schedule(&Host::ada(), &["mon-sun 00:00-24:00"]);
    app.add_event_type(
        "ada",
        "call",
        &["--title", "Call", "--duration", "30", "--window-days", "730"],
    );
    let asked =
        |time: &str| browser.get(&format!("{PAGE}?event=call&why_date=2028-03-26&why_time={time}"));
    for time in ["01:00", "01:30", "1:59"] {
        let page = asked(time).expect(422).page();
        assert!(page.marked().contains("why_time"), "{time}: {:?}", page.marked());
        assert!(page.select("#why [role=status]").is_empty(), "{time}: {}", page.text());
    }
    let text = asked("1:30").expect(422).page().text();
    let said = "01:30 does not exist on Sunday 26 March 2028: the clocks skip it";
    assert!(text.contains(said), "{text}");
    for time in ["00:30", "02:00"] {
        let page = asked(time).expect(200).page();
        let told = format!("Sunday 26 March 2028, {time} can be booked.");
        assert_eq!(page.texts("#why [role=status] p"), [told]);
    }
}

fn a_time_that_comes_twice_is_explained_twice(backend: Backend) {
    let (app, browser) = app(backend);
    app.set_schedule(&Host::ada(), &["mon-sun 00:00-24:00"]);
    app.add_event_type(
        "ada",
        "call",
        &["--title", "Call", "--duration", "30", "--window-days", "730"],
    );
    let asked = || browser.page(&format!("{PAGE}?event=call&why_date=2027-10-31&why_time=01:30"));
    let can = |first: &str, second: &str| {
        let on = "Sunday 31 October 2027, 01:30";
        [format!("{on} (UTC+1) {first} booked."), format!("{on} (UTC+0) {second} booked.")]
    };
    assert_eq!(asked().texts("#why [role=status] p"), can("can be", "can be"));
    app.book("call", roomkey_tests::instant("2027-10-31T01:30:00Z"));
    let page = asked();
    assert_eq!(page.texts("#why [role=status] p"), can("can be", "can not be"));
    let second = "There is a booking from 01:30 (UTC+0) – 02:00 on Sunday 31 October 2027";
    assert_eq!(page.texts(".why li"), [second]);
    app.book("call", roomkey_tests::instant("2027-10-31T00:30:00Z"));
    let page = asked();
    assert_eq!(page.texts("#why [role=status] p"), can("can not be", "can not be"));
    let first = "There is a booking from 01:30 (UTC+1) – 01:00 (UTC+0) on Sunday 31 October 2027";
    assert_eq!(page.texts(".why li"), [first, second]);
}

fn a_time_is_explained_for_a_length(backend: Backend) {
    let (app, browser) = app(backend);
    app.add_event_type("ada", "talk", &["--title", "Talk", "--duration", "30", "--duration", "60"]);
    app.book("intro", roomkey_tests::instant("2027-07-06T09:00:00Z"));
    let asked = |event: &str, length: &str| {
        let time = "why_date=2027-07-06&why_time=09:30";
        browser.get(&format!("{PAGE}?event={event}&{time}{length}"))
    };
    // From half past nine to ten, when the other booking begins.
    for (length, chosen, verdict) in [
        ("", "30 minutes", "can be booked."),
        ("&why_duration=", "30 minutes", "can be booked."),
        ("&why_duration=30", "30 minutes", "can be booked."),
        ("&why_duration=60", "1 hour", "can not be booked."),
    ] {
        let page = asked("talk", length).expect(200).page();
        let told = format!("Tuesday 6 July 2027, 09:30 {verdict}");
        assert_eq!(page.texts("#why [role=status] p"), [told], "{length}");
        assert_eq!(page.texts("#why_duration option"), ["30 minutes", "1 hour"]);
        assert_eq!(page.texts("#why_duration option[selected]"), [chosen], "{length}");
    }
    let reasons = asked("talk", "&why_duration=60").expect(200).page().texts(".why li");
    let booked = "There is a booking from 10:00 – 11:00 on Tuesday 6 July 2027";
    assert!(reasons.iter().any(|reason| reason == booked), "{reasons:?}");
    for length in ["45", "0", "x", "99999999999"] {
        let page = asked("talk", &format!("&why_duration={length}")).expect(422).page();
        assert!(page.marked().contains("why_duration"), "{length}: {:?}", page.marked());
        let error = page.texts("#why_duration-e");
        assert_eq!(error, ["Error: Bookings of this kind last 30 minutes or 1 hour"], "{length}");
        assert!(page.select("#why [role=status]").is_empty(), "{length}");
    }
    // Where there is but one length, nothing is to be chosen, unless another one was asked for.
    assert!(asked("intro", "").expect(200).page().select("#why_duration").is_empty());
    let page = asked("intro", "&why_duration=30").expect(422).page();
    assert!(page.marked().contains("why_duration"), "{:?}", page.marked());
    assert_eq!(page.texts("#why_duration option"), ["1 hour"]);
}
