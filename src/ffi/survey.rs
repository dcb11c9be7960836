//! What a document holds, found before memory is allocated for it.

use super::{
    constants::*,
    guard::{Region, SizedStruct, guard, keep_apart, octets},
    memory::size,
    options::options_from,
    types::*,
};
use crate::{
    error::Error,
    es256::Profile,
    policy::{Options, Policy},
    snapshot::{Skipped, Survey},
};

/// Looks at a configuration document without building a verifier.
///
/// document: the project's configuration document, or a plain JWKS.
/// options:  may be NULL for the defaults; profile and limits do not matter here. With a base table, memory_len of the server
///           profile is one table less.
/// survey:   set struct_size first (TESSERAL_SURVEY_INIT); written when 0 or a TESSERAL_ERR_CONFIG_ status is returned.
///           Then it has all that was found, and zeros in the other fields.
/// Returns what tesseral_verifier_init() would return with enough memory: 0, TESSERAL_ERR_INVALID_ARGUMENT,
/// TESSERAL_ERR_CONFIG_MALFORMED, TESSERAL_ERR_CONFIG_TOO_LARGE (over TESSERAL_MAX_DOCUMENT_LEN, TESSERAL_MAX_KEYS or
/// TESSERAL_MAX_KIDS), TESSERAL_ERR_CONFIG_NO_USABLE_KEY or, when nothing else is wrong, TESSERAL_ERR_CONFIG_NO_ISSUER.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_survey_document(
    document: *const u8,
    document_len: usize,
    options: *const tesseral_options,
    survey: *mut tesseral_survey,
) -> u32 {
    guard(|| {
        // SAFETY: the caller promises readable octets (header, "document").
        let document = unsafe { octets(document, document_len) }?;
        // SAFETY: the caller promises a valid struct or NULL (header, "options").
        let (options, [struct_used, issuer, project_id, base_table]) = unsafe { options_from(options) }?;
        // SAFETY: the caller promises a struct that begins with its size (header, "survey").
        let out = unsafe { SizedStruct::new(survey) }?;
        keep_apart(&[out.region()], &[Region::of_slice(document), struct_used, issuer, project_id, base_table])?;
        options.check()?;
        let mut found = tesseral_survey { struct_size: out.struct_size(), ..tesseral_survey::NOTHING };
        let status = found.fill(document, &options);
        // SAFETY: the caller promises a writable struct (header, "survey").
        unsafe { out.write(found) };
        status
    })
}

impl tesseral_survey {
    const NOTHING: Self = Self {
        struct_size: 0,
        skipped_count: 0,
        keys_usable: 0,
        keys_skipped: 0,
        error_offset: 0,
        memory_len: [0; TESSERAL_PROFILES],
        project_id_len: 0,
        issuer_len: 0,
        project_id: [0; TESSERAL_MAX_PROJECT_ID_LEN],
        issuer: [0; TESSERAL_MAX_ISSUER_LEN],
        skipped: [tesseral_skipped_key { index: 0, reason: 0 }; TESSERAL_MAX_SKIPPED_LISTED],
    };

    fn fill(&mut self, document: &[u8], options: &Options<'_>) -> Result<(), Error> {
        let survey = match Survey::of(document) {
            Ok(survey) => survey,
            Err(refused) => {
                self.error_offset = refused.offset.unwrap_or(0);
                return Err(refused.error);
            }
        };
        self.list(&survey.skipped());
        if let Some(project_id) = survey.project_id().or(options.project_id) {
            self.project_id_len = write(&mut self.project_id, project_id);
        }
        let policy = Policy::new(options, survey.project_id());
        if let Ok(policy) = &policy {
            self.issuer_len = write(&mut self.issuer, policy.issuer());
        }
        let usable = survey.keys_usable()?;
        self.keys_usable = usable;
        policy?;
        self.memory_len = [Profile::Server, Profile::Compact, Profile::Tiny]
            .map(|profile| if profile.is_built() { size(&options.profile(profile), usable) } else { 0 });
        Ok(())
    }

    fn list(&mut self, skipped: &Skipped) {
        self.keys_skipped = skipped.count();
        for (place, key) in self.skipped.iter_mut().zip(skipped.listed()) {
            *place = tesseral_skipped_key { index: key.index, reason: key.reason.code() };
            self.skipped_count = self.skipped_count.saturating_add(1);
        }
    }
}

/// Writes a text to the front of `room`, in which it fits; returns its length.
fn write(room: &mut [u8], text: &str) -> usize {
    for (place, octet) in room.iter_mut().zip(text.bytes()) {
        *place = octet;
    }
    text.len()
}
