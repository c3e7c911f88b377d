//! Looks now and then whether each Jitsi answers at all, so that the join page can say so when one does not.

use std::{sync::Arc, time::Duration};

use roomkey_core::jitsi::{JitsiServer, JitsiServers};
use roomkey_web::Away;
use tokio::{net::TcpStream, sync::watch::Receiver, time::timeout};

/// From one look to the next.
const EVERY: Duration = Duration::from_secs(20);
/// The same while one does not answer: people are told to try again in a minute, and should not read of it for longer.
const WHILE_AWAY: Duration = Duration::from_secs(3);
/// How long a connection may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// Runs until the server stops.
pub(crate) async fn watch(servers: JitsiServers, away: Arc<Away>, mut stopped: Receiver<bool>) {
    loop {
        let mut pause = EVERY;
        for server in servers.iter().filter(|server| server.url.domain() != "meet.example.org") {
            let answered = answers(server).await;
            away.note(server, answered);
            if !answered {
                pause = WHILE_AWAY;
            }
            metrics::gauge!("roomkey_jitsi_reachable", "server" => server.spoken().to_owned())
                .set(if answered { 1.0 } else { 0.0 });
        }
        if timeout(pause, stopped.wait_for(|stopped| *stopped)).await.is_ok() {
            return;
        }
    }
}

async fn answers(server: &JitsiServer) -> bool {
    let connected = timeout(PATIENCE, TcpStream::connect(server.url.endpoint())).await;
    matches!(connected, Ok(Ok(_)))
}
