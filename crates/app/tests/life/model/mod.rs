//! A long life of bookings: random commands of several clients at the real use cases and database, and beside them a
//! simple model of what should come of it. After each step the answer, all rows and the invariants are compared.
//!
//! A run is made of episodes of a hundred steps. `ROOMKEY_SEED=N` runs the one episode that failed.

pub(crate) mod chance;
mod command;
mod draw;
mod probe;
mod refused;
mod rows;
mod rules;
mod stage;
mod state;

use std::{collections::BTreeMap, sync::Arc};

use roomkey_core::{
    ids::ApiKeyId,
    random::{self, Entropy},
    time::Instant,
};
use roomkey_store::Backend;

use crate::world::{World, run};
use chance::Chance;
use command::{Command, Fate, Outcome};
use draw::Draw;
use probe::Probe;
use rules::{DAY, HOUR, Rules};
use stage::{Stage, holder};
use state::Model;

/// Steps of an episode; each begins on an empty calendar with other rules.
const STEPS: u64 = 100;
/// In 2027; a midnight in UTC.
const FIRST: i64 = 1_798_761_600;

/// What must have come up, for a run that tries nothing proves nothing.
const OFTEN: &[&str] = &[
    "Book Booked",
    "Book Repeated",
    "Book taken",
    "Hold Held",
    "Move Changed",
    "Move taken",
    "Cancel Changed",
    "Confirm Changed",
    "Decline Changed",
    "Prove Changed",
    "Propose Proposed",
    "Answer Changed",
    "Answer not open",
    "Answer own proposal",
    "Book Series",
    "Book Dates",
    "Move Whole",
    "Move Dates",
    "Cancel series",
    "Confirm Whole",
    "Decline Whole",
    "Prove Whole",
    "AddGuest Changed",
    "AddGuest guests",
    "Join Joined",
    "Join free",
    "Leave Nothing",
    "Book offered",
    "Offer lapsed",
    "RemoveGuest Changed",
    "RemoveGuest unknown",
    "Conference open",
    "Conference revoked",
];

#[test]
fn sqlite() {
    live(Backend::Sqlite);
}

#[test]
fn postgres() {
    live(Backend::Postgres);
}

/// A number from the environment: switches of the test run.
fn switch(name: &str) -> Option<u64> {
    #[allow(clippy::disallowed_methods, reason = "a switch of the test run")]
    std::env::var(name).ok().and_then(|value| value.parse().ok())
}

fn live(backend: Backend) {
    let _alone = crate::alone();
    let steps = if switch("ROOMKEY_LONG") == Some(1) { 200_000 } else { 5_000 };
    run(async {
        let seed = switch("ROOMKEY_SEED");
        let mut theatre = Theatre::new(backend, seed.unwrap_or_default()).await;
        if let Some(seed) = seed {
            return theatre.episode(seed).await;
        }
        // Short enough to be typed again.
        let first = u64::from_le_bytes(random::bytes(&System)) % 1_000_000_000;
        println!("seeds {first} to {}", first + steps / STEPS - 1);
        for seed in first..first + steps / STEPS {
            theatre.episode(seed).await;
        }
        for what in OFTEN {
            let times = theatre.tally.get(*what).copied().unwrap_or_default();
            assert!(times > 0, "{what}: never in {:#?}", theatre.tally);
        }
        println!("{:?}", theatre.tally);
    });
}

/// The system's randomness, for a first seed.
struct System;

impl Entropy for System {
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).unwrap();
    }
}

/// The program on its stage, and what is needed to look behind it.
struct Theatre {
    stage: Stage,
    probe: Probe,
    /// As the database names them.
    events: Vec<String>,
    holders: Vec<String>,
    /// What came of all steps so far: a run in which nothing is granted proves nothing.
    tally: BTreeMap<String, u32>,
    _world: World,
}

impl Theatre {
    async fn new(backend: Backend, seed: u64) -> Self {
        let world = World::new(backend, 4, Instant::from_seconds(FIRST), seed);
        let (app, clock) = (world.app.clone(), Arc::clone(&world.clock));
        let mut hosts = Vec::new();
        for handle in ["ada", "eve"] {
            hosts.push(world.host(handle, "mon-sun 08:00-20:00").await);
        }
        let mut events = Vec::new();
        for rules in Rules::draw(&mut Chance::new(0)) {
            let host = hosts[rules.host].id;
            events.push(app.create_event_type(host, rules.terms()).await.unwrap());
        }
        let keys = hosts.iter().map(|_| ApiKeyId::new(app.now(), app.entropy())).collect();
        Self {
            probe: Probe::open(world.url()),
            events: events.iter().map(|event| event.id.to_string()).collect(),
            holders: (0..draw::VISITORS).map(|visitor| holder(visitor).to_hex()).collect(),
            stage: Stage { app, clock, hosts, events, keys },
            tally: <_>::default(),
            _world: world,
        }
    }

    async fn episode(&mut self, seed: u64) {
        let mut chance = Chance::new(seed);
        let now = FIRST + chance.range(0, 700) * DAY + 7 * HOUR;
        let rules = Rules::draw(&mut chance);
        self.stage.clock.set(stage::at(now));
        self.probe.execute(
            "DELETE FROM bookings; DELETE FROM booking_series; DELETE FROM group_sessions",
        );
        self.probe.execute(
            "DELETE FROM slot_holds; DELETE FROM waiting_entries; \
             DELETE FROM outbox_messages WHERE entry_id IS NOT NULL",
        );
        for (event, rules) in self.stage.events.iter_mut().zip(&rules) {
            let changed = self.stage.app.change_event_type(event.host, event.id, rules.terms());
            *event = changed.await.unwrap();
        }
        let mut model = Model::new(now, rules);
        for step in 0..STEPS {
            if model.has_series() {
                // Mails about a series are told apart, and put in order, by the moment.
                model.now += 1;
                self.stage.clock.set(stage::at(model.now));
            }
            let mut draw = Draw { chance: &mut chance, model: &model };
            let mut commands = if draw.chance.percent(8) {
                vec![draw.change(), draw.change()]
            } else {
                vec![draw.command()]
            };
            // What it comes to for all of a series is looked at afterwards, when others may have come in between.
            if let Some(wide) = commands.iter().position(|command| model.is_wide(command)) {
                commands = vec![commands.swap_remove(wide)];
            }
            let at = format!("ROOMKEY_SEED={seed}, step {step}: {commands:#?}");
            model = self.step(model, &commands, &at).await;
        }
        // In the end everybody is told.
        for round in 0.. {
            // A mail about a booking waits for one about its series.
            if !model.has_mail() || round == 12 {
                break;
            }
            let later = Command::Pass { until: model.now + HOUR };
            let mail = Command::Mail { fates: vec![Fate::Sent] };
            for command in [later, mail] {
                model = self.step(model, &[command], &format!("ROOMKEY_SEED={seed}, end")).await;
            }
        }
        model.is_all_told().unwrap_or_else(|why| panic!("ROOMKEY_SEED={seed}: {why}"));
    }

    /// One command, or two at once, which must come out as one after the other would, in either order.
    async fn step(&mut self, model: Model, commands: &[Command], at: &str) -> Model {
        let outcomes = match commands {
            [one] => vec![self.stage.run(one).await],
            [one, other] => {
                let (one, other) = tokio::join!(self.stage.run(one), self.stage.run(other));
                vec![one, other]
            }
            _ => panic!("one or two"),
        };
        for (command, outcome) in commands.iter().zip(&outcomes) {
            self.count(command, outcome);
            if let Some(what) = model.remarkable(command, outcome) {
                *self.tally.entry(what.to_owned()).or_default() += 1;
            }
        }
        let broken = self.probe.lines(rows::BROKEN);
        assert!(broken.is_empty(), "{broken:#?}\n{at}");
        let mut rows = self.probe.lines(rows::SELECT);
        rows.sort_unstable();
        let mut wrong = Vec::new();
        let orders: &[&[usize]] = if commands.len() == 1 { &[&[0]] } else { &[&[0, 1], &[1, 0]] };
        for order in orders {
            let mut after = model.clone();
            let said = order
                .iter()
                .try_for_each(|place| after.apply(&commands[*place], &outcomes[*place]));
            let should_be = after.rows(&self.events, &self.holders);
            match said {
                Ok(()) if rows == should_be => return after,
                Ok(()) => wrong.push(difference(&rows, &should_be)),
                Err(why) => wrong.push(why),
            }
        }
        let (wrong, rows) = (wrong.join("\nor in the other order: "), rows.join("\n"));
        panic!("{wrong}\n{at}\nanswered {outcomes:#?}\nwhere there is\n{rows}");
    }

    fn count(&mut self, command: &Command, outcome: &Outcome) {
        let name =
            |debug: String| debug.split([' ', '(', '{']).next().unwrap_or_default().to_owned();
        let what = match outcome {
            Outcome::Refused(why) => why.clone(),
            Outcome::Verdict(verdict) => (*verdict).to_owned(),
            other => name(format!("{other:?}")),
        };
        *self.tally.entry(format!("{} {what}", name(format!("{command:?}")))).or_default() += 1;
    }
}

fn difference(rows: &[String], should_be: &[String]) -> String {
    let only = |these: &[String], those: &[String]| {
        let only: Vec<_> = these.iter().filter(|row| !those.contains(row)).cloned().collect();
        only.join("\n  ")
    };
    format!("rows are\n  {}\nand not\n  {}", only(rows, should_be), only(should_be, rows))
}
