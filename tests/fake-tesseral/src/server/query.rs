//! Percent-encoding (RFC 3986 section 2.1) and `name=value&name=value` queries.

/// The parameters of a query, decoded.
#[derive(Clone, Debug, Default)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads the part of a request target after `?`; `+` is a space; `None` when an escape is broken.
    pub fn parse(query: &str) -> Option<Self> {
        let decode = |text: &str| percent_decode(&text.replace('+', " "));
        let mut parameters = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            parameters.push((decode(name)?, decode(value)?));
        }
        Some(Self(parameters))
    }

    /// The last value of this name.
    pub fn find(&self, name: &str) -> Option<&str> {
        self.all(name).last()
    }

    /// All values of this name.
    pub fn all<'q>(&'q self, name: &str) -> impl Iterator<Item = &'q str> {
        self.0.iter().filter(move |(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// The names that are not among `known`.
    pub fn unknown<'a>(&'a self, known: &'a [&str]) -> impl Iterator<Item = &'a str> {
        self.0.iter().map(|(name, _)| name.as_str()).filter(|name| !known.contains(name))
    }
}

/// `None` when an escape is broken or the octets are not UTF-8.
pub fn percent_decode(text: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(octet) = rest.next() {
        octets.push(match octet {
            b'%' => {
                let [high, low] = [rest.next()?, rest.next()?].map(|digit| char::from(digit).to_digit(16));
                (high? << 4 | low?) as u8 // two digits: < 256
            }
            _ => octet,
        });
    }
    String::from_utf8(octets).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes() {
        assert_eq!(percent_decode("a%5Fb%c3%A9+").as_deref(), Some("a_bé+"));
        for broken in ["%", "%4", "%4g", "%ff"] {
            assert_eq!(percent_decode(broken), None, "{broken}");
        }
    }

    #[test]
    fn finds_parameters() {
        let query = Query::parse("a=1&b=x+y%26&a=2&c&&").expect("good");
        assert_eq!(query.all("a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!((query.find("a"), query.find("b"), query.find("c")), (Some("2"), Some("x y&"), Some("")));
        assert_eq!((query.find("d"), query.unknown(&["a", "b"]).collect::<Vec<_>>()), (None, vec!["c"]));
    }
}
