//! Signing in and out. A session is a row; the cookie holds its random token.

use roomkey_core::{
    account::User,
    text::EmailAddress,
    time::{Instant, Minutes},
    token::Token,
};
use roomkey_store::{StoreError, Tx};
use secrecy::SecretString;

use crate::{App, Client, Csrf, Limited, attempts::Attempt, password::HashingFailed};

/// How long a session lasts.
const SESSION: Minutes = Minutes(14 * 24 * 60);

/// A session that has just begun.
#[derive(Debug)]
pub struct SignedIn {
    /// For the cookie.
    pub token: Token,
    /// When it ends.
    pub expires_at: Instant,
    /// Whose it is.
    pub user: User,
}

/// A session that a request brought.
#[derive(Debug, Clone)]
pub struct Session {
    /// Whose it is.
    pub user: User,
    /// What unsafe requests of this session must carry.
    pub csrf: Csrf,
}

/// Not signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// No account with that address and password; it is not said which was wrong.
    #[error("the email address or the password is wrong")]
    Wrong,
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
    /// Begins a session. Every attempt is counted before the password is looked at.
    ///
    /// # Errors
    /// [`SignInError`]
    pub async fn sign_in(
        &self,
        email: EmailAddress,
        password: SecretString,
        client: Client,
    ) -> Result<SignedIn, SignInError> {
        let account = email.folded();
        let app = self.clone();
        let attempt = Attempt::sign_in(&account, client);
        let found = self
            .store
            .write(move |tx| {
                app.attempt::<SignInError>(tx, &attempt, app.now())?;
                Ok::<_, SignInError>(tx.user_to_sign_in(&email)?)
            })
            .await?;
        let (user, hash) = found.unzip();
        let right = self.passwords.verify(password, hash.clone()).await?;
        let (Some(user), Some(verified), true) = (user, hash, right) else {
            return Err(SignInError::Wrong);
        };
        let app = self.clone();
        self.store
            .write(move |tx| {
                // The password may have been changed while it was verified, which ended all
                // sessions: none may begin with the old one after that.
                tx.lock_host(user.id)?;
                match tx.user_to_sign_in(&user.email)? {
                    Some((present, hash)) if hash == verified => {
                        Ok(app.begin_session(tx, present)?)
                    }
                    _ => Err(SignInError::Wrong),
                }
            })
            .await
    }

    /// Whether this is the account's password: for the person who runs the server, so that no
    /// attempt is counted.
    ///
    /// # Errors
    /// [`SignInError::Hashing`] and [`SignInError::Store`].
    pub async fn is_password(
        &self,
        email: EmailAddress,
        password: SecretString,
    ) -> Result<bool, SignInError> {
        let found = self.store.read(move |tx| tx.user_to_sign_in(&email)).await?;
        Ok(self.passwords.verify(password, found.map(|(_, hash)| hash)).await?)
    }

    /// Begins a session of somebody whose right to it was established in this transaction.
    pub(crate) fn begin_session(
        &self,
        tx: &mut Tx<'_>,
        user: User,
    ) -> Result<SignedIn, StoreError> {
        let now = self.now();
        let expires_at = now.plus(SESSION);
        let token = Token::new(self.entropy());
        Self::forgive(tx, &user.email.folded())?;
        tx.insert_session(token.hash(), user.id, now, expires_at)?;
        Ok(SignedIn { token, expires_at, user })
    }

    /// The session behind a cookie, if it lasts.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn session(&self, token: &Token) -> Result<Option<Session>, StoreError> {
        let (hash, now) = (token.hash(), self.now());
        let user = self.store.read(move |tx| tx.session_user(hash, now)).await?;
        Ok(user.map(|user| Session { user, csrf: self.csrf(token) }))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sign_out(&self, token: &Token) -> Result<(), StoreError> {
        let hash = token.hash();
        self.store.write(move |tx| tx.delete_session(hash)).await
    }
}
