//! What becomes of a contract's file when a package is compiled by cargo.

use std::{
    fs,
    path::{Path, PathBuf},
};

use redisrpc::contract::Contract;

use crate::process::{Ended, command};

/// A package with one service, and the folder it lies in.
struct Package {
    folder: PathBuf,
}

const ADD: &str = "async fn add(&self, a: f64, b: f64) -> f64;";

impl Package {
    fn new() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("contract_files");
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        fs::create_dir_all(folder.join("src")).unwrap();
        let runtime = root.join("redisrpc");
        let manifest = format!(
            "[package]\nname = \"kept\"\nedition = \"2024\"\n\n[workspace]\n\n\
             [dependencies]\nredisrpc = {{ path = {runtime:?} }}\n"
        );
        fs::write(folder.join("Cargo.toml"), manifest).unwrap();
        fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
        let package = Self { folder };
        let _ = fs::remove_file(package.contract());
        package
    }

    fn contract(&self) -> PathBuf {
        self.folder.join("calc.contract.json")
    }

    fn kept(&self) -> Contract {
        Contract::from_json(&fs::read_to_string(self.contract()).unwrap()).unwrap()
    }

    /// Gives the service these methods.
    fn has(&self, methods: &[&str]) {
        let source = format!(
            "#[redisrpc::service(contract = \"calc.contract.json\")]\n\
             pub trait Calculator {{\n    {}\n}}\n",
            methods.join("\n    ")
        );
        fs::write(self.folder.join("src/lib.rs"), source).unwrap();
    }

    /// Compiles it, with contracts handled in this way.
    fn check(&self, way: Option<&str>) -> Ended {
        let mut cargo = command(env!("CARGO"));
        cargo.args(["check", "--offline", "--quiet", "--color=never"]);
        cargo.current_dir(&self.folder);
        cargo.env("CARGO_TARGET_DIR", self.folder.join("target"));
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("CARGO_PKG") || name == "REDISRPC_CONTRACT" {
                cargo.env_remove(name);
            }
        }
        cargo.envs(way.map(|way| ("REDISRPC_CONTRACT", way)));
        // Not bounded: the first time, everything below is compiled too.
        let output = cargo.output().unwrap();
        Ended {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn passes(&self, way: Option<&str>) -> String {
        let ended = self.check(way);
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        ended.err
    }

    fn fails(&self, way: Option<&str>, with: &str) {
        let ended = self.check(way);
        assert_eq!(ended.code, Some(101), "{}", ended.err);
        assert!(ended.err.contains(with), "{}", ended.err);
        let errors = ended.err.lines().filter(|it| it.starts_with("error: "));
        // The one of the contract, and that of cargo.
        assert_eq!(errors.count(), 2, "{}", ended.err);
    }
}

#[test]
fn a_contract_is_written_kept_and_changed_on_demand() {
    let package = Package::new();
    package.has(&[ADD]);
    package.fails(
        None,
        "to write it: `REDISRPC_CONTRACT=write cargo check -p kept`",
    );
    assert_eq!(
        package.passes(Some("write")),
        "redisrpc: wrote `calc.contract.json`\n"
    );
    let (add, text) = (
        package.kept(),
        fs::read_to_string(package.contract()).unwrap(),
    );
    assert_eq!((add.to_json(), add.methods.len()), (text, 1));
    assert_eq!(package.passes(None), "");

    // What breaks nobody passes, until somebody asks.
    package.has(&[ADD, "async fn clear(&self);"]);
    assert_eq!(package.passes(None), "");
    package.fails(
        Some("check"),
        "this is not in `calc.contract.json` yet: this method is new",
    );
    assert_eq!(
        package.passes(Some("write")),
        "redisrpc: wrote `calc.contract.json`\nredisrpc:   `clear`: this method is new\n"
    );
    assert_eq!(package.passes(Some("check")), "");

    // What breaks somebody does not, until somebody accepts it.
    package.has(&[ADD]);
    package.fails(None, "`async fn clear(&self)` is gone");
    let told = package.passes(Some("write"));
    assert!(
        told.ends_with("breaking: `clear`: `async fn clear(&self)` is gone\n"),
        "{told}"
    );
    assert_eq!(package.kept(), add);

    // A file that changes is looked at, though the source is the same.
    let other = add.to_json().replacen("f64", "f32", 1);
    fs::write(package.contract(), other).unwrap();
    package.fails(None, "the type of argument `a` was `f32`, is `f64`");
    package.fails(
        Some("wirte"),
        "REDISRPC_CONTRACT is `wirte`; did you mean `write`?",
    );

    // Documentation counts only when all is checked.
    assert!(
        package
            .passes(Some("write"))
            .contains("breaking: `add`: the type")
    );
    package.has(&["/// Adds.", ADD]);
    assert_eq!(package.passes(None), "");
    package.fails(
        Some("check"),
        "`calc.contract.json` is out of date, in its documentation",
    );
}
