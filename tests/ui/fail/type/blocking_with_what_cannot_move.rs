// mistakes: 1

#[derive(serde::Serialize, serde::Deserialize)]
pub struct Node {
    pub name: String,
    #[serde(skip)]
    pub parent: std::rc::Rc<u8>,
}

pub struct Tree;

#[redisrpc::service]
impl Tree {
    #[rpc(blocking)]
    pub fn put(&self, node: Node) {
        drop(node);
    }
}

fn main() {}
