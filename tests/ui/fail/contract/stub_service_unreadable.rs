// mistakes: 1
redisrpc::contract!("contracts/service_unreadable.json");

fn main() {}
