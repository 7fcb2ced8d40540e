//! The `#[service]` attribute of `redisrpc`.
