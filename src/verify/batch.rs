//! Verifying many tokens in one call. Their signatures share work; each verdict is independent of the other tokens.

use super::{Verifier, token};
use crate::{
    auth::Auth,
    cache::Cache,
    error::Error,
    es256::{self, Signed, Verified},
    jws::{CompactJws, UnverifiedPayload},
    limits::{SIGNATURE_LEN, scratch_len},
    snapshot::VerifyingKey,
};
use heapless::Vec;

impl Verifier<'_> {
    /// Bytes of scratch memory that [`Verifier::verify_batch`] needs for so many tokens.
    #[must_use]
    pub fn batch_scratch_len(&self, tokens: usize) -> usize {
        self.scratch_len().saturating_mul(tokens)
    }

    /// Verifies many access tokens; each verdict is the one of [`Verifier::verify_token`], whatever the other tokens are.
    ///
    /// From two tokens on this is faster than verifying one by one. Different keys may have signed them. `scratch` needs
    /// [`Verifier::batch_scratch_len`] bytes, and the results borrow from it. `cache` is as for [`Verifier::verify_token`].
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless there are as many verdicts as tokens, [`Error::BufferTooSmall`]. All verdicts
    /// are that error then.
    ///
    /// ```
    /// # use tesseral_verify::{Error, Options, Verifier};
    /// # fn check(verifier: &Verifier<'_>, tokens: &[&[u8]; 3], now: i64) -> Result<(), Error> {
    /// let mut scratch = vec![0; verifier.batch_scratch_len(tokens.len())];
    /// let mut verdicts = [Err(Error::InternalError); 3];
    /// verifier.verify_batch(tokens, now, None, &mut scratch, &mut verdicts)?;
    /// for auth in verdicts.iter().flatten() {
    ///     assert!(auth.organization_id().starts_with("org_"));
    /// }
    /// # Ok(())
    /// # }
    /// # let _ = check;
    /// ```
    pub fn verify_batch<'a>(
        &self,
        tokens: &[&'a [u8]],
        now: i64,
        cache: Option<&mut Cache<'_>>,
        scratch: &'a mut [u8],
        verdicts: &mut [Result<Auth<'a>, Error>],
    ) -> Result<(), Error> {
        let counts = if tokens.len() == verdicts.len() { Ok(()) } else { Err(Error::InvalidArgument) };
        let done = counts.and_then(|()| {
            self.verify_each(tokens.iter().copied(), now, cache, scratch, |index, verdict| {
                if let Some(place) = verdicts.get_mut(index) {
                    *place = verdict;
                }
            })
        });
        if let Err(error) = done {
            verdicts.fill(Err(error));
        }
        done
    }

    /// Calls `each` with the index of each token and the verdict on it, in any order.
    pub(crate) fn verify_each<'a>(
        &self,
        tokens: impl ExactSizeIterator<Item = &'a [u8]>,
        now: i64,
        mut cache: Option<&mut Cache<'_>>,
        mut scratch: &'a mut [u8],
        mut each: impl FnMut(usize, Result<Auth<'a>, Error>),
    ) -> Result<(), Error> {
        if scratch.len() < self.batch_scratch_len(tokens.len()) {
            return Err(Error::BufferTooSmall);
        }
        let mut pending = Vec::new();
        for (index, token) in tokens.enumerate() {
            // Short pieces for short tokens keep the used memory close together.
            let len = scratch_len(token.len()).min(self.scratch_len());
            let (piece, rest) = scratch.split_at_mut_checked(len).ok_or(Error::InternalError)?;
            scratch = rest;
            // A token that is already decided takes no place in `pending`.
            let decided = match self.prepare(index, token, now, cache.as_deref_mut(), piece) {
                Ok(prepared) => pending.push(prepared).err().map(|_| Err(Error::InternalError)),
                Err(verdict) => Some(verdict),
            };
            if let Some(verdict) = decided {
                each(index, verdict);
            }
            if pending.is_full() {
                self.judge(&mut pending, now, cache.as_deref_mut(), &mut each);
            }
        }
        self.judge(&mut pending, now, cache, &mut each);
        Ok(())
    }

    /// Checks 1 to 6.
    ///
    /// # Errors
    /// The verdict, when no signature has to be checked for it.
    #[allow(clippy::result_large_err)] // the verdict is moved to the caller's array anyway
    fn prepare<'s, 'a>(
        &'s self,
        index: usize,
        token: &'a [u8],
        now: i64,
        cache: Option<&mut Cache<'_>>,
        scratch: &'a mut [u8],
    ) -> Result<Pending<'s, 'a>, Result<Auth<'a>, Error>> {
        self.check_age(now).and_then(|()| self.check_len(token)).map_err(Err)?;
        let (jws, key, decoded) = match self.snapshot.find_issuer_header(token) {
            Some(key) => {
                if let Some(cache) = cache {
                    if cache.has(token, key.point) {
                        return Err(self.verify_within(token, now, Some(cache), scratch, token::nothing));
                    }
                    cache.count_miss();
                }
                let jws = CompactJws::split(token).map_err(Err)?;
                let decoded = jws.decode_known_header(scratch).map_err(Err)?;
                (jws, key, decoded)
            }
            None => {
                let jws = CompactJws::split(token).map_err(Err)?;
                let (key, decoded) = self.decode_and_find(&jws, scratch).map_err(Err)?;
                if let Some(found) = token::look_in_cache(cache, token, &key) {
                    let payload = decoded.payload.verified(found.proof);
                    return Err(self.accept(token, payload, key.point, found.proof, None, now));
                }
                (jws, key, decoded)
            }
        };
        let signing_input = jws.signing_input();
        Ok(Pending { index, token, key, signing_input, signature: decoded.signature, payload: decoded.payload })
    }

    /// Checks 7 to 11 for all that are pending, from the last.
    fn judge<'a>(
        &self,
        pending: &mut Vec<Pending<'_, 'a>, SIGNATURES>,
        now: i64,
        mut cache: Option<&mut Cache<'_>>,
        each: &mut impl FnMut(usize, Result<Auth<'a>, Error>),
    ) {
        let proofs = check_signatures(pending);
        while let Some(Pending { index, token, key, payload, .. }) = pending.pop() {
            let verdict = match proofs.get(pending.len()) {
                Some(Some(proof)) => {
                    let payload = payload.verified(*proof);
                    // A token that stands in the batch twice is remembered once.
                    let cache = cache.as_deref_mut().filter(|cache| !cache.has(token, key.point));
                    self.accept(token, payload, key.point, *proof, cache, now)
                }
                _ => Err(Error::SignatureInvalid),
            };
            each(index, verdict);
        }
    }
}

fn check_signatures(pending: &[Pending<'_, '_>]) -> [Option<Verified>; SIGNATURES] {
    let mut signed = Vec::<_, SIGNATURES>::new();
    for Pending { key, signing_input, signature, .. } in pending {
        // Both vectors have the same capacity. If a push failed, the item would get no proof and be refused.
        let _ = signed.push(Signed { tables: key.tables, signing_input, signature });
    }
    es256::prove_batch(&signed)
}

/// How many signatures are checked together.
const SIGNATURES: usize = 8;

/// A token that passed checks 1 to 6.
struct Pending<'s, 'a> {
    index: usize,
    token: &'a [u8],
    key: VerifyingKey<'s>,
    signing_input: &'a [u8],
    signature: [u8; SIGNATURE_LEN],
    payload: UnverifiedPayload<'a>,
}
