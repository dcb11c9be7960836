//! Lists of revoked sessions and users: how they are read, and which accepted tokens they refuse.
#![cfg(feature = "alloc")]

mod common;

use common::{
    room::{Room, slug},
    sets::{authored, list, say, text},
};
use fake_tesseral::{Claims, Project, ids};
use serde_json::Value;
use tesseral_verify::{ApiKey, Cache, Error, Options, Revoked, Verifier, cache, revoked};

const FILE: &str = "revoked.json";
const SEED: [u8; 16] = *b"a seed of a test";
const NOW: i64 = 1_750_000_000;

#[test]
fn vectors() {
    let set = Set::read();
    for test in list(&set.value, "tests") {
        let id = text(test, "id");
        let octets = set.expand(text(test, "list")).into_bytes();
        let octets = octets.as_slice();
        let mut memory = vec![0xaa; revoked::size(revoked::lines(octets))];
        let borrowed = Revoked::load(octets, &mut memory, SEED).map(|list| set.same(test, id, &list));
        let owned = Revoked::load_owned(octets, SEED).map(|list| set.same(test, id, &list));
        assert_eq!(borrowed, owned, "{id}");
        let Err(refused) = borrowed else { continue };
        assert_eq!(refused.error.slug(), text(test, "slug"), "{id}");
        assert_eq!(refused.line.and_then(|line| u64::try_from(line).ok()), test["line"].as_u64(), "{id}");
        assert!(memory.iter().all(|octet| *octet == 0xaa), "{id}: a refused list writes nothing");
    }
    say(&format!("vectors {FILE}: {} lists", list(&set.value, "tests").len()));
}

#[cfg(feature = "ffi")]
#[test]
fn vectors_through_c() {
    use tesseral_verify::ffi;
    let set = Set::read();
    for test in list(&set.value, "tests") {
        let id = text(test, "id");
        let octets = set.expand(text(test, "list")).into_bytes();
        let (mut revoked, mut line) = (std::ptr::null(), 7);
        // SAFETY: the octets are readable.
        let size = unsafe { ffi::tesseral_revoked_size(octets.as_ptr(), octets.len()) };
        let mut memory = vec![0_u64; size.div_ceil(8)];
        // SAFETY: all pointers are to memory of these lengths.
        let status = unsafe {
            ffi::tesseral_revoked_init(
                memory.as_mut_ptr().cast(),
                size,
                octets.as_ptr(),
                octets.len(),
                SEED.as_ptr(),
                SEED.len(),
                &raw mut revoked,
                &raw mut line,
            )
        };
        assert_eq!(Error::from_code(status).map_or("ok", Error::slug), text(test, "slug"), "{id}");
        if status == 0 {
            // SAFETY: it was made above, in memory that is still there.
            let entries = unsafe { ffi::tesseral_revoked_entries(revoked) };
            assert_eq!(Some(entries as u64), test["entries"].as_u64(), "{id}");
            assert_eq!(line, 7, "{id}");
        } else {
            assert!(revoked.is_null(), "{id}");
            assert_eq!(Some(line as u64), test["line"].as_u64(), "{id}");
        }
    }
}

#[test]
fn accepted_tokens_are_compared_with_the_list() {
    let project = Project::new(1);
    let other = Project::new(2);
    let claims = project.claims(NOW);
    let (session, user) = (&claims.session_id, &claims.user_id);
    let (project_id, other_id) = (&project.id, &other.id);
    let unknown = ids::render("user_", 5);
    let other_subject = Claims { sub: unknown.clone(), ..claims.clone() };
    let impersonated = claims.clone().with_impersonator("support@example.com");
    let mut room = Room::new();
    let verifier = room.load(project.config_document().to_json().as_bytes(), &Options::new()).unwrap();
    for (entries, claims, expected) in [
        (String::new(), &claims, "ok"),
        (format!("{project_id} {session}\n"), &claims, "token_revoked"),
        (format!("{project_id} {user}\n"), &claims, "token_revoked"),
        (format!("{project_id} {unknown}\n"), &claims, "ok"),
        (format!("{project_id} {unknown}\n"), &other_subject, "token_revoked"),
        (format!("{other_id} {session}\n{other_id} {user}\n"), &claims, "ok"),
        (format!("{project_id} {session}\n"), &impersonated, "token_revoked"),
        (format!("{project_id} {user}\n"), &impersonated, "token_revoked"),
        (format!("{project_id} {unknown}\n"), &impersonated, "ok"),
    ] {
        let revoked = load(&entries);
        let token = project.mint(claims);
        let mut memory = vec![0; cache::size(8, 4096)];
        let mut cache = Cache::new(&mut memory, 4096, SEED).unwrap();
        let mut judge = || {
            let mut scratch = vec![0; verifier.scratch_len()];
            let auth = verifier.verify_token(token.as_bytes(), NOW, Some(&mut cache), &mut scratch).unwrap();
            slug(verifier.check_revoked(&revoked, &auth))
        };
        assert_eq!([judge(), judge()], [expected; 2], "cold and from the cache: {entries}");
        assert_eq!(cache.hits(), 1);
    }
}

/// The service says whether they are revoked.
#[test]
fn api_keys_are_on_no_list() {
    let project = Project::new(1);
    let mut room = Room::new();
    let verifier = room.load(project.config_document().to_json().as_bytes(), &Options::new()).unwrap();
    let text = format!("p_{}", "0".repeat(55));
    let key = ApiKey::parse(text.as_bytes()).unwrap();
    let user = ids::render("user_", 5);
    let body = format!(r#"{{"apiKeyId":"{user}","organizationId":"org_1"}}"#);
    let mut scratch = [0; 200];
    let auth = key.response(200, body.as_bytes(), &mut scratch).unwrap();
    assert_eq!(verifier.check_revoked(&load(&format!("{} {user}\n", project.id)), &auth), Ok(()));
}

/// Without a project ID no entry could match. So the check is refused, and does not silently pass every token.
#[test]
fn a_verifier_without_project_id() {
    let project = Project::new(1);
    let keys = format!(r#"{{"keys":[{}]}}"#, project.signing_key().jwk());
    let issuer = project.issuer();
    let judge = |options: &Options<'_>| {
        let verifier = Verifier::load_owned(keys.as_bytes(), options).unwrap();
        let token = project.access_token(NOW);
        let mut scratch = vec![0; verifier.scratch_len()];
        let auth = verifier.verify_token(token.as_bytes(), NOW, None, &mut scratch).unwrap();
        slug(verifier.check_revoked(&load(&format!("{} {}\n", project.id, project.claims(NOW).user_id)), &auth))
    };
    assert_eq!(judge(&Options::new().issuer(&issuer)), "invalid_argument");
    assert_eq!(judge(&Options::new().issuer(&issuer).project_id(&project.id)), "token_revoked");
}

#[test]
fn many_entries_are_all_found_and_no_other() {
    const ENTRIES: u128 = 20_000;
    let project = ids::render("project_", 1);
    let id = |value: u128| ids::render(if value.is_multiple_of(2) { "session_" } else { "user_" }, value << 64);
    let lines: String = (0..ENTRIES).map(|value| format!("{project} {}\n", id(value))).collect();
    let revoked = load(&lines);
    assert_eq!(revoked.len(), 20_000);
    for value in 0..2 * ENTRIES {
        assert_eq!(revoked.contains(&project, &id(value)), value < ENTRIES, "{value}");
    }
}

#[test]
fn memory_for_all_lines_or_one_octet_less() {
    let list = format!("tesseral-revoked 1\n{} {}\n", ids::render("project_", 1), ids::render("user_", 2));
    // The version line is no entry.
    let mut memory = vec![0; revoked::size(1)];
    assert!(Revoked::load(list.as_bytes(), &mut memory, SEED).is_ok());
    let short = memory.len() - 1;
    let refused = Revoked::load(list.as_bytes(), &mut memory[..short], SEED).unwrap_err();
    assert_eq!((refused.error, refused.line), (Error::BufferTooSmall, None));
    assert_eq!([revoked::size(0), revoked::size(1), revoked::size(1_000_000)], [16, 32, 24_000_016]);
}

fn load(entries: &str) -> Revoked<'static> {
    Revoked::load_owned(format!("tesseral-revoked 1\n{entries}").as_bytes(), SEED).unwrap()
}

/// The vectors, and the texts that names in them stand for.
struct Set {
    value: Value,
    texts: Vec<(String, String)>,
}

impl Set {
    fn read() -> Self {
        let value = authored(FILE);
        assert_eq!(Some(list(&value, "tests").len() as u64), value["numberOfTests"].as_u64());
        let members = |member: &str| value[member].as_object().unwrap().clone();
        let plain = members("texts").into_iter().map(|(name, text)| (name, text.as_str().unwrap().to_owned()));
        let repeated = members("repeated").into_iter().map(|(name, text)| {
            (name, text[0].as_str().unwrap().repeat(usize::try_from(text[1].as_u64().unwrap()).unwrap()))
        });
        let texts = plain.chain(repeated).collect();
        Self { value, texts }
    }

    fn expand(&self, list: &str) -> String {
        self.texts.iter().fold(list.to_owned(), |list, (name, text)| list.replace(name, text))
    }

    /// The list holds what the test says.
    fn same(&self, test: &Value, id: &str, revoked: &Revoked<'_>) {
        assert_eq!("ok", text(test, "slug"), "{id}");
        assert_eq!(Some(revoked.len() as u64), test["entries"].as_u64(), "{id}");
        for (member, expected) in [("listed", true), ("not_listed", false)] {
            for pair in test[member].as_array().into_iter().flatten() {
                let [project_id, id_of_it] = [0, 1].map(|place| self.expand(pair[place].as_str().unwrap()));
                assert_eq!(revoked.contains(&project_id, &id_of_it), expected, "{id}: {project_id} {id_of_it}");
            }
        }
    }
}
