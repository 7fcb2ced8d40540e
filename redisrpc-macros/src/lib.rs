//! The `#[service]` attribute of `redisrpc`.

mod args;
mod beside;
mod contract;
mod diag;
mod expand;
mod fallback;
mod model;
mod names;
mod parse;
mod syntax;
#[cfg(test)]
mod tests;
mod ty;
mod validate;

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};

use crate::diag::Errors;

/// Makes a service of a trait or of an inherent impl block.
///
/// On a trait, any implementor can be served, wrapped in the generated
/// `CalculatorService`; on an inherent impl block the type itself is the service.
/// Both get a `CalculatorClient`, with one method for each of the service's.
///
/// ```
/// #[redisrpc::service]
/// pub trait Calculator {
///     /// Adds `number` and returns the sum.
///     async fn add(&self, number: f64) -> f64;
/// }
///
/// pub struct Counter(u64);
///
/// #[redisrpc::service]
/// impl Counter {
///     pub fn next(&mut self) -> u64 {
///         self.step();
///         self.0
///     }
///
///     // Private: not exported.
///     fn step(&mut self) {
///         self.0 += 1;
///     }
/// }
/// # let _: fn(&CalculatorClient) -> redisrpc::Call<f64> = |client| client.add(1.0);
/// # let _: fn(&CounterClient) -> redisrpc::Call<u64> = |client| client.next();
/// ```
///
/// # Methods
///
/// A method is `async` or not, and takes `&self` or `&mut self`. With `&self` only,
/// calls run at the same time; a service with one `&mut self` method runs its calls
/// one after the other, in the order of the queue.
///
/// An argument is any type that is `Serialize + DeserializeOwned`, or a borrow that
/// the stub takes and the server decodes and lends: `&str`, `&T`, `&[T]`, `&[&str]`,
/// these in an `Option`, `Vec<&str>` and `Cow<'_, str>`.
///
/// An argument `&Context`, at any place, does not travel: by it the server tells the
/// method of its call (`redisrpc::Context`).
///
/// A method returns a value, nothing, or a `Result` whose error is `Serialize +
/// DeserializeOwned + Display`: the caller gets it back as
/// `CallError::Service`. Aliases such as `io::Result<T>` are fine. Or it returns `impl
/// Stream<Item = T>`, or of `Result<T, E>`: the stub then returns a `StreamCall`.
///
/// In a trait every method is exported; in an impl block those that are `pub` and
/// have a receiver, and those with `#[rpc]`. A type is a service by one of its impl
/// blocks; the others are its own business.
///
/// # Options of the service
///
/// | option | what it does |
/// |---|---|
/// | `client = Name` | names the client; otherwise `CalculatorClient` |
/// | `client = impl`, `client = impl Name` | the client implements the trait; every method is `async` and returns a `Result` whose error is `From<redisrpc::Error>` |
/// | `queue = "calc"` | the queue of `CalculatorClient::on_default_queue` and of the constant `QUEUE` |
/// | `rename_all = "camelCase"` | spells the names of methods and arguments on the wire, as serde does |
/// | `contract = "calc.contract.json"` | compares the service with this file while compiling; see [Contracts](#contracts) |
/// | `crate = path` | where this crate is, if not at `::redisrpc` |
///
/// ```
/// use redisrpc::{Broker, Error, Server};
///
/// #[redisrpc::service(client = impl, queue = "calc", rename_all = "camelCase")]
/// trait Calculator {
///     async fn add_all(&self, numbers: &[f64]) -> Result<f64, Error>;
/// }
///
/// struct Plain;
///
/// impl Calculator for Plain {
///     async fn add_all(&self, numbers: &[f64]) -> Result<f64, Error> {
///         Ok(numbers.iter().sum())
///     }
/// }
///
/// // Takes the local object and the remote one.
/// async fn three(calculator: &impl Calculator) -> Result<f64, Error> {
///     calculator.add_all(&[1.0, 2.0]).await
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Error> {
/// let broker = Broker::connect("memory://service-options").await?;
/// let server = Server::new(&broker, CalculatorClient::QUEUE, CalculatorService::new(Plain));
/// tokio::spawn(server.run());
/// let remote = CalculatorClient::on_default_queue(&broker);
/// assert_eq!(three(&Plain).await?, three(&remote).await?);
/// assert_eq!(CalculatorClient::DESCRIPTOR.methods()[0].name(), "addAll");
/// # Ok(())
/// # }
/// ```
///
/// # Options of a method: `#[rpc(…)]`
///
/// | option | what it does |
/// |---|---|
/// | `name = "plus"` | its name on the wire |
/// | `alias = "sum"` | one more name the server answers to; may be repeated |
/// | `skip` | not exported |
/// | `oneway` | callers wait for no reply; it returns nothing |
/// | `idempotent` | running it twice is the same as running it once |
/// | `blocking` | runs on a thread where it may block; for methods that are not `async` |
/// | `detached` | an `async fn` goes on when its caller has given up; all others do so anyway |
/// | `timeout = "5s"` | how long a call may take unless the caller says otherwise: `ms`, `s`, `m`, `h` |
/// | `named` | the stub sends its arguments by name |
///
/// # Options of an argument: `#[rpc(…)]`
///
/// | option | what it does |
/// |---|---|
/// | `name = "n"` | its name on the wire |
/// | `alias = "number"` | one more name it may be passed by; may be repeated |
/// | `default` | may be left out, and is then the type's default |
/// | `default = expr` | may be left out, and is then this; no `Self` in a trait |
/// | `rest` | takes all further positional arguments; the last one, a `Vec<T>` or `&[T]` |
///
/// An `Option` may be left out without any of these.
///
/// ```
/// use redisrpc::{Broker, Client, Server};
///
/// struct Printer;
///
/// #[redisrpc::service]
/// impl Printer {
///     #[rpc(name = "print", alias = "lpr", timeout = "2m", idempotent)]
///     pub async fn print_text(&self, text: &str, #[rpc(default = 1)] copies: u32) -> String {
///         text.repeat(copies as usize)
///     }
///
///     #[rpc(blocking)]
///     pub fn warm_up(&self) -> bool {
///         std::thread::sleep(std::time::Duration::from_millis(5));
///         true
///     }
///
///     pub fn total(&self, #[rpc(rest)] pages: &[u32]) -> u32 {
///         pages.iter().sum()
///     }
///
///     #[rpc(named)]
///     pub fn paper(&self, #[rpc(name = "w")] width: u32, height: Option<u32>) -> u32 {
///         width * height.unwrap_or(width)
///     }
///
///     #[rpc(oneway)]
///     pub fn log(&self, line: String) {
///         drop(line);
///     }
///
///     #[rpc(skip)]
///     pub fn local(&self) -> *const Self {
///         self
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), redisrpc::Error> {
/// let broker = Broker::connect("memory://method-options").await?;
/// tokio::spawn(Server::new(&broker, "printer", Printer).run());
///
/// let printer = PrinterClient::new(&broker, "printer");
/// assert_eq!(printer.print_text("ab", 2).await?, "abab");
/// assert!(printer.warm_up().await?);
/// assert_eq!(printer.total(&[1, 2, 3]).await?, 6);
/// assert_eq!(printer.paper(3, None).await?, 9);
/// printer.log("done".to_owned()).await?;
///
/// // As another program would call it:
/// let raw = Client::new(&broker, "printer");
/// assert_eq!(raw.call("lpr").arg("ab").returning::<String>().await?, "ab");
/// # Ok(())
/// # }
/// ```
///
/// # Contracts
///
/// A contract is a file that says what callers rely on. It lies beside the source, is
/// committed, and its path is relative to the package's `Cargo.toml`. With
/// `contract = "calc.contract.json"` the service is compared with it whenever it is
/// compiled, and a change that breaks callers is an error where it was made:
///
/// ```text
/// error: this breaks callers that know `calc.contract.json`: argument `b: f64` was removed
///          = note: the method was `async fn div(&self, a: f64, b: f64) -> f64`
///          = help: to accept this: `REDISRPC_CONTRACT=write cargo check -p calc`
///   --> src/lib.rs:4:14
///    |
///  4 |     async fn div(&self, a: f64) -> f64;
///    |              ^^^
/// ```
///
/// | environment | what it does |
/// |---|---|
/// | nothing | what breaks callers is an error; what does not, passes |
/// | `REDISRPC_CONTRACT=write` | writes the file, and lists what changed |
/// | `REDISRPC_CONTRACT=check` | whatever is not in the file yet is an error, documentation too: for CI |
///
/// Both concern the packages that cargo was asked to build, and not those that they
/// depend on. What breaks callers and what does not is listed at
/// [`contract::compare`]. Methods and arguments under `cfg` count as there. The
/// file is what `Contract::from(CalculatorClient::DESCRIPTOR).to_json()` gives where
/// nothing is under `cfg`.
///
/// [`contract::compare`]: https://docs.rs/redisrpc/latest/redisrpc/contract/fn.compare.html
///
/// # What else is carried over
///
/// Documentation, `#[deprecated]`, `#[must_use]` with a reason and lint levels of a
/// method go to its stub, and `cfg` of a method or argument to everything made of it.
/// Type parameters of the trait or impl block become parameters of the client; those
/// whose values travel are `Serialize + DeserializeOwned + Send`.
/// With the feature `mock` there is a `CalculatorMock` as well, with the feature
/// `blocking` a `CalculatorBlockingClient`.
#[proc_macro_attribute]
pub fn service(
    args: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    expanded(args.into(), &item.into()).into()
}

/// Options of a method or an argument inside a [`#[service]`](macro@service) item,
/// whose documentation lists them. Anywhere else it is an error.
#[proc_macro_attribute]
pub fn rpc(
    _args: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    let text = "`#[rpc]` only works inside a `#[redisrpc::service]` item";
    let error = syn::Error::new(proc_macro2::Span::call_site(), text).into_compile_error();
    let item = TokenStream::from(item);
    quote!(#item #error).into()
}

/// Makes a client of a contract alone: of a service that is written in another
/// language, or whose source is elsewhere.
///
/// The file's path is relative to the package's `Cargo.toml`. It is what
/// `#[service(contract = "…")]` keeps, what `redisrpc describe QUEUE --json` prints,
/// or written by hand:
///
/// ```json
/// {
///   "redisrpc": 1,
///   "service": "Calculator",
///   "methods": [
///     {"name": "add", "doc": "Adds.", "arguments": [{"name": "number", "type": "f64"}], "returns": "f64"},
///     {"name": "clr"}
///   ]
/// }
/// ```
///
/// ```ignore
/// redisrpc::contract!("calc.contract.json");
///
/// let calculator = CalculatorClient::new(&broker, "calc");
/// calculator.add(2.0).await?;
/// ```
///
/// The client is the one that [`#[service]`](macro@service) makes of a trait with
/// these methods; the features `blocking` and `mock` add theirs. The names of types
/// mean what they mean where the macro stands: those of the service must be in scope
/// there, and be `Serialize + DeserializeOwned`. An argument with a default is sent
/// like any other. Names become those of Rust, and stay as they are on the wire:
/// `addAll` is called as `add_all`, and `new`, which every client has, as `new_`.
///
/// | what stands in it | what it does |
/// |---|---|
/// | `pub "calc.contract.json"` | the client is `pub`; `pub(crate)` and the like work too |
/// | `client = Name` | names the client; otherwise `CalculatorClient` |
/// | `queue = "calc"` | the queue of `CalculatorClient::on_default_queue` and of the constant `QUEUE` |
/// | `crate = path` | where this crate is, if not at `::redisrpc` |
#[proc_macro]
pub fn contract(args: proc_macro::TokenStream) -> proc_macro::TokenStream {
    stub(args.into()).into()
}

/// The pipeline of `contract!`; without a service there is nothing to stand in for.
fn stub(args: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let args = args::stub(args, &mut errors);
    let service = args.and_then(|args| contract::stub(args, &mut errors));
    if let Some(service) = &service {
        validate::service(service, &mut errors);
    }
    match service {
        Some(service) if !errors.any() => expand::service(service),
        _ => errors.into_tokens().unwrap_or_default(),
    }
}

/// The pipeline: parse, validate, expand; what is wrong is collected on the way.
fn expanded(args: TokenStream, tokens: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let args = args::service(args, &mut errors);
    let item = match syn::parse2(tokens.clone()) {
        Ok(item) => item,
        Err(error) => {
            let (rest, errors) = (syntax::unread(tokens, args, &error), errors.into_tokens());
            return quote!(#rest #errors);
        }
    };
    let Some(item) = parse::item(&item, &mut errors) else {
        let (service, errors) = (
            fallback::refused(&item, args.krate.get()),
            errors.into_tokens(),
        );
        return quote!(#tokens #service #errors);
    };
    let original = item.clone();
    let Some(mut service) = parse::service(item, args, &mut errors) else {
        let (item, errors) = (original.into_token_stream(), errors.into_tokens());
        return quote!(#item #errors);
    };
    validate::service(&service, &mut errors);
    if validate::names_are_free(&service) {
        beside::check(&mut service, tokens, &mut errors);
    }
    let under_cfg = errors.take_under_cfg();
    if !errors.any() {
        let expansion = expand::service(service);
        return quote!(#expansion #under_cfg);
    }
    let stand_in = fallback::service(service, errors.first().as_ref());
    let errors = errors.into_tokens();
    quote!(#stand_in #errors)
}
