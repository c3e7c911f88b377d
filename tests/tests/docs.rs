//! The examples of the documents, as somebody would copy them into a shell.

use std::path::Path;
use std::process::Command;

use roomkey_tests::{Backend, TestApp};
use serde_json::{Value, json};

#[test]
fn the_examples_of_the_readme_work_on_any_day() {
    let app = TestApp::on(Backend::Sqlite).own_defaults().argument("--demo").start();
    let answers = run(&app, &[], &blocks("README.md", "/api/v1"));
    let [slots, booked] = answers.as_slice() else { panic!("{answers:#?}") };
    assert!(slots["slots"].as_array().is_some_and(|slots| !slots.is_empty()), "{slots}");
    assert_eq!(booked["status"], "confirmed", "{booked}");
}

#[test]
fn the_examples_for_programs_work_on_any_day() {
    let app = TestApp::on(Backend::Sqlite).own_defaults().argument("--demo").start();
    let arguments = ["api-key", "add", "--host", "ada", "--name", "website", "--scope"];
    let key = app.cli(&[&arguments[..], &["bookings:write"]].concat());
    let key = key.done().trim().to_owned();
    let blocks = blocks("docs/integrator.md", "");
    let day = blocks.lines().find(|line| line.starts_with("DAY=")).expect("the day");
    let (before, after) = blocks.split_once("-H \"Authorization: Bearer $KEY\"").expect("the key");
    let before = before.trim_end().trim_end_matches("curl");
    let answers = run(&app, &[], before);
    let [slots, explained, booked] = answers.as_slice() else { panic!("{answers:#?}") };
    assert_eq!(explained["reasons"][0]["code"], "outside_hours", "{explained}");
    assert!(slots["slots"].as_array().is_some_and(|slots| !slots.is_empty()), "{slots}");
    assert_eq!(booked["answers"]["note"], "About the garden.", "{booked}");

    let token = app.dir().join("data");
    std::fs::write(token.join("reservations-token"), app.reservations_token()).expect("write");
    let id = booked["id"].as_str().expect("an id");
    let rest = format!("{day}\ncurl -H \"Authorization: Bearer $KEY\"{after}");
    let for_rooms = app.cli(&[&arguments[..], &["rooms:write"]].concat()).done().trim().to_owned();
    let variables = [("KEY", key.as_str()), ("ROOM_KEY", &for_rooms), ("ID", id)];
    let answers = run(&app, &variables, &rest);
    let [shown, list, cancelled, made, room] = answers.as_slice() else { panic!("{answers:#?}") };
    assert_eq!((&made["label"], &made["blocks"]), (&json!("Board"), &json!(false)), "{made}");
    assert_eq!(shown["id"], id, "{shown}");
    assert_eq!(list["bookings"][0]["id"], id, "{list}");
    assert_eq!(cancelled["status"], "cancelled", "{cancelled}");
    assert_eq!(room["message"], "No booking has a room of this name.");
}

/// The shell blocks of a document that contain `part`, one after the other.
fn blocks(document: &str, part: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(document);
    let text = std::fs::read_to_string(path).expect("the document");
    let starts = text.split("\n```sh\n").skip(1);
    let blocks = starts.filter_map(|block| block.split("\n```").next());
    let blocks: Vec<&str> = blocks.filter(|block| block.contains(part)).collect();
    assert!(!blocks.is_empty(), "{document} has examples");
    let blocks = blocks.join("\n");
    let date =
        |word: &str| word.len() >= 10 && word.starts_with("20") && word[4..].starts_with('-');
    let words = blocks.split(|c: char| !c.is_ascii_digit() && c != '-');
    assert_eq!(words.filter(|word| date(word)).count(), 0, "a date that passes: {blocks}");
    blocks
}

/// Runs shell lines against the program, and gives what each `curl` answered.
#[track_caller]
fn run(app: &TestApp, variables: &[(&str, &str)], lines: &str) -> Vec<Value> {
    let lines = lines
        .replace("http://localhost:8080", &app.base())
        .replace("http://localhost:8081", app.internal_client().base());
    let script = format!("set -eu\ncurl() {{ command curl -sS -w '\\n' \"$@\"; }}\n{lines}\n");
    let mut command = Command::new("bash");
    command.args(["-c", &script]).current_dir(app.dir()).envs(variables.iter().copied());
    let output = command.output().expect("bash");
    assert!(output.status.success(), "{script}: {output:?}");
    let printed = String::from_utf8_lossy(&output.stdout);
    let answers = printed.lines().filter(|line| !line.is_empty());
    answers
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}
