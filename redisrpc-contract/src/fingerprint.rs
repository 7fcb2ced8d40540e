//! The number by which two contracts are told apart.

/// Takes in the parts of a contract, one after the other. FNV-1a, because it fits in
/// a constant: generated descriptors and contracts that were read use the same code.
#[derive(Clone, Copy, Debug)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// That of a service without methods.
    #[must_use]
    pub const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// A method begins.
    #[must_use]
    pub const fn method(self, name: &str, returns: &str, error: Option<&str>) -> Self {
        let hash = self.text(name).text(returns);
        match error {
            Some(error) => hash.text(error),
            None => hash,
        }
    }

    /// The next argument of the method.
    #[must_use]
    pub const fn argument(self, name: &str, type_text: &str, default: bool, rest: bool) -> Self {
        self.text(name)
            .text(type_text)
            .byte(default as u8)
            .byte(rest as u8)
    }

    /// The method ends.
    #[must_use]
    pub const fn end(self, oneway: bool) -> Self {
        self.byte(oneway as u8)
    }

    /// The number.
    #[must_use]
    pub const fn value(self) -> u64 {
        self.0
    }

    const fn byte(self, byte: u8) -> Self {
        Self((self.0 ^ byte as u64).wrapping_mul(0x0000_0100_0000_01b3))
    }

    /// Mixes in a text and its end, so that `ab`, `c` differs from `a`, `bc`.
    const fn text(mut self, text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut index = 0;
        while index < bytes.len() {
            self = self.byte(bytes[index]);
            index += 1;
        }
        self.byte(0xff)
    }
}

impl Default for Fingerprint {
    fn default() -> Self {
        Self::new()
    }
}
