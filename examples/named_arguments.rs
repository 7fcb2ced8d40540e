//! Arguments by name, with defaults, under other names, and any number of them.
//!
//! Run it with `cargo run --example named_arguments`; it needs no Redis. It calls
//! the same methods by their stubs and as a caller in another language would, and
//! prints what comes back.

use redisrpc::{Broker, Client, Server};

struct Printer;

#[redisrpc::service]
impl Printer {
    /// `copies` has a default; `colour` is an `Option`, and needs none.
    pub fn print(
        &self,
        text: &str,
        #[rpc(default = 1, alias = "n")] copies: u32,
        colour: Option<&str>,
    ) -> String {
        format!("{copies} x {text} in {}", colour.unwrap_or("black"))
    }

    /// The stub sends its arguments by name: they may change their places.
    #[rpc(named)]
    pub fn staple(&self, pages: u32, #[rpc(name = "in")] corner: &str) -> String {
        format!("{pages} pages stapled at {corner}")
    }

    /// Takes all further positional arguments.
    pub fn total(&self, #[rpc(rest)] pages: &[u32]) -> u32 {
        pages.iter().sum()
    }
}

#[tokio::main]
async fn main() -> Result<(), redisrpc::Error> {
    let url = std::env::var("REDIS_URL").unwrap_or_else(|_| "memory://named".to_owned());
    let broker = Broker::connect(&url).await?;
    tokio::spawn(Server::new(&broker, "printer", Printer).run());

    println!("by their stubs:");
    let printer = PrinterClient::new(&broker, "printer");
    println!("  {}", printer.print("a poster", 2, Some("red")).await?);
    println!("  {}", printer.staple(3, "top left").await?);
    println!("  {}", printer.total(&[1, 2, 3]).await?);

    println!("as others call them:");
    let others = Client::new(&broker, "printer");
    let by_name = others.call("print").named("text", "a map").named("n", 5);
    println!("  {}", by_name.returning::<String>().await?);
    let mixed = others.call("print").arg("a letter").named("colour", "blue");
    println!("  {}", mixed.returning::<String>().await?);
    let total = others.call("total").arg(4).arg(5);
    println!("  {}", total.returning::<u32>().await?);

    println!("what is wrong with these:");
    let call = || others.call("print");
    for wrong in [
        call(),
        call().named("text", "a map").named("color", "red"),
        call().arg("a map").named("text", "a letter"),
        call().arg("a map").arg("twice"),
    ] {
        match wrong.await {
            Err(error) => println!("  {error}"),
            Ok(value) => println!("  nothing: {value}"),
        }
    }
    Ok(())
}
