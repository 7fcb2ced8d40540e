//! Where the streams of a server's methods go.

use std::sync::Arc;

use super::{dispatch::Dispatcher, herald::Herald, respond::Responder};
use crate::{
    service::Service,
    wire::{
        origin::{Outlet, Sink},
        reply::Reply,
        request::Request,
    },
};

impl<S: Service> Dispatcher<S> {
    /// Where a stream goes, if the caller takes one and can be heard.
    pub(super) fn outlet(&self, request: &Request<'_>) -> Option<Outlet<'_>> {
        let context = request.context.as_ref().filter(|it| !it.oneway)?;
        let credit = context.credit.filter(|_| self.cancels.are_heard())?;
        let parts = Parts {
            responder: &self.responder,
            list: (*context.inbox).into(),
            herald: &self.herald,
        };
        Some(Outlet::new(context.id, credit, Box::new(parts)))
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
