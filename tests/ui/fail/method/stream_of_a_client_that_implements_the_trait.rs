// mistakes: 1

#[redisrpc::service(client = impl)]
pub trait Feed {
    fn ticks(&self) -> impl redisrpc::Stream<Item = u64>;
}

fn main() {}
