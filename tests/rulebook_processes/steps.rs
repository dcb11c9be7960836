//! A child runs one call on shared words, and its parent stops it after each instruction.

use super::shared::{Shared, fork, kill, wait};
use std::{hint::black_box, ptr, thread, time::Duration};

/// What a kill leaves in the words.
pub enum Traced {
    /// Each different content, in order, from before the call to after it.
    Steps {
        left: Vec<Vec<u64>>,
        /// Instructions.
        count: u64,
    },
    NotPermitted,
}

/// Runs `call` on a copy of `before`, one instruction at a time, in a child that holds the lock and is killed at the end of
/// the call.
pub fn trace(before: &[u64], call: impl Fn(&mut [u64])) -> Traced {
    stay_on_one_processor();
    let Some((left, count)) = steps(before, &call, usize::MAX) else { return Traced::NotPermitted };
    // Between two instructions, the parent sees what a kill would leave there. Short calls prove that: they are killed at each
    // store.
    if count < SHORT {
        for last in 1..left.len() - 1 {
            let (killed, _) = steps(before, &call, last).expect("it was permitted a moment ago");
            assert_eq!(killed, left[..=last]);
        }
    }
    Traced::Steps { left, count }
}

/// Instructions.
const SHORT: u64 = 800;
const LONGEST: u64 = 300_000;

/// Pins parent and child to one processor: they take turns, and waking each other on another one takes several times as long.
fn stay_on_one_processor() {
    // SAFETY: the set is plain data, which is filled before it is used; a refusal changes nothing.
    unsafe {
        let mut processors: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(usize::try_from(libc::sched_getcpu()).unwrap_or(0), &mut processors);
        libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const processors);
    }
}

fn steps(before: &[u64], call: &impl Fn(&mut [u64]), last: usize) -> Option<(Vec<Vec<u64>>, u64)> {
    let mut shared = Shared::new(before.len());
    shared.words().copy_from_slice(before);
    let pid = fork(|| {
        shared.lock();
        // SAFETY: takes no memory.
        if unsafe { libc::ptrace(libc::PTRACE_TRACEME, 0, ptr::null_mut::<u8>(), ptr::null_mut::<u8>()) } != 0 {
            return;
        }
        stop();
        call(shared.words());
        stop();
    });
    let (mut left, mut count) = (vec![before.to_vec()], 0);
    let stopped = |status| libc::WIFSTOPPED(status) && libc::WSTOPSIG(status) == libc::SIGSTOP;
    if !stopped(wait(pid)) {
        return None;
    }
    // At once after a store, the next one has not begun.
    while left.len() <= last {
        // SAFETY: the child is stopped and traced by this thread.
        let step = unsafe { libc::ptrace(libc::PTRACE_SINGLESTEP, pid, ptr::null_mut::<u8>(), ptr::null_mut::<u8>()) };
        if step != 0 && count == 0 {
            break;
        }
        assert_eq!(step, 0, "{}", std::io::Error::last_os_error());
        let status = wait(pid);
        assert!(libc::WIFSTOPPED(status), "the call ended its process: {status:#x}");
        if stopped(status) {
            break;
        }
        count += 1;
        if count > LONGEST {
            kill(pid);
            panic!("the call does not end, or its process panics");
        }
        if left.last().is_none_or(|left| left != shared.words()) {
            left.push(shared.words().to_vec());
        }
    }
    kill(pid);
    assert!(libc::WIFSIGNALED(wait(pid)));
    assert!(shared.lock(), "the lock's owner died");
    assert_eq!(left.last().map(Vec::as_slice), Some(&*shared.words()), "nothing changes after a kill");
    shared.unlock();
    (count > 0).then_some((left, count))
}

fn stop() {
    // SAFETY: stops this process until its parent goes on.
    unsafe { libc::raise(libc::SIGSTOP) };
}

/// Runs the call again and again on copies of `before`, until the child is killed at any moment of a call.
pub fn kill_at_random(before: &[u64], call: impl Fn(&mut [u64])) -> Vec<u64> {
    let mut shared = Shared::new(before.len() + 1);
    loop {
        let pid = fork(|| {
            loop {
                // The last word says that a call runs.
                let (running, words) = shared.words().split_last_mut().unwrap();
                words.copy_from_slice(before);
                *black_box(&mut *running) = 1;
                call(words);
                *black_box(running) = 0;
            }
        });
        thread::sleep(Duration::from_micros(500));
        kill(pid);
        wait(pid);
        let (running, words) = shared.words().split_last_mut().unwrap();
        if *running == 1 {
            return words.to_vec();
        }
        *running = 0;
    }
}
