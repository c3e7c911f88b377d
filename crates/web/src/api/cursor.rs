//! Where a list goes on: opaque to its reader, and short.

use std::{fmt::Display, str::FromStr};

use data_encoding::BASE64URL_NOPAD;
use roomkey_core::time::Instant;

/// After the thing of that start and id.
pub(super) fn write(start: Instant, id: impl Display) -> String {
    BASE64URL_NOPAD.encode(format!("{} {id}", start.micros()).as_bytes())
}

/// Start and id of the last thing of the part before.
pub(super) fn read<T: FromStr>(text: &str) -> Option<(Instant, T)> {
    let text = String::from_utf8(BASE64URL_NOPAD.decode(text.as_bytes()).ok()?).ok()?;
    let (start, id) = text.split_once(' ')?;
    Some((Instant::from_micros(start.parse().ok()?), id.parse().ok()?))
}
