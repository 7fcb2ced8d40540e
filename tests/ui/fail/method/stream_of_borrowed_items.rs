// mistakes: 1

#[redisrpc::service]
pub trait Feed {
    fn ticks(&self) -> impl redisrpc::Stream<Item = &str>;
}

fn main() {}
