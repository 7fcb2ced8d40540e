//! One request: read, checked, run, answered.

use std::{
    any::Any,
    future::{Future as _, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    task::Poll,
};

use bytes::Bytes;
use futures_util::FutureExt as _;

use super::{
    Options,
    cancel::Cancels,
    herald::Herald,
    late::{has_expired, overstayed, waited, waited_too_long},
    progress::Receipt,
    respond::{ReplyTo, Responder},
    shutdown::Stopping,
};
#[cfg(feature = "opentelemetry")]
use crate::linking;
use crate::{
    cancellation::Cancellation,
    deadline::inherited,
    descriptor::MethodDescriptor,
    error::{Fault, FaultCode},
    metering::{self, Meters, Unrun},
    quota::{Line, Quota},
    service::{self, Dispatched, Service},
    span,
    transport::{List, Transport},
    wire::{
        names,
        origin::{Origin, Outlet, Sink},
        reply::Reply,
        request::{Malformed, Request},
    },
};

/// What running a request needs, shared by all requests of a server.
pub(super) struct Dispatcher<S: Service> {
    pub(super) cell: Arc<S::Cell>,
    pub(super) queue: List,
    pub(super) transport: Arc<dyn Transport>,
    pub(super) options: Options,
    pub(super) responder: Responder,
    pub(super) stopping: Stopping,
    pub(super) herald: Arc<Herald>,
    pub(super) cancels: Arc<Cancels>,
    pub(super) meters: Meters,
    /// Requests that were taken and not begun when the server was told to stop.
    pub(super) unbegun: Unbegun,
}

/// Requests that are to go back to the queue.
pub(super) type Unbegun = Mutex<Vec<(Bytes, Option<Receipt>)>>;

impl<S: Service> Dispatcher<S> {
    /// Runs the request and answers it, whatever happens: also when this future is
    /// dropped half-way.
    pub(super) async fn run(&self, payload: Bytes, receipt: Option<Receipt>) {
        let read = self.read(&payload);
        let id = read.as_ref().ok().and_then(Request::native_id);
        let messages = self.options.messages;
        messages.note("request received", &self.queue, id, &payload);
        let mut request = match read {
            Ok(request) => request,
            Err(refusal) => return self.refuse(refusal, receipt),
        };
        let cancellation = OnceLock::new();
        let outlet = self.outlet(&request);
        request.origin = Some(self.origin(&request, &cancellation, outlet.as_ref()));
        let mut answer = Answer {
            responder: &self.responder,
            to: ReplyTo::of(&request),
            receipt,
        };
        // By the time that it is now: others may have run since it was taken.
        let expired = has_expired(&*self.transport, &request).await;
        if expired || self.cancels.came_early(&request) {
            // Its caller has given up, and was told that it may not have run.
            let why = if expired {
                Unrun::Expired
            } else {
                Unrun::GivenUp
            };
            metering::unrun(&self.queue, why);
            tracing::debug!(
                method = request.method(),
                "dropped a request whose caller has given up"
            );
            answer.to = None;
            return;
        }
        if let Some(most) = self.options.max_queue_time
            && let Some(waited) = overstayed(&*self.transport, &request, most).await
        {
            metering::unrun(&self.queue, Unrun::Overstayed);
            return answer.fault(&waited_too_long(&request, waited, most));
        }
        self.meters.waited(|| waited(&*self.transport, &request));
        answer.runs_again(|| runs_again::<S>(&request));
        let running = self.herald.stats.begin(request.method());
        let Some(dispatched) = self.dispatch(&request).await else {
            // Nor is it to run again: it is done with.
            tracing::debug!(
                method = request.method(),
                "dropped a call that was given up"
            );
            answer.to = None;
            return;
        };
        match dispatched {
            Ok(reply) => answer.send(reply),
            Err(fault) => {
                if let Some(running) = &running {
                    running.failed(fault.code() == FaultCode::Panic);
                }
                answer.fault(&fault);
            }
        }
    }

    /// What the method makes of the request; `None` if its caller gives up before.
    async fn dispatch(&self, request: &Request<'_>) -> Option<Dispatched> {
        let deadline = request.origin.and_then(|origin| origin.deadline);
        // In a block, so that making the future is part of what may panic.
        let ran = AssertUnwindSafe(async {
            if !service::may_have(request.method()) {
                if let Some(answer) = self.herald.answer(request) {
                    return answer;
                }
                return service::method_not_found(request, S::DESCRIPTOR);
            }
            S::dispatch(&self.cell, request).await
        });
        let mut run = pin!(Some(ran.catch_unwind()));
        let method = || S::DESCRIPTOR.method(request.method());
        let served = span::Served {
            service: S::DESCRIPTOR.name(),
            known: || method().map(MethodDescriptor::name),
            asked: request.method(),
        };
        let span = span::of_run(&self.queue, &served);
        #[cfg(feature = "opentelemetry")]
        linking::follow(&span, request);
        let mut timed = self
            .meters
            .begin(|| (served.known)().unwrap_or(span::OTHER));
        let poll = poll_fn(|cx| match run.as_mut().as_pin_mut() {
            Some(run) => span.in_scope(|| inherited::during(deadline, || run.poll(cx))),
            None => Poll::Pending,
        });
        let goes_on = || method().is_some_and(MethodDescriptor::is_detached);
        let Some(ran) = self.cancels.unless_given_up(request, poll, goes_on).await else {
            // What the method holds may panic when it is dropped.
            let drop = AssertUnwindSafe(|| span.in_scope(|| run.set(None)));
            if let Err(panic) = catch_unwind(drop) {
                let _told = panicked(request, &*panic);
            }
            span::given_up(&span);
            timed.ended(Some(span::CANCELLED));
            return None;
        };
        let dispatched = ran.unwrap_or_else(|panic| Err(panicked(request, &*panic)));
        let error = dispatched.as_ref().err();
        let error = error.map(|fault| fault.code().as_str());
        if let Some(kind) = error {
            span::failed(&span, kind);
        }
        timed.ended(error);
        Some(dispatched)
    }

    fn origin<'a>(
        &'a self,
        request: &Request<'_>,
        cancellation: &'a OnceLock<Arc<Cancellation>>,
        outlet: Option<&'a Outlet<'a>>,
    ) -> Origin<'a> {
        // A stream lasts as long as it likes, once it has begun.
        let context = request.context.as_ref().filter(|_| outlet.is_none());
        let deadline = context.and_then(|context| context.deadline());
        Origin {
            queue: &self.queue,
            deadline: deadline.and_then(|it| self.transport.clock().moment(it)),
            cancellation,
            outlet,
        }
    }

    /// Where a stream goes, if the caller takes one and can be heard.
    fn outlet(&self, request: &Request<'_>) -> Option<Outlet<'_>> {
        let context = request.context.as_ref().filter(|it| !it.oneway)?;
        let credit = context.credit.filter(|_| self.cancels.are_heard())?;
        let parts = Parts {
            responder: &self.responder,
            list: (*context.inbox).into(),
            herald: &self.herald,
        };
        Some(Outlet::new(context.id, credit, Box::new(parts)))
    }

    /// The request in this payload; or what to answer, if it is to be refused.
    fn read<'a>(&self, payload: &'a Bytes) -> Result<Request<'a>, Option<Refusal>> {
        let request = Request::read(payload).map_err(|malformed| self.malformed(malformed))?;
        if let Some(list) = self.foreign_list(&request) {
            metering::unrun(&self.queue, Unrun::ForeignList);
            static LINES: Quota = Quota::new();
            if let Some(Line { left_out }) = LINES.line() {
                let list = brief(list);
                tracing::warn!(queue = %self.queue, list, left_out, "dropped a request whose reply list is not its queue's");
            }
            return Err(None);
        }
        let (size, largest) = (payload.len(), self.options.max_request_bytes);
        if size > largest {
            metering::unrun(&self.queue, Unrun::TooLarge);
            let why = format!("the request has {size} bytes, more than the {largest} accepted");
            static LINES: Quota = Quota::new();
            if let Some(Line { left_out }) = LINES.line() {
                tracing::warn!(queue = %self.queue, why, left_out, "refused a request");
            }
            let fault = Fault::new(FaultCode::InvalidRequest, why);
            let to = ReplyTo::of(&request);
            return Err(to.map(|to| (to.list.to_owned(), Reply::fault(to.id, &fault))));
        }
        Ok(request)
    }

    /// The list to reply on that is none of this queue's, if there is one.
    fn foreign_list<'a>(&self, request: &'a Request<'_>) -> Option<&'a str> {
        let own = &*request.response_queue;
        let inbox = request.context.as_ref().map(|context| &*context.inbox);
        // The own queue of a native call is its inbox with a number.
        let own = match inbox {
            Some(inbox) if names::is_own_queue(inbox, own) => None,
            _ => Some(own),
        };
        let mut lists = [inbox, own].into_iter().flatten();
        lists.find(|list| !names::is_reply_list(&self.queue, list))
    }

    fn malformed(&self, malformed: Malformed) -> Option<Refusal> {
        metering::unrun(&self.queue, Unrun::Malformed);
        static LINES: Quota = Quota::new();
        if let Some(Line { left_out }) = LINES.line() {
            let why = brief(&malformed.why);
            tracing::warn!(queue = %self.queue, why, left_out, "a message is not a request");
        }
        let list = malformed.response_queue?;
        let fault = Fault::new(FaultCode::InvalidRequest, malformed.why);
        names::is_reply_list(&self.queue, &list).then(|| (list, Reply::fault(None, &fault)))
    }

    fn refuse(&self, refusal: Option<Refusal>, receipt: Option<Receipt>) {
        match (refusal, receipt) {
            (Some((list, reply)), receipt) => self.responder.send(&list, reply, receipt),
            (None, Some(receipt)) => self.responder.give_back(receipt),
            (None, None) => {}
        }
    }

    /// Answers a request that was never begun.
    fn refuse_unbegun(&self, payload: &Bytes, receipt: Option<Receipt>) {
        let read = self.read(payload);
        let refusal = match read.inspect(|_| metering::unrun(&self.queue, Unrun::Stopped)) {
            Ok(request) => ReplyTo::of(&request).map(|to| {
                // One that was given to a server before may have run there.
                let code = match request.attempt {
                    ..=1 => FaultCode::ShuttingDown,
                    _ => FaultCode::Interrupted,
                };
                let fault = Fault::new(code, "the server was stopped before it ran the call");
                (to.list.to_owned(), Reply::fault(to.id, &fault))
            }),
            Err(refusal) => refusal,
        };
        self.refuse(refusal, receipt);
    }
}

/// Takes the parts of a stream.
#[derive(Debug)]
struct Parts<'a> {
    responder: &'a Responder,
    list: Box<str>,
    herald: &'a Herald,
}

impl Sink for Parts<'_> {
    fn send(&self, part: Vec<u8>) {
        self.responder.send(&self.list, Reply(part), None);
    }

    fn server(&self) -> Arc<str> {
        self.herald.id()
    }
}

/// The answer to a request that is refused, and its list.
type Refusal = (String, Reply);

/// What a stranger wrote, fit for a log: short, and on one line.
fn brief(text: &str) -> String {
    let mut brief: String = text
        .chars()
        .take(200)
        .flat_map(char::escape_debug)
        .collect();
    if text.chars().nth(200).is_some() {
        brief.push('…');
    }
    brief
}

/// Whether the call is to run again where its server died: one that says so, or
/// one of a method that does.
pub(super) fn runs_again<S: Service>(request: &Request<'_>) -> bool {
    let says_so = request.context.as_ref().is_some_and(|it| it.idempotent);
    let method = || S::DESCRIPTOR.method(request.method());
    says_so || method().is_some_and(MethodDescriptor::is_idempotent)
}

impl<S: Service> Drop for Dispatcher<S> {
    // The server was dropped before it could put these back: their callers are told
    // that they did not run.
    fn drop(&mut self) {
        let unbegun = std::mem::take(&mut *lock(&self.unbegun));
        for (payload, receipt) in unbegun {
            self.refuse_unbegun(&payload, receipt);
        }
    }
}

/// A request taken from the queue that has not begun to run. If it is dropped so,
/// because the server was stopped, its caller is told that it did not run.
pub(super) struct Taken<S: Service> {
    dispatcher: Arc<Dispatcher<S>>,
    request: Option<(Bytes, Option<Receipt>)>,
}

impl<S: Service> Taken<S> {
    pub(super) fn new(dispatcher: Arc<Dispatcher<S>>, request: (Bytes, Option<Receipt>)) -> Self {
        Self {
            dispatcher,
            request: Some(request),
        }
    }

    /// Runs it; or lays it aside to be put back, if the server has been told to
    /// stop.
    pub(super) async fn run(mut self) {
        let Some((payload, receipt)) = self.request.take() else {
            return;
        };
        if self.dispatcher.stopping.is_stopping() {
            lock(&self.dispatcher.unbegun).push((payload, receipt));
        } else {
            self.dispatcher.run(payload, receipt).await;
        }
    }
}

impl<S: Service> Drop for Taken<S> {
    fn drop(&mut self) {
        if let Some((payload, receipt)) = self.request.take() {
            self.dispatcher.refuse_unbegun(&payload, receipt);
        }
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The answer a request is owed. If it is dropped unsent, because the server was
/// stopped while the method ran, the caller is told so.
struct Answer<'a> {
    responder: &'a Responder,
    /// `None` when nobody waits, or once it is sent.
    to: Option<ReplyTo<'a>>,
    /// Leaves with the answer, or without one.
    receipt: Option<Receipt>,
}

impl Answer<'_> {
    fn send(&mut self, reply: Reply) {
        if let Some(to) = self.to.take() {
            self.responder.send(to.list, reply, self.receipt.take());
        }
    }

    fn fault(&mut self, fault: &Fault) {
        if let Some(to) = self.to.take() {
            let reply = Reply::fault(to.id, fault);
            self.responder.send(to.list, reply, self.receipt.take());
        }
    }

    /// Notes whether the request would run again if the server died now.
    fn runs_again(&mut self, runs_again: impl FnOnce() -> bool) {
        if let Some(receipt) = &mut self.receipt {
            receipt.runs_again = runs_again();
        }
    }
}

impl Drop for Answer<'_> {
    fn drop(&mut self) {
        if self.to.is_some() {
            self.fault(&Fault::new(
                FaultCode::Interrupted,
                "the server was stopped while it ran the call",
            ));
        }
        if let Some(receipt) = self.receipt.take() {
            self.responder.give_back(receipt);
        }
    }
}

fn panicked(request: &Request<'_>, panic: &(dyn Any + Send)) -> Fault {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let method = request.method();
    static LINES: Quota = Quota::new();
    if let Some(Line { left_out }) = LINES.line() {
        tracing::error!(method, panic = text, left_out, "a method panicked");
    }
    Fault::new(
        FaultCode::Panic,
        match text {
            Some(text) => format!("`{method}` panicked: {text}"),
            None => format!("`{method}` panicked"),
        },
    )
}
