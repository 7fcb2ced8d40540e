// mistakes: 1

use std::rc::Rc;

#[redisrpc::service]
pub trait Feed {
    fn ticks(&self) -> impl redisrpc::Stream<Item = u64>;
}

struct Clock;

impl Feed for Clock {
    fn ticks(&self) -> impl redisrpc::Stream<Item = u64> {
        let end = Rc::new(5);
        futures_util::stream::iter((0..9).filter(move |tick| *tick < *end))
    }
}

fn main() {}
