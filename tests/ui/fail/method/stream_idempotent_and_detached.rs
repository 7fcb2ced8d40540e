// mistakes: 2

#[redisrpc::service]
pub trait Feed {
    #[rpc(idempotent, detached)]
    fn ticks(&self) -> impl redisrpc::Stream<Item = u64>;
}

fn main() {}
