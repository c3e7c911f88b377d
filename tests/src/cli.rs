//! What a run of the command line gave.

use serde_json::Value;

/// Exit code and both streams of one finished command.
#[derive(Debug)]
pub struct Output {
    /// The exit code; `None` when a signal ended the command.
    pub code: Option<i32>,
    /// Standard output as text.
    pub stdout: String,
    /// Standard error as text.
    pub stderr: String,
}

impl Output {
    /// Standard output, after checking that the command was done (exit code 0).
    #[track_caller]
    pub fn done(&self) -> &str {
        assert_eq!(self.code, Some(0), "the command failed: {self:#?}");
        &self.stdout
    }

    /// Standard output of a command that is done, read as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(self.done())
            .unwrap_or_else(|error| panic!("no JSON on stdout ({error}): {self:#?}"))
    }

    /// Checks that the command was refused: exit code 1 and one sentence on stderr, without a panic or a backtrace.
    #[track_caller]
    pub fn refused(&self) -> &str {
        assert_eq!(self.code, Some(1), "expected exit code 1: {self:#?}");
        let message = self.stderr.trim();
        assert!(!message.is_empty(), "a refusal says why: {self:#?}");
        assert!(!message.contains("panicked"), "{self:#?}");
        message
    }

    /// Checks that the command was called wrongly: exit code 2 and a hint on stderr.
    #[track_caller]
    pub fn wrong_usage(&self) -> &str {
        assert_eq!(self.code, Some(2), "expected exit code 2: {self:#?}");
        assert!(!self.stderr.trim().is_empty(), "wrong usage says what is right: {self:#?}");
        &self.stderr
    }
}
