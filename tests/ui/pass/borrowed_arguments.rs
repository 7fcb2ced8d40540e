use std::borrow::Cow;

#[derive(serde::Serialize, serde::Deserialize)]
struct Point {
    x: f64,
}

struct Shapes;

#[redisrpc::service]
impl Shapes {
    pub fn text(&self, text: &str) -> String {
        text.to_uppercase()
    }

    pub async fn maybe(&self, text: Option<&str>) -> usize {
        text.map_or(0, str::len)
    }

    pub fn cow(&self, text: Cow<'_, str>, owned: Cow<'static, str>) -> String {
        format!("{text}{owned}")
    }

    pub fn list(&self, points: &[Point]) -> f64 {
        points.iter().map(|point| point.x).sum()
    }

    pub fn one(&self, point: &Point) -> f64 {
        point.x
    }

    pub async fn maybe_one(&self, point: Option<&Point>, points: Option<&[Point]>) -> f64 {
        point.map_or(0.0, |point| point.x) + points.map_or(0.0, |points| self.list(points))
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let broker = redisrpc::Broker::connect("memory://borrowed_arguments").await.unwrap();
    tokio::spawn(redisrpc::Server::new(&broker, "service", Shapes).run());
    let shapes = ShapesClient::new(&broker, "service");
    let text = String::from("a \"quoted\" \n line \\ \u{1F600}");
    assert_eq!(shapes.text(&text).await.unwrap(), text.to_uppercase());
    assert_eq!(shapes.maybe(Some("abc")).await.unwrap(), 3);
    assert_eq!(shapes.maybe(None).await.unwrap(), 0);
    assert_eq!(shapes.cow(Cow::Borrowed("a\t"), Cow::Borrowed("b")).await.unwrap(), "a\tb");
    let points = [Point { x: 1.0 }, Point { x: 2.0 }];
    assert_eq!(shapes.list(&points).await.unwrap(), 3.0);
    assert_eq!(shapes.one(&points[1]).await.unwrap(), 2.0);
    assert_eq!(shapes.maybe_one(Some(&points[0]), Some(&points)).await.unwrap(), 4.0);
    assert_eq!(shapes.maybe_one(None, None).await.unwrap(), 0.0);
}
