// mistakes: 1
redisrpc::contract!(contracts::calc);

fn main() {}
