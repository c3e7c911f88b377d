//! Where settings come from.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, anyhow};
use toml::{Table, Value};

use super::given::{Given, Setting};

/// Read if no other file is named.
const DEFAULT_FILE: &str = "roomkey.toml";

/// What the names of variables begin with.
const PREFIX: &str = "ROOMKEY_";

/// Where a setting was given.
#[derive(Debug, Clone)]
pub(super) enum Origin {
    /// In a TOML file.
    File(PathBuf),
    /// In the environment, in the variable of that name.
    Variable(String),
    /// In a file of its own, which another setting names.
    Secret(PathBuf, Box<Origin>),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "in {}", path.display()),
            Self::Variable(name) => write!(f, "from {name}"),
            Self::Secret(path, named) => write!(f, "in {} (given {named})", path.display()),
        }
    }
}

/// The variable that sets a key.
pub(super) fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_uppercase())
}

/// The settings of the file, and those of the environment over them.
pub(super) fn read(file: Option<&Path>) -> anyhow::Result<Given> {
    let mut given = Given::default();
    let path = file.unwrap_or(Path::new(DEFAULT_FILE));
    match fs::read_to_string(path) {
        Ok(text) => flatten(&mut given, &Origin::File(path.to_owned()), "", table(path, &text)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound && file.is_none() => {}
        Err(error) => {
            let option = if file.is_some() { "--config: " } else { "" };
            return Err(error)
                .with_context(|| format!("{option}{} can not be read", path.display()));
        }
    }
    for (name, value) in std::env::vars_os() {
        let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else { continue };
        let value = value.into_string().map_err(|_| anyhow!("{name} is not UTF-8"))?;
        let key = name.trim_start_matches(PREFIX).to_lowercase().replace("__", ".");
        let origin = Origin::Variable(name.to_owned());
        given.insert(key, Setting { value: Value::String(value), origin });
    }
    Ok(given)
}

/// Without the text around a fault, which may hold a password.
fn table(path: &Path, text: &str) -> anyhow::Result<Table> {
    text.parse().map_err(|error: toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.lines().count().max(1);
        let fault = error.message().replace('\n', ", ");
        anyhow!("{} is not TOML, line {line}: {fault}", path.display())
    })
}

/// Names each value by its key with the sections before it.
fn flatten(given: &mut Given, origin: &Origin, section: &str, table: Table) {
    for (name, value) in table {
        let key = if section.is_empty() { name } else { format!("{section}.{name}") };
        match value {
            Value::Table(inner) => flatten(given, origin, &key, inner),
            // Sections of one name, [[like this]]: known by their place.
            Value::Array(list) if list.iter().any(Value::is_table) => {
                for (place, value) in list.into_iter().enumerate() {
                    let part = Table::from_iter([(place.to_string(), value)]);
                    flatten(given, origin, &key, part);
                }
            }
            value => given.insert(key, Setting { value, origin: origin.clone() }),
        }
    }
}
