//! The client in TypeScript.

use super::{
    arguments::{Arguments, Passed},
    documentation,
    kind::Kind,
    literal,
    names::{Names, camel_case, pascal_case},
    returned, service_doc,
};
use crate::{
    model::{Contract, Method},
    types::Type,
};

/// What every client is made of; the service's methods follow.
const HEAD: &str = include_str!("head.ts");

/// Words that are no names in TypeScript, or that have a meaning in the client.
const TAKEN: &[&str] = &[
    "arguments",
    "await",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "constructor",
    "continue",
    "debugger",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "eval",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "implements",
    "import",
    "in",
    "instanceof",
    "interface",
    "let",
    "new",
    "null",
    "options",
    "package",
    "private",
    "protected",
    "public",
    "return",
    "static",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "undefined",
    "var",
    "void",
    "while",
    "with",
    "yield",
];

/// A typed client for TypeScript, which `tsc --strict` accepts. It is given a
/// connection, an `ioredis` one for example, and imports nothing.
///
/// Arguments that may be left out are members of a last argument, `options`. Numbers
/// beyond 2⁵³ lose digits, as all do in JavaScript. Types that are not of Rust's
/// standard library are `unknown`.
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
/// let client = stub::typescript(&calculator);
/// assert!(client.contains("export class CalculatorClient {"));
/// assert!(client.contains("  async add(number: number): Promise<number> {"));
/// ```
#[must_use]
pub fn typescript(contract: &Contract) -> String {
    let client = format!("{}Client", pascal_case(&contract.service));
    let mut text = HEAD
        .replace("/** SERVICE_DOC */\n", &comment(&service_doc(contract), ""))
        .replace("SERVICE", &contract.service.replace("*/", "*"))
        .replace("Client_", &client);
    let mut names = Names::without(camel_case, TAKEN);
    for method in &contract.methods {
        text.push('\n');
        text.push_str(&written(method, &names.take(&method.name)));
    }
    text + "}\n"
}

// Output:
//     /** Calls `paper`. */
//     async paper(width: number, options: { height?: number | null } = {}): Promise<number> {
//       const result = await this.#call("paper", [width], { height: options.height });
//       return result as number;
//     }
fn written(method: &Method, name: &str) -> String {
    let arguments = Arguments::of(method, &mut Names::without(camel_case, TAKEN));
    let returns = returned(method);
    let is_unit = method.oneway || returns == Type::Tuple(Vec::new());
    let ty = if is_unit {
        "void".to_owned()
    } else {
        type_text(&returns)
    };
    let (head, call) = (parameters(&arguments), call(method, &arguments));
    let body = match is_unit {
        true => format!("    await {call};\n"),
        false => format!("    const result = await {call};\n    return result as {ty};\n"),
    };
    let doc = comment(&documentation(method), "  ");
    format!("{doc}  async {name}({head}): Promise<{ty}> {{\n{body}  }}\n")
}

fn parameters(arguments: &Arguments<'_>) -> String {
    let typed = |it: &Passed<'_>| format!("{}: {}", it.name, type_text(&it.ty));
    let mut all: Vec<_> = arguments.placed.iter().map(typed).collect();
    if !arguments.named.is_empty() {
        let members = arguments.named.iter().map(|it| match it.required {
            true => typed(it),
            false => format!("{}?: {}", it.name, type_text(&it.ty)),
        });
        let members = members.collect::<Vec<_>>().join("; ");
        let default = match arguments.named.iter().any(|it| it.required) {
            true => "",
            false => " = {}",
        };
        all.push(format!("options: {{ {members} }}{default}"));
    }
    all.extend(
        arguments
            .rest
            .iter()
            .map(|it| format!("...{}: {}", it.name, list(&it.ty))),
    );
    all.join(", ")
}

fn call(method: &Method, arguments: &Arguments<'_>) -> String {
    let named = arguments.members("options.");
    let mut call = format!(
        "this.#call({}, [{}]",
        literal(&method.name),
        arguments.values("...")
    );
    let timeout = method.timeout_ms.map(|ms| ms.to_string());
    if !named.is_empty() || timeout.is_some() || method.oneway {
        call.push_str(&format!(", {{ {named} }}"));
    }
    if timeout.is_some() || method.oneway {
        call.push_str(&format!(", {}", timeout.as_deref().unwrap_or("undefined")));
    }
    if method.oneway {
        call.push_str(", true");
    }
    call + ")"
}

fn list(item: &Type) -> String {
    format!("Array<{}>", type_text(item))
}

fn type_text(ty: &Type) -> String {
    match Kind::of(ty) {
        Kind::Unit => "null".to_owned(),
        Kind::Float | Kind::Integer => "number".to_owned(),
        Kind::Bool => "boolean".to_owned(),
        Kind::Text => "string".to_owned(),
        Kind::Optional(inside) => match type_text(inside) {
            text if text == "unknown" || text.ends_with("| null") => text,
            text => format!("{text} | null"),
        },
        Kind::List(item) => list(item),
        Kind::Tuple(parts) => {
            let parts: Vec<_> = parts.iter().map(type_text).collect();
            format!("[{}]", parts.join(", "))
        }
        Kind::Map(value) => format!("Record<string, {}>", type_text(value)),
        Kind::Unknown => "unknown".to_owned(),
    }
}

/// The text as a comment, at this depth.
fn comment(text: &str, space: &str) -> String {
    let text = text.replace("*/", "*\\/");
    let lines = text.lines().map(|line| format!("{space} * {line}"));
    let lines: Vec<_> = lines.map(|line| line.trim_end().to_owned()).collect();
    format!("{space}/**\n{}\n{space} */\n", lines.join("\n"))
}
