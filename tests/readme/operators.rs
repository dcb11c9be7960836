//! docs/operators.md has each log line, each metric, and the times of the code.

use crate::pages::{blocks, read, table};
use std::collections::BTreeSet;
use tesseral_verify::{Error, limits};

/// What `fn NAME` of a source file gives for each variant that has a text of its own.
fn words_of(source: &str, function: &str) -> Vec<(String, String)> {
    let body = source.split(function).nth(1).and_then(|rest| rest.split("\n    }\n").next()).unwrap();
    let arms = body.lines().filter_map(|line| line.trim().strip_prefix("Self::")?.split_once(" => "));
    let words = arms.filter_map(|(variant, value)| {
        let variant = variant.split('(').next().unwrap();
        Some((variant.to_owned(), value.split('"').nth(1)?.replace(" {status}", "")))
    });
    words.collect()
}

/// Each fault has a row with the words that its log line has, and each row is a fault's or an error's.
#[test]
fn operators_find_every_log_line() {
    let (page, source) = (read("docs/operators.md"), read("src/net/fault.rs"));
    let texts = words_of(&source, "impl fmt::Display for Fault");
    let mut lines: Vec<_> = words_of(&source, "pub const fn slug(self)")
        .into_iter()
        .map(|(variant, slug)| {
            let text = texts.iter().find(|(other, _)| *other == variant);
            (format!("`{slug}`"), text.unwrap_or_else(|| panic!("{variant}")).1.clone())
        })
        .collect();
    assert!(lines.len() >= 15, "{lines:?}: is this test blind?");
    let rows = table(&page, "slug");
    let errors = Error::ALL.iter().map(|error| (format!("`{}`", error.slug()), error.text().to_owned()));
    lines.extend(errors.filter(|(slug, _)| rows.iter().any(|row| row[0] == *slug)));
    let said: BTreeSet<_> = rows.iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    assert_eq!(said, lines.into_iter().collect());
    assert_eq!(said.len(), rows.len(), "a slug has two rows");
    assert!(rows.iter().all(|row| row.len() == 4 && row.iter().all(|cell| !cell.is_empty())));
}

#[test]
fn operators_find_every_metric_and_the_times_of_the_code() {
    let (page, source) = (read("docs/operators.md"), read("src/net/stats.rs"));
    let quoted =
        |text: &str, quote: char| -> Vec<String> { text.split(quote).skip(1).step_by(2).map(str::to_owned).collect() };
    let code = source.split_once("pub fn to_prometheus").unwrap().1.split("\nfn head(").next().unwrap();
    let names = code.lines().filter(|line| {
        ["(\"", "head(&mut text, \"", "one(\""]
            .iter()
            .any(|start| line.trim().trim_start_matches("if ").starts_with(start))
    });
    let names: BTreeSet<_> = names.map(|line| format!("tesseral_{}", line.split('"').nth(1).unwrap())).collect();
    let rows: BTreeSet<_> = table(&page, "metric").iter().flat_map(|row| quoted(&row[0], '`')).collect();
    assert!(names.len() >= 10, "{names:?}: is this test blind?");
    assert_eq!(rows, names);
    let alerts = blocks(&page, "yaml").concat();
    let used: BTreeSet<_> = alerts
        .split(|c: char| !c.is_ascii_lowercase() && c != '_')
        .filter(|word| word.starts_with("tesseral_"))
        .map(str::to_owned)
        .collect();
    assert!(used.len() >= 4 && used.is_subset(&names), "{used:?}");

    let seconds = |milliseconds: u64| milliseconds / 1000;
    for said in [
        format!("{} hour |", seconds(limits::DEFAULT_REFRESH_INTERVAL_MS) / 3600),
        format!(
            "{} s, doubled by each up to {} s",
            seconds(limits::DEFAULT_COOLDOWN_MS),
            seconds(limits::TOP_COOLDOWN_MS)
        ),
        format!("judged once more | {} s |", seconds(limits::DEFAULT_WAIT_MS)),
        format!("refused at once | {} |", limits::DEFAULT_WAITERS),
        format!("({} hours since", seconds(limits::DEFAULT_STALE_MS) / 3600),
        format!(
            "after {} s,\ndoubled by each failure up to {} s",
            seconds(limits::FIRST_RETRY_MS),
            seconds(limits::MAX_RETRY_MS)
        ),
        format!("the total time-out ({} s)", seconds(limits::DEFAULT_TOTAL_TIMEOUT_MS)),
        format!(
            "{} s to connect, {} s for a\nwhole exchange",
            seconds(limits::DEFAULT_CONNECT_TIMEOUT_MS),
            seconds(limits::DEFAULT_TOTAL_TIMEOUT_MS)
        ),
        format!("(`api_key_ttl`) | {} s", seconds(limits::DEFAULT_GOOD_TTL_MS)),
        format!("(`refused_api_key_ttl`) | {} s |", seconds(limits::DEFAULT_REFUSED_TTL_MS)),
        format!(
            "good in the last {} hours | {} |",
            seconds(limits::GOOD_MARK_MS) / 3600,
            limits::DEFAULT_MAX_QUESTIONS
        ),
        format!("| 4,096 and {} MiB |", limits::DEFAULT_MAX_ANSWERS_LEN >> 20),
    ] {
        assert!(page.contains(&said), "docs/operators.md: {said}");
    }
    assert_eq!(limits::DEFAULT_ANSWERS, 4096);
}
