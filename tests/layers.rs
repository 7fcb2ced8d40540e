//! The floors hold: a module imports only from floors below its own, or from its
//! own module, and `lib.rs` names every module.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Floor of each module, as in the design. `client` and `server` share a floor
/// and know nothing of each other.
const FLOORS: &[(&str, u8)] = &[
    ("blob", 0),
    ("cancellation", 0),
    ("credit", 0),
    ("deadline", 0),
    ("descriptor", 0),
    ("error", 0),
    ("extensions", 0),
    ("layering", 0),
    ("messages", 0),
    ("metadata", 0),
    ("metering", 0),
    ("quota", 0),
    ("span", 0),
    ("wire", 1),
    ("arguments", 1),
    ("context", 2),
    ("linking", 2),
    ("service", 2),
    ("transport", 3),
    ("broker", 4),
    ("discovery", 4),
    ("client", 5),
    ("server", 5),
    ("mock", 6),
    ("__private", 6),
    ("guide", 6),
    ("middleware", 6),
    ("lib", 7),
];

/// Imports within a floor, which would otherwise be sideways.
const BESIDE: &[(&str, &str)] = &[
    ("arguments", "wire"),
    ("service", "context"),
    ("discovery", "broker"),
];

#[test]
fn a_module_imports_only_from_floors_below() {
    let floors: BTreeMap<_, _> = FLOORS.iter().copied().collect();
    let mut edges = 0;
    for file in sources() {
        let module = module_of(&file);
        let floor = floors
            .get(&*module)
            .unwrap_or_else(|| panic!("module `{module}` has no floor in this table"));
        for imported in imports(&file) {
            let below = floors
                .get(&*imported)
                .unwrap_or_else(|| panic!("{} imports the unknown `{imported}`", file.display()));
            let allowed =
                below < floor || imported == module || BESIDE.contains(&(&*module, &*imported));
            assert!(
                allowed,
                "{}: `{module}` (floor {floor}) imports `{imported}` (floor {below})",
                file.display()
            );
            edges += 1;
        }
    }
    assert!(
        edges > 50,
        "only {edges} imports found: is the test looking at the sources?"
    );
}

#[test]
fn the_two_endpoints_share_a_floor_and_nothing_else() {
    let floors: BTreeMap<_, _> = FLOORS.iter().copied().collect();
    assert_eq!(floors["client"], floors["server"]);
    assert!(
        !BESIDE
            .iter()
            .any(|(from, _)| matches!(*from, "client" | "server"))
    );
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("redisrpc/src")
}

fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() {
                // Programs are crates of their own.
                if name != "bin" {
                    folders.push(path);
                }
            } else if name.ends_with(".rs") && !matches!(name, "tests.rs" | "contract.rs") {
                found.push(path);
            }
        }
    }
    assert!(found.len() > 20, "{found:?}");
    found
}

/// The top-level module a file belongs to.
fn module_of(file: &Path) -> String {
    let inside = file.strip_prefix(root()).unwrap();
    let first = inside.components().next().unwrap();
    let name = first.as_os_str().to_str().unwrap();
    name.trim_end_matches(".rs").to_owned()
}

/// The top-level modules that a file's code names as `crate::module`, those in a
/// `use crate::{…}` included. Comments and tests do not count.
fn imports(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    let code: String = text
        .split("#[cfg(test)]")
        .next()
        .unwrap()
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n");
    let mut imported = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with('$') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => imported.extend(top_level_names(group)),
            None => imported.push(first_name(rest)),
        }
    }
    // What stands at the top of the crate is no module: types, and exported macros.
    imported
        .retain(|name| name.starts_with(|first: char| first.is_lowercase()) || name == "__private");
    imported
}

fn first_name(text: &str) -> String {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_'));
    text[..end.unwrap_or(text.len())].to_owned()
}

/// The names at the top level of a `{a::b, c::{d, e}}` group, its inside given.
fn top_level_names(group: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut depth = 0;
    let mut start = true;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => start = true,
            c if start && depth == 0 && !c.is_whitespace() => {
                names.push(first_name(&group[at..]));
                start = false;
            }
            _ => {}
        }
    }
    names
}
