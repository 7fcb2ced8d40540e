//! `redisrpc stub`

use std::fs;

use redisrpc::contract::{Contract, stub};

use crate::{
    fixture::{Calculator, CalculatorClient, redis},
    tool::{failure, out, run, serve_announced},
};

#[tokio::test(flavor = "multi_thread")]
async fn clients_are_written_of_a_queue_and_of_a_file() {
    let (redis, broker) = redis().await;
    let server = serve_announced(&redis, &broker, "calc", Calculator::default()).await;
    let contract = Contract::from(CalculatorClient::DESCRIPTOR);
    let python = stub::python(&contract);
    assert_eq!(out(&redis, &["stub", "python", "calc"]), python);

    let folder = std::env::temp_dir().join(format!("redisrpc-stub-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let [from, to] = ["calc.json", "calc.ts"].map(|it| folder.join(it));
    let [from_name, to_name] = [&from, &to].map(|it| it.to_str().unwrap());
    fs::write(&from, out(&redis, &["describe", "calc", "--json"])).unwrap();
    server.stop().await;
    let ended = run(
        &redis,
        &["stub", "typescript", from_name, "--output", to_name],
    );
    assert_eq!((ended.code, &*ended.out), (Some(0), ""), "{}", ended.err);
    assert!(ended.err.ends_with("calc.ts\n"), "{}", ended.err);
    assert_eq!(
        fs::read_to_string(&to).unwrap(),
        stub::typescript(&contract)
    );

    let nowhere = folder.join("none/calc.py");
    let nowhere = nowhere.to_str().unwrap();
    let (code, why) = failure(&redis, &["stub", "python", from_name, "-o", nowhere]);
    assert_eq!(code, 2);
    assert!(why.contains("none/calc.py cannot be written: "), "{why}");
    fs::remove_dir_all(folder).unwrap();
}
