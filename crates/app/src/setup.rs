//! First run: the owner's account, by whoever can read the server's standard error.

use roomkey_core::{account::User, token::Token};
use roomkey_store::{Constraint, StoreError};
use subtle::ConstantTimeEq;

use crate::{App, Client, Limited, NewUser, attempts::Attempt, password::HashingFailed};

/// No owner was made.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// There is a user already.
    #[error("this installation is set up already")]
    Done,
    /// Not the token that was printed.
    #[error("this is not the token that the server printed at its start")]
    WrongToken,
    /// Too many attempts.
    #[error(transparent)]
    Limited(#[from] Limited),
    /// No hash.
    #[error(transparent)]
    Hashing(#[from] HashingFailed),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl App {
    /// Whether the first run is still to come.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn needs_setup(&self) -> Result<bool, StoreError> {
        self.store.read(|tx| tx.has_users()).await.map(|any| !any)
    }

    /// The one-time token, to be printed on standard error and nowhere else: made of the secret key,
    /// so that all processes over one database take the same.
    pub fn setup_token(&self) -> &Token {
        &self.setup_token
    }

    /// Makes the owner, once.
    ///
    /// # Errors
    /// [`SetupError`]
    pub async fn set_up(
        &self,
        token: &str,
        new: NewUser,
        client: Client,
    ) -> Result<User, SetupError> {
        if !self.needs_setup().await? {
            return Err(SetupError::Done);
        }
        let app = self.clone();
        let attempt = Attempt::token(client);
        self.store.write(move |tx| app.attempt::<SetupError>(tx, &attempt, app.now())).await?;
        if !bool::from(token.trim().as_bytes().ct_eq(self.setup_token.expose().as_bytes())) {
            return Err(SetupError::WrongToken);
        }
        let hash = self.first_hash(&new).await?;
        let app = self.clone();
        let made = self.store.write(move |tx| {
            // Two at once would both find none.
            tx.lock_accounts()?;
            if tx.has_users()? {
                return Err(SetupError::Done);
            }
            app.insert_user(tx, &new, &hash)
        });
        made.await.map_err(|error| match error {
            SetupError::Store(StoreError::Constraint(
                Constraint::UserEmail | Constraint::UserHandle,
            )) => SetupError::Done,
            other => other,
        })
    }
}
