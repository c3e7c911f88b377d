//! Making accounts.

use roomkey_core::{
    account::{NewPassword, Role, User},
    ids::{ScheduleId, UserId},
    text::{EmailAddress, Handle, PersonName},
    time::{TimeZone, Weekday},
};
use roomkey_store::{Constraint, StoreError, Tx};

use crate::{App, password::HashingFailed, schedules::first_schedule};

/// What an account is made of.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// Where mail goes, and the name to sign in with.
    pub email: EmailAddress,
    /// As customers see it.
    pub name: PersonName,
    /// The first part of the host's addresses.
    pub handle: Handle,
    /// In which times are shown; also the zone of the first schedule.
    pub time_zone: TimeZone,
    /// What the user may do.
    pub role: Role,
    /// The password; without one the account is opened by a reset link.
    pub password: Option<NewPassword>,
}

/// No account was made.
#[derive(Debug, thiserror::Error)]
pub enum AddUserError {
    /// There is one with that address.
    #[error("an account with this email address exists already")]
    EmailTaken,
    /// There is one with that handle.
    #[error("this handle is taken, choose another")]
    HandleTaken,
    /// No hash.
    #[error(transparent)]
    Hashing(#[from] HashingFailed),
    /// The database.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for AddUserError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Constraint(Constraint::UserEmail) => Self::EmailTaken,
            StoreError::Constraint(Constraint::UserHandle) => Self::HandleTaken,
            other => Self::Store(other),
        }
    }
}

impl App {
    /// Makes an account, with office hours as its first schedule.
    ///
    /// # Errors
    /// [`AddUserError`].
    pub async fn add_user(&self, new: NewUser) -> Result<User, AddUserError> {
        let hash = self.first_hash(&new).await?;
        let app = self.clone();
        self.store.write(move |tx| app.insert_user(tx, &new, &hash)).await
    }

    /// The hash to store: of no password, one that nothing matches.
    pub(crate) async fn first_hash(&self, new: &NewUser) -> Result<String, HashingFailed> {
        match &new.password {
            Some(password) => self.passwords.hash(password.expose().to_owned().into()).await,
            None => Ok("!".to_owned()),
        }
    }

    pub(crate) fn insert_user<E: From<StoreError>>(
        &self,
        tx: &mut Tx<'_>,
        new: &NewUser,
        hash: &str,
    ) -> Result<User, E> {
        let now = self.now();
        let user = User {
            id: UserId::new(now, self.entropy()),
            email: new.email.clone(),
            name: new.name.clone(),
            handle: new.handle.clone(),
            role: new.role,
            time_zone: new.time_zone,
            week_start: Weekday::Mon,
        };
        tx.insert_user(&user, hash, now)?;
        let schedule = ScheduleId::new(now, self.entropy());
        tx.save_schedule(&first_schedule(schedule, user.id, new.time_zone))?;
        Ok(user)
    }

    /// All hosts, by handle.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn hosts(&self) -> Result<Vec<User>, StoreError> {
        self.store.read(|tx| tx.users()).await
    }

    /// The host with that handle; a text that can be none is simply not found.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn host(&self, handle: &str) -> Result<Option<User>, StoreError> {
        match handle.parse::<Handle>() {
            Ok(handle) => self.store.read(move |tx| tx.user_by_handle(&handle)).await,
            Err(_) => Ok(None),
        }
    }
}
