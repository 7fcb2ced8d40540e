//! One request: read, checked, run, answered.

use std::{any::Any, panic::AssertUnwindSafe, sync::Arc};

use bytes::Bytes;
use futures_util::FutureExt as _;

use super::{
    Options,
    respond::{ReplyTo, Responder},
};
use crate::{
    error::{Fault, FaultCode},
    service::Service,
    transport::{List, Transport},
    wire::{
        names,
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
}

impl<S: Service> Dispatcher<S> {
    /// Runs the request and answers it, whatever happens: also when this future
    /// is dropped half-way.
    pub(super) async fn run(&self, payload: Bytes) {
        let Some(request) = self.read(&payload) else {
            return;
        };
        let now = self.transport.clock().now();
        let context = request.context.as_ref();
        if let Some(deadline) = context.and_then(|context| context.deadline())
            && deadline < now
        {
            // Its caller has given up, and was told that it may not have run.
            tracing::debug!(method = request.method(), "dropped an expired request");
            return;
        }
        let mut answer = Answer {
            responder: &self.responder,
            to: ReplyTo::of(&request, now),
        };
        let ran = AssertUnwindSafe(S::dispatch(&self.cell, &request));
        let dispatched = match ran.catch_unwind().await {
            Ok(dispatched) => dispatched,
            Err(panic) => Err(panicked(&request, &*panic)),
        };
        match dispatched {
            Ok(reply) => answer.send(reply),
            Err(fault) => answer.fault(&fault),
        }
    }

    /// The request in this payload. One that is none is answered if it can be.
    fn read<'a>(&self, payload: &'a Bytes) -> Option<Request<'a>> {
        let largest = self.options.max_request_bytes;
        if payload.len() > largest {
            // Its response queue may stand anywhere in it: still the cheapest way
            // to answer is to read it, and its arguments are not looked at.
            let size = payload.len();
            let why = format!("the request has {size} bytes, more than the {largest} accepted");
            let response_queue = match Request::read(payload) {
                Ok(request) => Some(request.response_queue.into_owned()),
                Err(malformed) => malformed.response_queue,
            };
            self.refuse(Malformed {
                response_queue,
                why,
            });
            return None;
        }
        let request = Request::read(payload)
            .map_err(|malformed| self.refuse(malformed))
            .ok()?;
        let inbox = request.context.as_ref().map(|context| &context.inbox);
        let lists = [Some(&request.response_queue), inbox];
        for list in lists.into_iter().flatten() {
            if !names::is_reply_list(&self.queue, list) {
                tracing::warn!(queue = %self.queue, %list, "dropped a request whose reply list is not its queue's");
                return None;
            }
        }
        Some(request)
    }

    fn refuse(&self, malformed: Malformed) {
        let Malformed {
            response_queue,
            why,
        } = malformed;
        tracing::warn!(queue = %self.queue, %why, "a message is not a request");
        if let Some(list) = response_queue
            && names::is_reply_list(&self.queue, &list)
        {
            let fault = Fault::new(FaultCode::InvalidRequest, why);
            self.responder
                .send(ReplyTo::old(&list), Reply::fault(None, &fault));
        }
    }
}

/// The answer a request is owed. If it is dropped unsent, because the server was
/// stopped while the method ran, the caller is told so.
struct Answer<'a> {
    responder: &'a Responder,
    /// `None` when nobody waits, or once it is sent.
    to: Option<ReplyTo>,
}

impl Answer<'_> {
    fn send(&mut self, reply: Reply) {
        if let Some(to) = self.to.take() {
            self.responder.send(to, reply);
        }
    }

    fn fault(&mut self, fault: &Fault) {
        if let Some(to) = self.to.take() {
            let reply = Reply::fault(to.id, fault);
            self.responder.send(to, reply);
        }
    }
}

impl Drop for Answer<'_> {
    fn drop(&mut self) {
        self.fault(&Fault::new(
            FaultCode::Interrupted,
            "the server was stopped while it ran the call",
        ));
    }
}

fn panicked(request: &Request<'_>, panic: &(dyn Any + Send)) -> Fault {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let method = request.method();
    tracing::error!(method, panic = text, "a method panicked");
    Fault::new(
        FaultCode::Panic,
        match text {
            Some(text) => format!("`{method}` panicked: {text}"),
            None => format!("`{method}` panicked"),
        },
    )
}
