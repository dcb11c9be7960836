//! Target `json`: the reader against serde_json, value by value.

use crate::reference::{
    json::{Json, parse},
    number,
};
use tesseral_verify::json::{Decoder, Reader, Rounding, Text, Value, check};

/// Checks all properties on one input.
pub fn run(input: &[u8]) {
    let expected = parse(input);
    let actual = check(input);
    assert_eq!(actual.is_ok(), expected.is_some(), "accepts");
    match (expected, actual) {
        (Some(expected), _) => {
            let mut reader = Reader::new(input).expect("checked");
            let value = reader.value().expect("checked");
            same(&mut reader, value, &expected);
            reader.finish().expect("checked");
        }
        (None, Err(fault)) => fault_is_where_it_says(input, fault.offset),
        (None, Ok(())) => {}
    }
}

/// Nothing before the fault is wrong, except that the text is not finished there.
fn fault_is_where_it_says(input: &[u8], offset: usize) {
    let before = &input[..offset];
    match (std::str::from_utf8(input), check(before)) {
        (_, Ok(())) => {}
        (Ok(_), Err(earlier)) => assert_eq!(earlier.offset, offset, "the text was fine until there"),
        // UTF-8 is checked first: a fault of the grammar may come earlier.
        (Err(error), Err(earlier)) => assert!(earlier.offset <= offset && error.valid_up_to() == offset),
    }
}

fn same(reader: &mut Reader<'_>, value: Value<'_>, expected: &Json) {
    match (value, expected) {
        (Value::Null, Json::Null) => {}
        (Value::Bool(actual), Json::Bool(expected)) => assert_eq!(actual, *expected),
        (Value::Number(actual), Json::Number(expected)) => {
            assert_eq!(actual.text_len(), expected.len());
            for rounding in [Rounding::Down, Rounding::Up] {
                let seconds = number::whole_seconds(expected, rounding);
                assert_eq!(actual.whole_seconds(rounding), seconds, "{expected} {rounding:?}");
            }
        }
        (Value::String(actual), Json::String(expected)) => same_text(actual, expected),
        (Value::Array, Json::Array(elements)) => {
            if let Some(texts) = expected.texts() {
                same_list(reader, &texts);
            }
            let mut skipped = reader.clone();
            for expected in elements {
                let element = reader.next_element().expect("checked").expect("one more");
                same(reader, element, expected);
            }
            assert!(matches!(reader.next_element(), Ok(None)));
            skipped.leave().expect("checked");
            assert_eq!(skipped.offset(), reader.offset(), "skipping ends where reading does");
        }
        (Value::Object, Json::Object(members)) => {
            let mut skipped = reader.clone();
            for (name, expected) in members {
                let text = reader.next_member().expect("checked").expect("one more");
                same_text(text, name);
                let value = reader.value().expect("checked");
                same(reader, value, expected);
            }
            assert!(matches!(reader.next_member(), Ok(None)));
            skipped.leave().expect("checked");
            assert_eq!(skipped.offset(), reader.offset(), "skipping ends where reading does");
        }
        (actual, expected) => panic!("{actual:?} is not {expected:?}"),
    }
}

fn same_text(actual: Text<'_>, expected: &str) {
    assert_eq!(actual.decoded_len(), expected.len());
    assert_eq!(actual.is_empty(), expected.is_empty());
    assert!(actual.is(expected) && actual.same_as(&actual));
    assert!(!actual.is(&format!("{expected}x")), "longer");
    if let Some((last, _)) = expected.char_indices().next_back() {
        assert!(!actual.is(&expected[..last]), "shorter");
    }
    if let Some(plain) = actual.plain() {
        assert_eq!(plain, expected);
    }
    let mut room = vec![0; expected.len()];
    assert_eq!(actual.decode_into(&mut room), Some(expected));
    if let Some(short) = expected.len().checked_sub(1) {
        assert_eq!(actual.decode_into(&mut room[..short]), None);
    }
}

/// The same array once more, through a decoder with just enough room.
fn same_list(reader: &Reader<'_>, expected: &[String]) {
    let mut needed = 0;
    let mut elements = reader.clone();
    while let Ok(Some(element)) = elements.next_element() {
        if let Value::String(text) = element
            && text.plain().is_none()
        {
            needed += text.decoded_len();
        }
    }
    let mut room = vec![0; needed];
    let list = Decoder::new(&mut room).string_list(&mut reader.clone()).expect("strings, and room for them");
    assert!(list.iter().eq(expected));
    assert_eq!(list.is_empty(), expected.is_empty());
    assert!(expected.iter().all(|text| list.contains(text)));
    if let Some(short) = needed.checked_sub(1) {
        let mut room = vec![0; short];
        assert!(Decoder::new(&mut room).string_list(&mut reader.clone()).is_err(), "one octet less");
    }
}
