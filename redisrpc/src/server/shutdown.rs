//! The two ends of stopping: who commands, and who obeys.

use tokio::sync::watch;

/// Stops a server while it runs; from [`Server::handle`](crate::Server::handle).
#[derive(Debug, Clone)]
pub struct ServerHandle {
    stop: watch::Sender<bool>,
}

impl ServerHandle {
    /// Tells the server to stop: it takes no more requests, answers those it has,
    /// and then its `run` returns. Returns at once; calling it again does nothing.
    pub fn shutdown(&self) {
        self.stop.send_replace(true);
    }

    /// Resolves when the server's `run` has returned, or was dropped.
    ///
    /// # Cancel safety
    ///
    /// May be dropped and called again at any time.
    pub async fn stopped(&self) {
        self.stop.closed().await;
    }
}

/// The server's end. Dropped when the server has stopped.
#[derive(Debug, Clone)]
pub(super) struct StopSignal {
    stop: watch::Sender<bool>,
    stopping: watch::Receiver<bool>,
}

impl StopSignal {
    pub(super) fn new() -> Self {
        let (stop, stopping) = watch::channel(false);
        Self { stop, stopping }
    }

    pub(super) fn handle(&self) -> ServerHandle {
        ServerHandle {
            stop: self.stop.clone(),
        }
    }

    /// For those who are to know.
    pub(super) fn watched(&self) -> Stopping {
        Stopping(self.stopping.clone())
    }

    pub(super) fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Resolves when the server is told to stop.
    pub(super) async fn stopping(&self) {
        // It holds a sender itself, so the channel cannot be closed.
        let _ = self.stopping.clone().wait_for(|stop| *stop).await;
    }
}

/// Whether a server is to stop.
#[derive(Debug)]
pub(super) struct Stopping(watch::Receiver<bool>);

impl Stopping {
    pub(super) fn is_stopping(&self) -> bool {
        *self.0.borrow()
    }
}

/// Resolves when the process is asked to end: by SIGTERM, or by SIGINT (Ctrl-C).
///
/// ```no_run
/// # async fn example(server: redisrpc::Server<impl redisrpc::Service>) -> Result<(), redisrpc::Error> {
/// // no_run: it waits for a signal
/// server.run_until(redisrpc::terminated()).await
/// # }
/// ```
///
/// # Cancel safety
///
/// May be dropped at any time. Once called, these signals no longer end the
/// process by themselves.
pub async fn terminated() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let terminate = signal(SignalKind::terminate());
        if let Ok(mut terminate) = terminate {
            tokio::select! {
                _ = terminate.recv() => return,
                pressed = tokio::signal::ctrl_c() => if pressed.is_ok() {
                    return;
                },
            }
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        // No signals here: nothing will ever ask.
        std::future::pending::<()>().await;
    }
}
