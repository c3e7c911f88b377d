//! Users, their sessions, password resets and API keys.

use diesel::{connection::SimpleConnection, dsl::exists, prelude::*};
use roomkey_core::{
    account::{Scope, User},
    ids::{ApiKeyId, UserId},
    text::{EmailAddress, Handle, Title},
    time::Instant,
    token::TokenHash,
};

use super::Tx;
use crate::{
    StoreError,
    row::{UserRow, parse},
    schema::{api_keys, password_resets, sessions, users},
};

/// A key of the JSON API, without the key.
#[derive(Debug, Clone)]
pub struct ApiKey {
    /// Names the row.
    pub id: ApiKeyId,
    /// What its owner calls it.
    pub name: Title,
    /// What it may do.
    pub scopes: Vec<Scope>,
}

impl Tx<'_> {
    /// Whether there is any user.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn has_users(&mut self) -> Result<bool, StoreError> {
        self.run(|c| diesel::select(exists(users::table.select(users::id))).get_result(c))
    }

    /// Keeps others from making accounts until the end of the transaction. On SQLite the whole
    /// transaction does so already.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn lock_accounts(&mut self) -> Result<(), StoreError> {
        use crate::connection::Conn;
        self.run(|c| match c {
            Conn::Sqlite(_) => Ok(()),
            Conn::Pg(c) => c.batch_execute("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE"),
        })
    }

    /// All users, by handle.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn users(&mut self) -> Result<Vec<User>, StoreError> {
        let rows: Vec<UserRow> =
            self.run(|c| users::table.order(users::handle).select(UserRow::as_select()).load(c))?;
        rows.iter().map(UserRow::read).collect()
    }

    /// Stores a new user.
    ///
    /// # Errors
    /// [`StoreError::Constraint`] if the address or the handle is taken.
    pub fn insert_user(
        &mut self,
        user: &User,
        password_hash: &str,
        now: Instant,
    ) -> Result<(), StoreError> {
        let values = (
            users::id.eq(user.id.to_string()),
            users::email.eq(user.email.as_str()),
            users::email_folded.eq(user.email.folded()),
            users::name.eq(user.name.as_str()),
            users::handle.eq(user.handle.as_str()),
            users::password_hash.eq(password_hash),
            users::role.eq(user.role.as_str()),
            users::time_zone.eq(user.time_zone.name()),
            users::created_at.eq(now.micros()),
        );
        self.run(|c| diesel::insert_into(users::table).values(values).execute(c)).map(drop)
    }

    /// The user with that address, and the hash of their password.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn user_to_sign_in(
        &mut self,
        email: &EmailAddress,
    ) -> Result<Option<(User, String)>, StoreError> {
        let row: Option<(UserRow, String)> = self.one(|c| {
            users::table
                .filter(users::email_folded.eq(email.folded()))
                .select((UserRow::as_select(), users::password_hash))
                .load(c)
        })?;
        row.map(|(row, hash)| Ok((row.read()?, hash))).transpose()
    }

    /// The user with that handle.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn user_by_handle(&mut self, handle: &Handle) -> Result<Option<User>, StoreError> {
        let row: Option<UserRow> = self.one(|c| {
            users::table
                .filter(users::handle.eq(handle.as_str()))
                .select(UserRow::as_select())
                .load(c)
        })?;
        row.map(|row| row.read()).transpose()
    }

    /// Locks a host's calendar until the end of the transaction, so that checks and inserts of
    /// bookings queue up. On SQLite the whole transaction is such a lock already.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn lock_host(&mut self, host: UserId) -> Result<(), StoreError> {
        use crate::connection::Conn;
        self.run(|c| match c {
            Conn::Sqlite(_) => Ok(()),
            Conn::Pg(c) => users::table
                .filter(users::id.eq(host.to_string()))
                .select(users::id)
                .for_no_key_update()
                .first::<String>(c)
                .map(drop),
        })
    }

    /// Gives a user a new password, ends all their sessions and voids their other reset links.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn change_password(&mut self, user: UserId, hash: &str) -> Result<(), StoreError> {
        let id = user.to_string();
        self.run(|c| {
            diesel::update(users::table.filter(users::id.eq(&id)))
                .set(users::password_hash.eq(hash))
                .execute(c)?;
            diesel::delete(sessions::table.filter(sessions::user_id.eq(&id))).execute(c)?;
            diesel::delete(password_resets::table.filter(password_resets::user_id.eq(&id)))
                .execute(c)
        })
        .map(drop)
    }

    /// Begins a session.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn insert_session(
        &mut self,
        token: TokenHash,
        user: UserId,
        now: Instant,
        expires_at: Instant,
    ) -> Result<(), StoreError> {
        let values = (
            sessions::token_hash.eq(token.to_hex()),
            sessions::user_id.eq(user.to_string()),
            sessions::created_at.eq(now.micros()),
            sessions::expires_at.eq(expires_at.micros()),
        );
        self.run(|c| diesel::insert_into(sessions::table).values(values).execute(c)).map(drop)
    }

    /// Whose session it is, if it has not expired.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn session_user(
        &mut self,
        token: TokenHash,
        now: Instant,
    ) -> Result<Option<User>, StoreError> {
        let row: Option<UserRow> = self.one(|c| {
            sessions::table
                .inner_join(users::table)
                .filter(sessions::token_hash.eq(token.to_hex()))
                .filter(sessions::expires_at.gt(now.micros()))
                .select(UserRow::as_select())
                .load(c)
        })?;
        row.map(|row| row.read()).transpose()
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete_session(&mut self, token: TokenHash) -> Result<(), StoreError> {
        self.run(|c| {
            diesel::delete(sessions::table.filter(sessions::token_hash.eq(token.to_hex())))
                .execute(c)
        })
        .map(drop)
    }

    /// Makes a link to choose a new password. It works if there is such a user.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn insert_password_reset(
        &mut self,
        token: TokenHash,
        user: UserId,
        expires_at: Instant,
    ) -> Result<(), StoreError> {
        let values = (
            password_resets::token_hash.eq(token.to_hex()),
            password_resets::user_id.eq(user.to_string()),
            password_resets::expires_at.eq(expires_at.micros()),
        );
        self.run(|c| diesel::insert_into(password_resets::table).values(values).execute(c))
            .map(drop)
    }

    /// Whose reset link it is, if it still works.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn password_reset_user(
        &mut self,
        token: TokenHash,
        now: Instant,
    ) -> Result<Option<User>, StoreError> {
        let row: Option<UserRow> = self.one(|c| {
            password_resets::table
                .inner_join(users::table.on(users::id.eq(password_resets::user_id)))
                .filter(password_resets::token_hash.eq(token.to_hex()))
                .filter(password_resets::expires_at.gt(now.micros()))
                .select(UserRow::as_select())
                .load(c)
        })?;
        row.map(|row| row.read()).transpose()
    }

    /// Stores a key of the JSON API.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn insert_api_key(
        &mut self,
        key: &ApiKey,
        user: UserId,
        hash: TokenHash,
        now: Instant,
    ) -> Result<(), StoreError> {
        let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.as_str()).collect();
        let values = (
            api_keys::id.eq(key.id.to_string()),
            api_keys::user_id.eq(user.to_string()),
            api_keys::name.eq(key.name.as_str()),
            api_keys::key_hash.eq(hash.to_hex()),
            api_keys::scopes.eq(scopes.join(" ")),
            api_keys::created_at.eq(now.micros()),
        );
        self.run(|c| diesel::insert_into(api_keys::table).values(values).execute(c)).map(drop)
    }

    /// The key with that hash, and whose it is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn api_key(&mut self, hash: TokenHash) -> Result<Option<(ApiKey, User)>, StoreError> {
        let row: Option<(String, String, String, UserRow)> = self.one(|c| {
            api_keys::table
                .inner_join(users::table)
                .filter(api_keys::key_hash.eq(hash.to_hex()))
                .select((api_keys::id, api_keys::name, api_keys::scopes, UserRow::as_select()))
                .load(c)
        })?;
        row.map(|(id, name, scopes, user)| {
            let scopes = scopes.split_whitespace().map(|scope| parse("api_keys.scopes", scope));
            let key = ApiKey {
                id: parse("api_keys.id", &id)?,
                name: Title::from_stored(name),
                scopes: scopes.collect::<Result<_, _>>()?,
            };
            Ok((key, user.read()?))
        })
        .transpose()
    }

    /// What somebody calls their API keys.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn api_key_names(&mut self, user: UserId) -> Result<Vec<(ApiKeyId, Title)>, StoreError> {
        let rows: Vec<(String, String)> = self.run(|c| {
            api_keys::table
                .filter(api_keys::user_id.eq(user.to_string()))
                .select((api_keys::id, api_keys::name))
                .load(c)
        })?;
        let read = |(id, name): (String, String)| {
            Ok((parse("api_keys.id", &id)?, Title::from_stored(name)))
        };
        rows.into_iter().map(read).collect()
    }
}
