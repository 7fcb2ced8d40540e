//! Where a broker's tasks run.

use std::{sync::Arc, task::Poll};

use tokio::runtime::Handle;

/// A runtime to spawn on: the program's, or one of the broker's own.
///
/// Shared by everything whose tasks run on it, because one of its own ends with
/// the last of them.
#[derive(Debug)]
pub(crate) struct Runtime {
    handle: Handle,
    #[cfg(feature = "blocking")]
    own: Option<tokio::runtime::Runtime>,
}

impl Runtime {
    /// The one this is called on.
    pub(super) fn current() -> Arc<Self> {
        Arc::new(Self {
            handle: Handle::current(),
            #[cfg(feature = "blocking")]
            own: None,
        })
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }
}

#[cfg(feature = "blocking")]
impl Runtime {
    /// One of the broker's own, with one thread, for programs that have none.
    pub(super) fn start() -> Result<Arc<Self>, crate::error::Error> {
        use crate::error::Error;

        if Handle::try_current().is_ok() {
            return Err(Error::Invalid(
                "`connect_blocking` was called inside of a runtime; use `connect(…).await`".into(),
            ));
        }
        let own = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("redisrpc")
            .enable_all()
            .build()
            .map_err(|error| Error::Invalid(format!("no thread for the broker: {error}")))?;
        Ok(Arc::new(Self {
            handle: own.handle().clone(),
            own: Some(own),
        }))
    }
}

#[cfg(feature = "blocking")]
impl Drop for Runtime {
    // Without waiting: the last handle may be dropped by one of its own tasks.
    fn drop(&mut self) {
        if let Some(own) = self.own.take() {
            own.shutdown_background();
        }
    }
}

/// Lets all tasks run that are ready to. `yield_now` would also look for I/O,
/// which costs a system call.
pub(crate) async fn let_others_run() {
    let mut they_ran = false;
    std::future::poll_fn(|cx| {
        if they_ran {
            return Poll::Ready(());
        }
        they_ran = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
