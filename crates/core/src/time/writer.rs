use super::{Instant, Span, Steady, TimeZone, instant::MICROS_PER_MINUTE};

/// Writes many times of one zone as [`TimeZone::written`] does. Those of a day differ by what the clock
/// shows: the rest of the text is kept.
#[derive(Debug)]
pub struct TimeWriter {
    zone: TimeZone,
    /// Around the day.
    steady: Option<Steady>,
    /// The local day of the last text, as far as the clocks do not change in it; empty if its texts are
    /// not kept.
    day: Span,
    /// When that day would have begun.
    midnight: Instant,
    text: Vec<u8>,
}

const MICROS_PER_SECOND: i64 = MICROS_PER_MINUTE / 60;
const DAY: i64 = 24 * 60 * 60 * MICROS_PER_SECOND;
/// Where the clock's digits stand in `2026-12-03T10:00:00+01:00`.
const CLOCK: std::ops::Range<usize> = 11..19;

impl TimeWriter {
    /// Of a zone.
    pub const fn new(zone: TimeZone) -> Self {
        let none = Span { start: Instant::EPOCH, end: Instant::EPOCH };
        Self { zone, steady: None, day: none, midnight: Instant::EPOCH, text: Vec::new() }
    }

    /// The zone.
    pub const fn zone(&self) -> TimeZone {
        self.zone
    }

    /// `at` as [`TimeZone::written`] writes it.
    pub fn write(&mut self, at: Instant) -> &str {
        str::from_utf8(self.write_ascii(at)).unwrap_or_default()
    }

    /// The same, for where bytes are wanted: nothing but ASCII.
    pub fn write_ascii(&mut self, at: Instant) -> &[u8] {
        if at < self.day.start || self.day.end <= at {
            self.begin_day(at);
        } else if let Some(place) = self.text.get_mut(CLOCK) {
            place.copy_from_slice(&clock(at.since(self.midnight) / MICROS_PER_SECOND));
        }
        &self.text
    }

    fn begin_day(&mut self, at: Instant) {
        let text = self.zone.written(at).to_string();
        let steady = match self.steady {
            Some(steady) if steady.holds(at) => steady,
            _ => self.zone.steady(at),
        };
        let ahead = steady.ahead();
        let midnight = Instant::from_micros((at.micros() + ahead).div_euclid(DAY) * DAY - ahead);
        let day = Span { start: midnight, end: midnight.plus_micros(DAY) };
        // Of years and offsets that are longer or shorter nothing is kept.
        let is_usual = text.len() == "2026-12-03T10:00:00+01:00".len() || text.ends_with('Z');
        let is_kept = is_usual && text.as_bytes().get(10) == Some(&b'T');
        self.day = if is_kept { steady.within(day) } else { Span { start: at, end: at } };
        (self.steady, self.midnight, self.text) = (Some(steady), midnight, text.into_bytes());
    }
}

/// `10:30:00`, of a second of the day. By numbers that the compiler knows, so that nothing is divided.
fn clock(second: i64) -> [u8; 8] {
    let second = u32::try_from(second).unwrap_or_default();
    let [h1, h2] = digits(second / 3_600 % 24);
    let [m1, m2] = digits(second / 60 % 60);
    let [s1, s2] = digits(second % 60);
    [h1, h2, b':', m1, m2, b':', s1, s2]
}

fn digits(number: u32) -> [u8; 2] {
    [number / 10 % 10, number % 10].map(|digit| b'0' + u8::try_from(digit).unwrap_or_default())
}
