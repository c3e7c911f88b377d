use super::{Edge, Instant, InvalidInstant, LocalDate, TimeZone};

/// The text was no calendar date in the form of RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a date like 2026-12-03")]
pub struct InvalidDate;

/// Reads RFC 3339's `full-date`: four digits of the year, two of the month, two of the day.
///
/// Chrono by itself takes `2026-1-1` and years of any length with a sign, too.
///
/// # Errors
/// [`InvalidDate`], also for a date that does not exist (30 February).
pub fn parse_date(text: &str) -> Result<LocalDate, InvalidDate> {
    if !has_shape(text, "dddd-dd-dd") {
        return Err(InvalidDate);
    }
    text.parse().map_err(|_| InvalidDate)
}

/// Reads an instant, or the edge of a date in UTC: its first moment, or the first after it.
///
/// # Errors
/// [`InvalidInstant`] if it is neither.
pub fn parse_moment(text: &str, edge: Edge) -> Result<Instant, InvalidInstant> {
    match (parse_date(text), edge) {
        (Ok(date), Edge::Start) => Ok(TimeZone::UTC.start_of(date)),
        (Ok(date), Edge::End) => Ok(TimeZone::UTC.start_of(date.succ_opt().unwrap_or(date))),
        (Err(_), _) => Instant::parse(text),
    }
}

/// Whether the text has a digit wherever the shape has a `d`, and elsewhere the same character.
pub(super) fn has_shape(text: &str, shape: &str) -> bool {
    let fits =
        |(c, wanted): (u8, u8)| if wanted == b'd' { c.is_ascii_digit() } else { c == wanted };
    text.len() == shape.len() && text.bytes().zip(shape.bytes()).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_in_full() {
        assert_eq!(parse_date("2026-12-03").unwrap().to_string(), "2026-12-03");
        assert!(parse_date("2028-02-29").is_ok());
        for bad in [
            "",
            "2026-1-1",
            "2026-12-3",
            "+262142-12-01",
            "+2026-12-01",
            "-2026-12-01",
            "26-12-03",
            " 2026-12-03",
            "2026-12-03 ",
            "2026/12/03",
            "2026-02-29",
            "2026-13-01",
            "2026-00-01",
            "20261203",
            "٢٠٢٦-١٢-٠٣",
            "2026-12-03T00:00:00Z",
        ] {
            assert_eq!(parse_date(bad), Err(InvalidDate), "{bad}");
        }
    }
}
