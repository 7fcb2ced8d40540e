// mistakes: 1
redisrpc::contract!("contracts/result_unreadable.json");

fn main() {}
