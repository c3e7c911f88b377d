//! The width of a plain-text mail: whatever names, titles and notes are long, no line is.

use roomkey_core::text::EmailAddress;
use textwrap::{
    core::{Word, break_words, display_width},
    wrap_algorithms::wrap_first_fit,
};

/// As many columns as every mail program shows without wrapping, replies to replies included.
const COLUMNS: usize = 72;
/// As far as what somebody wrote is set in.
const INDENT: &str = "  ";
/// Octets that are kept on one line although there are blanks in them.
const TOGETHER: usize = 40;

/// The text with every longer line folded at its blanks. A word that is longer itself is broken,
/// but for a link or an address, which then has a line of its own: broken it would lead nowhere.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len() + 128);
    for line in text.lines() {
        // A TAB is as wide as a mail program likes.
        let line = line.replace('\t', "    ");
        if line.trim().is_empty() {
            folded.push('\n');
        } else if display_width(&line) <= COLUMNS {
            folded.push_str(&line);
            folded.push('\n');
        } else {
            fold_line(&line, &mut folded);
        }
    }
    folded
}

fn fold_line(line: &str, folded: &mut String) {
    let (indent, line) = line.strip_prefix(INDENT).map_or(("", line), |rest| (INDENT, rest));
    let width = COLUMNS - indent.len();
    let words: Vec<Word<'_>> = words(line)
        .into_iter()
        .map(Word::from)
        .flat_map(
            |word| {
                if leads_somewhere(&word) { vec![word] } else { break_words([word], width) }
            },
        )
        .collect();
    // A line is far from where a float stops being exact.
    #[expect(clippy::cast_precision_loss)]
    let lines = wrap_first_fit(&words, &[width as f64]);
    for words in lines {
        let start = folded.len();
        folded.push_str(indent);
        for word in words {
            folded.push_str(word);
            folded.push_str(word.whitespace);
        }
        let end = folded.get(start..).map_or(start, |line| start + line.trim_end().len());
        folded.truncate(end);
        folded.push('\n');
    }
}

/// The words of a line, each with the blanks after it. A short parenthesis, as zones stand in, is
/// one word, and so is a span of times: `12:45 - 13:30`.
fn words(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let mut end = next_word(rest, 0);
        if let Some(close) = closing_parenthesis(rest, end) {
            end = next_word(rest, close);
        }
        if end <= TOGETHER && rest.get(end..).is_some_and(|after| after.starts_with("- ")) {
            end = next_word(rest, end + "- ".len());
        }
        let (word, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        words.push(word);
        rest = after;
    }
    words
}

/// Where the parenthesis closes that is opened in the first `word` octets, if it is a short one.
fn closing_parenthesis(text: &str, word: usize) -> Option<usize> {
    let open = text.get(..word)?.find('(')?;
    let close = open + text.get(open..)?.find(')')?;
    (close - open <= TOGETHER).then_some(close)
}

/// Where the next word starts: after the first blanks from `from` on.
fn next_word(text: &str, from: usize) -> usize {
    let blank = text.get(from..).and_then(|tail| tail.find(' ')).map_or(text.len(), |at| from + at);
    text.get(blank..).map_or(blank, |tail| text.len() - tail.trim_start_matches(' ').len())
}

fn leads_somewhere(word: &str) -> bool {
    let bare = word.trim_matches(|c: char| "<>()[],;.!?\"'".contains(c));
    bare.contains("://") || bare.parse::<EmailAddress>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_lines_stay_as_they_are() {
        for text in ["", "One\n\n  two  \n-- \nthree\n", &format!("{}\n", "x".repeat(72))] {
            assert_eq!(fold(text), text);
        }
        assert_eq!(fold("no line end"), "no line end\n");
        assert_eq!(fold("  a\tb\n"), "  a    b\n");
    }

    #[test]
    fn long_lines_are_folded_at_blanks() {
        let text = format!("{}end\n  {}end\n", "seven77 ".repeat(9), "seven77 ".repeat(9));
        let first = ["seven77"; 9].join(" ");
        let second = ["seven77"; 8].join(" ");
        assert_eq!(fold(&text), format!("{first}\nend\n  {second}\n  seven77 end\n"));
    }

    #[test]
    fn zones_and_spans_stay_in_one_piece() {
        let text = "y".repeat(62);
        for whole in ["(Buenos Aires)", "(Berlin, UTC+01:00).", "12:45 - 13:30", "x(New York)"] {
            assert_eq!(fold(&format!("{text} {whole} end")), format!("{text}\n{whole} end\n"));
        }
        // A long parenthesis is text like any other, and one that is never closed too.
        let long = format!("({})", ["six666"; 12].join(" "));
        assert_eq!(fold(&long), format!("({}\n{})\n", ["six666"; 10].join(" "), "six666 six666"));
        assert_eq!(fold(&format!("( {text} - {text}")), format!("( {text} -\n{text}\n"));
        assert_eq!(fold("  \n\n"), "\n\n");
    }

    #[test]
    fn long_words_are_broken_but_for_what_leads_somewhere() {
        let word = "x".repeat(100);
        assert_eq!(fold(&word), format!("{}\n{}\n", "x".repeat(72), "x".repeat(28)));
        assert_eq!(fold(&format!("  {word}")), format!("  {}\n  {}\n", &word[30..], &word[..30]));
        // What is two columns wide counts twice.
        assert_eq!(fold(&"漢".repeat(40)), format!("{}\n{}\n", "漢".repeat(36), "漢".repeat(4)));
        let link = format!("https://plans.example/{word}");
        assert_eq!(fold(&format!("see {link}, all of it")), format!("see\n{link},\nall of it\n"));
        let address = format!("{}@{}.example", "b".repeat(60), "c".repeat(60));
        assert_eq!(fold(&format!("to {address}.")), format!("to\n{address}.\n"));
    }
}
