//! The client in Python.

use super::{
    arguments::{Arguments, Passed},
    documentation, literal,
    names::{Names, pascal_case, snake_case},
    returned, seconds,
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

fn service_doc(contract: &Contract) -> String {
    let summary = format!("Calls the service `{}`.", contract.service);
    match contract.doc.as_str() {
        "" => summary,
        doc => format!("{summary}\n\n{doc}"),
    }
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
    let mut placed: Vec<_> = arguments.placed.iter().map(|it| it.name.clone()).collect();
    placed.extend(arguments.rest.iter().map(|it| format!("*{}", it.name)));
    let named = arguments.named.iter();
    let named: Vec<_> = named
        .map(|it| format!("{}: {}", literal(it.wire), it.name))
        .collect();
    let mut call = format!(
        "self._call({}, [{}], {{{}}}",
        literal(&method.name),
        placed.join(", "),
        named.join(", ")
    );
    if let Some(ms) = method.timeout_ms {
        call.push_str(&format!(", timeout={}", seconds(ms)));
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
    match ty {
        Type::Tuple(parts) if parts.is_empty() => return "None".to_owned(),
        Type::Tuple(parts) => return tuple(parts.iter().map(text).collect()),
        Type::List(item) | Type::Array(item, _) => return format!("list[{}]", text(item)),
        Type::Path(..) | Type::Other(_) => {}
    }
    match ty.named() {
        Some(("f32" | "f64", [])) => "float".to_owned(),
        Some((name, [])) if is_integer(name) => "int".to_owned(),
        Some(("bool", [])) => "bool".to_owned(),
        Some(("String" | "char" | "PathBuf" | "Path", [])) => "str".to_owned(),
        Some(("Option", [inside])) => optional(&text(inside)),
        Some((name, [item])) if is_collection(name) => format!("list[{}]", text(item)),
        Some(("Arc" | "Rc", [inside])) => text(inside),
        Some((name, [_, value])) if is_map(name) => format!("dict[str, {}]", text(value)),
        _ => "Any".to_owned(),
    }
}

pub(super) fn is_integer(name: &str) -> bool {
    let size = name.strip_prefix(['u', 'i']);
    size.is_some_and(|size| matches!(size, "8" | "16" | "32" | "64" | "128" | "size"))
}

pub(super) fn is_collection(name: &str) -> bool {
    matches!(
        name,
        "VecDeque" | "HashSet" | "BTreeSet" | "LinkedList" | "BinaryHeap"
    )
}

pub(super) fn is_map(name: &str) -> bool {
    matches!(name, "HashMap" | "BTreeMap" | "IndexMap")
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
