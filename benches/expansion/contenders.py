"""The same service of a hundred methods, for each framework as it wants it."""

from pathlib import Path

METHODS = 100
CALLS_IN_ONE_FUNCTION = 10

# A type, and a value of it.
TYPES = [
    ("f64", "1.5"),
    ("String", 'String::from("text")'),
    ("Vec<u32>", "vec![1, 2, 3]"),
    (
        "Point",
        'Point { name: String::from("here"), x: 1.0, y: 2.0, tags: None }',
    ),
]

# What the edit of a method's body changes.
EDITED = "method_42"


class Method:
    """A method: no to three arguments, and a value or a `Result`."""

    def __init__(self, number):
        self.name = f"method_{number}"
        count = number % 4
        self.arguments = [
            (name, *TYPES[(number // 4 + at) % 4])
            for at, name in enumerate(["first", "second", "third"][:count])
        ]
        self.value, self.sample = TYPES[(number // 2 + number // 8) % 4]
        self.fallible = (number + number // 4) % 2 == 1

    def parameters(self):
        return "".join(f", {name}: {type_}" for name, type_, _ in self.arguments)

    def passed(self):
        return ", ".join(value for _, _, value in self.arguments)

    def output(self):
        return f"Result<{self.value}, Refused>" if self.fallible else self.value

    def body(self, edit):
        """Returns an argument of the right type, if there is one."""
        names = [name for name, _, _ in self.arguments]
        same = [name for name, type_, _ in self.arguments if type_ == self.value]
        value = same[0] if same else self.sample
        used = [f"let _ = {name};" for name in names if name not in same[:1]]
        if self.name == EDITED:
            used.append(f"let _ = {edit};")
        value = f"Ok({value})" if self.fallible else value
        return " ".join([*used, value])


class Redisrpc:
    name = "redisrpc"
    client = "ApiClient"
    attribute = "#[redisrpc::service]"
    imports = ""
    client_imports = "use super::service::ApiClient;"
    server_imports = "use super::service::Api;"
    server_attribute = ""
    server_trait = "Api"

    def declared(self, method):
        return f"async fn {method.name}(&self{method.parameters()}) -> {method.output()};"

    def implemented(self, method, edit):
        head = f"async fn {method.name}(&self{method.parameters()}) -> {method.output()}"
        return f"{head} {{ {method.body(edit)} }}"

    def called(self, method):
        return f"client.{method.name}({method.passed()}).await"

    def returns_result(self, method):
        return method.fallible


class Tarpc(Redisrpc):
    """Methods have no receiver; server and caller get a context."""

    name = "tarpc"
    attribute = "#[tarpc::service]"
    server_imports = "use super::service::Api;\nuse tarpc::context::Context;"
    client_imports = "use super::service::ApiClient;\nuse tarpc::context;"

    def declared(self, method):
        parameters = method.parameters().removeprefix(", ")
        return f"async fn {method.name}({parameters}) -> {method.output()};"

    def implemented(self, method, edit):
        head = f"async fn {method.name}(self, _: Context{method.parameters()}) -> {method.output()}"
        return f"{head} {{ {method.body(edit)} }}"

    def called(self, method):
        passed = f", {method.passed()}" if method.arguments else ""
        return f"client.{method.name}(context::current(){passed}).await"


class Jsonrpsee(Redisrpc):
    """A client must return a `Result`: a value is one with the framework's own error."""

    name = "jsonrpsee"
    client = "Client"
    attribute = "#[jsonrpsee::proc_macros::rpc(server, client)]"
    imports = "use jsonrpsee::core::RpcResult;"
    client_imports = "use super::service::ApiClient;\nuse jsonrpsee::core::client::Client;"
    server_imports = (
        "use super::service::ApiServer;\nuse jsonrpsee::core::{RpcResult, async_trait};"
    )
    server_attribute = "#[async_trait]"
    server_trait = "ApiServer"

    def output(self, method):
        return method.output() if method.fallible else f"RpcResult<{method.value}>"

    def declared(self, method):
        head = f"async fn {method.name}(&self{method.parameters()}) -> {self.output(method)};"
        return f'#[method(name = "{method.name}")]\n    {head}'

    def implemented(self, method, edit):
        body = method.body(edit)
        if not method.fallible:
            *used, value = body.rsplit("; ", 1)
            body = "; ".join([*used, f"Ok({value})"])
        head = f"async fn {method.name}(&self{method.parameters()}) -> {self.output(method)}"
        return f"{head} {{ {body} }}"


CONTENDERS = [Redisrpc(), Tarpc(), Jsonrpsee()]


def service(contender, methods):
    declared = "\n".join(
        f"    /// Does what {method.name} does.\n    {contender.declared(method)}"
        for method in methods
    )
    return f"""{contender.imports}
use crate::types::{{Point, Refused}};

/// Everything there is to call.
{contender.attribute}
pub trait Api {{
{declared}
}}
"""


def server(contender, methods, edit):
    implemented = "\n".join(
        f"    {contender.implemented(method, edit)}" for method in methods
    )
    return f"""{contender.server_imports}
use crate::types::{{Point, Refused}};

#[derive(Clone)]
pub struct Server;

{contender.server_attribute}
impl {contender.server_trait} for Server {{
{implemented}
}}
"""


def calls(contender, methods):
    """Some calls a function, so that none is out of all proportion."""
    parts = [
        methods[at : at + CALLS_IN_ONE_FUNCTION]
        for at in range(0, len(methods), CALLS_IN_ONE_FUNCTION)
    ]
    functions, whole = [], []
    for number, part in enumerate(parts):
        lines = "\n".join(
            f'    {contender.called(method)}.expect("{method.name}")'
            + ('.expect("it does not refuse");' if twice(contender, method) else ";")
            for method in part
        )
        functions.append(f"async fn part_{number}(client: &{contender.client}) {{\n{lines}\n}}")
        whole.append(f"    part_{number}(client).await;")
    return f"""{contender.client_imports}
use crate::types::Point;

pub async fn all(client: &{contender.client}) {{
{chr(10).join(whole)}
}}

{(chr(10) * 2).join(functions)}
"""


def twice(contender, method):
    """Whether a call yields a `Result` in a `Result`."""
    return contender.name == "tarpc" and method.fallible


def write(contender, folder, edit):
    """Writes what is generated of a contender's crate; unchanged files stay."""
    methods = [Method(number) for number in range(METHODS)]
    files = {
        "mod.rs": "pub mod calls;\npub mod server;\npub mod service;\n",
        "service.rs": service(contender, methods),
        "server.rs": server(contender, methods, edit),
        "calls.rs": calls(contender, methods),
    }
    folder = Path(folder) / contender.name / "src/generated"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        file = folder / name
        if not file.exists() or file.read_text() != text:
            file.write_text(text)
