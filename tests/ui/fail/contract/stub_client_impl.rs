// mistakes: 1
redisrpc::contract!("contracts/calc.json", client = impl Remote);

fn main() {}
