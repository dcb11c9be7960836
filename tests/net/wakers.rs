//! What the library does with the wakers of futures that wait.

use super::support::{eventually, ms, ready, serve, settings, settings_with_api_keys, slug, token};
use fake_tesseral::{Endpoint, Fault, Server};
use std::{
    future::Future,
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc::channel,
    },
    task::{Context, Poll, Wake, Waker},
    thread,
};
use tesseral_verify::{
    ApiKey,
    net::{Attempt, Authenticator, KeyFetch, unix_time},
};

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// Calls the function when it is woken.
struct Call(Box<dyn Fn() + Send + Sync>);

impl Wake for Call {
    fn wake(self: Arc<Self>) {
        self.0();
    }
}

fn key_fetch(authenticator: &Authenticator, server: &Server) -> KeyFetch {
    let header = format!("Bearer {}", token(server));
    let mut scratch = vec![0; authenticator.scratch_len()];
    let attempt = authenticator.try_authenticate([header.as_bytes()], [], unix_time(), None, &mut scratch);
    let Ok(Attempt::FetchNeeded(fetch)) = attempt else { panic!("{attempt:?}") };
    fetch
}

/// When an authenticator is dropped, its futures are woken and end, whether its background had begun to fetch or not.
#[test]
fn dropping_the_authenticator_wakes_who_waits_for_a_key() {
    let server = serve(242);
    for round in 0..40 {
        let authenticator = ready(settings(&server).key_wait(ms(10_000)));
        server.project().rotate();
        let count = Arc::<Count>::default();
        let waker = Waker::from(Arc::clone(&count));
        let mut context = Context::from_waker(&waker);
        let mut fetch = pin!(key_fetch(&authenticator, &server));
        let first = fetch.as_mut().poll(&mut context);
        drop(authenticator);
        if first.is_pending() {
            assert!(count.0.load(SeqCst) > 0, "round {round}: nobody woke it");
            assert_eq!(fetch.as_mut().poll(&mut context), Poll::Ready(()), "round {round}");
        }
    }
}

/// A waker may take any lock, and call the authenticator again.
#[test]
fn a_waker_may_use_the_authenticator() {
    let server = serve(243);
    let authenticator = Arc::new(ready(settings_with_api_keys(&server).api_key_ttl(ms(60_000))));
    let key = server.project().issue_api_key(["a.b.c"]);
    let (tasks, (sender, woken)) = (Arc::new(Mutex::new(Vec::new())), channel());
    let kept = Arc::clone(&tasks);
    let keep = move |task| kept.lock().unwrap().push(task);
    let mut lookup = pin!(authenticator.look_up_with(&ApiKey::parse(key.as_bytes()).unwrap(), keep));
    let (asked, own) = (Arc::clone(&authenticator), key.clone());
    let waker = Waker::from(Arc::new(Call(Box::new(move || {
        let _ = sender.send(slug(&asked, &own));
    }))));
    let mut context = Context::from_waker(&waker);
    assert!(lookup.as_mut().poll(&mut context).is_pending());
    let task = tasks.lock().unwrap().pop().unwrap();
    thread::spawn(move || task.run());
    assert_eq!(woken.recv_timeout(ms(10_000)), Ok("ok"));
    assert!(lookup.as_mut().poll(&mut context).is_ready());
}

/// Only an answer that was known when the request came counts as a cache hit.
#[test]
fn who_waited_for_the_answer_is_no_hit() {
    let server = serve(244);
    let authenticator = ready(settings_with_api_keys(&server).api_key_ttl(ms(60_000)));
    server.set_fault(Endpoint::ApiKeys, Fault::Delay(ms(300)));
    let key = server.project().issue_api_key(["a.b.c"]);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| assert_eq!(slug(&authenticator, &key), "ok"));
        }
    });
    assert_eq!((authenticator.stats().api_key_cache_hits, server.count(Endpoint::ApiKeys)), (0, 1));
    assert_eq!(slug(&authenticator, &key), "ok");
    assert_eq!(authenticator.stats().api_key_cache_hits, 1);
}

/// After a future is dropped, nothing holds its waker.
#[test]
fn a_dropped_future_leaves_no_waker() {
    let server = serve(245);
    let authenticator = ready(settings_with_api_keys(&server).key_wait(ms(10_000)).total_timeout(ms(10_000)));
    server.set_fault(Endpoint::Config, Fault::Delay(ms(1500)));
    server.project().rotate();
    let count = Arc::<Count>::default();
    let waker = Waker::from(Arc::clone(&count));
    {
        let mut fetch = pin!(key_fetch(&authenticator, &server));
        assert!(fetch.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        assert!(Arc::strong_count(&count) > 2);
    }
    assert_eq!(Arc::strong_count(&count), 2);
    let key = server.project().issue_api_key(["a.b.c"]);
    let tasks = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&tasks);
    {
        let keep = move |task| kept.lock().unwrap().push(task);
        let mut lookup = pin!(authenticator.look_up_with(&ApiKey::parse(key.as_bytes()).unwrap(), keep));
        assert!(lookup.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
    // The question holds the waker that it has to wake, and nothing else holds it.
    assert!(Arc::strong_count(&count) <= 3, "{}", Arc::strong_count(&count));
    tasks.lock().unwrap().clear();
    eventually("the last waker", ms(5000), || Arc::strong_count(&count) == 2);
}
