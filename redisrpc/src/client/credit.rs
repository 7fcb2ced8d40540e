//! Tells servers how many items of their streams are taken.

use std::sync::Arc;

use tokio::{
    sync::mpsc,
    time::{self, Instant},
};

use super::{
    Shared,
    cancel::{UNHEARD, push},
    pending::CallId,
};
use crate::{credit::SIGN, transport::Push};

/// Most streams told of at once.
const BATCH: usize = 256;

/// Says of each stream of which more is taken how much, until the last client is gone;
/// and of all of them now and then that they are still wanted. What is said is said of
/// the whole stream, so that it may get lost, or be said twice.
pub(super) async fn tell(shared: Arc<Shared>, mut more: mpsc::UnboundedReceiver<CallId>) {
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        if more.recv_many(&mut batch, BATCH).await == 0 {
            return;
        }
        let mut sign = Instant::now() + SIGN;
        // While there are any.
        while !batch.is_empty() {
            say(&shared, &batch).await;
            batch.clear();
            let _ = time::timeout_at(sign, more.recv_many(&mut batch, BATCH)).await;
            // Also where there is always something to say of some.
            if Instant::now() >= sign {
                batch = shared.pending().streams();
                sign = Instant::now() + SIGN;
            }
        }
    }
}

async fn say(shared: &Shared, streams: &[CallId]) {
    let pushes = pushes(shared, streams);
    if let Err(error) = push(shared, &pushes).await {
        let error = error.report();
        tracing::debug!(error, "could not tell servers of streams how much is taken");
    }
}

fn pushes(shared: &Shared, streams: &[CallId]) -> Vec<Push> {
    let mut pending = shared.pending();
    let told = streams.iter().filter_map(|&id| pending.credit(id));
    told.map(|(list, message)| Push {
        list,
        message,
        expire: Some(UNHEARD),
    })
    .collect()
}
