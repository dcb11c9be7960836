//! Snapshot files: read with their age, replaced in one step, so that no reader ever sees half of one.

use crate::limits::MAX_DOCUMENT_LEN;
use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    string::ToString as _,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::{Duration, SystemTime},
    vec::Vec,
};

/// Reads a file, and no more of it than shows that it is too large, with the time since it was written.
///
/// A time in the future counts as now.
///
/// # Errors
/// Those of the file system.
pub fn read(file: &Path) -> io::Result<(Vec<u8>, Duration)> {
    let age = SystemTime::now().duration_since(fs::metadata(file)?.modified()?).unwrap_or_default();
    Ok((read_at_most(file, MAX_DOCUMENT_LEN)?, age))
}

/// Reads a file, and one octet more than `limit` of a larger one.
pub(super) fn read_at_most(file: &Path, limit: usize) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    let limit = u64::try_from(limit.saturating_add(1)).unwrap_or(u64::MAX);
    File::open(file)?.take(limit).read_to_end(&mut content)?;
    Ok(content)
}

/// Replaces a file in one step: whoever reads it finds the old or the new document, whole.
///
/// The new one is written beside it and is on the disk before it takes the name. A link stays a link to the file that
/// is replaced; permissions stay those of the file before.
///
/// # Errors
/// Those of the file system; the old file is untouched then.
pub fn replace(file: &Path, document: &[u8]) -> io::Result<()> {
    let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_path_buf());
    let beside = beside(&file).ok_or(io::ErrorKind::InvalidInput)?;
    let written = write(&beside, document, fs::metadata(&file).ok()).and_then(|()| fs::rename(&beside, &file));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

/// Sees to it that the file holds this document and has the time of now; `true` when it held it before.
///
/// # Errors
/// As [`replace`].
pub fn replace_or_touch(file: &Path, document: &[u8]) -> io::Result<bool> {
    let current = read(file).is_ok_and(|(before, _)| before == document) && touch(file).is_ok();
    if !current {
        replace(file, document)?;
    }
    Ok(current)
}

/// Gives a file the time of now.
fn touch(file: &Path) -> io::Result<()> {
    OpenOptions::new().append(true).open(file)?.set_modified(SystemTime::now())
}

fn write(beside: &Path, document: &[u8], before: Option<fs::Metadata>) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(beside)?;
    if let Some(before) = before {
        file.set_permissions(before.permissions())?;
    }
    file.write_all(document)?;
    file.sync_all()
}

/// A hidden name in the same folder that nobody else uses.
fn beside(file: &Path) -> Option<PathBuf> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Relaxed);
    let mut name = OsString::from(".");
    name.push(file.file_name()?);
    for part in [".", &std::process::id().to_string(), ".", &number.to_string(), ".new"] {
        name.push(part);
    }
    Some(file.with_file_name(name))
}
