//! Places at which tests stop the program to kill it, or to take its database away: before and after each
//! statement that writes, and around each commit. Debug builds have it, and only where they are asked.
//!
//! While the file that the environment's `FAILPOINT` names holds a number, the writes from then on are
//! counted; at that point the thread stands still and says where in a file beside it, `….reached`. It
//! goes on when the first file is gone. All that were passed are listed in a third, `….passed`.

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
        let _ = set_default_instrumentation(|| Some(Box::new(Watcher)));
    }
}

struct Watcher;

impl Instrumentation for Watcher {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartQuery { query, .. } => pass("before", query),
            InstrumentationEvent::FinishQuery { query, .. } => pass("after", query),
            _ => {}
        }
    }
}

fn pass(when: &str, query: &dyn DebugQuery) {
    let Some(file) = FILE.get() else { return };
    let Ok(wanted) = fs::read_to_string(file) else {
        PASSED.store(0, Ordering::SeqCst);
        return;
    };
    let text = query.to_string();
    // No values: `INSERT INTO "bookings"`.
    let name: Vec<&str> = text.split_whitespace().take(3).collect();
    if !matches!(name.first(), Some(&("INSERT" | "UPDATE" | "DELETE" | "COMMIT"))) {
        return;
    }
    let place = format!("{when} {}", name.join(" "));
    list(file, &place);
    if wanted.trim().parse() == Ok(PASSED.fetch_add(1, Ordering::SeqCst)) {
        // A test that finds nothing there fails.
        let _ = fs::write(file.with_extension("reached"), place);
        while file.exists() {
            thread::sleep(PAUSE);
        }
    }
}

fn list(file: &Path, place: &str) {
    let passed = fs::File::options().create(true).append(true).open(file.with_extension("passed"));
    // A test that misses one fails.
    let _ = passed.and_then(|mut passed| writeln!(passed, "{place}"));
}
