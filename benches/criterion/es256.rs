//! The signature alone, hashing included: ours and theirs.

use crate::{bench, group};
use criterion::Criterion;
use std::{array, hint::black_box};
use tesseral_verify::Profile;
use tesseral_verify_benches::{
    engines,
    ours::{Backend, Es256, PROFILES},
    tokens::Set,
};

pub fn es256(criterion: &mut Criterion) {
    let set = &Set::new(1);
    let point = &set.keys[0].point;
    let mut group = group(criterion, "es256", set);
    for (backend, name) in Backend::ALL {
        for (profile, profile_name) in PROFILES {
            let Some(engine) = Es256::new(backend, profile, point) else { continue };
            engines::check(name, &engine, set);
            bench(&mut group, &format!("{name}_{profile_name}"), |i| engines::run(&engine, set, i));
        }
        let Some(engine) = Es256::new(backend, Profile::Server, point) else { continue };
        bench(&mut group, &format!("{name}_server_eight_at_once"), |i| {
            let token = |j| set.rotating(8 * i + j);
            let items = array::from_fn(|j| (token(j).signing_input(), &token(j).signature));
            assert!(engine.verify_eight(black_box(items)));
        });
    }
    for (name, engine) in engines::all(set) {
        engines::check(name, &*engine, set);
        bench(&mut group, name, |i| engines::run(&*engine, set, i));
    }
    group.finish();
}
