//! A program under load: started, watched through `/proc`, ended.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};

/// Linux counts processor time in `/proc` in hundredths of a second (`CLK_TCK`).
const TICK: Duration = Duration::from_millis(10);
/// No program takes longer to start.
const START_PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Server {
    child: Child,
    /// From the start of the process to its first good answer.
    pub(crate) start_up: Duration,
}

impl Server {
    /// Starts a program and waits until it answers 200 to `GET /readyz` at `probe`.
    pub(crate) fn start(
        command: &mut Command,
        log: &Path,
        probe: SocketAddr,
    ) -> anyhow::Result<Self> {
        let log_file = fs::File::create(log)?;
        command.stdin(Stdio::null()).stdout(log_file.try_clone()?).stderr(log_file);
        let begun = Instant::now();
        let child = command.spawn().with_context(|| format!("no start: {command:?}"))?;
        let mut server = Self { child, start_up: Duration::ZERO };
        while !is_ready(probe) {
            if begun.elapsed() > START_PATIENCE || server.child.try_wait()?.is_some() {
                bail!("no start: {}", fs::read_to_string(log)?);
            }
            sleep(Duration::from_micros(200));
        }
        server.start_up = begun.elapsed();
        Ok(server)
    }

    /// Processor time of the process so far, all threads, in the program and in the kernel.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name of the program, in parentheses, may hold spaces; utime and stime are the
        // 12th and 13th field behind it (proc(5)).
        let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let mut ticks = 0;
        for field in fields.split_whitespace().skip(11).take(2) {
            ticks += field.parse::<u32>()?;
        }
        Ok(TICK * ticks)
    }

    /// Resident memory in MiB, now.
    pub(crate) fn memory(&self) -> anyhow::Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib: f64 = line.unwrap_or("").trim().trim_end_matches(" kB").parse()?;
        Ok(kib / 1024.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // An ended process is all that matters here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn is_ready(probe: SocketAddr) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(probe)?;
        stream
            .write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.starts_with("HTTP/1.1 200"))
    };
    ask().unwrap_or(false)
}

/// An address on this machine that nobody listens on.
pub(crate) fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}
