//! The settings as they were given, and how each is read: whatever is wrong with one is said in a
//! sentence that names its key and where it was given. Values of secrets are never repeated.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    fs,
    path::PathBuf,
    str::FromStr,
};

use anyhow::{anyhow, bail};
use secrecy::{ExposeSecret, SecretString};
use toml::Value;

use super::sources::{Origin, variable};

/// A value, and where it was given.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) value: Value,
    pub(super) origin: Origin,
}

/// What was given, by key. Reading a setting takes it out; what is left at the end is unknown.
#[derive(Debug, Default)]
pub(super) struct Given {
    settings: BTreeMap<String, Setting>,
    known: BTreeSet<String>,
}

/// An address with a password where none belongs is repeated without it.
fn without_password(text: &str) -> String {
    match text.split_once("://").zip(text.rsplit_once('@')) {
        Some(((scheme, _), (_, rest))) => format!("{scheme}://…@{rest}"),
        None => text.to_owned(),
    }
}

impl Given {
    /// How many sections there are of a name that may be used several times: `key.0`, `key.1` and so on.
    pub(super) fn sections(&self, key: &str) -> usize {
        let is_given = |place: &usize| {
            let section = format!("{key}.{place}.");
            self.settings.keys().any(|given| given.starts_with(&section))
        };
        (0..self.settings.len()).take_while(is_given).count()
    }

    /// Adds a setting, over one that was given before.
    pub(super) fn insert(&mut self, key: String, setting: Setting) {
        self.settings.insert(key, setting);
    }

    fn take(&mut self, key: &str) -> Option<Setting> {
        self.known.insert(key.to_owned());
        self.settings.remove(key)
    }

    /// A text, read by `parse`; `usual` if it was not given.
    pub(super) fn text<T, E: Display>(
        &mut self,
        key: &str,
        usual: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> anyhow::Result<T> {
        let Some(Setting { value, origin }) = self.take(key) else {
            return parse(usual).map_err(|error| anyhow!("{key} = {usual:?}: {error}"));
        };
        match value.as_str() {
            Some(text) => {
                let shown = without_password(text);
                parse(text).map_err(|error| anyhow!("{key} = {shown:?} {origin}: {error}"))
            }
            None => bail!("{key} {origin}: write a text in quotes, not {}", kind(&value)),
        }
    }

    /// A text that must be given.
    pub(super) fn needed<T, E: Display>(
        &mut self,
        key: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> anyhow::Result<T> {
        if !self.settings.contains_key(key) {
            bail!("{key} is missing");
        }
        self.text(key, "", parse)
    }

    /// A text that may be left out.
    pub(super) fn path(&mut self, key: &str) -> anyhow::Result<Option<PathBuf>> {
        if !self.settings.contains_key(key) {
            self.known.insert(key.to_owned());
            return Ok(None);
        }
        self.text(key, "", |text| match text {
            "" => Err("name a file or folder"),
            path => Ok(Some(PathBuf::from(path))),
        })
    }

    /// Yes or no: a boolean in the file, a word in the environment.
    pub(super) fn switch(&mut self, key: &str, usual: bool) -> anyhow::Result<bool> {
        let Some(Setting { value, origin }) = self.take(key) else { return Ok(usual) };
        let on = match &value {
            Value::Boolean(on) => Some(*on),
            Value::String(word) => word.parse().ok(),
            _ => None,
        };
        on.ok_or_else(|| anyhow!("{key} = {value} {origin}: use true or false"))
    }

    /// Several words: a list in the file, separated by commas in the environment.
    pub(super) fn words<T, E: Display>(
        &mut self,
        key: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> anyhow::Result<Vec<T>> {
        let Some(Setting { value, origin }) = self.take(key) else { return Ok(Vec::new()) };
        let words: Option<Vec<&str>> = match &value {
            Value::String(line) => Some(line.split(',').map(str::trim).collect()),
            Value::Array(list) => list.iter().map(Value::as_str).collect(),
            _ => None,
        };
        let Some(words) = words else { bail!("{key} {origin}: write a list of texts in quotes") };
        let read = |word: &&str| {
            parse(word).map_err(|error| anyhow!("{key} has {word:?} {origin}: {error}"))
        };
        words.iter().filter(|word| !word.is_empty()).map(read).collect()
    }

    /// A secret that may be left out, or stand in a file of its own, named by the key with `_file`
    /// behind it.
    pub(super) fn secret<T, E: Display>(
        &mut self,
        key: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> anyhow::Result<Option<T>> {
        let file_key = format!("{key}_file");
        let (here, file) = (self.take(key), self.take(&file_key));
        let (text, origin) = match (here, file) {
            (None, None) => return Ok(None),
            (Some(here), Some(file)) => bail!(
                "{key} {} and {file_key} {} are both given; keep one",
                here.origin,
                file.origin
            ),
            (Some(Setting { value: Value::String(text), origin }), None) => {
                (SecretString::from(text), origin)
            }
            (None, Some(Setting { value: Value::String(path), origin })) => {
                let text = fs::read_to_string(&path).map_err(|error| {
                    anyhow!("{file_key} = {path:?} {origin}: the file can not be read: {error}")
                })?;
                (text.trim().into(), Origin::Secret(path.into(), Box::new(origin)))
            }
            (Some(wrong), None) => bail!("{key} {}: write a text in quotes", wrong.origin),
            (None, Some(wrong)) => bail!("{file_key} {}: write a path in quotes", wrong.origin),
        };
        let parsed = parse(text.expose_secret());
        parsed.map(Some).map_err(|error| anyhow!("{key} {origin}: {error}"))
    }

    /// Refuses what nobody has read.
    pub(super) fn finish(self) -> anyhow::Result<()> {
        let Some((key, Setting { origin, .. })) = self.settings.first_key_value() else {
            return Ok(());
        };
        let section = format!("{key}.");
        if self.known.iter().any(|known| known.starts_with(&section)) {
            bail!("{key} {origin} is no setting, but a section; set {key}.SOMETHING")
        }
        let near = self.known.iter().max_by(|a, b| likeness(key, a).total_cmp(&likeness(key, b)));
        match near.filter(|near| likeness(key, near) > 0.8) {
            Some(near) => bail!(
                "{key} {origin} is no setting; {near} is one, as a variable {}",
                variable(near)
            ),
            None => bail!("{key} {origin} is no setting; docs/operator.md lists them all"),
        }
    }
}

/// From 0 to 1.
fn likeness(key: &str, other: &str) -> f64 {
    strsim::jaro_winkler(&key.replace('_', "."), &other.replace('_', "."))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Integer(_) | Value::Float(_) => "a number",
        Value::Boolean(_) => "true or false",
        Value::Array(_) => "a list",
        _ => "a date",
    }
}

/// For [`Given::text`] and its like.
pub(super) fn parsed<T: FromStr>(text: &str) -> Result<T, T::Err> {
    text.parse()
}
