//! Target `snapshot`: any document, in memory with more and less room.
//!
//! Input: octet 0 chooses the options and what is appended; the rest is the document, in which 0x01 to 0x07
//! stand for what [`texts`] says.

use crate::{
    c, expand,
    reference::{
        Slug,
        document::{self, Document, Key},
    },
    signer::Signer,
    take_octet, world,
};
use fake_tesseral::SigningKey;
use tesseral_verify::{
    Error, Key as KeySlot, LoadError, Memory, Options, Profile, Snapshot, TableEntry, Verifier, ffi::tesseral_options,
    jwk::SkipReason, limits,
};

/// Checks all properties on one input.
pub fn run(mut input: &[u8]) {
    let mode = take_octet(&mut input);
    thread_local!(static TEXTS: Vec<(u8, Vec<u8>)> = texts());
    let mut octets = TEXTS.with(|texts| expand(input, texts));
    match mode >> 4 {
        14 => octets.resize(limits::MAX_DOCUMENT_LEN, b' '),
        15 => octets.resize(limits::MAX_DOCUMENT_LEN + 1, b' '),
        _ => {}
    }
    let case = Case::new(&octets, mode);
    let largest = if matches!(case.profile, Profile::Server) { 3 } else { limits::MAX_KEYS };
    let ways: [&dyn Fn(); 8] = [
        &|| case.borrowed(1),
        &|| case.borrowed(2),
        &|| case.borrowed(largest),
        &|| case.owned(),
        &|| case.without_policy(),
        &|| case.in_c(Some(largest)),
        &|| case.in_c(None),
        &|| case.surveyed_in_c(),
    ];
    match &case.used {
        // A refusal is quick: all ways of loading must agree on it.
        Err(_) => ways.iter().for_each(|way| way()),
        // Filling tables is not.
        Ok(used) => {
            for room in (1..=2).filter(|room| *room < used.len()) {
                case.borrowed(room);
                case.in_c(Some(room));
            }
            ways[usize::from(mode >> 4) % ways.len()]();
        }
    }
}

/// Pieces of documents that a fuzzer would not find by chance.
pub fn texts() -> Vec<(u8, Vec<u8>)> {
    let [first, second] = [world::key(), world::other_key()];
    let member = |key: &SigningKey, name: &str| {
        let jwk = key.jwk();
        jwk[jwk.find(&format!("\"{name}\":")).expect("present")..].trim_end_matches('}').to_owned()
    };
    let many = |keys: &[&SigningKey], count| {
        let jwk =
            |number: usize| keys[number % keys.len()].clone().with_kid(&format!("n{}", number / keys.len())).jwk();
        (0..count).map(jwk).collect::<Vec<_>>().join(",")
    };
    vec![
        (1, member(&first, "x").into_bytes()),
        (2, member(&second, "x").into_bytes()),
        (3, br#""kty":"EC","crv":"P-256""#.to_vec()),
        (4, first.jwk().into_bytes()),
        (5, many(&[&first], 62).into_bytes()),
        (6, many(&[&first, &second], 130).into_bytes()),
        (7, world::short_key().jwk().into_bytes()),
    ]
}

struct Case<'d> {
    octets: &'d [u8],
    issuer: &'static str,
    project_id: &'static str,
    profile: Profile,
    document: Result<Document, Slug>,
    used: Result<Vec<Key>, Slug>,
}

impl<'d> Case<'d> {
    fn new(octets: &'d [u8], mode: u8) -> Self {
        let document = document::read(octets);
        let used = document.as_ref().map_err(|slug| *slug).and_then(Document::used);
        // Tables take long to fill: large ones for few keys only.
        let few = used.as_ref().is_ok_and(|used| used.len() <= 2);
        let profile = match mode & 12 {
            8 if few => Profile::Server,
            4 if few => Profile::Compact,
            _ => Profile::Tiny,
        };
        Self {
            octets,
            issuer: if mode & 1 == 1 { "https://issuer.example" } else { "" },
            project_id: if mode & 2 == 2 { world::PROJECT_ID } else { "" },
            profile,
            document,
            used,
        }
    }

    fn options(&self) -> Options<'static> {
        let mut options = Options::new().profile(self.profile);
        if !self.issuer.is_empty() {
            options = options.issuer(self.issuer);
        }
        if !self.project_id.is_empty() {
            options = options.project_id(self.project_id);
        }
        options
    }

    fn c_options(&self) -> tesseral_options {
        c::options(self.profile, self.issuer, self.project_id, 0, 0, false)
    }

    /// The document's project ID wins over that of the options.
    fn known_project_id(&self) -> Option<&str> {
        let given = Some(self.project_id).filter(|id| !id.is_empty());
        self.document.as_ref().ok()?.project_id.as_deref().or(given)
    }

    /// The issuer of the options wins over the one that is derived.
    fn issuer(&self) -> Option<String> {
        let derived = |id: &str| format!("https://{}.tesseral.app", id.replace('_', "-"));
        let given = Some(self.issuer.to_owned()).filter(|issuer| !issuer.is_empty());
        given.or_else(|| self.known_project_id().map(derived))
    }

    fn expected(&self, room: usize, needs_issuer: bool) -> Result<&[Key], Slug> {
        self.document.as_ref().map_err(|slug| *slug)?;
        let used = self.used.as_deref().map_err(|slug| *slug)?;
        if needs_issuer && self.issuer().is_none() {
            return Err("config_no_issuer");
        }
        if used.len() > room { Err("buffer_too_small") } else { Ok(used) }
    }

    fn borrowed(&self, room: usize) {
        let mut keys = vec![KeySlot::VACANT; room];
        let mut entries = vec![TableEntry::ZERO; self.profile.entries(room)];
        let expected = self.expected(room, true);
        match Verifier::load(self.octets, Memory::borrowed(&mut keys, &mut entries), &self.options()) {
            Ok(verifier) => self.loaded(&verifier, expected),
            Err(refused) => {
                self.refused(refused, expected);
                let vacant = |key: &KeySlot| key.kid().is_empty() && key.point() == KeySlot::VACANT.point();
                assert!(keys.iter().all(vacant) && is_zero(&entries), "a refusal wrote into the memory");
            }
        }
    }

    fn owned(&self) {
        let expected = self.expected(limits::MAX_KEYS, true);
        match Verifier::load_owned(self.octets, &self.options()) {
            Ok(verifier) => {
                self.loaded(&verifier, expected);
                self.tokens_verify(&verifier);
            }
            Err(refused) => self.refused(refused, expected),
        }
    }

    fn without_policy(&self) {
        let expected = self.expected(limits::MAX_KEYS, false);
        match Snapshot::load_owned(self.octets, self.profile) {
            Ok(snapshot) => self.holds(&snapshot, expected),
            Err(refused) => self.refused(refused, expected),
        }
    }

    /// In memory with exactly that room, or of its own.
    fn in_c(&self, room: Option<usize>) {
        let options = self.c_options();
        let expected = self.expected(room.unwrap_or(limits::MAX_KEYS), true);
        let (status, verifier) = match room {
            Some(keys) => c::Verifier::init(self.octets, &options, keys),
            None => c::Verifier::new(self.octets, &options),
        };
        assert_eq!(verifier.is_some(), expected.is_ok());
        let Some(verifier) = verifier else {
            assert_eq!(Err(c::slug(status)), expected.map(<[_]>::len));
            return;
        };
        let (project_id, issuer, kids) = verifier.describe();
        assert_eq!((&*project_id, Some(issuer)), (self.known_project_id().unwrap_or(""), self.issuer()));
        assert!(kids.iter().eq(expected.expect("loaded").iter().map(|key| &key.kid)));
    }

    /// What C finds without building anything.
    fn surveyed_in_c(&self) {
        let options = self.c_options();
        let expected = self.expected(limits::MAX_KEYS, true);
        let (status, survey) = c::survey(self.octets, &options);
        let survey = survey.expect("options are good");
        assert_eq!(c::slug(status), expected.map_or_else(|slug| slug, |_| "ok"));
        assert!(survey.error_offset <= self.octets.len());
        let Ok(document) = self.document.as_ref() else { return };
        let text = |octets: &[u8], len: usize| String::from_utf8(octets[..len].to_vec()).expect("UTF-8");
        let issuer = Some(text(&survey.issuer, survey.issuer_len)).filter(|issuer| !issuer.is_empty());
        assert_eq!(issuer, self.issuer());
        assert_eq!(text(&survey.project_id, survey.project_id_len), self.known_project_id().unwrap_or(""));
        let listed = survey.skipped.iter().take(survey.skipped_count.try_into().expect("at most 64"));
        for key in listed {
            let reason = SkipReason::ALL.iter().find(|known| known.code() == key.reason).expect("a known reason");
            assert!(document.explains(key.index.try_into().expect("small"), *reason), "{reason:?}");
        }
        let Ok(used) = expected else { return };
        assert_eq!(
            (survey.keys_usable, survey.keys_usable + survey.keys_skipped),
            (used.len(), document.elements.len())
        );
        assert_eq!(survey.memory_len.map(|len| len != 0), [true; 3]);
    }

    fn refused(&self, refused: LoadError, expected: Result<&[Key], Slug>) {
        assert_eq!(Err(refused.error.slug()), expected.map(<[_]>::len));
        assert_eq!(refused.offset.is_some(), refused.error == Error::ConfigMalformed);
        assert!(refused.offset.is_none_or(|offset| offset <= self.octets.len()));
    }

    fn loaded(&self, verifier: &Verifier<'_>, expected: Result<&[Key], Slug>) {
        assert_eq!(verifier.policy().project_id(), self.known_project_id());
        assert_eq!(Some(verifier.policy().issuer()), self.issuer().as_deref());
        self.holds(verifier.snapshot(), expected);
    }

    fn holds(&self, snapshot: &Snapshot<'_>, expected: Result<&[Key], Slug>) {
        let expected = expected.expect("the reference accepts it too");
        let document = self.document.as_ref().expect("accepted");
        assert_eq!(snapshot.project_id(), document.project_id.as_deref());
        assert!(snapshot.keys().iter().map(KeySlot::kid).eq(expected.iter().map(|key| &*key.kid)));
        for (key, expected) in snapshot.keys().iter().zip(expected) {
            assert_eq!([&[4], &key.point().x()[..], key.point().y()].concat(), expected.point);
        }
        assert_eq!(snapshot.keys().len() + snapshot.keys_skipped(), document.elements.len(), "every key is counted");
        let skipped = snapshot.skipped();
        assert_eq!(skipped.len(), snapshot.keys_skipped().min(limits::MAX_SKIPPED_LISTED));
        for (position, key) in skipped.iter().enumerate() {
            assert!(skipped[..position].iter().all(|other| other.index != key.index), "listed once");
            assert!(document.explains(key.index as usize, key.reason), "{key:?}");
        }
    }

    /// A token of the first used key that the harness can sign with is accepted under its `kid`.
    fn tokens_verify(&self, verifier: &Verifier<'_>) {
        thread_local!(static SIGNERS: [(SigningKey, Signer); 3] = {
            let [first, second, third] = world::SECRETS.map(|secret| Signer::new(&secret));
            [(world::key(), first), (world::other_key(), second), (world::short_key(), third)]
        });
        let used = self.used.as_deref().expect("accepted");
        // The last key's table is the one that room for one key less would cut off.
        let position = |key: &Key| {
            let ours = |(ours, _): &(SigningKey, Signer)| ours.uncompressed_point() == key.point;
            SIGNERS.with(|signers| signers.iter().position(ours))
        };
        let Some((key, signer)) = used.iter().rev().find_map(|key| Some((key, position(key)?))) else { return };
        let header = fake_tesseral::json::Object::new().string("kid", &key.kid).string("alg", "ES256").close();
        let mut claims = world::claims();
        claims.iss = verifier.policy().issuer().to_owned();
        claims.aud = claims.iss.clone();
        let claims = claims.to_json();
        let token = SIGNERS.with(|signers| signers[signer].1.compact(header.as_bytes(), claims.as_bytes(), false));
        let mut scratch = vec![0; verifier.scratch_len()];
        let verdict = verifier.verify_token(&token, world::ISSUED_AT, None, &mut scratch).map(|_| ());
        assert_eq!(verdict, Ok(()), "a token of a used key");
    }
}

fn is_zero(entries: &[TableEntry]) -> bool {
    // SAFETY: a line is 64 octets without padding.
    let octets = unsafe { std::slice::from_raw_parts(entries.as_ptr().cast::<u8>(), std::mem::size_of_val(entries)) };
    octets.iter().all(|octet| *octet == 0)
}
