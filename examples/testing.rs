//! Code that calls a service, tested without the service and without Redis.
//!
//! Run it with `cargo run --example testing`. It lets one function talk to a mock, to
//! nobody, and to the service itself on a broker inside the process, and prints what
//! it made of each. In a program of yours these are three `#[tokio::test]` functions,
//! and mocks need the feature `mock`.

use std::time::Duration;

use redisrpc::{Broker, Error, Server};

#[redisrpc::service]
pub trait Weather {
    /// Degrees at noon.
    async fn noon(&self, city: &str) -> Result<f64, Error>;
}

/// What is to be tested.
async fn advice(weather: &WeatherClient) -> &'static str {
    match weather.noon("Oslo").await {
        Ok(degrees) if degrees > 20.0 => "no coat",
        Ok(_) => "a coat",
        Err(_) => "an umbrella, to be safe",
    }
}

async fn a_warm_day_needs_no_coat() -> Result<(), Error> {
    let mock = WeatherMock::new().on_noon(|city| {
        assert_eq!(city, "Oslo");
        Ok(25.0)
    });
    let weather = mock.client().await?;
    assert_eq!(advice(&weather).await, "no coat");
    let calls = mock.calls();
    assert_eq!(calls[0].to_string(), r#"noon("Oslo")"#);
    println!("a warm day: no coat, after {}", calls[0]);
    Ok(())
}

async fn without_a_forecast_one_takes_an_umbrella() -> Result<(), Error> {
    // No closure, no answer: the method does not exist.
    let weather = WeatherMock::new().client().await?;
    assert_eq!(advice(&weather).await, "an umbrella, to be safe");
    // Nobody serves: the call's time is up.
    let broker = Broker::connect("memory://testing-nobody").await?;
    let client = redisrpc::Client::new(&broker, "weather").timeout(Duration::from_millis(20));
    assert_eq!(advice(&client.into()).await, "an umbrella, to be safe");
    println!("no forecast: an umbrella");
    Ok(())
}

struct Almanac;

impl Weather for Almanac {
    async fn noon(&self, _city: &str) -> Result<f64, Error> {
        Ok(4.0)
    }
}

async fn the_real_service_is_called_as_in_earnest() -> Result<(), Error> {
    let broker = Broker::connect("memory://testing-real").await?;
    let server = Server::new(&broker, "weather", WeatherService::new(Almanac));
    tokio::spawn(server.run());
    let weather = WeatherClient::new(&broker, "weather");
    assert_eq!(advice(&weather).await, "a coat");
    println!("the almanac: a coat");
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    a_warm_day_needs_no_coat().await?;
    without_a_forecast_one_takes_an_umbrella().await?;
    the_real_service_is_called_as_in_earnest().await
}
