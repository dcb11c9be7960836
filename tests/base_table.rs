//! A base table that verifiers share, and the memory that they then need.

use fake_tesseral::{Project, jws};
use tesseral_verify::{BaseTable, Error, Key, Memory, Options, Profile, TableEntry, Verifier};

const NOW: i64 = 1_750_000_000;

/// Loads into memory for one key and so many entries, then judges a good token and a bad one.
fn load(project: &Project, options: &Options<'_>, entries: usize) -> Result<(), Error> {
    let (mut keys, mut entries) = ([Key::VACANT], vec![TableEntry::ZERO; entries]);
    let memory = Memory::borrowed(&mut keys, &mut entries);
    let document = project.config_document().to_json();
    let verifier = Verifier::load(document.as_bytes(), memory, options).map_err(|refused| refused.error)?;
    judge(project, &verifier);
    Ok(())
}

fn judge(project: &Project, verifier: &Verifier<'_>) {
    let mut scratch = vec![0; verifier.scratch_len()];
    let token = project.access_token(NOW);
    assert_eq!(verifier.verify_token(token.as_bytes(), NOW, None, &mut scratch).err(), None);
    let tampered = jws::tamper(&token).unwrap();
    let refusal = verifier.verify_token(tampered.as_bytes(), NOW, None, &mut scratch).err();
    assert_eq!(refusal, Some(Error::SignatureInvalid));
}

fn filled() -> BaseTable {
    BaseTable::borrowed(vec![TableEntry::ZERO; BaseTable::ENTRIES].leak()).unwrap()
}

#[test]
fn verifiers_that_share_need_one_table_less() {
    let (table, projects) = (filled(), [Project::new(41), Project::new(42)]);
    let one = Profile::Server.table_entries();
    let (alone, sharing) = (Options::new(), Options::new().base_table(&table));
    assert_eq!((alone.entries(1), sharing.entries(1), Profile::Server.entries(1)), (2 * one, one, 2 * one));
    for project in &projects {
        for (options, entries) in [(&alone, 2 * one), (&sharing, one)] {
            assert_eq!(load(project, options, entries), Ok(()));
            assert_eq!(load(project, options, entries - 1), Err(Error::BufferTooSmall));
        }
    }
}

#[test]
fn the_small_profiles_have_the_table_as_constant_data() {
    let (table, project) = (filled(), Project::new(43));
    for profile in [Profile::Compact, Profile::Tiny] {
        let one = profile.table_entries();
        for options in [Options::new(), Options::new().base_table(&table)] {
            let options = options.profile(profile);
            assert_eq!((options.entries(2), profile.entries(2)), (2 * one, 2 * one));
            assert_eq!(load(&project, &options, one), Ok(()));
            assert_eq!(load(&project, &options, one - 1), Err(Error::BufferTooSmall));
        }
    }
}

#[test]
fn wrong_tables_are_refused() {
    let short = BaseTable::borrowed(vec![TableEntry::ZERO; BaseTable::ENTRIES - 1].leak());
    assert_eq!(short.err(), Some(Error::BufferTooSmall));
    // Entries in the form of AVX-512 IFMA, where the processor has it, are none of the portable engine.
    let (table, project) = (filled(), Project::new(44));
    let options = Options::new().portable().base_table(&table);
    let has_vectors = tesseral_verify::es256::Engine::all().any(|engine| !engine.is_portable());
    let expected = if has_vectors { Err(Error::InvalidArgument) } else { Ok(()) };
    assert_eq!(load(&project, &options, Profile::Server.entries(1)), expected);
}

#[cfg(feature = "alloc")]
#[test]
fn an_owned_verifier_keeps_an_owned_table() {
    let project = Project::new(45);
    let document = project.config_document().to_json();
    let verifiers = {
        let table = BaseTable::owned().unwrap();
        let options = Options::new().base_table(&table);
        [(); 2].map(|()| Verifier::load_owned(document.as_bytes(), &options).unwrap())
    };
    for verifier in &verifiers {
        judge(&project, verifier);
    }
}
