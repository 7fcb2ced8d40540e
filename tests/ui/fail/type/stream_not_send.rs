// mistakes: 1

use std::rc::Rc;

pub struct Feed;

#[redisrpc::service]
impl Feed {
    pub fn ticks(&self) -> impl redisrpc::Stream<Item = u64> {
        let end = Rc::new(5);
        futures_util::stream::iter((0..9).filter(move |tick| *tick < *end))
    }
}

fn main() {}
