//! A real Prosody with Jitsi's own plugins, set up by what `roomkey jitsi config` prints, and people who come and go.
//!
//! The plugins are Jitsi's and not here: `JITSI_PLUGINS_DIR` names a folder with them. Without it these tests are
//! skipped, as `scripts/test` says loudly.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::SystemTime;

use chrono::{DateTime, Duration, DurationRound as _, Utc};
use chrono_tz::Europe::London;
use hmac::{KeyInit as _, Mac as _};
use roomkey_tests::{
    Backend, Booked, Builder, SOON, TestApp, instant, long_run, on_both, wait_until,
};
use serde_json::{Value, json};
use tempfile::TempDir;

on_both!(
    a_booked_room_opens_to_its_password_alone,
    lobby_and_occupants_are_as_the_event_type_says,
    refusals_reach_people_in_our_words,
    an_empty_room_is_reported_and_opens_again,
    a_video_server_with_another_token_opens_nothing,
    a_token_opens_its_own_room_in_its_own_time,
    with_both_a_token_opens_only_what_is_booked,
    a_moved_booking_leaves_its_room,
    a_server_that_is_back_is_asked_again,
    the_probe_tells_a_guarded_server_from_an_open_one,
    the_probe_knows_tokens,
);

fn a_booked_room_opens_to_its_password_alone(backend: Backend) {
    let Some((app, mut jitsi)) = meeting(backend, &[]) else { return };
    let booked = app.book("talk", in_half_hours(1));
    let room = booked.text("/room/name");
    let password = booked.text("/room/password");

    // Nobody can enter what nobody asked for.
    assert_eq!(refused(&jitsi.join("eve", room, Some(password)))["condition"], "not-allowed");
    granted(&jitsi.request("bo", room));
    for wrong in [None, Some(""), Some("tern-moss-quilt-48275"), Some(&*password.to_uppercase())] {
        let reply = jitsi.join("eve", room, wrong);
        assert_eq!(refused(&reply)["condition"], "not-authorized", "{wrong:?}: {reply}");
    }
    joined(&jitsi.join("bo", room, Some(password)));
    // The room is there: the second person is asked for nothing but the password.
    granted(&jitsi.request("ada", room));
    joined(&jitsi.join("ada", room, Some(password)));
    assert_eq!(answers(&app, "granted"), 1);
}

fn lobby_and_occupants_are_as_the_event_type_says(backend: Backend) {
    let Some((app, mut jitsi)) = meeting(backend, &["--lobby", "--max-occupants", "1"]) else {
        return;
    };
    let booked = app.book("talk", in_half_hours(1));
    let room = booked.text("/room/name");
    let password = Some(booked.text("/room/password"));

    granted(&jitsi.request("bo", room));
    let waits = jitsi.join("eve", room, None);
    assert_eq!(refused(&waits)["condition"], "registration-required", "{waits}");
    assert!(refused(&waits)["lobby"].as_str().is_some_and(|lobby| lobby.starts_with(room)));
    // One person, and two places for connections that nobody has noticed the end of.
    for who in ["bo", "ada", "cy"] {
        joined(&jitsi.join(who, room, password));
    }
    let full = jitsi.join("dan", room, password);
    assert_eq!(refused(&full)["condition"], "service-unavailable", "{full}");
}

fn refusals_reach_people_in_our_words(backend: Backend) {
    let Some((app, mut jitsi)) = meeting(backend, &[]) else { return };
    let early = app.book("talk", app.noon_in_days(3));
    let opens = instant(early.text("/room/opens_at")).with_timezone(&London);
    let reply = jitsi.request("bo", early.text("/room/name"));
    assert_eq!(refused(&reply)["code"], "403");
    let told = text(&reply);
    assert!(told.contains(&opens.format("%-d %B %Y at %H:%M").to_string()), "{told}");
    assert!(told.contains("London time"), "{told}");
    // What is refused is not there to be joined either.
    let room = early.text("/room/name");
    let reply = jitsi.join("bo", room, Some(early.text("/room/password")));
    assert_eq!(refused(&reply)["condition"], "not-allowed");

    let reply = jitsi.request("bo", "standup");
    assert_eq!(refused(&reply)["code"], "404");
    assert!(text(&reply).contains("No booking"), "{reply}");

    let cancelled = app.book("talk", in_half_hours(2));
    app.cli(&["booking", "cancel", cancelled.id()]).done();
    let reply = jitsi.request("bo", cancelled.text("/room/name"));
    assert_eq!(refused(&reply)["code"], "403");
    assert!(text(&reply).contains("cancelled"), "{reply}");
    assert_eq!(answers(&app, "granted"), 0);
}

fn an_empty_room_is_reported_and_opens_again(backend: Backend) {
    let Some((app, mut jitsi)) = meeting(backend, &[]) else { return };
    let booked = app.book("talk", in_half_hours(1));
    let room = booked.text("/room/name");
    let password = Some(booked.text("/room/password"));
    for round in 1..=2 {
        granted(&jitsi.request("bo", room));
        joined(&jitsi.join("bo", room, password));
        assert_eq!(answers(&app, "granted"), round, "it asks anew for each conference");
        jitsi.tell(&json!({"do": "leave", "room": room, "who": "bo"}));
        wait_until("the DELETE", SOON, || (times_empty(&app) == round).then_some(()));
    }
}

fn a_video_server_with_another_token_opens_nothing(backend: Backend) {
    let Some((mut app, mut jitsi)) = meeting(backend, &[]) else { return };
    let (first, second) = (app.book("talk", in_half_hours(1)), app.book("talk", in_half_hours(2)));
    let token = app.reservations_token();
    app.set("jitsi.reservations_token", "the-token-after-its-rotation-0123456789");
    app.restart();
    let reply = jitsi.request("bo", first.text("/room/name"));
    assert_eq!(refused(&reply)["code"], "401");
    assert!(text(&reply).contains("do not know each other"), "{reply}");

    // While it is being changed, the one before is good as well.
    app.set("jitsi.reservations_token_previous", token);
    app.restart();
    granted(&jitsi.request("bo", second.text("/room/name")));
}

/// Ada's `talk` in a mode with tokens, and a video server that checks them.
fn by_token(backend: Backend, mode: &str) -> Option<(TestApp, VideoServer)> {
    let builder = TestApp::on(backend)
        .set("jitsi.mode", mode)
        .set("jitsi.jwt_app_id", "roomkey")
        .set("jitsi.jwt_secret", SECRET);
    meeting_on(builder, &["--duration", "30", "--early", "1440"])
}

const SECRET: &str = "a secret that Prosody has as app_secret";

/// The token that the button of a booking's join page makes.
fn entered(app: &TestApp, booked: &Booked) -> String {
    let (browser, join) = (app.client(), format!("{}/join", booked.page()));
    let to = browser.submit(&browser.page(&join).form(&join)).expect(303).location();
    let (_, token) = to.split_once("#jwt=").expect("a token");
    token.to_owned()
}

/// A token that an attacker made, with what they know and what they guess.
fn forged(change: impl Fn(&mut Value, &mut Value), secret: &str) -> String {
    let hour = now().timestamp() + 3600;
    let mut header = json!({"typ": "JWT", "alg": "HS256"});
    let mut claims = json!({
        "iss": "roomkey", "aud": "jitsi", "sub": "meet.example.org", "room": "weekly",
        "nbf": now().timestamp() - 60, "exp": hour, "context": {"user": {"id": "1", "name": "Eve"}},
    });
    change(&mut header, &mut claims);
    let part = |value: &Value| data_encoding::BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let signed = format!("{}.{}", part(&header), part(&claims));
    if header["alg"] == "none" {
        return format!("{signed}.");
    }
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).expect("a key");
    mac.update(signed.as_bytes());
    let signature = data_encoding::BASE64URL_NOPAD.encode(&mac.finalize().into_bytes());
    format!("{signed}.{signature}")
}

fn a_token_opens_its_own_room_in_its_own_time(backend: Backend) {
    let Some((app, mut jitsi)) = by_token(backend, "jwt") else { return };
    let (booked, other) = (app.book("talk", in_half_hours(1)), app.book("talk", in_half_hours(2)));
    let (room, elsewhere) = (booked.text("/room/name"), other.text("/room/name"));
    let token = entered(&app, &booked);

    signed_in(&jitsi.sign_in("bo", Some(&token)));
    granted(&jitsi.request("bo", room));
    joined(&jitsi.join("bo", room, None));
    // Another room may be opened with it, as Jitsi has it, and not entered.
    jitsi.request("bo", elsewhere);
    let refused_there = jitsi.join("bo", elsewhere, None);
    assert_eq!(refused(&refused_there)["condition"], "not-allowed", "{refused_there}");

    // Those that the command makes: one that is over, one that is to come.
    let made = |from: i64, to: i64| {
        let at = |seconds: i64| (now() + Duration::seconds(seconds)).to_rfc3339();
        let (from, to) = (at(from), at(to));
        let token = ["jitsi", "token", "--room", "weekly", "--json", "--nbf", &from, "--exp", &to];
        app.cli(&token).json()["token"].as_str().expect("a token").to_owned()
    };
    signed_in(&jitsi.sign_in("ada", Some(&made(-60, 600))));
    joined_after_request(&mut jitsi, "ada", "weekly");
    for (token, words) in [(made(-600, -1), "exp"), (made(600, 1200), "nbf")] {
        let reply = jitsi.sign_in("eve", Some(&token));
        assert!(not_signed_in(&reply).contains(words), "{reply}");
    }
    let none = jitsi.sign_in("eve", None);
    not_signed_in(&none);
    let good = forged(|_, _| {}, SECRET);
    signed_in(&jitsi.sign_in("cy", Some(&good)));
    for token in [
        forged(|header, _| header["alg"] = json!("none"), SECRET),
        forged(|header, _| header["alg"] = json!("HS512"), SECRET),
        forged(|_, _| {}, "another secret, which Prosody has not"),
        forged(|_, claims| claims["aud"] = json!("another"), SECRET),
        forged(|_, claims| claims["iss"] = json!("another"), SECRET),
        forged(|_, claims| claims["exp"] = json!(now().timestamp() - 1), SECRET),
        forged(|_, claims| claims["nbf"] = json!(now().timestamp() + 120), SECRET),
        format!("{good}x"),
    ] {
        not_signed_in(&jitsi.sign_in("eve", Some(&token)));
    }
}

fn with_both_a_token_opens_only_what_is_booked(backend: Backend) {
    let Some((app, mut jitsi)) = by_token(backend, "reservations+jwt") else { return };
    let booked = app.book("talk", in_half_hours(1));
    let (room, password) = (booked.text("/room/name"), booked.text("/room/password"));
    let token = entered(&app, &booked);
    signed_in(&jitsi.sign_in("bo", Some(&token)));
    granted(&jitsi.request("bo", room));
    let without = jitsi.join("bo", room, None);
    assert_eq!(refused(&without)["condition"], "not-authorized", "the password is needed as well");
    joined(&jitsi.join("bo", room, Some(password)));

    // A token of ours for a room that nobody booked.
    let stray = forged(|_, _| {}, SECRET);
    signed_in(&jitsi.sign_in("eve", Some(&stray)));
    let reply = jitsi.request("eve", "weekly");
    assert!(text(&reply).contains("No booking"), "{reply}");
    // And who knows the password has no token for this room.
    let other = jitsi.join("eve", room, Some(password));
    assert_eq!(refused(&other)["condition"], "not-allowed", "{other}");
}

fn a_moved_booking_leaves_its_room(backend: Backend) {
    let Some((app, mut jitsi)) = meeting(backend, &[]) else { return };
    let booked = app.book("talk", in_half_hours(1));
    let (room, password) = (booked.text("/room/name"), booked.text("/room/password"));
    let start = in_half_hours(2).to_rfc3339();
    let moved = app.cli(&["booking", "move", booked.id(), "--start", &start, "--json"]).json();
    let (fresh, key) = (&moved["room"]["name"], &moved["room"]["password"]);
    assert_ne!((fresh.as_str(), key.as_str()), (Some(room), Some(password)));
    let reply = jitsi.request("bo", room);
    assert!(text(&reply).contains("moved or cancelled"), "{reply}");
    let fresh = fresh.as_str().expect("a name");
    granted(&jitsi.request("bo", fresh));
    joined(&jitsi.join("bo", fresh, key.as_str()));
}

fn a_server_that_is_back_is_asked_again(backend: Backend) {
    let Some((mut app, mut jitsi)) = meeting(backend, &[]) else { return };
    let (first, second) = (app.book("talk", in_half_hours(1)), app.book("talk", in_half_hours(2)));
    app.stop();
    let reply = jitsi.request("bo", first.text("/room/name"));
    assert_eq!(refused(&reply)["code"], "0", "{reply}");
    app.start();
    granted(&jitsi.request("bo", second.text("/room/name")));
}

/// What `roomkey jitsi probe` says of a server: its exit code, and the verdicts by part.
fn probed(app: &TestApp, jitsi: &mut VideoServer) -> (Option<i32>, Vec<(String, String)>) {
    let web = jitsi.tell(&json!({"do": "where"}))["web"].clone();
    let address = format!("ws://127.0.0.1:{web}/xmpp-websocket");
    let output = app.cli(&["jitsi", "probe", "--websocket", &address, "--json"]);
    let found: Value =
        serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{output:#?}"));
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let found = found.as_array().expect("a list");
    println!("{}", output.stdout);
    (output.code, found.iter().map(|each| (text(&each["part"]), text(&each["verdict"]))).collect())
}

fn verdicts<'a>(found: &'a [(String, String)], part: &str) -> Vec<&'a str> {
    found.iter().filter(|(each, _)| each == part).map(|(_, verdict)| verdict.as_str()).collect()
}

fn the_probe_tells_a_guarded_server_from_an_open_one(backend: Backend) {
    let Some((app, mut jitsi)) = meeting(backend, &[]) else { return };
    let (code, found) = probed(&app, &mut jitsi);
    assert_eq!(code, Some(0), "{found:?}");
    for part in [
        "reached",
        "rooms by joining",
        "unbooked room",
        "booked room",
        "entering",
        "lobby",
        "people",
        "moderator",
    ] {
        assert_eq!(verdicts(&found, part), ["ok"], "{part}: {found:?}");
    }
    assert_eq!(verdicts(&found, "password"), ["ok", "ok"], "without one and with a wrong one");
    let left = app.cli(&["room", "list", "--host", "ada", "--json"]).json();
    let rooms = left.as_array().expect("a list");
    assert!(rooms.iter().all(|room| room["revoked_at"].is_string()), "all closed again: {left}");
    drop(jitsi);

    let plugins = std::env::var_os("JITSI_PLUGINS_DIR").expect("checked above");
    let plugins = Path::new(&plugins);
    let mut open = VideoServer::start_with(plugins, &app, |printed| {
        let open = printed.replace("\"reservations\";", "");
        open.replace("restrict_room_creation = true", "restrict_room_creation = false")
    });
    let (code, found) = probed(&app, &mut open);
    assert_eq!(code, Some(1));
    assert_eq!(verdicts(&found, "rooms by joining"), ["fail"], "{found:?}");
    assert_eq!(verdicts(&found, "unbooked room"), ["fail"], "{found:?}");
    assert_eq!(verdicts(&found, "password"), ["fail", "fail"], "{found:?}");
    drop(open);

    // It asks, with the wrong token, or without doing what the answer says.
    let mut strange = VideoServer::start_with(plugins, &app, |printed| {
        printed.replace("Bearer ", "Bearer another-")
    });
    let (_, found) = probed(&app, &mut strange);
    assert_eq!(verdicts(&found, "unbooked room"), ["fail"], "{found:?}");
    assert_eq!(verdicts(&found, "booked room"), ["fail"], "{found:?}");
    drop(strange);
    let mut careless = VideoServer::start_with(plugins, &app, |printed| {
        printed.replace("password_support = true", "password_support = false")
    });
    let (code, found) = probed(&app, &mut careless);
    assert_eq!((code, verdicts(&found, "unbooked room")), (Some(1), vec!["ok"]), "{found:?}");
    assert!(verdicts(&found, "password").contains(&"fail"), "{found:?}");
}

fn the_probe_knows_tokens(backend: Backend) {
    for mode in ["jwt", "reservations+jwt"] {
        let Some((app, mut jitsi)) = by_token(backend, mode) else { return };
        let (code, found) = probed(&app, &mut jitsi);
        assert_eq!(code, Some(0), "{mode}: {found:?}");
        assert_eq!(verdicts(&found, "signing in"), ["ok", "ok"], "{mode}: {found:?}");
        assert_eq!(verdicts(&found, "entering"), ["ok"], "{mode}: {found:?}");
        assert_eq!(verdicts(&found, "another room"), ["ok"], "{mode}: {found:?}");
    }
}

fn joined_after_request(jitsi: &mut VideoServer, who: &str, room: &str) {
    granted(&jitsi.request(who, room));
    joined(&jitsi.join(who, room, None));
}

#[track_caller]
fn signed_in(reply: &Value) {
    assert_eq!(reply["signed_in"], true, "{reply}");
}

/// Why somebody was not signed in.
#[track_caller]
fn not_signed_in(reply: &Value) -> &str {
    assert_eq!(reply["signed_in"], false, "{reply}");
    reply["error"].as_str().expect("words")
}

#[test]
fn the_conference_ends_with_the_window() {
    if !long_run() {
        return; // Jitsi looks once a minute whose time is over.
    }
    // An hour ago, Bo booked five minutes whose room closes in half a minute to one and a half.
    let begun = now();
    let hour_ago = (begun - Duration::hours(1)).format("%Y-%m-%d %H:%M:%S").to_string();
    let end = begun.duration_trunc(Duration::minutes(5)).expect("a time");
    let grace = (begun + Duration::seconds(30) - end).num_minutes() + 1;
    let builder = TestApp::on(Backend::Sqlite).clock(&hour_ago);
    let options = ["--duration", "5", "--grace", &grace.to_string()];
    let Some((mut app, mut jitsi)) = meeting_on(builder, &options) else { return };
    let booked = app.book("talk", end - Duration::minutes(5));
    app.restart_at(&now().format("%Y-%m-%d %H:%M:%S").to_string());

    let room = booked.text("/room/name");
    granted(&jitsi.request("bo", room));
    joined(&jitsi.join("bo", room, Some(booked.text("/room/password"))));
    let ended = jitsi.tell(&json!({"do": "removed", "who": "bo", "seconds": 160}));
    assert!(ended["reason"].as_str().is_some_and(|why| why.contains("duration")), "{ended}");
    assert!(now() >= instant(booked.text("/room/closes_at")));
    wait_until("the DELETE", SOON, || (times_empty(&app) == 1).then_some(()));
    let reply = jitsi.request("bo", room);
    assert!(text(&reply).contains("over"), "{reply}");
}

/// Ada's `talk`, whose rooms open a day early, and a video server that asks about them; None without Jitsi's plugins.
fn meeting(backend: Backend, options: &[&str]) -> Option<(TestApp, VideoServer)> {
    let options = [&["--duration", "30", "--early", "1440"], options].concat();
    meeting_on(TestApp::on(backend), &options)
}

fn meeting_on(builder: Builder, options: &[&str]) -> Option<(TestApp, VideoServer)> {
    let Some(plugins) = std::env::var_os("JITSI_PLUGINS_DIR") else {
        eprintln!("SKIPPED: JITSI_PLUGINS_DIR does not name the folder of Jitsi's Prosody plugins");
        return None;
    };
    let app = builder.start_with_ada();
    app.add_event_type("ada", "talk", &[&["--title", "Talk"], options].concat());
    let jitsi = VideoServer::start(Path::new(&plugins), &app);
    Some((app, jitsi))
}

fn now() -> DateTime<Utc> {
    SystemTime::now().into()
}

/// The start of a half hour that lies ahead, at most a day.
fn in_half_hours(count: i32) -> DateTime<Utc> {
    let half_hour = Duration::minutes(30);
    now().duration_trunc(half_hour).expect("a time") + half_hour * (count + 1)
}

/// How often the reservations API gave this answer.
fn answers(app: &TestApp, outcome: &str) -> usize {
    let metrics = app.internal_client().get("/metrics").expect(200).body;
    let name = format!("roomkey_conferences_total{{outcome=\"{outcome}\"}} ");
    let count = metrics.lines().find_map(|line| line.strip_prefix(&name));
    count.map_or(0, |count| count.parse().expect("a count"))
}

/// How often Prosody said that a room is empty.
fn times_empty(app: &TestApp) -> usize {
    app.logs().matches("a conference is empty").count()
}

#[track_caller]
fn granted(reply: &Value) {
    assert_eq!(reply["granted"], true, "{reply}");
}

#[track_caller]
fn joined(reply: &Value) {
    assert_eq!(reply["joined"], true, "{reply}");
}

/// The error of a reply that let nobody in.
#[track_caller]
fn refused(reply: &Value) -> &Value {
    assert!(reply["granted"] != true && reply["joined"] != true, "{reply}");
    assert!(reply["error"].is_object(), "{reply}");
    &reply["error"]
}

/// The text that a refused person reads.
#[track_caller]
fn text(reply: &Value) -> &str {
    refused(reply)["text"].as_str().expect("a text")
}

/// `prosody/drive.py`, which says what the commands are; ends with this value.
struct VideoServer {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    dir: TempDir,
}

impl VideoServer {
    /// Starts a Prosody with what `roomkey jitsi config` prints for `app`.
    fn start(plugins: &Path, app: &TestApp) -> Self {
        Self::start_with(plugins, app, str::to_owned)
    }

    /// The same, with something else made of it.
    fn start_with(plugins: &Path, app: &TestApp, change: impl Fn(&str) -> String) -> Self {
        let dir =
            tempfile::Builder::new().prefix("roomkey-prosody-").tempdir().expect("a directory");
        let configuration = dir.path().join("printed.lua");
        let printed = app.cli(&["jitsi", "config", "--format", "prosody"]);
        let text = change(printed.done());
        std::fs::write(&configuration, text).expect("write the configuration");
        let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut child = Command::new(tests.join(".venv/bin/python"))
            .arg(tests.join("prosody/drive.py"))
            .args([plugins, &dir.path().join("prosody"), &configuration])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the driver's Python environment (made by ./scripts/test)");
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut server = Self { child, stdin, stdout, dir };
        assert_eq!(server.line(), "ready", "Prosody did not start; its words are above");
        server
    }

    /// Somebody signs in with a token, or from a browser without one.
    fn sign_in(&mut self, who: &str, token: Option<&str>) -> Value {
        self.tell(&json!({"do": "sign in", "who": who, "token": token.unwrap_or_default()}))
    }

    /// Somebody asks whether the conference may be.
    fn request(&mut self, who: &str, room: &str) -> Value {
        self.tell(&json!({"do": "request", "who": who, "room": room}))
    }

    /// Somebody enters its room.
    fn join(&mut self, who: &str, room: &str, password: Option<&str>) -> Value {
        self.tell(&json!({"do": "join", "who": who, "room": room, "password": password}))
    }

    fn tell(&mut self, command: &Value) -> Value {
        let stdin = self.stdin.as_mut().expect("a running driver");
        writeln!(stdin, "{command}").expect("a running driver");
        let line = self.line();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("{command}: {line:?} is no answer"))
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("a line of the driver");
        line.trim().to_owned()
    }
}

impl Drop for VideoServer {
    fn drop(&mut self) {
        self.stdin = None; // It ends, and Prosody with it.
        let _ = self.child.wait();
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.dir.path().join("prosody/prosody.log"));
            eprintln!("--- what Prosody said ---\n{}", log.unwrap_or_default());
        }
    }
}
