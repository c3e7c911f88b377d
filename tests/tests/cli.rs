//! The commands: what they do, what they refuse, and their exit codes.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use chrono::Duration;
use roomkey_tests::{Backend, Booked, Host, Output, SmtpSink, TestApp, instant, on_both, rfc3339};
use serde_json::{Value, json};

on_both!(
    migrate_brings_the_schema_up_to_date,
    serve_migrates_also_when_many_start_at_once,
    a_reader_that_has_seen_enough_ends_a_command_quietly,
    users_are_added_once,
    schedules_are_set,
    schedules_are_set_by_name,
    event_types_are_added,
    bookings_are_added_listed_shown_and_cancelled,
    api_keys_are_shown_once,
    seed_makes_the_same_data_again,
    doctor_says_what_to_mend,
    looking_changes_nothing,
);

fn migrate_brings_the_schema_up_to_date(backend: Backend) {
    let mut app = TestApp::on(backend).empty_database().prepare();
    let dry = app.cli(&["migrate", "--dry-run"]);
    assert!(dry.done().contains("0001"), "it names what it would do: {dry:?}");
    app.cli(&["migrate"]).done();
    app.cli(&["migrate"]).done();
    let dry = app.cli(&["migrate", "--dry-run"]);
    assert!(!dry.done().contains("0001"), "nothing is left to do: {dry:?}");
    app.add_host(&Host::ada());
    app.start();
}

fn serve_migrates_also_when_many_start_at_once(backend: Backend) {
    let mut first = TestApp::on(backend).empty_database().prepare();
    let url = first.database().url();
    let rest = TestApp::on(backend).set("database_url", url.as_str());
    let mut rest: Vec<TestApp> = vec![rest.prepare()];
    if backend == Backend::Postgres {
        rest.push(TestApp::on(backend).set("database_url", url.as_str()).prepare());
    }
    first.spawn();
    for other in &mut rest {
        other.spawn();
    }
    rest.iter().chain([&first]).for_each(TestApp::wait_until_ready);
}

/// As in `roomkey event-type list | head -1`.
fn a_reader_that_has_seen_enough_ends_a_command_quietly(backend: Backend) {
    let app = TestApp::on(backend).prepare();
    app.add_host(&Host::ada());
    for arguments in [&["event-type", "list"][..], &["doctor"], &["doctor", "--json"]] {
        let ended = app.cli_into_closed_pipe(arguments);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

fn users_are_added_once(backend: Backend) {
    let app = TestApp::on(backend).prepare();
    let ada = Host::ada();
    app.add_host(&ada);
    let add = |email: &str, handle: &str, zone: &str, role: &str, password: &str| {
        let arguments = [
            "user",
            "add",
            "--email",
            email,
            "--name",
            "Another",
            "--handle",
            handle,
            "--time-zone",
            zone,
            "--role",
            role,
            "--password-stdin",
        ];
        app.cli_with_input(&arguments, &format!("{password}\n"))
    };
    let good = "a long enough password";
    let same_address = add("ADA@hosts.example", "other", "UTC", "member", good);
    assert!(same_address.refused().contains("mail"), "{same_address:?}");
    let same_handle = add("other@hosts.example", "ada", "UTC", "member", good);
    assert!(same_handle.refused().contains("handle"), "{same_handle:?}");
    assert!(!add("other@hosts.example", "other", "UTC", "member", "short").refused().is_empty());
    for (email, handle, zone, role) in [
        ("nobody", "other", "UTC", "member"),
        ("other@hosts.example", "sign-in", "UTC", "member"),
        ("other@hosts.example", "Other!", "UTC", "member"),
        ("other@hosts.example", "other", "Mars/Olympus", "member"),
        ("other@hosts.example", "other", "UTC", "emperor"),
        ("other@hosts.example\r\nBcc: x@y.example", "other", "UTC", "member"),
    ] {
        failed(&add(email, handle, zone, role, good));
    }
    // Several owners may be.
    add("other@hosts.example", "other", "UTC", "owner", good).done();
    assert_eq!(app.database().number("SELECT count(*) AS n FROM users"), 2);
    assert!(!app.database().dump().contains(good), "passwords are hashed");
    assert!(app.database().dump().contains("$argon2id$"));
}

fn schedules_are_set(backend: Backend) {
    let app = TestApp::on(backend).clock("2026-12-21 00:00:00").start_with_ada();
    let set = |arguments: &[&str]| {
        app.cli(
            &[&["schedule", "set", "--host", "ada", "--time-zone", "Europe/Berlin"], arguments]
                .concat(),
        )
    };
    set(&[
        "--weekly",
        "mon-wed,fri 09:00-10:00,13:00-14:00",
        "--weekly",
        "thu 22:00-01:00",
        "--weekly",
        "sat 23:00-24:00",
        "--override",
        "2026-12-22 off",
        "--override",
        "2026-12-23 08:00-08:30",
    ])
    .done();
    let starts = app.slots("ada", "intro", "2026-12-21", "2026-12-26");
    let expected = [
        "2026-12-21T08:00:00Z",
        "2026-12-21T08:30:00Z",
        "2026-12-21T12:00:00Z",
        "2026-12-21T12:30:00Z",
        "2026-12-23T07:00:00Z",
        "2026-12-24T21:00:00Z",
        "2026-12-24T21:30:00Z",
        "2026-12-24T22:00:00Z",
        "2026-12-24T22:30:00Z",
        "2026-12-24T23:00:00Z",
        "2026-12-24T23:30:00Z",
        "2026-12-25T08:00:00Z",
        "2026-12-25T08:30:00Z",
        "2026-12-25T12:00:00Z",
        "2026-12-25T12:30:00Z",
        "2026-12-26T22:00:00Z",
        "2026-12-26T22:30:00Z",
    ];
    assert_eq!(starts, expected);
    for wrong in [
        ["--weekly", "someday 09:00-10:00"],
        ["--weekly", "mon 9-10"],
        ["--weekly", "mon 10:00-10:00"],
        ["--weekly", "mon 09:00-12:00,11:00-13:00"],
        ["--weekly", ""],
        ["--override", "2026-02-30 off"],
        ["--override", "tomorrow off"],
        ["--weekly", "mon 25:00-26:00"],
    ] {
        failed(&set(&wrong));
    }
    failed(&app.cli(&[
        "schedule",
        "set",
        "--host",
        "nobody",
        "--time-zone",
        "UTC",
        "--weekly",
        "mon 09:00-10:00",
    ]));
    failed(&app.cli(&[
        "schedule",
        "set",
        "--host",
        "ada",
        "--time-zone",
        "Mars",
        "--weekly",
        "mon 09:00-10:00",
    ]));
    assert_eq!(app.slots("ada", "intro", "2026-12-21", "2026-12-26"), expected);
}

fn schedules_are_set_by_name(backend: Backend) {
    let app = TestApp::on(backend).clock("2026-12-21 00:00:00").start_with_ada();
    let set =
        |arguments: &[&str]| app.cli(&[&["schedule", "set", "--host", "ada"], arguments].concat());
    let usual = ["--time-zone", "Europe/London", "--weekly", "mon-fri 09:00-10:00"];
    let late = ["--time-zone", "Europe/Berlin", "--weekly", "mon-fri 18:00-19:00"];
    let day = |event: &str| app.slots("ada", event, "2026-12-21", "2026-12-21");
    // Without a name the default one, as it is called.
    let told = set(&[&usual[..], &["--json"]].concat()).json();
    assert_eq!((&told["name"], &told["default"]), (&"Working hours".into(), &true.into()));
    // One that there is none of is made, and the default one stays as it is.
    let made = set(&[&late[..], &["--name", "Evenings", "--override", "2026-12-22 off"]].concat());
    assert_eq!(made.done(), "Made 'Evenings', hours of Ada Lovelace in Europe/Berlin\n");
    let talk = ["--title", "Talk", "--duration", "30", "--schedule", "Evenings"];
    app.add_event_type("ada", "talk", &talk);
    assert_eq!(day("intro"), ["2026-12-21T09:00:00Z", "2026-12-21T09:30:00Z"]);
    assert_eq!(day("talk"), ["2026-12-21T17:00:00Z", "2026-12-21T17:30:00Z"]);
    assert!(app.slots("ada", "talk", "2026-12-22", "2026-12-22").is_empty());
    // Set again it is the same one.
    let again = ["--time-zone", "UTC", "--weekly", "mon-fri 20:00-20:30", "--name", " Evenings "];
    let told = set(&[&again[..], &["--json"]].concat()).json();
    assert_eq!((&told["name"], &told["default"]), (&"Evenings".into(), &false.into()));
    assert_eq!(
        (&told["time_zone"], &told["weekly"]["mon"][0]),
        (&"UTC".into(), &"20:00-20:30".into())
    );
    assert_eq!(day("talk"), ["2026-12-21T20:00:00Z"]);
    assert_eq!(app.slots("ada", "talk", "2026-12-22", "2026-12-22"), ["2026-12-22T20:00:00Z"]);
    assert_eq!(day("intro"), ["2026-12-21T09:00:00Z", "2026-12-21T09:30:00Z"]);
    let named = set(&[&late[..], &["--name", "Working hours"]].concat());
    assert_eq!(named.done(), "Set the hours of Ada Lovelace in Europe/Berlin\n");
    assert_eq!(day("intro"), ["2026-12-21T17:00:00Z", "2026-12-21T17:30:00Z"]);
    assert_eq!(app.database().number("SELECT count(*) AS n FROM schedules"), 2);
    failed(&set(&[&late[..], &["--name", ""]].concat()));
    failed(&set(&[&late[..], &["--name", "a\nb"]].concat()));
    for number in 3..=50 {
        set(&[&late[..], &["--name", &format!("Number {number}")]].concat()).done();
    }
    failed(&set(&[&late[..], &["--name", "Number 51"]].concat()));
    set(&[&usual[..], &["--name", "Number 50"]].concat()).done();
    assert_eq!(app.database().number("SELECT count(*) AS n FROM schedules"), 50);
}

fn event_types_are_added(backend: Backend) {
    let app = TestApp::on(backend).clock("2027-01-04 00:00:00").start_with_ada();
    let options = [
        "--title",
        "With everything",
        "--duration",
        "50",
        "--buffer-before",
        "10",
        "--buffer-after",
        "20",
        "--min-notice",
        "600",
        "--window-days",
        "3",
        "--increment",
        "60",
        "--early",
        "5",
        "--grace",
        "0",
        "--max-occupants",
        "3",
        "--lobby",
    ];
    app.add_event_type("ada", "full", &options);
    let starts = app.slots("ada", "full", "2027-01-04", "2027-01-20");
    assert_eq!(
        starts.first().map(String::as_str),
        Some("2027-01-04T11:00:00Z"),
        "600 minutes of notice, and the minute that runs"
    );
    assert_eq!(
        starts.last().map(String::as_str),
        Some("2027-01-07T23:00:00Z"),
        "today and three days"
    );
    app.book("full", instant("2027-01-05T12:00:00Z"));
    // 12:00 to 12:50 is taken. Between two bookings lies max(20 after, 10 before) = 20 minutes.
    let starts = app.slots("ada", "full", "2027-01-05", "2027-01-05");
    let near: Vec<&str> = starts
        .iter()
        .map(|start| &start[11..16])
        .filter(|time| ("10:00".."15:00").contains(time))
        .collect();
    assert_eq!(near, ["10:00", "14:00"], "11:00 ends at 11:50, ten minutes before");

    let listed = app.cli(&["event-type", "list", "--json"]).json();
    let slugs: Vec<&str> = listed
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|each| each["slug"].as_str())
        .collect();
    assert_eq!(slugs.len(), 2);
    assert!(slugs.contains(&"full") && slugs.contains(&"intro"));
    app.cli(&["event-type", "list"]).done();

    let add = |slug: &str, more: &[&str]| {
        let arguments = [
            "event-type",
            "add",
            "--host",
            "ada",
            "--slug",
            slug,
            "--title",
            "T",
            "--duration",
            "30",
        ];
        app.cli(&[&arguments, more].concat())
    };
    add("intro", &[]).refused();
    failed(&add("No Slug", &[]));
    for (option, wrong) in [
        ("--window-days", "731"),
        ("--early", "-1"),
        ("--max-occupants", "0"),
        ("--increment", "4"),
        ("--grace", "x"),
        ("--min-notice", "99999999999999999999"),
        ("--buffer-after", "1441"),
    ] {
        failed(&add("other", &[option, wrong]));
    }
    for duration in ["4", "1441", "0", "x"] {
        let arguments = [
            "event-type",
            "add",
            "--host",
            "ada",
            "--slug",
            "other",
            "--title",
            "T",
            "--duration",
            duration,
        ];
        failed(&app.cli(&arguments));
    }
    failed(&app.cli(&[
        "event-type",
        "add",
        "--host",
        "nobody",
        "--slug",
        "x1",
        "--title",
        "T",
        "--duration",
        "30",
    ]));
}

fn bookings_are_added_listed_shown_and_cancelled(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    let start = app.noon_in_days(2);
    let at = rfc3339(start);
    let add = |start: &str, email: &str| {
        app.cli(&[
            "booking",
            "add",
            "--host",
            "ada",
            "--event",
            "intro",
            "--start",
            start,
            "--name",
            "Bo Berg",
            "--email",
            email,
            "--time-zone",
            "Europe/Berlin",
            "--json",
        ])
    };
    let booked = Booked::from_json(add(&at, "bo@customers.example").json());
    assert_eq!(booked.text("/status"), "confirmed");
    assert_eq!(booked.text("/start"), at);
    assert!(!booked.text("/room/password").is_empty());
    // The worker of the running server sends its mails.
    let mut mailbox = app.mailbox();
    mailbox.wait_for_invite("bo@customers.example", "REQUEST");
    mailbox.wait_for_invite("ada@hosts.example", "REQUEST");

    add(&at, "cy@customers.example").refused();
    add(&rfc3339(start + Duration::minutes(1)), "cy@customers.example").refused();
    failed(&add("yesterday", "cy@customers.example"));
    failed(&add(&rfc3339(start + Duration::hours(1)), "nobody"));

    let shown = app.cli(&["booking", "show", booked.id(), "--json"]).json();
    assert_eq!(shown["id"], booked.id());
    assert_eq!(shown["room"]["password"], booked.value()["room"]["password"]);
    let for_people = app.cli(&["booking", "show", booked.id()]);
    assert!(for_people.done().contains("Bo Berg"), "{for_people:?}");
    assert!(app.cli(&["booking", "list"]).done().contains("Bo Berg"));
    assert!(app.cli(&["booking", "list", "--from", "2020-01-01"]).done().contains("Bo Berg"));
    assert!(!app.cli(&["booking", "list", "--to", "2020-01-01"]).done().contains("Bo Berg"));
    let listed = app.cli(&["booking", "list", "--host", "ada", "--json"]).json();
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    assert_eq!(listed[0]["id"], booked.id());

    let cancelled =
        app.cli(&["booking", "cancel", booked.id(), "--reason", "Ill", "--json"]).json();
    assert_eq!(cancelled["status"], "cancelled");
    mailbox.wait_for_invite("bo@customers.example", "CANCEL");
    app.cli(&["booking", "cancel", booked.id()]).refused();
    app.cli(&["booking", "show", "no-such-booking"]).refused();
    app.cli(&["booking", "cancel", "no-such-booking"]).refused();
}

fn api_keys_are_shown_once(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    let made = app
        .cli(&[
            "api-key",
            "add",
            "--host",
            "ada",
            "--name",
            "Two scopes",
            "--scope",
            "bookings:write",
            "--scope",
            "event-types:write",
            "--json",
        ])
        .json();
    for field in ["id", "key"] {
        assert!(made[field].as_str().is_some_and(|text| text.len() >= 8), "{field}: {made}");
    }
    assert_eq!(made["name"], "Two scopes");
    assert_eq!(made["host"], "ada");
    assert_eq!(made["scopes"], json!(["bookings:write", "event-types:write"]));
    let key = made["key"].as_str().expect("the key");
    assert!(!app.database().dump().contains(key), "the database holds a hash only");
    let plain = app.cli(&[
        "api-key",
        "add",
        "--host",
        "ada",
        "--name",
        "Plain",
        "--scope",
        "bookings:read",
    ]);
    assert!(!plain.done().trim().is_empty());
    for wrong in [
        &["api-key", "add", "--host", "ada", "--name", "x", "--scope", "everything"][..],
        &["api-key", "add", "--host", "nobody", "--name", "x", "--scope", "bookings:read"],
        &["api-key", "add", "--host", "ada", "--name", "", "--scope", "bookings:read"],
        &["api-key", "add", "--host", "ada", "--name", "x"],
    ] {
        failed(&app.cli(wrong));
    }
}

fn seed_makes_the_same_data_again(backend: Backend) {
    let seeded = |seed: &str| {
        // A clock of its own: the data begins with the present half hour.
        let app = TestApp::on(backend).clock("2027-03-01 08:05:00").prepare();
        app.cli(&["seed", "--hosts", "3", "--bookings", "60", "--seed", seed]).done();
        let count =
            |table: &str| app.database().number(&format!("SELECT count(*) AS n FROM {table}"));
        assert_eq!((count("users"), count("bookings"), count("rooms")), (3, 60, 60));
        assert!(app.mailbox().all().is_empty());
        let unsent =
            "SELECT count(*) AS n FROM outbox_messages WHERE state IN ('queued', 'claimed')";
        assert_eq!(app.database().number(unsent), 0, "made-up people get no mail");
        let start = "SELECT count(DISTINCT start_at) AS n FROM bookings";
        assert!(app.database().number(start) > 5);
        let handles = app.database().rows("SELECT handle FROM users ORDER BY handle");
        let spans =
            app.database().rows("SELECT start_at, end_at FROM bookings ORDER BY start_at, end_at");
        let first = spans.first().and_then(|row| row["start_at"].as_i64()).expect("a booking");
        let relative: Vec<i64> =
            spans.iter().filter_map(|row| Some(row["start_at"].as_i64()? - first)).collect();
        (handles, relative)
    };
    let first = seeded("7");
    assert_eq!(first, seeded("7"));
    assert_ne!(first, seeded("8"));
}

fn doctor_says_what_to_mend(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    let healthy = app.cli(&["doctor"]);
    let report = healthy.done().to_lowercase();
    for subject in ["database", "schema", "clock", "zone", "mail", "jitsi", "url"] {
        assert!(report.contains(subject), "{subject}: {report}");
    }
    assert!(
        !report.contains(app.reservations_token()),
        "no secrets in a report that people send around"
    );

    // Over plain http on a name of the local network signing in still works, with a warning.
    let mut lan = TestApp::on(backend).without_limits().prepare();
    lan.set("public_url", "http://roomkey.lan:8080");
    let warned = lan.cli(&["doctor"]);
    let report = format!("{}{}", warned.stdout, warned.stderr).to_lowercase();
    assert!(report.contains("http://roomkey.lan:8080") && report.contains("https"), "{report}");
    assert!(report.contains("limits"), "{report}");
    let none = TestApp::on(backend).empty_database().prepare().cli(&["doctor"]);
    assert!(format!("{}{}", none.stdout, none.stderr).contains("roomkey migrate"), "{none:?}");
}

fn looking_changes_nothing(backend: Backend) {
    let mut app = TestApp::on(backend).empty_database().prepare();
    let look = |app: &TestApp| -> (String, String) {
        let before = files(app.dir());
        let doctor = app.cli(&["doctor"]);
        let dry = app.cli(&["migrate", "--dry-run"]);
        assert_eq!(files(app.dir()), before, "nothing is made, and nothing changed");
        (doctor.stdout, dry.done().to_owned())
    };
    let (doctor, dry) = look(&app);
    assert!(dry.contains("0001"), "{dry}");
    match backend {
        Backend::Sqlite => {
            for told in [doctor, dry] {
                assert!(told.contains("there is no database yet"), "{told}");
            }
        }
        Backend::Postgres => {
            assert!(doctor.contains("roomkey migrate"), "{doctor}");
            let tables = "SELECT count(*) AS n FROM information_schema.tables \
                          WHERE table_schema = 'public'";
            assert_eq!(app.database().number(tables), 0);
        }
    }

    // Nor in a database that is there, by the side of a server or without.
    app.cli(&["migrate"]).done();
    let (doctor, dry) = look(&app);
    assert!(doctor.contains("there are none"), "accounts: {doctor}");
    assert!(dry.contains("up to date"), "{dry}");
    assert_eq!(app.database().number("SELECT count(*) AS n FROM key_checks"), 0);
    app.add_host(&Host::ada());
    let (doctor, _) = look(&app);
    assert!(!doctor.contains("there are none") && !doctor.contains("FAIL"), "{doctor}");
    app.start();
    app.add_event_type("ada", "intro", &["--title", "Intro call", "--duration", "30"]);
    app.book("intro", app.noon_in_days(2));
    app.cli(&["doctor"]).done();
    app.cli(&["migrate", "--dry-run"]).done();
    app.set("secret_key", "ab".repeat(32));
    let other_key = app.cli(&["doctor"]);
    assert_eq!(other_key.code, Some(1), "{other_key:?}");
    assert!(other_key.stdout.contains("secret_key"), "{other_key:?}");
}

/// Every file below a folder, with a digest of what is in it.
fn files(folder: &Path) -> BTreeMap<PathBuf, u64> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "db-shm") {
            // SQLite's processes note in it who reads up to where; it is no part of the database
            // (https://sqlite.org/walformat.html, "the WAL-index file format").
            found.insert(path, 0);
        } else if path.is_dir() {
            found.extend(files(&path));
            found.insert(path, 0);
        } else {
            let mut digest = DefaultHasher::new();
            std::fs::read(&path).expect("a file").hash(&mut digest);
            found.insert(path, digest.finish());
        }
    }
    found
}

#[test]
fn the_mailbox_is_there_from_the_start() {
    use std::os::unix::fs::PermissionsExt as _;
    let app = TestApp::on(Backend::Sqlite).start();
    let folder = std::fs::metadata(app.data_dir().join("mailbox")).expect("the mailbox");
    assert!(folder.is_dir());
    assert_eq!(folder.permissions().mode() & 0o777, 0o700);
    let smtp = TestApp::on(Backend::Sqlite).set("mail.url", "smtp+plain://127.0.0.1:9").start();
    assert!(!smtp.data_dir().join("mailbox").exists());
}

#[test]
fn what_commands_print_can_be_had_as_json() {
    let app = TestApp::on(Backend::Sqlite).empty_database().prepare();
    let step = |told: &Value| -> bool {
        told["steps"][0].as_str().is_some_and(|step| step.starts_with("0001"))
    };
    let dry = app.cli(&["migrate", "--dry-run", "--json"]).json();
    assert!(dry["dry_run"] == true && step(&dry), "{dry}");
    let done = app.cli(&["migrate", "--json"]).json();
    assert!(done["dry_run"] == false && step(&done), "{done}");
    assert_eq!(app.cli(&["migrate", "--json"]).json(), json!({"dry_run": false, "steps": []}));

    for format in ["prosody", "docker"] {
        let text = app.cli(&["jitsi", "config", "--format", format]);
        let told = app.cli(&["jitsi", "config", "--format", format, "--json"]).json();
        assert_eq!(told["format"], format);
        assert_eq!(told["config"], text.done());
        assert_eq!(told["reservations_token"], app.reservations_token());
        let prefix = told["reservations_api_prefix"].as_str().expect("the prefix");
        assert!(text.done().contains(prefix) && prefix.starts_with("http://"), "{told}");
    }

    let sent = app.cli(&["mail", "test", "--to", "ops@customers.example", "--json"]).json();
    assert_eq!(sent["sent"], true);
    assert!(sent["conversation"].as_array().is_some_and(|lines| !lines.is_empty()), "{sent}");
    assert!(app.cli(&["doctor", "--json"]).json().is_array());
}

#[test]
fn doctor_and_commands_name_a_database_that_is_away() {
    let app = TestApp::on(Backend::Postgres).prepare();
    app.database().set_reachable(false);
    let away = app.cli(&["doctor"]);
    assert_eq!(away.code, Some(1), "{away:?}");
    assert!(away.stdout.to_lowercase().contains("database"), "{away:?}");
    app.cli(&["booking", "list"]).refused();
    app.cli(&["migrate"]).refused();
}

#[test]
fn tls_to_postgres_is_demanded_of_a_build_that_has_it_only() {
    let mut app = TestApp::on(Backend::Postgres).prepare();
    let plain = app.database().url();
    let joint = if plain.contains('?') { '&' } else { '?' };
    for mode in ["require", "verify-ca", "verify-full"] {
        app.set("database_url", format!("{plain}{joint}sslmode={mode}&application_name=planted"));
        for command in [&["serve"][..], &["migrate"], &["doctor"], &["booking", "list"]] {
            let refused = app.cli(command);
            let line = refused.refused();
            assert_eq!(line.lines().count(), 1, "{line}");
            for part in ["database_url", "ROOMKEY_DATABASE_URL", "sslmode", "postgres-tls"] {
                assert!(line.contains(part), "{part}: {line}");
            }
            assert!(!line.contains("planted"), "{line}");
        }
    }
    for mode in ["disable", "prefer"] {
        app.set("database_url", format!("{plain}{joint}sslmode={mode}"));
        app.cli(&["booking", "list"]).done();
    }
}

#[test]
fn a_part_that_jitsi_calls_makes_no_token_of_its_own() {
    let app = TestApp::on(Backend::Sqlite)
        .own_defaults()
        .set("secret_key", "ab".repeat(32))
        .without("jitsi.reservations_token")
        .prepare();
    for parts in ["reservations", "web,reservations"] {
        let refused = app.cli(&["serve", "--only", parts]);
        assert!(refused.refused().contains("jitsi.reservations_token"), "{refused:?}");
    }
    assert!(!app.dir().join("data").exists(), "nothing is made");
}

#[test]
fn the_data_folder_is_for_the_owner_only_whoever_makes_it() {
    use std::os::unix::fs::PermissionsExt as _;
    for command in [&["migrate"][..], &["mail", "test", "--to", "ops@customers.example"]] {
        let app = TestApp::on(Backend::Sqlite).own_defaults().prepare();
        app.cli(command).done();
        let mode = std::fs::metadata(app.dir().join("data")).expect("data").permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{command:?}: {mode:o}");
    }
}

#[test]
fn jitsi_config_is_ready_to_paste() {
    let app = TestApp::on(Backend::Sqlite).prepare();
    let prosody = app.cli(&["jitsi", "config"]);
    let same = app.cli(&["jitsi", "config", "--format", "prosody"]);
    assert_eq!(prosody.done(), same.done());
    for line in [
        "reservations_api_prefix",
        "reservations_api_headers",
        &format!("Bearer {}", app.reservations_token()),
        "reservations_enable_password_support = true",
        "reservations_enable_lobby_support = true",
        "reservations_enable_max_occupants = true",
        "persistent_lobby",
        "restrict_room_creation = true",
        "main_muc",
    ] {
        assert!(prosody.stdout.contains(line), "{line}: {}", prosody.stdout);
    }
    let docker = app.cli(&["jitsi", "config", "--format", "docker"]);
    for line in [
        "PROSODY_RESERVATION_ENABLED=1",
        "PROSODY_RESERVATION_REST_BASE_URL=",
        app.reservations_token(),
    ] {
        assert!(docker.done().contains(line), "{line}: {}", docker.stdout);
    }
    app.cli(&["jitsi", "config", "--format", "xml"]).wrong_usage();

    // A container finds Roomkey by the name that docker-compose.yml gives it, with dots.
    let compose = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docker-compose.yml");
    let compose = std::fs::read_to_string(compose).expect("docker-compose.yml");
    let named = "PROSODY_RESERVATION_REST_BASE_URL: ";
    let shared = compose.lines().find_map(|line| line.trim().strip_prefix(named));
    let shared = shared.expect("where the compose file's Prosody asks");
    let prefix = |listen: &str, format: &str| {
        let app = TestApp::on(Backend::Sqlite).set("internal_listen", listen).prepare();
        let told = app.cli(&["jitsi", "config", "--format", format, "--json"]).json();
        told["reservations_api_prefix"].as_str().expect("a prefix").to_owned()
    };
    assert_eq!(prefix("0.0.0.0:8081", "docker"), shared);
    assert_eq!(prefix("0.0.0.0:8081", "prosody"), "http://127.0.0.1:8081");
    assert_eq!(prefix("[::1]:8082", "prosody"), "http://[::1]:8082");
    assert_eq!(prefix("10.0.0.5:8081", "prosody"), "http://10.0.0.5:8081");
}

#[test]
fn jitsi_config_has_event_sync_where_there_is_a_token_for_it() {
    const TOKEN: &str = "events-alone-0123456789";
    let without = TestApp::on(Backend::Sqlite).prepare();
    for format in ["prosody", "docker"] {
        let printed = without.cli(&["jitsi", "config", "--format", format]);
        assert!(!printed.done().contains("event_sync"), "{}", printed.stdout);
    }
    for mode in ["reservations", "link"] {
        let app = TestApp::on(Backend::Sqlite)
            .set("jitsi.events_token", TOKEN)
            .set("jitsi.mode", mode)
            .set("internal_listen", "0.0.0.0:8081")
            .prepare();
        // As a Lua file has it, after the other components.
        let prosody = app.cli(&["jitsi", "config"]);
        let (_, component) = prosody.done().split_once("\nComponent \"esync").expect("a component");
        assert_eq!(
            component,
            format!(
                ".meet.example.org\" \"event_sync_component\"\n    \
                 muc_component = \"conference.meet.example.org\"\n    \
                 breakout_component = \"breakout.meet.example.org\"\n    \
                 api_prefix = \"http://127.0.0.1:8081\"\n    \
                 api_headers = {{ [\"Authorization\"] = \"Bearer {TOKEN}\" }}\n    \
                 api_timeout = 5\n    api_retry_count = 5\n    api_retry_delay = 1\n"
            )
        );
        assert_eq!(prosody.stdout.contains("reservations_api_prefix"), mode == "reservations");
        // As remarks of an environment file, which say where they go.
        let docker = app.cli(&["jitsi", "config", "--format", "docker"]);
        for line in [
            "# ${CONFIG}/prosody/config/conf.d/roomkey-events.cfg.lua:",
            "# Component \"esync.meet.jitsi\" \"event_sync_component\"",
            "#     muc_component = \"muc.meet.jitsi\"",
            "#     breakout_component = \"breakout.meet.jitsi\"",
            "#     api_prefix = \"http://roomkey.meet.jitsi:8081\"",
            &format!("#     api_headers = {{ [\"Authorization\"] = \"Bearer {TOKEN}\" }}"),
        ] {
            assert!(docker.done().lines().any(|each| each == line), "{line}: {}", docker.stdout);
        }
        let (_, remarks) = docker.stdout.split_once("\n\n").expect("a part of its own");
        assert!(remarks.lines().all(|line| line.starts_with('#')), "{remarks}");
    }
}

#[test]
fn mail_test_shows_the_conversation() {
    let mut app = TestApp::on(Backend::Sqlite).prepare();
    app.cli(&["mail", "test", "--to", "ops@customers.example"]).done();
    let mail = app.mailbox().wait_for("the test mail", |mail| mail.is_to("ops@customers.example"));
    assert!(!mail.part("text").is_empty());

    let sink = SmtpSink::start();
    app.set("mail.url", sink.url());
    let sent = app.cli(&["mail", "test", "--to", "ops@customers.example"]);
    assert!(sent.done().contains("250"), "the conversation: {sent:?}");
    assert_eq!(sink.count(), 1);
    drop(sink);
    app.cli(&["mail", "test", "--to", "ops@customers.example"]).refused();
    failed(&app.cli(&["mail", "test", "--to", "nobody"]));
}

#[test]
fn wrong_usage_is_told_from_failure() {
    let app = TestApp::on(Backend::Sqlite).prepare();
    for wrong in [
        &["no-such-command"][..],
        &["booking"],
        &["booking", "show"],
        &["user", "add"],
        &["serve", "--only", "everything"],
        &["migrate", "--wet-run"],
        &["api-key", "add", "--host", "ada"],
        &["seed", "--hosts", "x", "--bookings", "1"],
    ] {
        app.cli(wrong).wrong_usage();
    }
    let commands = [
        &[][..],
        &["serve"],
        &["migrate"],
        &["user"],
        &["user", "add"],
        &["event-type"],
        &["event-type", "add"],
        &["event-type", "list"],
        &["schedule", "set"],
        &["booking"],
        &["booking", "add"],
        &["booking", "list"],
        &["booking", "show"],
        &["booking", "cancel"],
        &["api-key", "add"],
        &["jitsi", "config"],
        &["mail", "test"],
        &["seed"],
        &["doctor"],
    ];
    for command in commands {
        let help = app.cli(&[command, &["--help"]].concat());
        let text = help.done();
        assert!(text.contains("Usage:"), "{command:?}: {text}");
    }
    assert!(app.cli(&["--version"]).done().contains("roomkey"));
}

#[test]
fn the_configuration_is_read_strictly() {
    let app = TestApp::on(Backend::Sqlite).prepare();
    let named = |app: &TestApp, name: &str| {
        let output = app.cli(&["booking", "list"]);
        assert!(output.refused().contains(name), "{name}: {output:?}");
    };
    let with = |key: &str, value: &str| TestApp::on(Backend::Sqlite).set(key, value).prepare();
    named(&with("no_such_key", "1"), "no_such_key");
    named(&with("mail.no_such_key", "1"), "no_such_key");
    named(&with("database_url", "mysql://localhost/x"), "database_url");
    named(&with("database_url", "roomkey.db"), "database_url");
    named(&with("database_url", "sqlite://:memory:"), "database_url");
    named(&with("database_url", "sqlite://file::memory:?cache=shared"), "database_url");
    named(&with("public_url", "not a url"), "public_url");
    named(&with("listen", "everywhere"), "listen");
    named(&with("mail.url", "pigeon://coop"), "mail.url");
    named(&with("jitsi.mode", "telepathy"), "jitsi.mode");
    named(&with("limits.enabled", "maybe"), "limits.enabled");
    named(&with("secret_key", "too short"), "secret_key");

    named(&with("sign_up", "everybody"), "sign_up");
    named(&with("log.format", "xml"), "log.format");
    named(&with("log.level", "info,roomkey=loud"), "log.level");
    named(&with("log.level", "inof"), "log.level");

    // A file, and the environment over it.
    let file = app.dir().join("roomkey.toml");
    std::fs::write(&file, "[jitsi]\nurl = \"https://rooms.example.net\"\nno_such_key = 1\n")
        .expect("write");
    named(&app, "no_such_key");
    std::fs::write(&file, "[jitsi]\nreservations_token = \"from-the-file-0123456789abcdef\"\n")
        .expect("write");
    let config = app.cli(&["jitsi", "config"]);
    assert!(config.done().contains(app.reservations_token()), "the environment wins");
    let elsewhere = app.dir().join("elsewhere.toml");
    std::fs::write(&elsewhere, "lisen = \"127.0.0.1:1\"").expect("write");
    app.cli(&["--config", &elsewhere.display().to_string(), "booking", "list"]).refused();
    app.cli(&["--config", "no-such-file.toml", "booking", "list"]).refused();

    // Secrets from files.
    std::fs::remove_file(&file).expect("remove");
    let secret = app.dir().join("key");
    std::fs::write(&secret, format!("{}\n", "ab".repeat(32))).expect("write");
    let app =
        TestApp::on(Backend::Sqlite).set("secret_key_file", secret.display().to_string()).prepare();
    app.add_host(&Host::ada());
    assert!(!app.data_dir().join("secret-key").exists());
}

#[test]
fn a_wrong_setting_is_one_sentence_that_names_it_and_its_place() {
    let sentence = |app: &TestApp, arguments: &[&str]| -> String {
        let output = app.cli(&[arguments, &["booking", "list"]].concat());
        let line = output.refused();
        assert_eq!(line.lines().count(), 1, "one sentence: {line}");
        assert_eq!(output.stdout, "");
        line.to_owned()
    };
    // From the environment.
    for (key, value, problem) in [
        ("no_such_key", "1", "ROOMKEY_NO_SUCH_KEY"),
        ("mail_url", "mailbox://", "ROOMKEY_MAIL__URL"),
        ("listen.port", "1", "ROOMKEY_LISTEN__PORT"),
        ("mail", "x", "ROOMKEY_MAIL"),
        ("public_url", "no url\nat all", "ROOMKEY_PUBLIC_URL"),
        ("public_url", "https://book.example.org:99999", "ROOMKEY_PUBLIC_URL"),
        ("jitsi.url", "https://meet.example.org/path", "ROOMKEY_JITSI__URL"),
        ("listen", "127.0.0.1:http", "ROOMKEY_LISTEN"),
        ("internal_listen", "127.0.0.1:99999", "ROOMKEY_INTERNAL_LISTEN"),
        ("data_dir", "", "ROOMKEY_DATA_DIR"),
        ("trusted_proxies", "10.0.0.1, proxy", "ROOMKEY_TRUSTED_PROXIES"),
        ("limits.enabled", "maybe", "ROOMKEY_LIMITS__ENABLED"),
        ("mail.from", "nobody", "ROOMKEY_MAIL__FROM"),
        ("log.level", "info,roomkey=loud", "ROOMKEY_LOG__LEVEL"),
        ("jitsi.mode", "telepathy", "ROOMKEY_JITSI__MODE"),
        ("secret_key_file", "/no/such/file", "ROOMKEY_SECRET_KEY_FILE"),
    ] {
        let app = TestApp::on(Backend::Sqlite).set(key, value).prepare();
        let line = sentence(&app, &[]);
        assert!(line.contains(key) && line.contains(problem), "{key}: {line}");
    }
    // What is secret is not in the sentence.
    for (key, value) in [
        ("secret_key", "planted-5e"),
        ("database_url", "mysql://user:planted-5e@localhost/x"),
        ("database_url", "postgres://user:%planted-5e@localhost/x"),
        ("database_url", "postgres://user:is@planted-5e@localhost/x"),
        ("database_url", "postgres://user:is/planted-5e@localhost/x"),
        ("database_url", "postgres://user:planted-5e/is@localhost/x"),
        ("database_url", "postgres://user:is planted-5e@localhost/x"),
        ("database_url", "postgres://user:is?planted-5e@localhost/x"),
        ("database_url", "postgres://user:is#planted-5e@localhost/x"),
        ("database_url", "postgres://user:planted-5e"),
        ("mail.url", "pigeon://user:planted-5e@coop"),
        ("jitsi.reservations_token_previous", "planted-5e"),
        ("jitsi.reservations_token", "planted-5e-0123456789\"quote"),
        ("jitsi.reservations_token", "planted-5e-0123456789\\backslash"),
        ("jitsi.reservations_token", "planted-5e-0123456789,comma"),
        ("jitsi.reservations_token", "planted-5e-0123456789$dollar"),
        ("jitsi.reservations_token_previous", "planted-5e-0123456789'quote"),
    ] {
        let line = sentence(&TestApp::on(Backend::Sqlite).set(key, value).prepare(), &[]);
        let variable = format!("ROOMKEY_{}", key.replace('.', "__").to_uppercase());
        assert!(line.contains(key) && line.contains(&variable), "{key}: {line}");
        assert!(!line.contains("planted"), "{line}");
    }
    // From a file, with the line where it is no TOML.
    let app = TestApp::on(Backend::Sqlite).prepare();
    let file = app.dir().join("mine.toml");
    let named = file.display().to_string();
    for (text, problem) in [
        ("no_such_key = 1", "no_such_key"),
        ("[mail]\nsender = \"x@y.example\"", "mail.sender"),
        ("lisen = \"127.0.0.1:1\"", "listen"),
        ("[no_such_section]\nkey = 1", "no_such_section.key"),
        ("sign_up = 8080", "sign_up"),
        ("mail = 3", "mail"),
        ("trusted_proxies = [1]", "trusted_proxies"),
        ("[limits]\nenabled = \"maybe\"", "limits.enabled"),
        ("secret_key = 3", "secret_key"),
        ("secret_key_file = 3", "secret_key_file"),
        ("data_dir = \"x\"\n[mail\nurl = \"planted-5e\"", "line 2"),
        ("[mail]\nurl = \"smtp://user:planted-5e@host\" x", "line 2"),
    ] {
        std::fs::write(&file, text).expect("write");
        let line = sentence(&app, &["--config", &named]);
        assert!(line.contains(problem) && line.contains("mine.toml"), "{text}: {line}");
        assert!(!line.contains("planted"), "{line}");
    }
    let missing = sentence(&app, &["--config", "no-such-file.toml"]);
    assert!(missing.contains("--config") && missing.contains("no-such-file.toml"), "{missing}");
    // A secret and its file: both places are named.
    std::fs::write(&file, format!("secret_key = \"{}\"", "ab".repeat(32))).expect("write");
    let mut app = app;
    app.set("secret_key_file", "/no/such/file");
    let both = sentence(&app, &["--config", &named]);
    assert!(both.contains("mine.toml") && both.contains("ROOMKEY_SECRET_KEY_FILE"), "{both}");
    // A file that holds no good secret.
    let secret = app.dir().join("secret");
    std::fs::write(&secret, "planted-5e").expect("write");
    app.set("secret_key_file", secret.display().to_string());
    let line = sentence(&app, &[]);
    assert!(line.contains("secret_key") && line.contains(&*secret.to_string_lossy()), "{line}");
    assert!(!line.contains("planted"), "{line}");
    // The file of certificates and the data folder are met later, and named as well.
    let app = TestApp::on(Backend::Sqlite)
        .set("mail.url", "smtps://localhost")
        .set("mail.ca_file", "/no/such/file")
        .prepare();
    let refused = app.cli(&["mail", "test", "--to", "ops@customers.example"]);
    assert!(refused.refused().contains("mail.ca_file"), "{refused:?}");
    let app = TestApp::on(Backend::Sqlite).set("data_dir", "/dev/null/data").prepare();
    assert!(sentence(&app, &[]).contains("data_dir"));
}

#[test]
fn generated_secrets_are_for_the_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let app = TestApp::on(Backend::Sqlite).start();
    let secrets = std::fs::read_dir(app.data_dir()).expect("data_dir").filter_map(Result::ok);
    let secrets: Vec<_> = secrets.filter(|entry| entry.path().is_file()).collect();
    assert!(!secrets.is_empty(), "the secret key is generated there");
    for entry in secrets {
        let mode = entry.metadata().expect("its mode").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}: {mode:o}", entry.path().display());
    }
}

/// Either way of saying no: refused (1) or wrong usage (2), with a sentence and without a panic.
#[track_caller]
fn failed(output: &Output) {
    assert!([Some(1), Some(2)].contains(&output.code), "{output:?}");
    assert!(!output.stderr.trim().is_empty() && !output.stderr.contains("panicked"), "{output:?}");
}
