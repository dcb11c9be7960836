//! Formats numbers, times and untrusted text for a terminal.

use std::fmt::Write as _;

/// `2 days 3 hours`: the two largest units that matter.
pub fn duration(seconds: u64) -> String {
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (length, unit) in UNITS {
        let count = rest.checked_div(length).unwrap_or(0);
        rest = rest.checked_rem(length).unwrap_or(0);
        if count > 0 || !parts.is_empty() {
            parts.push((count, unit));
        }
    }
    parts.truncate(2);
    parts.retain(|(count, _)| *count > 0);
    if parts.is_empty() {
        parts.push((0, "second"));
    }
    let words: Vec<_> = parts.iter().map(|(count, unit)| counted(*count, unit)).collect();
    words.join(" ")
}

const UNITS: [(u64, &str); 5] =
    [(365 * 86_400, "year"), (86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];

/// `1 day`, `2 days`.
pub fn counted(count: u64, unit: &str) -> String {
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// Text from a token or a snapshot, in quotes, shortened, and with every character escaped that would control the terminal.
pub fn quoted(text: &str) -> String {
    let mut shown: String = text.chars().take(MAX_QUOTED).collect::<String>().escape_debug().collect();
    if text.chars().nth(MAX_QUOTED).is_some() {
        shown.push('…');
    }
    format!("\"{shown}\"")
}

/// As long as an issuer or a key ID can be.
const MAX_QUOTED: usize = 256;

/// JSON text with every character escaped that would control a terminal; the value stays the same.
pub fn inert_json(json: &str) -> String {
    let mut inert = String::with_capacity(json.len());
    for c in json.chars() {
        // Line feeds occur between values only: inside strings they are escaped already.
        if c == '\n' || !is_obeyed(c) {
            inert.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                let _ = write!(inert, "\\u{unit:04x}");
            }
        }
    }
    inert
}

/// Control characters, line separators, and what changes the direction of writing.
fn is_obeyed(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::{duration, inert_json, quoted};

    #[test]
    fn durations() {
        for (seconds, words) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (59, "59 seconds"),
            (60, "1 minute"),
            (301, "5 minutes 1 second"),
            (3_600, "1 hour"),
            (3_605, "1 hour"),
            (183_600, "2 days 3 hours"),
            (365 * 86_400, "1 year"),
            (u64::MAX, "584942417355 years 26 days"),
        ] {
            assert_eq!(duration(seconds), words);
        }
    }

    #[test]
    fn foreign_text_is_inert() {
        assert_eq!(quoted("a\u{1b}[2J\"\u{9b}\u{202e}"), r#""a\u{1b}[2J\"\u{9b}\u{202e}""#);
        assert_eq!(quoted(&"a".repeat(256)).len(), 258);
        assert!(quoted(&"a".repeat(257)).ends_with("…\""));
        assert_eq!(inert_json("{\n\"é\u{7f}\u{9b}\u{202e}\"}"), "{\n\"é\\u007f\\u009b\\u202e\"}");
    }
}
