//! What callers say of calls that this server has: that they give them up, or how many
//! items of a stream they take.
//!
//! A caller that gives up takes its request back out of the queue. Where it is there
//! no more, it tells every server of the queue, on a list of the server's own, which of
//! its calls that was. The server has asked Redis to be told when that list changes:
//! while nobody gives up, nobody does anything.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    future::{Future, poll_fn},
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
    time::{Duration, Instant},
};

use tokio::{sync::mpsc, time};

use super::herald::Herald;
use crate::{
    cancellation::Cancellation,
    credit::Credit,
    error::{Refusal, TransportError},
    transport::{Backoff, List, Notice, Transport},
    wire::{names, request::Request, stream::Told},
};

/// Most messages heard at once.
const MOST: usize = 512;

/// How long, and of how many calls, it is remembered that they were given up: those
/// that have been taken and not begun.
const REMEMBERED: (Duration, usize) = (Duration::from_secs(10), 4096);

/// How often it is looked whether the server goes by another name.
const RENAMED: Duration = Duration::from_secs(1);

/// The calls that wait in their methods, and those given up that do not. Each goes by
/// its own queue, which no other call has.
#[derive(Debug, Default)]
pub(super) struct Cancels {
    calls: Mutex<Calls>,
    /// Whether any is remembered; a look at this is all that a request costs.
    any_early: AtomicBool,
    heard: AtomicBool,
}

#[derive(Debug, Default)]
struct Calls {
    waiting: HashMap<Box<str>, Hears>,
    /// Given up, and not among those that wait.
    early: HashSet<Arc<str>>,
    /// When they were, and some that have begun meanwhile.
    since: VecDeque<(Instant, Arc<str>)>,
}

/// Who hears what is said of a call.
#[derive(Debug)]
struct Hears {
    told: Arc<Cancellation>,
    /// Of a stream.
    credit: Option<Arc<Credit>>,
}

impl Cancels {
    /// Whether what callers say is heard.
    pub(super) fn are_heard(&self) -> bool {
        self.heard.load(Ordering::Acquire)
    }

    /// What callers say is heard from now on, or is not any more.
    pub(super) fn hear(&self, heard: bool) {
        self.heard.store(heard, Ordering::Release);
    }

    /// What comes of the run of a request; `None` if its caller gives up before, and
    /// the method does not go on all the same.
    pub(super) async fn unless_given_up<T>(
        &self,
        request: &Request<'_>,
        run: impl Future<Output = T>,
        goes_on: impl FnOnce() -> bool,
    ) -> Option<T> {
        let mut run = pin!(run);
        // Most do not wait, and are not entered.
        let first = poll_fn(|cx| Poll::Ready(run.as_mut().poll(cx)));
        if let Poll::Ready(ran) = first.await {
            return Some(ran);
        }
        let (Some(origin), Some(call)) = (request.origin, name(request)) else {
            return Some(run.await);
        };
        let told = origin.cancellation.get_or_init(Arc::default);
        let hears = Hears {
            told: Arc::clone(told),
            credit: origin.outlet.map(|outlet| Arc::clone(&outlet.credit)),
        };
        let _waiting = self.enter(call, hears);
        tokio::select! {
            biased;
            ran = &mut run => return Some(ran),
            () = told.cancelled() => {}
        }
        match goes_on() {
            true => Some(run.await),
            false => None,
        }
    }

    /// The call waits, until what is returned is dropped.
    fn enter(&self, call: Box<str>, hears: Hears) -> Waiting<'_> {
        let mut calls = self.calls();
        if calls.forget(&call) {
            hears.told.cancel();
        }
        calls.waiting.insert(call.clone(), hears);
        Waiting {
            cancels: self,
            call,
        }
    }

    /// Whether the call was given up before it began.
    pub(super) fn came_early(&self, request: &Request<'_>) -> bool {
        if !self.any_early.load(Ordering::Acquire) {
            return false;
        }
        let mut calls = self.calls();
        let early = name(request).is_some_and(|call| calls.forget(&call));
        self.tidy(&mut calls);
        early
    }

    /// The caller has given up this call.
    fn cancel(&self, call: &str) {
        let mut calls = self.calls();
        match calls.waiting.get(call) {
            Some(hears) => hears.told.cancel(),
            None => calls.remember(call.into()),
        }
        self.tidy(&mut calls);
    }

    /// The caller of this stream takes so many items in all.
    fn credit(&self, call: &str, items: u64) {
        let calls = self.calls();
        let hears = calls.waiting.get(call);
        if let Some(credit) = hears.and_then(|hears| hears.credit.as_ref()) {
            credit.told(items);
        }
    }

    fn tidy(&self, calls: &mut Calls) {
        calls.tidy();
        let any = !calls.since.is_empty();
        self.any_early.store(any, Ordering::Release);
    }

    fn calls(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Calls {
    /// Whether the call is one that was given up early; it is not any more.
    fn forget(&mut self, call: &str) -> bool {
        self.early.remove(call)
    }

    fn remember(&mut self, call: Arc<str>) {
        self.since.push_back((Instant::now(), Arc::clone(&call)));
        self.early.insert(call);
    }

    fn tidy(&mut self) {
        let (long, most) = REMEMBERED;
        let is_old = |(told, _): &(Instant, _)| told.elapsed() >= long;
        while self.since.len() > most || self.since.front().is_some_and(is_old) {
            let oldest = self.since.pop_front();
            oldest.map(|(_, call)| self.early.remove(&call));
        }
    }
}

/// What the call goes by: the list that its caller keeps for it alone. `None` if that
/// is an old one, which says nothing.
fn name(request: &Request<'_>) -> Option<Box<str>> {
    let context = request.context.as_ref()?;
    Some(names::own_queue(&context.inbox, context.id).into())
}

/// A call that waits in its method.
struct Waiting<'a> {
    cancels: &'a Cancels,
    call: Box<str>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.cancels.calls().waiting.remove(&self.call);
    }
}

/// Hears what callers tell the server, until it is dropped.
pub(super) async fn listen(
    cancels: Arc<Cancels>,
    transport: Arc<dyn Transport>,
    queue: List,
    herald: Arc<Herald>,
) {
    let (notify, mut notices) = mpsc::unbounded_channel();
    transport.notify(notify);
    let mut backoff = Backoff::default();
    loop {
        let id = herald.id();
        let list = List::from(names::told(&queue, &id));
        match hear(&*transport, &list, &cancels).await {
            Ok(()) => backoff.reset(),
            Err(error) if error.refusal() == Refusal::ForGood => {
                cancels.hear(false);
                let error = error.report();
                tracing::debug!(%queue, error, "the server does not hear what callers say of their calls");
                return;
            }
            Err(_) => {
                time::sleep(backoff.next()).await;
                continue;
            }
        }
        while herald.id() == id {
            match time::timeout(RENAMED, notices.recv()).await {
                Ok(Some(Notice::Changed(changed))) if *changed != *list => {}
                Ok(Some(_)) => break,
                // The transport is gone, and the server with it.
                Ok(None) => return,
                Err(_) => {}
            }
        }
    }
}

/// Takes what is there, and watches for more.
async fn hear(
    transport: &dyn Transport,
    list: &List,
    cancels: &Cancels,
) -> Result<(), TransportError> {
    let lists = std::slice::from_ref(list);
    while transport.watch(lists).await?.contains(&true) {
        for told in transport.take(lists, MOST).await? {
            for told in told? {
                match Told::read(&told) {
                    Some(Told::GivenUp { call }) => cancels.cancel(call),
                    Some(Told::Credit { call, items }) => cancels.credit(call, items),
                    None => {}
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn came_early(cancels: &Cancels, id: u64) -> bool {
        let request = format!(
            r#"{{"function_call":{{"name":"add"}},"response_queue":"calc:rpc:{{c}}.{id}",
                "context":{{"id":{id},"inbox":"calc:rpc:{{c}}"}}}}"#
        );
        cancels.came_early(&Request::read(request.as_bytes()).unwrap())
    }

    #[test]
    fn a_call_is_cancelled_while_it_waits_and_when_it_begins_late() {
        let cancels = Cancels::default();
        let (told, credit) = (Arc::<Cancellation>::default(), Arc::new(Credit::new(5)));
        let hears = Hears {
            told: Arc::clone(&told),
            credit: Some(Arc::clone(&credit)),
        };
        let waiting = cancels.enter("calc:rpc:{c}.1".into(), hears);
        cancels.credit("calc:rpc:{c}.2", 8);
        assert_eq!(credit.items(), 5);
        cancels.credit("calc:rpc:{c}.1", 8);
        assert_eq!(credit.items(), 8);
        cancels.cancel("calc:rpc:{c}.2");
        assert!(!told.is_cancelled());
        cancels.cancel("calc:rpc:{c}.1");
        assert!(told.is_cancelled());
        drop(waiting);
        assert!(!came_early(&cancels, 1));
        assert!(came_early(&cancels, 2));
        assert!(!came_early(&cancels, 2), "only once");
        assert!(cancels.calls().waiting.is_empty());
    }

    #[test]
    fn only_so_many_are_remembered() {
        let cancels = Cancels::default();
        let most = REMEMBERED.1 as u64;
        for id in 0..=most {
            cancels.cancel(&format!("calc:rpc:{{c}}.{id}"));
        }
        assert_eq!(cancels.calls().early.len(), REMEMBERED.1);
        assert!(!came_early(&cancels, 0) && came_early(&cancels, 1));
    }
}
