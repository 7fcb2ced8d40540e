// mistakes: 1

pub struct Lost;

#[redisrpc::service]
pub trait Feed {
    fn ticks(&self) -> impl redisrpc::Stream<Item = Result<u64, Lost>>;
}

fn main() {}
