//! Finding a member of the payload by a path of names: for claims that this library does not read.

use super::AccessTokenClaims;
use crate::json::{Reader, SyntaxError, Value};

impl<'a> AccessTokenClaims<'a> {
    /// The JSON text of the value at a path of member names, such as `["organization", "id"]`, whatever its type.
    ///
    /// Names are compared after their escapes are decoded. `None` when a name is absent, occurs twice in its object, or its
    /// parent is not an object. Also `None` for `null`, which means absent in the issuer's own claims too.
    #[must_use]
    pub fn find(&self, path: &[&str]) -> Option<&'a str> {
        find(self.payload.as_bytes(), path.iter().map(|name| name.as_bytes())).ok()?
    }
}

/// Takes time in proportion to the lengths of the payload and of the path.
pub(crate) fn find<'p, 'n>(
    payload: &'p [u8],
    path: impl IntoIterator<Item = &'n [u8]>,
) -> Result<Option<&'p str>, SyntaxError> {
    let mut reader = Reader::new(payload)?;
    for name in path {
        let Value::Object = reader.value()? else { return Ok(None) };
        let name = core::str::from_utf8(name).ok();
        let mut found = None;
        while let Some(member) = reader.next_member()? {
            if name.is_some_and(|name| member.is(name)) {
                if found.is_some() {
                    return Ok(None);
                }
                found = Some(reader.offset());
            }
            reader.skip()?;
        }
        let Some(place) = found else { return Ok(None) };
        reader.move_to(place);
    }
    let start = reader.offset();
    reader.skip()?;
    let json = reader.between(start, reader.offset()).trim_ascii_start();
    Ok(Some(json).filter(|json| *json != "null"))
}

#[cfg(test)]
mod tests {
    use super::find;

    const PAYLOAD: &str = r#" {"a" : "x", "b":{"c": [1, {"d":2}] , "\u0065":"\n","n":null,"f":false,"":7},
        "twice":1,"twice":1,"deep":{"twice":{"x":1},"tw\u0069ce":{"x":2}},"a.b":-1.5e3,"o":{} } "#;

    #[test]
    fn values_by_their_paths() {
        for (path, expected) in [
            (&["a"][..], Some(r#""x""#)),
            (&["b", "c"], Some(r#"[1, {"d":2}]"#)),
            (&["b", "e"], Some(r#""\n""#)),
            (&["b", "f"], Some("false")),
            (&["b", ""], Some("7")),
            (&["a.b"], Some("-1.5e3")),
            (&["o"], Some("{}")),
            (&["b", "n"], None),
            (&["b", "n", "x"], None),
            (&["a", "b"], None),
            (&["b", "c", "d"], None),
            (&["b", "c", "1"], None),
            (&["c"], None),
            (&["A"], None),
            (&["twice"], None),
            (&["deep", "twice"], None),
            (&["deep", "twice", "x"], None),
            (&["o", "x"], None),
        ] {
            let names = path.iter().map(|name: &&str| name.as_bytes());
            assert_eq!(find(PAYLOAD.as_bytes(), names).unwrap(), expected, "{path:?}");
        }
        assert_eq!(find(PAYLOAD.as_bytes(), [&b"\xff"[..]]).unwrap(), None);
        assert_eq!(find(b"{}", []).unwrap(), Some("{}"));
    }
}
