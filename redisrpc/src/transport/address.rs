//! Where a broker is, as its user says it.

use std::fmt;

/// A broker's address, and what is needed to trust who answers there.
pub(crate) struct Address {
    pub(crate) url: String,
    pub(crate) certificates: Certificates,
}

/// Certificates as they were given: PEM, not looked at yet.
#[derive(Default)]
pub(crate) struct Certificates {
    /// Whom to trust, instead of those whom the system trusts; none if empty.
    pub(crate) authorities: Vec<Vec<u8>>,
    /// What to show to a server that asks who is calling.
    pub(crate) client: Option<Identity>,
}

/// A certificate with its key.
#[cfg_attr(not(feature = "tls"), expect(dead_code, reason = "TLS reads it"))]
pub(crate) struct Identity {
    pub(crate) certificate: Vec<u8>,
    pub(crate) key: Vec<u8>,
}

impl Certificates {
    pub(crate) fn is_empty(&self) -> bool {
        self.authorities.is_empty() && self.client.is_none()
    }
}

impl Address {
    /// Its parts: what stands before `://`, and what stands after it.
    pub(crate) fn scheme_and_rest(&self) -> Option<(&str, &str)> {
        self.url.split_once("://")
    }
}

impl<T: AsRef<str>> From<T> for Address {
    fn from(url: T) -> Self {
        Self {
            url: url.as_ref().to_owned(),
            certificates: Certificates::default(),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The scheme alone: the rest may hold a password, and a key is secret.
        let scheme = self.scheme_and_rest().map(|(scheme, _)| scheme);
        f.debug_struct("Address")
            .field("scheme", &scheme)
            .field("authorities", &self.certificates.authorities.len())
            .field("identity", &self.certificates.client.is_some())
            .finish_non_exhaustive()
    }
}
