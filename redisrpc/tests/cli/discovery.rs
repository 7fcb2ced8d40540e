//! `redisrpc ls`, `describe`, `ping` and `top --once`

use redisrpc_test_support::{RedisServer, until};

use crate::{
    dialect::Dialect,
    fixture::{Calculator, CalculatorClient, redis},
    old_peer::OldServer,
    tool::{failure, json, out, run, serve_announced},
};

#[tokio::test(flavor = "multi_thread")]
async fn queues_and_their_servers_are_listed() {
    let (redis, broker) = redis().await;
    assert_eq!(out(&redis, &["ls"]), "");
    let server = serve_announced(&redis, &broker, "calc", Calculator::default()).await;
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        out(&redis, &["ls"]),
        format!("calc\tCalculator\t{version}\t1\t0\t-\t0\t0\n")
    );
    let listed = out(&redis, &["ls", "calc"]);
    let values: Vec<_> = listed.trim_end().split('\t').collect();
    assert_eq!(values.len(), 12, "{listed}");
    assert_eq!(values[1..6], ["Calculator", "running", "0", "0", "0"]);
    assert_eq!(values[7], version);
    assert_eq!(values[9], std::process::id().to_string());
    let found = json(&redis, &["ls", "calc"]);
    assert_eq!(found["servers"][0]["id"], values[0]);
    assert_eq!(found["waiting"], 0);
    server.stop().await;
    let _: u64 = redis.ask("RPUSH calc junk");
    assert_eq!(out(&redis, &["ls"]), "calc\t-\t-\t0\t1\t-\t0\t0\n");
}

const DESCRIBED: &str = "\
trait Calculator {
    async fn clr(&self);

    async fn add(&self, number: f64) -> f64;

    async fn sub(&self, number: f64) -> f64;

    async fn mul(&self, number: f64) -> f64;

    async fn div(&self, number: f64) -> Result<f64, CalculatorError>;

    async fn val(&self) -> f64;
}
";

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_described_as_rust_and_as_a_file_that_describes_it_too() {
    let (redis, broker) = redis().await;
    let server = serve_announced(&redis, &broker, "calc", Calculator::default()).await;
    assert_eq!(out(&redis, &["describe", "calc"]), DESCRIBED);
    let contract = out(&redis, &["describe", "calc", "--json"]);
    assert_eq!(json(&redis, &["describe", "calc"])["service"], "Calculator");
    server.stop().await;
    let file = std::env::temp_dir().join(format!("redisrpc-{}.json", std::process::id()));
    std::fs::write(&file, contract).unwrap();
    assert_eq!(
        out(&redis, &["describe", file.to_str().unwrap()]),
        DESCRIBED
    );
    std::fs::write(&file, "{}").unwrap();
    let (code, why) = failure(&redis, &["describe", file.to_str().unwrap()]);
    assert_eq!(code, 2);
    assert!(why.contains("is no contract"), "{why}");
    std::fs::remove_file(file).unwrap();
}

#[derive(Debug)]
struct Documented;

#[redisrpc::service]
impl Documented {
    /// Looks it up.
    ///
    /// Twice.
    #[rpc(alias = "find", idempotent, timeout = "1500ms")]
    pub fn look(&self, #[rpc(default)] name: String) -> u32 {
        name.len() as u32
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn documentation_and_options_are_shown() {
    let (redis, broker) = redis().await;
    let server = serve_announced(&redis, &broker, "doc", Documented).await;
    assert_eq!(
        out(&redis, &["describe", "doc"]),
        "trait Documented {\n    /// Looks it up.\n    ///\n    /// Twice.\n    \
         #[rpc(alias = \"find\", timeout = \"1500ms\", idempotent)]\n    \
         async fn look(&self, #[rpc(default)] name: String) -> u32;\n}\n"
    );
    server.stop().await;
}

#[test]
fn an_old_server_is_not_asked_what_it_does_not_know() {
    let redis = RedisServer::start();
    let server = OldServer::start(&redis, "old", Dialect::Php, |call| {
        panic!("it was asked for {}", call.name)
    });
    for command in ["describe", "ping"] {
        let (code, why) = failure(&redis, &[command, "old"]);
        assert_eq!(code, 3);
        assert!(why.contains("or by the old RedisRPC"), "{why}");
    }
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_answer_pings() {
    let (redis, broker) = redis().await;
    let server = serve_announced(&redis, &broker, "calc", Calculator::default()).await;
    let shown = out(&redis, &["ping", "calc", "-c", "2", "-i", "10ms"]);
    let lines: Vec<_> = shown.lines().collect();
    assert_eq!(lines.len(), 3, "{shown}");
    assert!(lines[0].starts_with("Calculator "), "{shown}");
    assert!(lines[1].contains(": seq=2 time="), "{shown}");
    assert!(
        lines[2].starts_with("calc: 2 sent, 2 answered, min "),
        "{shown}"
    );
    let pong = json(&redis, &["ping", "calc", "-c", "1"]);
    assert_eq!(pong["server"]["service"], "Calculator");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_load_is_shown_by_queue_and_method() {
    let (redis, broker) = redis().await;
    let server = serve_announced(&redis, &broker, "calc", Calculator::default()).await;
    let calculator = CalculatorClient::new(&broker, "calc");
    calculator.add(1.0).await.unwrap();
    calculator.div(0.0).await.unwrap_err();
    // The server tells with its next beat.
    let told = || !json(&redis, &["ls", "calc"])["servers"][0]["methods"]["div"].is_null();
    assert!(until(told).await);
    let shown = out(&redis, &["top", "--once"]);
    let names: Vec<_> = shown
        .lines()
        .filter_map(|it| it.split('\t').next())
        .collect();
    assert!(names.starts_with(&["calc"]) && names.len() == 3, "{shown}");
    let loads = json(&redis, &["top", "calc"]);
    let rate = |of: &str| loads[0]["methods"]["div"][of].as_f64().unwrap();
    assert!(rate("calls_per_second") > 0.0, "{loads}");
    assert!(rate("errors_per_second") > 0.0, "{loads}");
    assert!(
        loads[0]["methods"]["add"]["p99_us"].as_u64().is_some(),
        "{loads}"
    );
    server.stop().await;
    assert_eq!(run(&redis, &["top", "--once"]).out.lines().count(), 1);
}
