//! Anything at all is sent to what Jitsi calls. It is answered in words and never by a 5xx, and nothing of it is stored
//! but what a room of ours can use.

use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::select,
    test_runner::{Config, TestCaseError, TestRunner},
};
use roomkey_tests::{Backend, Booked, Client, Reply, TestApp, instant, long_run, on_both};
use serde_json::{Value, json};

on_both!(
    a_form_is_read_or_refused_and_changes_nothing,
    no_address_below_conference_is_more_than_not_found,
    an_event_leaves_nothing_but_what_its_room_can_use,
);

const FORM: &str = "application/x-www-form-urlencoded";
const EVENTS: [&str; 4] = ["room/created", "room/destroyed", "occupant/joined", "occupant/left"];
/// What an event may have.
const FIELDS: [&str; 9] = [
    "room_name",
    "room_jid",
    "is_breakout",
    "created_at",
    "destroyed_at",
    "occupant",
    "all_occupants",
    "event_name",
    "active_occupants_count",
];
const OF_OCCUPANTS: [&str; 5] = ["occupant_jid", "joined_at", "left_at", "name", "id"];
/// What is stored of events.
const TOLD: [&str; 2] = ["stays", "meetings"];
/// From an hour before the room opens until an hour after it closes.
const WINDOW: [&str; 2] = ["2027-03-01T10:50:00Z", "2027-03-01T13:45:00Z"];

/// The booking is from 12:00 to 12:30; at 11:55 its room is open, and Jitsi has been told so.
fn open_room(backend: Backend) -> (TestApp, Booked) {
    let mut app =
        TestApp::on(backend).clock("2027-03-01 08:00:00").without_limits().start_with_ada();
    let booked = app.book("intro", instant("2027-03-01T12:00:00Z"));
    app.restart_at("2027-03-01 11:55:00");
    app.ask(booked.text("/room/name")).expect(200);
    (app, booked)
}

/// Checks many values; a failure is told with the smallest that fails.
fn for_all<S: Strategy>(strategy: &S, check: impl Fn(S::Value)) {
    let cases = if long_run() { 20_000 } else { 160 };
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let run = TestRunner::new(config).run(strategy, |value| {
        check(value);
        Ok::<_, TestCaseError>(())
    });
    if let Err(failed) = run {
        panic!("{failed}");
    }
}

/// What is stored, without a number that `pg_dump` draws anew.
fn stored(app: &TestApp) -> String {
    let dump = app.database().dump();
    dump.lines().filter(|line| !line.contains("restrict ")).collect::<Vec<_>>().join("\n")
}

/// It was refused in words that Jitsi can show.
#[track_caller]
fn is_refused_in_words(reply: &Reply) {
    assert!((400..500).contains(&reply.status), "{reply:?}");
    assert!(reply.json()["message"].as_str().is_some_and(|text| text.len() > 10), "{reply:?}");
}

/// Nothing broke and was caught on the way.
fn nothing_broke(app: &TestApp) {
    let logs = app.logs();
    assert!(!logs.contains("panicked"), "{logs}");
}

fn send(client: &Client, path: &str, kind: Option<&str>, body: &[u8]) -> Reply {
    let kind: Vec<(&str, &str)> = kind.map(|kind| ("Content-Type", kind)).into_iter().collect();
    client.send("POST", path, Some(body.to_vec()), &kind)
}

fn kinds() -> impl Strategy<Value = Option<&'static str>> {
    select(vec![
        None,
        Some(FORM),
        Some("application/x-www-form-urlencoded; charset=utf-8"),
        Some("application/x-www-form-urlencoded; charset=utf-16"),
        Some("application/x-www-form-urlencoded; charset=no-such"),
        Some("application/json"),
        Some("multipart/form-data; boundary=x"),
        Some("text/plain"),
        Some(";;;="),
    ])
}

/// All bytes as `%xx`.
fn escaped(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}%{byte:02x}"))
}

/// Bytes as a form has them, and as it has them not: every sign in plain, as `%xx`, as `%XX`, or half of that.
fn odd_text() -> impl Strategy<Value = Vec<u8>> {
    let sign = prop_oneof![
        4 => any::<u8>().prop_map(|byte| format!("%{byte:02x}").into_bytes()),
        4 => any::<u8>().prop_map(|byte| format!("%{byte:02X}").into_bytes()),
        8 => (b'!'..=b'~').prop_map(|byte| vec![byte]),
        1 => any::<u8>().prop_map(|byte| vec![byte]),
        1 => select(vec!["%", "%4", "%zz", "+", "%00", "%c3%28", "%u0041", "&&", "=="])
            .prop_map(|text| text.as_bytes().to_vec()),
    ];
    vec(sign, 0..40).prop_map(|signs| signs.concat())
}

/// The same text in a form, each letter plain or escaped in one case or the other.
fn in_some_way(text: String) -> impl Strategy<Value = Vec<u8>> {
    vec(0..3_u8, text.len()).prop_map(move |ways| {
        let one = |(byte, way): (u8, u8)| match way {
            0 => char::from(byte).to_string(),
            1 => format!("%{byte:02x}"),
            _ => format!("%{byte:02X}"),
        };
        text.bytes().zip(ways).map(one).collect::<String>().into_bytes()
    })
}

/// Fields that are not asked for.
fn other_fields() -> impl Strategy<Value = Vec<u8>> {
    let name = select(vec!["start_time", "mail_owner", "Name", "NAME", "duration", "n", ""]);
    let field = (name, odd_text()).prop_map(|(name, text)| {
        let text: Vec<u8> = text.into_iter().filter(|byte| *byte != b'&').collect();
        [name.as_bytes(), b"=", &text].concat()
    });
    vec(field, 0..4).prop_map(|fields| fields.join(&b'&'))
}

fn a_form_is_read_or_refused_and_changes_nothing(backend: Backend) {
    let (app, booked) = open_room(backend);
    let (prosody, room) = (app.prosody(), booked.text("/room/name").to_owned());
    let granted = app.ask(&room).expect(200).json();
    let before = stored(&app);

    // Its own name in whatever way it is written, among whatever else.
    let own = (other_fields(), in_some_way(room.clone()), other_fields());
    for_all(&own, |(first, name, last)| {
        let body = [&first[..], b"&name=", &name, b"&", &last].concat();
        let reply = send(&prosody, "/conference", Some(FORM), &body).expect(200);
        assert_eq!(reply.json(), granted);
    });
    // Twice, or as another kind, it is not read.
    let twice = (in_some_way(room.clone()), in_some_way(room.clone()), kinds());
    for_all(&twice, |(one, other, kind)| {
        let body = [&b"name="[..], &one, b"&name=", &other].concat();
        is_refused_in_words(&send(&prosody, "/conference", kind, &body));
        if kind.is_none_or(|kind| !kind.starts_with(FORM)) {
            let body = [&b"name="[..], &one].concat();
            is_refused_in_words(&send(&prosody, "/conference", kind, &body));
        }
    });
    // Names that are nearly its own, any others, and what is no form at all.
    let near = (0..room.len(), any::<u8>()).prop_filter_map("its own", {
        let room = room.clone();
        move |(place, byte)| {
            let mut near = room.clone().into_bytes();
            near[place] = byte;
            (byte != room.as_bytes()[place]).then(|| escaped(&near).into_bytes())
        }
    });
    let long = (1_usize..70_000).prop_map(|length| vec![b'a'; length]);
    let bodies = prop_oneof![
        near.prop_map(|name| [&b"name="[..], &name].concat()),
        odd_text().prop_map(|name| [&b"name="[..], &name].concat()),
        other_fields(),
        vec(any::<u8>(), 0..600),
        long.prop_map(|name| [&b"name="[..], &name].concat()),
    ];
    for_all(&(bodies, kinds()), |(body, kind)| {
        let reply = send(&prosody, "/conference", kind, &body);
        is_refused_in_words(&reply);
        assert!([400, 404].contains(&reply.status), "{reply:?}");
    });

    assert_eq!(stored(&app), before);
    nothing_broke(&app);
}

fn no_address_below_conference_is_more_than_not_found(backend: Backend) {
    let (app, _booked) = open_room(backend);
    let prosody = app.prosody();
    let before = stored(&app);
    let methods = select(vec!["GET", "HEAD", "DELETE", "POST", "PUT", "PATCH", "OPTIONS"]);
    let addresses = (vec(any::<u8>(), 0..120), option::of(vec(any::<u8>(), 0..40)));
    for_all(&(methods, addresses), |(method, (id, query))| {
        let query = query.map_or_else(String::new, |query| format!("?{}", escaped(&query)));
        let path = format!("/conference/{}{query}", escaped(&id));
        let reply = prosody.send(method, &path, None, &[]);
        assert!([400, 404, 405].contains(&reply.status), "{method} {path}: {reply:?}");
    });
    assert_eq!(stored(&app), before);
    nothing_broke(&app);
}

/// Any JSON, with names that an event has among its own.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        moment(),
        ".{0,40}".prop_map(Value::from),
        (1_usize..3000).prop_map(|length| json!("y".repeat(length))),
        Just(json!("a\u{0}b\u{7}\u{202e}<b>")),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let name = prop_oneof![
            select([&FIELDS[..], &OF_OCCUPANTS[..]].concat()).prop_map(str::to_owned),
            ".{0,12}",
        ];
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec((name, inner), 0..6).prop_map(|pairs| pairs.into_iter().collect::<Value>()),
        ]
    })
}

/// Seconds around the room's time, some of them with fractions, and some far away.
fn moment() -> impl Strategy<Value = Value> {
    let [from, to] = WINDOW.map(|time| instant(time).timestamp());
    prop_oneof![
        4 => (from - 600..to + 600).prop_map(Value::from),
        1 => (from - 60..from + 60).prop_map(Value::from),
        1 => (to - 60..to + 60).prop_map(Value::from),
        1 => (from..to, 0.0..1.0).prop_map(|(second, part)| {
            json!(f64::from(i32::try_from(second).expect("before 2038")) + part)
        }),
        1 => select(vec![json!(-1), json!(0), json!(i64::MAX), json!(u64::MAX), json!(1e300)]),
    ]
}

fn occupant() -> impl Strategy<Value = Value> {
    let names = option::of(prop_oneof!["[A-Za-z ]{0,20}", ".{0,300}", Just("\u{1}\n".to_owned())]);
    (0..5_u8, moment(), option::of(moment()), names, option::of(".{0,200}")).prop_map(
        |(who, joined_at, left_at, name, id)| {
            let jid = format!("r@c/{who}");
            let mut told = json!({"occupant_jid": jid, "joined_at": joined_at});
            for (field, value) in [("left_at", left_at), ("name", name.map(Value::from))] {
                if let Some(value) = value {
                    told[field] = value;
                }
            }
            if let Some(id) = id {
                told["id"] = json!(id);
            }
            told
        },
    )
}

/// An event of that room, in which some fields are other things than they should be, or are not there.
fn events(room: String) -> impl Strategy<Value = Value> {
    let fields = (moment(), moment(), occupant(), vec(occupant(), 0..5), any::<bool>());
    let changes = vec((select(FIELDS.to_vec()), option::of(any_json())), 0..3);
    let inside = vec((select(OF_OCCUPANTS.to_vec()), any_json()), 0..2);
    (fields, changes, inside).prop_map(move |(fields, changes, inside)| {
        let (created_at, destroyed_at, occupant, all, is_breakout) = fields;
        let mut event = json!({
            "event_name": "x", "room_name": room, "room_jid": format!("{room}@c"),
            "is_breakout": is_breakout && changes.len() == 2, "created_at": created_at,
            "destroyed_at": destroyed_at, "occupant": occupant, "all_occupants": all,
        });
        for (field, value) in inside {
            event["occupant"][field] = value;
        }
        for (field, value) in changes {
            match value {
                Some(value) => event[field] = value,
                None => drop(event.as_object_mut().expect("an event").remove(field)),
            }
        }
        event
    })
}

fn an_event_leaves_nothing_but_what_its_room_can_use(backend: Backend) {
    let (app, booked) = open_room(backend);
    let (prosody, room) = (app.prosody(), booked.text("/room/name").to_owned());
    let json = Some("application/json");
    let tell = |path: &str, kind: Option<&str>, body: &[u8]| {
        let reply = send(&prosody, &format!("/events/{path}"), kind, body);
        if reply.status != 204 {
            assert_eq!(reply.status, 400, "{reply:?}");
            is_refused_in_words(&reply);
        }
        reply.status
    };

    // What is no event, and events of rooms that are none of ours.
    let before = stored(&app);
    let depth = (1_usize..20_000, select(vec!["[", "{\"x\":", "{\"occupant\":", "[{\"a\":"]));
    let deep = depth.prop_map(|(depth, open)| open.repeat(depth).into_bytes());
    let wide = (1_usize..60_000)
        .prop_map(|width| format!("{{\"x\":[{}0]}}", "0,".repeat(width)).into_bytes());
    let bodies = prop_oneof![
        vec(any::<u8>(), 0..600),
        any_json().prop_map(|body| body.to_string().into_bytes()),
        deep,
        wide,
        events("standup".to_owned()).prop_map(|body| body.to_string().into_bytes()),
        events(room.to_uppercase()).prop_map(|body| body.to_string().into_bytes()),
    ];
    for_all(&(select(EVENTS.to_vec()), kinds(), bodies), |(path, kind, body)| {
        tell(path, kind, &body);
    });
    for path in EVENTS {
        assert_eq!(tell(path, json, &vec![b' '; 600 * 1024]), 400, "too long");
    }
    assert_eq!(stored(&app), before);

    // Events of ours, whole and torn.
    let others = |app: &TestApp| {
        let tables = app.database().row_counts().into_keys();
        let others = tables.filter(|table| !TOLD.contains(&table.as_str()));
        others.map(|table| app.database().dump_of(&table)).collect::<String>()
    };
    let before = others(&app);
    let told = (select(EVENTS.to_vec()), events(room.clone()), 1..3_usize);
    for_all(&told, |(path, event, times)| {
        let body = event.to_string().into_bytes();
        let first = tell(path, json, &body);
        (1..times).for_each(|_| assert_eq!(tell(path, json, &body), first, "again: {event}"));
    });
    let torn = (select(EVENTS.to_vec()), events(room), any::<prop::sample::Index>());
    for_all(&torn, |(path, event, place)| {
        let mut body = event.to_string().into_bytes();
        body.truncate(place.index(body.len()));
        assert_eq!(tell(path, json, &body), 400);
    });
    assert_eq!(others(&app), before);
    is_of_the_room(&app, &booked);
    nothing_broke(&app);
}

/// All that was kept of events is of that room, of its time, and short.
fn is_of_the_room(app: &TestApp, booked: &Booked) {
    let rooms = format!("SELECT id FROM rooms WHERE booking_id = '{}'", booked.id());
    let room = app.database().rows(&rooms)[0]["id"].clone();
    let [from, to] = WINDOW.map(|time| instant(time).timestamp_micros());
    let micros = |row: &Value, field: &str| row[field].as_i64();
    let stays = app.database().rows("SELECT * FROM stays");
    assert!((5..=2000).contains(&stays.len()), "{} stays", stays.len());
    for stay in &stays {
        let joined_at = micros(stay, "joined_at").expect("a time");
        assert!(stay["room_id"] == room && (from..=to).contains(&joined_at), "{stay}");
        assert!(micros(stay, "left_at").is_none_or(|left| left >= joined_at), "{stay}");
        for (field, most) in [("name", 120), ("person", 120), ("occupant", 1023)] {
            let text = stay[field].as_str().unwrap_or_default();
            assert!(text.chars().count() <= most, "{field} of {stay}");
            assert!(field == "occupant" || !text.contains(char::is_control), "{field} of {stay}");
        }
    }
    let meetings = app.database().rows("SELECT * FROM meetings");
    assert!((5..=2000).contains(&meetings.len()), "{} meetings", meetings.len());
    for meeting in &meetings {
        let created_at = micros(meeting, "created_at").expect("a time");
        assert!(meeting["room_id"] == room && (from..=to).contains(&created_at), "{meeting}");
        assert!(micros(meeting, "destroyed_at").is_none_or(|gone| gone >= created_at), "{meeting}");
    }
    // And whoever asks is told of it.
    let shown = app.cli(&["booking", "show", booked.id(), "--json"]).json();
    let people = shown["presence"]["people"].as_array().expect("people");
    assert!(people.iter().any(|person| person["times"].is_array()), "{shown}");
    let page = app.client().get(booked.page()).expect(200);
    assert!(page.page().text().contains("Intro call"));
}
