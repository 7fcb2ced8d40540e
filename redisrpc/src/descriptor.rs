//! What a service looks like from outside, as constants.
//!
//! The macro writes one [`ServiceDescriptor`] per service. It is what arguments
//! are bound by, what error texts list, and what discovery will publish.

mod contract;

use redisrpc_contract::Fingerprint;

/// A service: its name, its documentation and its methods.
#[derive(Debug)]
pub struct ServiceDescriptor {
    name: &'static str,
    version: Option<&'static str>,
    doc: &'static str,
    methods: &'static [&'static MethodDescriptor],
}

/// One method of a service, under its name on the wire.
#[derive(Debug)]
pub struct MethodDescriptor {
    name: &'static str,
    aliases: &'static [&'static str],
    doc: &'static str,
    arguments: &'static [ArgumentDescriptor],
    returns: &'static str,
    error: Option<&'static str>,
    timeout_ms: Option<u64>,
    oneway: bool,
    idempotent: bool,
    detached: bool,
}

/// One argument of a method, under its name on the wire.
#[derive(Debug)]
pub struct ArgumentDescriptor {
    name: &'static str,
    aliases: &'static [&'static str],
    type_text: &'static str,
    default: bool,
    rest: bool,
}

impl ServiceDescriptor {
    #[doc(hidden)]
    #[must_use]
    pub const fn new(
        name: &'static str,
        doc: &'static str,
        methods: &'static [&'static MethodDescriptor],
    ) -> Self {
        Self {
            name,
            version: None,
            doc,
            methods,
        }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn with_version(mut self, version: Option<&'static str>) -> Self {
        self.version = version;
        self
    }

    /// The version of the package that defines the service, if Cargo built it. It does
    /// not count in the fingerprint.
    #[must_use]
    pub const fn version(&self) -> Option<&'static str> {
        self.version
    }

    /// The name of the trait or type the service was written as.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The documentation of the trait or impl block; empty if there is none.
    #[must_use]
    pub const fn doc(&self) -> &'static str {
        self.doc
    }

    /// The methods, in the order they were written.
    #[must_use]
    pub const fn methods(&self) -> &'static [&'static MethodDescriptor] {
        self.methods
    }

    /// The method with this name or alias.
    #[must_use]
    pub fn method(&self, name: &str) -> Option<&'static MethodDescriptor> {
        self.methods
            .iter()
            .copied()
            .find(|method| method.name == name || method.aliases.contains(&name))
    }

    /// A number that changes when a method, an argument or a type text changes.
    ///
    /// Documentation does not count. Two peers with equal fingerprints were
    /// written against the same contract.
    #[must_use]
    pub const fn fingerprint(&self) -> u64 {
        let mut hash = Fingerprint::new();
        let mut index = 0;
        while index < self.methods.len() {
            hash = self.methods[index].hash(hash);
            index += 1;
        }
        hash.value()
    }
}

impl MethodDescriptor {
    #[doc(hidden)]
    #[must_use]
    pub const fn new(
        name: &'static str,
        arguments: &'static [ArgumentDescriptor],
        returns: &'static str,
    ) -> Self {
        Self {
            name,
            aliases: &[],
            doc: "",
            arguments,
            returns,
            error: None,
            timeout_ms: None,
            oneway: false,
            idempotent: false,
            detached: false,
        }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn with_aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn with_doc(mut self, doc: &'static str) -> Self {
        self.doc = doc;
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn with_error(mut self, error: &'static str) -> Self {
        self.error = Some(error);
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn with_timeout_ms(mut self, timeout_ms: u64) -> Self {
        self.timeout_ms = Some(timeout_ms);
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn with_oneway(mut self) -> Self {
        self.oneway = true;
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn with_idempotent(mut self) -> Self {
        self.idempotent = true;
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn with_detached(mut self) -> Self {
        self.detached = true;
        self
    }

    /// The name callers use.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Other names the server answers to.
    #[must_use]
    pub const fn aliases(&self) -> &'static [&'static str] {
        self.aliases
    }

    /// The method's documentation; empty if there is none.
    #[must_use]
    pub const fn doc(&self) -> &'static str {
        self.doc
    }

    /// The arguments, in positional order.
    #[must_use]
    pub const fn arguments(&self) -> &'static [ArgumentDescriptor] {
        self.arguments
    }

    /// The type of the return value as it was written; `()` for none.
    #[must_use]
    pub const fn returns(&self) -> &'static str {
        self.returns
    }

    /// The type of the method's own error as it was written, if it has one.
    #[must_use]
    pub const fn error(&self) -> Option<&'static str> {
        self.error
    }

    /// How long a call may take unless the caller says otherwise, in milliseconds.
    #[must_use]
    pub const fn timeout_ms(&self) -> Option<u64> {
        self.timeout_ms
    }

    /// Whether callers wait for no reply.
    #[must_use]
    pub const fn is_oneway(&self) -> bool {
        self.oneway
    }

    /// Whether running the method twice is the same as running it once.
    #[must_use]
    pub const fn is_idempotent(&self) -> bool {
        self.idempotent
    }

    /// Whether the method goes on when its caller has given up.
    #[must_use]
    pub const fn is_detached(&self) -> bool {
        self.detached
    }

    const fn hash(&self, hash: Fingerprint) -> Fingerprint {
        let mut hash = hash.method(self.name, self.returns, self.error);
        let mut index = 0;
        while index < self.arguments.len() {
            let argument = &self.arguments[index];
            let ArgumentDescriptor { default, rest, .. } = *argument;
            hash = hash.argument(argument.name, argument.type_text, default, rest);
            index += 1;
        }
        hash.end(self.oneway)
    }
}

impl ArgumentDescriptor {
    #[doc(hidden)]
    #[must_use]
    pub const fn new(name: &'static str, type_text: &'static str) -> Self {
        Self {
            name,
            aliases: &[],
            type_text,
            default: false,
            rest: false,
        }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn with_aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn with_default(mut self) -> Self {
        self.default = true;
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn with_rest(mut self) -> Self {
        self.rest = true;
        self
    }

    /// The name callers may pass it by.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Other names callers may pass it by.
    #[must_use]
    pub const fn aliases(&self) -> &'static [&'static str] {
        self.aliases
    }

    /// The argument's type as it was written.
    #[must_use]
    pub const fn type_text(&self) -> &'static str {
        self.type_text
    }

    /// Whether it has a default and may be left out. An `Option` may be left
    /// out too; that is decided by its type and not told here.
    #[must_use]
    pub const fn has_default(&self) -> bool {
        self.default
    }

    /// Whether it takes all further positional arguments.
    #[must_use]
    pub const fn is_rest(&self) -> bool {
        self.rest
    }

    /// Whether `name` is the argument's name or one of its aliases.
    pub(crate) fn answers_to(&self, name: &str) -> bool {
        self.name == name || self.aliases.contains(&name)
    }
}

#[cfg(test)]
mod tests {
    use redisrpc_contract::Contract;

    use super::*;

    static PLAIN: MethodDescriptor =
        MethodDescriptor::new("add", &[ArgumentDescriptor::new("number", "f64")], "f64");
    static DOCUMENTED: MethodDescriptor =
        MethodDescriptor::new("add", &[ArgumentDescriptor::new("number", "f64")], "f64")
            .with_doc("Adds.");
    static OTHER_TYPE: MethodDescriptor =
        MethodDescriptor::new("add", &[ArgumentDescriptor::new("number", "f32")], "f64");

    static FIRST: ServiceDescriptor = ServiceDescriptor::new("Calculator", "", &[&PLAIN]);
    static SECOND: ServiceDescriptor = ServiceDescriptor::new("Calculator", "", &[&DOCUMENTED]);
    static THIRD: ServiceDescriptor = ServiceDescriptor::new("Calculator", "", &[&OTHER_TYPE]);

    #[test]
    fn the_fingerprint_follows_types_and_not_documentation() {
        assert_eq!(FIRST.fingerprint(), SECOND.fingerprint());
        assert_ne!(FIRST.fingerprint(), THIRD.fingerprint());
    }
    #[test]
    fn a_contract_has_the_fingerprint_of_its_descriptor() {
        for service in [&FIRST, &SECOND, &THIRD] {
            let contract = Contract::from(service);
            assert_eq!(contract.fingerprint(), service.fingerprint());
            assert_eq!(Contract::from_json(&contract.to_json()), Ok(contract));
        }
    }
}
