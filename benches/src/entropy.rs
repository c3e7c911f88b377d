//! Random bytes of the operating system, for the store that both programs open.

use roomkey_core::random::Entropy;

/// The operating system's.
pub(crate) struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        // A benchmark without randomness has nothing to measure: leave the bytes as they are.
        let _ = getrandom::fill(bytes);
    }
}
