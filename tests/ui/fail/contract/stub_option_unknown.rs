// mistakes: 1
redisrpc::contract!("contracts/calc.json", rename_all = "camelCase");

fn main() {}
