//! A service with arguments of many kinds, and what may come of its calls.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, LazyLock},
};

use redisrpc::{__private::fuzz, FaultCode, Service};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Shape {
    Point,
    Circle(f64),
    Line { from: (i8, u64), to: (i128, char) },
    Group(Vec<Shape>),
}

#[derive(Debug, Serialize, Deserialize)]
struct Point {
    x: i32,
    #[serde(default, alias = "z")]
    y: Option<f32>,
    #[serde(flatten)]
    further: BTreeMap<String, Value>,
}

struct Everything;

#[redisrpc::service]
impl Everything {
    pub fn nothing(&self) {}

    pub fn numbers(&self, a: f64, b: i64, c: u128, d: Option<u8>) -> String {
        format!("{a}{b}{c}{d:?}")
    }

    pub fn lent(&self, text: &str, list: &[u16], flag: &bool, note: Option<&str>) -> usize {
        text.len() + list.len() + usize::from(*flag) + note.map_or(0, str::len)
    }

    pub fn shapes(&self, shape: Shape, point: Point) -> (Shape, Point) {
        (shape, point)
    }

    pub fn defaults(
        &self,
        first: i32,
        #[rpc(default)] second: i32,
        #[rpc(default = 7, alias = "three")] third: i32,
    ) -> i64 {
        i64::from(first) + i64::from(second) + i64::from(third)
    }

    pub fn rest(&self, first: String, #[rpc(rest)] others: Vec<Value>) -> (String, Vec<Value>) {
        (first, others)
    }

    pub fn any(&self, value: Value, map: HashMap<u8, String>) -> (Value, usize) {
        (value, map.len())
    }

    pub fn bytes(&self, data: Vec<u8>, name: char, unit: ()) -> (usize, char, ()) {
        (data.len(), name, unit)
    }
}

type Cell = Arc<<Everything as Service>::Cell>;

static CELL: LazyLock<Cell> = LazyLock::new(|| Arc::new(Everything.into_cell()));

/// Runs a request: whatever it is, what comes of it is a reply or a fault that says why not.
pub fn check(request: &[u8]) {
    match fuzz::run::<Everything>(&CELL, request) {
        Some(Ok(reply)) => assert!(fuzz::value_of(&reply).is_some(), "{reply:?}"),
        Some(Err(fault)) => {
            let known = [
                FaultCode::InvalidArguments,
                FaultCode::MethodNotFound,
                FaultCode::InvalidReply,
            ];
            assert!(known.contains(&fault.code()), "{fault:?}");
            assert!(!fault.message().is_empty() && fault.message().len() < 4096);
        }
        None => {}
    }
}
