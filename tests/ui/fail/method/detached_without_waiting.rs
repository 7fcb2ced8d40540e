// mistakes: 2

struct Journal;

#[redisrpc::service]
impl Journal {
    #[rpc(detached)]
    pub fn write(&self) {}

    #[rpc(blocking, detached)]
    pub fn flush(&self) {}

    #[rpc(detached)]
    pub async fn sync(&self) {}
}

fn main() {}
