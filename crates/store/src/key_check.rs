//! Whether the secret key is the one that this database was filled with: with another, every room
//! would be unknown and no link could be sent.

use diesel::{
    prelude::*,
    sql_query,
    sql_types::{Integer, Text},
};

use crate::{MigrateError, StoreError, Tx, Vault, connection::Conn};

/// What a secret key is to a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// Its own.
    Fits,
    /// It has another.
    Wrong,
    /// It has none yet: any will do.
    Free,
}

const COLUMN: &str = "key_checks.sealed";
const SEALED: &str = "the secret key of this database";

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    sealed: String,
}

/// Holds a key against the database's check, if there is one yet.
pub(crate) fn at_start(conn: &mut Conn, vault: &Vault) -> Result<(), MigrateError> {
    match state(conn, Some(vault)).map_err(|error| MigrateError::Open(error.to_string()))? {
        KeyState::Fits => vault.set_checked(),
        KeyState::Free => {}
        KeyState::Wrong => return Err(MigrateError::WrongKey),
    }
    Ok(())
}

impl Tx<'_> {
    /// Before the first thing is sealed for good, makes the check: the database is this key's from
    /// then on. Who has another key, and started before, is refused here.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] if it is another key's.
    pub(crate) fn check_key(&mut self) -> Result<(), StoreError> {
        if self.vault.is_checked() {
            return Ok(());
        }
        let vault = self.vault;
        match self.run(|c| state(c, Some(vault)))? {
            KeyState::Fits => {
                vault.set_checked();
                return Ok(());
            }
            KeyState::Wrong => return Err(StoreError::Unreadable(COLUMN)),
            KeyState::Free => {}
        }
        let sealed = vault.seal(COLUMN, SEALED)?;
        self.run(|c| {
            sql_query(
                "INSERT INTO key_checks (id, sealed) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING",
            )
            .bind::<Integer, _>(1)
            .bind::<Text, _>(sealed)
            .execute(c)
        })?;
        // Another process may have been first. Not noted yet: this transaction may be undone.
        match self.run(|c| state(c, Some(vault)))? {
            KeyState::Fits => Ok(()),
            KeyState::Free | KeyState::Wrong => Err(StoreError::Unreadable(COLUMN)),
        }
    }
}

/// What a vault's key is to a database; without a vault, whether the database needs one.
pub(crate) fn state(conn: &mut Conn, vault: Option<&Vault>) -> QueryResult<KeyState> {
    let Some(row) = load(conn)? else { return Ok(KeyState::Free) };
    let fits = vault.is_some_and(|vault| vault.open(COLUMN, &row.sealed).is_ok());
    Ok(if fits { KeyState::Fits } else { KeyState::Wrong })
}

fn load(conn: &mut Conn) -> QueryResult<Option<Row>> {
    let rows: Vec<Row> = sql_query("SELECT sealed FROM key_checks").load(conn)?;
    Ok(rows.into_iter().next())
}
