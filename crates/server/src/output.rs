//! What commands print, and what becomes of it when nobody reads any more.

use std::{
    fmt::Arguments,
    io::{self, Write},
};

use serde::Serialize;

/// Whoever read the output has seen enough, as in `| head`: a reason to end, not a failure.
#[derive(Debug, thiserror::Error)]
#[error("nobody reads the output any more")]
pub(crate) struct NobodyReads;

/// A line on standard output.
pub(crate) fn line(text: Arguments<'_>) -> anyhow::Result<()> {
    self::text(format_args!("{text}\n"))
}

/// Text as it is on standard output.
pub(crate) fn text(text: Arguments<'_>) -> anyhow::Result<()> {
    match io::stdout().write_fmt(text) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(NobodyReads.into()),
        written => Ok(written?),
    }
}

/// JSON for programs, indented for the people who look at it all the same.
pub(crate) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    line(format_args!("{}", serde_json::to_string_pretty(value)?))
}

/// For the person who started a server, on standard output; it runs on when nobody listens.
pub(crate) fn tell(text: Arguments<'_>) {
    let _ = writeln!(io::stdout(), "{text}");
}

/// As [`tell`], on standard error.
pub(crate) fn alert(text: Arguments<'_>) {
    let _ = writeln!(io::stderr(), "{text}");
}
