//! The slugs of refused requests, from the log. A test has one thread, and so has its runtime.

use log::{LevelFilter, Log, Metadata, Record};
use std::{cell::RefCell, sync::Once};

struct Lines;

impl Log for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        LINES.with_borrow_mut(|lines| lines.push(record.args().to_string()));
    }

    fn flush(&self) {}
}

thread_local! {
    static LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// From now on, this thread's lines are kept.
pub fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        log::set_logger(&Lines).unwrap();
        log::set_max_level(LevelFilter::Trace);
    });
    let _ = lines();
}

/// The lines since the last call.
pub fn lines() -> Vec<String> {
    LINES.with_borrow_mut(std::mem::take)
}

/// The slug of the last refusal since the last call.
pub fn last() -> Option<String> {
    lines().iter().rev().find_map(|line| Some(line.strip_prefix("request refused: ")?.to_owned()))
}
