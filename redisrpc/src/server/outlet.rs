//! Where the streams of a server's methods go.

use std::sync::Arc;

use super::{dispatch::Dispatcher, herald::Herald, respond::Replies};
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
    pub(super) fn outlet(&self, request: &Request<'_>) -> Option<Arc<Outlet>> {
        let context = request.context.as_ref().filter(|it| !it.oneway)?;
        let credit = context.credit.filter(|_| self.cancels.are_heard())?;
        let parts = Parts {
            replies: Arc::clone(self.responder.replies()),
            list: (*context.inbox).into(),
            herald: Arc::clone(&self.herald),
        };
        let outlet = Outlet::new(context.id, credit, Box::new(parts));
        Some(Arc::new(outlet))
    }
}

/// Takes the parts of a stream.
#[derive(Debug)]
struct Parts {
    replies: Arc<Replies>,
    list: Box<str>,
    herald: Arc<Herald>,
}

impl Sink for Parts {
    fn send(&self, part: Vec<u8>) {
        self.replies.send(&self.list, Reply(part), None);
    }

    fn server(&self) -> Arc<str> {
        self.herald.id()
    }
}
