//! Memory that a process shares with its children, and a lock that survives the death of its holder.

use std::{ptr, slice};

/// Words in a mapping of their own, behind one lock.
pub struct Shared {
    start: *mut libc::c_void,
    octets: usize,
    len: usize,
}

/// Bytes before the words, for the lock.
const LOCK: usize = 64;
const _: () = assert!(size_of::<libc::pthread_mutex_t>() <= LOCK);

impl Shared {
    /// `len` words, all 0.
    pub fn new(len: usize) -> Self {
        let octets = LOCK + 8 * len;
        let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED | libc::MAP_ANONYMOUS);
        // SAFETY: a new mapping, at an address that the kernel chooses.
        let start = unsafe { libc::mmap(ptr::null_mut(), octets, protection, flags, -1, 0) };
        assert_ne!(start, libc::MAP_FAILED, "{}", std::io::Error::last_os_error());
        let mut attributes = std::mem::MaybeUninit::<libc::pthread_mutexattr_t>::uninit();
        // SAFETY: the attributes are made before they are used; the lock's place is inside the mapping and used by nothing else.
        let failed = unsafe {
            libc::pthread_mutexattr_init(attributes.as_mut_ptr())
                + libc::pthread_mutexattr_setpshared(attributes.as_mut_ptr(), libc::PTHREAD_PROCESS_SHARED)
                + libc::pthread_mutexattr_setrobust(attributes.as_mut_ptr(), libc::PTHREAD_MUTEX_ROBUST)
                + libc::pthread_mutex_init(start.cast(), attributes.as_ptr())
        };
        assert_eq!(failed, 0);
        Self { start, octets, len }
    }

    /// The words. The caller holds the lock, or no other process uses them.
    pub fn words(&mut self) -> &mut [u64] {
        // SAFETY: the mapping has so many words behind the lock, and lives as long as `self`; every other process that maps it
        // takes the lock first.
        unsafe { slice::from_raw_parts_mut(self.start.cast::<u8>().add(LOCK).cast(), self.len) }
    }

    /// Takes the lock; `true` when the process that held it died.
    pub fn lock(&self) -> bool {
        // SAFETY: `new` made the lock.
        let result = unsafe { libc::pthread_mutex_lock(self.start.cast()) };
        if result == libc::EOWNERDEAD {
            // SAFETY: as above; this process holds the lock now.
            assert_eq!(unsafe { libc::pthread_mutex_consistent(self.start.cast()) }, 0);
            return true;
        }
        assert_eq!(result, 0);
        false
    }

    pub fn unlock(&self) {
        // SAFETY: this process holds the lock.
        assert_eq!(unsafe { libc::pthread_mutex_unlock(self.start.cast()) }, 0);
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // SAFETY: `new` mapped it, and no borrow of the words is left.
        unsafe { libc::munmap(self.start, self.octets) };
    }
}

/// Runs `child` in a process of its own, which ends with it; returns its number.
pub fn fork(child: impl FnOnce()) -> libc::pid_t {
    // SAFETY: the child calls only what a child of a threaded process may: the machines allocate nothing.
    let pid = unsafe { libc::fork() };
    assert!(pid >= 0, "{}", std::io::Error::last_os_error());
    if pid == 0 {
        let failed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(child)).is_err();
        // SAFETY: ends this process without its parent's destructors.
        unsafe { libc::_exit(failed.into()) };
    }
    pid
}

pub fn kill(pid: libc::pid_t) {
    // SAFETY: a child of this process that has not been waited for.
    assert_eq!(unsafe { libc::kill(pid, libc::SIGKILL) }, 0);
}

/// Waits until the child's state changes.
pub fn wait(pid: libc::pid_t) -> libc::c_int {
    let mut status = 0;
    loop {
        // SAFETY: an own child.
        let waited = unsafe { libc::waitpid(pid, &raw mut status, 0) };
        if waited == pid {
            return status;
        }
        let error = std::io::Error::last_os_error();
        assert_eq!(error.raw_os_error(), Some(libc::EINTR), "{error}");
    }
}
