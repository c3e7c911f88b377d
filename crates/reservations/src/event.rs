//! What `event_sync` tells, read with suspicion: whatever is missing, too long or of another kind is left out, and
//! nothing is believed but what a known room can use.

use roomkey_app::RoomEvent;
use roomkey_core::{
    room::{Meeting, Stay},
    time::Instant,
};
use serde::Deserialize;
use serde_json::Value;

/// Of an event's body.
pub(crate) const MOST_BYTES: usize = 512 * 1024;
/// Occupants of one room whom a summary may name.
const MOST_OCCUPANTS: usize = 1000;
/// Characters of a name or an id that are kept.
const MOST_CHARACTERS: usize = 120;
/// The last second of the year 9999.
const LATEST_SECOND: f64 = 253_402_300_799.0;

/// Which event a path stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Created,
    Destroyed,
    Joined,
    Left,
}

/// The fields of all four.
#[derive(Debug, Deserialize)]
struct Fields {
    room_name: Option<Value>,
    room_jid: Option<Value>,
    is_breakout: Option<Value>,
    created_at: Option<Value>,
    destroyed_at: Option<Value>,
    occupant: Option<Value>,
    /// A list, or the object that Lua writes for an empty one.
    all_occupants: Option<Value>,
}

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told {
    /// Something about the room that Prosody calls so.
    Of { node: String, event: RoomEvent },
    /// Nothing for us: a breakout room.
    Nothing,
    /// It can not be read.
    Unreadable,
}

/// Reads a body.
pub(crate) fn read(kind: Kind, body: &[u8]) -> Told {
    let Ok(fields) = serde_json::from_slice::<Fields>(body) else { return Told::Unreadable };
    if matches!(fields.is_breakout, Some(Value::Bool(true))) {
        return Told::Nothing;
    }
    let told = node(&fields).zip(event(kind, &fields));
    told.map_or(Told::Unreadable, |(node, event)| Told::Of { node, event })
}

/// What stands before the `@` of the room's address, or its name.
fn node(fields: &Fields) -> Option<String> {
    let of_jid = || fields.room_jid.as_ref()?.as_str()?.split('@').next();
    let name = fields.room_name.as_ref().and_then(Value::as_str).or_else(of_jid)?;
    (name.len() <= 255).then(|| name.to_owned())
}

fn event(kind: Kind, fields: &Fields) -> Option<RoomEvent> {
    let created_at = || moment(fields.created_at.as_ref());
    Some(match kind {
        Kind::Created => {
            let meeting = Meeting { created_at: created_at()?, destroyed_at: None };
            RoomEvent { meeting: Some(meeting), stays: Vec::new() }
        }
        Kind::Destroyed => {
            let destroyed_at = moment(fields.destroyed_at.as_ref())?;
            let created_at = created_at()?.min(destroyed_at);
            let all = fields.all_occupants.as_ref().and_then(Value::as_array);
            let stays = all.into_iter().flatten().take(MOST_OCCUPANTS);
            let stays = stays.filter_map(|occupant| stay(occupant, true)).map(|stay| Stay {
                left_at: stay.left_at.or(Some(destroyed_at.max(stay.joined_at))),
                ..stay
            });
            let meeting = Meeting { created_at, destroyed_at: Some(destroyed_at) };
            RoomEvent { meeting: Some(meeting), stays: stays.collect() }
        }
        Kind::Joined | Kind::Left => {
            let stay = stay(fields.occupant.as_ref()?, false)?;
            let left_at = stay.left_at.filter(|_| kind == Kind::Left);
            RoomEvent { meeting: None, stays: vec![Stay { left_at, ..stay }] }
        }
    })
}

fn stay(occupant: &Value, summed: bool) -> Option<Stay> {
    let jid = occupant.get("occupant_jid")?.as_str().filter(|jid| jid.len() <= 1023)?;
    let joined_at = moment(occupant.get("joined_at"))?;
    let left_at = moment(occupant.get("left_at")).map(|left| left.max(joined_at));
    Some(Stay {
        occupant: jid.replace('\0', ""),
        joined_at,
        left_at,
        person: words(occupant.get("id")),
        name: words(occupant.get("name")),
        summed,
    })
}

/// Unix seconds.
fn moment(value: Option<&Value>) -> Option<Instant> {
    let seconds = value?.as_f64().filter(|seconds| (0.0..=LATEST_SECOND).contains(seconds))?;
    #[expect(clippy::cast_possible_truncation, reason = "it is in bounds")]
    Some(Instant::from_seconds(seconds as i64))
}

/// A short line of text; nothing if there is none in it.
fn words(value: Option<&Value>) -> Option<String> {
    let text = match value? {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let plain = text.chars().filter(|character| !character.is_control());
    let text: String = plain.take(MOST_CHARACTERS).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOINED: &str = r#"{"event_name":"muc-occupant-joined","room_name":"k7w2","room_jid":"k7w2@conference.meet.test",
        "is_breakout":false,"occupant":{"occupant_jid":"k7w2@conference.meet.test/1c5d6b1e","joined_at":1790000000,
        "name":"Bo Berg","id":"u-1","email":"bo@example.com"},"active_occupants_count":1}"#;

    fn of(told: Told) -> (String, RoomEvent) {
        match told {
            Told::Of { node, event } => (node, event),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_event_is_read_as_it_was_seen() {
        let (node, event) = of(read(Kind::Joined, JOINED.as_bytes()));
        assert_eq!(node, "k7w2");
        let stay = &event.stays[0];
        assert_eq!(stay.joined_at, Instant::from_seconds(1_790_000_000));
        assert_eq!((stay.name.as_deref(), stay.person.as_deref()), (Some("Bo Berg"), Some("u-1")));
        assert_eq!((stay.left_at, stay.summed), (None, false));

        let created = r#"{"room_name":"k7w2","created_at":1790000000}"#;
        let (_, event) = of(read(Kind::Created, created.as_bytes()));
        let created_at = Instant::from_seconds(1_790_000_000);
        assert_eq!(event.meeting, Some(Meeting { created_at, destroyed_at: None }));

        for (all, stays) in [
            ("{}", 0),
            ("[]", 0),
            (r#"[{"occupant_jid":"a/b","joined_at":1790000005},{"occupant_jid":"a/c"}]"#, 1),
        ] {
            let body = format!(
                r#"{{"room_jid":"k7w2@c","created_at":1790000000,"destroyed_at":1790000060,"all_occupants":{all}}}"#
            );
            let (node, event) = of(read(Kind::Destroyed, body.as_bytes()));
            assert_eq!((node.as_str(), event.stays.len()), ("k7w2", stays));
            let gone = event.meeting.and_then(|meeting| meeting.destroyed_at);
            assert!(event.stays.iter().all(|stay| stay.left_at == gone && stay.summed));
        }
        let breakout = JOINED.replace("\"is_breakout\":false", "\"is_breakout\":true");
        assert_eq!(read(Kind::Joined, breakout.as_bytes()), Told::Nothing);
    }

    #[test]
    fn what_is_hostile_is_left_out_or_refused() {
        for body in ["", "null", "[]", "1", "{", "{}", "{\"room_name\":1}", "\u{0}"] {
            for kind in [Kind::Created, Kind::Destroyed, Kind::Joined, Kind::Left] {
                assert_eq!(read(kind, body.as_bytes()), Told::Unreadable, "{body}");
            }
        }
        for (good, bad) in [
            ("1790000000", "-1"),
            ("1790000000", "1e300"),
            ("1790000000", "\"1790000000\""),
            ("1790000000", "null"),
            ("\"k7w2@conference.meet.test/1c5d6b1e\"", "7"),
        ] {
            let body = JOINED.replace(good, bad);
            assert_eq!(read(Kind::Joined, body.as_bytes()), Told::Unreadable, "{bad}");
        }
        let long = JOINED.replace("Bo Berg", &format!("B\\u0007\\n{}", "o".repeat(500)));
        let (_, event) = of(read(Kind::Joined, long.as_bytes()));
        assert_eq!(event.stays[0].name.as_ref().map(String::len), Some(MOST_CHARACTERS));
        let many = vec![r#"{"occupant_jid":"a/b","joined_at":1}"#; 3000].join(",");
        let body = format!(
            r#"{{"room_name":"x","created_at":1,"destroyed_at":2,"all_occupants":[{many}]}}"#
        );
        assert_eq!(of(read(Kind::Destroyed, body.as_bytes())).1.stays.len(), MOST_OCCUPANTS);
    }

    /// A number that is the same at each run.
    fn step(state: &mut u64) -> u64 {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        *state
    }

    #[test]
    fn no_bytes_make_it_panic() {
        let mut state = 0x9e37_79b9_7f4a_7c15;
        let destroyed = format!(
            r#"{{"room_name":"k7w2","created_at":1790000000,"destroyed_at":1790000060,"all_occupants":[{JOINED}]}}"#
        );
        for _ in 0..20_000 {
            let mut body = if step(&mut state).is_multiple_of(2) { JOINED } else { &destroyed }
                .as_bytes()
                .to_vec();
            for _ in 0..=step(&mut state) % 8 {
                let at = usize::try_from(step(&mut state)).unwrap_or(0) % body.len();
                match step(&mut state) % 4 {
                    0 => body[at] = step(&mut state).to_le_bytes()[0],
                    1 => body.truncate(at + 1),
                    2 => body.insert(
                        at,
                        b"0\"{}[]-e:,"[usize::try_from(step(&mut state) % 10).unwrap()],
                    ),
                    _ => drop(body.remove(at)),
                }
                if body.is_empty() {
                    body.push(b'{');
                }
            }
            for kind in [Kind::Created, Kind::Destroyed, Kind::Joined, Kind::Left] {
                if let Told::Of { node, event } = read(kind, &body) {
                    assert!(node.len() <= 255 && event.stays.len() <= MOST_OCCUPANTS);
                    for stay in event.stays {
                        assert!(stay.left_at.is_none_or(|left| stay.joined_at <= left));
                        assert!(
                            stay.name.is_none_or(|name| name.chars().count() <= MOST_CHARACTERS)
                        );
                    }
                }
            }
        }
    }
}
