//! Questions to the service about API keys.

use super::Process;
use crate::{
    api_key::{ApiKey, MAX_REQUEST_LEN},
    error::Error,
    net::{answer::ApiKeyAnswer, clock, fault::Fault, lookup_table::LookupStep, notice::About, stats::increment},
    rulebook::Question,
};
use std::{sync::Arc, vec};

impl Process {
    /// What a request does about its API key. `ticket`: 0 at first, then the one that it was told to wait with.
    pub(in crate::net) fn lookup_step(&self, key: &ApiKey<'_>, ticket: u64) -> LookupStep {
        let step = self.keeper.lookups.step(key, ticket, clock::now());
        // A request with a ticket has waited for the answer.
        if let LookupStep::Known(Ok(_) | Err(Error::ApiKeyInvalid | Error::ApiKeysNotPermitted)) = step
            && ticket == 0
        {
            increment(&self.keeper.counters.api_key_cache_hits);
        }
        step
    }

    /// As [`Self::ask`]. A panic counts as a failed question, so that the waiting requests are told.
    pub(in crate::net) fn ask_catching_panics(
        self: &Arc<Self>,
        key: &ApiKey<'_>,
        question: Question,
    ) -> Result<Arc<ApiKeyAnswer>, Error> {
        let ask = core::panic::AssertUnwindSafe(|| self.ask(key, question));
        std::panic::catch_unwind(ask).unwrap_or_else(|_| {
            self.unanswered(key, question, Fault::Refused(Error::InternalError));
            Err(Error::ApiKeyLookupFailed)
        })
    }

    /// Sends the question and tells all waiting requests.
    pub(in crate::net) fn ask(&self, key: &ApiKey<'_>, question: Question) -> Result<Arc<ApiKeyAnswer>, Error> {
        let mut body = [0; MAX_REQUEST_LEN];
        let (verdict, fault) = match self.client.look_up(key.request(&mut body)?) {
            Ok((status, body)) => (read_answer(key, status, &body), Fault::of_answer(status)),
            Err(fault) => (Err(Error::ApiKeyLookupFailed), fault),
        };
        self.answered(key, question, &verdict, fault);
        verdict
    }

    /// Tells all waiting requests that there is no answer, because of this fault.
    pub(in crate::net) fn unanswered(&self, key: &ApiKey<'_>, question: Question, fault: Fault) {
        self.answered(key, question, &Err(Error::ApiKeyLookupFailed), fault);
    }

    fn answered(&self, key: &ApiKey<'_>, question: Question, verdict: &Result<Arc<ApiKeyAnswer>, Error>, fault: Fault) {
        let now = clock::now();
        increment(&self.keeper.counters.lookups);
        self.keeper.lookups.landed(key, question, verdict, now);
        if let Err(Error::ApiKeyLookupFailed) = verdict {
            increment(&self.keeper.counters.lookup_failures);
            self.keeper.note(About::ApiKeys, fault, now);
        }
    }
}

/// What an answer about a key means. An answer over the limit of length is a failure.
fn read_answer(key: &ApiKey<'_>, status: u16, body: &[u8]) -> Result<Arc<ApiKeyAnswer>, Error> {
    let mut scratch = vec![0; body.len()];
    let auth = key.response(status.into(), body, &mut scratch)?;
    Ok(Arc::new(ApiKeyAnswer::new(&auth)))
}
