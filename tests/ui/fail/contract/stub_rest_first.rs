// mistakes: 1
redisrpc::contract!("contracts/rest_first.json");

fn main() {}
