//! What Redis is to do at once, in its own language.
//!
//! All of it also where there is no memory (`allow-oom`): it takes none.

/// Moves up to so many messages to a list that has one or none, and makes that
/// expire. Where that is all there are, the queue itself becomes the list, and
/// nothing is copied: a push that answers a call costs Redis as much.
///
/// Also where there is no memory: what is moved needs none, and a server that stops
/// taking requests for want of memory would never free any.
pub(super) const MOVE: &str = "#!lua flags=allow-oom
local most, more = tonumber(ARGV[1]), redis.call('LLEN', KEYS[1])
if more > most then
  local taken = redis.call('LPOP', KEYS[1], most)
  redis.call('RPUSH', KEYS[2], unpack(taken))
elseif more > 0 then
  redis.call('LMOVE', KEYS[2], KEYS[1], 'RIGHT', 'LEFT')
  redis.call('RENAME', KEYS[1], KEYS[2])
end
redis.call('PEXPIRE', KEYS[2], ARGV[2])";

/// The name by which Redis knows [`MOVE`]: its SHA-1.
pub(super) const MOVE_NAME: &str = "fd3eb8540cda454a5e0509a8319031cf1a211f1b";

/// Deletes a list if it still has so many messages and its server is silent. Of
/// those given, the first so many go to the head of the queue, the others to the
/// dead letters.
pub(super) const RELEASE: &str = "#!lua flags=allow-oom
if redis.call('LLEN', KEYS[1]) ~= tonumber(ARGV[1]) then return 0 end
if redis.call('EXISTS', KEYS[5]) == 1 then return 0 end
for i = 3 + ARGV[2] - 1, 3, -1 do redis.call('LPUSH', KEYS[3], ARGV[i]) end
for i = 3 + ARGV[2], #ARGV do redis.call('LPUSH', KEYS[4], ARGV[i]) end
redis.call('LTRIM', KEYS[4], 0, 999)
redis.call('DEL', KEYS[1], KEYS[2])
return 1";

/// Notes the places of messages, one in each set, and puts the messages at the head
/// of the queue. In this order: what is refused half-way is nowhere twice.
pub(super) const PUT_BACK: &str = "#!lua flags=allow-oom
for i = 2, #KEYS do
  redis.call('SADD', KEYS[i], ARGV[i])
  redis.call('PEXPIRE', KEYS[i], ARGV[1])
end
for i = #ARGV, #KEYS + 1, -1 do redis.call('LPUSH', KEYS[1], ARGV[i]) end";

/// Says that a server lives, as the plain commands do where there is memory: a server
/// that could not say so would take no requests, and never free any.
pub(super) const BEAT: &str = "#!lua flags=allow-oom
redis.call('SET', KEYS[1], ARGV[5], 'PX', ARGV[1])
local new = redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return new";

#[cfg(test)]
mod tests {
    use redisrpc_test_support::RedisServer;

    use super::*;

    #[test]
    fn redis_knows_the_script_by_its_name() {
        let server = RedisServer::start();
        let load = redis::cmd("SCRIPT").arg("LOAD").arg(MOVE).to_owned();
        let name: String = load.query(&mut server.connection()).unwrap();
        assert_eq!(name, MOVE_NAME);
    }
}
