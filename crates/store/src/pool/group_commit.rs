//! One commit for several writes.
//!
//! SQLite has one writer, and a commit waits for the disk. What is asked of it meanwhile waits in a queue; whoever
//! gets the turn does all of it in one transaction, each write in a savepoint of its own, and answers when the commit
//! is on the disk. A write that fails undoes itself alone. Without company it is a plain transaction.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Mutex, MutexGuard, PoisonError},
};

use diesel::QueryResult;
use tokio::sync::oneshot;

use super::{Inner, Lane, PANICKED, commit_refused, transaction};
use crate::{StoreError, Tx, Vault, connection::Conn, error::Remedy};

/// How many writes a commit is for at most.
const MOST: usize = 64;

/// Writes that wait for the writer.
#[derive(Default)]
pub(super) struct Queue(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    writes: VecDeque<(Ticket, Box<dyn Write>)>,
    last: u64,
}

/// A place in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket(u64);

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a closure that writes behind the others. It may run more than once, as
    /// [`Store::write`](super::Store::write) says.
    pub(super) fn push<T, E, F>(&self, f: F) -> (Ticket, oneshot::Receiver<Result<T, E>>)
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let mut waiting = self.lock();
        waiting.last += 1;
        let ticket = Ticket(waiting.last);
        waiting.writes.push_back((ticket, Box::new(Asked { f, result: None, answer })));
        (ticket, answered)
    }

    /// Takes a write back. False if somebody has begun with it: then it is answered.
    pub(super) fn withdraw(&self, ticket: Ticket) -> bool {
        let mut waiting = self.lock();
        let before = waiting.writes.len();
        waiting.writes.retain(|(each, _)| *each != ticket);
        waiting.writes.len() < before
    }

    /// The next one for which somebody still waits.
    fn next(&self) -> Option<Box<dyn Write>> {
        let mut waiting = self.lock();
        loop {
            let (_, write) = waiting.writes.pop_front()?;
            if write.is_wanted() {
                return Some(write);
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.lock().writes.is_empty()
    }

    fn has(&self, ticket: Ticket) -> bool {
        self.lock().writes.iter().any(|(each, _)| *each == ticket)
    }

    /// Does what waits, with the writer's turn, until one's own is done: nobody else may come for it. Those that come
    /// meanwhile are done with it.
    pub(super) fn work_off(&self, own: Ticket, store: &Inner, lane: &Lane) {
        while self.has(own) {
            let Some(first) = self.next() else { return };
            if self.is_empty() {
                first.run_alone(store, lane);
                return;
            }
            for write in self.run_together(first, store, lane) {
                write.run_alone(store, lane);
            }
        }
    }

    /// Does several in one transaction. Gives back those that need one of their own.
    fn run_together(
        &self,
        first: Box<dyn Write>,
        store: &Inner,
        lane: &Lane,
    ) -> Vec<Box<dyn Write>> {
        let Ok(mut pooled) = lane.connection() else { return vec![first] };
        if pooled.conn.begin_write().is_err() {
            pooled.broken = true;
            return vec![first];
        }
        let (mut done, mut again) = (Vec::new(), Vec::new());
        let mut next = Some(first);
        while let Some(mut write) = next {
            match in_savepoint(&mut *write, &mut pooled.conn, &store.vault) {
                Ok(Ran::Keep | Ran::Undo) => done.push(write),
                Ok(Ran::Again) => again.push(write),
                // A full disk undoes more than the savepoint: nobody was told anything yet.
                Err(_) => {
                    pooled.broken = true;
                    done.push(write);
                    again.append(&mut done);
                    return again;
                }
            }
            next = if done.len() < MOST { self.next() } else { None };
        }
        match pooled.conn.commit() {
            Ok(()) => done.into_iter().for_each(Write::answer),
            Err(error) => {
                pooled.broken = true;
                match commit_refused(&error) {
                    (_, Remedy::Retry) => again.append(&mut done),
                    // Also who was refused: it may have been for something that does not stand.
                    _ => done.into_iter().for_each(|write| write.fail(commit_refused(&error).0)),
                }
            }
        }
        again
    }
}

fn in_savepoint(write: &mut dyn Write, conn: &mut Conn, vault: &Vault) -> QueryResult<Ran> {
    conn.begin_savepoint()?;
    let ran = write.run(&mut Tx::new(conn, vault));
    match ran {
        Ran::Keep => conn.commit()?,
        Ran::Undo | Ran::Again => conn.rollback()?,
    }
    Ok(ran)
}

/// What is to become of a write's changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ran {
    Keep,
    Undo,
    /// Undone, it may go better in a transaction of its own.
    Again,
}

/// A write, whatever it is that it returns.
trait Write: Send {
    /// Whether anybody waits for its answer.
    fn is_wanted(&self) -> bool;

    /// Does it, inside a transaction; what came of it is kept for the answer.
    fn run(&mut self, tx: &mut Tx<'_>) -> Ran;

    /// Says what came of it.
    fn answer(self: Box<Self>);

    /// Says that the transaction which it was in has failed.
    fn fail(self: Box<Self>, error: StoreError);

    /// Does it in a transaction of its own, and says what came of it.
    fn run_alone(self: Box<Self>, store: &Inner, lane: &Lane);
}

struct Asked<T, E, F> {
    f: F,
    result: Option<Result<T, E>>,
    answer: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Write for Asked<T, E, F>
where
    T: Send,
    E: From<StoreError> + Send,
    F: Fn(&mut Tx<'_>) -> Result<T, E> + Send,
{
    fn is_wanted(&self) -> bool {
        !self.answer.is_closed()
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> Ran {
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.f)(tx)));
        let result = outcome.unwrap_or_else(|_| Err(StoreError::Fault(PANICKED.into()).into()));
        let ran = match (&result, tx.remedy()) {
            (Ok(_), _) => Ran::Keep,
            (Err(_), Remedy::None) => Ran::Undo,
            (Err(_), Remedy::Retry | Remedy::Reconnect) => Ran::Again,
        };
        self.result = Some(result);
        ran
    }

    fn answer(self: Box<Self>) {
        let Self { result, answer, .. } = *self;
        // Who has gone away meanwhile misses nothing.
        let _ = answer.send(result.unwrap_or_else(|| Err(StoreError::Unanswered.into())));
    }

    fn fail(self: Box<Self>, error: StoreError) {
        let _ = self.answer.send(Err(error.into()));
    }

    fn run_alone(self: Box<Self>, store: &Inner, lane: &Lane) {
        let Self { f, answer, .. } = *self;
        let alone = || store.attempt(lane, |pooled, vault| transaction(pooled, vault, &f));
        let outcome = catch_unwind(AssertUnwindSafe(alone));
        let panicked = |_| Err(StoreError::Fault(PANICKED.into()).into());
        let _ = answer.send(outcome.unwrap_or_else(panicked));
    }
}
