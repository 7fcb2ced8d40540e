// mistakes: 1

pub struct Many(pub std::cell::Cell<u8>);

#[redisrpc::service]
impl Many {
    pub fn m1(&self) {}
    pub fn m2(&self) {}
    pub fn m3(&self) {}
    pub fn m4(&self) {}
    pub fn m5(&self) {}
    pub fn m6(&self) {}
    pub fn m7(&self) {}
    pub fn m8(&self) {}
    pub fn m9(&self) {}
    pub fn m10(&self) {}
    pub fn m11(&self) {}
    pub fn m12(&self) {}
    pub fn m13(&self) {}
    pub fn m14(&self) {}
    pub fn m15(&self) {}

    pub async fn m16(&self) -> u8 {
        self.0.get()
    }

    pub async fn m17(&self) -> std::result::Result<u8, String> {
        Ok(self.0.get())
    }
}

fn main() {
    let _ = |broker| redisrpc::Server::new(broker, "many", Many(Default::default()));
}
