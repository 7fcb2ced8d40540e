// mistakes: 1

pub struct Tick;

#[redisrpc::service]
pub trait Feed {
    fn ticks(&self) -> impl redisrpc::Stream<Item = Tick>;
}

fn main() {}
