// mistakes: 1
redisrpc::contract!(client = Calculator);

fn main() {}
