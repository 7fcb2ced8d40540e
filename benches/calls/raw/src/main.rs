//! The protocol of redisrpc by hand: what it can reach at most.

mod reference;
mod resp;
mod wire;

use calls_driver::run;

fn main() {
    run(reference::server::serve, reference::client::connect);
}
