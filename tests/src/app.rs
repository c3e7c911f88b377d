//! The program under test: started, stopped, killed and restarted as its operator would.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, NaiveDateTime, Utc};
use tempfile::TempDir;

use crate::cli::Output;
use crate::database::{Backend, Database};
use crate::http::{Client, Reply};
use crate::mail::Mailbox;
use crate::wait::{SOON, wait_until};

/// The bearer token that the tests' Prosody sends.
const RESERVATIONS_TOKEN: &str = "prosody-test-token-5d41402abc4b2a76b9719d911017c592";

/// How a program under test is set up; see [`TestApp::on`].
#[derive(Debug)]
pub struct Builder {
    backend: Backend,
    settings: BTreeMap<String, String>,
    left_out: BTreeSet<String>,
    arguments: Vec<String>,
    clock: Option<String>,
    empty_database: bool,
    own_url: bool,
    stops: bool,
}

/// A program with its own directory, database, ports and clock. Killed, and all of it removed, at the end of the test.
#[derive(Debug)]
pub struct TestApp {
    settings: BTreeMap<String, String>,
    left_out: BTreeSet<String>,
    arguments: Vec<String>,
    clock: Option<String>,
    started: Instant,
    starts: usize,
    own_url: bool,
    stops: bool,
    public: u16,
    internal: u16,
    child: Option<Child>,
    database: Database,
    dir: TempDir,
}

impl Builder {
    /// Sets one key of the configuration by its name in the documentation, such as `mail.url`.
    pub fn set(mut self, key: &str, value: impl Into<String>) -> Self {
        self.settings.insert(key.to_owned(), value.into());
        self
    }

    /// Leaves one of the tests' usual settings to the program's own default.
    pub fn without(mut self, key: &str) -> Self {
        self.left_out.insert(key.to_owned());
        self
    }

    /// Turns limits off, for tests that send more in a second than a person in an hour.
    pub fn without_limits(self) -> Self {
        self.set("limits.enabled", "false")
    }

    /// Adds an argument to `serve`.
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Starts the program's clock at this UTC time, `2027-03-01 08:00:00`; it runs on from there.
    pub fn clock(mut self, time: &str) -> Self {
        self.clock = Some(time.to_owned());
        self
    }

    /// Gives it a database without any schema.
    pub fn empty_database(mut self) -> Self {
        self.empty_database = true;
        self
    }

    /// Leaves `database_url` and `data_dir` to the program's own defaults below its working directory.
    pub fn own_defaults(mut self) -> Self {
        self.own_url = true;
        self
    }

    /// Has the program stand still where [`TestApp::stop_at`] says.
    pub fn with_stops(mut self) -> Self {
        self.stops = true;
        self
    }

    /// Sets everything up but starts no server: for commands alone.
    pub fn prepare(self) -> TestApp {
        let dir = tempfile::Builder::new().prefix("roomkey-").tempdir().expect("a directory");
        let database = if self.empty_database {
            Database::create_empty(self.backend, dir.path())
        } else {
            Database::create(self.backend, dir.path())
        };
        TestApp {
            settings: self.settings,
            left_out: self.left_out,
            arguments: self.arguments,
            clock: self.clock,
            started: Instant::now(),
            starts: 0,
            own_url: self.own_url,
            stops: self.stops,
            public: free_port(),
            internal: free_port(),
            child: None,
            database,
            dir,
        }
    }

    /// Sets everything up and starts the server.
    pub fn start(self) -> TestApp {
        let mut app = self.prepare();
        app.start();
        app
    }
}

impl TestApp {
    /// A program on this kind of database, with the tests' usual settings.
    pub fn on(backend: Backend) -> Builder {
        Builder {
            backend,
            settings: BTreeMap::new(),
            left_out: BTreeSet::new(),
            arguments: Vec::new(),
            clock: None,
            empty_database: false,
            own_url: false,
            stops: false,
        }
    }

    /// Starts the server and waits until it says that it is ready.
    pub fn start(&mut self) {
        assert!(self.child.is_none(), "it is running already");
        for _ in 0..5 {
            self.spawn();
            if self.wait_ready() {
                return;
            }
            // Another process took one of the ports between our look and the program's bind.
            assert!(self.logs().to_lowercase().contains("in use"), "no start: {}", self.logs());
            (self.public, self.internal) = (free_port(), free_port());
        }
        panic!("no free ports: {}", self.logs());
    }

    /// Starts the server without waiting for it.
    pub fn spawn(&mut self) {
        let mut command = self.command();
        command.arg("serve").args(&self.arguments).stdin(Stdio::null());
        command.stdout(self.append_to("stdout")).stderr(self.append_to("stderr"));
        self.child = Some(command.spawn().expect("start the program"));
        self.started = Instant::now();
        self.starts += 1;
    }

    /// Waits until a server that was spawned says that it is ready.
    #[track_caller]
    pub fn wait_until_ready(&self) {
        let internal = self.internal_client();
        wait_until("the server to be ready", Duration::from_secs(20), || {
            let reply = internal.try_send("GET", "/readyz", None, &[]).ok()?;
            (reply.status == 200).then_some(())
        });
    }

    /// Starts the server with its output into pipes, and closes them as soon as it is ready.
    pub fn start_into_closed_pipes(&mut self) {
        let mut command = self.command();
        command.arg("serve").args(&self.arguments).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("start the program");
        let pipes = (child.stdout.take(), child.stderr.take());
        self.child = Some(child);
        assert!(self.wait_ready(), "no start");
        drop(pipes);
    }

    /// Waits until the server is ready; false when it ended instead.
    fn wait_ready(&mut self) -> bool {
        let internal = self.internal_client();
        let ready = wait_until("the server to be ready", Duration::from_mins(1), || {
            let ended = self.child.as_mut()?.try_wait().ok()?.is_some();
            if ended {
                return Some(false);
            }
            let reply = internal.try_send("GET", "/readyz", None, &[]).ok()?;
            (reply.status == 200).then_some(true)
        });
        if !ready {
            self.child = None;
        }
        ready
    }

    /// Sends the server a signal, such as `TERM`, and does not wait for what comes of it.
    pub fn signal(&self, signal: &str) {
        let child = self.child.as_ref().expect("a running program");
        let sent = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
        assert!(sent.expect("kill").success());
    }

    /// Has the server stand still at the so many-th point from now, where points are before and after each statement
    /// that writes.
    pub fn stop_at(&self, point: usize) {
        self.stop_where(&point.to_string());
    }

    fn stop_where(&self, point: &str) {
        self.go_on();
        // Whole from the first moment on.
        let whole = self.dir.path().join("failpoint.new");
        std::fs::write(&whole, point).expect("write the file");
        std::fs::rename(whole, self.stop_file()).expect("name the file");
    }

    /// The same, where points are counted from when a place was first passed: by each of the server's connections for
    /// itself.
    pub fn stop_from(&self, place: &str, point: usize) {
        self.stop_where(&format!("{point} from {place}"));
    }

    /// Where the server stands still, such as `before INSERT INTO "bookings"`, if it does.
    pub fn stands_at(&self) -> Option<String> {
        let place = std::fs::read_to_string(self.stop_file().with_extension("reached")).ok();
        place.filter(|place| !place.is_empty())
    }

    /// The points that the server has passed since it was to stop at one.
    pub fn passed(&self) -> Vec<String> {
        let places = std::fs::read_to_string(self.stop_file().with_extension("passed"));
        places.unwrap_or_default().lines().map(str::to_owned).collect()
    }

    /// Has the server go on, and stand still no more.
    pub fn go_on(&self) {
        let file = self.stop_file();
        for file in [&file, &file.with_extension("reached"), &file.with_extension("passed")] {
            // Most often there is none.
            let _ = std::fs::remove_file(file);
        }
    }

    fn stop_file(&self) -> PathBuf {
        self.dir.path().join("failpoint")
    }

    /// Waits for the end of a server that was asked to stop, or that refused to start.
    #[track_caller]
    pub fn wait_end(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("a running program");
        wait_until("the program to end", Duration::from_secs(40), || child.try_wait().ok()?)
    }

    /// Stops the server in order.
    #[track_caller]
    pub fn stop(&mut self) {
        self.signal("TERM");
        let status = self.wait_end();
        assert!(status.success(), "{status}: {}", self.logs());
    }

    /// Stops the server in order and starts it again on the same data and ports.
    pub fn restart(&mut self) {
        self.stop();
        self.start();
    }

    /// Stops the server and starts it again with its clock at another UTC time.
    pub fn restart_at(&mut self, time: &str) {
        self.stop();
        self.clock = Some(time.to_owned());
        self.start();
    }

    /// Sets one key of the configuration for everything that is started from now on.
    pub fn set(&mut self, key: &str, value: impl Into<String>) {
        self.settings.insert(key.to_owned(), value.into());
    }

    /// Replaces the arguments of `serve` for the next start.
    pub fn set_arguments(&mut self, arguments: &[&str]) {
        self.arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    }

    /// Moves the clock of commands (and of the next start) to another UTC time.
    pub fn set_clock(&mut self, time: &str) {
        self.clock = Some(time.to_owned());
    }

    /// The time on the server's clock, to within the moments that a start takes.
    pub fn now(&self) -> DateTime<Utc> {
        let Some(clock) = &self.clock else { return SystemTime::now().into() };
        let time = NaiveDateTime::parse_from_str(clock, "%Y-%m-%d %H:%M:%S").expect("a clock time");
        time.and_utc() + self.started.elapsed()
    }

    /// Runs a command of the program to its end.
    pub fn cli(&self, arguments: &[&str]) -> Output {
        self.cli_with_input(arguments, "")
    }

    /// Runs a command with something on its standard input.
    pub fn cli_with_input(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = self.command();
        command.args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("run the program");
        let mut stdin = child.stdin.take().expect("a pipe");
        // A command that reads no input may be gone before it is written.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        let output = child.wait_with_output().expect("the command's end");
        Output {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Runs a command whose output nobody reads.
    pub fn cli_into_closed_pipe(&self, arguments: &[&str]) -> Output {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = self.command();
        command.args(arguments).stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped());
        let output = command.output().expect("run the program");
        Output {
            code: output.status.code(),
            stdout: String::new(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(binary());
        command.current_dir(self.dir.path()).env_clear();
        for name in ["PATH", "HOME", "LLVM_PROFILE_FILE", "RUST_BACKTRACE"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        let mut settings = BTreeMap::from([
            ("listen", format!("127.0.0.1:{}", self.public)),
            ("internal_listen", format!("127.0.0.1:{}", self.internal)),
            ("public_url", self.base()),
            ("jitsi.reservations_token", RESERVATIONS_TOKEN.to_owned()),
        ]);
        if !self.own_url {
            settings.insert("database_url", self.database.url());
            settings.insert("data_dir", self.data_dir().display().to_string());
        }
        settings.retain(|key, _| !self.left_out.contains(*key));
        let settings = settings.iter().map(|(key, value)| (*key, value));
        for (key, value) in settings.chain(self.settings.iter().map(|(k, v)| (k.as_str(), v))) {
            command.env(format!("ROOMKEY_{}", key.replace('.', "__").to_uppercase()), value);
        }
        if self.stops {
            command.env("FAILPOINT", self.stop_file());
        }
        if let Some(clock) = &self.clock {
            command.env("LD_PRELOAD", faketime()).env("FAKETIME", format!("@{clock}"));
            command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1").env("NO_FAKE_STAT", "1");
            command.env("TZ", "UTC");
        }
        command
    }

    fn append_to(&self, name: &str) -> Stdio {
        let path = self.dir.path().join(name);
        let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
        file.expect("a log file").into()
    }

    /// Where the pages are, `http://127.0.0.1:PORT`; the same as the `public_url` in the settings.
    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.public)
    }

    /// A fresh visitor of the pages, also for the public API.
    pub fn client(&self) -> Client {
        Client::new(self.base())
    }

    /// A caller of the internal listener without a token.
    pub fn internal_client(&self) -> Client {
        Client::new(format!("http://127.0.0.1:{}", self.internal))
    }

    /// A caller of the internal listener with the token that Prosody has.
    pub fn prosody(&self) -> Client {
        let token = format!("Bearer {RESERVATIONS_TOKEN}");
        let agent = "Prosody (13.0.2; posix)";
        self.internal_client().header("Authorization", token).header("User-Agent", agent)
    }

    /// Prosody's question whether a room may be created, as the real plugin sends it.
    #[track_caller]
    pub fn ask(&self, room: &str) -> Reply {
        let body = format!(
            "start_time=2026-11-24T02%3a10%3a30.000Z&name={room}&mail_owner=\
             1c5d6b1e-6e1c-4b39-8a2d-2f4c56a0d9ab%40meet.example.org"
        );
        self.prosody().send(
            "POST",
            "/conference",
            Some(body.into_bytes()),
            &[("Content-Type", "application/x-www-form-urlencoded"), ("Connection", "close")],
        )
    }

    /// The token that Prosody has.
    pub fn reservations_token(&self) -> &'static str {
        RESERVATIONS_TOKEN
    }

    /// The test's own directory, the program's working directory.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The program's `data_dir`.
    pub fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// The program's database.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// The built-in mailbox.
    pub fn mailbox(&self) -> Mailbox {
        Mailbox::at(self.data_dir().join("mailbox"))
    }

    /// Everything the servers of this test wrote to stdout so far.
    pub fn stdout(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("stdout")).unwrap_or_default()
    }

    /// Everything the servers of this test wrote to stderr so far.
    pub fn stderr(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("stderr")).unwrap_or_default()
    }

    /// The set-up token that the present start printed.
    #[track_caller]
    pub fn setup_token(&self) -> String {
        let tokens = wait_until("a token on stderr", SOON, || {
            let tokens = self.setup_tokens();
            (tokens.len() >= self.starts).then_some(tokens)
        });
        tokens.last().cloned().expect("a token")
    }

    /// The set-up tokens that the starts so far printed, each alone on a line of stderr.
    pub fn setup_tokens(&self) -> Vec<String> {
        let is_token = |text: &&str| {
            text.len() >= 22 && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
        };
        self.stderr().lines().map(str::trim).filter(is_token).map(str::to_owned).collect()
    }

    /// Both streams of the servers of this test.
    pub fn logs(&self) -> String {
        format!("{}{}", self.stdout(), self.stderr())
    }

    /// Waits until the servers' output contains a text, and gives the line with it.
    #[track_caller]
    pub fn wait_for_line(&self, part: &str) -> String {
        let what = format!("a line with {part:?}");
        wait_until(&what, SOON, || {
            self.logs().lines().find(|line| line.contains(part)).map(str::to_owned)
        })
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            let logs = self.logs();
            let lines: Vec<&str> = logs.lines().collect();
            let tail = lines.get(lines.len().saturating_sub(60)..).unwrap_or_default();
            eprintln!("--- the program's last lines ---\n{}", tail.join("\n"));
        }
    }
}

/// The binary beside the test binaries: `target/debug/roomkey` for `target/debug/deps/SUITE`.
fn binary() -> PathBuf {
    let suite = std::env::current_exe().expect("the suite's path");
    let profile = suite.parent().and_then(Path::parent).expect("the target directory");
    let binary = profile.join("roomkey");
    assert!(binary.exists(), "{} is missing: run cargo build first", binary.display());
    binary
}

fn faketime() -> PathBuf {
    let libraries = Path::new("/usr/lib");
    let found = std::fs::read_dir(libraries)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("faketime/libfaketime.so.1")))
        .find(|path| path.exists());
    found.expect("libfaketime (installed by ./scripts/test)")
}

/// A port that is free now, outside the range that the kernel takes for outgoing connections.
fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    const FIRST: u32 = 10_000;
    const COUNT: u32 = 22_000;
    loop {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let offset =
            std::process::id().wrapping_mul(97).wrapping_add(step.wrapping_mul(13)) % COUNT;
        let port = u16::try_from(FIRST + offset).expect("a port");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
