//! Middleware: a server that knows who calls, and a client that says so.
//!
//! Run it with `cargo run --example middleware`; it needs no
//! Redis, and goes through the one that `REDIS_URL` names. It prints what a stranger is told, what those are told who have a token, and
//! how a limit turns away what is too much.

use std::{collections::HashMap, sync::Arc, time::Duration};

use redisrpc::{
    Broker, Client, Context, Fault, FaultCode, Server,
    middleware::{ClientRequest, ServerRequest},
};
use tower::{BoxError, ServiceBuilder, load_shed::error::Overloaded};

/// Who calls.
struct User {
    name: String,
}

struct Library;

#[redisrpc::service]
impl Library {
    /// Lends a book to whoever calls.
    pub async fn lend(&self, context: &Context, title: String) -> Result<String, redisrpc::Error> {
        let user = context.get::<User>().expect("the layer left it");
        Ok(format!("{title} is lent to {}", user.name))
    }

    /// Takes its time.
    pub async fn restore(&self, title: String) -> String {
        tokio::time::sleep(Duration::from_millis(500)).await;
        format!("{title} is as new")
    }
}

/// Leaves the user for the method, or refuses.
fn authenticate(
    users: Arc<HashMap<&'static str, &'static str>>,
) -> impl Fn(ServerRequest) -> Result<ServerRequest, Fault> + Clone {
    move |mut request| {
        let token = request.context().metadata().get("token");
        let Some(name) = token.and_then(|token| users.get(token)) else {
            let method = request.method();
            let text = format!("`{method}` is not for strangers");
            return Err(Fault::new(FaultCode::PermissionDenied, text));
        };
        let name = (*name).to_owned();
        request.extensions_mut().insert(User { name });
        Ok(request)
    }
}

/// Says in our own terms that there is too much to do.
fn too_much(error: BoxError) -> BoxError {
    match error.is::<Overloaded>() {
        true => Fault::new(FaultCode::Overloaded, "one at a time").into(),
        false => error,
    }
}

#[tokio::main]
async fn main() -> Result<(), redisrpc::Error> {
    let url = std::env::var("REDIS_URL").unwrap_or_else(|_| "memory://middleware".to_owned());
    let redis = Broker::connect(url).await?;
    let users = Arc::new(HashMap::from([("t0ken", "Ann")]));
    let layers = ServiceBuilder::new()
        .filter(authenticate(users))
        .map_err(too_much)
        .load_shed()
        .concurrency_limit(1);
    tokio::spawn(Server::new(&redis, "library", Library).layer(layers).run());

    let stranger = LibraryClient::new(&redis, "library");
    let refused = stranger.lend("Emma".to_owned()).await.unwrap_err();
    println!("{refused}; may have run: {}", refused.may_have_run());

    // The same by hand: `Client::metadata("token", "t0ken")`.
    let signed = |mut request: ClientRequest| {
        request.metadata_mut().insert("token", "t0ken");
        request
    };
    let client = Client::new(&redis, "library");
    let client = client.layer(ServiceBuilder::new().map_request(signed));
    let library = LibraryClient::from(client);
    let lent = library.lend("Emma".to_owned()).await;
    println!("{}", lent.expect("Ann may"));

    let (one, other) = tokio::join!(
        library.restore("Emma".to_owned()),
        library.restore("Emma".to_owned()),
    );
    // Whichever comes first is served.
    let (served, refused) = match one {
        Ok(_) => (one, other),
        Err(_) => (other, one),
    };
    println!("{}", served?);
    println!("{}", refused.expect_err("one is too much"));
    Ok(())
}
