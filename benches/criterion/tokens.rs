//! Whole tokens: cold and cached, each profile, several keys, and the peers.

use crate::{bench, group};
use criterion::Criterion;
use tesseral_verify::Profile;
use tesseral_verify_benches::{
    ours::{Backend, Cached, Cold, PROFILES},
    peers::{self, Peer},
    tokens::Set,
};

pub fn tokens(criterion: &mut Criterion) {
    let set = &Set::new(1);
    let mut group = group(criterion, "token", set);
    let mut measure = |name: &str, set: &Set, peer: &mut dyn Peer| {
        peers::check(name, peer, set);
        bench(&mut group, name, |i| peers::run(peer, set, i));
    };
    for (backend, name) in Backend::ALL.into_iter().filter(|(backend, _)| backend.is_available()) {
        for (profile, profile_name) in PROFILES {
            let mut cold = Cold::new(backend, profile, set).expect("available");
            measure(&format!("{name}_{profile_name}"), set, &mut cold);
        }
        for keys in [4, 16] {
            let set = Set::new(keys);
            let mut cold = Cold::new(backend, Profile::Server, &set).expect("available");
            measure(&format!("{name}_server_{keys}_keys"), &set, &mut cold);
        }
        for slots in [1024, 8192] {
            let mut cached = Cached::new(backend, set, slots).expect("available");
            measure(&format!("{name}_server_cache_of_{slots}"), set, &mut cached);
        }
    }
    for (name, mut peer) in peers::all(set) {
        measure(name, set, &mut *peer);
    }
    group.finish();
}
