//! Which node of a cluster a key is on. Plain data, no I/O.
//!
//! Source: "Redis Cluster specification", keys distribution model and hash tags.

use redis::Value;

/// How many slots a cluster has.
const SLOTS: usize = 16_384;

/// Where a node is: its host and port.
pub(super) type Place = (String, u16);

/// The slot that a key is in.
pub(super) fn slot_of(key: &str) -> u16 {
    crc16(tag(key).as_bytes()) % SLOTS as u16
}

/// The part of a key that decides: what the first braces hold, or else all of it.
fn tag(key: &str) -> &str {
    let braces = key
        .split_once('{')
        .and_then(|(_, rest)| rest.split_once('}'));
    match braces {
        Some((tag, _)) if !tag.is_empty() => tag,
        _ => key,
    }
}

/// CRC-16 as XMODEM has it: polynomial 0x1021, from 0, not reflected.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        crc << 8 ^ CRC16[usize::from((crc >> 8) as u8 ^ byte)]
    })
}

/// What each byte does to the checksum.
const CRC16: [u16; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = (byte as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 0x8000 == 0 {
                crc << 1
            } else {
                crc << 1 ^ 0x1021
            };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

/// Which master has which slot.
#[derive(Debug, Default, PartialEq)]
pub(super) struct SlotMap {
    masters: Vec<Place>,
    /// Of each slot, its master's index; [`NOBODY`] for none.
    slots: Vec<u16>,
}

const NOBODY: u16 = u16::MAX;

impl SlotMap {
    /// From what a node at `asked` answers to `CLUSTER SLOTS`; `None` if nobody has
    /// any slot.
    pub(super) fn read(answer: Value, asked: &str) -> Option<Self> {
        let mut map = Self {
            masters: Vec::new(),
            slots: vec![NOBODY; SLOTS],
        };
        for range in redis::from_redis_value::<Vec<Value>>(answer).ok()? {
            let (first, last, place) = range_of(range, asked)?;
            let index = map.index_of(place);
            map.slots.get_mut(first..=last)?.fill(index);
        }
        (!map.masters.is_empty()).then_some(map)
    }

    fn index_of(&mut self, place: Place) -> u16 {
        let known = self.masters.iter().position(|known| *known == place);
        let index = known.unwrap_or_else(|| {
            self.masters.push(place);
            self.masters.len() - 1
        });
        u16::try_from(index).unwrap_or(NOBODY)
    }

    /// The index of the master of a slot.
    pub(super) fn index(&self, slot: u16) -> Option<usize> {
        let index = usize::from(*self.slots.get(usize::from(slot))?);
        (index < self.masters.len()).then_some(index)
    }

    /// The master of a slot.
    pub(super) fn master(&self, slot: u16) -> Option<&Place> {
        self.index(slot).map(|index| &self.masters[index])
    }

    /// All masters that have a slot.
    pub(super) fn masters(&self) -> &[Place] {
        &self.masters
    }
}

/// First slot, last slot, and their master, which comes first of their nodes.
fn range_of(range: Value, asked: &str) -> Option<(usize, usize, Place)> {
    let mut range: Vec<Value> = redis::from_redis_value(range).ok()?;
    range.truncate(3);
    let mut parts = range.into_iter();
    let first = redis::from_redis_value(parts.next()?).ok()?;
    let last = redis::from_redis_value(parts.next()?).ok()?;
    let mut node = redis::from_redis_value::<Vec<Value>>(parts.next()?)
        .ok()?
        .into_iter();
    let host: Option<String> = redis::from_redis_value(node.next()?).ok()?;
    let port: i64 = redis::from_redis_value(node.next()?).ok()?;
    let port = u16::try_from(port).ok()?;
    // A node that does not know its own name leaves it out.
    let host = host.filter(|host| !host.is_empty() && host != "?");
    Some((
        first,
        last,
        (host.unwrap_or_else(|| asked.to_owned()), port),
    ))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use redisrpc_test_support::shared::SharedCluster;

    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_specification() {
        assert_eq!(crc16(b"123456789"), 0x31C3);
    }

    #[test]
    fn the_slot_of_a_key_is_the_one_that_redis_says() {
        let cluster = SharedCluster::get();
        let mut keys: Vec<_> = [
            "",
            "calc",
            "{calc}",
            "redisrpc:{calc}:servers",
            "calc:rpc:{c0ffee}.17",
            "calc#1",
            "a{b}c",
            "{}calc",
            "a{}{b}",
            "a{{b}}",
            "a{b}{c}",
            "a}b{c}",
            "a{b",
            "größe",
        ]
        .map(str::to_owned)
        .into();
        keys.extend((0..200).map(|n| format!("key{n}")));
        for key in keys.iter().filter(|key| !key.is_empty()) {
            assert_eq!(slot_of(key), cluster.slot_of(key), "{key}");
        }
    }

    #[test]
    fn the_map_is_the_one_that_a_cluster_answers() {
        let cluster = SharedCluster::get();
        let answer = cluster.nodes()[0].ask("CLUSTER SLOTS");
        let map = SlotMap::read(answer, "nowhere");
        let map = map.unwrap_or_else(|| panic!("no map"));
        assert_eq!(map.masters().len(), 3);
        for slot in [0, 5460, 5461, 10922, 16383] {
            let (host, port) = map.master(slot).unwrap_or_else(|| panic!("{slot}"));
            let url = cluster.nodes()[cluster.owner(slot)].url();
            assert_eq!(format!("redis://{host}:{port}"), url);
        }
    }

    fn range(first: i64, last: i64, host: Value, port: i64) -> Value {
        let node = Value::Array(vec![host, Value::Int(port)]);
        Value::Array(vec![Value::Int(first), Value::Int(last), node])
    }

    #[test]
    fn a_node_without_a_name_is_the_one_that_was_asked() {
        let unnamed = |host| SlotMap::read(Value::Array(vec![range(0, 5, host, 7)]), "here");
        for host in [Value::Nil, Value::BulkString(Vec::new())] {
            let map = unnamed(host).unwrap_or_else(|| panic!("no map"));
            assert_eq!(map.master(5), Some(&("here".to_owned(), 7)));
            assert_eq!(map.master(6), None);
        }
    }

    #[test]
    fn what_is_no_map_is_none() {
        let name = || Value::BulkString(b"here".to_vec());
        for answer in [
            Value::Nil,
            Value::Array(Vec::new()),
            Value::Array(vec![range(0, 16384, name(), 7)]),
            Value::Array(vec![range(0, 5, name(), 70_000)]),
        ] {
            assert_eq!(SlotMap::read(answer.clone(), "here"), None, "{answer:?}");
        }
    }

    proptest! {
        #[test]
        fn every_key_has_a_slot_and_its_tag_the_same(key in "\\PC{0,20}") {
            prop_assert!(usize::from(slot_of(&key)) < SLOTS);
            prop_assert_eq!(slot_of(tag(&key)), slot_of(&key));
        }
    }
}
