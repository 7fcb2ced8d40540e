#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Point {
    x: f64,
}

impl Point {
    const ORIGIN: Self = Self { x: 0.0 };
}

#[redisrpc::service]
impl Point {
    pub fn minus(&self, #[rpc(default = Self::ORIGIN)] other: Self) -> f64 {
        self.x - other.x
    }

    pub fn plus(&self, other: Self) -> Self {
        Self { x: self.x + other.x }
    }

    pub fn all(&self, others: &[Self], last: Option<&Self>) -> Vec<Self> {
        others.iter().chain(last).cloned().collect()
    }

    pub async fn checked(&self, other: &Self) -> Result<Self, String> {
        Ok(other.clone())
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let broker = redisrpc::Broker::connect("memory://self_type_in_an_impl").await.unwrap();
    tokio::spawn(redisrpc::Server::new(&broker, "service", Point { x: 1.0 }).run());
    let point = PointClient::new(&broker, "service");
    let minus = redisrpc::Client::new(&broker, "service").call("minus");
    assert_eq!(minus.returning::<f64>().await.unwrap(), 1.0);
    assert_eq!(point.plus(Point { x: 1.0 }).await.unwrap(), Point { x: 2.0 });
    let two = Point { x: 2.0 };
    assert_eq!(point.all(&[two.clone()], Some(&two)).await.unwrap().len(), 2);
    assert_eq!(point.checked(&two).await.unwrap(), two);
}
