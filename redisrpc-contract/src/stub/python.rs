//! The client in Python.

use std::time::Duration;

use super::{
    arguments::{Arguments, Passed},
    documentation,
    kind::Kind,
    literal,
    names::{Names, pascal_case, snake_case},
    returned, service_doc,
};
use crate::{
    model::{Contract, Method},
    types::Type,
};

/// What every client is made of; the service's methods follow.
const HEAD: &str = include_str!("head.py");

/// Words that are no names in Python, or that have a meaning in the client.
const TAKEN: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "self", "try",
    "while", "with", "yield", "float", "int", "bool", "str", "list", "dict", "tuple", "_call",
    "_now", "_result",
];

/// A typed client for Python 3.9 and later, which `mypy --strict` accepts. It is
/// given a connection, a `redis.Redis` for example, and imports nothing but the
/// standard library.
///
/// Arguments that may be left out are keyword arguments, and are not sent when they
/// are `None`. Types that are not of Rust's standard library are `Any`. A tuple
/// comes back as the list that it is in JSON.
///
/// ```
/// use redisrpc_contract::{Argument, Contract, Method, stub};
///
/// let mut add = Method::new("add");
/// add.arguments.push(Argument::new("number", "f64"));
/// add.returns = "f64".to_owned();
/// let mut calculator = Contract::new("Calculator");
/// calculator.methods.push(add);
///
/// let client = stub::python(&calculator);
/// assert!(client.contains("class CalculatorClient:"));
/// assert!(client.contains("    def add(self, number: float) -> float:"));
/// ```
#[must_use]
pub fn python(contract: &Contract) -> String {
    let client = format!("{}Client", pascal_case(&contract.service));
    let mut text = HEAD
        .replace("SERVICE_DOC", &docstring(&service_doc(contract), 4))
        .replace("SERVICE", &contract.service.replace(['\\', '"'], "_"))
        .replace("Client_", &client);
    let mut names = Names::without(snake_case, TAKEN);
    for method in &contract.methods {
        text.push('\n');
        text.push_str(&written(method, &names.take(&method.name)));
    }
    text
}

// Output:
//     def paper(self, width: int, *, height: int | None = None) -> int:
//         """Calls `paper`."""
//         _result: int = self._call("paper", [width], {"height": height})
//         return _result
fn written(method: &Method, name: &str) -> String {
    let arguments = Arguments::of(method, &mut Names::without(snake_case, TAKEN));
    let returns = returned(method);
    let is_unit = method.oneway || returns == Type::Tuple(Vec::new());
    let ty = match is_unit {
        true => "None".to_owned(),
        false => returned_type(&returns),
    };
    let (head, doc) = (parameters(&arguments), docstring(&documentation(method), 8));
    let call = call(method, &arguments);
    let body = match is_unit {
        true => format!("        {call}\n"),
        false => format!("        _result: {ty} = {call}\n        return _result\n"),
    };
    format!("    def {name}({head}) -> {ty}:\n{doc}{body}")
}

fn parameters(arguments: &Arguments<'_>) -> String {
    let mut all = vec!["self".to_owned()];
    let typed = |it: &Passed<'_>| format!("{}: {}", it.name, sent_type(&it.ty));
    all.extend(arguments.placed.iter().map(typed));
    match &arguments.rest {
        Some(rest) => all.push(format!("*{}", typed(rest))),
        None if !arguments.named.is_empty() => all.push("*".to_owned()),
        None => {}
    }
    all.extend(arguments.named.iter().map(|it| match it.required {
        true => typed(it),
        false => format!("{}: {} = None", it.name, optional(&sent_type(&it.ty))),
    }));
    all.join(", ")
}

fn call(method: &Method, arguments: &Arguments<'_>) -> String {
    let mut call = format!(
        "self._call({}, [{}], {{{}}}",
        literal(&method.name),
        arguments.values("*"),
        arguments.members("")
    );
    if let Some(ms) = method.timeout_ms {
        let seconds = Duration::from_millis(ms).as_secs_f64();
        call.push_str(&format!(", timeout={seconds:?}"));
    }
    if method.oneway {
        call.push_str(", oneway=True");
    }
    call + ")"
}

fn optional(ty: &str) -> String {
    match ty {
        "Any" | "None" => ty.to_owned(),
        _ if ty.ends_with("| None") => ty.to_owned(),
        _ => format!("{ty} | None"),
    }
}

fn sent_type(ty: &Type) -> String {
    type_text(ty, &|parts| format!("tuple[{}]", parts.join(", ")))
}

/// Lists are what JSON has of tuples.
fn returned_type(ty: &Type) -> String {
    type_text(ty, &|mut parts| {
        parts.sort();
        parts.dedup();
        format!("list[{}]", parts.join(" | "))
    })
}

fn type_text(ty: &Type, tuple: &dyn Fn(Vec<String>) -> String) -> String {
    let text = |ty: &Type| type_text(ty, tuple);
    match Kind::of(ty) {
        Kind::Unit => "None".to_owned(),
        Kind::Float => "float".to_owned(),
        Kind::Integer => "int".to_owned(),
        Kind::Bool => "bool".to_owned(),
        Kind::Text => "str".to_owned(),
        Kind::Optional(inside) => optional(&text(inside)),
        Kind::List(item) => format!("list[{}]", text(item)),
        Kind::Tuple(parts) => tuple(parts.iter().map(text).collect()),
        Kind::Map(value) => format!("dict[str, {}]", text(value)),
        Kind::Unknown => "Any".to_owned(),
    }
}

/// The text as a docstring, at this depth.
fn docstring(text: &str, depth: usize) -> String {
    let (space, text) = (" ".repeat(depth), text.replace('\\', "\\\\"));
    let text = text.replace("\"\"\"", "\\\"\\\"\\\"");
    let lines: Vec<_> = text.lines().collect();
    let mut doc = format!("{space}\"\"\"{}", lines.join(&format!("\n{space}")));
    if lines.len() > 1 || doc.ends_with('"') {
        doc.push('\n');
        doc.push_str(&space);
    }
    doc.push_str("\"\"\"\n");
    let without_ends = doc.lines().map(str::trim_end).collect::<Vec<_>>();
    without_ends.join("\n") + "\n"
}
