//! What may change while callers know the contract.

#[redisrpc::service(contract = "tests/ui/contracts/calc.json")]
pub trait Calculator {
    /// Documentation is no change.
    #[rpc(name = "quotient", alias = "div", timeout = "5s", idempotent)]
    async fn divided(
        &self,
        #[rpc(name = "number", alias = "a")] dividend: Option<f64>,
        #[rpc(default = 1.0)] b: f64,
        #[rpc(default = 2)] digits: u32,
        note: Option<&str>,
        #[rpc(rest)] more: &[u8],
    ) -> Result<f64, String>;

    // Both are there, whichever is compiled.
    #[cfg(unix)]
    async fn clear(&self);

    #[cfg(not(unix))]
    async fn clear(&self);

    async fn added(&self) -> f64;
}

pub(crate) fn main() {
    let names = CalculatorClient::DESCRIPTOR.methods().iter().map(|it| it.name());
    assert_eq!(names.collect::<Vec<_>>(), ["quotient", "clear", "added"]);
}
