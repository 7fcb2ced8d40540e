// mistakes: 1
redisrpc::contract!("contracts/names_alike.json");

fn main() {}
