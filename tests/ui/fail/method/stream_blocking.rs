// mistakes: 1

#[redisrpc::service]
pub trait Feed {
    #[rpc(blocking)]
    fn ticks(&self) -> impl redisrpc::Stream<Item = u64>;
}

fn main() {}
