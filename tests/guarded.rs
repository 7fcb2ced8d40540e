//! A Redis with the users of the guide's page on security.

use std::{
    collections::{BTreeSet, HashMap},
    fs,
    path::PathBuf,
    time::Duration,
};

use redis::Value;
use redisrpc::Broker;
use redisrpc_test_support::{PATIENCE, RedisServer, free_port};

pub const GUIDE: &str = include_str!("../redisrpc/src/guide/security.md");

/// The guide's line for this user.
pub fn line_of(user: &str) -> String {
    let begins = format!("user {user} ");
    let line = GUIDE.lines().find(|line| line.starts_with(&begins));
    line.unwrap_or_else(|| panic!("the guide has no `{user}`"))
        .to_owned()
}

/// A Redis with users, and a default one for the test's own looks.
pub struct Guarded {
    pub redis: RedisServer,
    file: PathBuf,
    /// How long to wait for what is expected to happen.
    pub patience: Duration,
}

impl Guarded {
    pub fn with(lines: &[String], patience: Duration) -> Self {
        let name = format!("redisrpc-{}-{}.acl", std::process::id(), free_port());
        let file = std::env::temp_dir().join(name);
        let users = lines.join("\n");
        fs::write(
            &file,
            format!("user default on nopass ~* &* +@all\n{users}\n"),
        )
        .unwrap();
        let redis = RedisServer::with(&["--aclfile", file.to_str().unwrap()]);
        Self {
            redis,
            file,
            patience,
        }
    }

    /// With the guide's users.
    pub fn as_in_the_guide() -> Self {
        let users = [
            "calc-caller",
            "calc-server",
            "calc-old-caller",
            "calc-old-server",
        ];
        Self::with(&users.map(line_of), PATIENCE)
    }

    /// The address for a user, with the secret of his line.
    fn url(&self, user: &str) -> String {
        let line = line_of(user);
        let secret = line.split(' ').find_map(|word| word.strip_prefix('>'));
        let login = format!("redis://{user}:{}@", secret.unwrap());
        self.redis.url().replace("redis://", &login)
    }

    pub async fn broker(&self, user: &str) -> Broker {
        Broker::connect(self.url(user)).await.unwrap()
    }

    pub fn connection(&self, user: &str) -> redis::Connection {
        let client = redis::Client::open(self.url(user)).unwrap();
        client.get_connection().unwrap()
    }

    /// What Redis refused: users, and the commands or keys.
    pub fn refusals(&self) -> BTreeSet<(String, String)> {
        let log: Vec<HashMap<String, Value>> = self.redis.ask("ACL LOG 100");
        let text = |entry: &HashMap<String, Value>, member: &str| {
            redis::from_redis_value::<String>(entry[member].clone()).unwrap()
        };
        let refusals = log.iter();
        refusals
            .map(|entry| (text(entry, "username"), text(entry, "object")))
            .collect()
    }

    pub async fn comes_true(&self, mut condition: impl FnMut() -> bool) -> bool {
        let waiting = async {
            while !condition() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(self.patience, waiting).await.is_ok()
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.file);
    }
}
