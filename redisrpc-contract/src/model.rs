//! A contract as data. What is empty, false or none is left out of the JSON.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeStruct as _};

use crate::{fingerprint::Fingerprint, types::is_option};

/// The form of the file that is written and read.
const FORM: u32 = 1;

/// A service as others see it.
///
/// Reading one through [`Deserialize`] ignores members that are not known, because
/// the server that was asked may be newer; [`Contract::from_json`], which is for
/// files, complains about them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Contract {
    /// The name of the trait or type that the service was written as.
    pub service: String,
    /// What the service does, in Markdown.
    pub doc: String,
    /// The methods, in the order they were written.
    pub methods: Vec<Method>,
}

/// One method of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Method {
    /// Its name on the wire.
    pub name: String,
    /// What it does, in Markdown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc: String,
    /// The arguments, in positional order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<Argument>,
    /// The type of what it returns, as Rust; `()` for nothing.
    #[serde(default = "unit", skip_serializing_if = "is_unit")]
    pub returns: String,
    /// The type of its own error, as Rust. Where it is the same text as
    /// [`returns`](Self::returns), that is an alias such as `io::Result<f64>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// How long a call may take unless the caller says otherwise, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// Whether callers wait for no reply.
    #[serde(default, skip_serializing_if = "is_false")]
    pub oneway: bool,
    /// Whether running it twice is the same as running it once.
    #[serde(default, skip_serializing_if = "is_false")]
    pub idempotent: bool,
    /// Other names the server answers to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
}

/// One argument of a method.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Argument {
    /// Its name on the wire.
    pub name: String,
    /// Its type, as Rust: `"type"` in the JSON.
    #[serde(rename = "type")]
    pub type_text: String,
    /// Whether it may be left out, and the server then has a value for it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub default: bool,
    /// Whether it takes all further positional arguments.
    #[serde(default, skip_serializing_if = "is_false")]
    pub rest: bool,
    /// Other names it may be passed by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
}

impl Contract {
    /// The contract of a service with this name and no methods yet.
    #[must_use]
    pub fn new(service: impl Into<String>) -> Self {
        Self {
            service: service.into(),
            ..Self::default()
        }
    }

    /// The method with this name or alias.
    #[must_use]
    pub fn method(&self, name: &str) -> Option<&Method> {
        let mut methods = self.methods.iter();
        methods.find(|method| method.names().any(|it| it == name))
    }

    /// A number that changes when a method, an argument or a type text changes;
    /// documentation does not count. It is the fingerprint of the service's
    /// descriptor, and in the JSON it is 16 hexadecimal digits, which are written for
    /// others and never read.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        let methods = self.methods.iter();
        methods
            .fold(Fingerprint::new(), |hash, method| method.hash(hash))
            .value()
    }
}

impl Method {
    /// A method with this name, without arguments, that returns nothing.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            doc: String::new(),
            arguments: Vec::new(),
            returns: unit(),
            error: None,
            timeout_ms: None,
            oneway: false,
            idempotent: false,
            aliases: Vec::new(),
        }
    }

    /// The argument with this name or alias.
    #[must_use]
    pub fn argument(&self, name: &str) -> Option<&Argument> {
        let mut arguments = self.arguments.iter();
        arguments.find(|argument| argument.names().any(|it| it == name))
    }

    /// The name, then the aliases.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        names(&self.name, &self.aliases)
    }

    fn hash(&self, hash: Fingerprint) -> Fingerprint {
        let hash = hash.method(&self.name, &self.returns, self.error.as_deref());
        let hash = self.arguments.iter().fold(hash, |hash, argument| {
            let Argument { default, rest, .. } = *argument;
            hash.argument(&argument.name, &argument.type_text, default, rest)
        });
        hash.end(self.oneway)
    }
}

impl Argument {
    /// An argument with this name and type.
    #[must_use]
    pub fn new(name: impl Into<String>, type_text: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            type_text: type_text.into(),
            default: false,
            rest: false,
            aliases: Vec::new(),
        }
    }

    /// Whether callers must pass it: it has no default, is no `Option`, and does not
    /// take the rest.
    #[must_use]
    pub fn is_required(&self) -> bool {
        !self.default && !self.rest && !is_option(&self.type_text)
    }

    /// The name, then the aliases.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        names(&self.name, &self.aliases)
    }
}

fn names<'a>(name: &'a str, aliases: &'a [String]) -> impl Iterator<Item = &'a str> {
    [name].into_iter().chain(aliases.iter().map(String::as_str))
}

fn unit() -> String {
    "()".to_owned()
}

fn is_unit(text: &str) -> bool {
    text == "()"
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl Serialize for Contract {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = if self.doc.is_empty() { 4 } else { 5 };
        let mut contract = serializer.serialize_struct("Contract", fields)?;
        contract.serialize_field("redisrpc", &FORM)?;
        contract.serialize_field("service", &self.service)?;
        if self.doc.is_empty() {
            contract.skip_field("doc")?;
        } else {
            contract.serialize_field("doc", &self.doc)?;
        }
        let fingerprint = format!("{:016x}", self.fingerprint());
        contract.serialize_field("fingerprint", &fingerprint)?;
        contract.serialize_field("methods", &self.methods)?;
        contract.end()
    }
}

impl<'de> Deserialize<'de> for Contract {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Written {
            redisrpc,
            service,
            doc,
            methods,
        } = Written::deserialize(deserializer)?;
        if redisrpc != FORM {
            let text = format!("a contract of form {redisrpc}; this release reads form {FORM}");
            return Err(de::Error::custom(text));
        }
        Ok(Self {
            service,
            doc,
            methods,
        })
    }
}

/// A contract as it is read.
#[derive(Deserialize)]
#[serde(rename = "Contract")]
struct Written {
    redisrpc: u32,
    service: String,
    #[serde(default)]
    doc: String,
    methods: Vec<Method>,
}
