//! The client in TypeScript.

use super::{
    arguments::{Arguments, Passed},
    documentation, literal,
    names::{Names, camel_case, pascal_case},
    python::{is_collection, is_integer, is_map},
    returned,
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
    let summary = format!("Calls the service `{}`.", contract.service);
    let doc = match contract.doc.as_str() {
        "" => summary,
        doc => format!("{summary}\n\n{doc}"),
    };
    let mut text = HEAD
        .replace("/** SERVICE_DOC */\n", &comment(&doc, ""))
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
    let mut placed: Vec<_> = arguments.placed.iter().map(|it| it.name.clone()).collect();
    placed.extend(arguments.rest.iter().map(|it| format!("...{}", it.name)));
    let named = arguments.named.iter();
    let named: Vec<_> = named
        .map(|it| format!("{}: options.{}", literal(it.wire), it.name))
        .collect();
    let mut call = format!(
        "this.#call({}, [{}]",
        literal(&method.name),
        placed.join(", ")
    );
    let timeout = method.timeout_ms.map(|ms| ms.to_string());
    if !named.is_empty() || timeout.is_some() || method.oneway {
        call.push_str(&format!(", {{ {} }}", named.join(", ")));
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
    match ty {
        Type::Tuple(parts) if parts.is_empty() => return "null".to_owned(),
        Type::Tuple(parts) => {
            let parts: Vec<_> = parts.iter().map(type_text).collect();
            return format!("[{}]", parts.join(", "));
        }
        Type::List(item) | Type::Array(item, _) => return list(item),
        Type::Path(..) | Type::Other(_) => {}
    }
    match ty.named() {
        Some(("f32" | "f64", [])) => "number".to_owned(),
        Some((name, [])) if is_integer(name) => "number".to_owned(),
        Some(("bool", [])) => "boolean".to_owned(),
        Some(("String" | "char" | "PathBuf" | "Path", [])) => "string".to_owned(),
        Some(("Option", [inside])) => match type_text(inside) {
            text if text == "unknown" || text.ends_with("| null") => text,
            text => format!("{text} | null"),
        },
        Some((name, [item])) if is_collection(name) => list(item),
        Some(("Arc" | "Rc", [inside])) => type_text(inside),
        Some((name, [_, value])) if is_map(name) => {
            format!("Record<string, {}>", type_text(value))
        }
        _ => "unknown".to_owned(),
    }
}

/// The text as a comment, at this depth.
fn comment(text: &str, space: &str) -> String {
    let text = text.replace("*/", "*\\/");
    let lines = text.lines().map(|line| format!("{space} * {line}"));
    let lines: Vec<_> = lines.map(|line| line.trim_end().to_owned()).collect();
    format!("{space}/**\n{}\n{space} */\n", lines.join("\n"))
}
