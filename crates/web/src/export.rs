//! Bookings as comma-separated values (RFC 4180), for spreadsheets and programs.

use std::borrow::Cow;

use roomkey_app::{App, BookingDetails, BookingFilter, BookingSearch, Cursor, StoreError};
use roomkey_core::{
    booking::{Attendance, Side},
    ids::UserId,
};

use crate::api::answers_json;

/// Rows of a table at most.
const MOST: usize = 10_000;
/// Bookings that are read at once.
const PART: u32 = 500;
/// By which spreadsheets know UTF-8.
const BYTE_ORDER_MARK: &str = "\u{feff}";

const COLUMNS: [&str; 17] = [
    "id",
    "status",
    "start_utc",
    "end_utc",
    "start",
    "end",
    "host_time_zone",
    "event",
    "name",
    "email",
    "time_zone",
    "note",
    "answers",
    "private_note",
    "attendance",
    "cancelled_by",
    "cancel_reason",
];

/// The table was not finished.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A row can not be written.
    #[error("a booking can not be written as comma-separated values")]
    Write(#[from] csv::Error),
    /// Answers can not be written.
    #[error("a booking's answers can not be written as JSON")]
    Answers(#[from] serde_json::Error),
}

/// A host's bookings as a table, part by part: at most 10,000 of them, in the filter's order.
#[derive(Debug)]
pub struct Export {
    host: UserId,
    filter: BookingFilter,
    search: BookingSearch,
    at: At,
}

#[derive(Debug, Clone, Copy)]
enum At {
    Beginning,
    /// After so many rows.
    Row(usize),
    End,
}

impl Export {
    /// Of those bookings. The filter's limit does not matter.
    pub const fn new(host: UserId, filter: BookingFilter, search: BookingSearch) -> Self {
        Self { host, filter, search, at: At::Beginning }
    }

    /// The next part, its lines whole; none after the last.
    ///
    /// # Errors
    /// [`ExportError`]; then what there is of the table is not all of it.
    pub async fn next(&mut self, app: &App) -> Result<Option<String>, ExportError> {
        let (written, with_header) = match self.at {
            At::Beginning => (0, true),
            At::Row(row) => (row, false),
            At::End => return Ok(None),
        };
        let limit = PART.min(u32::try_from(MOST - written).unwrap_or(PART));
        let filter = BookingFilter { limit, ..self.filter };
        let part = app.find_bookings(self.host, filter, self.search.clone()).await?;
        let (read, written) = (part.len(), written + part.len());
        self.filter.after =
            part.last().map(|last| Cursor { start: last.booking.span.start, id: last.booking.id });
        let is_last = read < limit as usize || written >= MOST;
        self.at = if is_last { At::End } else { At::Row(written) };
        lines(with_header, &part).map(Some)
    }
}

fn lines(with_header: bool, part: &[BookingDetails]) -> Result<String, ExportError> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    if with_header {
        writer.write_record(COLUMNS)?;
    }
    for details in part {
        let cells = row(details)?;
        writer.write_record(cells.iter().map(|cell| harmless(cell).into_owned()))?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    let start = if with_header { BYTE_ORDER_MARK } else { "" };
    Ok(format!("{start}{}", String::from_utf8_lossy(&bytes)))
}

/// In the order of [`COLUMNS`].
fn row(details: &BookingDetails) -> Result<[String; COLUMNS.len()], ExportError> {
    let BookingDetails { booking, event_type, host, private_note, .. } = details;
    let (span, zone, attendee) = (booking.span, host.time_zone, &booking.attendee);
    let (cancelled_by, reason) = match &booking.cancelled {
        Some((by, reason)) => (Side::as_str(*by).to_owned(), reason.to_string()),
        None => (String::new(), String::new()),
    };
    Ok([
        booking.id.to_string(),
        booking.status.as_str().to_owned(),
        span.start.to_string(),
        span.end.to_string(),
        zone.written(span.start).to_string(),
        zone.written(span.end).to_string(),
        zone.name().to_owned(),
        event_type.terms.title.to_string(),
        attendee.name.to_string(),
        attendee.email.to_string(),
        attendee.time_zone.name().to_owned(),
        booking.note.to_string(),
        answers_json(booking)?,
        private_note.to_string(),
        attendee.attendance.map(Attendance::as_str).unwrap_or_default().to_owned(),
        cancelled_by,
        reason,
    ])
}

/// A cell that no spreadsheet takes for a formula: what begins like one has an apostrophe before it, as
/// spreadsheets themselves write text. One that takes semicolons or tabs for separators sees several cells in it, also
/// behind a line break, for the quotes are then in the middle of a cell.
fn harmless(cell: &str) -> Cow<'_, str> {
    let mut text = String::with_capacity(cell.len());
    let mut is_start = true;
    for (place, each) in cell.char_indices() {
        let is_blank = matches!(each, '\t' | '\r');
        if is_start && (FORMULA.contains(&each) || place == 0 && is_blank) {
            text.push('\'');
        }
        text.push(each);
        is_start =
            matches!(each, ';' | '\t' | '\r' | '\n') || is_start && matches!(each, ' ' | '"');
    }
    if text.len() == cell.len() { Cow::Borrowed(cell) } else { Cow::Owned(text) }
}

/// What a formula begins with, also as East Asian keyboards write it.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn what_begins_like_a_formula_is_text() {
        for start in ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"] {
            let cell = format!("{start}1");
            assert_eq!(harmless(&cell), format!("'{start}1"));
        }
        for (cell, text) in [
            ("hello;=1+1\n=2+2", "hello;'=1+1\n'=2+2"),
            ("a\t@b", "a\t'@b"),
            ("; \"-1", "; \"'-1"),
            (" =1", " '=1"),
            ("\n+1", "\n'+1"),
        ] {
            assert_eq!(harmless(cell), text);
        }
        for cell in ["", "1-1", "a; b", "a\n\nb", "a=b", "'=1", "{\"=\":1}", "Zoë"] {
            assert_eq!(harmless(cell), cell);
        }
    }
}
