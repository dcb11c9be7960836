//! A project of the service: its ids, its settings, its signing keys, and what it issues.

use crate::api_keys::ApiKeys;
use crate::claims::Claims;
use crate::config::ConfigDocument;
use crate::ids;
use crate::random::{Random, Seed};
use crate::signing::SigningKey;

/// A project; everything in it follows from its seed.
#[derive(Clone, Debug)]
pub struct Project {
    /// `project_` and 25 digits.
    pub id: String,
    /// `publishable_key_` and 25 digits; not secret, it names the config document.
    pub publishable_key: String,
    /// Where users log in; a host without scheme.
    pub vault_domain: String,
    /// The domain of the cookies; a host without a leading dot.
    pub cookie_domain: String,
    /// Whether browsers relay the session themselves; no matter to a verifier.
    pub dev_mode: bool,
    /// Hosts, perhaps with a port; `None` is printed `null`.
    pub trusted_domains: Option<Vec<String>>,
    /// `tesseral_secret_key_` and 25 digits: the secret with which a verifier asks about API keys.
    pub backend_api_key: String,
    /// The API keys of the project's customers, and whether there are any.
    pub api_keys: ApiKeys,
    keys: Vec<ProjectKey>,
    seed: Seed,
    random: Random,
}

/// In order of creation: the newest signs, and expiry is ignored, as the issuer does.
#[derive(Clone, Debug)]
struct ProjectKey {
    key: SigningKey,
    published: bool,
}

impl Project {
    /// A project for tests: the same number gives the same project, to the octet.
    pub fn new(number: u64) -> Self {
        Self::from_seed(Seed::from_number(number))
    }

    /// The project of this seed, with one published key.
    pub fn from_seed(seed: Seed) -> Self {
        let mut random = seed.random("project");
        let key = SigningKey::generate(&mut random);
        Self::with_key(seed, random, key)
    }

    /// A project whose only key is the given one, for instance a [`SigningKey::generate_short`].
    pub fn with_signing_key(number: u64, key: SigningKey) -> Self {
        let seed = Seed::from_number(number);
        let random = seed.random("project");
        Self::with_key(seed, random, key)
    }

    fn with_key(seed: Seed, random: Random, key: SigningKey) -> Self {
        let mut names = seed.random("ids");
        Self {
            id: ids::render(ids::PROJECT, ids::uuid_v4(&mut names)),
            publishable_key: ids::render(ids::PUBLISHABLE_KEY, ids::uuid_v4(&mut names)),
            vault_domain: "vault.example.com".to_owned(),
            cookie_domain: "example.com".to_owned(),
            dev_mode: false,
            trusted_domains: Some(vec!["app.example.com".to_owned(), "vault.example.com".to_owned()]),
            backend_api_key: ids::render(
                ids::BACKEND_API_KEY_SECRET,
                ids::uuid_v4(&mut seed.random("backend API key")),
            ),
            api_keys: ApiKeys::new(seed.random("API keys")),
            keys: vec![ProjectKey { key, published: true }],
            seed,
            random,
        }
    }

    /// `iss` and `aud` of its tokens: computed from the id, whatever the vault and cookie domains are.
    pub fn issuer(&self) -> String {
        format!("https://{}.tesseral.app", self.id.replace('_', "-"))
    }

    /// The name of the cookie that carries its access tokens.
    pub fn cookie_name(&self) -> String {
        format!("tesseral_{}_access_token", self.id)
    }

    /// The key that signs: the newest, published or not.
    pub fn signing_key(&self) -> &SigningKey {
        // Every constructor puts in one key, and none is ever taken out.
        &self.keys.last().expect("a project has at least one key").key
    }

    /// All keys in order of creation.
    pub fn signing_keys(&self) -> impl Iterator<Item = &SigningKey> {
        self.keys.iter().map(|entry| &entry.key)
    }

    /// Signs with a new key at once and publishes it; older keys stay published, as the issuer leaves them.
    pub fn rotate(&mut self) -> &SigningKey {
        let key = SigningKey::generate(&mut self.random);
        self.add_key(key, true)
    }

    /// Signs with a new key at once, which the config document does not show before [`Self::publish`].
    pub fn rotate_unpublished(&mut self) -> &SigningKey {
        let key = SigningKey::generate(&mut self.random);
        self.add_key(key, false)
    }

    /// Signs with `key` from now on.
    pub fn add_key(&mut self, key: SigningKey, published: bool) -> &SigningKey {
        self.keys.push(ProjectKey { key, published });
        self.signing_key()
    }

    /// Publishes all keys.
    pub fn publish(&mut self) {
        for entry in &mut self.keys {
            entry.published = true;
        }
    }

    /// Takes the key out of the config document, until [`Self::publish`]. False when there is no such key.
    pub fn withdraw(&mut self, kid: &str) -> bool {
        let found = self.keys.iter_mut().find(|entry| entry.key.kid() == kid);
        found.map(|entry| entry.published = false).is_some()
    }

    /// The config document of today's issuer, published keys in order of creation.
    pub fn config_document(&self) -> ConfigDocument {
        let mut document = ConfigDocument::new(&self.id, &self.vault_domain, &self.cookie_domain, self.dev_mode);
        document.trusted_domains = self.trusted_domains.clone();
        for entry in self.keys.iter().filter(|entry| entry.published) {
            document = document.with_key(&entry.key.jwk());
        }
        document
    }

    /// The claims of the project's first user in a token issued at `now`, seconds since 1970.
    pub fn claims(&self, now: i64) -> Claims {
        self.claims_of(0, now)
    }

    /// The claims of user number `user`; each user has an organization and a session of their own.
    pub fn claims_of(&self, user: u32, now: i64) -> Claims {
        let mut random = self.seed.random(&format!("user {user}"));
        let user_id = ids::render(ids::USER, ids::uuid_v4(&mut random));
        // 1735689600000 is 2025-01-01T00:00:00Z.
        let login_milliseconds = 1_735_689_600_000 + u64::from(user) * 1000;
        Claims {
            iss: self.issuer(),
            sub: user_id.clone(),
            aud: self.issuer(),
            session_id: ids::render(ids::SESSION, ids::uuid_v7(login_milliseconds, &mut random)),
            user_id,
            user_email: format!("user{user}@example.com"),
            user_display_name: "Ada Lovelace".to_owned(),
            organization_id: ids::render(ids::ORGANIZATION, ids::uuid_v4(&mut random)),
            organization_display_name: "Example Organization".to_owned(),
            ..Claims::default()
        }
        .issued_at(now)
    }

    /// A new API key with these actions, of the first user's organization; gives the secret.
    pub fn issue_api_key<T: Into<String>>(&mut self, actions: impl IntoIterator<Item = T>) -> String {
        let organization_id = self.claims(0).organization_id;
        self.api_keys.issue(&organization_id, actions)
    }

    /// The access token with these claims, signed with the newest key.
    pub fn mint(&self, claims: &Claims) -> String {
        self.signing_key().sign_claims(&claims.to_json())
    }

    /// An ordinary access token of the first user, issued at `now`.
    pub fn access_token(&self, now: i64) -> String {
        self.mint(&self.claims(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_decides_everything() {
        let (a, b) = (Project::new(1), Project::new(1));
        assert_eq!(a.config_document(), b.config_document());
        assert_eq!(a.access_token(0), b.access_token(0));
        assert_ne!(a.id, Project::new(2).id);
    }

    #[test]
    fn names_derived_from_the_id() {
        let mut project = Project::new(1);
        project.id = "project_54vwf0clhh0caqe20eujxgpeq".to_owned();
        assert_eq!(project.issuer(), "https://project-54vwf0clhh0caqe20eujxgpeq.tesseral.app");
        assert_eq!(project.cookie_name(), "tesseral_project_54vwf0clhh0caqe20eujxgpeq_access_token");
        assert_eq!(project.cookie_name().len(), 55);
    }

    #[test]
    fn rotation_signs_at_once() {
        let mut project = Project::new(1);
        let first = project.signing_key().kid().to_owned();
        let second = project.rotate_unpublished().kid().to_owned();
        assert_ne!(first, second);
        assert_eq!(project.signing_key().kid(), second);
        let keys = |project: &Project| project.config_document().keys.expect("keys");
        assert_eq!(keys(&project).len(), 1);
        project.publish();
        assert_eq!(keys(&project).len(), 2);
        let third = project.rotate().kid().to_owned();
        assert!(keys(&project)[2].contains(&third));
        assert_eq!(project.signing_keys().count(), 3);
        assert!(project.withdraw(&second) && !project.withdraw("x"));
        assert!(keys(&project).len() == 2 && keys(&project)[1].contains(&third));
    }

    #[test]
    fn users_differ_and_stay_the_same() {
        let project = Project::new(1);
        assert_eq!(project.claims(5), project.claims_of(0, 5));
        assert_eq!(project.claims_of(1, 5).session_id, project.claims_of(1, 6).session_id);
        assert_ne!(project.claims_of(1, 5).sub, project.claims_of(2, 5).sub);
    }
}
