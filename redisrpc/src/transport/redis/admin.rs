//! Any command.

use futures_util::future::BoxFuture;
use redis::Value;

use super::{Redis, unless_moved};
use crate::{
    error::TransportError,
    transport::admin::{Admin, Command, Reply},
};

impl Admin for Redis {
    fn ask<'a>(
        &'a self,
        _key: &'a str,
        commands: &'a [Command],
    ) -> BoxFuture<'a, Result<Vec<Reply>, TransportError>> {
        Box::pin(async move {
            let mut pipe = redis::pipe();
            for command in commands {
                let mut words = redis::Cmd::new();
                command.iter().for_each(|word| {
                    words.arg(word);
                });
                pipe.add_command(words);
            }
            let answers = self.run("ask Redis", &pipe, commands.len()).await?;
            let answers = unless_moved("ask Redis", answers)?;
            Ok(answers.into_iter().map(reply).collect())
        })
    }

    fn nodes(&self) -> Vec<String> {
        vec![self.endpoint.name()]
    }

    fn ask_node<'a>(
        &'a self,
        _node: &'a str,
        commands: &'a [Command],
    ) -> BoxFuture<'a, Result<Vec<Reply>, TransportError>> {
        self.ask("", commands)
    }
}

fn reply(value: Value) -> Reply {
    let list = |values: Vec<Value>| Reply::List(values.into_iter().map(reply).collect());
    match value {
        Value::Int(number) => Reply::Integer(number),
        Value::Boolean(yes) => Reply::Integer(yes.into()),
        Value::BulkString(bytes) => Reply::Bytes(bytes),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => {
            Reply::Bytes(text.into_bytes())
        }
        Value::Okay => Reply::Bytes(b"OK".to_vec()),
        Value::Double(number) => Reply::Bytes(number.to_string().into_bytes()),
        Value::Array(values) | Value::Set(values) => list(values),
        Value::Map(pairs) => list(pairs.into_iter().flat_map(|(k, v)| [k, v]).collect()),
        Value::Attribute { data, .. } => reply(*data),
        Value::ServerError(error) => Reply::Refused(
            error.code().to_owned(),
            error.details().unwrap_or_default().to_owned(),
        ),
        _ => Reply::Nil,
    }
}
