// mistakes: 1

struct Feed(u64);

#[redisrpc::service]
impl Feed {
    pub fn push(&mut self, tick: u64) {
        self.0 = tick;
    }

    pub fn ticks(&self) -> impl redisrpc::Stream<Item = u64> {
        futures_util::stream::iter([self.0])
    }
}

fn main() {}
