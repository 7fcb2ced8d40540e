//! Mocks: the generated client against closures.

use redisrpc::{CallError, FaultCode};

use crate::fixture::{CalculatorError, CalculatorMock, ConcurrentMock};

#[tokio::test]
async fn a_mock_answers_with_its_closures_and_records_its_calls() {
    let mut sum = 0.0;
    let mock = CalculatorMock::new()
        .on_add(move |number| {
            sum += number;
            sum
        })
        .on_div(|number| match number {
            0.0 => Err(CalculatorError::DivisionByZero),
            _ => Ok(4.0),
        });
    let calculator = mock.client().await.unwrap();
    assert_eq!(calculator.add(1.0).await.unwrap(), 1.0);
    assert_eq!(calculator.add(2.0).await.unwrap(), 3.0);
    assert_eq!(calculator.div(2.0).await.unwrap(), 4.0);
    let error = calculator.div(0.0).await.unwrap_err();
    assert_eq!(error, CallError::Service(CalculatorError::DivisionByZero));
    let calls: Vec<String> = mock.calls().iter().map(ToString::to_string).collect();
    assert_eq!(calls, ["add(1.0)", "add(2.0)", "div(2.0)", "div(0.0)"]);
    assert_eq!(mock.calls()[0].method(), "add");
    assert_eq!(mock.calls()[0].arguments(), [serde_json::json!(1.0)]);
}

#[tokio::test]
async fn a_method_without_a_closure_says_so() {
    let mock = CalculatorMock::new();
    let calculator = mock.client().await.unwrap();
    let CallError::Rpc(error) = calculator.val().await.unwrap_err() else {
        panic!("the mock has no error of its own");
    };
    let fault = error.fault().unwrap();
    assert_eq!(fault.code(), FaultCode::MethodNotFound);
    assert_eq!(fault.message(), "the mock has no handler for `val`");
}

#[tokio::test]
async fn a_closure_that_panics_fails_its_call_and_no_other() {
    let mock = ConcurrentMock::new()
        .on_echo(|text| text)
        .on_add(|a, b| a.checked_div(b).expect("b is not zero"));
    let client = mock.client().await.unwrap();
    let error = client.add(1, 0).await.unwrap_err();
    assert!(error.to_string().contains("b is not zero"), "{error}");
    assert_eq!(
        client.echo("still here".into()).await.unwrap(),
        "still here"
    );
}

#[tokio::test]
async fn two_mocks_know_nothing_of_each_other() {
    let one = CalculatorMock::new().on_val(|| 1.0);
    let two = CalculatorMock::new().on_val(|| 2.0);
    let (first, second) = (one.client().await.unwrap(), two.client().await.unwrap());
    let (first, second) = tokio::join!(first.val(), second.val());
    assert_eq!((first.unwrap(), second.unwrap()), (1.0, 2.0));
    assert_eq!((one.calls().len(), two.calls().len()), (1, 1));
}

#[redisrpc::service]
trait Words {
    async fn join(
        &self,
        #[cfg(test)] words: &[&str],
        #[cfg(not(test))] gone: Gone,
        #[cfg(test)] between: Option<&str>,
        last: &str,
    ) -> String;
}

#[tokio::test]
async fn a_closure_takes_the_arguments_that_there_are() {
    let mock = WordsMock::new().on_join(|words, between, last| {
        let between = between.unwrap_or(", ");
        words.join(between) + last
    });
    let client = mock.client().await.unwrap();
    let joined = client.join(&["a", "b"], None, ".").await.unwrap();
    assert_eq!(joined, "a, b.");
}
