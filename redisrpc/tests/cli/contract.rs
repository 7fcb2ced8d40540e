//! `redisrpc contract`

use std::fs;

use crate::{
    fixture::{Calculator, redis},
    tool::{failure, json, out, run, serve_announced},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_compared_with_what_others_rely_on() {
    let (redis, broker) = redis().await;
    let server = serve_announced(&redis, &broker, "calc", Calculator::default()).await;
    let file = std::env::temp_dir().join(format!("redisrpc-check-{}.json", std::process::id()));
    let name = file.to_str().unwrap();
    let check = ["contract", "check", name, "calc"];
    let contract = out(&redis, &["describe", "calc", "--json"]);
    fs::write(&file, &contract).unwrap();
    let ended = run(&redis, &check);
    assert_eq!((ended.code, &*ended.out), (Some(0), ""));

    fs::write(&file, contract.replacen("number", "amount", 1)).unwrap();
    let (code, why) = failure(&redis, &check);
    assert_eq!(code, 1);
    assert!(why.ends_with("cannot call `calc` as it is"), "{why}");
    let ended = run(&redis, &check);
    assert!(ended.out.starts_with("breaking\t`add`: "), "{}", ended.out);

    // One method less to rely on.
    let mut less: serde_json::Value = serde_json::from_str(&contract).unwrap();
    less["methods"].as_array_mut().unwrap().pop();
    fs::write(&file, less.to_string()).unwrap();
    let found = json(&redis, &check);
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!(found[0]["breaking"], false);
    fs::remove_file(file).unwrap();
    server.stop().await;
}
