//! Resolves host names in a bounded number of threads: the system's resolver blocks and cannot be cancelled.

use super::{fault::Fault, lock};
use crate::limits::{MAX_NAME_QUESTIONS, NAME_PATIENCE_MS};
use std::{
    borrow::ToOwned as _,
    io,
    net::{IpAddr, SocketAddr, ToSocketAddrs as _},
    string::String,
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread::Builder,
    time::{Duration, Instant},
    vec,
    vec::Vec,
};

/// Resolves each name in a thread of its own. Callers that need a name while it is being resolved wait for the same answer.
///
/// There are at most as many names as hosts in the settings and the proxy variables. Since each name has threads of its
/// own, a name that hangs does not delay the others.
pub(super) struct Names {
    ask: Ask,
    under_way: Mutex<Vec<Arc<NameQuestion>>>,
}

/// Blocks until the system knows the host's addresses.
type Ask = fn(&str, u16) -> io::Result<Vec<SocketAddr>>;

type Answer = Result<Vec<SocketAddr>, Fault>;

struct NameQuestion {
    host: String,
    port: u16,
    began: Instant,
    answer: Mutex<Option<Answer>>,
    answered: Condvar,
}

impl Names {
    /// Of the system's resolver.
    pub(super) fn of_system() -> Arc<Self> {
        Self::new(|host, port| Ok((host, port).to_socket_addrs()?.collect()))
    }

    fn new(ask: Ask) -> Arc<Self> {
        Arc::new(Self { ask, under_way: Mutex::default() })
    }

    /// The host's addresses, at least one. Waits at most `at_most`. An address in place of a name needs no thread.
    ///
    /// # Errors
    /// [`Fault::HostNotFound`], [`Fault::TimedOut`], [`Fault::NoThread`]; [`Fault::ConnectionFailed`] when the system failed.
    pub(super) fn addresses_of(self: &Arc<Self>, host: &str, port: u16, at_most: Duration) -> Answer {
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        match bare.parse::<IpAddr>() {
            Ok(address) => Ok(vec![SocketAddr::new(address, port)]),
            Err(_) => self.question(bare, port)?.wait(at_most),
        }
    }

    /// The question under way. A new one when there is none, or when that one is too old and a second one is allowed.
    fn question(self: &Arc<Self>, host: &str, port: u16) -> Result<Arc<NameQuestion>, Fault> {
        let mut under_way = lock(&self.under_way);
        let of_host = || under_way.iter().filter(|question| question.host == host && question.port == port);
        let newest = of_host().next_back().map(Arc::clone);
        if let Some(newest) = &newest
            && (newest.began.elapsed() < Duration::from_millis(NAME_PATIENCE_MS)
                || of_host().count() >= MAX_NAME_QUESTIONS)
        {
            return Ok(Arc::clone(newest));
        }
        let question = Arc::new(NameQuestion {
            host: host.to_owned(),
            port,
            began: Instant::now(),
            answer: Mutex::new(None),
            answered: Condvar::new(),
        });
        let (names, own) = (Arc::clone(self), Arc::clone(&question));
        // Without a stack size, the standard library reads `RUST_MIN_STACK`, and in a forked child the lock of the
        // environment may be held for ever.
        let builder = Builder::new().name("tesseral-names".into()).stack_size(STACK_SIZE);
        match builder.spawn(move || names.answer(&own)) {
            Ok(_) => {
                under_way.push(Arc::clone(&question));
                Ok(question)
            }
            Err(_) => newest.ok_or(Fault::NoThread),
        }
    }

    /// Runs in the question's thread. The question is noted as under way by the time it is answered: the thread that starts this
    /// one holds the lock until it has noted the question.
    fn answer(&self, question: &Arc<NameQuestion>) {
        let answer = match (self.ask)(&question.host, question.port) {
            Ok(addresses) if !addresses.is_empty() => Ok(addresses),
            // Only a fault of the operating system has an error number, such as too many open files. That the resolver knows
            // no address has none.
            Err(error) if error.raw_os_error().is_some() => Err(Fault::ConnectionFailed),
            Ok(_) | Err(_) => Err(Fault::HostNotFound),
        };
        // Removed before the answer is given, so that a later caller asks anew.
        lock(&self.under_way).retain(|other| !Arc::ptr_eq(other, question));
        *lock(&question.answer) = Some(answer);
        question.answered.notify_all();
    }
}

impl NameQuestion {
    fn wait(&self, at_most: Duration) -> Answer {
        let start = Instant::now();
        let mut answer = lock(&self.answer);
        while answer.is_none() {
            let left = at_most.checked_sub(start.elapsed()).filter(|left| !left.is_zero()).ok_or(Fault::TimedOut)?;
            answer = self.answered.wait_timeout(answer, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        answer.clone().unwrap_or(Err(Fault::TimedOut))
    }
}

/// Several times as much stack as the C library's resolver and its modules need.
const STACK_SIZE: usize = 512 * 1024;

#[cfg(test)]
mod tests {
    use super::{Fault, Names};
    use crate::limits::MAX_NAME_QUESTIONS;
    use std::{
        io,
        net::SocketAddr,
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering::SeqCst},
        },
        thread,
        time::{Duration, Instant},
        vec,
        vec::Vec,
    };

    const SOON: Duration = Duration::from_millis(20);
    const LATER: Duration = Duration::from_secs(20);

    #[test]
    fn an_address_needs_no_thread() {
        let names = Names::new(|_, _| unreachable!());
        for (host, expected) in [("127.0.0.1", "127.0.0.1:443"), ("[::1]", "[::1]:443"), ("::1", "[::1]:443")] {
            assert_eq!(names.addresses_of(host, 443, Duration::ZERO), Ok(vec![expected.parse().unwrap()]));
        }
    }

    #[test]
    fn what_the_system_says() {
        let names = Names::new(|host, port| match host {
            "one" => Ok(vec![SocketAddr::from(([127, 0, 0, 1], port))]),
            "none" => Ok(Vec::new()),
            "unknown" => Err(io::Error::other("failed to lookup address information")),
            _ => Err(io::Error::from_raw_os_error(24)),
        });
        assert_eq!(names.addresses_of("one", 7, LATER), Ok(vec!["127.0.0.1:7".parse().unwrap()]));
        assert_eq!(names.addresses_of("none", 7, LATER), Err(Fault::HostNotFound));
        assert_eq!(names.addresses_of("unknown", 7, LATER), Err(Fault::HostNotFound));
        assert_eq!(names.addresses_of("no files left", 7, LATER), Err(Fault::ConnectionFailed));
    }

    /// One question for all who ask, another once it is old, and no third; another name does not wait.
    #[test]
    fn a_name_that_hangs_holds_few_threads() {
        static ASKED: AtomicUsize = AtomicUsize::new(0);
        fn ask(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
            if host == "hangs" {
                ASKED.fetch_add(1, SeqCst);
                loop {
                    thread::park();
                }
            }
            Ok(vec![SocketAddr::from(([127, 0, 0, 1], port))])
        }
        let names = Names::new(ask);
        let ask_often = || {
            thread::scope(|scope| {
                for _ in 0..20 {
                    scope.spawn(|| assert_eq!(names.addresses_of("hangs", 1, SOON), Err(Fault::TimedOut)));
                }
            });
            names.addresses_of("hangs", 1, Duration::ZERO).unwrap_err();
            ASKED.load(SeqCst)
        };
        assert_eq!(ask_often(), 1);
        for expected in [2, MAX_NAME_QUESTIONS, MAX_NAME_QUESTIONS] {
            // Simulates a question that has taken long.
            let mut under_way = super::lock(&names.under_way);
            for question in under_way.iter_mut() {
                let began = Instant::now().checked_sub(LATER).unwrap();
                *question = Arc::new(super::NameQuestion {
                    host: question.host.clone(),
                    port: question.port,
                    began,
                    answer: Default::default(),
                    answered: Default::default(),
                });
            }
            drop(under_way);
            assert_eq!(ask_often(), expected);
        }
        assert_eq!(names.addresses_of("answers", 1, LATER).unwrap().len(), 1);
    }

    /// Waiting callers get the answer; a later caller asks again.
    #[test]
    fn an_answer_is_for_those_who_wait() {
        static ASKED: AtomicUsize = AtomicUsize::new(0);
        let names = Names::new(|_, port| {
            ASKED.fetch_add(1, SeqCst);
            thread::sleep(Duration::from_millis(200));
            Ok(vec![SocketAddr::from(([127, 0, 0, 1], port))])
        });
        thread::scope(|scope| {
            let all: Vec<_> = (0..10).map(|_| scope.spawn(|| names.addresses_of("slow", 1, LATER))).collect();
            assert!(all.into_iter().all(|one| one.join().unwrap().is_ok()));
        });
        let before = ASKED.load(SeqCst);
        assert!(before < 10);
        names.addresses_of("slow", 1, LATER).unwrap();
        assert_eq!(ASKED.load(SeqCst), before + 1);
    }
}
