//! `watch`: keeps a snapshot file fresh for processes that only read files.

use crate::{
    report::{Fault, Report},
    service::{ServiceArgs, refused},
};
use clap::Args;
use signal_hook::{consts::TERM_SIGNALS, flag};
use std::{
    io::{self, IsTerminal as _, Write as _},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};
use tesseral_verify::{
    Profile,
    net::{Authenticator, Stats},
};

/// Keep a snapshot file fresh, for processes that only read files; runs until it is told to end
///
/// Fetches before the interval ends, more often while that fails. Each fetch leaves a line on standard error, or, on a
/// terminal, changes the last one. An unchanged document makes the file young again; one without a usable key changes
/// nothing.
#[derive(Args)]
#[command(after_help = "\
Exit status:
  0  told to end by SIGTERM or SIGINT
  2  usage error")]
pub struct Watch {
    #[command(flatten)]
    service: ServiceArgs,
    /// The age that the file does not reach, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 3600, value_parser = clap::value_parser!(u64).range(1..=2_592_000))]
    interval: u64,
}

impl Watch {
    pub fn run(&self) -> Result<Report, Fault> {
        let end = Arc::new(AtomicBool::new(false));
        for signal in TERM_SIGNALS {
            flag::register(*signal, Arc::clone(&end))
                .map_err(|error| Fault::Usage(format!("signals cannot be caught: {error}")))?;
        }
        let settings = self
            .service
            .settings()?
            .refresh_interval(Duration::from_secs(self.interval))
            .profile(Profile::Tiny)
            .last_good_file(&self.service.out);
        let authenticator = Authenticator::new(settings).map_err(|_| refused())?;
        let mut line = Line { terminal: io::stderr().is_terminal(), said: String::new() };
        while !end.load(Relaxed) {
            line.say(&describe(&authenticator.stats()));
            thread::sleep(PAUSE);
        }
        line.end();
        drop(authenticator); // a fetch that is under way ends first
        Ok(Report::default())
    }
}

/// How long a signal may wait.
const PAUSE: Duration = Duration::from_millis(50);

fn describe(stats: &Stats) -> String {
    let keys = match stats.kids.len() {
        0 => "no keys yet".to_owned(),
        keys => format!("{keys} keys"),
    };
    let last = stats.last_fault.map(|last| format!("; last fault: {} [{}]", last.fault, last.fault.slug()));
    let (good, bad) = (stats.refreshes, stats.refresh_failures);
    format!("{keys}, {good} fetches good, {bad} failed{}", last.unwrap_or_default())
}

/// The last line on standard error.
struct Line {
    terminal: bool,
    said: String,
}

impl Line {
    fn say(&mut self, text: &str) {
        if self.said == text {
            return;
        }
        let mut stderr = io::stderr().lock();
        // Whoever has closed it does not want to know.
        let _ = if self.terminal { write!(stderr, "\r\x1b[K{text}") } else { writeln!(stderr, "tesseral: {text}") };
        let _ = stderr.flush();
        text.clone_into(&mut self.said);
    }

    fn end(&self) {
        if self.terminal && !self.said.is_empty() {
            let _ = writeln!(io::stderr().lock());
        }
    }
}
