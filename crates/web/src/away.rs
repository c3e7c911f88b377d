//! Which Jitsis do not answer, as far as this process sees.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use roomkey_core::jitsi::{JitsiServer, ServerName};

/// Those that did not answer when they were last tried. What people reach from where they are may differ, so nobody is
/// kept out for it: the join page only tells.
#[derive(Debug, Default)]
pub struct Away(Mutex<BTreeSet<Option<ServerName>>>);

impl Away {
    /// Notes whether one answered.
    pub fn note(&self, server: &JitsiServer, answered: bool) {
        let mut away = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if answered {
            away.remove(&server.name);
        } else {
            away.insert(server.name);
        }
    }

    /// Whether it did not answer.
    pub(crate) fn has(&self, server: &JitsiServer) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&server.name)
    }
}
