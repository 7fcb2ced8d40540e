//! What layers of `tower` see, on both sides.
//!
//! A layer is given to a [`Client`](crate::Client::layer) or to a
//! [`Server`](crate::Server::layer). The [guide](crate::guide::middleware) has examples.

pub use crate::{
    client::{Caller, ClientReply, ClientRequest},
    extensions::Extensions,
    layering::{FromLayer, Stack},
    server::{Handler, ServerReply, ServerRequest},
};
