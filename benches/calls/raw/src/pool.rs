//! Connections of which each has one call at a time, as many as there are calls.

use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex},
};

/// Those that have no call now.
pub struct Pool<T>(Arc<Mutex<Vec<T>>>);

/// A connection on loan: back in the pool when it is dropped.
pub struct Loan<T> {
    pool: Pool<T>,
    connection: Option<T>,
}

impl<T> Pool<T> {
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Vec::new())))
    }

    /// One that has no call, or a new one.
    pub async fn take(&self, connect: impl AsyncFnOnce() -> T) -> Loan<T> {
        let free = self.0.lock().expect("nothing panics with the lock").pop();
        let connection = match free {
            Some(connection) => connection,
            None => connect().await,
        };
        Loan {
            pool: self.clone(),
            connection: Some(connection),
        }
    }
}

impl<T> Clone for Pool<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Drop for Loan<T> {
    fn drop(&mut self) {
        if let (Ok(mut pool), Some(connection)) = (self.pool.0.lock(), self.connection.take()) {
            pool.push(connection);
        }
    }
}

impl<T> Deref for Loan<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.connection.as_ref().expect("there until the drop")
    }
}

impl<T> DerefMut for Loan<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.connection.as_mut().expect("there until the drop")
    }
}
