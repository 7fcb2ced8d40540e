//! The reader: takes native servers' replies from this client's inboxes, and
//! writes the calls that gathered meanwhile along with each pop.

use std::{
    num::NonZeroUsize,
    sync::Arc,
    task::Waker,
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::time;

use super::{Shared, outbox::Batch, own_queues, pending::CallId};
use crate::{
    broker::let_others_run,
    error::TransportError,
    quota::{Line, Quota},
    transport::{Backoff, Interrupt, List, Pop, Popper, Write},
    wire::reply,
};

/// Most replies taken at once.
const MOST: usize = 512;

/// Fewest replies asked for at once where there are more: small batches cost more
/// than working on two at a time gains.
const FEWEST: usize = 64;

/// Size that the replies taken at once should not exceed, in bytes, going by those
/// taken last: large ones come in a few at a time.
const MOST_BYTES: usize = 1024 * 1024;

/// Longest wait for one: it bounds for how long Redis may hand replies to a
/// connection that is dead on this side.
const WAIT: Duration = Duration::from_secs(1);

/// Takes replies until the last client is gone; sleeps while no call waits.
pub(super) async fn run(shared: Arc<Shared>, mut popper: Box<dyn Popper>) {
    let interrupt = popper.interrupt();
    let mut batch = Batch::default();
    let mut wakers = Vec::new();
    let mut portion = Portion::new();
    let mut backoff = Backoff::default();
    let mut turn = 0;
    loop {
        let Some(waiting) = begin(&shared, &mut batch) else {
            shared.calls.notified().await;
            // More may be about to be made.
            let_others_run().await;
            continue;
        };
        let mut inboxes = shared.inboxes();
        // Redis serves the first list that holds something: each comes first in turn.
        turn += 1;
        let first = turn % inboxes.len();
        inboxes.rotate_left(first);
        let wanted = Pop {
            lists: &inboxes,
            max: portion.of(waiting),
            wait: WAIT,
            keep: None,
        };
        match pop(&shared, &mut *popper, &*interrupt, &batch, wanted).await {
            Ok(replies) => {
                backoff.reset();
                portion.note(&replies);
                if deliver(&shared, replies, &mut wakers) == 0 {
                    // Who was woken makes its next call before this goes on: those
                    // leave with the next pop. While others wait, it goes on at
                    // once, and calls gather for the writer.
                    let_others_run().await;
                }
            }
            Err(error) => {
                tracing::warn!(error = error.report(), "replies wait for Redis");
                time::sleep(backoff.next()).await;
                shared.pending().outbound.reader_returns();
            }
        }
    }
}

/// Takes the calls that are to leave with the next pop, and says how many wait
/// for replies; `None` if none does.
fn begin(shared: &Shared, batch: &mut Batch) -> Option<usize> {
    let mut pending = shared.pending();
    batch.clear();
    if pending.outbound.reader_may() {
        batch.claim(&mut pending);
    }
    let waiting = pending.waiting();
    if waiting == 0 {
        pending.outbound.reader_sleeps();
        return None;
    }
    let tell = pending.outbound.reader_begins(!batch.pushes.is_empty());
    drop(pending);
    shared.tell(tell);
    Some(waiting)
}

/// How many replies to take at once.
struct Portion {
    one_core: bool,
    /// The size of a reply, going by those that came.
    usual: usize,
}

impl Portion {
    fn new() -> Self {
        let cores = thread::available_parallelism();
        Self {
            one_core: cores.is_ok_and(|cores| cores == NonZeroUsize::MIN),
            usual: 0,
        }
    }

    /// Half of what is waited for: while these are taken in and followed by new
    /// calls, servers work on the other half. With one core there is nobody to
    /// work meanwhile, and the whole is cheaper.
    fn of(&self, waiting: usize) -> usize {
        let share = if self.one_core { waiting } else { waiting / 2 };
        let fit = MOST_BYTES / self.usual.max(1);
        share.clamp(FEWEST, MOST).min(fit.max(1))
    }

    fn note(&mut self, replies: &[Bytes]) {
        let bytes: usize = replies.iter().map(Bytes::len).sum();
        if !replies.is_empty() {
            self.usual = usize::midpoint(self.usual, bytes / replies.len());
        }
    }
}

/// Drives a pop to its end, ending it early when it must include one more inbox.
async fn pop(
    shared: &Shared,
    popper: &mut dyn Popper,
    interrupt: &dyn Interrupt,
    batch: &Batch,
    pop: Pop<'_>,
) -> Result<Vec<Bytes>, TransportError> {
    let mut pushed = |outcome| {
        if let Err(error) = batch.pushed(shared, outcome) {
            tracing::warn!(error = error.report(), "requests wait for Redis");
        }
        let tell = shared.pending().outbound.reader_pushed();
        shared.tell(tell);
    };
    let pop = popper.push_and_pop(Write::of(&batch.pushes), &mut pushed, pop);
    tokio::pin!(pop);
    tokio::select! {
        biased;
        popped = &mut pop => popped,
        () = shared.new_queue.notified() => interrupt.end(pop).await,
    }
}

/// Completes the calls these replies belong to; a late one finds nobody. How many
/// calls still wait.
fn deliver(shared: &Shared, replies: Vec<Bytes>, wakers: &mut Vec<Waker>) -> usize {
    let (mut unwatch, mut late) = (Vec::new(), Vec::new());
    let now = Instant::now();
    let mut pending = shared.pending();
    pending.outbound.reader_returns();
    for message in replies {
        let Some(id) = reply::reply_id(&message) else {
            static LINES: Quota = Quota::new();
            if let Some(Line { left_out }) = LINES.line() {
                tracing::warn!(left_out, "a message without an id came to a reply inbox");
            }
            continue;
        };
        match pending.answer(CallId(id), message, now) {
            Some(answered) => {
                wakers.extend(answered.waker);
                unwatch.extend(answered.unwatch.map(List::from));
            }
            None => late.push(CallId(id)),
        }
    }
    let waiting = pending.waiting();
    drop(pending);
    wakers.drain(..).for_each(Waker::wake);
    if !unwatch.is_empty() {
        let _ = shared.watch.send(own_queues::Request::Unwatch(unwatch));
    }
    shared.late(late);
    waiting
}
