//! Values that layers put in the reach of methods, one of each type.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    fmt,
};

/// Values of any types, one of each: what layers leave for layers after them, and for
/// the method, which finds them in its [`Context`](crate::Context::get).
///
/// ```
/// use redisrpc::middleware::Extensions;
///
/// let mut extensions = Extensions::default();
/// extensions.insert("a user");
/// extensions.insert(5_u32);
/// assert_eq!(extensions.get::<&str>(), Some(&"a user"));
/// assert_eq!(extensions.get::<u64>(), None);
/// ```
#[derive(Default)]
pub struct Extensions(HashMap<TypeId, Box<dyn Any + Send + Sync>>);

impl Extensions {
    /// Adds a value, in the place of one of the same type.
    pub fn insert<T: Send + Sync + 'static>(&mut self, value: T) {
        self.0.insert(TypeId::of::<T>(), Box::new(value));
    }

    /// The value of this type.
    #[must_use]
    pub fn get<T: 'static>(&self) -> Option<&T> {
        self.0.get(&TypeId::of::<T>())?.downcast_ref()
    }
}

impl fmt::Debug for Extensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extensions").finish_non_exhaustive()
    }
}
