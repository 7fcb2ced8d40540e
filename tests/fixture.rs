//! What most tests need: a Redis, a service on it, and a client.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use redisrpc::{Broker, Server, ServerHandle};
use redisrpc_test_support::{PATIENCE, RedisServer, until};
use serde::{Deserialize, Serialize};
use tokio::{sync::Notify, task::JoinHandle};

/// The calculator that every RedisRPC implementation has as its example.
#[derive(Debug, Default)]
pub struct Calculator {
    acc: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
pub enum CalculatorError {
    #[error("division by zero")]
    DivisionByZero,
}

#[redisrpc::service]
impl Calculator {
    pub fn clr(&mut self) {
        self.acc = 0.0;
    }

    pub fn add(&mut self, number: f64) -> f64 {
        self.acc += number;
        self.acc
    }

    pub fn sub(&mut self, number: f64) -> f64 {
        self.acc -= number;
        self.acc
    }

    pub fn mul(&mut self, number: f64) -> f64 {
        self.acc *= number;
        self.acc
    }

    pub fn div(&mut self, number: f64) -> Result<f64, CalculatorError> {
        if number == 0.0 {
            return Err(CalculatorError::DivisionByZero);
        }
        self.acc /= number;
        Ok(self.acc)
    }

    pub fn val(&self) -> f64 {
        self.acc
    }
}

/// A service whose requests run side by side, for tests of what goes wrong.
#[derive(Debug, Clone, Default)]
pub struct Concurrent;

#[redisrpc::service]
impl Concurrent {
    /// Returns what it is given.
    pub fn echo(&self, text: String) -> String {
        text
    }

    pub async fn add(&self, a: i64, b: i64) -> i64 {
        a + b
    }

    /// Answers after a while.
    pub async fn sleep(&self, millis: u64) -> u64 {
        tokio::time::sleep(Duration::from_millis(millis)).await;
        millis
    }

    pub fn panic(&self, text: String) {
        panic!("{text}");
    }

    pub fn infinite(&self) -> f64 {
        f64::INFINITY
    }

    pub fn nested(&self, point: Point, note: Option<String>) -> String {
        format!("{},{} {note:?}", point.x, point.y)
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Point {
    pub x: i32,
    pub y: i32,
}

/// A service whose calls run until the test lets them end, and are counted.
#[derive(Debug, Clone, Default)]
pub struct Held {
    begun: Arc<AtomicUsize>,
    ended: Arc<AtomicUsize>,
    end: Arc<Notify>,
}

#[redisrpc::service]
impl Held {
    /// Returns as many letters.
    pub async fn letters(&self, count: usize) -> String {
        let end = self.end.notified();
        self.begun.fetch_add(1, Ordering::SeqCst);
        end.await;
        self.ended.fetch_add(1, Ordering::SeqCst);
        "x".repeat(count)
    }
}

impl Held {
    pub async fn has_begun(&self, calls: usize) {
        let begun = until(|| self.begun() == calls).await;
        assert!(begun, "{} of {calls} calls have begun", self.begun());
    }

    pub fn begun(&self) -> usize {
        self.begun.load(Ordering::SeqCst)
    }

    /// Ends the calls that have begun.
    pub fn end(&self) {
        self.end.notify_waiters();
    }

    /// Ends the call that began first, and waits until it has ended.
    pub async fn end_one(&self) {
        let before = self.ended.load(Ordering::SeqCst);
        self.end.notify_one();
        let ended = until(|| self.ended.load(Ordering::SeqCst) > before).await;
        assert!(ended, "a call ends");
    }
}

/// A server that runs in this test.
pub struct Serving {
    pub handle: ServerHandle,
    pub task: JoinHandle<Result<(), redisrpc::Error>>,
}

pub fn serve(server: Server) -> Serving {
    Serving {
        handle: server.handle(),
        task: tokio::spawn(server.run()),
    }
}

impl Serving {
    /// Stops the server and waits until it has.
    pub async fn stop(self) {
        self.handle.shutdown();
        let ended = tokio::time::timeout(PATIENCE, self.task).await;
        ended
            .expect("the server stops")
            .expect("without a panic")
            .expect("without an error");
    }
}

/// A Redis of the test's own and a broker on it.
pub async fn redis() -> (RedisServer, Broker) {
    let redis = RedisServer::start();
    let broker = Broker::connect(redis.url()).await.expect("Redis is up");
    (redis, broker)
}
