//! Verifies rotating tokens, whole ones and their signatures alone, while an emulator counts instructions.
//!
//! Each count stands between two calls of getppid, which `count.c` notices. The line before them on standard error names what
//! is counted, and how many tokens it verifies.

// Of the other benchmarks, whose peers want more of them.
#[path = "../../src/peers/claims.rs"]
#[allow(dead_code)]
mod claims;
#[path = "../../src/peers/hand_made.rs"]
mod hand_made;
#[path = "../../src/tokens.rs"]
#[allow(dead_code)]
mod tokens;

use hand_made::HandMade;
use std::{hint::black_box, os::unix::process::parent_id};
use tesseral_verify::{Error, Options, Profile, Verifier};
use tokens::{NOW, Set};

const BATCH: usize = 8;

/// What verifies tokens of one project.
pub trait Peer {
    /// Whether the token is good; its typed claims went to a black box.
    fn accepts(&mut self, token: &str) -> bool;
}

fn main() {
    let set = Set::new(1);
    count_peer("hand_made", &mut HandMade::new(&set), &set);
    for (name, profile) in [("server", Profile::Server), ("compact", Profile::Compact), ("tiny", Profile::Tiny)] {
        let mut ours = Ours::new(profile, &set);
        count_peer(name, &mut ours, &set);
        if profile == Profile::Server {
            count_batches(&mut ours, &set);
        }
    }
}

/// Counts a pass over the good tokens, after another one has shown that the peer makes every check.
fn count_peer(name: &str, peer: &mut dyn Peer, set: &Set) {
    assert!(set.good.iter().all(|token| peer.accepts(&token.text)), "{name} refuses a good token");
    for (reason, token) in &set.bad {
        assert!(!peer.accepts(token), "{name} accepts a token that is {reason}");
    }
    count(name, set.good.len(), || set.good.iter().all(|token| peer.accepts(black_box(&token.text))));
}

/// The same with eight tokens in each call.
fn count_batches(ours: &mut Ours, set: &Set) {
    let tokens: Vec<_> = set.good.iter().map(|token| token.text.as_bytes()).collect();
    let bad = set.bad.iter().map(|(_, token)| token.as_bytes());
    let mixed: [_; BATCH] = bad.chain(tokens.iter().copied()).collect::<Vec<_>>()[..BATCH].try_into().unwrap();
    assert_eq!(ours.accepted(&mixed), BATCH - set.bad.len(), "a batch judges otherwise");
    count("server_batch8", tokens.len(), || {
        tokens.as_chunks::<BATCH>().0.iter().all(|eight| ours.accepted(black_box(eight)) == BATCH)
    });
}

/// `work` between two marks. It says whether all its verdicts were as they must be.
fn count(name: &str, tokens: usize, work: impl FnOnce() -> bool) {
    eprintln!("{name} {tokens}");
    black_box(parent_id());
    let good = work();
    black_box(parent_id());
    assert!(good, "{name}: a wrong verdict");
}

struct Ours {
    verifier: Verifier<'static>,
    scratch: Vec<u8>,
}

impl Ours {
    fn new(profile: Profile, set: &Set) -> Self {
        let options = Options::new().profile(profile);
        let verifier = Verifier::load_owned(set.document.as_bytes(), &options).expect("a good document");
        let scratch = vec![0; verifier.batch_scratch_len(BATCH).max(verifier.scratch_len())];
        Self { verifier, scratch }
    }

    /// How many of eight tokens are good.
    fn accepted(&mut self, tokens: &[&[u8]; BATCH]) -> usize {
        let mut verdicts = [const { Err(Error::InternalError) }; BATCH];
        self.verifier.verify_batch(tokens, NOW, None, &mut self.scratch, &mut verdicts).expect("enough scratch");
        black_box(&verdicts).iter().filter(|verdict| verdict.is_ok()).count()
    }
}

impl Peer for Ours {
    fn accepts(&mut self, token: &str) -> bool {
        black_box(self.verifier.verify_token(token.as_bytes(), NOW, None, &mut self.scratch)).is_ok()
    }
}
