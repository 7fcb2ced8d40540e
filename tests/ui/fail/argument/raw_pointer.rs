// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    fn read(&self, pointer: *const u8) -> u8;
}

fn main() {}
