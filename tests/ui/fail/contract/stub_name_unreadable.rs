// mistakes: 1
redisrpc::contract!("contracts/name_unreadable.json");

fn main() {}
