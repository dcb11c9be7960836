//! The config document, which is also the project's JWK Set.

use crate::json::{self, Object};

/// A config document; [`ConfigDocument::to_json`] writes it.
///
/// [`Project::config_document`](crate::Project::config_document) gives the honest one; its members are public so
/// that a test can make any other.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConfigDocument {
    /// `projectId`.
    pub project_id: String,
    /// `vaultDomain`: a host, no scheme.
    pub vault_domain: String,
    /// `cookieDomain`: a host without a leading dot.
    pub cookie_domain: String,
    /// `devMode`.
    pub dev_mode: bool,
    /// `crossDomainMode`, the newer name; the issuer's always equals `devMode`.
    pub cross_domain_mode: bool,
    /// `trustedDomains`, each perhaps with a port; `None` is written `null`, as the issuer does for none.
    pub trusted_domains: Option<Vec<String>>,
    /// `keys`, each the JSON text of a JWK; `None` is written `null`, as the issuer does for none.
    pub keys: Option<Vec<String>>,
    omitted: Vec<String>,
}

impl ConfigDocument {
    /// A document of this project with neither trusted domains nor keys.
    pub fn new(project_id: &str, vault_domain: &str, cookie_domain: &str, dev_mode: bool) -> Self {
        Self {
            project_id: project_id.to_owned(),
            vault_domain: vault_domain.to_owned(),
            cookie_domain: cookie_domain.to_owned(),
            dev_mode,
            cross_domain_mode: dev_mode,
            trusted_domains: None,
            keys: None,
            omitted: Vec::new(),
        }
    }

    /// Leaves out the member of this name.
    #[must_use]
    pub fn without(mut self, member: &str) -> Self {
        self.omitted.push(member.to_owned());
        self
    }

    /// As issuers wrote it before June 2025: no `cookieDomain`, no `crossDomainMode`.
    #[must_use]
    pub fn older(self) -> Self {
        self.without("cookieDomain").without("crossDomainMode")
    }

    /// Appends a key: any JSON text, a JWK of another `kty` for instance.
    #[must_use]
    pub fn with_key(mut self, jwk: &str) -> Self {
        self.keys.get_or_insert_default().push(jwk.to_owned());
        self
    }

    /// Turns the order of the keys around; the issuer promises none.
    #[must_use]
    pub fn with_keys_reversed(mut self) -> Self {
        if let Some(keys) = &mut self.keys {
            keys.reverse();
        }
        self
    }

    /// The octets of the response body: one line of compact JSON and a line feed.
    pub fn to_json(&self) -> String {
        let trusted_domains = match &self.trusted_domains {
            Some(domains) => json::array(domains.iter().map(|domain| json::string(domain))),
            None => "null".to_owned(),
        };
        let keys = self.keys.as_ref().map_or_else(|| "null".to_owned(), json::array);
        let mut document = Object::new();
        for (name, value) in [
            ("projectId", json::string(&self.project_id)),
            ("vaultDomain", json::string(&self.vault_domain)),
            ("cookieDomain", json::string(&self.cookie_domain)),
            ("devMode", self.dev_mode.to_string()),
            ("crossDomainMode", self.cross_domain_mode.to_string()),
            ("trustedDomains", trusted_domains),
            ("keys", keys),
        ] {
            if !self.omitted.iter().any(|omitted| omitted == name) {
                document = document.raw(name, &value);
            }
        }
        document.close() + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> ConfigDocument {
        ConfigDocument::new("project_1", "vault.example.com", "example.com", false)
    }

    #[test]
    fn none_is_null_and_the_line_ends() {
        assert_eq!(
            document().to_json(),
            concat!(
                r#"{"projectId":"project_1","vaultDomain":"vault.example.com","cookieDomain":"example.com","#,
                r#""devMode":false,"crossDomainMode":false,"trustedDomains":null,"keys":null}"#,
                "\n"
            )
        );
    }

    #[test]
    fn lists_and_escapes() {
        let mut document = ConfigDocument::new("p", "v<", "c", true).with_key("{}").with_key("1");
        document.trusted_domains = Some(vec!["localhost:3000".into(), "a&b".into()]);
        assert_eq!(
            document.with_keys_reversed().to_json(),
            concat!(
                r#"{"projectId":"p","vaultDomain":"v\u003c","cookieDomain":"c","devMode":true,"crossDomainMode":true,"#,
                r#""trustedDomains":["localhost:3000","a\u0026b"],"keys":[1,{}]}"#,
                "\n"
            )
        );
    }

    #[test]
    fn older_documents_lack_members() {
        assert_eq!(
            document().older().without("devMode").without("trustedDomains").to_json(),
            "{\"projectId\":\"project_1\",\"vaultDomain\":\"vault.example.com\",\"keys\":null}\n"
        );
    }
}
