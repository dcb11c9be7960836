//! The work that is done once for each key or snapshot.

use criterion::Criterion;
use std::hint::black_box;
use tesseral_verify::{Profile, TableEntry};
use tesseral_verify_benches::{
    ours::{self, Backend, PROFILES},
    tokens::Set,
};

pub fn loading(criterion: &mut Criterion) {
    let set = Set::new(1);
    let point = ours::key_point(&set.keys[0].point);
    let mut group = criterion.benchmark_group("loading");
    for (backend, backend_name) in Backend::ALL {
        for (profile, name) in PROFILES.into_iter().filter(|(profile, _)| backend.has(*profile)) {
            let mut entries = vec![TableEntry::ZERO; profile.table_entries()];
            group.bench_function(format!("table_{backend_name}_{name}"), |bencher| {
                bencher.iter(|| assert!(ours::fill(backend, profile, black_box(&point), black_box(&mut entries))));
            });
        }
    }
    for keys in [1, 16] {
        let set = Set::new(keys);
        for profile in [Profile::Server, Profile::Tiny] {
            group.bench_function(format!("snapshot_{profile:?}_{keys}_keys").to_lowercase(), |bencher| {
                bencher.iter(|| assert!(ours::load(Backend::Portable, profile, black_box(&set.document)).is_some()));
            });
        }
    }
    group.finish();
}
