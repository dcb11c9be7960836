//! Arrays of strings, kept as text: `actions` and `aud`.

use super::text::{Text, scan};

/// An array of strings, as its JSON text and the decoded form of those elements that have escapes.
#[derive(Clone, Copy, Default)]
pub struct StringList<'a> {
    raw: &'a str,
    decoded: &'a str,
}

impl<'a> StringList<'a> {
    /// `raw` is an array of strings that a reader has accepted; `decoded` holds, one after the other, the
    /// decoded form of those elements that have escapes.
    pub(crate) fn new(raw: &'a str, decoded: &'a str) -> Self {
        Self { raw, decoded }
    }

    /// The array's JSON text; empty when there is none.
    #[must_use]
    pub fn as_json(&self) -> &'a str {
        self.raw
    }

    /// The decoded form of the elements with escapes, one after the other.
    pub(crate) fn decoded(&self) -> &'a str {
        self.decoded
    }

    /// The strings, decoded, in the order of the text.
    #[must_use]
    pub fn iter(&self) -> StringListIter<'a> {
        StringListIter { rest: self.raw.get(1..).unwrap_or(""), decoded: self.decoded }
    }

    /// Whether `string` is an element, octet for octet.
    #[must_use]
    pub fn contains(&self, string: &str) -> bool {
        self.iter().any(|element| element == string)
    }

    /// Whether there is no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

impl<'a> IntoIterator for StringList<'a> {
    type Item = &'a str;
    type IntoIter = StringListIter<'a>;

    fn into_iter(self) -> StringListIter<'a> {
        self.iter()
    }
}

impl serde::Serialize for StringList<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeSeq as _;
        let mut sequence = serializer.serialize_seq(Some(self.iter().count()))?;
        for string in self.iter() {
            sequence.serialize_element(string)?;
        }
        sequence.end()
    }
}

/// Prints no content: strings of a token must not reach a log.
impl core::fmt::Debug for StringList<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("StringList").field("len", &self.iter().count()).finish()
    }
}

/// Iterates over a [`StringList`].
#[derive(Clone)]
pub struct StringListIter<'a> {
    rest: &'a str,
    decoded: &'a str,
}

#[cfg(any(feature = "ffi", test))]
impl<'a> StringListIter<'a> {
    /// Continues an earlier iteration, which has used so many octets of the text and of the decoded strings.
    pub(crate) fn resume(list: StringList<'a>, raw_used: usize, decoded_used: usize) -> Self {
        Self {
            rest: list.raw.get(raw_used.max(1)..).unwrap_or(""),
            decoded: list.decoded.get(decoded_used..).unwrap_or(""),
        }
    }

    /// How many octets of the text and of the decoded strings are left.
    pub(crate) fn unused(&self) -> (usize, usize) {
        (self.rest.len(), self.decoded.len())
    }
}

impl<'a> Iterator for StringListIter<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let (_, string) = self.rest.split_once('"')?;
        let (len, escaped) = scan(string.as_bytes()).ok()?;
        let (raw, rest) = string.split_at_checked(len)?;
        self.rest = rest.get(1..)?;
        let text = Text::new(raw, escaped);
        let Some(plain) = text.plain() else {
            let (string, decoded) = self.decoded.split_at_checked(text.decoded_len())?;
            self.decoded = decoded;
            return Some(string);
        };
        Some(plain)
    }
}

#[cfg(test)]
mod tests {
    use super::{StringList, StringListIter};

    #[test]
    fn plain_and_escaped_elements() {
        let list = StringList::new(r#"[ "a.b.c" , "\u0061,]\"","", "\n" ]"#, "a,]\"\n");
        assert!(list.iter().eq(["a.b.c", "a,]\"", "", "\n"]));
        assert!(list.contains("a,]\"") && list.contains("") && !list.contains("a.b"));
        assert!(StringList::default().is_empty() && StringList::new("[]", "").is_empty());
    }

    #[test]
    fn an_iteration_can_be_resumed() {
        let list = StringList::new(r#"["a","\u0062","c"]"#, "b");
        let (mut raw_used, mut decoded_used) = (0, 0);
        for expected in ["a", "b", "c"] {
            let mut strings = StringListIter::resume(list, raw_used, decoded_used);
            assert_eq!(strings.next(), Some(expected));
            let (raw, decoded) = strings.unused();
            (raw_used, decoded_used) = (list.as_json().len() - raw, list.decoded().len() - decoded);
        }
        assert_eq!(StringListIter::resume(list, raw_used, decoded_used).next(), None);
    }
}
