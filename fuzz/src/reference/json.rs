//! JSON by serde_json, as a tree that keeps repeated members and the text of numbers.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Most levels; the top-level value is level 1.
const MAX_DEPTH: u32 = 32;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number's text.
    Number(String),
    /// A decoded string.
    String(String),
    /// An array.
    Array(Vec<Json>),
    /// All members in their order, names decoded.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// The string.
    pub fn text(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// The strings of an array of strings.
    pub fn texts(&self) -> Option<Vec<String>> {
        let Self::Array(elements) = self else { return None };
        elements.iter().map(|element| element.text().map(str::to_owned)).collect()
    }

    /// The members of an object.
    pub fn members(&self) -> Option<&[(String, Json)]> {
        if let Self::Object(members) = self { Some(members) } else { None }
    }
}

/// A whole text; `None` unless it is RFC 8259 JSON of at most 32 levels without lone surrogates.
pub fn parse(octets: &[u8]) -> Option<Json> {
    value(std::str::from_utf8(octets).ok()?, 1)
}

/// The values of all members of this name.
pub fn all<'j>(members: &'j [(String, Json)], name: &str) -> Vec<&'j Json> {
    members.iter().filter(|(other, _)| other == name).map(|(_, value)| value).collect()
}

/// `RawValue` validates the grammar only: each level is parsed once more, into what it turned out to be.
fn value(text: &str, depth: u32) -> Option<Json> {
    let raw: &RawValue = serde_json::from_str(text).ok()?;
    let text = raw.get();
    Some(match text.as_bytes().first()? {
        b'n' => Json::Null,
        b't' => Json::Bool(true),
        b'f' => Json::Bool(false),
        b'"' => Json::String(serde_json::from_str(text).ok()?),
        b'[' | b'{' if depth > MAX_DEPTH => return None,
        b'[' => {
            let elements: Vec<&RawValue> = serde_json::from_str(text).ok()?;
            Json::Array(elements.into_iter().map(|element| value(element.get(), depth + 1)).collect::<Option<_>>()?)
        }
        b'{' => {
            let Members(members) = serde_json::from_str(text).ok()?;
            let member = |(name, raw): (String, &RawValue)| Some((name, value(raw.get(), depth + 1)?));
            Json::Object(members.into_iter().map(member).collect::<Option<_>>()?)
        }
        _ => Json::Number(text.to_owned()),
    })
}

/// serde's maps would drop repeated members.
struct Members<'j>(Vec<(String, &'j RawValue)>);

impl<'j> Deserialize<'j> for Members<'j> {
    fn deserialize<D: Deserializer<'j>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;

        impl<'j> Visitor<'j> for Collect {
            type Value = Members<'j>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'j>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Collect)
    }
}
