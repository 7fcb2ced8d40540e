// mistakes: 1

pub struct Tick;

pub struct Feed;

#[redisrpc::service]
impl Feed {
    pub fn ticks(&self) -> impl redisrpc::Stream<Item = Tick> {
        futures_util::stream::iter([Tick])
    }
}

fn main() {}
