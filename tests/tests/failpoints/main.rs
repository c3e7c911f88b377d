//! `kill -9`, or the database gone, at every point of a change: before and after each statement that writes, before the
//! commit, and after it before the answer. Nothing that was done is lost, nothing half-done is seen, and whoever asks
//! again gets what they asked for, once.

mod changes;
mod expiry;
mod stage;

use std::time::Duration;

use roomkey_tests::{Backend, TestApp, long_run, on_both, wait_until};

use changes::Change;
use expiry::a_kill_of_the_worker_leaves_all_of_an_expiry_or_nothing;
use stage::{Stage, difference};

on_both!(
    a_kill_leaves_all_of_a_change_or_nothing,
    a_kill_of_the_worker_leaves_all_of_an_expiry_or_nothing,
);

/// The points at which a change is stopped. In a normal run one between two writes is enough, and of others than the
/// plainest change only some.
fn points(change: Change, places: &[String], of_others: &[&str]) -> Vec<usize> {
    let is_wanted = |point: &usize| match places[*point].as_str() {
        _ if long_run() => true,
        "before COMMIT" | "after COMMIT" if change == Change::Book => true,
        _ if change == Change::Book => point.is_multiple_of(2),
        place => of_others.contains(&place),
    };
    (0..places.len()).filter(is_wanted).collect()
}

fn a_kill_leaves_all_of_a_change_or_nothing(backend: Backend) {
    let mut stage = Stage::new(backend);
    for change in Change::ALL {
        let (whole, places) = stage.rehearse(change);
        println!("{change:?} {places:?}");
        let points = points(change, &places, &["before COMMIT", "after COMMIT"]);
        for (asked, point) in stage.prepare(change, points.len()).iter().zip(points) {
            let before = stage.counts();
            let kill = |app: &mut TestApp| {
                app.signal("KILL");
                app.wait_end();
            };
            let (place, reply) = stage.stopped(asked, point, kill);
            let at = format!("{change:?} killed {place}");
            assert_eq!(place, places[point], "{at}");
            assert!(reply.is_none(), "{at}: {reply:?}");
            stage.start();
            let is_done = place == "after COMMIT";
            let left = difference(&before, &stage.counts());
            assert!(is_done || left.is_empty(), "{at}: there is {left:?} of it");
            assert!(!is_done || left == whole, "{at}: of {whole:?} there is {left:?}");
            stage.is_once(asked, is_done, &before, &whole, &at);
        }
    }
}

#[test]
fn a_restart_of_postgres_leaves_all_of_a_change_or_nothing() {
    let mut stage = Stage::new(Backend::Postgres);
    for change in Change::ALL {
        let (whole, places) = stage.rehearse(change);
        let points = points(change, &places, &["before COMMIT"]);
        for (asked, point) in stage.prepare(change, points.len()).iter().zip(points) {
            let before = stage.counts();
            let restart = |app: &mut TestApp| {
                app.database().set_reachable(false);
                app.database().set_reachable(true);
            };
            let (place, reply) = stage.stopped(asked, point, restart);
            let reply = reply.expect("an answer");
            let at = format!("{change:?}, the database gone {place}: {reply:?}");
            let is_done = match reply.status {
                503 => {
                    // The commit's answer was lost: what became of it is seen later.
                    let unsure = reply.body.contains("may have been done");
                    let is_undone = match change {
                        // Jitsi shows it to whoever stands before the door.
                        Change::OpenRoom => ["Try again", "Try again"],
                        _ => ["Nothing was done", "Nothing is lost"],
                    };
                    let says_so = is_undone.iter().any(|text| reply.body.contains(text));
                    assert!(unsure || says_so, "{at}");
                    assert!(!unsure || place == "before COMMIT", "{at}");
                    difference(&before, &stage.counts()) == whole
                }
                status => {
                    assert_eq!(status, asked.granted, "{at}");
                    true
                }
            };
            wait_until("the database to be back", Duration::from_secs(20), || {
                (stage.app.internal_client().get("/readyz").status == 200).then_some(())
            });
            stage.is_once(asked, is_done, &before, &whole, &at);
        }
    }
}
