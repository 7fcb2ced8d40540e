//! Calls over Redis by hand: the protocol of redisrpc, and of what was before it.
//!
//! | `--variant` | client | server |
//! |---|---|---|
//! | | the reference | the reference |
//! | `floor` | as few steps as a call can have | the reference |
//! | `old` | what old clients do | what old servers do |

mod floor;
mod old;
mod pool;
mod reference;
mod resp;
mod wire;

use calls_driver::{Options, run};

fn main() {
    let options = Options::from_command_line();
    match &*options.variant {
        "floor" => run(options, reference::server::serve, floor::connect),
        "old" => run(options, old::serve, old::connect),
        _ => run(
            options,
            reference::server::serve,
            reference::client::connect,
        ),
    }
}
