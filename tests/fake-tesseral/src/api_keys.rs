//! The API keys of a project, and what the service says about one.

use std::fmt;

use crate::ids::{self, Refusal};
use crate::random::Random;

/// The API keys of a project.
#[derive(Clone, Debug)]
pub struct ApiKeys {
    /// Whether the project has API keys at all.
    pub enabled: bool,
    /// What all secrets start with, `[a-z0-9_]+`, at most 64 octets; `None` when the project never chose one.
    pub prefix: Option<String>,
    keys: Vec<ApiKey>,
    random: Random,
}

/// One API key; the secret is not in its `Debug`.
#[derive(Clone)]
pub struct ApiKey {
    /// `api_key_` and 25 digits.
    pub id: String,
    /// The organization that the key acts for.
    pub organization_id: String,
    /// What the key may do; answers carry them sorted and distinct.
    pub actions: Vec<String>,
    /// Seconds since 1970 from which on the key is refused; `None` for never.
    pub expires: Option<i64>,
    /// Whether the organization may use API keys.
    pub organization_permits: bool,
    secret: [u8; 35],
}

/// Why an API key is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Denial {
    /// API keys are off: for the project, for the organization, or because there is no prefix; the text says which.
    NotPermitted(&'static str),
    /// Another prefix, length or digit.
    Malformed,
    /// Unknown, revoked, expired, or of another project.
    Invalid,
    /// A suffix of more than 280 bits, at which the service panics.
    Panic,
}

impl ApiKeys {
    pub(crate) fn new(random: Random) -> Self {
        Self { enabled: true, prefix: Some("example_sk_".to_owned()), keys: Vec::new(), random }
    }

    /// A new key; gives the secret. Without a prefix the secret has none, and the service refuses it.
    pub fn issue<T: Into<String>>(&mut self, organization_id: &str, actions: impl IntoIterator<Item = T>) -> String {
        let mut actions: Vec<String> = actions.into_iter().map(Into::into).collect();
        actions.sort_unstable();
        actions.dedup();
        let secret = self.random.octets();
        self.keys.push(ApiKey {
            id: ids::render(ids::API_KEY, ids::uuid_v4(&mut self.random)),
            organization_id: organization_id.to_owned(),
            actions,
            expires: None,
            organization_permits: true,
            secret,
        });
        ids::render_api_key(self.prefix.as_deref().unwrap_or_default(), &secret)
    }

    /// The key of this secret, to change it.
    pub fn find_mut(&mut self, secret: &str) -> Option<&mut ApiKey> {
        let secret = ids::parse_api_key(self.prefix.as_deref()?, secret)?;
        self.keys.iter_mut().find(|key| key.secret == secret)
    }

    /// Forgets the key of this secret; `false` when there is none. The effect is immediate.
    pub fn revoke(&mut self, secret: &str) -> bool {
        let secret = self.prefix.as_deref().and_then(|prefix| ids::parse_api_key(prefix, secret));
        let before = self.keys.len();
        self.keys.retain(|key| Some(key.secret) != secret);
        self.keys.len() < before
    }

    /// Who holds this secret at `now`, in seconds since 1970; checks in the order of the service.
    ///
    /// # Errors
    /// As [`Denial`] tells.
    pub fn authenticate(&self, secret: &str, now: i64) -> Result<&ApiKey, Denial> {
        if !self.enabled {
            return Err(Denial::NotPermitted("api keys are not enabled for this project"));
        }
        let Some(prefix) = &self.prefix else {
            return Err(Denial::NotPermitted("api key secret token prefix is not set for this project"));
        };
        let secret = ids::read_api_key(prefix, secret).map_err(|refusal| match refusal {
            Refusal::Malformed => Denial::Malformed,
            Refusal::TooLarge => Denial::Panic,
        })?;
        // At the second of expiry the key is refused: the database asks whether `expire_time > now()`.
        let valid = |key: &&ApiKey| key.secret == secret && key.expires.is_none_or(|expires| now < expires);
        let key = self.keys.iter().find(valid).ok_or(Denial::Invalid)?;
        if !key.organization_permits {
            return Err(Denial::NotPermitted("api keys are not enabled for this organization"));
        }
        Ok(key)
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKey").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seed;

    fn keys() -> ApiKeys {
        ApiKeys::new(Seed::from_number(1).random("keys"))
    }

    #[test]
    fn issued_expired_revoked() {
        let mut keys = keys();
        let secret = keys.issue("org_1", ["b.b.b", "a.a.a", "b.b.b"]);
        assert_eq!((secret.len(), &secret[..11]), (11 + 55, "example_sk_"));
        let key = keys.authenticate(&secret, 0).expect("good");
        assert_eq!((key.actions.join(" "), key.organization_id.as_str()), ("a.a.a b.b.b".to_owned(), "org_1"));

        keys.find_mut(&secret).expect("known").expires = Some(10);
        assert!(keys.authenticate(&secret, 9).is_ok());
        assert_eq!(keys.authenticate(&secret, 10).err(), Some(Denial::Invalid));

        assert!(keys.revoke(&secret) && !keys.revoke(&secret));
        assert_eq!(keys.authenticate(&secret, 9).err(), Some(Denial::Invalid));
    }

    #[test]
    fn denials_come_in_order() {
        let mut keys = keys();
        let secret = keys.issue::<String>("org_1", []);
        let denial = |keys: &ApiKeys, secret: &str| keys.authenticate(secret, 0).err();
        let largest = format!("example_sk_{}", ids::LARGEST_API_KEY);
        let too_large = format!("example_sk_{}", "z".repeat(55));
        assert_eq!(denial(&keys, &largest), Some(Denial::Invalid));
        assert_eq!(denial(&keys, &too_large), Some(Denial::Panic));
        assert_eq!(denial(&keys, "example_sk_1"), Some(Denial::Malformed));
        assert_eq!(denial(&keys, ""), Some(Denial::Malformed));

        keys.find_mut(&secret).expect("known").organization_permits = false;
        assert!(matches!(denial(&keys, &secret), Some(Denial::NotPermitted(text)) if text.contains("organization")));
        keys.prefix = None;
        assert!(matches!(denial(&keys, &too_large), Some(Denial::NotPermitted(text)) if text.contains("prefix")));
        keys.enabled = false;
        assert!(matches!(denial(&keys, &too_large), Some(Denial::NotPermitted(text)) if text.contains("not enabled")));
    }

    #[test]
    fn secrets_do_not_print() {
        let mut keys = keys();
        let secret = keys.issue::<String>("org_1", []);
        let printed = format!("{keys:?}");
        assert!(printed.contains("api_key_") && !printed.contains(&secret[20..]), "{printed}");
    }
}
