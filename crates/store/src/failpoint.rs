//! Places at which tests stop the program to kill it, or to take its database away: before and after each
//! statement that writes, and around each commit. Debug builds have it, and only where they are asked.
//!
//! While the file that the environment's `FAILPOINT` names holds a number, the writes from then on are
//! counted; at that point the thread stands still and says where in a file beside it, `….reached`. It
//! goes on when the first file is gone. All that were passed are listed in a third, `….passed`.
//!
//! With a place behind the number, `4 from before UPDATE "bookings" SET`, each connection counts for itself, from when it
//! first passed that place: so a change can be stopped that nobody asks for, whatever else is written meanwhile.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};

use diesel::connection::{
    DebugQuery, Instrumentation, InstrumentationEvent, set_default_instrumentation,
};

static FILE: OnceLock<PathBuf> = OnceLock::new();
/// Points that were passed since the file is there.
static PASSED: AtomicU32 = AtomicU32::new(0);
const PAUSE: Duration = Duration::from_millis(2);

/// Watches all connections that are opened from now on, if tests ask for it.
pub(crate) fn install() {
    let Some(file) = std::env::var_os("FAILPOINT") else { return };
    if FILE.set(file.into()).is_ok() {
        // It fails only where another thread has panicked.
        let _ = set_default_instrumentation(|| Some(Box::new(Watcher { passed: None })));
    }
}

struct Watcher {
    /// How many points this connection has passed since it came by the place from which they are counted.
    passed: Option<u32>,
}

impl Instrumentation for Watcher {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartQuery { query, .. } => self.pass("before", query),
            InstrumentationEvent::FinishQuery { query, .. } => self.pass("after", query),
            _ => {}
        }
    }
}

impl Watcher {
    fn pass(&mut self, when: &str, query: &dyn DebugQuery) {
        let Some(file) = FILE.get() else { return };
        let Ok(wanted) = fs::read_to_string(file) else {
            PASSED.store(0, Ordering::SeqCst);
            self.passed = None;
            return;
        };
        let text = query.to_string();
        // No values: `INSERT INTO "bookings"`.
        let name: Vec<&str> = text.split_whitespace().take(3).collect();
        if !matches!(name.first(), Some(&("INSERT" | "UPDATE" | "DELETE" | "COMMIT"))) {
            return;
        }
        // Quoted alike on both databases.
        let place = format!("{when} {}", name.join(" ").replace('`', "\""));
        let (wanted, from) = match wanted.trim().split_once(" from ") {
            Some((number, from)) => (number, Some(from)),
            None => (wanted.trim(), None),
        };
        let number = match from {
            None => PASSED.fetch_add(1, Ordering::SeqCst),
            Some(from) if self.passed.is_none() && from != place => return,
            Some(_) => {
                let number = self.passed.unwrap_or_default();
                self.passed = Some(number + 1);
                number
            }
        };
        list(file, &place);
        if wanted.parse() == Ok(number) {
            // A test that finds nothing there fails.
            let _ = fs::write(file.with_extension("reached"), place);
            while file.exists() {
                thread::sleep(PAUSE);
            }
        }
    }
}

fn list(file: &Path, place: &str) {
    let passed = fs::File::options().create(true).append(true).open(file.with_extension("passed"));
    // A test that misses one fails.
    let _ = passed.and_then(|mut passed| writeln!(passed, "{place}"));
}
