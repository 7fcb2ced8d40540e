//! A master by its name: sentinels know where it is.
//!
//! They are asked whenever a connection is opened, or one does not answer; and
//! whoever they name is asked for its role: a sentinel may not have heard of a
//! failover yet. Source: "Redis Sentinel client spec".

use std::{
    fmt, io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use redis::RedisConnectionInfo;
use tokio::time::timeout;

use super::{
    endpoint::{Way, Ways},
    hosts::{self, Hosts},
    line::Line,
    patience::Succession,
    resp::{self, Answer},
    slots::Place,
    socket::Socket,
};
use crate::{error::Error, transport::Address};

/// Where sentinels listen if nothing else is said.
const USUAL_PORT: u16 = 26379;

/// How long one sentinel, with the master it names, may take.
const ONE: Duration = Duration::from_secs(1);

const FORM: &str = "redis+sentinel://[[user]:password@]host[:port][,host[:port]…]/name[/db]\
                    [?sentinelUsername=…&sentinelPassword=…]";

/// Those who know where the master of this name is.
pub(super) struct Sentinels {
    name: String,
    sentinels: Vec<Way>,
    found: Mutex<Found>,
    /// To log in at the sentinels.
    login: RedisConnectionInfo,
    /// To log in at the master.
    master_login: RedisConnectionInfo,
    /// The ways to whomever they name.
    masters: Ways,
    /// Held while looking for a master that may be another one.
    looking: tokio::sync::Mutex<()>,
}

/// What was found last.
#[derive(Default)]
struct Found {
    /// The sentinel that answered, and is asked first.
    by: usize,
    master: Option<Place>,
}

impl fmt::Display for Sentinels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the master `{}` of the sentinels", self.name)?;
        let mut before = " ";
        for sentinel in &self.sentinels {
            write!(f, "{before}{sentinel}")?;
            before = ", ";
        }
        Ok(())
    }
}

impl Sentinels {
    /// Those at this address, and how to log in at the master.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for an address that is none.
    pub(super) fn parse(address: &Address) -> Result<(Self, RedisConnectionInfo), Error> {
        Self::read(address).map_err(|why| {
            Error::Invalid(format!(
                "the address of the sentinels is not valid: {why}; write it as {FORM}, or with \
                 rediss+sentinel:// for TLS"
            ))
        })
    }

    fn read(address: &Address) -> Result<(Self, RedisConnectionInfo), String> {
        let hosts = Hosts::parse(address, USUAL_PORT)?;
        let mut parts = hosts.path.splitn(2, '/');
        let name = parts.next().unwrap_or_default().to_owned();
        if name.is_empty() {
            return Err("the name of the master is missing".to_owned());
        }
        let database = parts.next().unwrap_or_default().trim_end_matches('/');
        let database = match database.is_empty() {
            true => 0,
            false => database.parse().map_err(|_| "`db` is not a number")?,
        };
        let sentinels = hosts.ways().map_err(|error| error.to_string())?;
        let own = login_of(&hosts.query)?;
        let master_login = hosts.login.set_db(database);
        let sentinels = Self {
            name,
            sentinels,
            found: Mutex::default(),
            login: own,
            master_login: master_login.clone(),
            masters: hosts.ways,
            looking: tokio::sync::Mutex::default(),
        };
        Ok((sentinels, master_login))
    }

    fn found(&self) -> MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A socket to the master.
    ///
    /// # Errors
    ///
    /// When no sentinel names one that is there: what the last of them said.
    pub(super) async fn socket(&self) -> io::Result<Box<dyn Socket>> {
        let count = self.sentinels.len();
        let first = self.found().by;
        let mut failure = None;
        for by in (first..first + count).map(|by| by % count) {
            let sentinel = &self.sentinels[by];
            let asked = timeout(ONE, self.ask(sentinel)).await;
            let silent = || Err(io::Error::new(io::ErrorKind::TimedOut, "no answer"));
            match asked.unwrap_or_else(|_| silent()) {
                Ok((master, socket)) => {
                    let master = Some(master);
                    *self.found() = Found { by, master };
                    return Ok(socket);
                }
                Err(error) => failure = Some(io::Error::other(format!("{sentinel}: {error}"))),
            }
        }
        Err(failure.unwrap_or_else(|| io::Error::other("there are no sentinels")))
    }

    /// The master that one sentinel names, and a socket to it.
    async fn ask(&self, sentinel: &Way) -> io::Result<(Place, Box<dyn Socket>)> {
        let named = Line::over(sentinel.socket().await?);
        let question = ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", &self.name];
        let (_, answer) = ask(named, &self.login, &question).await?;
        let place = match answer {
            Answer::Strings(parts) => place(&parts).ok_or_else(|| {
                io::Error::other(format!("the sentinel knows no master `{}`", self.name))
            })?,
            Answer::Error(text) => return Err(io::Error::other(text)),
            _ => return Err(io::ErrorKind::InvalidData.into()),
        };
        let (host, port) = place.clone();
        let master = self.masters.to(host, port).map_err(io::Error::other)?;
        let failed = |error: io::Error| io::Error::other(format!("{master}: {error}"));
        let line = Line::over(master.socket().await.map_err(failed)?);
        let (line, role) = ask(line, &self.master_login, &["ROLE"])
            .await
            .map_err(failed)?;
        match role {
            Answer::Strings(parts) if parts.first().is_none_or(|role| role != "master") => {
                Err(io::Error::other(format!("{master} is not the master")))
            }
            // Where an access list keeps the role secret, the sentinel is believed; a
            // login that is refused is so again by those who use the socket.
            _ => Ok((place, line.into_socket())),
        }
    }

    /// The reign of the master that was found last.
    pub(super) fn reign(self: &Arc<Self>) -> Reign {
        Reign {
            master: self.found().master.clone(),
            sentinels: Arc::clone(self),
        }
    }
}

/// The time of one master.
pub(super) struct Reign {
    sentinels: Arc<Sentinels>,
    master: Option<Place>,
}

impl Succession for Reign {
    fn is_over(&self) -> bool {
        let sentinels = Arc::clone(&self.sentinels);
        tokio::spawn(async move {
            if let Ok(_one_at_a_time) = sentinels.looking.try_lock() {
                // Whom it leads to is what counts.
                let _ = sentinels.socket().await;
            }
        });
        self.sentinels.found().master != self.master
    }
}

/// Logs in, and asks one question.
async fn ask(
    mut line: Line,
    login: &RedisConnectionInfo,
    question: &[&str],
) -> io::Result<(Line, Answer)> {
    let logs_in = line.log_in(login);
    resp::words(&mut line.commands, question);
    line.flush().await?;
    if logs_in {
        line.answer().await?;
    }
    let answer = line.answer().await?;
    Ok((line, answer))
}

fn place(parts: &[bytes::Bytes]) -> Option<Place> {
    let [host, port] = parts else {
        return None;
    };
    let text = |bytes| std::str::from_utf8(bytes).ok();
    Some((text(host)?.to_owned(), text(port)?.parse().ok()?))
}

/// How to log in at the sentinels, from the query of the address.
fn login_of(query: &str) -> Result<RedisConnectionInfo, String> {
    let (mut user, mut password) = ("", "");
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        match parameter.split_once('=') {
            Some(("sentinelUsername", value)) => user = value,
            Some(("sentinelPassword", value)) => password = value,
            other => {
                let name = other.map_or(parameter, |(name, _)| name);
                return Err(format!("`{name}` is no parameter of it"));
            }
        }
    }
    match (user, password) {
        ("", "") => hosts::login(""),
        (_, "") => Err("`sentinelUsername` is of no use without `sentinelPassword`".to_owned()),
        (user, password) => hosts::login(&format!("{user}:{password}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(url: &str) -> Result<(Sentinels, RedisConnectionInfo), String> {
        Sentinels::parse(&url.into()).map_err(|error| error.to_string())
    }

    #[test]
    fn an_address_names_the_sentinels_the_master_and_two_logins() {
        let url = "redis+sentinel://ann:a@one:1,two/main/3?sentinelUsername=bob&sentinelPassword=b";
        let (sentinels, login) = parsed(url).unwrap_or_else(|why| panic!("{why}"));
        let said = "the master `main` of the sentinels one:1, two:26379";
        assert_eq!(sentinels.to_string(), said);
        assert_eq!((login.username(), login.db()), (Some("ann"), 3));
        assert_eq!(sentinels.login.username(), Some("bob"));
        assert_eq!(sentinels.login.password(), Some("b"));
    }

    #[test]
    fn what_is_wrong_with_an_address_is_said_and_how_to_write_it() {
        for (url, what) in [
            ("redis+sentinel://one,two", "the name of the master"),
            ("redis+sentinel://one,two/", "the name of the master"),
            ("redis+sentinel://one/main/x", "`db` is not a number"),
            ("redis+sentinel://one/main?master=x", "`master`"),
            ("redis+sentinel://one/main?sentinelUsername=x", "no use"),
        ] {
            let Err(why) = parsed(url) else {
                panic!("{url}");
            };
            assert!(why.contains(what) && why.contains(FORM), "{url}: {why}");
        }
    }
}
