//! Snapshot files: read with their age, replaced in one step, so that no reader ever sees half of one.

use crate::limits::MAX_DOCUMENT_LEN;
use std::{
    ffi::OsString,
    format,
    fs::{self, File, Metadata, OpenOptions},
    hash::{BuildHasher as _, RandomState},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
    vec::Vec,
};

/// Reads a file, with the time since it was written. Of a file that is too large, it reads only enough to notice.
///
/// A time in the future counts as now.
///
/// # Errors
/// Those of the file system.
pub fn read(file: &Path) -> io::Result<(Vec<u8>, Duration)> {
    let age = SystemTime::now().duration_since(look_at(file)?.modified()?).unwrap_or_default();
    Ok((read_at_most(file, MAX_DOCUMENT_LEN)?, age))
}

/// Reads a file, and one octet more than `limit` of a larger one.
pub(super) fn read_at_most(file: &Path, limit: usize) -> io::Result<Vec<u8>> {
    look_at(file)?;
    read_open(&File::open(file)?, limit)
}

/// The metadata of a regular file. Others are refused: opening one may block for ever, and replacing one is a mistake.
fn look_at(file: &Path) -> io::Result<Metadata> {
    let metadata = fs::metadata(file)?;
    if metadata.is_file() {
        Ok(metadata)
    } else if metadata.is_dir() {
        Err(io::ErrorKind::IsADirectory.into())
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"))
    }
}

fn read_open(file: &File, limit: usize) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    let limit = u64::try_from(limit.saturating_add(1)).unwrap_or(u64::MAX);
    file.take(limit).read_to_end(&mut content)?;
    Ok(content)
}

/// Replaces a file in one step: its readers find the old or the new document, whole.
///
/// The new one is written beside it, under a random name, and is on the disk before it takes the name. Any number of
/// processes may do this at a time; the last one wins. A link stays a link, also while its target is missing.
///
/// Owner, group, mode and POSIX ACL stay those of the file before. A new file gets its mode from the umask or the folder's
/// default ACL, like any file that a program makes, since the programs that read the keys usually run as other users.
///
/// A process that is killed while it writes leaves `.NAME.….new` behind. No later call removes this file: it cannot know
/// whether the writer is dead, since the writer may run in another container or on another machine.
///
/// # Errors
/// Those of the file system, also when owner, group, mode or ACL cannot be kept; [`io::ErrorKind::IsADirectory`], and
/// [`io::ErrorKind::InvalidInput`] for what is no file. The old file is untouched then.
pub fn replace(file: &Path, document: &[u8]) -> io::Result<()> {
    replace_or_create(file, document, MODE_BY_UMASK)
}

/// The same, but a new file has mode 0600.
pub(super) fn replace_private(file: &Path, document: &[u8]) -> io::Result<()> {
    replace_or_create(file, document, MODE_PRIVATE)
}

/// Makes the file hold this document, with the current time; `true` when it held the document before.
///
/// # Errors
/// As [`replace`].
pub fn replace_or_touch(file: &Path, document: &[u8]) -> io::Result<bool> {
    let current = touch(file, document).unwrap_or(false);
    if !current {
        replace(file, document)?;
    }
    Ok(current)
}

/// Sets a file's time to now if it holds this document. It uses the opened file, also when another file has the name by
/// then.
fn touch(file: &Path, document: &[u8]) -> io::Result<bool> {
    look_at(file)?;
    let file = OpenOptions::new().read(true).append(true).open(file)?;
    let same = read_open(&file, document.len())? == document;
    if same {
        file.set_modified(SystemTime::now())?;
    }
    Ok(same)
}

fn replace_or_create(file: &Path, document: &[u8], mode_of_new: u32) -> io::Result<()> {
    let before = match look_at(file) {
        Ok(before) => Some(before),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let file = followed(file)?;
    // Mode 0600 until the file has the ACL of the one before: no other user reads it earlier.
    let mode = if before.is_some() { MODE_PRIVATE } else { mode_of_new };
    let (beside, new) = create_beside(&file, mode)?;
    let written = fill(&new, document)
        .and_then(|()| before.map_or(Ok(()), |before| keep_access(&file, &before, &new)))
        .and_then(|()| new.sync_all())
        .and_then(|()| fs::rename(&beside, &file));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

/// Where the file is, or will be: links are followed as far as there are any, the last one to where nothing is yet.
fn followed(file: &Path) -> io::Result<PathBuf> {
    let mut file = file.to_path_buf();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&file) {
            // A relative target is relative to the link's folder; `join` replaces everything by an absolute one.
            Ok(target) => file = file.parent().unwrap_or(Path::new("")).join(target),
            Err(_) => return Ok(file),
        }
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "too many links"))
}

/// A new file in the same folder, which this call alone has made, and its hidden name.
fn create_beside(file: &Path, mode: u32) -> io::Result<(PathBuf, File)> {
    let name = file.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let mut taken = io::Error::from(io::ErrorKind::AlreadyExists);
    for _ in 0..MAX_NAMES {
        let mut hidden = OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{:016x}.new", random()));
        let beside = file.with_file_name(hidden);
        match create_new(&beside, mode) {
            Ok(new) => return Ok((beside, new)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => taken = error,
            Err(error) => return Err(error),
        }
    }
    Err(taken)
}

fn create_new(path: &Path, mode: u32) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    options.open(path)
}

/// A forked child has its parent's random state. Its names differ by the time, or the name is taken and another one is
/// tried.
fn random() -> u64 {
    RandomState::new().hash_one((std::process::id(), SystemTime::now()))
}

fn fill(mut new: &File, document: &[u8]) -> io::Result<()> {
    new.write_all(document)
}

/// Gives the new file owner, group, mode and ACL of the one before.
fn keep_access(before: &Path, metadata: &Metadata, new: &File) -> io::Result<()> {
    let kept = keep_owner(metadata, new)
        .and_then(|()| keep_acl(before, new))
        // Last: a change of owner takes bits away.
        .and_then(|()| new.set_permissions(metadata.permissions()));
    kept.map_err(|error| {
        io::Error::new(error.kind(), format!("owner, group, mode or ACL of the file before cannot be kept: {error}"))
    })
}

#[cfg(unix)]
fn keep_owner(before: &Metadata, new: &File) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    let now = new.metadata()?;
    let owner = (now.uid() != before.uid()).then_some(before.uid());
    let group = (now.gid() != before.gid()).then_some(before.gid());
    if owner.is_none() && group.is_none() { Ok(()) } else { fchown(new, owner, group) }
}

#[cfg(not(unix))]
fn keep_owner(_: &Metadata, _: &File) -> io::Result<()> {
    Ok(())
}

/// Replaces the ACL that the new file got from the folder's default: the file's readers stay the same.
#[cfg(target_os = "linux")]
fn keep_acl(before: &Path, new: &File) -> io::Result<()> {
    use rustix::{
        fs::{XattrFlags, fremovexattr, fsetxattr, getxattr},
        io::Errno,
    };
    const ACL: &str = "system.posix_acl_access";
    /// The kernel's limit of any extended attribute (`XATTR_SIZE_MAX`).
    const MAX_LEN: usize = 65_536;
    let mut acl = std::vec![0; MAX_LEN];
    let done = match getxattr(before, ACL, &mut acl[..]) {
        Ok(len) => fsetxattr(new, ACL, acl.get(..len).unwrap_or_default(), XattrFlags::empty()),
        Err(Errno::NODATA) => match fremovexattr(new, ACL) {
            Err(Errno::NODATA) => Ok(()),
            done => done,
        },
        Err(error) => Err(error),
    };
    match done {
        // The file system has no ACLs, or the kernel has been built without.
        Err(Errno::OPNOTSUPP | Errno::NOSYS) | Ok(()) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(target_os = "linux"))]
fn keep_acl(_: &Path, _: &File) -> io::Result<()> {
    Ok(())
}

/// The umask takes from it.
const MODE_BY_UMASK: u32 = 0o666;
const MODE_PRIVATE: u32 = 0o600;
/// As many as Linux follows.
const MAX_LINKS: usize = 40;
/// Random names are not taken twice by chance.
const MAX_NAMES: usize = 8;
