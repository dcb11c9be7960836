//! Which proxy leads to a host, by the environment's variables as curl reads them.
//!
//! `https_proxy`, `HTTPS_PROXY`, `all_proxy`, `ALL_PROXY`: the first that is set and not empty counts. `HTTP_PROXY` is for URLs
//! without TLS, which are never asked. `no_proxy`, or else `NO_PROXY`, excepts hosts: names, addresses and blocks of addresses
//! (`10.0.0.0/8`), separated by commas or white space. A name excepts the hosts under it too, with or without a dot or `*.`
//! before it; a lone `*` excepts all.

use std::{ffi::OsString, format, net::IpAddr, string::String};

/// The URL of the proxy that leads to a host (`host` or `host:port`) over TLS; `None`: none does, or it is no text.
#[must_use]
pub fn proxy_for(host: &str) -> Option<String> {
    let variables = Variables::of_environment();
    if variables.except(host) {
        return None;
    }
    let url = variables.proxy?.1?;
    Some(if url.contains("://") { url } else { format!("http://{url}") })
}

/// What the variables say.
pub(super) struct Variables {
    /// The proxy's URL; `None` in it when it is no text.
    pub(super) proxy: Option<(&'static str, Option<String>)>,
    except: String,
}

impl Variables {
    pub(super) fn of_environment() -> Self {
        Self::read(|name| std::env::var_os(name))
    }

    fn read(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let first = |names: &[&'static str]| {
            let set = |name: &&'static str| Some((*name, variable(name).filter(|value| !value.is_empty())?));
            names.iter().find_map(set)
        };
        let proxy = first(&PROXY).map(|(name, value)| (name, value.into_string().ok()));
        let except = first(&EXCEPT).map(|(_, value)| value.to_string_lossy().into_owned());
        Self { proxy, except: except.unwrap_or_default() }
    }

    /// Whether this host (`host`, `host:port`, `[v6]` or `[v6]:port`) is asked without a proxy.
    pub(super) fn except(&self, host_and_port: &str) -> bool {
        let host = without_port(host_and_port).trim_end_matches('.');
        let address = host.parse::<IpAddr>().ok();
        let separator = |c: char| c == ',' || c.is_ascii_whitespace();
        self.except.trim_matches(separator) == "*"
            || self.except.split(separator).filter(|entry| !entry.is_empty()).any(|entry| match address {
                Some(address) => excepts_address(entry, address),
                None => excepts_name(entry, host),
            })
    }
}

const PROXY: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
const EXCEPT: [&str; 2] = ["no_proxy", "NO_PROXY"];

/// Also without an address's brackets.
fn without_port(host: &str) -> &str {
    match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or(v6),
        None => host.split(':').next().unwrap_or(host),
    }
}

fn excepts_name(entry: &str, host: &str) -> bool {
    let entry = entry.strip_prefix("*.").or_else(|| entry.strip_prefix('.')).unwrap_or(entry).trim_end_matches('.');
    let Some(at) = host.len().checked_sub(entry.len()).filter(|_| !entry.is_empty()) else { return false };
    let Some((before, end)) = host.split_at_checked(at) else { return false };
    end.eq_ignore_ascii_case(entry) && (before.is_empty() || before.ends_with('.'))
}

fn excepts_address(entry: &str, address: IpAddr) -> bool {
    let (block, bits) = match entry.split_once('/') {
        Some((block, bits)) => (block, bits.parse().ok()),
        None => (entry, Some(u32::MAX)),
    };
    let block = block.strip_prefix('[').and_then(|block| block.strip_suffix(']')).unwrap_or(block);
    let (Ok(block), Some(bits)) = (block.parse::<IpAddr>(), bits) else { return false };
    // All bits of an entry without a slash.
    let bits_of = |all: u32| if bits == u32::MAX { Some(all) } else { Some(bits).filter(|bits| *bits <= all) };
    match (block, address) {
        (IpAddr::V4(block), IpAddr::V4(address)) => bits_of(32).is_some_and(|bits| {
            let differ = u32::from(block) ^ u32::from(address);
            differ.leading_zeros() >= bits
        }),
        (IpAddr::V6(block), IpAddr::V6(address)) => bits_of(128).is_some_and(|bits| {
            let differ = u128::from(block) ^ u128::from(address);
            differ.leading_zeros() >= bits
        }),
        _ => false,
    }
}

/// What is wrong with the value of a proxy variable.
pub(super) fn complaint(variable: &str) -> &'static str {
    match variable {
        "https_proxy" => "https_proxy is not the URL of a proxy: write http://host:port, https:// or socks5h://",
        "HTTPS_PROXY" => "HTTPS_PROXY is not the URL of a proxy: write http://host:port, https:// or socks5h://",
        "all_proxy" => "all_proxy is not the URL of a proxy: write http://host:port, https:// or socks5h://",
        _ => "ALL_PROXY is not the URL of a proxy: write http://host:port, https:// or socks5h://",
    }
}

#[cfg(test)]
mod tests {
    use super::Variables;
    use std::{ffi::OsString, string::String};

    fn read(set: &[(&str, &str)]) -> Variables {
        Variables::read(|name| {
            set.iter().find(|(other, _)| *other == name).map(|(_, value)| OsString::from(String::from(*value)))
        })
    }

    #[test]
    fn the_first_variable_that_is_set_counts() {
        let chosen = |set: &[(&str, &str)]| read(set).proxy.map(|(_, url)| url.unwrap());
        assert_eq!(chosen(&[]), None);
        assert_eq!(chosen(&[("HTTP_PROXY", "http://a"), ("http_proxy", "http://b")]), None, "not for TLS");
        assert_eq!(chosen(&[("ALL_PROXY", "a"), ("HTTPS_PROXY", "b")]).as_deref(), Some("b"));
        assert_eq!(chosen(&[("HTTPS_PROXY", "b"), ("https_proxy", "c")]).as_deref(), Some("c"));
        assert_eq!(chosen(&[("https_proxy", ""), ("all_proxy", "d"), ("ALL_PROXY", "e")]).as_deref(), Some("d"));
    }

    #[test]
    fn the_exceptions() {
        let mut ran = 0;
        for (list, host, expected) in [
            ("", "api.example.com", false),
            ("*", "api.example.com", true),
            (" * ", "10.0.0.1", true),
            ("a,*", "api.example.com", false),
            ("example.com", "example.com:8443", true),
            ("example.com", "API.Example.COM", true),
            ("example.com", "badexample.com", false),
            ("example.com", "example.com.evil.org", false),
            (".example.com", "api.example.com", true),
            (".example.com", "example.com", true),
            ("*.example.com", "api.example.com", true),
            ("example.com.", "example.com", true),
            ("example.com", "example.com.", true),
            ("a.org, example.com", "api.example.com", true),
            ("a.org example.com", "api.example.com", true),
            ("a.org,\texample.com ,", "api.example.com", true),
            (".", "example.com", false),
            (",,", "example.com", false),
            ("api.example.com", "example.com", false),
            ("10.0.0.1", "10.0.0.1:443", true),
            ("10.0.0.1", "10.0.0.10", false),
            ("0.0.1", "10.0.0.1", false),
            ("10.0.0.0/8", "10.255.1.2", true),
            ("a.org, 10.0.0.0/8", "10.255.1.2:443", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.0/31", "10.0.0.1", true),
            ("10.0.0.0/32", "10.0.0.1", false),
            ("10.0.0.0/0", "192.168.0.1", true),
            ("10.0.0.0/33", "10.0.0.0", false),
            ("10.0.0.0/", "10.0.0.0", false),
            ("10.0.0.0/8", "example.com", false),
            ("::1", "[::1]:443", true),
            ("[::1]", "[::1]", true),
            ("fd00::/8", "[fd12::1]:443", true),
            ("fd00::/8", "[fe80::1]", false),
            ("fd00::/129", "[fd00::]", false),
            ("10.0.0.0/8", "[::1]", false),
        ] {
            for name in ["no_proxy", "NO_PROXY"] {
                assert_eq!(read(&[(name, list)]).except(host), expected, "{name}={list} {host}");
            }
            ran += 1;
        }
        assert_eq!(ran, 37);
        let both = read(&[("no_proxy", "a.org"), ("NO_PROXY", "b.org")]);
        assert!(both.except("a.org") && !both.except("b.org"));
    }
}
