// mistakes: 1
redisrpc::contract!("contracts/type_unreadable.json");

fn main() {}
