//! What tests of one program share to save time: started by the first that asks,
//! stopped with the last that has it.

use std::{
    ops::Deref,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use crate::{cluster::RedisCluster, sentinel::Sentinels};

macro_rules! shared {
    ($(#[$doc:meta])* $name:ident, $of:ty) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name(Arc<$of>);

        impl $name {
            /// The one there is, or a new one.
            ///
            /// # Panics
            ///
            /// When it does not come up.
            #[must_use]
            pub fn get() -> Self {
                static THERE: Mutex<Weak<$of>> = Mutex::new(Weak::new());
                let mut there = THERE.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(there) = there.upgrade() {
                    return Self(there);
                }
                let new = Arc::new(<$of>::start());
                *there = Arc::downgrade(&new);
                Self(new)
            }
        }

        impl Deref for $name {
            type Target = $of;

            fn deref(&self) -> &$of {
                &self.0
            }
        }
    };
}

shared! {
    /// A cluster for tests that change nothing about it, each with keys of its own.
    SharedCluster, RedisCluster
}

shared! {
    /// Sentinels for tests that change nothing about them, each with keys of its own.
    SharedSentinels, Sentinels
}
