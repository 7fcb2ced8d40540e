// mistakes: 1

pub trait Stream {
    type Item;
}

#[redisrpc::service]
pub trait Feed {
    fn ticks(&self) -> impl Stream<Item = u64>;
}

fn main() {}
