//! What the macro refuses, and in which words. What it takes is in `ui/pass`.
//!
//! `TRYBUILD=overwrite cargo test --test ui` writes the expected outputs anew.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The compiler whose own words `fail/type` holds; with another they are not compared.
const COMPILER: &str = "rustc 1.95.0";

#[test]
fn mistakes_are_told_in_our_own_words() {
    let cases = trybuild::TestCases::new();
    for topic in [
        "item",
        "receiver",
        "method",
        "argument",
        "attribute",
        "name",
    ] {
        cases.compile_fail(format!("tests/ui/fail/{topic}/*.rs"));
    }
}

#[test]
fn what_breaks_callers_is_told_where_it_was_done() {
    lay_out_contracts();
    trybuild::TestCases::new().compile_fail("tests/ui/fail/contract/*.rs");
}

/// Puts the contracts of the cases where the package that holds them is compiled.
fn lay_out_contracts() {
    let built = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("tests");
    let folder = built
        .join("trybuild")
        .join(env!("CARGO_PKG_NAME"))
        .join("contracts");
    fs::create_dir_all(&folder).unwrap();
    for contract in files_in(Path::new("tests/ui/contracts")) {
        let there = folder.join(contract.file_name().unwrap());
        fs::copy(&contract, there).unwrap();
    }
}

#[test]
fn types_that_cannot_travel_are_told_with_our_words_in_the_compilers() {
    let version = Command::new(Path::new(env!("CARGO")).with_file_name("rustc"))
        .arg("--version")
        .output();
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    if version.is_ok_and(|version| version.starts_with(COMPILER)) {
        trybuild::TestCases::new().compile_fail("tests/ui/fail/type/*.rs");
    }
}

/// A mistake in two places shows both; the second place is no second mistake.
const OTHER_PLACE: [&str; 2] = ["error: first one here", "error: in conflict with this"];

#[test]
fn one_mistake_makes_one_error() {
    let mut cases = 0;
    for case in files_in(Path::new("tests/ui/fail")) {
        if case.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let mistakes = declared_mistakes(&case);
        let output = fs::read_to_string(case.with_extension("stderr")).unwrap_or_default();
        let errors = output
            .lines()
            .filter(|line| line.starts_with("error") && !OTHER_PLACE.contains(line))
            .count();
        assert_eq!(errors, mistakes, "{}:\n{output}", case.display());
        cases += 1;
    }
    assert!(cases >= 60, "only {cases} cases were found");
}

/// The number in `// mistakes: 1`, the first line of a case.
fn declared_mistakes(case: &Path) -> usize {
    let source = fs::read_to_string(case).unwrap();
    source
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("// mistakes: "))
        .and_then(|number| number.parse().ok())
        .unwrap_or_else(|| panic!("{} begins with `// mistakes: <number>`", case.display()))
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_in(&path));
        } else {
            files.push(path);
        }
    }
    files
}
