mod group_commit;

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use diesel::r2d2::{Pool, PooledConnection};
use group_commit::Queue;
use roomkey_core::random::Entropy;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::{
    Backend, DatabaseUrl, MigrateError, Migration, SchemaPolicy, SecretKey, StoreError, Tx, Vault,
    connection::{Access, CONNECT_PATIENCE, CONNECT_PATIENCE_WHILE_AWAY, Manager, Pooled},
    error::{Remedy, classify},
    key_check, migrate,
};

/// How long a request waits for its turn at the database.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the database may take for all that a request asks of it. Longer than its own limits,
/// so that this one counts only where it does not answer at all.
const ANSWER: Duration = Duration::from_secs(10);
/// How long it may take to say that it is there.
const READY: Duration = Duration::from_secs(3);
/// How many may wait; the next is told at once.
const WAITING: usize = 1024;
/// How often a transaction that lost a race is run again, as long as it has not taken [`PATIENCE`].
const TRIES: u32 = 8;

/// What a store is opened with.
#[derive(Debug)]
pub struct StoreOptions {
    /// Where the database is.
    pub url: DatabaseUrl,
    /// Connections at most (on SQLite: readers, beside the one writer).
    pub connections: u32,
    /// Seals what is secret.
    pub secret_key: SecretKey,
    /// What is done about the schema.
    pub schema: SchemaPolicy,
}

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    url: DatabaseUrl,
    readers: Lane,
    /// SQLite has one writer; on PostgreSQL it is the readers' lane.
    writer: Option<Writer>,
    vault: Vault,
}

/// The one connection that writes, and what is to be written.
struct Writer {
    lane: Lane,
    queue: Queue,
}

/// Connections, and the queue for them.
struct Lane {
    pool: Pool<Manager>,
    turns: Arc<Semaphore>,
    /// A place for each request that waits. Given back however the waiting ends: a client that goes
    /// away drops its request in the midst of it.
    places: Semaphore,
    /// The last try to connect failed.
    away: AtomicBool,
}

impl Lane {
    fn new(url: &DatabaseUrl, access: Access, size: u32) -> Self {
        let pool = Pool::builder()
            .max_size(size)
            .min_idle(Some(0))
            .test_on_check_out(false)
            .connection_timeout(CONNECT_PATIENCE)
            .idle_timeout(Some(Duration::from_mins(10)))
            .error_handler(Box::new(QuietErrors))
            .build_unchecked(Manager { url: url.clone(), access });
        let turns = Arc::new(Semaphore::new(size as usize));
        Self { pool, turns, places: Semaphore::new(WAITING), away: AtomicBool::new(false) }
    }

    async fn turn(&self) -> Result<OwnedSemaphorePermit, StoreError> {
        if let Ok(permit) = Arc::clone(&self.turns).try_acquire_owned() {
            return Ok(permit);
        }
        let _place = self.places.try_acquire().map_err(|_| StoreError::Busy)?;
        let permit = tokio::time::timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned()).await;
        permit.ok().and_then(Result::ok).ok_or(StoreError::Busy)
    }

    fn connection(&self) -> Result<PooledConnection<Manager>, StoreError> {
        let patience = if self.away.load(Ordering::Relaxed) {
            CONNECT_PATIENCE_WHILE_AWAY
        } else {
            CONNECT_PATIENCE
        };
        let connection = self.pool.get_timeout(patience);
        self.away.store(connection.is_err(), Ordering::Relaxed);
        connection.map_err(|error| StoreError::Unavailable(error.to_string()))
    }
}

/// The pool tells of failed connections through its callers; it need not log them as well.
#[derive(Debug)]
struct QuietErrors;

impl diesel::r2d2::HandleError<diesel::r2d2::Error> for QuietErrors {
    fn handle_error(&self, error: diesel::r2d2::Error) {
        tracing::debug!(%error, "a database connection could not be opened");
    }
}

impl Store {
    /// Sees to the schema and opens the database.
    ///
    /// # Errors
    /// [`MigrateError`] if there is no database, or its schema can not be brought up to date.
    pub fn open(options: StoreOptions, entropy: Arc<dyn Entropy>) -> Result<Self, MigrateError> {
        #[cfg(debug_assertions)]
        crate::failpoint::install();
        let (_, mut conn) = migrate::run(&options.url, options.schema)?;
        let StoreOptions { url, connections, secret_key, schema: _ } = options;
        let open = |access, size| Lane::new(&url, access, size);
        let (readers, writer) = match url.backend() {
            Backend::Sqlite => {
                let writer = Writer { lane: open(Access::ReadWrite, 1), queue: Queue::default() };
                (open(Access::ReadOnly, connections), Some(writer))
            }
            Backend::Postgres => (open(Access::ReadWrite, connections), None),
        };
        let vault = Vault::new(&secret_key, entropy);
        key_check::at_start(&mut conn, &vault)?;
        Ok(Self(Arc::new(Inner { url, readers, writer, vault })))
    }

    /// Does about the schema what the policy says; returns the steps that were missing.
    ///
    /// # Errors
    /// [`MigrateError`].
    pub fn migrate(
        url: &DatabaseUrl,
        policy: SchemaPolicy,
    ) -> Result<Vec<Migration>, MigrateError> {
        migrate::run(url, policy).map(|(steps, _)| steps)
    }

    /// Which database it is.
    pub fn backend(&self) -> Backend {
        self.0.url.backend()
    }

    /// Where it is.
    pub(crate) fn url(&self) -> &DatabaseUrl {
        &self.0.url
    }

    /// Whether the database answers and has the schema that this program needs.
    ///
    /// # Errors
    /// [`StoreError`] if it does not answer within three seconds.
    pub async fn is_ready(&self) -> Result<bool, StoreError> {
        let asked = self.read(|tx| tx.run(migrate::is_current));
        tokio::time::timeout(READY, asked).await.unwrap_or(Err(StoreError::Unanswered))
    }

    /// Runs `f` on a blocking thread with a connection, outside any transaction.
    ///
    /// `f` is run again if its connection turns out to be dead, so it must only read.
    ///
    /// # Errors
    /// What `f` returns, or [`StoreError::Busy`] and [`StoreError::Unavailable`] as `E`.
    pub async fn read<T, E, F>(&self, f: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let permit = self.0.readers.turn().await?;
        let store = Arc::clone(&self.0);
        blocking(move || {
            let _permit = permit;
            store.attempt(&store.readers, |pooled, vault| {
                let mut tx = Tx::new(&mut pooled.conn, vault);
                let result = f(&mut tx);
                let remedy = tx.remedy();
                pooled.broken = remedy == Remedy::Reconnect;
                (result, remedy)
            })
        })
        .await
    }

    /// Runs `f` on a blocking thread in one write transaction: committed if `f` returns `Ok`, else
    /// undone, also if it panics.
    ///
    /// `f` is run again if it loses a race, so it must do nothing but ask its [`Tx`].
    ///
    /// # Errors
    /// What `f` returns, or a [`StoreError`] as `E`.
    pub async fn write<T, E, F>(&self, f: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let store = Arc::clone(&self.0);
        let Some(Writer { lane, queue }) = &self.0.writer else {
            let permit = store.readers.turn().await?;
            return blocking(move || {
                let _permit = permit;
                store.attempt(&store.readers, |pooled, vault| transaction(pooled, vault, &f))
            })
            .await;
        };
        let (ticket, mut answered) = queue.push(f);
        let turn = tokio::select! {
            biased;
            // Somebody else has done it together with theirs.
            answer = &mut answered => return answered_or_stopped(answer),
            turn = lane.turn() => turn,
        };
        match turn {
            Ok(permit) => {
                let work = move || {
                    let _permit = permit;
                    if let Some(Writer { lane, queue }) = &store.writer {
                        queue.work_off(ticket, &store, lane);
                    }
                };
                // Answered through the queue.
                drop(tokio::task::spawn_blocking(work));
            }
            Err(error) if queue.withdraw(ticket) => return Err(error.into()),
            Err(_) => {}
        }
        match tokio::time::timeout(ANSWER, answered).await {
            Ok(answer) => answered_or_stopped(answer),
            Err(_) => Err(StoreError::Unanswered.into()),
        }
    }
}

fn answered_or_stopped<T, E: From<StoreError>>(
    answer: Result<Result<T, E>, oneshot::error::RecvError>,
) -> Result<T, E> {
    answer.unwrap_or_else(|_| Err(StoreError::Unavailable("the server is stopping".into()).into()))
}

impl Inner {
    /// Runs `f` until it needs no remedy, at most [`TRIES`] times and once for each connection
    /// that may be dead.
    fn attempt<T, E, F>(&self, lane: &Lane, f: F) -> Result<T, E>
    where
        E: From<StoreError>,
        F: Fn(&mut Pooled, &Vault) -> (Result<T, E>, Remedy),
    {
        let (mut races, mut dead) = (0, 0);
        let begun = Instant::now();
        loop {
            let mut pooled = lane.connection()?;
            let (result, remedy) = f(&mut pooled, &self.vault);
            match (&result, remedy) {
                (Err(_), Remedy::Retry) if races < TRIES && begun.elapsed() < PATIENCE => {
                    races += 1;
                }
                (Err(_), Remedy::Reconnect) if dead <= lane.pool.max_size() => dead += 1,
                _ => return result,
            }
        }
    }
}

pub(crate) fn transaction<T, E: From<StoreError>>(
    pooled: &mut Pooled,
    vault: &Vault,
    f: &impl Fn(&mut Tx<'_>) -> Result<T, E>,
) -> (Result<T, E>, Remedy) {
    if let Err(error) = pooled.conn.begin_write() {
        let (error, remedy) = classify(&error);
        // No statement has run, so it is no fault of ours (a file that became read-only), and
        // whatever is wrong with it, another connection may do.
        pooled.broken = true;
        let error = match error {
            StoreError::Fault(text) => StoreError::Unavailable(text),
            error => error,
        };
        return (
            Err(error.into()),
            if remedy == Remedy::None { Remedy::Reconnect } else { remedy },
        );
    }
    let mut tx = Tx::new(&mut pooled.conn, vault);
    let outcome = catch_unwind(AssertUnwindSafe(|| f(&mut tx)));
    let remedy = tx.remedy();
    pooled.broken = remedy == Remedy::Reconnect;
    match outcome {
        Ok(Ok(value)) => match pooled.conn.commit() {
            Ok(()) => (Ok(value), Remedy::None),
            Err(error) => {
                pooled.broken = true;
                let (error, remedy) = commit_refused(&error);
                (Err(error.into()), remedy)
            }
        },
        Ok(Err(error)) => {
            pooled.broken |= pooled.conn.rollback().is_err();
            (Err(error), remedy)
        }
        Err(panic) => {
            pooled.broken |= pooled.conn.rollback().is_err();
            resume_unwind(panic)
        }
    }
}

/// What a commit's failure means, and what can be done about it. One whose answer was lost may stand: only a refused
/// one is run again.
fn commit_refused(error: &diesel::result::Error) -> (StoreError, Remedy) {
    match classify(error) {
        (error, Remedy::Retry) => (error, Remedy::Retry),
        (StoreError::Unavailable(_), Remedy::Reconnect) => (StoreError::Unanswered, Remedy::None),
        (error, _) => (error, Remedy::None),
    }
}

/// What a write that panicked is told as.
const PANICKED: &str = "a transaction panicked and was undone";

async fn blocking<T, E>(f: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, E>
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    let Ok(done) = tokio::time::timeout(ANSWER, tokio::task::spawn_blocking(f)).await else {
        // Whatever was asked of it may still happen when it wakes up.
        return Err(StoreError::Unanswered.into());
    };
    match done {
        Ok(result) => result,
        Err(failed) if failed.is_panic() => Err(StoreError::Fault(PANICKED.into()).into()),
        Err(_) => Err(StoreError::Unavailable("the server is stopping".into()).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_goes_away_while_waiting_gives_the_place_back() {
        let url: DatabaseUrl = "sqlite:///nowhere/x.db".parse().unwrap();
        let lane = Lane::new(&url, Access::ReadOnly, 1);
        crate::tests::run(async {
            let taken = lane.turn().await.unwrap();
            for _ in 0..WAITING + 10 {
                let gone = tokio::time::timeout(Duration::ZERO, lane.turn()).await;
                assert!(gone.is_err(), "it does not wait: {gone:?}");
            }
            drop(taken);
            drop(lane.turn().await.unwrap());
        });
    }
}
