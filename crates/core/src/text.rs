//! Text that people type, parsed once at the border: what has one of these types is fit to store,
//! to show and to put into a mail header.
//!
//! Control characters are refused, never silently dropped; text that looks like markup is text.

use std::{fmt, str::FromStr};

use serde::Serialize;
use url::Url;

/// What is wrong with a field, in words that say what to do. Its [`code`](Self::code) is stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// Nothing was given.
    #[error("Fill this in")]
    Required,
    /// More characters than fit.
    #[error("Use at most {max} characters")]
    TooLong {
        /// As many are allowed.
        max: usize,
    },
    /// Fewer characters than needed.
    #[error("Use at least {min} characters")]
    TooShort {
        /// As many are needed.
        min: usize,
    },
    /// A character that nobody sees: a line break in one line, a NUL, a bidirectional override, a
    /// space without width.
    #[error("Remove the line breaks, control characters and invisible characters")]
    ControlCharacter,
    /// A web address where none belongs.
    #[error("Leave out the web address")]
    WebAddress,
    /// No email address.
    #[error("Enter an email address with a domain, like name@example.com")]
    Email,
    /// A handle or slug with other characters.
    #[error("Use {min} to {max} of the characters a to z, 0 to 9 and -, with no - at an end")]
    Slug {
        /// As many are needed.
        min: usize,
        /// As many are allowed.
        max: usize,
    },
    /// A handle or slug that is the name of a page.
    #[error("This name is reserved, choose another")]
    Reserved,
    /// In use by another.
    #[error("This is already taken, choose another")]
    Taken,
    /// Not a whole number.
    #[error("Enter a whole number")]
    Number,
    /// A number out of bounds.
    #[error("Enter a number from {min} to {max}")]
    OutOfRange {
        /// The smallest allowed.
        min: u32,
        /// The largest allowed.
        max: u32,
    },
    /// More than fit.
    #[error("Use at most {max}")]
    TooMany {
        /// As many are allowed.
        max: usize,
    },
    /// No zone of that name.
    #[error("Choose a time zone from the list, like Europe/Berlin")]
    TimeZone,
    /// Not a language tag.
    #[error("Use a language tag, like en or de-AT")]
    Locale,
    /// Not a time.
    #[error("Enter a time like 09:00")]
    WallTime,
    /// A range that ends before it starts.
    #[error("Ends before it starts")]
    EndsBeforeStart,
    /// A range that shares time with another of the same day.
    #[error("Overlaps another range of this day")]
    Overlaps,
    /// Not an instant.
    #[error("Choose a time, like 2026-12-03T09:00:00Z")]
    Instant,
    /// Not a calendar date.
    #[error("Enter a date that exists, like 2026-12-03")]
    Date,
    /// Not one of the choices.
    #[error("Choose one of the list")]
    Choice,
    /// A password that is too easy to guess.
    #[error("Choose a password that is harder to guess")]
    WeakPassword,
    /// No telephone number.
    #[error("Enter a phone number with its country code, like +44 20 7946 0958")]
    Phone,
    /// No number with or without decimals.
    #[error("Enter a number, like 12 or 2.5")]
    Decimal,
    /// No address of a web page.
    #[error("Enter an address like https://example.com/room")]
    Url,
    /// A box that must be ticked and is not.
    #[error("Tick this box to go on")]
    Consent,
    /// Something other than yes or no.
    #[error("Use true or false")]
    YesOrNo,
    /// Fewer choices than a choice needs.
    #[error("Enter at least {min} choices, one on each line")]
    TooFewChoices {
        /// As many are needed.
        min: usize,
    },
}

impl FieldError {
    /// A stable name for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::TooLong { .. } => "too_long",
            Self::TooShort { .. } => "too_short",
            Self::ControlCharacter => "control_character",
            Self::WebAddress => "web_address",
            Self::Email => "email",
            Self::Slug { .. } => "slug",
            Self::Reserved => "reserved",
            Self::Taken => "taken",
            Self::Number => "number",
            Self::OutOfRange { .. } => "out_of_range",
            Self::TooMany { .. } => "too_many",
            Self::TimeZone => "time_zone",
            Self::Locale => "locale",
            Self::WallTime => "wall_time",
            Self::EndsBeforeStart => "ends_before_start",
            Self::Overlaps => "overlaps",
            Self::Instant => "instant",
            Self::Date => "date",
            Self::Choice => "choice",
            Self::WeakPassword => "weak_password",
            Self::Phone => "phone",
            Self::Decimal => "decimal",
            Self::Url => "url",
            Self::Consent => "consent",
            Self::YesOrNo => "yes_or_no",
            Self::TooFewChoices { .. } => "too_few_choices",
        }
    }
}

/// Characters that change how their neighbours are read without being seen, and the line breaks
/// that Unicode knows beside LF.
const fn hidden(c: char) -> bool {
    matches!(c,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Characters that print nothing and say nothing: the rest of Unicode's format controls (general
/// category Cf), and letters that are blank. With them two names look alike that are not.
///
/// Not among them: the joiners U+200C and U+200D and the Mongolian U+180E, without which Persian,
/// Indic and Mongolian names and many emoji are misspelt, and signs of category Cf that are seen.
const fn unseen(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{115f}' | '\u{1160}' | '\u{200b}' | '\u{2060}'..='\u{2065}'
        | '\u{206a}'..='\u{206f}' | '\u{3164}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e007f}')
}

/// What shapes its neighbours and is nothing by itself.
const fn joins(c: char) -> bool {
    matches!(c, '\u{180e}' | '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}')
}

fn one_line(text: &str, max: usize) -> Result<String, FieldError> {
    let text = text.trim_matches(' ');
    if text.chars().any(|c| c.is_control() || hidden(c) || unseen(c)) {
        Err(FieldError::ControlCharacter)
    } else if text.chars().all(|c| c.is_whitespace() || joins(c)) {
        Err(FieldError::Required)
    } else if text.chars().count() > max {
        Err(FieldError::TooLong { max })
    } else {
        Ok(text.to_owned())
    }
}

/// A line that is shown to people who did not write it, in subjects and calendars too: it leads
/// nowhere. Whoever books with somebody else's address could otherwise send them a link in a mail
/// of ours.
fn label(text: &str, max: usize) -> Result<String, FieldError> {
    let text = one_line(text, max)?;
    let lower = text.to_lowercase();
    let starts_site = |(at, _)| {
        let before = lower.get(..at).and_then(|before| before.chars().next_back());
        let after = lower.get(at + 4..).and_then(|after| after.chars().next());
        !before.is_some_and(char::is_alphanumeric) && after.is_some_and(char::is_alphanumeric)
    };
    if lower.contains("://") || lower.match_indices("www.").any(starts_site) {
        return Err(FieldError::WebAddress);
    }
    Ok(text)
}

/// A label without what mail programs take for a page of a site: `evil.example/prize`. A dot alone
/// makes no address: `Dr. A.B. Smith`, `St.John` and `Booking.com` are names.
fn person(text: &str) -> Result<String, FieldError> {
    let text = label(text, 120)?;
    let is_page = |word: &str| {
        let (site, path) = word.split_once('/')?;
        let site = site.trim_start_matches(|c: char| !c.is_alphanumeric());
        let (name, top) = site.rsplit_once('.')?;
        let top = top.split(':').next()?;
        let names_site = top.chars().count() >= 2 && top.chars().all(char::is_alphabetic);
        let names = names_site && name.ends_with(char::is_alphanumeric);
        (names && path.starts_with(|c: char| !c.is_whitespace())).then_some(())
    };
    if text.split_whitespace().any(|word| is_page(word).is_some()) {
        return Err(FieldError::WebAddress);
    }
    Ok(text)
}

/// Several lines of text, possibly none: line ends become LF; LF and TAB are kept.
fn lines(text: &str, max: usize) -> Result<String, FieldError> {
    let text = text.replace("\r\n", "\n");
    let text = text.trim();
    if text.chars().any(|c| (c.is_control() && c != '\n' && c != '\t') || hidden(c)) {
        Err(FieldError::ControlCharacter)
    } else if text.chars().count() > max {
        Err(FieldError::TooLong { max })
    } else {
        Ok(text.to_owned())
    }
}

fn slug(text: &str, min: usize, max: usize) -> Result<String, FieldError> {
    let fits = (min..=max).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-');
    match text {
        "" => Err(FieldError::Required),
        _ if fits => Ok(text.to_owned()),
        _ => Err(FieldError::Slug { min, max }),
    }
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident($parse:expr))*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// As it was stored, perhaps when less was asked of it.
            pub const fn from_stored(text: String) -> Self {
                Self(text)
            }
        }

        impl FromStr for $name {
            type Err = FieldError;

            fn from_str(text: &str) -> Result<Self, FieldError> {
                let parse: fn(&str) -> Result<String, FieldError> = $parse;
                parse(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

texts! {
    /// A person's name: one line, at most 120 characters, no web address in it.
    PersonName(person)
    /// A title: one line, at most 160 characters, no web address in it.
    Title(|text| label(text, 160))
    /// Several lines, possibly none, at most 2,000 characters.
    Note(|text| lines(text, 2000))
    /// The part of an address that names a host: 2 to 40 of a-z, 0-9 and -.
    Handle(|text| {
        let handle = slug(text, 2, 40)?;
        if RESERVED_HANDLES.contains(&text) { Err(FieldError::Reserved) } else { Ok(handle) }
    })
    /// The part of an address that names an event type: 1 to 60 of a-z, 0-9 and -.
    Slug(|text| {
        let slug = slug(text, 1, 60)?;
        if text == RESERVED_SLUG { Err(FieldError::Reserved) } else { Ok(slug) }
    })
    /// An email address: checked for form, kept as typed.
    EmailAddress(email)
    /// A line of text, like a question or an answer to one: at most 300 characters.
    Line(|text| one_line(text, 300))
    /// The name of a question in links and answers: 1 to 40 of a-z, 0-9 and -.
    QuestionId(|text| {
        let id = slug(text, 1, 40)?;
        if BUILT_IN_QUESTIONS.contains(&text) { Err(FieldError::Reserved) } else { Ok(id) }
    })
    /// A telephone number as people write it, with 5 to 15 digits (E.164).
    PhoneNumber(phone)
    /// The address of a page on the web, `http` or `https`, without a password in it.
    WebAddress(web_address)
    /// A number with or without sign and decimals, at most 15 digits.
    Decimal(decimal)
}

/// First path parts that are pages of our own, so no host can have them.
pub const RESERVED_HANDLES: &[&str] = &[
    "admin",
    "api",
    "app",
    "asap",
    "assets",
    "b",
    "brand",
    "conference",
    "dev",
    "embed",
    "events",
    "favicon",
    "forgot-password",
    "healthz",
    "invite",
    "metrics",
    "readyz",
    "reset-password",
    "robots",
    "setup",
    "sign-in",
    "sign-out",
    "sign-up",
    "static",
    "theme",
    "well-known",
];

/// The last part of the address at which an event type is made, so none can have it.
pub const RESERVED_SLUG: &str = "new";

/// Questions that pages ask themselves, so no host's question can be called so: the note, and the
/// number at which the host calls.
const BUILT_IN_QUESTIONS: [&str; 3] = ["note", "phone", NEW_QUESTION];

/// The end of the address at which a question is made.
pub const NEW_QUESTION: &str = "new";

/// Nothing.
impl Default for Note {
    fn default() -> Self {
        Self::from_stored(String::new())
    }
}

impl Note {
    /// No text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl EmailAddress {
    /// The form in which two spellings of one mailbox are equal: lower case.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

/// The addresses that mail servers in fact take: RFC 5321's Mailbox without quoted local parts and
/// address literals, in ASCII, with a dot in the domain or `localhost`.
fn email(text: &str) -> Result<String, FieldError> {
    let text = text.trim_matches(' ');
    if text.is_empty() {
        return Err(FieldError::Required);
    }
    if text.chars().any(|c| c.is_control() || hidden(c) || unseen(c)) {
        return Err(FieldError::ControlCharacter);
    }
    if text.len() > 254 {
        return Err(FieldError::TooLong { max: 254 });
    }
    let atom = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
    };
    let label = |part: &str| {
        (1..=63).contains(&part.len())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    let good = text.rsplit_once('@').is_some_and(|(local, domain)| {
        local.len() <= 64
            && local.split('.').all(atom)
            && domain.split('.').all(label)
            && (domain.contains('.') || domain == "localhost")
    });
    good.then(|| text.to_owned()).ok_or(FieldError::Email)
}

/// Digits, with what people write between them.
fn phone(text: &str) -> Result<String, FieldError> {
    let text = one_line(text, 40)?;
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let rest = text.strip_prefix('+').unwrap_or(&text);
    let written = rest.bytes().all(|b| b.is_ascii_digit() || b" ()-./".contains(&b));
    ((5..=15).contains(&digits) && written).then_some(text).ok_or(FieldError::Phone)
}

fn web_address(text: &str) -> Result<String, FieldError> {
    let text = one_line(text, 1000)?;
    let url = Url::parse(&text).map_err(|_| FieldError::Url)?;
    let is_page = matches!(url.scheme(), "http" | "https") && url.password().is_none();
    // Written out, so that what is stored is what a browser opens.
    is_page.then(|| url.to_string()).ok_or(FieldError::Url)
}

fn decimal(text: &str) -> Result<String, FieldError> {
    let text = one_line(text, 20)?;
    let digits = text.strip_prefix('-').unwrap_or(&text);
    let (whole, decimals) = digits.split_once(['.', ',']).unwrap_or((digits, "0"));
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let good = are_digits(whole) && are_digits(decimals) && whole.len() + decimals.len() <= 15;
    good.then(|| text.replace(',', ".")).ok_or(FieldError::Decimal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phone_numbers_web_addresses_and_decimals() {
        for good in ["+44 20 7946 0958", "(030) 123-456", "112/55", "12345"] {
            assert_eq!(good.parse::<PhoneNumber>().unwrap().as_str(), good);
        }
        for bad in ["1234", "+", "12 34 5a", "1234567890123456", "++4412345"] {
            assert_eq!(bad.parse::<PhoneNumber>(), Err(FieldError::Phone), "{bad}");
        }
        let page = "HTTPS://Meet.example.org/a b".parse::<WebAddress>().unwrap();
        assert_eq!(page.as_str(), "https://meet.example.org/a%20b");
        for bad in
            ["meet.example.org", "javascript:alert(1)", "https://a:b@c.de/", "/x", "ftp://x.de"]
        {
            assert_eq!(bad.parse::<WebAddress>(), Err(FieldError::Url), "{bad}");
        }
        for (text, number) in [("12", "12"), ("-2,5", "-2.5"), ("0.10", "0.10")] {
            assert_eq!(text.parse::<Decimal>().unwrap().as_str(), number);
        }
        for bad in ["1e3", "1.", ".5", "--1", "1.2.3", "1234567890123456", "NaN"] {
            assert_eq!(bad.parse::<Decimal>(), Err(FieldError::Decimal), "{bad}");
        }
    }

    #[test]
    fn one_line_fields_refuse_what_would_break_a_header() {
        for text in ["a\r\nBcc: b@c.de", "a\nb", "a\0", "a\u{2028}b", "a\u{85}b", "a\u{202e}b"] {
            assert_eq!(text.parse::<PersonName>(), Err(FieldError::ControlCharacter), "{text:?}");
        }
        assert_eq!("   ".parse::<PersonName>(), Err(FieldError::Required));
        assert_eq!("ä".repeat(121).parse::<PersonName>(), Err(FieldError::TooLong { max: 120 }));
        assert_eq!(" <b>Bo</b> ".parse::<PersonName>().unwrap().as_str(), "<b>Bo</b>");
    }

    #[test]
    fn notes_keep_lines_and_tabs() {
        assert_eq!("a\r\nb\tc".parse::<Note>().unwrap().as_str(), "a\nb\tc");
        assert_eq!("a\rb".parse::<Note>(), Err(FieldError::ControlCharacter));
        assert!("".parse::<Note>().unwrap().is_empty());
    }

    #[test]
    fn email_addresses() {
        for good in ["bo@example.com", "a.b+c@x-y.co.uk", "root@localhost", "o'neil@example.org"] {
            assert!(good.parse::<EmailAddress>().is_ok(), "{good}");
        }
        for bad in [
            "bo",
            "bo@",
            "@x.de",
            "a b@x.de",
            "a@b",
            "a..b@x.de",
            "a@-x.de",
            "<a@x.de>",
            "a@x.de,b@x.de",
            "ä@x.de",
        ] {
            assert_eq!(bad.parse::<EmailAddress>(), Err(FieldError::Email), "{bad}");
        }
        assert_eq!("a@x.de\r\n".parse::<EmailAddress>(), Err(FieldError::ControlCharacter));
    }

    #[test]
    fn handles_are_path_parts_that_are_not_pages() {
        assert!("ada-l".parse::<Handle>().is_ok());
        assert_eq!("app".parse::<Handle>(), Err(FieldError::Reserved));
        for bad in ["a", "Ada", "-a", "a-", "a/b", "ä-ö"] {
            assert_eq!(bad.parse::<Handle>(), Err(FieldError::Slug { min: 2, max: 40 }), "{bad}");
        }
    }

    #[test]
    fn slugs_may_be_short_but_not_a_page_of_ours() {
        for good in ["a", "7", "new-one", &"s".repeat(60)] {
            assert!(good.parse::<Slug>().is_ok(), "{good}");
        }
        assert_eq!("new".parse::<Slug>(), Err(FieldError::Reserved));
        for bad in ["-", "A", "a b", &"s".repeat(61)] {
            assert_eq!(bad.parse::<Slug>(), Err(FieldError::Slug { min: 1, max: 60 }), "{bad}");
        }
    }

    #[test]
    fn names_lead_nowhere() {
        for bad in [
            "https://evil.example",
            "Win FTP://x now",
            "www.evil.example",
            "(WWW.x)",
            "evil.com/x",
            "(evil.com/x)",
            "evil.co.uk:80/x",
            "münchen.example/ö",
        ] {
            assert_eq!(bad.parse::<PersonName>(), Err(FieldError::WebAddress), "{bad}");
        }
        for good in [
            "Dr. A.B. Smith",
            "St.John",
            "Bo/Cy",
            "A. / B.",
            "Dr.med./Univ. X",
            "A.B./C.D.",
            "Booking.com",
            "awww. Bo",
            "Awww.Bo",
            "Bo 1.5/2",
        ] {
            assert!(good.parse::<PersonName>().is_ok(), "{good}");
        }
        assert_eq!("at www.x.de".parse::<Title>(), Err(FieldError::WebAddress));
        assert!("Node.js/React".parse::<Title>().is_ok());
    }

    #[test]
    fn what_nobody_sees_is_refused_and_what_shapes_letters_is_kept() {
        for bad in
            ['\u{61c}', '\u{ad}', '\u{200b}', '\u{2060}', '\u{2069}', '\u{e0041}', '\u{3164}']
        {
            let name = format!("B{bad}o");
            assert_eq!(name.parse::<PersonName>(), Err(FieldError::ControlCharacter), "{bad:?}");
        }
        assert_eq!("\u{200d}\u{fe0f} ".parse::<PersonName>(), Err(FieldError::Required));
        for good in ["\u{645}\u{6cc}\u{200c}\u{62e}", "👩\u{200d}🚀", "❤\u{fe0f}", "\u{6dd}"]
        {
            assert!(good.parse::<PersonName>().is_ok(), "{good}");
        }
        // What is pasted into a note often has spaces without width in it.
        assert!("a\u{200b}b".parse::<Note>().is_ok());
    }
}
