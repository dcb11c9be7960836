//! `watch`: keeps a snapshot file fresh for processes that only read files.

use crate::{
    report::{Fault, Report},
    service::{ServiceArgs, refused},
};
use clap::Args;
use signal_hook::{consts::TERM_SIGNALS, flag};
use std::{
    io::{self, IsTerminal as _, Write as _},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};
use tesseral_verify::{
    Profile,
    limits::FILE_RETRY_MS,
    net::{Authenticator, Stats, file},
};

/// Keep a snapshot file fresh, for processes that only read files; runs until SIGTERM or SIGINT
///
/// Fetches the document before the interval ends, and more often while fetches fail. Each fetch prints a line to standard
/// error; on a terminal, it updates the last line. When the document is unchanged, the file gets the current time. A
/// document without a usable key is refused, and the file stays.
#[derive(Args)]
#[command(after_help = "\
Exit status:
  0  told to end by SIGTERM or SIGINT
  2  usage error")]
pub struct Watch {
    #[command(flatten)]
    service: ServiceArgs,
    /// Refresh interval: the document is fetched again before it is this old, in seconds
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
            .on_notice(|_| ()); // the status line says it
        let complaint = settings.complaint();
        let authenticator = Authenticator::new(settings).map_err(|_| refused(complaint))?;
        let mut status = StatusLine { terminal: io::stderr().is_terminal(), said: String::new() };
        let mut file = Output::new(&self.service.out);
        while !end.load(Relaxed) {
            let stats = authenticator.stats();
            let fault = file.keep(&stats, || authenticator.document());
            status.say(&describe(&stats, fault));
            thread::sleep(PAUSE);
        }
        status.end();
        drop(authenticator); // a fetch that is under way ends first
        Ok(Report::default())
    }
}

/// The longest time until a signal is noticed.
const PAUSE: Duration = Duration::from_millis(50);

/// The file, and which document is in it.
struct Output<'p> {
    path: &'p Path,
    /// The number of good fetches when the file was last written.
    written: u64,
    /// After a failure, the time of the next try.
    retry_at: Option<Instant>,
    failure: Option<String>,
}

impl<'p> Output<'p> {
    fn new(path: &'p Path) -> Self {
        Self { path, written: 0, retry_at: None, failure: None }
    }

    /// Writes each new document, or gives a file that holds it already the current time. Tries again after a failure.
    fn keep(&mut self, stats: &Stats, document: impl FnOnce() -> Option<Arc<[u8]>>) -> Option<&str> {
        let waits = self.retry_at.is_some_and(|at| Instant::now() < at);
        if stats.refreshes != self.written
            && !waits
            && let Some(document) = document()
        {
            match file::replace_or_touch(self.path, &document) {
                Ok(_) => (self.written, self.retry_at, self.failure) = (stats.refreshes, None, None),
                Err(error) => {
                    self.retry_at = Instant::now().checked_add(RETRY);
                    self.failure = Some(error.to_string());
                }
            }
        }
        self.failure.as_deref()
    }
}

const RETRY: Duration = Duration::from_millis(FILE_RETRY_MS);

fn describe(stats: &Stats, file_fault: Option<&str>) -> String {
    let keys = match stats.kids.len() {
        0 => "no keys yet".to_owned(),
        keys => format!("{keys} keys"),
    };
    let last = stats.last_fault.map(|last| format!("; last fault: {} [{}]", last.fault, last.fault.slug()));
    let (good, bad) = (stats.refreshes, stats.refresh_failures);
    let unwritten = file_fault.map(|fault| format!("; the file cannot be written: {fault}")).unwrap_or_default();
    format!("{keys}, {good} fetches good, {bad} failed{}{unwritten}", last.unwrap_or_default())
}

/// The status line on standard error.
struct StatusLine {
    terminal: bool,
    said: String,
}

impl StatusLine {
    fn say(&mut self, text: &str) {
        if self.said == text {
            return;
        }
        let mut stderr = io::stderr().lock();
        // When standard error is closed, the status is not wanted.
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
