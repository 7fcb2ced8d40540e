//! The service of a server, its type forgotten: what a server is told and asked does
//! not depend on it. A call does not pass here; what runs calls knows the type.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::{
    Server,
    intake::Intake,
    step::{Steps, StepsOf},
};
use crate::{error::TransportError, service::Service};

/// A service, ready to be run.
pub(super) trait Held: Send + Sync {
    /// Serves the queue of one intake; several share the service.
    fn run(&self, intake: Intake) -> BoxFuture<'static, Result<(), TransportError>>;

    /// Serves the queue of `server` step by step.
    fn steps(&self, server: &Server) -> Box<dyn Steps>;
}

struct Cell<S: Service>(Arc<S::Cell>);

pub(super) fn hold<S: Service>(service: S) -> Box<dyn Held> {
    Box::new(Cell::<S>(Arc::new(service.into_cell())))
}

impl<S: Service> Held for Cell<S> {
    fn run(&self, intake: Intake) -> BoxFuture<'static, Result<(), TransportError>> {
        Box::pin(intake.run::<S>(Arc::clone(&self.0)))
    }

    fn steps(&self, server: &Server) -> Box<dyn Steps> {
        Box::new(StepsOf::<S>::new(server, Arc::clone(&self.0)))
    }
}
