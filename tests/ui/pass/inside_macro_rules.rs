macro_rules! services {
    ($name:ident, $method:ident, $ty:ty, $result:ty, $default:expr, $queue:literal) => {
        struct $name;

        #[redisrpc::service(queue = $queue)]
        impl $name {
            pub fn $method(&self, value: $ty, #[rpc(default = $default)] more: $ty) -> $ty {
                value + more
            }

            pub async fn checked(&self, value: $ty, list: &[$ty], maybe: Option<$ty>) -> $result {
                let _ = (list, maybe);
                Ok(value)
            }
        }
    };
}

services!(Adder, add, f64, Result<f64, String>, 2.0, "adder");

macro_rules! borrowed {
    ($text:ty, $list:ty) => {
        struct Borrower;

        #[redisrpc::service]
        impl Borrower {
            pub fn lengths(&self, text: $text, list: $list) -> usize {
                text.len() + list.len()
            }
        }
    };
}

borrowed!(&str, &[u8]);

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let broker = redisrpc::Broker::connect("memory://inside_macro_rules").await.unwrap();
    tokio::spawn(redisrpc::Server::new(&broker, "service", Borrower).run());
    tokio::spawn(redisrpc::Server::new(&broker, AdderClient::QUEUE, Adder).run());
    let adder = AdderClient::on_default_queue(&broker);
    assert_eq!(adder.add(1.0, 3.0).await.unwrap(), 4.0);
    assert_eq!(adder.checked(1.0, &[], None).await.unwrap(), 1.0);
    let borrower = BorrowerClient::new(&broker, "service");
    assert_eq!(borrower.lengths("ab", &[1]).await.unwrap(), 3);
}
