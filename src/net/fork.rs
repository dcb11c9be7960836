//! Notices that a process is a forked child, also when it has its parent's process ID.
#![allow(unsafe_code)] // two system calls for one page; each says what it relies on

/// A mark that a child process does not inherit.
///
/// On Linux it is a page that the kernel clears in a child (`MADV_WIPEONFORK`). A process ID would not do: in a PID namespace
/// of its own a child may have its parent's. Elsewhere, and before Linux 4.14, it is the process ID all the same.
#[derive(Debug)]
pub(super) struct Mark {
    #[cfg(target_os = "linux")]
    page: Option<page::Page>,
    pid: u32,
}

impl Mark {
    pub(super) fn new() -> Self {
        Self {
            #[cfg(target_os = "linux")]
            page: page::Page::marked(),
            pid: std::process::id(),
        }
    }

    /// Whether this is still the process that made the mark.
    pub(super) fn is_own(&self) -> bool {
        #[cfg(target_os = "linux")]
        if let Some(page) = &self.page {
            return page.is_marked();
        }
        self.pid == std::process::id()
    }
}

#[cfg(target_os = "linux")]
mod page {
    use core::{
        ffi::c_void,
        ptr::NonNull,
        sync::atomic::{AtomicU32, Ordering::Relaxed},
    };
    use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap_anonymous, munmap};

    /// One page of this process's own.
    #[derive(Debug)]
    pub(super) struct Page(NonNull<AtomicU32>);

    /// The kernel rounds it up to whole pages.
    const LEN: usize = 4096;

    impl Page {
        pub(super) fn marked() -> Option<Self> {
            let protection = ProtFlags::READ | ProtFlags::WRITE;
            // SAFETY: the kernel chooses the address, so that no memory in use is replaced.
            let page = unsafe { mmap_anonymous(core::ptr::null_mut(), LEN, protection, MapFlags::PRIVATE) }.ok()?;
            let page = Self(NonNull::new(page.cast())?);
            // SAFETY: the page was mapped just now and holds nothing that a child would miss.
            unsafe { madvise(page.address(), LEN, Advice::LinuxWipeOnFork) }.ok()?;
            page.word().store(1, Relaxed);
            Some(page)
        }

        pub(super) fn is_marked(&self) -> bool {
            self.word().load(Relaxed) != 0
        }

        fn word(&self) -> &AtomicU32 {
            // SAFETY: mapped, aligned to a page, zeroed by the kernel, and unmapped by `drop` alone.
            unsafe { self.0.as_ref() }
        }

        fn address(&self) -> *mut c_void {
            self.0.as_ptr().cast()
        }
    }

    impl Drop for Page {
        fn drop(&mut self) {
            // SAFETY: `marked` mapped it, and no reference to it outlives this value.
            let _ = unsafe { munmap(self.address(), LEN) };
        }
    }

    // SAFETY: the page belongs to the process, not to a thread.
    unsafe impl Send for Page {}
    // SAFETY: its one word is atomic.
    unsafe impl Sync for Page {}
}

#[cfg(test)]
mod tests {
    use super::Mark;

    /// The raw system call, which runs no handlers of the C library.
    #[cfg(target_os = "linux")]
    #[test]
    #[allow(unsafe_code)]
    fn a_child_with_its_parents_process_id_is_noticed() {
        let mut mark = Mark::new();
        assert!(mark.is_own());
        // SAFETY: the child calls nothing but what is allowed after fork.
        let pid = unsafe { libc::fork() };
        if pid == 0 {
            // As in a PID namespace of its own.
            mark.pid = std::process::id();
            // SAFETY: ends this process at once.
            unsafe { libc::_exit(if mark.is_own() { 1 } else { 0 }) };
        }
        let mut status = 0;
        // SAFETY: `status` is writable, and `pid` is our child.
        unsafe { libc::waitpid(pid, &raw mut status, 0) };
        assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0);
        assert!(mark.is_own());
    }
}
