//! What commands print.

use serde::Serialize;

/// JSON for programs, indented for the people who look at it all the same.
pub(super) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string_pretty(value)?);
    Ok(())
}
