//! The guide's scripts in other languages call our servers, and are called by our
//! clients.

use std::{fs, process::Command};

use redisrpc::{Broker, CallError, Client, Error, FaultCode, Server};
use redisrpc_test_support::RedisServer;
use serde::{Deserialize, Serialize};

use crate::process::{Process, command, python};

const GUIDE: &str = include_str!("../redisrpc/src/guide/other_languages.md");

#[redisrpc::service]
trait Calculator {
    async fn add(&self, a: f64, b: f64) -> f64;
    async fn div(&self, a: f64, b: f64) -> Result<f64, DivisionByZero>;
}

#[derive(Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("division by zero")]
struct DivisionByZero;

struct Plain;

impl Calculator for Plain {
    async fn add(&self, a: f64, b: f64) -> f64 {
        a + b
    }

    async fn div(&self, a: f64, b: f64) -> Result<f64, DivisionByZero> {
        if b == 0.0 {
            return Err(DivisionByZero);
        }
        Ok(a / b)
    }
}

/// A script of the guide, as a command.
fn script(redis: &RedisServer, program: &str, file: &str) -> Command {
    let marked = format!("`{file}`:\n\n```");
    let (_, rest) = GUIDE.split_once(&*marked).expect("it is in the guide");
    let (_language, code) = rest.split_once('\n').expect("it has lines");
    let (code, _) = code.split_once("```").expect("it ends");
    let socket = redis.socket();
    let path = socket.with_file_name(file);
    fs::write(&path, code).unwrap();
    let mut script = command(program);
    script.arg(path).env("REDIS_URL", redis.url());
    script
}

/// The script calls our server.
async fn calls(program: &str, file: &str) {
    let redis = RedisServer::start();
    let broker = Broker::connect(redis.url()).await.unwrap();
    tokio::spawn(Server::new(&broker, "calc", CalculatorService::new(Plain)).run());
    let mut client = script(&redis, program, file);
    let ended = tokio::task::spawn_blocking(move || Process::start(&mut client).ends());
    let ended = ended.await.unwrap();
    let said = "2 + 3 = 5.0\n1 / 0: division by zero\n";
    // PHP shows it so.
    let out = ended.out.replace("= 5\n", "= 5.0\n");
    assert_eq!(out, said, "{}", ended.err);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
}

/// Our client calls the script.
async fn is_called(program: &str, file: &str) {
    let redis = RedisServer::start();
    let _server = Process::start(&mut script(&redis, program, file)).prints("serving `calc`");
    let broker = Broker::connect(redis.url()).await.unwrap();
    let calculator = CalculatorClient::new(&broker, "calc");
    assert_eq!(calculator.add(2.0, 3.0).await.unwrap(), 5.0);
    let typed = calculator.div(1.0, 0.0).await.unwrap_err();
    assert_eq!(typed, CallError::Service(DivisionByZero));
    let sums = (0..100).map(|number| calculator.add(f64::from(number), 0.5));
    let sums: Vec<_> = sums.map(|call| tokio::spawn(call.into_future())).collect();
    for (number, sum) in sums.into_iter().enumerate() {
        assert_eq!(sum.await.unwrap().unwrap(), number as f64 + 0.5);
    }

    let client = Client::new(&broker, "calc");
    let named = client.call("add").arg(2).named("b", 0.5);
    assert_eq!(named.returning::<f64>().await.unwrap(), 2.5);
    let code = |error: Error| error.fault().expect("an exception").code();
    let missing = client.call("eval").arg("1").await.unwrap_err();
    assert_eq!(code(missing), FaultCode::MethodNotFound);
    let wrong = client.call("add").arg(1).await.unwrap_err();
    assert_eq!(code(wrong), FaultCode::Exception);
}

#[tokio::test]
async fn python_calls_our_server() {
    calls(python(), "client.py").await;
}

#[tokio::test]
async fn our_client_calls_python() {
    is_called(python(), "server.py").await;
}

#[tokio::test]
async fn ruby_calls_our_server() {
    calls("ruby", "client.rb").await;
}

#[tokio::test]
async fn our_client_calls_ruby() {
    is_called("ruby", "server.rb").await;
}

#[tokio::test]
async fn php_calls_our_server() {
    calls("php", "client.php").await;
}

#[tokio::test]
async fn our_client_calls_php() {
    is_called("php", "server.php").await;
}
