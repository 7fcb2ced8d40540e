//! The two ends of stopping: who commands, and who obeys.

use tokio::sync::watch;

use crate::discovery::State;

/// Stops a server while it runs; from [`Server::handle`](crate::Server::handle).
#[derive(Debug, Clone)]
pub struct ServerHandle {
    state: watch::Sender<State>,
}

impl ServerHandle {
    /// Tells the server to stop: it takes no more requests, answers those it has,
    /// and then its `run` returns. Returns at once; calling it again does nothing.
    pub fn shutdown(&self) {
        self.state.send_replace(State::Stopping);
    }

    /// Tells the server to take no more requests for now: it runs those it has, says
    /// on that it lives, and leaves the queue to others until it is told to
    /// [`resume`](Self::resume). Does nothing to one that is stopping.
    pub fn quiet(&self) {
        self.go_on_as(State::Quiet);
    }

    /// Tells the server to take requests again, after [`quiet`](Self::quiet).
    pub fn resume(&self) {
        self.go_on_as(State::Running);
    }

    fn go_on_as(&self, state: State) {
        self.state.send_if_modified(|now| {
            let goes_on = !matches!(*now, State::Stopping) && *now != state;
            if goes_on {
                *now = state;
            }
            goes_on
        });
    }

    /// Resolves when the server's `run` has returned, or was dropped.
    ///
    /// # Cancel safety
    ///
    /// May be dropped and called again at any time.
    pub async fn stopped(&self) {
        self.state.closed().await;
    }
}

/// The server's end. Dropped when the server has stopped.
#[derive(Debug, Clone)]
pub(super) struct StopSignal {
    state: watch::Sender<State>,
    watched: watch::Receiver<State>,
}

impl StopSignal {
    pub(super) fn new() -> Self {
        let (state, watched) = watch::channel(State::Running);
        Self { state, watched }
    }

    pub(super) fn handle(&self) -> ServerHandle {
        ServerHandle {
            state: self.state.clone(),
        }
    }

    /// For those who are to know.
    pub(super) fn watched(&self) -> Stopping {
        Stopping(self.watched.clone())
    }

    /// What the server was told last.
    pub(super) fn state(&self) -> State {
        *self.watched.borrow()
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.state() == State::Stopping
    }

    /// Resolves when the server is told to stop.
    pub(super) async fn stopping(&self) {
        self.wait_for(|state| state == State::Stopping).await;
    }

    /// Resolves when the server is in another state than this.
    pub(super) async fn is_no_longer(&self, state: State) {
        self.wait_for(|now| now != state).await;
    }

    async fn wait_for(&self, is: impl Fn(State) -> bool) {
        // It holds a sender itself, so the channel cannot be closed.
        let _ = self.watched.clone().wait_for(|state| is(*state)).await;
    }
}

/// Whether a server is to stop.
#[derive(Debug)]
pub(super) struct Stopping(watch::Receiver<State>);

impl Stopping {
    pub(super) fn is_stopping(&self) -> bool {
        *self.0.borrow() == State::Stopping
    }
}

/// Resolves when the process is asked to end: by SIGTERM, or by SIGINT (Ctrl-C).
///
/// ```no_run
/// # async fn example(server: redisrpc::Server) -> Result<(), redisrpc::Error> {
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
