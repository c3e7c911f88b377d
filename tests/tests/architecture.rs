//! The house's rules that a compiler does not know: which crate may use which, and what both databases share.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Each crate and the crates of ours that it may use; `server` wires all of them, and nobody uses `web` or `server`.
const MAY_USE: &[(&str, &[&str])] = &[
    ("roomkey-core", &[]),
    ("roomkey-store", &["roomkey-core"]),
    ("roomkey-app", &["roomkey-core", "roomkey-store"]),
    ("roomkey-mailer", &["roomkey-core", "roomkey-store"]),
    ("roomkey-reservations", &["roomkey-core", "roomkey-store", "roomkey-app"]),
    ("roomkey-web", &["roomkey-core", "roomkey-store", "roomkey-app"]),
];

/// Foreign crates and the only crates of ours that may name them.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("diesel", &["roomkey-store"]),
    ("diesel_migrations", &["roomkey-store"]),
    ("libsqlite3-sys", &["roomkey-store"]),
    ("pq-sys", &["roomkey-store"]),
    ("actix-web", &["roomkey-web", "roomkey-reservations", "roomkey-server"]),
    ("askama", &["roomkey-web", "roomkey-mailer"]),
    ("lettre", &["roomkey-mailer"]),
    ("utoipa", &["roomkey-web"]),
    ("clap", &["roomkey-server"]),
    ("anyhow", &["roomkey-server"]),
];

#[test]
fn crates_use_each_other_in_one_direction_only() {
    let uses = dependencies();
    for (name, allowed) in MAY_USE {
        let ours: BTreeSet<&str> = uses[*name]
            .iter()
            .map(String::as_str)
            .filter(|each| each.starts_with("roomkey-"))
            .collect();
        let allowed: BTreeSet<&str> = allowed.iter().copied().collect();
        assert!(ours.is_subset(&allowed), "{name} uses {ours:?}, but may use {allowed:?}");
    }
}

#[test]
fn foreign_types_stay_where_they_belong() {
    for (name, uses) in dependencies().iter().filter(|(name, _)| is_product(name)) {
        for (foreign, homes) in ONLY_IN {
            assert!(
                homes.contains(&name.as_str()) || !uses.contains(*foreign),
                "{name} uses {foreign}, whose place is {homes:?}"
            );
        }
    }
}

#[test]
fn the_domain_does_no_input_or_output() {
    let uses = &dependencies()["roomkey-core"];
    for foreign in ["tokio", "getrandom", "rand", "reqwest", "tracing", "rust-embed"] {
        assert!(!uses.contains(foreign), "roomkey-core uses {foreign}");
    }
}

#[test]
fn both_databases_have_the_same_migrations() {
    let [sqlite, postgres] = ["sqlite", "postgres"].map(|kind| {
        let folder = root().join("migrations").join(kind);
        let names: BTreeSet<String> = entries(&folder)
            .into_iter()
            .filter(|path| path.is_dir())
            .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
            .collect();
        for name in &names {
            for file in ["up.sql", "down.sql"] {
                let path = folder.join(name).join(file);
                assert!(path.is_file(), "{} is missing", path.display());
            }
        }
        names
    });
    assert!(!sqlite.is_empty(), "there are migrations");
    assert_eq!(sqlite, postgres);
}

#[test]
fn no_page_has_inline_script_or_style_or_unescaped_text() {
    let mut templates = Vec::new();
    find(&root().join("templates"), &mut templates);
    assert!(!templates.is_empty(), "there are templates");
    for path in templates {
        let text = std::fs::read_to_string(&path).expect("a template").to_lowercase();
        let shown = path.display();
        for filter in ["|safe", "| safe", "escape(\"none\")"] {
            assert!(!text.contains(filter), "{shown} turns escaping off with {filter}");
        }
        // Mail programs know no style sheets, so only pages are held to this.
        let is_mail = path
            .components()
            .any(|part| part.as_os_str().to_str().is_some_and(|part| part.starts_with("mail")));
        if !is_mail {
            for inline in [" style=", "<style", "<script>", " onclick=", " onload=", "javascript:"]
            {
                assert!(!text.contains(inline), "{shown} has {inline}");
            }
        }
    }
}

/// The direct dependencies that each workspace member ships with, by name.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo metadata");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let name = |value: &Value| value["name"].as_str().expect("a name").to_owned();
    packages
        .iter()
        .map(|package| {
            let all = package["dependencies"].as_array().expect("dependencies");
            let shipped = all.iter().filter(|each| each["kind"].is_null());
            (name(package), shipped.map(name).collect())
        })
        .collect()
}

fn is_product(name: &str) -> bool {
    name == "roomkey-server" || MAY_USE.iter().any(|(each, _)| *each == name)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder);
    let entries = entries.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.expect("an entry").path()).collect()
}

fn find(folder: &Path, found: &mut Vec<PathBuf>) {
    for path in entries(folder) {
        if path.is_dir() {
            find(&path, found);
        } else {
            found.push(path);
        }
    }
}
