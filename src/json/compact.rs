//! Fast paths for compact JSON, as the issuer writes it: no white space, no escapes, members in the expected order.
//!
//! Each one either reads its piece as a whole or leaves the cursor where it was. Then the caller goes on with the general
//! reader, which alone reports faults. A fast path accepts nothing that the general reader would refuse.

use super::{Member, Number, Reader, number, text};

impl<'j> Reader<'j> {
    /// Reads a member's name and the colon behind it, and the comma before it unless the member is the first. When there are
    /// spaces or escapes, or another name, it leaves the cursor and gives false.
    #[inline(always)]
    pub(super) fn step_over_name<K: Member>(&mut self, member: K) -> bool {
        let rest = if self.fresh { Some(self.rest()) } else { self.rest().strip_prefix(b",") };
        let Some(len) = rest.and_then(|rest| member.spelled(rest)) else { return false };
        self.advance(len.wrapping_add(usize::from(!self.fresh)));
        self.fresh = false;
        true
    }

    /// Reads a string without escapes that stands here without a space before it. Else it leaves the cursor.
    ///
    /// Kept out of line so that its many callers share one copy.
    #[inline(never)]
    pub(crate) fn plain_string(&mut self) -> Option<&'j str> {
        if self.peek() != Some(b'"') {
            return None;
        }
        let start = self.at.wrapping_add(1);
        let end = text::plain_prefix(self.text.as_bytes(), start);
        if self.text.as_bytes().get(end) != Some(&b'"') {
            return None;
        }
        let string = self.text.get(start..end)?;
        self.at = end.wrapping_add(1);
        Some(string)
    }

    /// Reads the next element when it is a string without escapes, and no spaces stand around the comma. Else it leaves the
    /// cursor.
    #[inline(always)]
    pub(super) fn plain_element(&mut self) -> Option<&'j str> {
        let (at, fresh) = (self.at, self.fresh);
        if !fresh {
            if self.peek() != Some(b',') {
                return None;
            }
            self.advance(1);
        }
        let string = self.plain_string();
        match string {
            Some(_) => self.fresh = false,
            None => self.at = at,
        }
        string
    }

    /// Reads the opening brace that stands here without a space before it. Else it leaves the cursor.
    #[inline(always)]
    pub(super) fn step_into_object(&mut self) -> bool {
        self.peek() == Some(b'{') && self.open(true).is_ok()
    }

    /// Reads the integer of at most 15 digits that stands here without a space before it. Else it leaves the cursor.
    #[inline(always)]
    pub(super) fn short_integer(&mut self) -> Option<Number<'j>> {
        let number = number::short_integer(self.rest())?;
        self.advance(number.text_len());
        Some(number)
    }
}

#[cfg(test)]
mod tests {
    use crate::json::{Decoder, Member as _, Number, Reader, StringList, Unexpected, Value, members, number, object};
    use std::{format, string::String, string::ToString as _, vec::Vec};

    members! {
        enum Name {
            A = "a",
            Date = "date",
            List = "list",
            Inner = "inner",
            Note = "note",
        }
    }

    /// What was read from a text, or where it was refused.
    type Outcome = Result<Vec<String>, Unexpected>;

    fn entry(name: Name, repeated: bool, value: impl core::fmt::Debug) -> String {
        format!("{} {repeated} {value:?}", name.place())
    }

    fn strings(list: StringList<'_>) -> (Vec<String>, String) {
        (list.iter().map(str::to_string).collect(), list.as_json().to_string())
    }

    fn seconds(number: Number<'_>) -> [Option<i64>; 2] {
        [crate::json::Rounding::Down, crate::json::Rounding::Up].map(|rounding| number.whole_seconds(rounding))
    }

    fn fast(text: &[u8]) -> Outcome {
        let (mut room, mut all) = ([0; 256], Vec::new());
        let (mut reader, mut strings_of) = (Reader::new(text)?, Decoder::new(&mut room));
        object(&mut reader)?;
        reader.members(|reader, name, repeated| {
            let value = match name {
                Name::A => format!("{:?}", strings_of.string(reader)?),
                Name::Date => format!("{:?}", seconds(number(reader)?)),
                Name::List => format!("{:?}", strings(strings_of.optional_string_list(reader)?)),
                Name::Inner => {
                    object(reader)?;
                    reader.leave()?;
                    reader.offset().to_string()
                }
                Name::Note => format!("{:?}", strings_of.optional_string(reader)?),
            };
            all.push(entry(name, repeated, value));
            Ok::<_, Unexpected>(())
        })?;
        reader.finish()?;
        Ok(all)
    }

    /// The same with the steps for any JSON only.
    fn slow(text: &[u8]) -> Outcome {
        let (mut room, mut all, mut seen) = ([0; 256], Vec::new(), 0);
        let (mut reader, mut strings_of) = (Reader::new(text)?, Decoder::new(&mut room));
        let Value::Object = reader.value()? else { return Err(Unexpected) };
        while let Some(text) = reader.next_member()? {
            let mut decoded = [0; 256];
            let Some(name) = text.decode_into(&mut decoded).and_then(Name::named) else {
                reader.skip()?;
                continue;
            };
            let repeated = seen & name.bit() != 0;
            seen |= name.bit();
            let start = reader.offset();
            let value = match (name, reader.value()?) {
                (Name::A, Value::String(text)) => format!("{:?}", strings_of.decode(text)?),
                (Name::Date, Value::Number(number)) => format!("{:?}", seconds(number)),
                (Name::List, Value::Null) => format!("{:?}", strings(StringList::default())),
                (Name::List, Value::Array) => {
                    let (mut raw, mut all) = (reader.between(start, reader.offset()).len(), Vec::new());
                    while let Some(element) = reader.next_element()? {
                        let Value::String(text) = element else { return Err(Unexpected) };
                        all.push(strings_of.decode(text)?.to_string());
                    }
                    raw = start + raw - 1;
                    format!("{:?}", (all, reader.between(raw, reader.offset()).to_string()))
                }
                (Name::Inner, Value::Object) => {
                    reader.leave()?;
                    reader.offset().to_string()
                }
                (Name::Note, Value::Null) => format!("{:?}", None::<&str>),
                (Name::Note, Value::String(text)) => format!("{:?}", Some(strings_of.decode(text)?)),
                _ => return Err(Unexpected),
            };
            all.push(entry(name, repeated, value));
        }
        reader.finish()?;
        Ok(all)
    }

    const TEXTS: [&str; 6] = [
        r#"{"a":"x","date":1750000300,"list":["p.q","r"],"inner":{"b":[1,"c"]},"note":"twenty-four octets, or so"}"#,
        r#"{"note":null,"inner":{},"list":[],"date":0,"a":"","other":[{"a":"x"}]}"#,
        r#"{"a":"1234567","a":"12345678","a":"123456789012345","a":"1234567890123456","a":"12345678901234567"}"#,
        r#"{"date":999999999999999,"date":1000000000000000,"date":12345678.5,"date":12345678e1,"date":01}"#,
        r#"{ "a" : "x" , "date" : 7 , "list" : [ "p" , "q" ] , "inner" : { "b" : 1 } , "note" : "n" }"#,
        r#"{"\u0061":"\u0061b","dat\u0065":1,"list":["\n","p"],"list":null,"inner":{"a":"\\"},"note":"\"é\""}"#,
    ];

    #[test]
    fn compact_steps_agree_with_those_for_any_json() {
        let (mut accepted, mut refused) = (0, 0);
        let mut same = |text: &[u8]| {
            let expected = slow(text);
            assert_eq!(fast(text), expected, "{}", text.escape_ascii());
            *(if expected.is_ok() { &mut accepted } else { &mut refused }) += 1;
        };
        for text in TEXTS {
            let octets = text.as_bytes();
            same(octets);
            for at in 0..octets.len() {
                same(&octets[..at]);
                same(&[&octets[..at], &octets[at + 1..]].concat());
                for other in [
                    0, b' ', b'\n', b'"', b'\\', b',', b':', b'0', b'9', b'.', b'e', b'-', b'a', b'[', b']', b'{',
                    b'}', 0x80, 0xff,
                ] {
                    same(&[&octets[..at], &[other], &octets[at..]].concat());
                    same(&[&octets[..at], &[other], &octets[at + 1..]].concat());
                }
            }
        }
        assert!(accepted > 2000 && refused > 8000, "{accepted} accepted, {refused} refused");
    }

    /// Any order, and any member left out or twice.
    #[test]
    fn members_in_any_order() {
        let members = [r#""a":"x""#, r#""date":5"#, r#""list":["y"]"#, r#""inner":{}"#, r#""b":0"#];
        let (choices, mut orders) = (members.len() + 1, 0);
        for order in 0..choices.pow(5) {
            let chosen = (0..5).filter_map(|place| members.get(order / choices.pow(place) % choices).copied());
            let text = format!("{{{}}}", chosen.collect::<Vec<_>>().join(","));
            let expected = slow(text.as_bytes());
            assert!(expected.is_ok());
            assert_eq!(fast(text.as_bytes()), expected, "{text}");
            orders += 1;
        }
        assert_eq!(orders, 7776);
    }

    #[test]
    fn names_that_only_begin_or_end_alike() {
        for name in
            ["", "A", "aa", "dat", "dates", "ddate", "lis", "list ", " list", "li\\u0073", "note\\u0000", "in ner"]
        {
            let text = format!(r#"{{"a":"x","{name}":1}}"#);
            assert_eq!(fast(text.as_bytes()), slow(text.as_bytes()), "{text}");
        }
    }
}
