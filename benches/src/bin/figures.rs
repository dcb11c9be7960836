//! Prints the figures that are quoted, one a line: `figure NAME VALUE UNIT`.
//!
//! All contestants take turns in one run; a ratio says how many times faster we are. The record goes to `record/`,
//! except with `--quick`, which is for finding out whether everything works.

use std::{collections::HashMap, fmt::Write as _, process::ExitCode};
use tesseral_verify::Profile;
use tesseral_verify_benches::{
    engines,
    measure::{Contestant, Measured, Plan, interleave},
    ours::{self, Backend, Cached, Cold, Es256, PROFILES},
    peers, record,
    tokens::Set,
};

fn main() -> ExitCode {
    let plan = match std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => Plan::FULL,
        [option] if option == "--quick" => Plan::QUICK,
        _ => {
            eprintln!("usage: figures [--quick]");
            return ExitCode::from(2);
        }
    };
    if peers::LIBJWT.is_none() {
        println!("peer libjwt not found");
    }
    let sets = Sets::new();
    let hit_ratio = Cached::new(Backend::Portable, &sets.one, TIGHT).expect("portable").hit_ratio(&sets.one);
    let measured = interleave(contestants(&sets), plan);
    let mut figures = Figures::new(&measured);
    figures.add_ratios();
    figures.add("token_cached_tight_hit_ratio", hit_ratio, 3, "hits/lookup");
    figures.add_absolutes(&measured);
    let record = (plan.rounds != Plan::QUICK.rounds)
        .then(|| record::write(&format!("{plan:?}\n\n{}\n{}", figures.text, quartiles(&measured))));
    if let Some(Ok(path)) = &record {
        println!("record {}", path.display());
    }
    // The figures are the end of the output, as the README says.
    print!("{}", figures.text);
    match record {
        Some(Err(error)) => {
            eprintln!("figures: no record written: {error}");
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}

/// A cache of twice as many slots as there are tokens, so that hardly any set overflows.
const TIGHT: usize = 1024;

/// A cache in which every token finds room, so that the figure is that of a hit.
const ROOMY: usize = 8192;

/// Tokens under one key, under four and under sixteen.
struct Sets {
    one: Set,
    four: Set,
    sixteen: Set,
}

impl Sets {
    fn new() -> Self {
        Self { one: Set::new(1), four: Set::new(4), sixteen: Set::new(16) }
    }
}

/// All contestants, each asserted to work.
fn contestants(sets: &Sets) -> Vec<Contestant<'_>> {
    let mut all = Vec::new();
    let one = &sets.one;
    for (backend, name) in Backend::ALL.into_iter().filter(|(backend, _)| backend.is_available()) {
        add_our_signatures(&mut all, one, backend, name);
        add_our_tokens(&mut all, sets, backend, name);
        add_our_loading(&mut all, one, backend, name);
    }
    for (name, engine) in engines::all(one) {
        engines::check(name, &*engine, one);
        all.push(Contestant::new(format!("es256_{name}"), move |i| engines::run(&*engine, one, i)));
    }
    for (name, mut peer) in peers::all(one) {
        peers::check(name, &mut *peer, one);
        all.push(Contestant::new(format!("token_{name}"), move |i| peers::run(&mut *peer, one, i)));
    }
    all
}

fn add_our_signatures<'s>(all: &mut Vec<Contestant<'s>>, set: &'s Set, backend: Backend, name: &str) {
    for (profile, profile_name) in PROFILES {
        let Some(engine) = Es256::new(backend, profile, &set.keys[0].point) else { continue };
        engines::check(name, &engine, set);
        let name = with_profile(format!("es256_{name}"), profile, profile_name);
        all.push(Contestant::new(name, move |i| engines::run(&engine, set, i)));
    }
    if let Some(engine) = Es256::new(backend, Profile::Server, &set.keys[0].point) {
        let eight = move |i: usize| {
            let token = |j| set.rotating(8 * i + j);
            let items = std::array::from_fn(|j| (token(j).signing_input(), &token(j).signature));
            assert!(engine.verify_eight(std::hint::black_box(items)));
        };
        all.push(Contestant::new(format!("es256_{name}_eight"), eight));
    }
}

fn add_our_tokens<'s>(all: &mut Vec<Contestant<'s>>, sets: &'s Sets, backend: Backend, name: &str) {
    let mut add = |name: String, set: &'s Set, mut peer: Box<dyn peers::Peer>| {
        peers::check(&name, &mut *peer, set);
        all.push(Contestant::new(name, move |i| peers::run(&mut *peer, set, i)));
    };
    for (profile, profile_name) in PROFILES {
        let Some(cold) = Cold::new(backend, profile, &sets.one) else { continue };
        add(with_profile(format!("token_{name}"), profile, profile_name), &sets.one, Box::new(cold));
    }
    for (keys, set) in [("keys4", &sets.four), ("keys16", &sets.sixteen)] {
        let cold = Cold::new(backend, Profile::Server, set).expect("available");
        add(format!("token_{name}_{keys}"), set, Box::new(cold));
    }
    for (size, slots) in [("cached", ROOMY), ("cached_tight", TIGHT)] {
        let cached = Cached::new(backend, &sets.one, slots).expect("available");
        add(format!("token_{name}_{size}"), &sets.one, Box::new(cached));
    }
}

fn add_our_loading<'s>(all: &mut Vec<Contestant<'s>>, set: &'s Set, backend: Backend, name: &str) {
    for (profile, profile_name) in PROFILES.into_iter().filter(|(profile, _)| backend.has(*profile)) {
        let point = ours::key_point(&set.keys[0].point);
        let mut entries = vec![tesseral_verify::TableEntry::ZERO; profile.table_entries()];
        let build = move |_| assert!(ours::fill(backend, profile, std::hint::black_box(&point), &mut entries));
        all.push(Contestant::new(format!("table_build_{name}_{profile_name}"), build));
    }
    let load = move |_| assert!(ours::load(backend, Profile::Server, &set.document).is_some());
    all.push(Contestant::new(format!("snapshot_load_{name}"), load));
}

/// The server profile is what a name without a profile means.
fn with_profile(name: String, profile: Profile, profile_name: &str) -> String {
    if profile == Profile::Server { name } else { format!("{name}_{profile_name}") }
}

/// The lines, and the medians they are made from.
struct Figures {
    text: String,
    medians: HashMap<String, f64>,
}

impl Figures {
    fn new(measured: &[Measured]) -> Self {
        let medians = measured.iter().map(|one| (one.name.clone(), one.median)).collect();
        Self { text: String::new(), medians }
    }

    fn add(&mut self, name: &str, value: f64, digits: usize, unit: &str) {
        writeln!(self.text, "figure {name} {value:.digits$} {unit}").expect("memory");
    }

    /// How many times as long `slow` takes; skipped when this machine has not run both.
    fn ratio(&mut self, name: &str, slow: &str, fast: &str) {
        match (self.medians.get(slow), self.medians.get(fast)) {
            (Some(slow), Some(fast)) => self.add(name, slow / fast, 2, "x"),
            _ => writeln!(self.text, "figure {name} skipped -").expect("memory"),
        }
    }

    fn fastest_peer(&self, set: &[&str]) -> String {
        let peers = self.medians.iter().filter(|(name, _)| set.contains(&name.as_str()));
        peers.min_by(|(_, a), (_, b)| a.total_cmp(b)).expect("a peer").0.clone()
    }

    fn add_ratios(&mut self) {
        let fastest = self.fastest_peer(&PEERS);
        for (_, name) in Backend::ALL {
            self.ratio(&format!("es256_{name}_vs_aws_lc"), "es256_aws_lc", &format!("es256_{name}"));
        }
        for (_, name) in Backend::ALL {
            self.ratio(&format!("token_{name}_vs_fastest_peer"), &fastest, &format!("token_{name}"));
        }
        writeln!(self.text, "figure fastest_peer {} -", fastest.trim_start_matches("token_")).expect("memory");
        self.ratio("token_cached_vs_cold_portable", "token_portable", "token_portable_cached");
        self.ratio("token_cached_tight_vs_cold_portable", "token_portable", "token_portable_cached_tight");
        let build = self.medians["table_build_portable_server"];
        self.add("table_build_w8_ms", build / 1e6, 3, "ms");
        // Here smaller is better: how many times as long a token takes with sixteen keys as with one.
        self.ratio("keys4_cost_ratio", "token_portable_keys4", "token_portable");
        self.ratio("keys16_cost_ratio", "token_portable_keys16", "token_portable");
        for (_, name) in Backend::ALL {
            let each = self.medians.get(&format!("es256_{name}_eight")).map(|eight| eight / 8.0);
            self.medians.extend(each.map(|each| (format!("es256_{name}_batch8"), each)));
            self.ratio(&format!("batch8_vs_{name}_single"), &format!("es256_{name}"), &format!("es256_{name}_batch8"));
        }
        for profile in ["compact", "tiny"] {
            self.ratio(&format!("es256_{profile}_vs_aws_lc"), "es256_aws_lc", &format!("es256_portable_{profile}"));
            self.ratio(&format!("token_{profile}_vs_fastest_peer"), &fastest, &format!("token_portable_{profile}"));
        }
    }

    fn add_absolutes(&mut self, measured: &[Measured]) {
        for one in measured {
            self.add(&format!("{}_ns", one.name), one.median, 0, "ns");
        }
    }
}

/// The peers whose time for a whole token is compared with ours.
const PEERS: [&str; 4] = ["token_hand_made", "token_jsonwebtoken", "token_jwt_simple", "token_libjwt"];

fn quartiles(measured: &[Measured]) -> String {
    let line = |one: &Measured| format!("{:<32} {:>10.0} {:>10.0}\n", one.name, one.quartiles[0], one.quartiles[1]);
    let head = format!("{:<32} {:>10} {:>10}\n", "quartiles in ns", "first", "third");
    head + &measured.iter().map(line).collect::<String>()
}
