//! What is like a mistake where both are in one module.

use redisrpc::Service as _;

mod first {
    pub struct Calculator;

    #[redisrpc::service]
    impl Calculator {
        pub fn add(&self, number: f64) -> f64 {
            number
        }
    }
}

#[allow(dead_code, reason = "names, and no more")]
mod second {
    pub struct Calculator;

    pub struct CalculatorClient;
    pub struct CalculatorMock;
    pub struct CalculatorBlockingClient;
    pub struct CalculatorService;

    #[redisrpc::service(client = Caller)]
    impl Calculator {
        pub fn add(&self, number: f64) -> f64 {
            number
        }
    }
}

mod one_of_two {
    pub struct Calculator;

    #[cfg(unix)]
    #[redisrpc::service]
    impl Calculator {
        pub fn add(&self, number: f64) -> f64 {
            number
        }
    }

    #[cfg(not(unix))]
    #[redisrpc::service]
    impl Calculator {
        pub fn add(&self, number: f64) -> f64 {
            number
        }
    }

    #[cfg(not(unix))]
    pub struct CalculatorClient;
}

fn in_blocks() -> [&'static str; 2] {
    struct Calculator;

    #[redisrpc::service]
    impl Calculator {
        pub fn sub(&self, number: f64) -> f64 {
            -number
        }
    }

    let inner = {
        struct Calculator;

        #[redisrpc::service]
        impl Calculator {
            pub fn div(&self, number: f64) -> f64 {
                1.0 / number
            }
        }
        Calculator::DESCRIPTOR.methods()[0].name()
    };
    [Calculator::DESCRIPTOR.methods()[0].name(), inner]
}

pub fn main() {
    assert_eq!(first::Calculator::DESCRIPTOR.methods().len(), 1);
    assert_eq!(second::Calculator::DESCRIPTOR.methods().len(), 1);
    assert_eq!(one_of_two::Calculator::DESCRIPTOR.methods().len(), 1);
    assert_eq!(in_blocks(), ["sub", "div"]);
}
