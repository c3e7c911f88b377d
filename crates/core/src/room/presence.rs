//! Who was in a room, from what Jitsi tells of it: each thing by itself, in any order, again, or never.

use std::collections::BTreeMap;

use crate::time::{Instant, MICROS_PER_MINUTE};

/// How long a dropped connection keeps its place in a room: so long somebody who comes back is there twice.
const GHOST_MICROS: i64 = MICROS_PER_MINUTE;

/// One connection's stay in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stay {
    /// Names the connection, at random.
    pub occupant: String,
    /// When it came.
    pub joined_at: Instant,
    /// When it went.
    pub left_at: Option<Instant>,
    /// Whose it is, where a token said so.
    pub person: Option<String>,
    /// What they are called, where a token said so.
    pub name: Option<String>,
    /// Whether it is from the summary that Jitsi gives at the end, which counts for more than what it told before.
    pub summed: bool,
}

impl Stay {
    /// Both tellings of one stay in one: the same in either order, and however often.
    #[must_use]
    pub fn merged(self, other: Self) -> Self {
        let left_at = match (self.summed, other.summed) {
            (true, false) => self.left_at,
            (false, true) => other.left_at,
            _ => self.left_at.max(other.left_at),
        };
        Self {
            left_at,
            person: self.person.max(other.person),
            name: self.name.max(other.name),
            summed: self.summed || other.summed,
            ..self
        }
    }
}

/// The life of a room in Jitsi: from when it is made until it is empty and gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meeting {
    /// When it was made.
    pub created_at: Instant,
    /// When it was gone.
    pub destroyed_at: Option<Instant>,
}

/// Somebody who was in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Who, where a token said so.
    pub id: Option<String>,
    /// What they are called, where a token said so.
    pub name: Option<String>,
    /// From when to when, the first first; without an end while they are there.
    pub times: Vec<(Instant, Option<Instant>)>,
}

impl Person {
    /// Whether they are there.
    pub fn is_inside(&self) -> bool {
        self.times.iter().any(|(_, left)| left.is_none())
    }
}

/// Who was in a room.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Presence {
    /// Everybody, by when they came.
    pub people: Vec<Person>,
    /// How long at least two of them were there at once, in microseconds.
    pub together: i64,
}

impl Presence {
    /// From all that was told of a room whose window ends at `ends_at`, as it stands at `now`.
    ///
    /// Of a meeting of which there is a summary only that counts. Who was never said to have left went when the meeting
    /// did, or when the window ended.
    pub fn of(stays: &[Stay], meetings: &[Meeting], ends_at: Instant, now: Instant) -> Self {
        let over = |stay: &Stay| {
            meetings.iter().find_map(|meeting| {
                let destroyed_at = meeting.destroyed_at?;
                let inside = meeting.created_at <= stay.joined_at && stay.joined_at <= destroyed_at;
                inside.then_some((meeting.created_at, destroyed_at))
            })
        };
        let summed: Vec<Instant> = stays
            .iter()
            .filter(|stay| stay.summed)
            .filter_map(|stay| over(stay).map(|(created_at, _)| created_at))
            .collect();
        let mut people: BTreeMap<(Option<&str>, &str, Instant), Person> = BTreeMap::new();
        for stay in stays {
            let meeting = over(stay);
            let has_summary = meeting.is_some_and(|(created_at, _)| summed.contains(&created_at));
            if has_summary && !stay.summed {
                continue;
            }
            let latest = meeting.map(|(_, destroyed_at)| destroyed_at);
            let latest = latest.or((ends_at <= now).then_some(ends_at));
            let left_at = stay.left_at.or(latest).map(|left| left.max(stay.joined_at));
            // Without a token nobody says which connections are one person's.
            let key = match &stay.person {
                Some(person) => (Some(person.as_str()), "", Instant::EPOCH),
                None => (None, stay.occupant.as_str(), stay.joined_at),
            };
            let person = people.entry(key).or_insert_with(|| Person {
                id: stay.person.clone(),
                name: None,
                times: Vec::new(),
            });
            person.name = person.name.take().max(stay.name.clone());
            person.times.push((stay.joined_at, left_at));
        }
        let mut people: Vec<Person> = people.into_values().collect();
        for person in &mut people {
            person.times = joined(std::mem::take(&mut person.times));
        }
        people.sort_by(|a, b| (&a.times, &a.id).cmp(&(&b.times, &b.id)));
        let together = together(&people, now);
        Self { people, together }
    }

    /// Whether anybody met anybody: two connections of one person meet for as long as a ghost stays.
    pub const fn is_meeting(&self) -> bool {
        self.together > GHOST_MICROS
    }

    /// Those who are there.
    pub fn inside(&self) -> impl Iterator<Item = &Person> {
        self.people.iter().filter(|person| person.is_inside())
    }
}

/// Times that overlap or touch, as one.
fn joined(mut times: Vec<(Instant, Option<Instant>)>) -> Vec<(Instant, Option<Instant>)> {
    times.sort_unstable();
    let mut whole: Vec<(Instant, Option<Instant>)> = Vec::with_capacity(times.len());
    for (from, to) in times {
        match whole.last_mut() {
            // None is without end.
            Some((_, last)) if last.is_none_or(|last| from <= last) => {
                *last = last.zip(to).map(|(last, to)| last.max(to));
            }
            _ => whole.push((from, to)),
        }
    }
    whole
}

/// How long at least two were there at once, until `now`.
fn together(people: &[Person], now: Instant) -> i64 {
    let times = people.iter().flat_map(|person| &person.times);
    let mut steps: Vec<(Instant, i32)> =
        times.flat_map(|(from, to)| [(*from, 1), (to.unwrap_or(now).max(*from), -1)]).collect();
    steps.sort_unstable();
    let (mut inside, mut since, mut sum) = (0, Instant::EPOCH, 0_i64);
    for (at, step) in steps {
        if inside >= 2 {
            sum = sum.saturating_add(at.since(since));
        }
        (inside, since) = (inside + step, at);
    }
    sum
}
