// mistakes: 1

use std::{future::Future, pin::Pin};

// As `#[async_trait]` leaves it.
#[redisrpc::service]
pub trait Calculator {
    fn add<'life0, 'async_trait>(
        &'life0 self,
        number: f64,
    ) -> Pin<Box<dyn Future<Output = f64> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        Self: 'async_trait;
}

fn main() {}
