use diesel::result::{DatabaseErrorKind, Error};

/// A rule of the schema, by one name for both databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Constraint {
    /// One account for each address.
    UserEmail,
    /// One account for each handle.
    UserHandle,
    /// One event type of a host for each slug.
    EventTypeSlug,
    /// One schedule of a host for each name.
    ScheduleName,
    /// No two holding bookings of a host overlap, buffers included.
    BookingOverlap,
    /// A session has no more bookings than seats.
    SessionFull,
    /// One record for each idempotency key of a scope.
    IdempotencyKey,
    /// One kept time for each visitor.
    Holder,
    /// Any other rule.
    Other,
}

/// What went wrong in the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A rule of the schema refused the change.
    #[error("the schema refused the change ({0:?})")]
    Constraint(Constraint),
    /// The database can not be reached or is out of room: try again later.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The database did not say what became of it: it may have been done all the same.
    #[error("the database did not answer")]
    Unanswered,
    /// Too many requests wait for a connection already.
    #[error("the database is busy")]
    Busy,
    /// A stored value does not read back: another secret key, or a hand-made change.
    #[error("stored {0} does not read back; was the secret key changed?")]
    Unreadable(&'static str),
    /// A fault of the program or of the database.
    #[error("the database failed: {0}")]
    Fault(String),
}

impl StoreError {
    /// Whether the same request may go well a little later.
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Unanswered | Self::Busy)
    }
}

/// What to do about a database error, beside telling it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// Nothing.
    None,
    /// Run the transaction again: it lost a race.
    Retry,
    /// Throw the connection away.
    Reconnect,
}

/// Reads a database error, and says what can be done about it.
pub(crate) fn classify(error: &Error) -> (StoreError, Remedy) {
    let text = error.to_string();
    let contains = |parts: &[&str]| parts.iter().any(|part| text.contains(part));
    match error {
        Error::DatabaseError(DatabaseErrorKind::UniqueViolation, info) => {
            let named = info.constraint_name().unwrap_or_else(|| info.message());
            let constraint = constraint(named);
            // Another that came while the first was under way: the next try finds what it made.
            let remedy = match constraint {
                Constraint::IdempotencyKey | Constraint::Holder => Remedy::Retry,
                _ => Remedy::None,
            };
            (StoreError::Constraint(constraint), remedy)
        }
        Error::DatabaseError(DatabaseErrorKind::ExclusionViolation, _) => {
            (StoreError::Constraint(Constraint::BookingOverlap), Remedy::None)
        }
        Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => {
            (StoreError::Unavailable(text), Remedy::Retry)
        }
        Error::DatabaseError(DatabaseErrorKind::ClosedConnection, _)
        | Error::BrokenTransactionManager => (StoreError::Unavailable(text), Remedy::Reconnect),
        Error::DatabaseError(_, _) if contains(&["booking_hosts_host_id_"]) => {
            (StoreError::Constraint(Constraint::BookingOverlap), Remedy::None)
        }
        Error::DatabaseError(_, _) if contains(&["group_sessions_taken_check"]) => {
            (StoreError::Constraint(Constraint::SessionFull), Remedy::None)
        }
        Error::DatabaseError(_, _)
            if contains(&[
                "deadlock detected",
                "database is locked",
                "database table is locked",
            ]) =>
        {
            (StoreError::Unavailable(text), Remedy::Retry)
        }
        Error::DatabaseError(_, _) if contains(&UNREACHABLE) => {
            (StoreError::Unavailable(text), Remedy::Reconnect)
        }
        Error::DatabaseError(_, _) if contains(&BUSY_OR_FULL) => {
            (StoreError::Unavailable(text), Remedy::None)
        }
        _ => (StoreError::Fault(text), Remedy::None),
    }
}

/// What both say when they can not do it now: held locks, a standby, a full disk.
const BUSY_OR_FULL: [&str; 6] = [
    "due to lock timeout",
    "due to statement timeout",
    "in a read-only transaction",
    "disk is full",
    "disk I/O error",
    "No space",
];

/// What libpq and PostgreSQL say when the other end has gone, or is about to.
const UNREACHABLE: [&str; 7] = [
    "server closed the connection",
    "connection to server",
    "terminating connection",
    "no connection to the server",
    "the database system is",
    "could not receive data from server",
    "could not send data to server",
];

/// PostgreSQL names the constraint, SQLite the columns.
fn constraint(named: &str) -> Constraint {
    let is = |name: &str, columns: &str| named.contains(name) || named.contains(columns);
    if is("users_email_folded_key", "users.email_folded") {
        Constraint::UserEmail
    } else if is("users_handle_key", "users.handle") {
        Constraint::UserHandle
    } else if is("event_types_host_id_slug_key", "event_types.slug") {
        Constraint::EventTypeSlug
    } else if is("schedules_user_id_name_key", "schedules.name") {
        Constraint::ScheduleName
    } else if is("slot_holds_pkey", "slot_holds.holder") {
        Constraint::Holder
    } else if is("idempotency_records_scope_key_key", "idempotency_records.scope") {
        Constraint::IdempotencyKey
    } else {
        Constraint::Other
    }
}
