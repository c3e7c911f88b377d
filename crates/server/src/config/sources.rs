//! Where settings come from.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use toml::{Table, Value};

/// Read if no other file is named.
const DEFAULT_FILE: &str = "roomkey.toml";

/// Keys whose value may stand in a file of its own, named by the key with `_file` behind it.
const SECRETS: [&[&str]; 5] = [
    &["database_url"],
    &["secret_key"],
    &["mail", "url"],
    &["jitsi", "reservations_token"],
    &["jitsi", "reservations_token_previous"],
];

/// The file's settings, the environment's over them, and secrets read from their files.
pub(super) fn table(file: Option<&Path>) -> anyhow::Result<Table> {
    let mut table = read(file)?;
    for (name, value) in std::env::vars_os() {
        let Some(name) = name.to_str().and_then(|name| name.strip_prefix("ROOMKEY_")) else {
            continue;
        };
        let value = value.into_string().ok();
        let value = value.with_context(|| format!("ROOMKEY_{name} is not UTF-8"))?;
        let path: Vec<String> = name.split("__").map(str::to_lowercase).collect();
        insert(&mut table, &path, Value::String(value))
            .with_context(|| format!("ROOMKEY_{name} is no setting"))?;
    }
    for secret in SECRETS {
        read_secret(&mut table, secret)?;
    }
    Ok(table)
}

fn read(file: Option<&Path>) -> anyhow::Result<Table> {
    let (path, needed) = match file {
        Some(path) => (path.to_owned(), true),
        None => (PathBuf::from(DEFAULT_FILE), false),
    };
    match fs::read_to_string(&path) {
        Ok(text) => {
            text.parse().with_context(|| format!("{} can not be read as TOML", path.display()))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound && !needed => Ok(Table::new()),
        Err(error) => Err(error).with_context(|| format!("{} can not be read", path.display())),
    }
}

fn insert(table: &mut Table, path: &[String], value: Value) -> anyhow::Result<()> {
    match path {
        [] => bail!("it has no name"),
        [key] => {
            table.insert(key.clone(), value);
            Ok(())
        }
        [section, rest @ ..] => {
            match table.entry(section.clone()).or_insert_with(|| Value::Table(Table::new())) {
                Value::Table(inner) => insert(inner, rest, value),
                _ => bail!("'{section}' is not a section"),
            }
        }
    }
}

fn read_secret(table: &mut Table, path: &[&str]) -> anyhow::Result<()> {
    let name = path.join(".");
    let (Some((key, sections)), mut inner) = (path.split_last(), table) else { return Ok(()) };
    for section in sections {
        match inner.get_mut(*section) {
            Some(Value::Table(next)) => inner = next,
            _ => return Ok(()),
        }
    }
    let Some(file) = inner.remove(&format!("{key}_file")) else { return Ok(()) };
    let Value::String(file) = file else { bail!("{name}_file is not a path") };
    if inner.contains_key(*key) {
        bail!("both {name} and {name}_file are given; keep one");
    }
    let secret = fs::read_to_string(&file)
        .with_context(|| format!("{name}_file: {file} can not be read"))?;
    inner.insert((*key).to_owned(), Value::String(secret.trim().to_owned()));
    Ok(())
}
