// mistakes: 1
redisrpc::contract!("contracts/clac.json");

fn main() {}
