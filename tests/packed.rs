//! Long arguments and replies in MessagePack, between peers that read it, and in JSON
//! wherever one does not.

use std::{
    future::IntoFuture as _,
    sync::{Arc, Mutex},
    thread,
};

use redis::{Connection, cmd};
use redisrpc::{Blob, Broker, CallError, Client, Error, FaultCode, Server, Stream};
use redisrpc_test_support::{PATIENCE, RedisServer};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    dialect::Dialect,
    fixture::{redis, serve},
    old_peer::{OldCall, OldClient, OldServer},
};

/// The method that stands for packed ones.
const PACKED: &str = "redisrpc.packed";

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Sample {
    label: Option<String>,
    at: std::net::IpAddr,
    values: Vec<f32>,
    data: Blob,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("refused {count} numbers")]
struct Refused {
    count: usize,
}

struct Store;

#[redisrpc::service]
impl Store {
    pub fn numbers(&self, numbers: &[f64]) -> Vec<f64> {
        numbers.iter().map(|number| number * 2.0).collect()
    }

    pub fn sample(&self, sample: Sample) -> Sample {
        sample
    }

    /// Arguments of all kinds.
    pub fn all(
        &self,
        text: &str,
        texts: &[&str],
        data: &Blob,
        maybe: Option<&str>,
        #[rpc(default = 3)] times: usize,
    ) -> (String, usize, usize) {
        let maybe = maybe.unwrap_or_default();
        (
            format!("{text}{}{maybe}", texts.concat()),
            data.len(),
            times,
        )
    }

    #[rpc(named)]
    pub fn named(&self, numbers: Vec<u32>, text: String) -> (usize, String) {
        (numbers.len(), text)
    }

    pub fn joined(&self, first: String, #[rpc(rest)] others: Vec<String>) -> usize {
        first.len() + others.iter().map(String::len).sum::<usize>()
    }

    pub fn refuse(&self, numbers: Vec<u32>) -> Result<Vec<u32>, Refused> {
        Err(Refused {
            count: numbers.len(),
        })
    }

    #[rpc(oneway)]
    pub fn note(&self, _numbers: Vec<u32>) {}

    pub fn streamed(&self, numbers: Vec<u32>) -> impl Stream<Item = u32> {
        futures_util::stream::iter(numbers)
    }

    pub fn samples(&self, sample: Sample, count: usize) -> impl Stream<Item = Sample> {
        futures_util::stream::iter(vec![sample; count])
    }

    /// Numbers, now and then one that is not packed.
    pub fn mixed(&self, count: u128) -> impl Stream<Item = u128> + use<> {
        let number = |number| {
            if number % 5_000 == 0 {
                u128::MAX
            } else {
                number
            }
        };
        futures_util::stream::iter((0..count).map(number))
    }

    pub fn length(&self, numbers: Vec<u32>) -> usize {
        numbers.len()
    }
}

/// A client that has seen a native server answer.
async fn acquainted(broker: &Broker) -> StoreClient {
    let store = StoreClient::new(broker, "store");
    assert_eq!(store.length(vec![1, 2]).await.unwrap(), 2);
    store
}

fn long() -> Vec<f64> {
    (0..5000).map(|number| f64::from(number) / 7.0).collect()
}

async fn whatever_travels_arrives(broker: &Broker) {
    let server = serve(Server::new(broker, "store", Store));
    let store = acquainted(broker).await;
    let doubled: Vec<f64> = long().iter().map(|number| number * 2.0).collect();
    assert_eq!(store.numbers(&long()).await.unwrap(), doubled);
    let sample = Sample {
        label: None,
        at: [127, 0, 0, 1].into(),
        values: vec![0.1; 3000],
        data: Blob::from(vec![0xff; 100_000]),
    };
    assert_eq!(store.sample(sample.clone()).await.unwrap(), sample);
    let (text, data) = ("é".repeat(3000), Blob::from(vec![1; 5000]));
    let texts = vec!["ab"; 1000];
    for maybe in [None, Some(&*text)] {
        let (joined, size, times) = store.all(&text, &texts, &data, maybe, 7).await.unwrap();
        assert_eq!(joined.len(), 6000 + 2000 + maybe.map_or(0, str::len));
        assert_eq!((size, times), (5000, 7));
    }
    let named = store.named(vec![7; 3000], text.clone()).await.unwrap();
    assert_eq!(named, (3000, text.clone()));
    let others = vec![text.clone(), "short".to_owned()];
    assert_eq!(store.joined(text.clone(), others).await.unwrap(), 12_005);
    let refused = store.refuse(vec![1; 2000]).await.unwrap_err();
    assert_eq!(refused, CallError::Service(Refused { count: 2000 }));
    for count in [2_000, 100_000] {
        let streamed = store.streamed((0..count).collect()).all().await.unwrap();
        assert_eq!(streamed, (0..count).collect::<Vec<_>>());
    }
    let samples = store.samples(sample.clone(), 50).all().await.unwrap();
    assert_eq!(samples, vec![sample; 50]);
    let mixed = store.mixed(20_000).all().await.unwrap();
    assert_eq!(mixed.len(), 20_000);
    assert_eq!((mixed[5_000], mixed[19_999]), (u128::MAX, 19_999));
    server.stop().await;
}

#[tokio::test]
async fn whatever_travels_arrives_through_redis() {
    let (_redis, broker) = redis().await;
    whatever_travels_arrives(&broker).await;
}

#[tokio::test]
async fn whatever_travels_arrives_without_redis() {
    let broker = Broker::connect("memory://packed").await.unwrap();
    whatever_travels_arrives(&broker).await;
}

/// Takes the next request from the queue, in place of a server.
fn taken(connection: &mut Connection, queue: &str) -> Value {
    let popped: Option<(String, String)> = cmd("BLPOP")
        .arg(queue)
        .arg(PATIENCE.as_secs())
        .query(connection)
        .unwrap();
    let (_, request) = popped.expect("a request comes");
    serde_json::from_str(&request).expect("whoever takes a request can read it")
}

/// Answers a request on its caller's inbox.
fn answer(connection: &mut Connection, request: &Value, answer: &str) {
    let context = &request["context"];
    let _: i64 = cmd("RPUSH")
        .arg(context["inbox"].as_str().unwrap())
        .arg(format!(r#"{{"id":{},{answer}}}"#, context["id"]))
        .query(connection)
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_reads_what_is_packed() {
    let (redis, broker) = redis().await;
    let server = serve(Server::new(&broker, "store", Store));
    let store = acquainted(&broker).await;
    server.stop().await;
    let call = tokio::spawn(store.named(vec![7; 3000], "text".to_owned()).into_future());
    let mut connection = redis.connection();
    let request = taken(&mut connection, "store");
    assert_eq!(request["function_call"], json!({"name": PACKED}));
    assert_eq!(request["packed"]["kwargs"], json!({"text": "text"}));
    assert!(request["packed"]["msgpack_kwargs"]["numbers"].is_string());
    OldClient::new(&redis, "store").send(request.to_string());
    let _server = serve(Server::new(&broker, "store", Store));
    assert_eq!(call.await.unwrap().unwrap(), (3000, "text".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_read_it_is_asked_again_in_json() {
    let (redis, broker) = redis().await;
    let mut server = redis.connection();
    let seen = thread::spawn(move || {
        let mut seen = Vec::new();
        for _ in 0..5 {
            let request = taken(&mut server, "store");
            let name = request["function_call"]["name"].clone();
            match name.as_str() {
                Some(PACKED) => answer(
                    &mut server,
                    &request,
                    r#""exception":"Store has no such method","error":{"code":"method_not_found"}"#,
                ),
                _ => answer(&mut server, &request, r#""return_value":1"#),
            }
            seen.push(request);
        }
        seen
    });
    let client = Client::new(&broker, "store");
    let length = |numbers: &[u32]| {
        client
            .call("length")
            .arg(1)
            .arg(numbers)
            .returning::<usize>()
    };
    let numbers = [7; 3000];
    // Nobody has answered yet; then a packed one is refused, and the third not packed.
    for _ in 0..3 {
        assert_eq!(length(&numbers).await.unwrap(), 1);
    }
    assert_eq!(length(&[1]).await.unwrap(), 1);
    let seen = seen.join().unwrap();
    let names: Vec<_> = seen.iter().map(|it| &it["function_call"]["name"]).collect();
    assert_eq!(names, ["length", PACKED, "length", "length", "length"]);
    assert_eq!(seen[1]["function_call"], json!({"name": PACKED}));
    assert_eq!(seen[1]["packed"]["args"], json!([1]));
    for whole in [&seen[0], &seen[2], &seen[3]] {
        assert_eq!(
            whole["function_call"]["args"],
            json!([1, numbers.as_slice()])
        );
        assert_eq!(whole["packed"], Value::Null);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_server_that_takes_a_packed_request_is_asked_again_in_json() {
    for dialect in Dialect::ALL {
        let (redis, broker) = redis().await;
        let client = Client::new(&broker, "store");
        let native = serve(Server::new(&broker, "store", Store));
        let numbers = vec![7; 3000];
        let call = || client.call("length").arg(&numbers).returning::<usize>();
        assert_eq!(call().await.unwrap(), 3000);
        native.stop().await;
        let seen = Arc::new(Mutex::new(Vec::new()));
        let calls = Arc::clone(&seen);
        let old = OldServer::start(&redis, "store", dialect, move |call: &OldCall| {
            calls.lock().unwrap().push(call.clone());
            match &*call.name {
                "length" => dialect.returned("3000").into(),
                _ => dialect.no_method(&call.name).into(),
            }
        });
        assert_eq!(call().await.unwrap(), 3000, "{dialect:?}");
        assert_eq!(call().await.unwrap(), 3000, "{dialect:?}");
        old.stop();
        let seen = seen.lock().unwrap();
        let names: Vec<_> = seen.iter().map(|call| &*call.name).collect();
        assert_eq!(names, [PACKED, "length", "length"], "{dialect:?}");
        assert!(seen[0].args.is_empty() && seen[0].kwargs.is_empty());
        assert_eq!(seen[1].args, [json!(numbers)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_is_packed_for_those_that_say_they_read_it() {
    let redis = RedisServer::start();
    let broker = Broker::connect(redis.url()).await.unwrap();
    let _server = serve(Server::new(&broker, "store", Store));
    let mut connection = redis.connection();
    let mut reply_to = |arguments: &str, context: &str| -> Vec<u8> {
        let request = format!(
            r#"{{"function_call":{{"name":"numbers","args":[[{arguments}]]}},"response_queue":"store:rpc:{{s}}.7","context":{{"id":7,"inbox":"store:rpc:{{s}}"{context}}}}}"#
        );
        OldClient::new(&redis, "store").send(request);
        let popped: (String, Vec<u8>) = cmd("BLPOP")
            .arg("store:rpc:{s}")
            .arg(PATIENCE.as_secs())
            .query(&mut connection)
            .unwrap();
        popped.1
    };
    let long = vec!["0.5"; 1000].join(",");
    let reply = reply_to(&long, r#","msgpack":true"#);
    let (begin, packed) = reply.split_at(br#"{"id":7,"msgpack":"#.len());
    assert_eq!(begin, br#"{"id":7,"msgpack":"#);
    // A list of 1,000, of 64-bit floats.
    assert_eq!(packed[..4], [0xdc, 0x03, 0xe8, 0xcb]);
    assert_eq!(packed.len(), 3 + 9 * 1000);
    for (arguments, context) in [
        (&*long, ""),
        (&*long, r#","msgpack":false"#),
        ("1", r#","msgpack":true"#),
    ] {
        let reply = reply_to(arguments, context);
        assert!(
            reply.starts_with(br#"{"id":7,"return_value":["#),
            "{context}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_stream_is_packed_from_its_second_part_on() {
    let redis = RedisServer::start();
    let broker = Broker::connect(redis.url()).await.unwrap();
    let _server = serve(Server::new(&broker, "store", Store));
    let numbers: Vec<u32> = (0..20_000).collect();
    let numbers = json!(numbers);
    let context = r#""id":7,"inbox":"store:rpc:{s}","credit":65536,"msgpack":true"#;
    let request = format!(
        r#"{{"function_call":{{"name":"streamed","args":[{numbers}]}},"response_queue":"store:rpc:{{s}}.7","context":{{{context}}}}}"#
    );
    OldClient::new(&redis, "store").send(request);
    let mut connection = redis.connection();
    let (mut parts, mut items) = (Vec::new(), 0);
    loop {
        let popped: (String, Vec<u8>) = cmd("BLPOP")
            .arg("store:rpc:{s}")
            .arg(PATIENCE.as_secs())
            .query(&mut connection)
            .unwrap();
        let part = popped.1;
        let number = parts.len();
        let begin = format!(r#"{{"id":7,"part":{number},"msgpack":"#).into_bytes();
        match part.strip_prefix(&*begin) {
            // A list, its length in four bytes.
            Some([0xdd, length @ ..]) => {
                parts.push("packed");
                items += u32::from_be_bytes(*length.first_chunk().unwrap());
            }
            _ => {
                let json: Value = serde_json::from_slice(&part).unwrap();
                let list = |name: &str| json[name].as_array().map(|items| items.len() as u32);
                match (list("items"), list("return_value")) {
                    (Some(count), None) => {
                        parts.push("json");
                        items += count;
                    }
                    (None, Some(count)) => {
                        assert_eq!((json["part"].as_u64(), count), (Some(number as u64), 0));
                        break;
                    }
                    _ => panic!("{json}"),
                }
            }
        }
    }
    assert_eq!(parts[0], "json");
    assert!(parts.len() > 3 && parts[1..].iter().all(|part| *part == "packed"));
    assert_eq!(items, 20_000);
}

#[tokio::test]
async fn what_an_argument_lacks_is_said_as_of_json() {
    let (_redis, broker) = redis().await;
    let _server = serve(Server::new(&broker, "store", Store));
    let store = acquainted(&broker).await;
    let mut numbers = vec![json!(1); 2000];
    numbers[1500] = json!("one");
    let call = store.client().call("numbers").arg(&numbers);
    let Err(Error::Fault(fault)) = call.await else {
        panic!("the argument is of another type");
    };
    assert_eq!(fault.code(), FaultCode::InvalidArguments);
    let text = fault.message();
    let expected = "`numbers`: argument `numbers` (position 1), at `[1500]`: invalid type: string \"one\", expected f64";
    assert_eq!(text, expected);
    // A text may stand for bytes in JSON, and so it may here.
    let sample = json!({"label": "a".repeat(2000), "at": "::1", "values": [], "data": "AAEC"});
    let call = store.client().call("sample").arg(&sample);
    assert_eq!(call.await.unwrap()["data"], "AAEC");
}

#[tokio::test]
async fn a_call_that_nobody_answers_is_not_packed() {
    let (redis, broker) = redis().await;
    let server = serve(Server::new(&broker, "store", Store));
    let store = acquainted(&broker).await;
    server.stop().await;
    let numbers = vec![7; 3000];
    store.note(numbers.clone()).await.unwrap();
    store.length(numbers.clone()).oneway().await.unwrap();
    let mut connection = redis.connection();
    for name in ["note", "length"] {
        let request = taken(&mut connection, "store");
        assert_eq!(
            request["function_call"],
            json!({"name": name, "args": [numbers]})
        );
        assert_eq!(request["context"]["msgpack"], Value::Null);
    }
}

#[tokio::test]
async fn an_old_client_is_answered_in_json_however_long() {
    let redis = RedisServer::start();
    let broker = Broker::connect(redis.url()).await.unwrap();
    let _server = serve(Server::new(&broker, "store", Store));
    let mut old = OldClient::new(&redis, "store");
    let numbers = vec!["0.5"; 1000].join(", ");
    let request = format!(
        r#"{{"function_call": {{"name": "numbers", "args": [[{numbers}]]}}, "response_queue": "store:rpc:A"}}"#
    );
    let reply = tokio::task::spawn_blocking(move || old.call(request, "store:rpc:A"));
    let reply = reply.await.unwrap();
    let doubled = vec!["1.0"; 1000].join(",");
    assert_eq!(reply, format!(r#"{{"return_value":[{doubled}]}}"#));
}

#[tokio::test]
async fn a_mock_notes_what_was_packed() {
    #[redisrpc::service]
    trait Keeper {
        async fn keep(&self, first: u32, numbers: &[f64]) -> usize;
    }
    let mock = KeeperMock::new().on_keep(|_, numbers| numbers.len());
    let keeper = mock.client().await.unwrap();
    for _ in 0..2 {
        assert_eq!(keeper.keep(1, &long()).await.unwrap(), 5000);
    }
    let calls = mock.calls();
    assert_eq!(calls[0].arguments(), [json!(1), json!(long())]);
    assert_eq!(calls[1], calls[0]);
}
