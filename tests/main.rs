//! The test suite: one binary, so that it is linked once.

mod certificates;
mod dialect;
mod fixture;
mod guarded;
mod old_peer;
mod process;

mod access;
mod blocking;
mod calls;
mod cluster;
mod concurrency;
mod examples;
mod faults;
mod intruders;
mod layers;
mod leftovers;
mod may_have_run;
mod mixed_fleet;
mod mocks;
mod old_client_faults;
mod old_clients;
mod old_server_fates;
mod old_servers;
mod peers;
mod polling;
mod recovery;
mod refusals;
mod requests;
mod sentinel;
mod shutdown;
mod stalls;
mod tls;
mod tls_refusals;
mod topologies;
