//! JSON text as Go's encoding/json prints it: compact, members in the order given, HTML-safe strings.

use std::fmt::Write;

/// A JSON object under construction; [`Object::close`] gives its text.
#[derive(Clone, Debug, Default)]
pub struct Object {
    members: String,
}

impl Object {
    /// An object without members.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a string member.
    #[must_use]
    pub fn string(self, name: &str, value: &str) -> Self {
        self.raw(name, &string(value))
    }

    /// Appends a string member, or nothing when the value is empty (proto3 JSON omits defaults).
    #[must_use]
    pub fn string_unless_empty(self, name: &str, value: &str) -> Self {
        if value.is_empty() { self } else { self.string(name, value) }
    }

    /// Appends a number member, printed as a plain integer.
    #[must_use]
    pub fn integer(self, name: &str, value: i64) -> Self {
        self.raw(name, &value.to_string())
    }

    /// Appends a member whose value is already JSON text.
    #[must_use]
    pub fn raw(mut self, name: &str, value: &str) -> Self {
        if !self.members.is_empty() {
            self.members.push(',');
        }
        self.members.push_str(&string(name));
        self.members.push(':');
        self.members.push_str(value);
        self
    }

    /// The text, braces included.
    pub fn close(self) -> String {
        format!("{{{}}}", self.members)
    }
}

/// An array of values that are already JSON text.
pub fn array<T: AsRef<str>>(values: impl IntoIterator<Item = T>) -> String {
    let mut text = String::from("[");
    for value in values {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(value.as_ref());
    }
    text.push(']');
    text
}

/// The same value with a space after each of the characters `after` that stand between tokens.
///
/// Go's protobuf JSON puts a space after commas or not, as each build of a server has it.
pub fn spaced(text: &str, after: &[char]) -> String {
    let mut spaced = String::with_capacity(text.len());
    let (mut inside, mut escaped) = (false, false);
    for c in text.chars() {
        spaced.push(c);
        if inside {
            inside = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else {
            inside = c == '"';
            if after.contains(&c) {
                spaced.push(' ');
            }
        }
    }
    spaced
}

/// A string literal with quotes.
///
/// Two-character escapes for `"`, `\`, backspace, form feed, line feed, carriage return and tab (Go 1.22
/// and later); other controls below U+0020, `<`, `>`, `&`, U+2028 and U+2029 as `\u` with four lower-case
/// hexadecimal digits; everything else, DEL and non-ASCII too, as raw UTF-8. Go's protobuf JSON, when
/// compacted again by encoding/json, gives the same octets.
pub fn string(value: &str) -> String {
    quoted(value, |c| matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}'))
}

/// A string literal as Go's protobuf JSON prints it when nothing compacts it again: `<`, `>`, `&`, U+2028 and
/// U+2029 stay raw.
pub fn protobuf_string(value: &str) -> String {
    quoted(value, |_| false)
}

fn quoted(value: &str, also_escaped: impl Fn(char) -> bool) -> String {
    let mut text = String::with_capacity(value.len() + 2);
    text.push('"');
    for c in value.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            _ if c < ' ' || also_escaped(c) => {
                // Writing into a String does not fail.
                let _ = write!(text, "\\u{:04x}", u32::from(c));
            }
            _ => text.push(c),
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_escape_as_go_does() {
        for (value, expected) in [
            ("", r#""""#),
            ("a\"b\\c/", r#""a\"b\\c/""#),
            ("\u{8}\u{c}\n\r\t", r#""\b\f\n\r\t""#),
            ("\0\u{1}\u{b}\u{1f}\u{7f}", "\"\\u0000\\u0001\\u000b\\u001f\u{7f}\""),
            ("<a&b>'", r#""\u003ca\u0026b\u003e'""#),
            ("\u{2027}\u{2028}\u{2029}\u{202a}", "\"\u{2027}\\u2028\\u2029\u{202a}\""),
            ("Zoë 東京 😀 \u{feff}", "\"Zoë 東京 😀 \u{feff}\""),
        ] {
            assert_eq!(string(value), expected);
        }
    }

    #[test]
    fn protobuf_escapes_less() {
        assert_eq!(protobuf_string("<a&\u{2028}>\"\\\n\u{1}"), "\"<a&\u{2028}>\\\"\\\\\\n\\u0001\"");
    }

    #[test]
    fn spaces_outside_of_strings_only() {
        let text = r#"{"a,:\\":["b\",:","c"],"d":1}"#;
        assert_eq!(spaced(text, &[]), text);
        assert_eq!(spaced(text, &[',']), r#"{"a,:\\":["b\",:", "c"], "d":1}"#);
        assert_eq!(spaced(text, &[',', ':']), r#"{"a,:\\": ["b\",:", "c"], "d": 1}"#);
    }

    #[test]
    fn objects_and_arrays_are_compact() {
        assert_eq!(Object::new().close(), "{}");
        let object = Object::new()
            .string("a", "1")
            .string_unless_empty("b", "")
            .integer("c", -2)
            .raw("d", &array(["true", "null"]));
        assert_eq!(object.close(), r#"{"a":"1","c":-2,"d":[true,null]}"#);
        assert_eq!(array::<&str>([]), "[]");
    }
}
