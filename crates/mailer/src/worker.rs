//! The worker: claims what is due in the outbox, sends it, and notes what became of it.
//!
//! A mail that was taken by the server but could not be noted, because this process or the
//! database went away in between, is sent again with the same Message-ID: at least once, and
//! recognisably the same.

use std::{
    collections::HashSet,
    future::Future,
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use metrics::{counter, histogram};
use roomkey_core::{
    ids::OutboxId,
    notice::Letter,
    random::{self, Entropy},
    site::Site,
    time::{Clock, Instant},
};
use roomkey_store::{Store, StoreError};
use tokio::{
    sync::{Notify, Semaphore, SemaphorePermit},
    task::JoinSet,
    time::{MissedTickBehavior, interval, sleep, timeout},
};

use crate::{Composer, Mail, SendError, Sender, Transport, backoff, transport::Transcript};

/// Mails under way at once: one slow recipient holds up one of these, not the others.
const CONCURRENT: usize = 8;
/// A claim lapses after so long, in microseconds: soon after a worker died, another takes over.
const LEASE_MICROS: i64 = 10_000_000;
/// Claims are renewed so often. A send may take minutes (a server may scan a mail that long, and
/// giving up on it early would make a duplicate), so claims follow the send and not the reverse.
const RENEW: Duration = Duration::from_secs(3);
/// The outbox is looked at so often for what other processes put in.
const POLL: Duration = Duration::from_millis(500);
/// With several mails under way, so long is waited for more of them to end before the next are
/// claimed, so that claims come in batches.
const GATHER: Duration = Duration::from_millis(10);
/// A mail waits so long for its turn at being handed over; then it goes beside one whose server is
/// slow.
const TURN: Duration = Duration::from_millis(250);
/// After the database failed, so long is waited.
const DATABASE_PAUSE: Duration = Duration::from_secs(2);
/// That a mail was sent is tried to be noted for so long.
const NOTE_PATIENCE: Duration = Duration::from_mins(1);
/// At shutdown, mails under way have so long to end.
const DRAIN: Duration = Duration::from_secs(30);

/// Sends what is due, until it is told to stop.
pub struct Worker {
    desk: Arc<Desk>,
    wake: Arc<Notify>,
}

/// What a mail under way needs.
struct Desk {
    name: String,
    store: Store,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    composer: Composer,
    transport: Arc<Transport>,
    turn: Semaphore,
    /// How many mails have left and are not noted yet.
    unnoted: AtomicUsize,
    /// The mails that are being sent. With the database away, the claim on one may lapse before it
    /// is noted what became of it: then it is there to be claimed again, and must not be sent again.
    under_way: Mutex<HashSet<OutboxId>>,
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker").field("name", &self.desk.name).finish_non_exhaustive()
    }
}

impl Worker {
    /// A worker with a name of its own. Whoever commits to the outbox in this process notifies
    /// `wake`.
    pub fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        site: Site,
        transport: Arc<Transport>,
        sender: Sender,
        wake: Arc<Notify>,
    ) -> Self {
        let name = format!("{:016x}", u64::from_be_bytes(random::bytes(&*entropy)));
        let composer = Composer::new(site, sender);
        let desk = Desk {
            name,
            store,
            clock,
            entropy,
            composer,
            transport,
            turn: Semaphore::new(1),
            unnoted: AtomicUsize::new(0),
            under_way: Mutex::default(),
        };
        Self { desk: Arc::new(desk), wake }
    }

    /// Works until `shutdown` is ready; then lets the mails under way end.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let mut shutdown = pin!(shutdown);
        let mut sends = JoinSet::new();
        loop {
            let pause = self.claim(&mut sends).await;
            tokio::select! {
                () = &mut shutdown => break,
                () = self.wake.notified() => {}
                () = sleep(pause) => {}
                Some(_) = sends.join_next() => {
                    if sends.len() > CONCURRENT / 2 {
                        sleep(GATHER).await;
                    }
                }
            }
            while sends.try_join_next().is_some() {}
        }
        let ended = timeout(DRAIN, async { while sends.join_next().await.is_some() {} }).await;
        if ended.is_err() {
            tracing::warn!(
                mails = sends.len(),
                "stopped with mails under way; they are sent again"
            );
        }
    }

    /// Starts sending what is due, as far as there is room. Says when to look again.
    async fn claim(&self, sends: &mut JoinSet<()>) -> Duration {
        let room = CONCURRENT - sends.len();
        if room == 0 {
            return POLL;
        }
        let now = self.desk.clock.now();
        match self.due(now, room).await {
            Ok(Due::Now(letters)) => {
                for letter in letters {
                    let (desk, id) = (Arc::clone(&self.desk), letter.id);
                    if !desk.under_way().insert(id) {
                        tracing::warn!(outbox = %id, "claimed again while it is being sent");
                        continue;
                    }
                    sends.spawn(async move {
                        desk.send(letter).await;
                        desk.under_way().remove(&id);
                    });
                }
                POLL
            }
            Ok(Due::Later(at)) => {
                let micros = u64::try_from(at.since(now)).unwrap_or_default();
                Duration::from_micros(micros).min(POLL)
            }
            Err(error) => {
                tracing::warn!(%error, "the outbox can not be read");
                DATABASE_PAUSE
            }
        }
    }

    /// A look that only reads, so that an idle worker never asks for the database's write lock.
    async fn due(&self, now: Instant, room: usize) -> Result<Due, StoreError> {
        let Desk { store, name, .. } = &*self.desk;
        match store.next_mail_due(now).await? {
            Some(due) if due <= now => {
                let limit = u32::try_from(room).unwrap_or_default();
                store.claim_mail(name, now, LEASE_MICROS, limit).await.map(Due::Now)
            }
            Some(due) => Ok(Due::Later(due)),
            None => Ok(Due::Later(now.plus_micros(LEASE_MICROS))),
        }
    }
}

enum Due {
    Now(Vec<Letter>),
    Later(Instant),
}

impl Desk {
    fn under_way(&self) -> MutexGuard<'_, HashSet<OutboxId>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn send(&self, letter: Letter) {
        let id = letter.id;
        match self.composer.compose(&letter) {
            Ok(mail) => self.keep_claim(id, Box::pin(self.deliver(&letter, &mail))).await,
            Err(error) => {
                tracing::error!(outbox = %id, %error, "mail given up: it can not be composed");
                counter!("roomkey_mail_failed_total", "outcome" => "given_up").increment(1);
                self.note(id, || self.fail(id, error.to_string(), None)).await;
            }
        }
    }

    async fn deliver(&self, letter: &Letter, mail: &Mail) {
        let transcript = &mut Transcript::none();
        let ready = match self.transport.begin(mail, transcript).await {
            Ok(ready) => ready,
            Err(error) => return self.failed(letter, &error).await,
        };
        // From here until it is noted that the mail was sent, a crash makes a second copy. Mails
        // take turns at this, so that a crash makes no more than one.
        let turn = self.turn().await;
        match ready.finish(mail, transcript).await {
            Ok(()) => {
                self.unnoted.fetch_add(1, Ordering::Relaxed);
                self.sent(letter, mail).await;
                self.unnoted.fetch_sub(1, Ordering::Relaxed);
            }
            Err(error) => {
                drop(turn);
                self.failed(letter, &error).await;
            }
        }
    }

    /// Waits for a turn. Who has it may have to wait for a server that takes its time; then others
    /// go beside it, without one. For the database to note a mail they all wait.
    async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        loop {
            match timeout(TURN, self.turn.acquire()).await {
                Ok(turn) => return turn.ok(),
                Err(_) if self.unnoted.load(Ordering::Relaxed) > 0 => {}
                Err(_) => return None,
            }
        }
    }

    /// Keeps a claim alive as long as `work` takes.
    async fn keep_claim(&self, id: OutboxId, work: impl Future<Output = ()>) {
        while_working(work, RENEW, || self.renew(id)).await;
    }

    async fn renew(&self, id: OutboxId) {
        let now = self.clock.now();
        match self.store.renew_mail_claim(id, &self.name, now, LEASE_MICROS).await {
            Ok(true) => {}
            Ok(false) => tracing::warn!(outbox = %id, "a claim was lost while sending"),
            Err(error) => tracing::warn!(outbox = %id, %error, "a claim could not be renewed"),
        }
    }

    async fn sent(&self, letter: &Letter, mail: &Mail) {
        let (id, now) = (letter.id, self.clock.now());
        self.note(id, || self.store.mail_sent(id, &mail.message_id, now)).await;
        let age = u64::try_from(now.since(letter.queued_at)).unwrap_or_default();
        histogram!("roomkey_mail_queue_age_seconds")
            .record(Duration::from_micros(age).as_secs_f64());
        counter!("roomkey_mail_sent_total").increment(1);
        tracing::info!(outbox = %id, "mail sent");
    }

    async fn failed(&self, letter: &Letter, error: &SendError) {
        let id = letter.id;
        let failures = letter.attempts.saturating_add(1);
        let now = self.clock.now();
        let retry_at =
            backoff::next_try(error.failure, failures, letter.queued_at, now, &*self.entropy);
        if let Some(at) = retry_at {
            tracing::warn!(outbox = %id, %error, failures, retry_at = %at, "mail not sent yet");
            counter!("roomkey_mail_failed_total", "outcome" => "retry").increment(1);
        } else {
            tracing::error!(outbox = %id, %error, failures, "mail given up");
            counter!("roomkey_mail_failed_total", "outcome" => "given_up").increment(1);
        }
        let told = format!("{error}: {}", error.detail);
        self.note(id, || self.fail(id, told.clone(), retry_at)).await;
    }

    async fn fail(
        &self,
        id: OutboxId,
        error: String,
        retry_at: Option<Instant>,
    ) -> Result<(), StoreError> {
        self.store.mail_failed(id, &self.name, &error, retry_at, self.clock.now()).await
    }

    /// Notes what became of a mail, and does not let go because the database is away for a
    /// moment: what is not noted is sent again.
    async fn note<F: Future<Output = Result<(), StoreError>>>(
        &self,
        id: OutboxId,
        write: impl Fn() -> F,
    ) {
        let noting = async {
            let mut pause = Duration::from_millis(100);
            loop {
                match write().await {
                    Err(error) if error.is_temporary() => {
                        tracing::warn!(outbox = %id, %error, "noted later");
                        sleep(pause).await;
                        pause = (pause * 2).min(DATABASE_PAUSE);
                    }
                    other => return other,
                }
            }
        };
        match timeout(NOTE_PATIENCE, noting).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(outbox = %id, %error, "could not be noted"),
            Err(_) => tracing::error!(outbox = %id, "could not be noted in time"),
        }
    }
}

/// Works, and beside it does something every so often. The two go on together: if one had to wait
/// for the other's turn at the database, work that is given its turn would not know.
async fn while_working<F: Future<Output = ()>>(
    work: impl Future<Output = ()>,
    every: Duration,
    beside: impl Fn() -> F,
) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first tick is at once.
    ticks.tick().await;
    let repeat = async {
        loop {
            ticks.tick().await;
            beside().await;
        }
    };
    tokio::select! {
        () = work => {}
        () = repeat => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both queue for the one permit, the work first. Whoever is given it must be running to let go.
    #[tokio::test(start_paused = true)]
    async fn work_goes_on_while_something_beside_it_waits() {
        let writer = Semaphore::new(1);
        let held = writer.acquire().await.unwrap();
        let both = async {
            let work = async {
                drop(writer.acquire().await.unwrap());
                sleep(Duration::from_secs(1)).await;
            };
            let beside = || async { drop(writer.acquire().await.unwrap()) };
            while_working(work, Duration::from_secs(3), beside).await;
        };
        let release = async {
            sleep(Duration::from_secs(4)).await;
            drop(held);
        };
        let done = async { tokio::join!(both, release) };
        assert!(timeout(Duration::from_mins(1), done).await.is_ok(), "they wait for each other");
    }
}
