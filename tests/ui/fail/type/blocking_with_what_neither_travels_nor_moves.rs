// mistakes: 3

use std::rc::Rc;

pub struct Calculator;

#[redisrpc::service]
impl Calculator {
    #[rpc(blocking)]
    pub fn add(&self, number: Rc<f64>) -> Rc<u8> {
        Rc::new(*number as u8)
    }

    #[rpc(blocking)]
    pub fn try_add(&self) -> Result<Rc<u16>, String> {
        Ok(Rc::new(1))
    }
}

fn main() {}
