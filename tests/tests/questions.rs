//! What an event type asks of its customers, and where it takes place: made by the host, asked on the form and by the
//! API, told to both sides.

use roomkey_tests::{Backend, Booked, Client, Form, Host, TestApp, instant, on_both};
use serde_json::{Value, json};

on_both!(
    questions_are_made_asked_and_answered,
    wrong_answers_are_marked_and_all_are_kept,
    links_answer_questions_that_nobody_sees,
    links_tick_boxes_but_nobody_agrees_by_one,
    programs_are_told_what_is_wrong_with_answers,
    nobody_agrees_to_what_they_have_not_seen,
    a_host_books_without_answers,
    questions_are_moved_changed_and_removed,
    wrong_questions_are_marked,
    consent_that_nobody_needs_to_give_is_refused,
    only_what_meets_at_jitsi_has_a_room,
    a_host_who_calls_asks_for_the_number,
    wrong_places_are_marked,
);

const EDITOR: &str = "/app/event-types/intro";
const SLOT: &str = "2027-07-05T09:00:00Z";
const ADA: &str = "ada@hosts.example";
const BO: &str = "bo@customers.example";

/// London, Thursday 1 July 2027, 09:00.
fn app(backend: Backend) -> (TestApp, Client) {
    let app = TestApp::on(backend).clock("2027-07-01 08:00:00").without_limits().start_with_ada();
    let browser = app.sign_in(&Host::ada());
    (app, browser)
}

/// Asks `label` on its page.
fn ask(browser: &Client, label: &str, kind: &str, asked: &str, choices: &str) {
    let path = format!("{EDITOR}/questions/new");
    let form = browser.page(&path).form(&path).set("label", label).set("kind", kind);
    let form = form.set("asked", asked).set("choices", choices);
    let location = browser.submit(&form).expect(303).location();
    assert_eq!(location, "/app/event-types/intro?done=asked#questions");
}

fn ask_all(browser: &Client) {
    ask(browser, "Company", "short_text", "required", "");
    ask(browser, "What is it about?", "long_text", "optional", "");
    ask(browser, "Size", "select", "required", "Small\nLarge\n");
    ask(browser, "Call me first", "checkbox", "optional", "");
    ask(browser, "Mobile", "phone", "optional", "");
    ask(browser, "People", "number", "optional", "");
    ask(browser, "I agree to the <terms>", "consent", "required", "");
    ask(browser, "Source", "short_text", "hidden", "");
}

fn details(app: &TestApp) -> Form {
    let page = app.client().page(&format!("/ada/intro?slot={SLOT}&tz=Europe/Berlin"));
    page.form("/ada/intro").set("name", "Bo Berg").set("email", BO)
}

fn questions_are_made_asked_and_answered(backend: Backend) {
    let (app, browser) = app(backend);
    ask_all(&browser);
    let form = details(&app);
    assert!(!form.names().contains("q_source"), "nobody is asked where they come from");
    let form = form
        .set("q_company", "Acme & <b>Sons</b>")
        .set("q_what-is-it-about", "One\nTwo")
        .set("q_size", "Large")
        .force("q_call-me-first", "on")
        .set("q_mobile", "+49 30 123456")
        .set("q_people", "2,5")
        .force("q_i-agree-to-the-terms", "on");
    let page_of_bo = app.client().submit(&form).expect(303).location();
    let page = app.client().page(&page_of_bo);
    for told in ["Acme & <b>Sons</b>", "Large", "+49 30 123456", "2.5", "I agree to the <terms>"] {
        assert!(page.text().contains(told), "{told}: {}", page.text());
    }

    let key = app.key("ada", "bookings:read");
    let listed = key.get("/api/v1/bookings").expect(200).json();
    let answers = json!({
        "company": "Acme & <b>Sons</b>", "what-is-it-about": "One\nTwo", "size": "Large",
        "call-me-first": true, "mobile": "+49 30 123456", "people": 2.5, "i-agree-to-the-terms": true,
    });
    assert_eq!(listed["bookings"][0]["answers"], answers);

    // The host reads them in the mail; the customer's mail does not repeat them.
    let mut mailbox = app.mailbox();
    let (host, customer) =
        (mailbox.wait_for_invite(ADA, "REQUEST"), mailbox.wait_for_invite(BO, "REQUEST"));
    for part in ["text", "html"] {
        assert!(host.part(part).contains("Large") && !customer.part(part).contains("Acme"));
    }
    let text = host.part("text").replace("\r\n", "\n");
    assert!(text.contains("Company\n  Acme & <b>Sons</b>\n"), "{text}");
    assert!(text.contains("  One\n  Two\n"), "{text}");
    assert!(host.part("html").contains("Acme &#38; &#60;b&#62;Sons"), "{}", host.part("html"));

    // The question may change its words: the answer keeps those that were asked.
    let path = format!("{EDITOR}/questions/company");
    let renamed = browser.page(&path).form(&path).set("label", "Firm");
    browser.submit(&renamed).expect(303);
    assert!(app.client().page(&page_of_bo).text().contains("Company"));
    let shown = app.cli(&["booking", "show", listed["bookings"][0]["id"].as_str().expect("an id")]);
    assert!(shown.done().contains("Company: Acme & <b>Sons</b>"), "{}", shown.done());
}

fn wrong_answers_are_marked_and_all_are_kept(backend: Backend) {
    let (app, browser) = app(backend);
    ask_all(&browser);
    let form = details(&app)
        .set("email", "nobody")
        .set("q_what-is-it-about", "Still here")
        .force("q_size", "Huge")
        .set("q_mobile", "my phone")
        .set("q_people", "many");
    let reply = app.client().submit(&form).expect(422);
    let page = reply.page();
    let marked = ["email", "q_company", "q_i-agree-to-the-terms", "q_mobile", "q_people", "q_size"];
    assert_eq!(page.marked().into_iter().collect::<Vec<_>>(), marked);
    let summary = page.texts(".summary li").join("\n");
    for text in ["Answer “Company”", "Choose an answer to “Size”", "country code", "“People”"]
    {
        assert!(summary.contains(text), "{summary}");
    }
    let again = page.form("/ada/intro");
    assert_eq!(again.value("q_what-is-it-about"), Some("Still here"));
    assert_eq!(again.value("q_mobile"), Some("my phone"));
    assert_eq!(app.database().number("SELECT count(*) FROM bookings"), 0);
    let again = again
        .set("email", BO)
        .set("q_company", "Acme")
        .set("q_size", "Small")
        .set("q_mobile", "")
        .set("q_people", "")
        .force("q_i-agree-to-the-terms", "on");
    app.client().submit(&again).expect(303);
    // A box that was shown and not ticked is an answer, too.
    let listed = app.key("ada", "bookings:read").get("/api/v1/bookings").expect(200).json();
    assert_eq!(listed["bookings"][0]["answers"]["call-me-first"], false);
}

fn links_answer_questions_that_nobody_sees(backend: Backend) {
    let (app, browser) = app(backend);
    ask(&browser, "Source", "short_text", "hidden", "");
    ask(&browser, "Company", "short_text", "optional", "");
    ask(&browser, "Number", "number", "hidden", "");
    let query = "q_source=spring+mail&q_company=Acme&q_number=x&q_gone=1";
    let page = app.client().page(&format!("/ada/intro?tz=UTC&date=2027-07-05&{query}"));
    let link = page.link("slot=2027-07-05T09:00:00Z");
    let page = app.client().page(&format!("/ada/intro{link}"));
    let form = page.form("/ada/intro");
    assert_eq!(form.value("q_source"), Some("spring mail"));
    assert_eq!(form.value("q_company"), Some("Acme"));
    assert!(!page.text().contains("Source"), "{}", page.text());
    // Refused for something else, they stay.
    let refused = app.client().submit(&form.set("name", "Bo")).expect(422).page();
    let form = refused.form("/ada/intro").set("email", BO);
    app.client().submit(&form).expect(303);
    let listed = app.key("ada", "bookings:read").get("/api/v1/bookings").expect(200).json();
    // What a link has wrong, the customer can not mend.
    let expected = json!({"source": "spring mail", "company": "Acme"});
    assert_eq!(listed["bookings"][0]["answers"], expected);
}

fn links_tick_boxes_but_nobody_agrees_by_one(backend: Backend) {
    let (app, browser) = app(backend);
    ask(&browser, "Call me first", "checkbox", "optional", "");
    ask(&browser, "News", "checkbox", "optional", "");
    ask(&browser, "I agree", "consent", "required", "");
    let query = "q_call-me-first=true&q_news=on&q_i-agree=on";
    let page = app.client().page(&format!("/ada/intro?slot={SLOT}&tz=UTC&{query}"));
    let ticked = page.select("input[type=checkbox][checked]");
    let ticked: Vec<_> = ticked.iter().filter_map(|field| field.value().attr("name")).collect();
    assert_eq!(ticked, ["q_call-me-first", "q_news"]);
    // What the customer ticked stays ticked where something else is wrong.
    let form = page.form("/ada/intro").force("q_i-agree", "on");
    let again = app.client().submit(&form).expect(422).page();
    assert_eq!(again.select("input[type=checkbox][checked]").len(), 3);
}

fn programs_are_told_what_is_wrong_with_answers(backend: Backend) {
    let (app, browser) = app(backend);
    ask_all(&browser);
    let post = |answers: Value| {
        let mut request = app.request("intro", SLOT, "Bo Berg", BO);
        request["answers"] = answers;
        app.client().post_json("/api/v1/bookings", &request)
    };
    let reply = post(json!({
        "note": "Hello", "size": "Huge", "people": "many", "call-me-first": "perhaps",
        "i-agree-to-the-terms": false, "source": ["a"], "colour": "red", "mobile": 7,
    }));
    assert_eq!(reply.problem(422), "invalid_request");
    let fields: Vec<(String, String)> = reply.json()["fields"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|wrong| {
            let text = |name: &str| wrong[name].as_str().expect("a text").to_owned();
            (text("field"), text("code"))
        })
        .collect();
    let expected = [
        ("answers.company", "required"),
        ("answers.size", "choice"),
        ("answers.call-me-first", "yes_or_no"),
        ("answers.mobile", "phone"),
        ("answers.people", "decimal"),
        ("answers.i-agree-to-the-terms", "consent"),
        ("answers.colour", "unknown"),
    ];
    assert_eq!(fields, expected.map(|(field, code)| (field.to_owned(), code.to_owned())));
    assert_eq!(app.database().number("SELECT count(*) FROM bookings"), 0);

    let good = json!({
        "company": "Acme", "size": "Small", "people": 12, "call-me-first": true,
        "i-agree-to-the-terms": true, "note": null,
    });
    let booked = Booked::from_json(post(good).expect(201).json());
    let expected = json!({
        "company": "Acme", "size": "Small", "people": 12, "call-me-first": true,
        "i-agree-to-the-terms": true,
    });
    assert_eq!(booked.value()["answers"], expected);
    assert_eq!(booked.value()["location"], json!({"kind": "jitsi", "detail": null}));
}

/// The host changes a question, or the place, while somebody fills in the form.
fn nobody_agrees_to_what_they_have_not_seen(backend: Backend) {
    let (app, browser) = app(backend);
    ask(&browser, "I agree to be called", "consent", "required", "");
    let change = |name: &str, value: &str| {
        let path = format!("{EDITOR}/questions/i-agree-to-be-called");
        browser.submit(&browser.page(&path).form(&path).set(name, value)).expect(303);
    };
    let typed = |form: Form| {
        form.set("name", "Bo Berg").set("email", BO).force("q_i-agree-to-be-called", "on")
    };
    let open = typed(details(&app));
    change("label", "I agree to pay 10,000 EUR");
    let page = app.client().submit(&open).expect(422).page();
    assert!(page.text().contains("have changed"), "{}", page.text());
    assert!(page.text().contains("I agree to pay 10,000 EUR"), "{}", page.text());
    let again = page.form("/ada/intro");
    assert_eq!(again.value("name"), Some("Bo Berg"));
    assert_eq!(again.value("q_i-agree-to-be-called"), None, "it is not ticked");
    assert_eq!(app.database().number("SELECT count(*) FROM bookings"), 0);
    // The place, too.
    let form = browser.page(EDITOR).form(EDITOR).set("location", "in_person");
    browser.submit(&form.set("location_detail", " Over there\r\n")).expect(303);
    let page = app.client().submit(&typed(again)).expect(422).page();
    let again = typed(page.form("/ada/intro"));
    let page = app.client().submit(&again).expect(303).location();
    assert!(app.client().page(&page).text().contains("Over there"));
}

fn a_host_books_without_answers(backend: Backend) {
    let (app, browser) = app(backend);
    ask_all(&browser);
    let page = browser.page("/app/bookings/new?event=intro&date=2027-07-05");
    let form = page.form("/app/bookings/new");
    assert!(!form.names().contains("q_i-agree-to-the-terms"), "a host agrees for nobody");
    let form = form.set("slot", SLOT).set("name", "Di Dorn").set("email", "di@customers.example");
    let refused = browser.submit(&form.clone().set("q_mobile", "none")).expect(422).page();
    assert!(refused.marked().contains("q_mobile"));
    let form = form.set("q_company", "Dorn Ltd");
    browser.submit(&form).expect(303);
    let key = app.key("ada", "bookings:write");
    let listed = key.get("/api/v1/bookings").expect(200).json();
    assert_eq!(listed["bookings"][0]["answers"], json!({"company": "Dorn Ltd"}));
    let command = [
        "booking",
        "add",
        "--host",
        "ada",
        "--event",
        "intro",
        "--start",
        "2027-07-06T09:00:00Z",
        "--name",
        "Ed Eck",
        "--email",
        "ed@customers.example",
        "--answer",
    ];
    let with = |answer: &str| app.cli(&[&command[..], &[answer, "--json"]].concat());
    assert!(with("colour=red").refused().contains("colour: there is no such question"));
    assert!(with("size=Huge").refused().contains("size: Choose one of the list"));
    assert_eq!(with("size=Small").json()["answers"], json!({"size": "Small"}));
}

fn questions_are_moved_changed_and_removed(backend: Backend) {
    let (app, browser) = app(backend);
    for label in ["One", "Two", "Three"] {
        let command = ["event-type", "ask", "--host", "ada", "--slug", "intro", "--label", label];
        app.cli(&command).done();
    }
    let labels = || browser.page(EDITOR).texts("#questions b");
    assert_eq!(labels(), ["One", "Two", "Three"]);
    let press = |id: &str, to: &str| {
        let path = format!("{EDITOR}/questions/{id}/move");
        let form = browser.page(EDITOR).form(&path).press("to", to);
        browser.submit(&form).expect(303);
    };
    press("three", "up");
    press("one", "down");
    assert_eq!(labels(), ["Three", "One", "Two"]);
    // What the editor saves leaves the questions as they are.
    let saved = browser.page(EDITOR).form(EDITOR).set("title", "Intro talk");
    browser.submit(&saved).expect(303);
    assert_eq!(labels(), ["Three", "One", "Two"]);
    let path = format!("{EDITOR}/questions/one");
    let change = browser.page(&path).form(&path).set("id", "uno").set("asked", "required");
    browser.submit(&change).expect(303);
    browser.get(&path).expect(404);
    let path = format!("{EDITOR}/questions/uno");
    let remove = browser.page(&path).form(&path).press("do", "remove");
    browser.submit(&remove).expect(303);
    assert_eq!(labels(), ["Three", "Two"]);
    // A question's form that is still open somewhere.
    browser.submit(&remove).expect(404);
    let listed = app.cli(&["event-type", "list", "--json"]).json();
    assert_eq!(listed[0]["questions"][0]["id"], "three");
    assert_eq!(details(&app).value("q_three"), Some(""));
    // Another host's event type is none.
    app.add_host(&Host::new("eve", "Eve", "UTC"));
    let eve = app.sign_in(&Host::new("eve", "Eve", "UTC"));
    eve.get(&format!("{EDITOR}/questions/two")).expect(404);
}

fn wrong_questions_are_marked(backend: Backend) {
    let (app, browser) = app(backend);
    ask(&browser, "Company", "short_text", "optional", "");
    let path = format!("{EDITOR}/questions/new");
    let marked = |changes: &[(&str, &str)]| {
        let mut form = browser.page(&path).form(&path).set("label", "Another");
        for (name, value) in changes {
            form = form.force(name, *value);
        }
        let page = browser.submit(&form).expect(422).page();
        page.marked().into_iter().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(marked(&[("label", " ")]), "label");
    assert_eq!(marked(&[("kind", "select"), ("choices", "One")]), "choices");
    assert_eq!(marked(&[("kind", "file"), ("asked", "never")]), "asked kind");
    for id in ["company", "note", "phone", "new", "A b"] {
        assert_eq!(marked(&[("id", id)]), "id", "{id}");
    }
    let asked = "SELECT count(*) FROM event_types WHERE questions LIKE '%Another%'";
    assert_eq!(app.database().number(asked), 0);
    let command = |rest: &[&str]| {
        let command = ["event-type", "ask", "--host", "ada", "--slug", "intro", "--label", "L"];
        app.cli(&[&command[..], rest].concat())
    };
    assert!(command(&["--kind", "file"]).refused().contains("--kind: use short_text"));
    assert!(command(&["--kind", "select"]).refused().contains("--choice"));
    assert!(command(&["--id", "company"]).refused().contains("another question"));
}

fn consent_that_nobody_needs_to_give_is_refused(backend: Backend) {
    let (app, browser) = app(backend);
    let path = format!("{EDITOR}/questions/new");
    let form = browser.page(&path).form(&path).set("label", "I agree").set("kind", "consent");
    let before = app.database().dump_of("event_types");
    let refused = |form: &Form, asked: &str| {
        let page = browser.submit(&form.clone().set("asked", asked)).expect(422).page();
        assert!(page.marked().contains("asked"), "{asked}: {:?}", page.marked());
        let told = page.texts("#asked-e");
        let what = "Error: Consent must be given by everybody: choose It must be answered, or make it \
                    a box to tick";
        assert_eq!(told, [what], "{asked}");
        let kept = page.form("/questions/new");
        assert_eq!((kept.value("kind"), kept.value("asked")), (Some("consent"), Some(asked)));
        assert_eq!(kept.value("label"), Some("I agree"));
    };
    for asked in ["optional", "hidden"] {
        refused(&form, asked);
    }
    let command = |rest: &[&str]| {
        let command = ["event-type", "ask", "--host", "ada", "--slug", "intro", "--label", "I do"];
        app.cli(&[&command[..], rest].concat())
    };
    let refusal = command(&["--kind", "consent", "--hidden"]);
    let told = refusal.refused();
    assert!(told.contains("--hidden: consent must be given by everybody"), "{told}");
    assert_eq!(app.database().dump_of("event_types"), before);
    // By command it needs no second word.
    command(&["--kind", "consent"]).done();
    browser.submit(&form.set("asked", "required")).expect(303);
    let cards = browser.page(EDITOR).text();
    assert_eq!(cards.matches("Consent: a box that must be ticked, required").count(), 2, "{cards}");
    // A box to tick may be left alone.
    ask(&browser, "News", "checkbox", "optional", "");
    let form = details(&app).force("q_i-agree", "on").force("q_i-do", "on");
    app.client().submit(&form).expect(303);
}

fn only_what_meets_at_jitsi_has_a_room(backend: Backend) {
    let (app, browser) = app(backend);
    let set = |kind: &str, detail: &str| {
        let form = browser.page(EDITOR).form(EDITOR);
        let form = form.set("location", kind).set("location_detail", detail);
        browser.submit(&form).expect(303);
        let form = browser.page(EDITOR).form(EDITOR);
        assert_eq!(form.value("location"), Some(kind));
        assert_eq!(form.value("location_detail"), Some(detail));
    };
    let cases = [
        ("in_person", "1 High Street\nLondon", "1 High Street\\nLondon", "1 High Street"),
        ("phone", "+44 20 7946 0958", "Call Ada Lovelace at +44 20 7946 0958", "+44 20 7946 0958"),
        (
            "link",
            "https://video.example/ada",
            "https://video.example/ada",
            "https://video.example/ada",
        ),
    ];
    for (day, (kind, detail, in_calendar, told)) in cases.into_iter().enumerate() {
        set(kind, detail);
        let start = format!("2027-07-0{}T09:00:00Z", day + 5);
        let email = format!("{}@customers.example", kind.replace('_', "-"));
        let request = app.request("intro", &start, "Bo Berg", &email);
        let booked = Booked::from_json(
            app.client().post_json("/api/v1/bookings", &request).expect(201).json(),
        );
        assert_eq!(booked.value()["room"], Value::Null, "{kind}");
        assert_eq!(booked.value()["links"]["join"], Value::Null, "{kind}");
        assert_eq!(booked.value()["location"], json!({"kind": kind, "detail": detail}));
        // What only those may know who have booked stands on no page before.
        let offer = app.client().page("/ada/intro").text();
        assert_eq!(offer.contains(told), kind == "in_person", "{offer}");
        assert!(!offer.contains("video room"), "{offer}");

        let page = app.client().page(booked.page()).text();
        assert!(page.contains(told) && !page.contains("room"), "{page}");
        app.client().get(&format!("/b/{}/join", booked.token())).expect(404);
        let file = app.client().get(booked.text("/links/calendar")).expect(200).body;
        let file = file.replace("\r\n ", "");
        assert!(file.contains(&format!("\r\nLOCATION:{in_calendar}\r\n")), "{file}");
        assert_eq!(file.contains("CONFERENCE"), kind == "link", "{file}");
        let mail = app.mailbox().wait_for_invite(&email, "REQUEST");
        for part in ["text", "html"] {
            let text = mail.part(part);
            assert!(text.contains(told) && !text.to_lowercase().contains("room"), "{text}");
        }
        let cancel = app.client().page(&format!("/b/{}/cancel", booked.token()));
        assert!(!cancel.text().contains("room"), "{}", cancel.text());
        app.client().submit(&cancel.form(&format!("/b/{}/cancel", booked.token()))).expect(303);
        let mail = app.mailbox().wait_for_invite(&email, "CANCEL");
        assert!(!mail.part("text").to_lowercase().contains("room"), "{}", mail.part("text"));
    }
    assert_eq!(app.database().number("SELECT count(*) FROM rooms"), 0);
    // By command, too; and back to rooms for what is booked from then on.
    set("jitsi", "");
    let booked = app.book("intro", instant("2027-07-09T09:00:00Z"));
    assert!(booked.value()["room"].is_object() && booked.value()["links"]["join"].is_string());
    app.add_event_type(
        "ada",
        "visit",
        &[
            "--title",
            "Visit",
            "--duration",
            "30",
            "--location",
            "in_person",
            "--location-detail",
            "Here",
        ],
    );
    let listed = app.cli(&["event-type", "list", "--json"]).json();
    assert_eq!(listed[1]["location"], json!({"kind": "in_person", "detail": "Here"}));
}

fn a_host_who_calls_asks_for_the_number(backend: Backend) {
    let (app, browser) = app(backend);
    browser.submit(&browser.page(EDITOR).form(EDITOR).set("location", "call")).expect(303);
    let page = app.client().submit(&details(&app)).expect(422).page();
    assert!(page.marked().contains("q_phone"), "{}", page.text());
    let form = page.form("/ada/intro").set("q_phone", "+49 30 123456");
    let page = app.client().submit(&form).expect(303).location();
    let text = app.client().page(&page).text();
    assert!(text.contains("Ada Lovelace calls you at +49 30 123456"), "{text}");
    let mail = app.mailbox().wait_for_invite(ADA, "REQUEST");
    assert!(mail.part("text").contains("Call Bo Berg at +49 30 123456"), "{}", mail.part("text"));
    assert!(mail.part("html").contains("href=\"tel:+4930123456\""), "{}", mail.part("html"));
}

fn wrong_places_are_marked(backend: Backend) {
    let (app, browser) = app(backend);
    let marked = |kind: &str, detail: &str| {
        let form = browser.page(EDITOR).form(EDITOR);
        let form = form.force("location", kind).set("location_detail", detail);
        let page = browser.submit(&form).expect(422).page();
        assert_eq!(page.form(EDITOR).value("location_detail"), Some(detail), "it is kept");
        page.marked().into_iter().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(marked("phone", "ring me"), "location_detail");
    assert_eq!(marked("phone", ""), "location_detail");
    assert_eq!(marked("link", "javascript:alert(1)"), "location_detail");
    assert_eq!(marked("in_person", " "), "location_detail");
    assert_eq!(marked("moon", ""), "location");
    let command = |rest: &[&str]| {
        let command = [
            "event-type",
            "add",
            "--host",
            "ada",
            "--slug",
            "x",
            "--title",
            "X",
            "--duration",
            "30",
            "--location",
        ];
        app.cli(&[&command[..], rest].concat())
    };
    assert!(command(&["moon"]).refused().contains("--location: use jitsi"));
    let refused = command(&["phone", "--location-detail", "ring"]);
    assert!(refused.refused().contains("--location-detail: Enter a phone number"));
}
