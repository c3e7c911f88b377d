//! Tokens that let one person into one room, and the Jitsis that take them. They are read by a library that Roomkey
//! does not use.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use chrono::{DateTime, Utc};
use roomkey_tests::{Backend, Booked, Builder, Host, TestApp, instant, on_both};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

on_both!(
    the_button_makes_a_token_for_one_person_and_one_room,
    nothing_but_the_button_makes_or_shows_a_token,
    a_key_of_its_own_is_served_where_prosody_looks,
    with_both_the_password_is_told_and_set,
    a_jitsi_is_granted_its_own_rooms_only,
    only_the_host_has_the_password_of_a_room_with_a_guarded_door,
    the_settings_page_says_what_holds,
    a_room_of_another_program_has_a_link_for_who_leads,
);

const EDITOR: &str = "/app/event-types/other";
const SECRET: &str = "a secret that Prosody has as app_secret";

fn jwt(backend: Backend) -> Builder {
    TestApp::on(backend)
        .clock("2027-03-01 08:00:00")
        .set("jitsi.mode", "jwt")
        .set("jitsi.jwt_app_id", "roomkey")
        .set("jitsi.jwt_secret", SECRET)
}

fn noon(app: &TestApp) -> Booked {
    app.book("intro", instant("2027-03-01T12:00:00Z"))
}

/// The token that the button of a join page leads on with, and the address without it.
fn entered(app: &TestApp, page: &str) -> (String, String) {
    let browser = app.client();
    let join = format!("{page}/join");
    let form = browser.page(&join).form(&join);
    let to = browser.submit(&form).expect(303).location();
    let (address, token) = to.split_once("#jwt=").unwrap_or_else(|| panic!("no token: {to}"));
    (address.to_owned(), token.to_owned())
}

/// What the token says to a server that knows `key`, at that time.
fn read(token: &str, (algorithm, key): (&str, &Path), audience: &str, now: DateTime<Utc>) -> Value {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut child = Command::new(tests.join(".venv/bin/python"))
        .arg(tests.join("tools/read_token.py"))
        .args([algorithm, key.to_str().expect("a path"), audience, "roomkey"])
        .arg(now.timestamp().to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the Python environment of the tests (made by ./scripts/test)");
    child.stdin.take().expect("a pipe").write_all(token.as_bytes()).expect("write the token");
    let output = child.wait_with_output().expect("the reader's words");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn secret_file(app: &TestApp) -> std::path::PathBuf {
    let path = app.dir().join("app-secret");
    std::fs::write(&path, SECRET).expect("write the secret");
    path
}

fn the_button_makes_a_token_for_one_person_and_one_room(backend: Backend) {
    let mut app = jwt(backend).start_with_ada();
    let booked = noon(&app);
    let host_page = app.cli(&["booking", "show", booked.id(), "--json"]).json()["links"]["page"]
        .as_str()
        .and_then(|page| page.strip_prefix(&app.base()))
        .expect("the host's page")
        .to_owned();
    app.restart_at("2027-03-01 11:50:30");
    let key = secret_file(&app);
    let (opens, closes) = (instant("2027-03-01T11:50:00Z"), instant("2027-03-01T12:45:00Z"));

    let (address, token) = entered(&app, booked.page());
    assert_eq!(address, booked.text("/room/url"));
    let told = read(&token, ("HS256", &key), "jitsi", opens);
    assert_eq!(told["header"], json!({"typ": "JWT", "alg": "HS256"}), "exactly what Prosody wants");
    let claims = &told["claims"];
    assert_eq!(claims["iss"], "roomkey");
    assert_eq!(claims["aud"], "jitsi", "a text, no list");
    assert_eq!(claims["sub"], "meet.example.org");
    assert_eq!(claims["room"], booked.text("/room/name"));
    assert_eq!(claims["nbf"], opens.timestamp() - 60, "a minute for clocks that differ");
    assert_eq!(claims["exp"], closes.timestamp());
    let user = &claims["context"]["user"];
    assert_eq!((&user["name"], &user["moderator"]), (&json!("Bo Berg"), &json!(false)), "{user}");
    assert_eq!(user["affiliation"], "member");
    assert_eq!(claims["context"]["features"]["recording"], false);
    assert!(!claims.to_string().contains('@'), "no address of anybody's: {claims}");

    let (_, hosts) = entered(&app, &host_page);
    let host = read(&hosts, ("HS256", &key), "jitsi", opens)["claims"]["context"]["user"].clone();
    assert_eq!((&host["affiliation"], &host["moderator"]), (&json!("owner"), &json!(true)));
    assert_ne!(host["id"], user["id"]);
    let (_, again) = entered(&app, booked.page());
    let again = read(&again, ("HS256", &key), "jitsi", opens);
    assert_eq!(again["claims"]["context"]["user"]["id"], user["id"], "the same person each time");

    // The reader itself refuses what it must: the tests would see a token that says too much.
    for (now, audience, why) in [
        (opens - chrono::Duration::seconds(61), "jitsi", "ImmatureSignature"),
        (closes, "jitsi", "ExpiredSignature"),
        (opens, "another", "InvalidAudience"),
    ] {
        let refused = read(&token, ("HS256", &key), audience, now);
        assert!(refused["refused"].as_str().is_some_and(|told| told.starts_with(why)), "{refused}");
    }
}

fn nothing_but_the_button_makes_or_shows_a_token(backend: Backend) {
    let mut app = jwt(backend).start_with_ada();
    let booked = noon(&app);
    assert_eq!(booked.value()["room"]["password"], Value::Null, "Jitsi asks for none");
    let mail = app.mailbox().wait_for_invite("bo@customers.example", "REQUEST");
    for part in [mail.part("text"), mail.part("html")] {
        assert!(!part.contains("jwt=") && !part.contains("Password"), "{part}");
        assert!(!part.contains(booked.text("/room/url")), "which opens nothing by itself: {part}");
    }

    let join = format!("{}/join", booked.page());
    let refused = app.client().post_form(&join, &[]);
    assert_eq!(refused.status, 422, "{refused:?}");

    app.restart_at("2027-03-01 11:50:00");
    let page = app.client().get(&join).expect(200);
    assert!(!page.body.contains("jwt="), "only who presses the button gets one");
    assert!(!page.body.contains(&format!("href=\"{}\"", booked.text("/room/url"))));
    let (_, token) = entered(&app, booked.page());
    assert!(!app.logs().contains(&token[..40]), "no token in the log");

    app.cli(&["booking", "cancel", booked.id()]).done();
    assert_eq!(app.client().post_form(&join, &[]).status, 422, "no room, no token");
}

/// A fresh RSA key.
fn private_key(dir: &Path, bits: u32) -> String {
    let path = dir.join(format!("key-{bits}.pem"));
    let made = Command::new("openssl")
        .args(["genrsa", "-out", path.to_str().expect("a path"), &bits.to_string()])
        .output()
        .expect("openssl");
    assert!(made.status.success(), "{made:?}");
    path.display().to_string()
}

fn a_key_of_its_own_is_served_where_prosody_looks(backend: Backend) {
    let dir = tempfile::tempdir().expect("a directory");
    let mut app = TestApp::on(backend)
        .clock("2027-03-01 08:00:00")
        .set("jitsi.mode", "jwt")
        .set("jitsi.jwt_app_id", "roomkey")
        .set("jitsi.jwt_private_key_file", private_key(dir.path(), 2048))
        .set("jitsi.jwt_key_id", "roomkey/2027")
        .set("jitsi.jwt_audience", "meet")
        .set("jitsi.jwt_subject", "meet.jitsi")
        .start_with_ada();
    let booked = noon(&app);
    app.restart_at("2027-03-01 11:50:00");
    let (_, token) = entered(&app, booked.page());

    let address = data_encoding::HEXLOWER.encode(&Sha256::digest("roomkey/2027"));
    let pem = app.client().get(&format!("/asap/{address}.pem")).expect(200);
    assert!(pem.body.starts_with("-----BEGIN PUBLIC KEY-----"), "{}", pem.body);
    let set = app.client().get("/asap/jwks.json").expect(200);
    assert!(!set.body.contains("\"d\""), "no private part: {}", set.body);
    for (name, text) in [("key.pem", &pem.body), ("keys.json", &set.body)] {
        let path = dir.path().join(name);
        std::fs::write(&path, text).expect("write the key");
        let told = read(&token, ("RS256", &path), "meet", instant("2027-03-01T11:50:00Z"));
        assert_eq!(told["header"]["kid"], "roomkey/2027", "{told}");
        assert_eq!(told["claims"]["sub"], "meet.jitsi");
        // Whoever takes the public key for a secret is no server of ours; the reader knows.
        let swapped = read(&token, ("HS256", &path), "meet", instant("2027-03-01T11:50:00Z"));
        assert!(swapped["refused"].is_string(), "{swapped}");
    }
    for nothing in ["x.pem", "jwks", "..%2fkey.pem"] {
        app.client().get(&format!("/asap/{nothing}")).expect(404);
    }
    let printed = app.cli(&["jitsi", "config"]);
    let asap = format!("asap_key_server = \"{}/asap\"", app.base());
    assert!(printed.done().contains(&asap), "{}", printed.done());
}

fn with_both_the_password_is_told_and_set(backend: Backend) {
    let mut app = jwt(backend).set("jitsi.mode", "reservations+jwt").start_with_ada();
    let booked = noon(&app);
    let password = booked.text("/room/password");
    app.restart_at("2027-03-01 11:50:00");
    entered(&app, booked.page());
    let granted = app.ask(booked.text("/room/name")).expect(200).json();
    assert_eq!(granted["password"], password);
    let printed = app.cli(&["jitsi", "config"]);
    for line in ["authentication = \"token\"", "\"token_verification\"", "\"reservations\""] {
        assert!(printed.done().contains(line), "{line} in {}", printed.done());
    }
    let docker = app.cli(&["jitsi", "config", "--format", "docker"]);
    for line in ["AUTH_TYPE=jwt", "PROSODY_RESERVATION_ENABLED=1", "JICOFO_ENABLE_AUTH=0"] {
        assert!(docker.done().contains(line), "{line} in {}", docker.done());
    }
}

fn a_jitsi_is_granted_its_own_rooms_only(backend: Backend) {
    const SECOND: &str = "the-second-one-has-another-token-0123456789";
    let mut app = TestApp::on(backend)
        .clock("2027-03-01 08:00:00")
        .set("jitsi.servers.0.name", "second")
        .set("jitsi.servers.0.url", "https://meet2.example.org")
        .set("jitsi.servers.0.reservations_token", SECOND)
        .start_with_ada();
    let other = ["--title", "Other", "--duration", "30", "--jitsi-server", "second"];
    app.add_event_type("ada", "other", &other);
    let (here, there) = (noon(&app), app.book("other", instant("2027-03-01T13:00:00Z")));
    assert!(here.text("/room/url").starts_with("https://meet.example.org/"));
    assert!(there.text("/room/url").starts_with("https://meet2.example.org/"));

    app.restart_at("2027-03-01 12:52:00");
    let room = there.text("/room/name");
    assert_eq!(app.ask(room).status, 404, "it is not this one's");
    let second = app.internal_client().header("Authorization", format!("Bearer {SECOND}"));
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let ask = |name: &str| {
        let body = format!("name={name}&start_time=2026-11-24T02%3a10%3a30.000Z&mail_owner=a%40b");
        second.send("POST", "/conference", Some(body.into_bytes()), &form)
    };
    let granted = ask(room).expect(200).json();
    assert_eq!(granted["password"], there.text("/room/password"));
    let id = format!("/conference/{}", granted["id"].as_str().expect("an id"));
    app.prosody().get(&id).expect(404);
    second.get(&id).expect(200);
    let join = format!("{}/join", there.page());
    let browser = app.client();
    let to = browser.submit(&browser.page(&join).form(&join)).expect(303).location();
    assert_eq!(to, there.text("/room/url"));

    // The editor offers them, and refuses what is none.
    let ada = app.sign_in(&Host::ada());
    let form = ada.page(EDITOR).form(EDITOR);
    assert_eq!(form.value("jitsi_server"), Some("second"));
    let refused = ada.submit(&form.clone().force("jitsi_server", "third")).expect(422);
    assert!(refused.page().marked().contains("jitsi_server"));
    ada.submit(&form.force("jitsi_server", "")).expect(303);
    let back = app.book("other", instant("2027-03-02T13:00:00Z"));
    assert!(back.text("/room/url").starts_with("https://meet.example.org/"));
    let missing = ["event-type", "add", "--host", "ada", "--slug", "x", "--title", "X"];
    let missing = app.cli(&[&missing[..], &["--duration", "30", "--jitsi-server", "x"]].concat());
    assert!(missing.refused().contains("[[jitsi.servers]]"));
}

fn only_the_host_has_the_password_of_a_room_with_a_guarded_door(backend: Backend) {
    let mut app = TestApp::on(backend).clock("2027-03-01 08:00:00").start_with_ada();
    app.add_event_type("ada", "door", &["--title", "Door", "--duration", "30", "--knock"]);
    let booked = app.book("door", instant("2027-03-01T12:00:00Z"));
    assert_eq!(booked.value()["room"]["password"], Value::Null);
    assert_eq!(booked.value()["room"]["lobby"], true);
    let shown = app.cli(&["booking", "show", booked.id(), "--json"]).json();
    let password = shown["room"]["password"].as_str().expect("the host is told it").to_owned();
    let mail = app.mailbox().wait_for_invite("bo@customers.example", "REQUEST");
    for part in [mail.part("text"), mail.part("html")] {
        assert!(!part.contains(&password), "{part}");
        assert!(part.contains("You wait at its door until Ada"), "{part}");
    }
    let to_host = app.mailbox().wait_for_invite("ada@hosts.example", "REQUEST");
    assert!(to_host.part("text").contains(&password), "{}", to_host.part("text"));

    app.restart_at("2027-03-01 11:52:00");
    let page = app.client().get(&format!("{}/join", booked.page())).expect(200);
    assert!(!page.body.contains(&password));
    assert!(page.body.contains("lets you in"), "{}", page.body);
    let host = app.client().get(shown["links"]["join"].as_str().expect("a link")).expect(200);
    assert!(host.body.contains(&password), "{}", host.body);
    let granted = app.ask(booked.text("/room/name")).expect(200).json();
    assert_eq!((&granted["password"], &granted["lobby"]), (&json!(password), &json!(true)));
}

fn the_settings_page_says_what_holds(backend: Backend) {
    let app = jwt(backend).start_with_ada();
    let page = app.sign_in(&Host::ada()).page("/app/settings").text();
    assert!(page.contains("meet.example.org") && page.contains("jwt"), "{page}");
    assert!(page.contains("Who was invited, with a token of their own"), "{page}");
    assert!(!page.contains(SECRET));
}

fn a_room_of_another_program_has_a_link_for_who_leads(backend: Backend) {
    const SECOND: &str = "the-second-one-has-another-token-0123456789";
    let app = jwt(backend)
        .set("jitsi.servers.0.name", "second")
        .set("jitsi.servers.0.url", "https://meet2.example.org")
        .set("jitsi.servers.0.reservations_token", SECOND)
        .start_with_ada();
    let key = app.key("ada", "rooms:write");
    let wanted = json!({"start": "2027-03-01T12:00:00Z", "end": "2027-03-01T13:00:00Z"});
    let made = key.post_json("/api/v1/rooms", &wanted).expect(201).json();
    assert_eq!(made["password"], Value::Null, "Jitsi asks for none");
    let url = made["host_url"].as_str().expect("a link for the host");
    let (address, token) = url.split_once("#jwt=").expect("a token");
    assert_eq!(made["url"], address);
    let noon = instant("2027-03-01T12:00:00Z");
    let told = read(token, ("HS256", &secret_file(&app)), "jitsi", noon);
    assert_eq!(told["claims"]["room"], made["name"], "{told}");
    assert_eq!(told["claims"]["context"]["user"]["affiliation"], "owner");
    let path = format!("/api/v1/rooms/{}", made["id"].as_str().expect("an id"));
    assert!(key.get(&path).expect(200).json()["host_url"].is_string());
    let listed = key.get("/api/v1/rooms").expect(200).json();
    assert!(listed["rooms"][0].get("host_url").is_none(), "no tokens in lists: {listed}");
    let revoked = key.send("DELETE", &path, None, &[]).expect(200).json();
    assert!(revoked.get("host_url").is_none(), "{revoked}");

    let mut there = wanted.clone();
    there["server"] = json!("second");
    let there = key.post_json("/api/v1/rooms", &there).expect(201).json();
    assert!(there["url"].as_str().is_some_and(|url| url.starts_with("https://meet2.example.org/")));
    assert!(there["password"].is_string() && there.get("host_url").is_none(), "{there}");
    let mut nowhere = wanted;
    nowhere["server"] = json!("third");
    let refused = key.post_json("/api/v1/rooms", &nowhere);
    assert!(refused.body.contains("\"server\""), "{}", refused.body);
    refused.problem(422);
}

#[test]
fn a_token_by_hand() {
    let app = jwt(Backend::Sqlite).start_with_ada();
    let ask = |more: &[&str]| {
        let token = ["jitsi", "token", "--room", "weekly", "--nbf", "2027-03-01T08:50:00Z"];
        app.cli(&[&token[..], more].concat())
    };
    let made = ask(&["--exp", "2027-03-01T10:15:00+01:00", "--json"]).json();
    let token = made["token"].as_str().expect("a token");
    let url = format!("https://meet.example.org/weekly#jwt={token}");
    assert_eq!(made["url"], url);
    let told = read(token, ("HS256", &secret_file(&app)), "jitsi", instant("2027-03-01T09:00:00Z"));
    assert_eq!(told["claims"]["room"], "weekly", "{told}");
    assert_eq!(told["claims"]["exp"], instant("2027-03-01T09:15:00Z").timestamp());
    assert_eq!(told["claims"]["context"]["user"]["moderator"], true);
    let plain = ask(&["--exp", "2027-03-01T09:15:00Z"]);
    assert!(plain.done().starts_with("https://meet.example.org/weekly#jwt="));
    assert!(ask(&["--exp", "2027-03-01T08:50:00Z"]).refused().contains("after"));
    for wrong in ["*", "Weekly", "", "a b", "../x"] {
        app.cli(&[
            "jitsi",
            "token",
            "--room",
            wrong,
            "--nbf",
            "2027-03-01T08:50:00Z",
            "--exp",
            "2027-03-01T09:50:00Z",
        ])
        .wrong_usage();
    }
}

#[test]
fn wrong_settings_stop_the_start_in_words() {
    let dir = tempfile::tempdir().expect("a directory");
    let short = private_key(dir.path(), 1024);
    let whole = private_key(dir.path(), 2048);
    for (settings, words) in [
        (&[("jitsi.mode", "token")][..], &["jitsi.mode", "reservations+jwt"][..]),
        (&[("jitsi.mode", "jwt")], &["jitsi.jwt_app_id"]),
        (
            &[("jitsi.mode", "jwt"), ("jitsi.jwt_app_id", "a")],
            &["jitsi.jwt_secret", "jwt_private_key_file"],
        ),
        (
            &[
                ("jitsi.mode", "jwt"),
                ("jitsi.jwt_app_id", "a"),
                ("jitsi.jwt_private_key_file", &short),
            ],
            &["2048"],
        ),
        (
            &[
                ("jitsi.mode", "jwt"),
                ("jitsi.jwt_app_id", "a"),
                ("jitsi.jwt_secret", SECRET),
                ("jitsi.jwt_private_key_file", &whole),
            ],
            &["both"],
        ),
        (
            &[
                ("jitsi.mode", "jwt"),
                ("jitsi.jwt_app_id", "a"),
                ("jitsi.jwt_private_key_file", "/none"),
            ],
            &["/none"],
        ),
        (&[("jitsi.servers.0.name", "second")], &["jitsi.servers.0.url"]),
        (
            &[("jitsi.servers.0.name", "second"), ("jitsi.servers.0.url", "https://b.example")],
            &["reservations_token"],
        ),
        (&[("jitsi.servers.0.port", "5")], &["jitsi.servers.0"]),
    ] {
        let app = settings
            .iter()
            .fold(TestApp::on(Backend::Sqlite), |app, (key, value)| app.set(key, *value))
            .prepare();
        let refused = app.cli(&["event-type", "list"]);
        for word in words {
            assert!(refused.refused().contains(word), "{settings:?}: {refused:#?}");
        }
        assert!(!refused.refused().contains(SECRET));
    }
}
