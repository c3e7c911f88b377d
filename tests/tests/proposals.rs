//! Other times that one side of a booking would like: the host proposes some, and a customer who may not move a booking
//! alone asks for one. The booking stays as it is until the other side says so.

use roomkey_tests::{Backend, Booked, Client, Mail, SOON, TestApp, on_both, wait_until};
use serde_json::{Value, json};

on_both!(
    the_customer_chooses_one_of_the_hosts_times,
    none_of_them_suits,
    the_host_takes_them_back_or_proposes_others,
    a_proposed_time_stays_free_for_others,
    what_can_not_be_proposed_is_marked,
    a_customer_asks_the_host_to_move_it,
    a_time_that_is_asked_for_is_kept_beside_the_other,
    the_host_is_told_that_a_wish_is_taken_back,
    a_wish_that_nobody_was_told_of_is_dropped,
    the_host_says_no,
    what_nobody_answers_lapses,
    only_the_other_side_answers,
    commands_and_programs_do_the_same,
    one_of_many_answers_counts,
    what_customers_change_is_limited,
    what_both_agreed_on_is_above_the_hosts_rules,
    an_answer_is_to_what_was_seen,
    asked_twice_it_is_asked_once,
    a_wish_is_in_nobodys_way_but_others,
);

const ADA: &str = "ada@hosts.example";
const BO: &str = "bo@customers.example";
const START: &str = "2027-07-05T09:00:00Z";
const OTHERS: [&str; 3] = ["2027-07-06T09:00:00Z", "2027-07-06T10:00:00Z", "2027-07-07T09:00:00Z"];

/// London, Thursday 1 July 2027, 09:00. Requests for `visit` are answered within two hours.
fn app(backend: Backend) -> TestApp {
    let app = TestApp::on(backend).clock("2027-07-01 08:00:00").without_limits().start_with_ada();
    let asks = ["--title", "Visit", "--requires-confirmation", "--confirm-within", "120"];
    app.add_event_type("ada", "visit", &[&asks[..], &["--duration", "30"]].concat());
    app
}

/// A confirmed booking, and the paths of the customer's and the host's page of it.
fn book(app: &TestApp, event: &str) -> (Booked, String, String) {
    let request = app.request(event, START, "Bo Berg", BO);
    let booked = app.client().post_json("/api/v1/bookings", &request).expect(201).json();
    let booked = Booked::from_json(booked);
    if event == "visit" {
        app.cli(&["booking", "confirm", booked.id()]).done();
    }
    let host = page(&mail(app, ADA, "Booked: "));
    mail(app, BO, "Booked: ");
    let customer = booked.page().to_owned();
    (booked, customer, host)
}

fn mail(app: &TestApp, to: &str, subject: &str) -> Mail {
    app.mailbox().wait_for(&format!("{subject} to {to}"), |mail| {
        mail.is_to(to) && mail.part("subject").starts_with(subject)
    })
}

fn page(mail: &Mail) -> String {
    let link = mail.link("/b/");
    let path = &link[link.find("/b/").expect("a path")..];
    path.trim_end_matches("/join").trim_end_matches("/proposal").to_owned()
}

/// How many mails there are once all have left.
fn mails(app: &TestApp) -> usize {
    let queued = "SELECT count(*) FROM outbox_messages WHERE finished_at IS NULL";
    wait_until("all mail", SOON, || (app.database().number(queued) == 0).then_some(()));
    app.mailbox().count()
}

fn shown(app: &TestApp, booked: &Booked) -> Value {
    app.cli(&["booking", "show", booked.id(), "--json"]).json()
}

fn kinds(shown: &Value) -> Vec<&str> {
    let history = shown["history"].as_array().expect("a history");
    history.iter().map(|entry| entry["kind"].as_str().expect("a kind")).collect()
}

fn propose(client: &Client, host: &str, starts: &[&str]) -> roomkey_tests::Reply {
    let mut fields: Vec<_> =
        starts.iter().map(|start| ("slot".to_owned(), (*start).to_owned())).collect();
    fields.push(("note".to_owned(), "The train is late".to_owned()));
    client.post_form(&format!("{host}/propose"), &fields)
}

fn answer(client: &Client, page: &str, fields: &[(&str, &str)]) -> roomkey_tests::Reply {
    let fields: Vec<_> =
        fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    client.post_form(&format!("{page}/proposal"), &fields)
}

fn is_free(app: &TestApp, event: &str, start: &str) -> bool {
    app.slots("ada", event, &start[..10], &start[..10]).iter().any(|slot| slot == start)
}

fn the_customer_chooses_one_of_the_hosts_times(backend: Backend) {
    let app = app(backend);
    let (booked, customer, host) = book(&app, "intro");
    let client = app.client();
    // By the page, with what it offers.
    let offered = client.page(&format!("{host}/propose"));
    assert!(offered.text().contains("Tick up to 5. London time."), "{}", offered.text());
    for start in OTHERS {
        assert!(!offered.select(&format!("[value='{start}']")).is_empty(), "{start}");
    }
    assert!(offered.select(&format!("[value='{START}']")).is_empty(), "it has that time");
    let done = propose(&client, &host, &OTHERS).expect(303);
    assert_eq!(done.location(), format!("{host}/proposal"));
    let proposed = mail(&app, BO, "Other times: ");
    assert!(proposed.value()["calendar"].is_null(), "nothing has changed yet");
    for part in ["text", "html"] {
        let text = proposed.part(part);
        assert!(
            text.contains("Tuesday 6 July 2027") && text.contains("The train is late"),
            "{text}"
        );
    }
    assert!(client.page(&host).text().contains("You proposed other times to Bo Berg"));
    assert!(client.page(&customer).text().contains("Ada Lovelace proposes other times"));
    let before = shown(&app, &booked);
    assert_eq!((&before["version"], &before["start"]), (&json!(1), &json!(START)));
    assert_eq!(before["proposal"]["starts"], json!(OTHERS));

    let link = proposed.link("/proposal");
    let path = &link[link.find("/b/").expect("a path")..];
    let choice = client.page(path);
    let form = choice.form("/proposal").set("slot", OTHERS[1]).press("answer", "accept");
    assert_eq!(client.submit(&form).expect(303).location(), customer);
    let moved = mail(&app, ADA, "Moved: ");
    assert_eq!(moved.calendar("method"), "REQUEST");
    mail(&app, BO, "Moved: ");
    let after = shown(&app, &booked);
    assert_eq!((&after["version"], &after["start"]), (&json!(2), &json!(OTHERS[1])));
    assert_eq!(kinds(&after), ["booked", "proposed", "moved"]);
    assert_eq!(after["history"][2]["by"], "customer");
    assert!(after["proposal"].is_null());
    assert_ne!(after["room"]["name"], before["room"]["name"]);
    assert!(is_free(&app, "intro", START));
    // The link shows how it stands, and its form does nothing more.
    assert_eq!(client.get(path).expect(303).location(), customer);
    client.submit(&form).expect(303);
    let other = client.submit(&form.clone().set("slot", OTHERS[2])).expect(422);
    assert!(other.body.contains("Nothing was changed"), "{}", other.body);
    assert_eq!(shown(&app, &booked)["version"], 2);
}

fn none_of_them_suits(backend: Backend) {
    let app = app(backend);
    let (booked, customer, host) = book(&app, "intro");
    propose(&app.client(), &host, &OTHERS[..1]).expect(303);
    mail(&app, BO, "Other times: ");
    answer(&app.client(), &customer, &[("answer", "decline"), ("note", "Only Mondays")])
        .expect(303);
    let declined = mail(&app, ADA, "Times declined: ");
    assert!(declined.part("text").contains("Only Mondays"), "{}", declined.part("text"));
    assert!(declined.value()["calendar"].is_null());
    let after = shown(&app, &booked);
    assert_eq!((&after["version"], &after["start"]), (&json!(1), &json!(START)));
    assert_eq!(kinds(&after), ["booked", "proposed", "proposal_declined"]);
    let history = app.client().page(&host).text();
    assert!(history.contains("Declined by Bo Berg; the time stays"), "{history}");
    // And proposed once more.
    propose(&app.client(), &host, &OTHERS[1..2]).expect(303);
    wait_until("a second mail", SOON, || {
        let all = app.mailbox().all();
        let told = all.iter().filter(|mail| mail.part("subject").starts_with("Other times: "));
        (told.count() == 2).then_some(())
    });
}

fn the_host_takes_them_back_or_proposes_others(backend: Backend) {
    let app = app(backend);
    let (booked, customer, host) = book(&app, "intro");
    propose(&app.client(), &host, &OTHERS[..1]).expect(303);
    propose(&app.client(), &host, &OTHERS[1..2]).expect(303);
    let first = [("answer", "accept"), ("slot", OTHERS[0])];
    let refused = answer(&app.client(), &customer, &first).expect(422);
    assert!(refused.body.contains("choose one of the times"), "{}", refused.body);
    answer(&app.client(), &host, &[("answer", "withdraw")]).expect(303);
    let second = [("answer", "accept"), ("slot", OTHERS[1])];
    let gone = answer(&app.client(), &customer, &second).expect(422);
    assert!(gone.body.contains("Nothing was changed"), "{}", gone.body);
    assert_eq!(shown(&app, &booked)["version"], 1);
    // Cancelled, nothing is left to choose.
    propose(&app.client(), &host, &OTHERS[..1]).expect(303);
    app.cli(&["booking", "cancel", booked.id()]).done();
    answer(&app.client(), &customer, &first).expect(422);
    let open = "SELECT count(*) FROM booking_proposals WHERE state = 'open'";
    assert_eq!(app.database().number(open), 0);
    propose(&app.client(), &host, &OTHERS[..1]).expect(422);
}

fn a_proposed_time_stays_free_for_others(backend: Backend) {
    let app = app(backend);
    let (booked, customer, host) = book(&app, "intro");
    propose(&app.client(), &host, &OTHERS[..2]).expect(303);
    assert!(is_free(&app, "intro", OTHERS[0]));
    let other = app.request("intro", OTHERS[0], "Cy Cole", "cy@customers.example");
    app.client().post_json("/api/v1/bookings", &other).expect(201);
    let page = app.client().page(&format!("{customer}/proposal"));
    assert!(page.text().contains("Not free any more"), "{}", page.text());
    let taken = [("answer", "accept"), ("slot", OTHERS[0])];
    let refused = answer(&app.client(), &customer, &taken).expect(422);
    assert!(refused.body.contains("not free any more"), "{}", refused.body);
    assert_eq!(shown(&app, &booked)["version"], 1, "and it can still be answered");
    answer(&app.client(), &customer, &[("answer", "accept"), ("slot", OTHERS[1])]).expect(303);
    assert_eq!(shown(&app, &booked)["start"], OTHERS[1]);
}

fn what_can_not_be_proposed_is_marked(backend: Backend) {
    let app = app(backend);
    let (booked, _, host) = book(&app, "intro");
    let client = app.client();
    let many: Vec<String> = app.slots("ada", "intro", "2027-07-06", "2027-07-06");
    let many: Vec<&str> = many.iter().map(String::as_str).take(6).collect();
    for (starts, told) in [
        (&[][..], "Tick 1 to 5 times"),
        (&many[..], "Tick 1 to 5 times"),
        (&["2027-07-06T03:07:00Z"][..], "is not free any more"),
        (&[START][..], "is not free any more"),
        (&["soon"][..], "Choose from the times below"),
    ] {
        let refused = propose(&client, &host, starts).expect(422);
        assert!(refused.body.contains(told), "{told}: {}", refused.body);
        assert!(refused.body.contains("The train is late"), "what was typed is kept");
    }
    // Other days are looked at without losing what is ticked and written.
    let fields =
        [("slot", OTHERS[0]), ("note", "The train"), ("from", "2027-08-02"), ("show", "1")];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let later = client.post_form(&format!("{host}/propose"), &fields).expect(200);
    assert!(later.body.contains("On other days") && later.body.contains("The train"));
    let ticked = later.page().texts("fieldset:has([checked]) legend");
    assert_eq!(ticked, ["On other days"], "{}", later.body);
    let kept = propose(&client, &host, &many).expect(422);
    assert_eq!(kept.body.matches(" checked").count(), 6);
    assert_eq!(kinds(&shown(&app, &booked)), ["booked"]);
    assert_eq!(mails(&app), 2);
}

/// Else an agreeable time could be made any other after the yes.
fn a_customer_asks_the_host_to_move_it(backend: Backend) {
    let app = app(backend);
    let (booked, customer, host) = book(&app, "visit");
    let page = app.client().page(&customer);
    assert!(
        page.text().contains("you can ask for another time until it begins"),
        "{}",
        page.text()
    );
    let path = format!("{customer}/reschedule");
    let form = app.client().page(&format!("{path}?slot={}&tz=UTC", OTHERS[0])).form("/reschedule");
    let form = form.set("note", "The boiler burst");
    assert_eq!(app.client().submit(&form).expect(303).location(), customer);
    assert!(
        app.client().page(&customer).text().contains("You asked Ada Lovelace for another time")
    );
    let asked = mail(&app, ADA, "Asked to move: ");
    assert!(asked.part("text").contains("The boiler burst"), "{}", asked.part("text"));
    assert!(asked.part("text").contains("Tuesday 6 July 2027, 10:00 - 10:30 (London)"));
    let before = shown(&app, &booked);
    assert_eq!((&before["version"], &before["start"]), (&json!(2), &json!(START)));
    let rows = app.sign_in(&roomkey_tests::Host::ada()).page("/app/bookings").text();
    assert!(rows.contains("Asks for another time"), "{rows}");

    let answering = app.client().page(&format!("{host}/proposal")).form("/proposal");
    app.client().submit(&answering.press("answer", "accept")).expect(303);
    mail(&app, BO, "Moved: ");
    let after = shown(&app, &booked);
    let now = (&after["status"], &after["version"], &after["start"]);
    assert_eq!(now, (&json!("confirmed"), &json!(3), &json!(OTHERS[0])));
    assert_eq!(kinds(&after), ["requested", "confirmed", "proposed", "moved"]);
    assert_eq!(after["history"][3]["by"], "host");
    let holds = "SELECT count(*) FROM slot_holds";
    assert_eq!(app.database().number(holds), 0);
}

fn a_time_that_is_asked_for_is_kept_beside_the_other(backend: Backend) {
    let app = app(backend);
    let (_, customer, _) = book(&app, "visit");
    let ask = |start: &str| {
        app.client()
            .post_form(&format!("{customer}/reschedule"), &[("slot".to_owned(), start.to_owned())])
    };
    ask(OTHERS[0]).expect(303);
    for start in [START, OTHERS[0]] {
        assert!(!is_free(&app, "visit", start) && !is_free(&app, "intro", start), "{start}");
        let other = app.request("intro", start, "Cy Cole", "cy@customers.example");
        app.client().post_json("/api/v1/bookings", &other).problem(409);
    }
    // Asked for another one instead, the first is free again.
    ask(OTHERS[1]).expect(303);
    assert!(is_free(&app, "visit", OTHERS[0]) && !is_free(&app, "visit", OTHERS[1]));
    answer(&app.client(), &customer, &[("answer", "withdraw")]).expect(303);
    assert!(is_free(&app, "visit", OTHERS[1]) && !is_free(&app, "visit", START));
}

fn the_host_is_told_that_a_wish_is_taken_back(backend: Backend) {
    let app = app(backend);
    let (_, customer, host) = book(&app, "visit");
    let wanted = [("slot".to_owned(), OTHERS[0].to_owned())];
    app.client().post_form(&format!("{customer}/reschedule"), &wanted).expect(303);
    mail(&app, ADA, "Asked to move: ");
    let before = mails(&app);
    answer(&app.client(), &customer, &[("answer", "withdraw")]).expect(303);
    let told = mail(&app, ADA, "Taken back: ");
    let text = told.part("text");
    assert!(text.contains("Bo Berg no longer asks for another time"), "{text}");
    assert!(text.contains("The booking stays as it is."), "{text}");
    assert!(text.contains("Tuesday 6 July 2027, 10:00"), "{text}");
    assert_eq!(mails(&app), before + 1, "one mail, and none to who took it back");
    // A host who takes times back tells nobody: the page says so.
    propose(&app.client(), &host, &OTHERS[..1]).expect(303);
    mail(&app, BO, "Other times: ");
    let before = mails(&app);
    answer(&app.client(), &host, &[("answer", "withdraw")]).expect(303);
    assert_eq!(mails(&app), before);
}

fn a_wish_that_nobody_was_told_of_is_dropped(backend: Backend) {
    // Nothing sends mail here.
    let app = TestApp::on(backend).clock("2027-07-01 08:00:00").without_limits();
    let app = app.set("secret_key", "5a".repeat(32)).argument("--only").argument("web");
    let app = app.start_with_ada();
    let asks = ["--title", "Visit", "--requires-confirmation", "--duration", "30"];
    app.add_event_type("ada", "visit", &asks);
    let request = app.request("visit", START, "Bo Berg", BO);
    let booked = app.client().post_json("/api/v1/bookings", &request).expect(201).json();
    let booked = Booked::from_json(booked);
    app.cli(&["booking", "confirm", booked.id()]).done();
    let wanted = [("slot".to_owned(), OTHERS[0].to_owned())];
    app.client().post_form(&format!("{}/reschedule", booked.page()), &wanted).expect(303);
    let count = |what: &str| {
        let sql =
            format!("SELECT count(*) FROM outbox_messages WHERE proposal_id IS NOT NULL {what}");
        app.database().number(&sql)
    };
    assert_eq!(count("AND kind = 'proposed' AND state = 'queued'"), 1);
    answer(&app.client(), booked.page(), &[("answer", "withdraw")]).expect(303);
    assert_eq!(count("AND kind = 'proposed' AND state = 'superseded'"), 1);
    assert_eq!(count(""), 1, "and nothing to take back");
}

fn the_host_says_no(backend: Backend) {
    let app = app(backend);
    let (booked, customer, host) = book(&app, "visit");
    let wanted = [("slot".to_owned(), OTHERS[0].to_owned())];
    app.client().post_form(&format!("{customer}/reschedule"), &wanted).expect(303);
    mail(&app, ADA, "Asked to move: ");
    answer(&app.client(), &host, &[("answer", "decline"), ("note", "Away that day")]).expect(303);
    let declined = mail(&app, BO, "Not moved: ");
    assert!(declined.part("text").contains("Away that day"), "{}", declined.part("text"));
    assert_eq!(shown(&app, &booked)["start"], START);
    assert!(is_free(&app, "visit", OTHERS[0]));
    // The host knows a better time: the customer's wish is answered by it.
    app.client().post_form(&format!("{customer}/reschedule"), &wanted).expect(303);
    propose(&app.client(), &host, &OTHERS[1..]).expect(303);
    assert!(is_free(&app, "visit", OTHERS[0]));
    answer(&app.client(), &customer, &[("answer", "accept"), ("slot", OTHERS[2])]).expect(303);
    let moved = shown(&app, &booked);
    assert_eq!((&moved["start"], &moved["status"]), (&json!(OTHERS[2]), &json!("confirmed")));
}

fn what_nobody_answers_lapses(backend: Backend) {
    let mut app = app(backend);
    let (booked, customer, host) = book(&app, "visit");
    let wanted = [("slot".to_owned(), OTHERS[0].to_owned())];
    app.client().post_form(&format!("{customer}/reschedule"), &wanted).expect(303);
    mail(&app, ADA, "Asked to move: ");
    let form = app.client().page(&format!("{host}/proposal")).form("/proposal");
    app.restart_at("2027-07-01 10:05:00");
    let lapsed = mail(&app, BO, "Not moved: ");
    assert!(lapsed.part("text").contains("Nobody answered in time"), "{}", lapsed.part("text"));
    app.client().submit(&form.press("answer", "accept")).expect(422);
    let after = shown(&app, &booked);
    assert_eq!((&after["version"], &after["start"]), (&json!(2), &json!(START)));
    assert_eq!(kinds(&after), ["requested", "confirmed", "proposed", "proposal_lapsed"]);
    assert_eq!(after["history"][3]["by"], "time");
    assert!(is_free(&app, "visit", OTHERS[0]));
    // What a host proposes lapses when its last time begins, or the booking does.
    propose(&app.client(), &host, &OTHERS[..1]).expect(303);
    mail(&app, BO, "Other times: ");
    app.restart_at("2027-07-05 09:00:30");
    mail(&app, ADA, "Not answered: ");
    answer(&app.client(), &customer, &[("answer", "accept"), ("slot", OTHERS[0])]).expect(422);
}

fn only_the_other_side_answers(backend: Backend) {
    let app = app(backend);
    let (booked, customer, host) = book(&app, "visit");
    propose(&app.client(), &customer, &OTHERS[..1]).expect(404);
    app.client().get(&format!("{customer}/propose")).expect(404);
    propose(&app.client(), &host, &OTHERS[..1]).expect(303);
    let accept = [("answer", "accept"), ("slot", OTHERS[0])];
    answer(&app.client(), &host, &accept).expect(422);
    answer(&app.client(), &host, &[("answer", "decline")]).expect(422);
    answer(&app.client(), &customer, &[("answer", "withdraw")]).expect(422);
    answer(&app.client(), &customer, &[]).expect(422);
    answer(&app.client(), &customer, &[("answer", "accept")]).expect(422);
    // Looking changes nothing.
    for page in [&customer, &host] {
        app.client().get(&format!("{page}/proposal")).expect(200);
    }
    assert_eq!(kinds(&shown(&app, &booked)), ["requested", "confirmed", "proposed"]);
    answer(&app.client(), &customer, &accept).expect(303);
}

fn commands_and_programs_do_the_same(backend: Backend) {
    let app = app(backend);
    let (booked, customer, _) = book(&app, "visit");
    let id = booked.id();
    app.cli(&["booking", "propose", id, "--start", OTHERS[0], "--start", OTHERS[1]]).done();
    mail(&app, BO, "Other times: ");
    app.cli(&["booking", "propose", id, "--start", "2027-07-06T03:07:00Z"]).refused();
    app.cli(&["booking", "propose", id]).wrong_usage();
    app.cli(&["booking", "decline-move", id]).refused();
    let ask = |start: &str| {
        let wanted = [("slot".to_owned(), start.to_owned())];
        app.client().post_form(&format!("{customer}/reschedule"), &wanted).expect(303);
    };
    ask(OTHERS[0]);
    app.cli(&["booking", "accept-move", id]).done();
    assert_eq!(shown(&app, &booked)["start"], OTHERS[0]);
    app.cli(&["booking", "accept-move", id]).refused();
    ask(OTHERS[1]);
    app.cli(&["booking", "decline-move", id, "--reason", "No"]).done();

    let key = app.key("ada", "bookings:read,bookings:write");
    let at = |act: &str| format!("/api/v1/bookings/{id}/{act}");
    ask(OTHERS[1]);
    let moved = key.post_json(&at("accept-move"), &json!({})).expect(200).json();
    assert_eq!(moved["start"], OTHERS[1]);
    let refused = key.post_json(&at("accept-move"), &json!({}));
    assert_eq!(refused.problem(409), "invalid_transition");
    ask(OTHERS[2]);
    key.post_json(&at("decline-move"), &json!({"reason": "No"})).expect(200);
    assert_eq!(key.post_json(&at("decline-move"), &json!({})).problem(409), "invalid_transition");
    let starts = json!({"starts": [OTHERS[2]], "note": "Later"});
    let proposed = key.post_json(&at("propose"), &starts).expect(200).json();
    assert_eq!(proposed["proposal"]["starts"], json!([OTHERS[2]]));
    assert_eq!(
        (&proposed["proposal"]["by"], &proposed["proposal"]["note"]),
        (&json!("host"), &json!("Later"))
    );
    let taken = json!({"starts": [OTHERS[1]]});
    assert_eq!(key.post_json(&at("propose"), &taken).problem(422), "slot_unavailable");
    let asleep = json!({"starts": ["2027-07-06T03:07:00Z"]});
    assert_eq!(key.post_json(&at("propose"), &asleep).problem(422), "slot_unavailable");
    assert_eq!(
        key.post_json(&at("propose"), &json!({"starts": []})).problem(422),
        "invalid_request"
    );
    let found = key.get(&format!("/api/v1/bookings/{id}")).expect(200).json();
    assert_eq!(found["proposal"], proposed["proposal"]);
}

/// Accepted by many, withdrawn, moved and cancelled at the same time: what happens happens once, and whole.
fn one_of_many_answers_counts(backend: Backend) {
    let app = app(backend);
    let (booked, customer, host) = book(&app, "intro");
    let mut starts = vec![START.to_owned()];
    for round in 0..10 {
        let other = format!("2027-07-{:02}T{:02}:00:00Z", 6 + round / 5, 9 + round % 5);
        if !is_free(&app, "intro", &other) {
            continue;
        }
        propose(&app.client(), &host, &[&other]).expect(303);
        let before = shown(&app, &booked)["version"].as_u64().expect("a version");
        let accept = [("answer", "accept"), ("slot", other.as_str())];
        let answers: Vec<u16> = std::thread::scope(|scope| {
            let racers: Vec<_> = (0..24)
                .map(|racer| {
                    let (app, customer, host, accept) = (&app, &customer, &host, &accept);
                    let other = app.request("intro", accept[1].1, "Cy", "cy@customers.example");
                    scope.spawn(move || match racer % 3 {
                        0 => answer(&app.client(), customer, accept).status,
                        1 => answer(&app.client(), host, &[("answer", "withdraw")]).status,
                        _ => app.client().post_json("/api/v1/bookings", &other).status,
                    })
                })
                .collect();
            racers.into_iter().map(|racer| racer.join().expect("an answer")).collect()
        });
        assert!(answers.iter().all(|status| *status < 500), "{answers:?}");
        // The customer who presses again is answered as the first time.
        let accepted = usize::from(count(&answers, 0, 303) > 0);
        let booked_by_others = count(&answers, 2, 201);
        let withdrawn = count(&answers, 1, 303);
        assert!(accepted + withdrawn <= 1 && accepted + booked_by_others <= 1, "{answers:?}");
        let after = shown(&app, &booked);
        assert_eq!(
            after["version"].as_u64(),
            Some(before + u64::from(accepted == 1)),
            "{answers:?}"
        );
        if accepted == 1 {
            starts.push(other);
        }
        assert_eq!(after["start"].as_str(), starts.last().map(String::as_str));
        answer(&app.client(), &host, &[("answer", "withdraw")]);
    }
}

/// Of the racers of one kind, how many were answered so.
fn count(answers: &[u16], kind: usize, status: u16) -> usize {
    answers.iter().skip(kind).step_by(3).filter(|answer| **answer == status).count()
}

/// One booking must not fill mailboxes: a move counts as a booking does.
fn what_customers_change_is_limited(backend: Backend) {
    let app = TestApp::on(backend).clock("2027-07-01 08:00:00").start_with_ada();
    let mut request = app.request("intro", START, "Bo Berg", BO);
    request["guests"] = json!(["cy@guests.example"]);
    let booked = app.client().post_json("/api/v1/bookings", &request).expect(201).json();
    let path = format!("{}/reschedule", Booked::from_json(booked).page());
    let moved: Vec<u16> = (0..20)
        .map(|turn| {
            let to = [("slot".to_owned(), OTHERS[turn % 2].to_owned())];
            app.client().post_form(&path, &to).status
        })
        .collect();
    assert!(moved[..19].iter().all(|status| *status == 303), "{moved:?}");
    assert_eq!(moved[19], 429);
    // Another customer's booking for the same guest's address counts there, too.
    request["attendee"]["email"] = json!("di@customers.example");
    request["start"] = json!(OTHERS[2]);
    app.client().post_json("/api/v1/bookings", &request).problem(429);
}

fn what_both_agreed_on_is_above_the_hosts_rules(backend: Backend) {
    let mut app = app(backend);
    let asks = ["--title", "Late", "--duration", "30", "--min-notice", "60"];
    let asks = [&asks[..], &["--requires-confirmation", "--confirm-within", "600"]].concat();
    app.add_event_type("ada", "late", &asks);
    let key = app.key("ada", "bookings:write");
    let request = app.request("late", START, "Bo Berg", BO);
    let booked = key.post_json("/api/v1/bookings", &request).expect(201).json();
    let (booked, host) = (Booked::from_json(booked.clone()), Booked::from_json(booked));
    let customer = page(&mail(&app, BO, "Booked: "));
    let wanted = "2027-07-01T12:00:00Z";
    let to = [("slot".to_owned(), wanted.to_owned())];
    app.client().post_form(&format!("{customer}/reschedule"), &to).expect(303);
    app.restart_at("2027-07-01 11:30:00");
    let answering = app.client().page(&format!("{}/proposal", host.page()));
    assert!(!answering.text().contains("Not free any more"), "{}", answering.text());
    let form = answering.form("/proposal").press("answer", "accept");
    app.client().submit(&form).expect(303);
    assert_eq!(shown(&app, &booked)["start"], wanted);
}

fn an_answer_is_to_what_was_seen(backend: Backend) {
    let app = app(backend);
    let (booked, customer, host) = book(&app, "intro");
    propose(&app.client(), &host, &OTHERS[..1]).expect(303);
    let seen = app.client().page(&format!("{customer}/proposal")).form("/proposal");
    propose(&app.client(), &host, &OTHERS[1..]).expect(303);
    let refused = app.client().submit(&seen.press("answer", "decline")).expect(422);
    assert!(refused.body.contains("other times were proposed meanwhile"), "{}", refused.body);
    assert_eq!(kinds(&shown(&app, &booked)), ["booked", "proposed", "proposed"]);
    let form = refused.page().form("/proposal");
    app.client().submit(&form.press("answer", "decline")).expect(303);
    let after = shown(&app, &booked);
    assert_eq!(kinds(&after), ["booked", "proposed", "proposed", "proposal_declined"]);
}

fn asked_twice_it_is_asked_once(backend: Backend) {
    let app = app(backend);
    let (booked, customer, host) = book(&app, "intro");
    for _ in 0..3 {
        propose(&app.client(), &host, &OTHERS).expect(303);
    }
    assert_eq!(kinds(&shown(&app, &booked)), ["booked", "proposed"]);
    assert_eq!(mails(&app), 3, "two of the booking, one of the times");
    let form = app.client().page(&format!("{customer}/proposal")).form("/proposal");
    let form = form.set("slot", OTHERS[0]).press("answer", "accept");
    for _ in 0..2 {
        assert_eq!(app.client().submit(&form).expect(303).location(), customer);
    }
    assert_eq!(shown(&app, &booked)["version"], 2);
}

fn a_wish_is_in_nobodys_way_but_others(backend: Backend) {
    let app = app(backend);
    let (booked, customer, host) = book(&app, "visit");
    let to = [("slot".to_owned(), OTHERS[0].to_owned())];
    app.client().post_form(&format!("{customer}/reschedule"), &to).expect(303);
    let offered = app.client().page(&format!("{host}/propose"));
    assert!(!offered.select(&format!("[value='{}']", OTHERS[0])).is_empty());
    app.cli(&["booking", "move", booked.id(), "--start", OTHERS[0]]).done();
    assert_eq!(shown(&app, &booked)["start"], OTHERS[0]);
    assert_eq!(app.database().number("SELECT count(*) FROM slot_holds"), 0);
}
