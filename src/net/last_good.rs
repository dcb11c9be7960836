//! The last-good file: a line that identifies the project, and the last good document, for starts without network.
//!
//! ```text
//! tesseral-last-good 1 config.tesseral.com publishable_key_4w7pv04f8tr0rvprzcs2t1vzm 1750000000000
//! {"projectId":…
//! ```
//!
//! Format and version, config host, publishable key, and when the document's fetch began, in milliseconds since
//! 1970-01-01T00:00:00Z. The document follows octet for octet. Its age comes from this line alone, so that copying the
//! file, or restoring it from a backup, does not make the document younger.

use super::{fault::Fault, file, settings::Settings};
use crate::limits::{LOCK_PAUSE_MS, MAX_DOCUMENT_LEN, MAX_LOCK_MS};
use std::{
    borrow::ToOwned as _,
    format,
    fs::File,
    io,
    path::{Path, PathBuf},
    string::String,
    sync::Arc,
    thread,
    time::{Duration, Instant},
    vec::Vec,
};

/// One project's file.
#[derive(Clone, Debug)]
pub(super) struct LastGood {
    path: PathBuf,
    host: String,
    publishable_key: String,
}

/// A document that could not be written to the last-good file.
pub(super) struct Unwritten {
    pub(super) document: Arc<[u8]>,
    /// When its fetch began, by the wall clock.
    pub(super) began: i64,
    /// The time of the next try, by the steady clock.
    pub(super) retry_at: i64,
}

impl LastGood {
    pub(super) fn of(settings: &Settings) -> Option<Self> {
        Some(Self {
            path: settings.last_good.clone()?,
            host: settings.config_host.clone(),
            publishable_key: settings.publishable_key.clone(),
        })
    }

    /// The document and when its fetch began; `None` when there is no file.
    ///
    /// # Errors
    /// Why the file cannot be used.
    pub(super) fn read(&self) -> Result<Option<(Vec<u8>, i64)>, Fault> {
        let content = match file::read_at_most(&self.path, MAX_LINE_LEN.saturating_add(MAX_DOCUMENT_LEN)) {
            Ok(content) => content,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(_) => return Err(Fault::FileUnusable),
        };
        let (first, document) = FirstLine::split(&content).ok_or(Fault::FileUnmarked)?;
        if !first.is_of(self) {
            return Err(Fault::FileOfAnother);
        }
        Ok(Some((document.to_owned(), first.began)))
    }

    /// Replaces the file, unless another process has written a document whose fetch began later. A new file has mode 0600.
    ///
    /// # Errors
    /// Those of the file system; [`io::ErrorKind::WouldBlock`] when other writers hold the folder's lock.
    pub(super) fn store(&self, document: &[u8], began: i64) -> io::Result<()> {
        let _lock = lock_folder_of(&self.path)?;
        let before = file::read_at_most(&self.path, MAX_LINE_LEN).unwrap_or_default();
        let newer = FirstLine::split(&before).is_some_and(|(first, _)| first.is_of(self) && first.began > began);
        if newer {
            return Ok(());
        }
        let line = format!("{FORMAT} {} {} {began}\n", self.host, self.publishable_key);
        file::replace_private(&self.path, &[line.as_bytes(), document].concat())
    }
}

/// The first line.
struct FirstLine<'f> {
    host: &'f str,
    publishable_key: &'f str,
    began: i64,
}

impl<'f> FirstLine<'f> {
    fn split(content: &'f [u8]) -> Option<(Self, &'f [u8])> {
        let end = content.iter().position(|octet| *octet == b'\n')?;
        let (line, rest) = content.split_at_checked(end)?;
        let mut words = core::str::from_utf8(line).ok()?.strip_prefix(FORMAT)?.strip_prefix(' ')?.split(' ');
        let first = Self { host: words.next()?, publishable_key: words.next()?, began: words.next()?.parse().ok()? };
        words.next().is_none().then_some((first, rest.get(1..)?))
    }

    fn is_of(&self, file: &LastGood) -> bool {
        self.host == file.host && self.publishable_key == file.publishable_key
    }
}

/// Releases the lock also while a child, forked meanwhile, has the folder open.
struct Locked(File);

impl Drop for Locked {
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

/// Writers take turns; readers need no lock, since a file is replaced in one step.
fn lock_folder_of(path: &Path) -> io::Result<Option<Locked>> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = File::open(parent)?;
    let start = Instant::now();
    loop {
        match folder.try_lock() {
            Ok(()) => return Ok(Some(Locked(folder))),
            // Some file systems cannot lock a folder.
            Err(std::fs::TryLockError::Error(_)) => return Ok(None),
            Err(std::fs::TryLockError::WouldBlock) if start.elapsed() > Duration::from_millis(MAX_LOCK_MS) => {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            Err(std::fs::TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(LOCK_PAUSE_MS)),
        }
    }
}

const FORMAT: &str = "tesseral-last-good 1";
/// Longest first line: the format, host and key at their longest, and a number.
const MAX_LINE_LEN: usize = 512;
