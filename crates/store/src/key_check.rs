//! Whether the secret key is the one that this database was filled with: with another, every room
//! would be unknown and no link could be sent.

use diesel::{
    prelude::*,
    sql_query,
    sql_types::{Integer, Text},
};

use crate::{MigrateError, Vault, connection::Conn, schema::booking_links};

/// What a secret key is to a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// The one that it was filled with.
    Fits,
    /// It holds something sealed, with another.
    Wrong,
    /// It holds nothing sealed: any will do.
    Free,
}

const COLUMN: &str = "key_checks.sealed";
const SEALED: &str = "the secret key of this database";

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    sealed: String,
}

/// Looks at the check of a database that holds something sealed. Any other may change its key: the
/// check is made anew.
pub(crate) fn run(conn: &mut Conn, vault: &Vault) -> Result<(), MigrateError> {
    let failed = |error: diesel::result::Error| MigrateError::Open(error.to_string());
    match state(conn, Some(vault)).map_err(failed)? {
        KeyState::Fits => return Ok(()),
        KeyState::Wrong => return Err(MigrateError::WrongKey),
        KeyState::Free => {}
    }
    let sealed =
        vault.seal(COLUMN, SEALED).map_err(|error| MigrateError::Open(error.to_string()))?;
    sql_query(
        "INSERT INTO key_checks (id, sealed) VALUES ($1, $2) \
         ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed",
    )
    .bind::<Integer, _>(1)
    .bind::<Text, _>(sealed)
    .execute(conn)
    .map(drop)
    .map_err(failed)
}

/// What a vault's key is to a database; without a vault, whether the database needs one.
pub(crate) fn state(conn: &mut Conn, vault: Option<&Vault>) -> QueryResult<KeyState> {
    let Some(row) = load(conn)? else { return Ok(KeyState::Free) };
    if vault.is_some_and(|vault| vault.open(COLUMN, &row.sealed).is_ok()) {
        return Ok(KeyState::Fits);
    }
    Ok(if holds_secrets(conn)? { KeyState::Wrong } else { KeyState::Free })
}

fn holds_secrets(conn: &mut Conn) -> QueryResult<bool> {
    let links: Vec<String> =
        booking_links::table.select(booking_links::token_hash).limit(1).load(conn)?;
    Ok(!links.is_empty())
}

fn load(conn: &mut Conn) -> QueryResult<Option<Row>> {
    let rows: Vec<Row> = sql_query("SELECT sealed FROM key_checks").load(conn)?;
    Ok(rows.into_iter().next())
}
