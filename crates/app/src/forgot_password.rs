//! A forgotten password: a link by mail, and the same answer whether or not the address is known.

use roomkey_core::{
    account::NewPassword, ids::UserId, notice::Notice, text::EmailAddress, time::Minutes,
    token::Token,
};
use roomkey_store::StoreError;

use crate::{App, Client, Limited, attempts::Attempt, context::enqueue, password::HashingFailed};

/// How long a reset link works.
pub(crate) const LIFETIME: Minutes = Minutes(60);

/// The password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ResetError {
    /// No such link, or it was used, or its hour has passed.
    #[error("this link does not work any more; ask for a new one")]
    LinkUsedUp,
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
    /// Sends a reset link if there is an account with that address. If there is none, the same rows
    /// are written for nobody, so that the time that it takes does not tell either.
    ///
    /// # Errors
    /// [`ResetError::Limited`] or [`ResetError::Store`], also the same for both.
    pub async fn forgot_password(
        &self,
        email: EmailAddress,
        client: Client,
    ) -> Result<(), ResetError> {
        let app = self.clone();
        self.store
            .write(move |tx| {
                let now = app.now();
                let attempt = Attempt::forgot_password(&email.folded(), client);
                app.attempt::<ResetError>(tx, &attempt, now)?;
                let token = Token::new(app.entropy());
                let expires_at = now.plus(LIFETIME);
                let user = tx.user_to_sign_in(&email)?.map(|(user, _)| user.id);
                let user = user.unwrap_or_else(|| UserId::new(now, app.entropy()));
                tx.insert_password_reset(token.hash(), user, expires_at)?;
                let notice = Notice::PasswordReset { user, token, expires_at };
                Ok::<_, ResetError>(enqueue(tx, &[notice], now, app.entropy())?)
            })
            .await
        // The worker is not woken: it finds the mail by itself within half a second. At work at
        // once, it would take processor time from this answer, more of it where there is a mail.
    }

    /// The address of the account that a reset link is for, while it works.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn reset_link_account(
        &self,
        token: &Token,
    ) -> Result<Option<EmailAddress>, StoreError> {
        let (hash, now) = (token.hash(), self.now());
        self.store
            .read(move |tx| tx.password_reset_user(hash, now))
            .await
            .map(|user| user.map(|user| user.email))
    }

    /// Changes the password, uses up the link, and ends every session of the account.
    ///
    /// # Errors
    /// [`ResetError`]
    pub async fn reset_password(
        &self,
        token: &Token,
        password: NewPassword,
        client: Client,
    ) -> Result<(), ResetError> {
        let app = self.clone();
        let attempt = Attempt::token(client);
        self.store.write(move |tx| app.attempt::<ResetError>(tx, &attempt, app.now())).await?;
        let hash = self.passwords.hash(password.expose().to_owned().into()).await?;
        let (link, now) = (token.hash(), self.now());
        self.store
            .write(move |tx| {
                let user = tx.password_reset_user(link, now)?.ok_or(ResetError::LinkUsedUp)?;
                tx.change_password(user.id, &hash)?;
                Ok(Self::forgive(tx, &user.email.folded())?)
            })
            .await
    }
}
