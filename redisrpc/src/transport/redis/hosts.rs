//! Addresses that name several servers: a cluster's nodes, or sentinels.

use redis::{ConnectionAddr, IntoConnectionInfo as _, RedisConnectionInfo};

use super::endpoint::{Way, Ways};
use crate::{error::Error, transport::Address};

/// What an address with several servers says:
/// `scheme://[[user]:password@]host[:port][,host[:port]…][/path][?query]`.
pub(super) struct Hosts {
    pub(super) places: Vec<(String, u16)>,
    /// The user and his password.
    pub(super) login: RedisConnectionInfo,
    /// What stands between the hosts and the query, without the first `/`.
    pub(super) path: String,
    pub(super) query: String,
    pub(super) ways: Ways,
}

impl Hosts {
    /// Reads the address; hosts without a port have the one that is `usual`.
    ///
    /// # Errors
    ///
    /// What is wrong with it, without the address itself: it may hold a password.
    pub(super) fn parse(address: &Address, usual: u16) -> Result<Self, String> {
        let (_, rest) = address.scheme_and_rest().unwrap_or_default();
        if rest.contains('#') {
            return Err("a `#` in it is written `%23`".to_owned());
        }
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, hosts) = match authority.rsplit_once('@') {
            Some((user, hosts)) => (Some(user), hosts),
            None => (None, authority),
        };
        let places = hosts.split(',').map(|host| place(host, usual));
        let places: Vec<_> = places.collect::<Result<_, String>>()?;
        let ways = match places.first() {
            Some((host, _)) => Ways::of(address, host).map_err(|error| error.to_string())?,
            None => return Err("it names no host".to_owned()),
        };
        Ok(Self {
            places,
            login: login(user.unwrap_or_default())?,
            path: path.to_owned(),
            query: query.to_owned(),
            ways,
        })
    }

    /// The ways to all of them.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for a name that no certificate can be for.
    pub(super) fn ways(&self) -> Result<Vec<Way>, Error> {
        let ways = self.places.iter();
        let ways = ways.map(|(host, port)| self.ways.to(host.clone(), *port));
        ways.collect()
    }
}

/// The user and his password, of `user:password`.
///
/// # Errors
///
/// When it is not written so.
pub(super) fn login(user: &str) -> Result<RedisConnectionInfo, String> {
    let at = if user.is_empty() { "" } else { "@" };
    let info = format!("redis://{user}{at}localhost").into_connection_info();
    let info = info.map_err(|error| format!("its user or password cannot be read: {error}"))?;
    Ok(info.redis_settings().clone())
}

fn place(host: &str, usual: u16) -> Result<(String, u16), String> {
    let unreadable = |why: String| format!("`{host}` is not a host and a port: {why}");
    if host.is_empty() {
        return Err("a host is missing in it".to_owned());
    }
    // An IPv6 address stands in brackets, and its colons announce no port.
    let named = host.rsplit(']').next().is_some_and(|end| end.contains(':'));
    let url = match named {
        true => format!("redis://{host}"),
        false => format!("redis://{host}:{usual}"),
    };
    let info = url.into_connection_info();
    match info.map_err(|error| unreadable(error.to_string()))?.addr() {
        ConnectionAddr::Tcp(host, port) => Ok((host.clone(), *port)),
        other => Err(unreadable(other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(url: &str) -> Result<Hosts, String> {
        Hosts::parse(&url.into(), 26379)
    }

    #[test]
    fn hosts_have_their_ports_or_the_usual_one() {
        let hosts = parsed("redis+sentinel://ann:p%40ss@one:1,two,[::1]:3,[::1]/main/2?a=b");
        let hosts = hosts.unwrap_or_else(|why| panic!("{why}"));
        let places: Vec<_> = hosts.places.iter().map(|(h, p)| (&**h, *p)).collect();
        let expected = [("one", 1), ("two", 26379), ("::1", 3), ("::1", 26379)];
        assert_eq!(places, expected);
        assert_eq!(hosts.login.username(), Some("ann"));
        assert_eq!(hosts.login.password(), Some("p@ss"));
        assert_eq!((&*hosts.path, &*hosts.query), ("main/2", "a=b"));
    }

    #[test]
    fn what_is_wrong_is_said_without_the_password() {
        for (url, what) in [
            ("redis+cluster://", "a host is missing"),
            ("redis+cluster://:secret@", "a host is missing"),
            ("redis+cluster://:secret@one,,two", "a host is missing"),
            ("redis+cluster://:secret@one:port", "`one:port`"),
            ("redis+cluster://:se#cret@one", "%23"),
        ] {
            let Err(why) = parsed(url) else {
                panic!("{url}");
            };
            assert!(why.contains(what) && !why.contains("cret"), "{url}: {why}");
        }
    }
}
