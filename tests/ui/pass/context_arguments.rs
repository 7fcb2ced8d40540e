#![allow(dead_code)]
//! A method may be told of its call, wherever among its arguments that stands.

use redisrpc::{Context, Error};

#[redisrpc::service(client = impl)]
pub trait Library {
    async fn only(&self, context: &Context) -> Result<u32, Error>;
    async fn first(&self, _: &Context, title: &str) -> Result<String, Error>;
    async fn between(&self, a: u8, context: &redisrpc::Context, b: u8) -> Result<u8, Error>;
    async fn under_cfg(&self, #[cfg(test)] context: &Context, a: u8) -> Result<u8, Error>;
    async fn with_a_body(&self, context: &Context) -> Result<bool, Error> {
        Ok(context.is_old())
    }
}

struct Plain;

impl Library for Plain {
    async fn only(&self, context: &Context) -> Result<u32, Error> {
        Ok(context.remaining().map_or(0, |left| left.subsec_nanos()))
    }

    async fn first(&self, context: &Context, title: &str) -> Result<String, Error> {
        Ok(format!("{title} on {}", context.queue()))
    }

    async fn between(&self, a: u8, _: &Context, b: u8) -> Result<u8, Error> {
        Ok(a + b)
    }

    async fn under_cfg(&self, #[cfg(test)] _: &Context, a: u8) -> Result<u8, Error> {
        Ok(a)
    }
}

struct Inherent;

#[redisrpc::service]
impl Inherent {
    /// An argument that travels has the name that is taken by nobody.
    pub fn sync(&self, context: u8, call: &Context, __context: u8) -> u8 {
        let _ = call.is_cancelled();
        context + __context
    }

    #[rpc(blocking, idempotent)]
    pub fn blocking(&mut self, texts: &[&str], call: &'_ Context) -> (usize, String) {
        (texts.len(), call.method().to_owned())
    }

    #[rpc(oneway)]
    pub async fn forgotten(&self, call: &Context, #[rpc(rest)] rest: Vec<u8>) {
        let (_, _) = (call.deadline(), rest);
    }
}

pub(crate) fn main() {}
