//! What there is: queues, who serves them, and what lies in them.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use redisrpc::{
    __private::admin::{self, Admin},
    discovery::{Discovery, ServerInfo},
};
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    redis::{ask, command, integer, messages, millis},
    request::Request,
    tool::Tool,
};

/// One queue, at one moment.
#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) name: String,
    pub(crate) servers: Vec<ServerInfo>,
    /// Requests that wait.
    pub(crate) waiting: u64,
    /// How long the oldest of them has waited, if it says so.
    pub(crate) oldest: Option<u64>,
    /// Dead letters.
    pub(crate) dead: u64,
    /// Redis' time, in milliseconds.
    pub(crate) now: u64,
}

impl Queue {
    /// Looks at this queue.
    pub(crate) async fn look(tool: &Tool<'_>, name: &str) -> Result<Self, Failure> {
        let admin = tool.admin_of(name).await?;
        Self::look_at(&admin, &tool.discovery().await?, name).await
    }

    /// Looks at these queues, or else at all that are announced and that this user
    /// may look at.
    pub(crate) async fn look_at_all(
        tool: &Tool<'_>,
        names: &[String],
    ) -> Result<Vec<Self>, Failure> {
        let (admin, discovery) = (tool.admin().await?, tool.discovery().await?);
        for name in names {
            admin.check_queue(name)?;
        }
        let announced = match names {
            [] => discovery.queues().await?,
            names => names.to_vec(),
        };
        let looks = announced.iter();
        let looks = looks.map(|name| Self::look_at(&admin, &discovery, name));
        let may_be_left_out = |look: &Result<Self, Failure>| match look {
            Err(failure) => failure.refused && names.is_empty(),
            Ok(_) => false,
        };
        let looks = join_all(looks).await.into_iter();
        looks.filter(|look| !may_be_left_out(look)).collect()
    }

    async fn look_at(admin: &Admin, discovery: &Discovery, name: &str) -> Result<Self, Failure> {
        let commands = [
            command(["TIME"]),
            command(["LLEN", name]),
            command(["LRANGE", name, "0", "0"]),
            command(["LLEN", &admin::dead(name)]),
        ];
        let mut replies = ask(admin, name, &commands).await?.into_iter();
        let now = replies.next().map_or(0, millis);
        let waiting = replies.next().map_or(0, |reply| integer(&reply));
        let oldest = replies.next().map(messages).unwrap_or_default();
        let oldest = oldest.first().and_then(|it| Request::read(it).age(now));
        Ok(Self {
            name: name.to_owned(),
            servers: discovery.servers(name).await?,
            waiting,
            oldest,
            dead: replies.next().map_or(0, |reply| integer(&reply)),
            now,
        })
    }

    /// The services that its servers serve, and their versions.
    pub(crate) fn services(&self) -> Vec<(&str, &str)> {
        let services = self.servers.iter();
        let services = services.map(|it| (&*it.service, it.version.as_deref().unwrap_or("-")));
        let services: BTreeSet<_> = services.collect();
        services.into_iter().collect()
    }

    pub(crate) fn in_flight(&self) -> u64 {
        self.servers.iter().map(|server| server.in_flight).sum()
    }

    /// Whether its servers disagree on what the service is.
    pub(crate) fn has_several_contracts(&self) -> bool {
        let [first, others @ ..] = &*self.servers else {
            return false;
        };
        others.iter().any(|it| it.fingerprint != first.fingerprint)
    }

    /// All there is to know, for programs.
    pub(crate) fn json(&self) -> Value {
        json!({
            "queue": self.name,
            "waiting": self.waiting,
            "oldest_ms": self.oldest,
            "in_flight": self.in_flight(),
            "dead": self.dead,
            "servers": self.servers,
        })
    }
}

/// A name of a server, as far as it is needed to tell it from others.
pub(crate) fn short(server: &str) -> &str {
    server.get(..8).unwrap_or(server)
}
