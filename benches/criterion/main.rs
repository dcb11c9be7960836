//! Distributions of everything, by criterion; `src/bin/figures.rs` makes the figures that are quoted.
//!
//! Time per token is time per iteration; throughput is in octets of token.

mod es256;
mod loading;
mod stages;
mod tokens;

use criterion::{Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime};
use std::time::Duration;
use tesseral_verify_benches::tokens::{COUNT, Set};

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(30)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1500))
        .without_plots();
    targets = stages::stages, es256::es256, tokens::tokens, loading::loading
}
criterion_main!(benches);

type Group<'c> = criterion::BenchmarkGroup<'c, WallTime>;

/// A group that reports octets of token per second.
fn group<'c>(criterion: &'c mut Criterion, name: &str, set: &Set) -> Group<'c> {
    let mut group = criterion.benchmark_group(name);
    let octets: usize = set.good.iter().map(|token| token.text.len()).sum();
    group.throughput(Throughput::Bytes((octets / COUNT).try_into().expect("small")));
    group
}

/// Measures `run` with 0, 1, 2 and so on.
fn bench(group: &mut Group<'_>, name: &str, mut run: impl FnMut(usize)) {
    let mut i = 0;
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            run(i);
            i += 1;
        });
    });
}
