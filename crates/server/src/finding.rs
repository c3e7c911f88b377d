//! What a check found: a line for each part, with the mend.

use std::process::ExitCode;

use serde::Serialize;

use crate::output;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    Ok,
    Warn,
    Fail,
}

/// One part, how it is, and what to do about it.
#[derive(Serialize)]
pub(crate) struct Finding {
    part: &'static str,
    pub(crate) verdict: Verdict,
    finding: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    mend: Option<String>,
}

impl Finding {
    pub(crate) fn ok(part: &'static str, finding: impl Into<String>) -> Self {
        Self { part, verdict: Verdict::Ok, finding: finding.into(), mend: None }
    }

    pub(crate) fn warn(
        part: &'static str,
        finding: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self { part, verdict: Verdict::Warn, finding: finding.into(), mend: Some(mend.into()) }
    }

    pub(crate) fn fail(
        part: &'static str,
        finding: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self { part, verdict: Verdict::Fail, finding: finding.into(), mend: Some(mend.into()) }
    }
}

/// Prints them; exit code 1 if one of them is a failure.
pub(crate) fn print(findings: &[Finding], json: bool) -> anyhow::Result<ExitCode> {
    let width = findings.iter().map(|finding| finding.part.len()).max().unwrap_or(0).max(14);
    if json {
        output::json(&findings)?;
    } else {
        for Finding { part, verdict, finding, mend } in findings {
            let sign = match verdict {
                Verdict::Ok => "ok  ",
                Verdict::Warn => "warn",
                Verdict::Fail => "FAIL",
            };
            let mend = mend.as_ref().map(|mend| format!("; {mend}")).unwrap_or_default();
            output::line(format_args!("{sign}  {part:<width$} {finding}{mend}"))?;
        }
    }
    let failed = findings.iter().any(|finding| finding.verdict == Verdict::Fail);
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
