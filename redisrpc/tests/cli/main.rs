//! The command `redisrpc`, run as people and scripts run it: the built program,
//! against real servers on a real Redis, and in a real terminal.

#![allow(
    unreachable_pub,
    clippy::needless_pass_by_value,
    clippy::unused_async,
    clippy::unwrap_used,
    reason = "as in the suite at the top of the repository, whose files these partly are"
)]

// What the suite at the top of the repository has, too.
#[path = "../../../tests/certificates.rs"]
#[expect(dead_code, reason = "the other suite uses more of it")]
mod certificates;
#[path = "../../../tests/dialect.rs"]
#[expect(dead_code, reason = "the other suite uses more of it")]
mod dialect;
#[path = "../../../tests/fixture.rs"]
#[expect(dead_code, reason = "the other suite uses more of it")]
mod fixture;
#[path = "../../../tests/old_peer.rs"]
#[expect(dead_code, reason = "the other suite uses more of it")]
mod old_peer;
#[path = "../../../tests/process.rs"]
#[expect(dead_code, reason = "the other suite uses more of it")]
mod process;

mod bench;
mod call;
mod connection;
mod contract;
mod dead;
mod discovery;
mod doctor;
mod orders;
mod peek;
mod stub;
mod terminal;
mod tool;
