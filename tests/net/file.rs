//! Any number of writers replace a file in one step each, and its permissions stay.
#![cfg(unix)]

use crate::support::{
    NOBODY, become_nobody, ended_well, eventually, forked, in_child, is_root, ms, ready, say, serve, settings,
};
use std::{
    ffi::CString,
    fs, io,
    os::unix::{
        ffi::OsStrExt as _,
        fs::{MetadataExt as _, PermissionsExt as _, chown, symlink},
    },
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime},
};
use tesseral_verify::net::file;

/// An empty folder of this test's own.
fn fresh_folder(test: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("net-file").join(test);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn names(folder: &Path) -> Vec<String> {
    let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(name).collect();
    names.sort();
    names
}

fn mode(file: &Path) -> u32 {
    fs::metadata(file).unwrap().mode() & 0o7777
}

fn set_mode(file: &Path, mode: u32) {
    fs::set_permissions(file, fs::Permissions::from_mode(mode)).unwrap();
}

/// In a process namespace of its own, where its process ID is 1, if this is allowed.
fn as_process_1(child: impl FnOnce() -> bool) -> bool {
    #[cfg(target_os = "linux")]
    // SAFETY: a system call on numbers.
    if unsafe { libc::unshare(libc::CLONE_NEWPID) } == 0 {
        return in_child(|| std::process::id() == 1 && child());
    }
    child()
}

/// Several writers with the same process ID, as in containers that share a volume.
#[test]
fn any_number_of_writers_at_a_time() {
    const ROUNDS: usize = 20;
    let alike = in_child(|| as_process_1(|| std::process::id() == 1));
    if !alike {
        say("SKIPPED, no process namespaces: writers with the same process ID");
    }
    let mut good = 0;
    for writers in [2_u8, 3] {
        for _ in 0..ROUNDS {
            let folder = fresh_folder("writers");
            let path = folder.join("config.json");
            let start = Instant::now() + ms(20);
            let write = |octet: u8| {
                std::thread::sleep(start.saturating_duration_since(Instant::now()));
                (0..5_u8).all(|turn| file::replace(&path, &vec![octet + turn; 60_000 + usize::from(octet)]).is_ok())
            };
            let children: Vec<_> =
                (0..writers).map(|writer| forked(|| as_process_1(|| write(b'a' + 8 * writer)))).collect();
            let mut whole = true;
            for child in children {
                whole &= ended_well(child, ms(20_000));
            }
            let content = fs::read(&path).unwrap();
            whole &= content.iter().all(|octet| *octet == content[0]) && content.len() >= 60_000;
            good += usize::from(whole && names(&folder) == ["config.json"]);
        }
    }
    say(&format!("writers: {good} of {} rounds good, same process ID: {alike}", 2 * ROUNDS));
    assert_eq!(good, 2 * ROUNDS);
}

/// Files that a killed process with this ID left behind.
#[test]
fn leftovers_neither_block_nor_vanish() {
    let folder = fresh_folder("leftovers");
    let leftovers: Vec<_> =
        (0..2000).map(|number| folder.join(format!(".config.json.{}.{number}.new", std::process::id()))).collect();
    for leftover in &leftovers {
        fs::write(leftover, "half a docum").unwrap();
    }
    file::replace(&folder.join("config.json"), b"a document").unwrap();
    assert_eq!(fs::read(folder.join("config.json")).unwrap(), b"a document");
    assert!(leftovers.iter().all(|leftover| fs::read(leftover).unwrap() == b"half a docum"));
    assert_eq!(names(&folder).len(), leftovers.len() + 1);
}

/// A limit on the size of files interrupts a write, as a full disk does.
#[test]
fn a_full_disk_leaves_the_file_and_its_time() {
    let folder = fresh_folder("full");
    let path = folder.join("config.json");
    let before = SystemTime::now() - Duration::from_secs(7200);
    fs::write(&path, "before").unwrap();
    fs::File::options().append(true).open(&path).unwrap().set_modified(before).unwrap();
    let good = in_child(|| {
        // SAFETY: the limit and the signal of this child.
        unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
        let limit = |octets| {
            let limit = libc::rlimit { rlim_cur: octets, rlim_max: libc::RLIM_INFINITY };
            // SAFETY: as above.
            assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit) }, 0);
        };
        limit(4096);
        let full = file::replace_or_touch(&path, &[b'a'; 10_000]).is_err();
        let untouched = fs::metadata(&path).unwrap().modified().unwrap() == before;
        let alone = names(&folder) == ["config.json"] && fs::read(&path).unwrap() == b"before";
        limit(libc::RLIM_INFINITY);
        full && untouched && alone && !file::replace_or_touch(&path, &[b'a'; 10_000]).unwrap()
    });
    assert!(good);
    assert_eq!(fs::read(&path).unwrap(), [b'a'; 10_000]);
    assert!(file::replace_or_touch(&path, &[b'a'; 10_000]).unwrap());
}

#[test]
fn a_folder_that_cannot_be_written() {
    let folder = fresh_folder("unwritable");
    let path = folder.join("config.json");
    fs::write(&path, "before").unwrap();
    let time = fs::metadata(&path).unwrap().modified().unwrap();
    set_mode(&folder, 0o555);
    let child = || {
        // SAFETY: asks for a number.
        if unsafe { libc::geteuid() } == 0 {
            std::env::set_current_dir(&folder).unwrap();
            become_nobody();
        }
        let folder = if Path::new("config.json").exists() { Path::new("") } else { &folder };
        let error = file::replace_or_touch(&folder.join("config.json"), b"after").unwrap_err();
        error.kind() == io::ErrorKind::PermissionDenied
    };
    assert!(in_child(child));
    set_mode(&folder, 0o755);
    assert_eq!(fs::read(&path).unwrap(), b"before");
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), time);
    assert_eq!(names(&folder), ["config.json"]);
}

#[test]
fn owner_group_and_mode_stay() {
    let folder = fresh_folder("owner");
    let path = folder.join("config.json");
    fs::write(&path, "before").unwrap();
    if is_root("owner and group of the file before") {
        chown(&path, Some(1), Some(33)).unwrap();
    }
    let before = fs::metadata(&path).unwrap();
    for bits in [0o640, 0o600, 0o664, 0o444] {
        set_mode(&path, bits);
        let document = bits.to_string();
        file::replace(&path, document.as_bytes()).unwrap();
        let after = fs::metadata(&path).unwrap();
        assert_eq!((after.uid(), after.gid(), mode(&path)), (before.uid(), before.gid(), bits));
        assert_eq!(fs::read_to_string(&path).unwrap(), document);
    }
}

/// A writer that may not set the old permissions must replace nothing: the new file would have other readers.
#[test]
fn who_may_not_keep_them_replaces_nothing() {
    if !is_root("a file of another user's in a folder of everybody's") {
        return;
    }
    let folder = fresh_folder("not_ours");
    set_mode(&folder, 0o777);
    let path = folder.join("config.json");
    for (owner, group) in [(0, 33), (NOBODY, 33)] {
        fs::write(&path, "before").unwrap();
        set_mode(&path, 0o640);
        chown(&path, Some(owner), Some(group)).unwrap();
        assert!(in_child(|| {
            std::env::set_current_dir(&folder).unwrap();
            become_nobody();
            let error = file::replace(Path::new("config.json"), b"after").unwrap_err();
            error.kind() == io::ErrorKind::PermissionDenied && error.to_string().contains("cannot be kept")
        }));
        assert_eq!((fs::read(&path).unwrap().as_slice(), names(&folder)), (&b"before"[..], vec!["config.json".into()]));
        fs::remove_file(&path).unwrap();
    }
}

/// A new snapshot gets the mode of the umask, because other users read it. A new last-good file is for its owner alone.
#[test]
fn the_mode_of_a_new_file() {
    let folder = fresh_folder("new");
    for (umask, expected) in [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600)] {
        let path = folder.join(format!("{umask:o}.json"));
        assert!(in_child(|| {
            // SAFETY: a number of this child's.
            unsafe { libc::umask(umask) };
            file::replace(&path, b"new").is_ok()
        }));
        assert_eq!(mode(&path), expected);
    }
    let server = serve(151);
    let path = folder.join("last-good.json");
    let authenticator = ready(settings(&server).last_good_file(&path));
    eventually("the file", ms(5000), || path.exists());
    drop(authenticator);
    assert_eq!(mode(&path), 0o600);
    set_mode(&path, 0o640);
    let first = fs::read(&path).unwrap();
    let authenticator = ready(settings(&server).last_good_file(&path).refresh_interval(ms(50)));
    eventually("another file", ms(5000), || fs::read(&path).unwrap() != first);
    drop(authenticator);
    assert_eq!(mode(&path), 0o640);
}

/// The kernel's format: version 2, then tag, permissions and ID of each entry.
#[cfg(target_os = "linux")]
fn acl(entries: [(u16, u16, u32); 5]) -> Vec<u8> {
    let mut acl = 2_u32.to_le_bytes().to_vec();
    for (tag, permissions, id) in entries {
        acl.extend(tag.to_le_bytes());
        acl.extend(permissions.to_le_bytes());
        acl.extend(id.to_le_bytes());
    }
    acl
}

#[cfg(target_os = "linux")]
fn set_acl(path: &Path, name: &std::ffi::CStr, acl: &[u8]) -> bool {
    let path = CString::new(path.as_os_str().as_bytes()).unwrap();
    // SAFETY: two strings, and octets with their number.
    unsafe { libc::setxattr(path.as_ptr(), name.as_ptr(), acl.as_ptr().cast(), acl.len(), 0) == 0 }
}

#[cfg(target_os = "linux")]
fn acl_of(path: &Path) -> Option<Vec<u8>> {
    let path = CString::new(path.as_os_str().as_bytes()).unwrap();
    let mut acl = vec![0; 1000];
    // SAFETY: two strings, and room with its size.
    let len = unsafe { libc::getxattr(path.as_ptr(), ACCESS.as_ptr(), acl.as_mut_ptr().cast(), acl.len()) };
    acl.truncate(usize::try_from(len).ok()?);
    Some(acl)
}

#[cfg(target_os = "linux")]
const ACCESS: &std::ffi::CStr = c"system.posix_acl_access";

#[cfg(target_os = "linux")]
#[test]
fn the_acl_stays_and_none_is_inherited() {
    let folder = fresh_folder("acl");
    let (with, without) = (folder.join("with.json"), folder.join("without.json"));
    for path in [&with, &without] {
        fs::write(path, "before").unwrap();
        set_mode(path, 0o640);
    }
    // rw for the owner, r for user 33, for the group and as the mask; nothing for others.
    let none = u32::MAX;
    let own = acl([(1, 6, none), (2, 4, 33), (4, 4, none), (0x10, 4, none), (0x20, 0, none)]);
    let inherited = acl([(1, 7, none), (2, 7, 34), (4, 7, none), (0x10, 7, none), (0x20, 7, none)]);
    if !set_acl(&with, ACCESS, &own) || !set_acl(&folder, c"system.posix_acl_default", &inherited) {
        return say(&format!("SKIPPED, no ACLs here: {}", io::Error::last_os_error()));
    }
    for path in [&with, &without] {
        file::replace(path, b"after").unwrap();
        assert_eq!(fs::read(path).unwrap(), b"after");
    }
    assert_eq!(acl_of(&with), Some(own));
    assert_eq!((acl_of(&without), mode(&without)), (None, 0o640), "user 34 gets no right");
    let new = folder.join("new.json");
    file::replace(&new, b"new").unwrap();
    assert!(acl_of(&new).is_some(), "the folder's default is for new files");
}

#[test]
fn a_link_stays_a_link() {
    let folder = fresh_folder("links");
    let elsewhere = folder.join("elsewhere");
    fs::create_dir_all(folder.join("here")).unwrap();
    fs::create_dir_all(elsewhere.join("deep")).unwrap();
    symlink("../elsewhere/deep", folder.join("here/through")).unwrap();
    let mut ran = 0;
    for (name, target) in [
        ("relative.json", PathBuf::from("../elsewhere/1.json")),
        ("absolute.json", elsewhere.join("2.json")),
        ("chain.json", PathBuf::from("relative.json")),
        ("through.json", PathBuf::from("through/../3.json")),
    ] {
        let link = folder.join("here").join(name);
        symlink(&target, &link).unwrap();
        // At first the link's target is missing, except for the chain of links.
        for document in [b"first".as_slice(), b"second"] {
            file::replace(&link, document).unwrap();
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink(), "{name}");
            assert_eq!(fs::read(&link).unwrap(), document, "{name}");
            ran += 1;
        }
    }
    assert_eq!(names(&elsewhere), ["1.json", "2.json", "3.json", "deep"]);
    assert_eq!(
        names(&folder.join("here")),
        ["absolute.json", "chain.json", "relative.json", "through", "through.json"]
    );
    assert_eq!(ran, 8);
    let (one, other) = (folder.join("one"), folder.join("other"));
    symlink("other", &one).unwrap();
    symlink("one", &other).unwrap();
    assert!(file::replace(&one, b"x").is_err(), "in a circle");
    symlink("no/such/folder/file", folder.join("lost")).unwrap();
    assert_eq!(file::replace(&folder.join("lost"), b"x").unwrap_err().kind(), io::ErrorKind::NotFound);
    assert!(fs::symlink_metadata(folder.join("lost")).unwrap().is_symlink());
}

/// A device or a pipe is neither replaced nor opened.
#[test]
fn something_else_in_the_way() {
    let folder = fresh_folder("in_the_way");
    fs::create_dir(folder.join("folder")).unwrap();
    let fifo = CString::new(folder.join("fifo").as_os_str().as_bytes()).unwrap();
    // SAFETY: a string.
    assert_eq!(unsafe { libc::mkfifo(fifo.as_ptr(), 0o600) }, 0);
    symlink("fifo", folder.join("link")).unwrap();
    for (name, expected) in [
        ("folder", io::ErrorKind::IsADirectory),
        ("fifo", io::ErrorKind::InvalidInput),
        ("link", io::ErrorKind::InvalidInput),
    ] {
        let path = folder.join(name);
        assert!(in_child(|| file::replace_or_touch(&path, b"x").unwrap_err().kind() == expected), "{name}");
        assert!(in_child(|| file::read(&path).unwrap_err().kind() == expected), "{name}");
    }
    assert_eq!(names(&folder), ["fifo", "folder", "link"]);
    assert!(!fs::metadata(folder.join("fifo")).unwrap().is_file());
}
