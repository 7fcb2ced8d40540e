//! The guide names tests: they are there.

use std::{fs, path::Path};

const DELIVERY: &str = include_str!("../redisrpc/src/guide/delivery.md");

#[test]
fn each_fault_of_the_guide_has_the_tests_it_names() {
    let (_, table) = DELIVERY.split_once("| fault | promise | test |").unwrap();
    let rows = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    let mut named = 0;
    for row in rows {
        let tests = row.rsplit('|').nth(1).unwrap();
        for test in tests.split('`').filter(|text| text.contains("::")) {
            assert!(exists(test), "{test} of the row {row}");
            named += 1;
        }
    }
    assert!(named > 15, "only {named} tests are named");
}

/// Whether there is a test of this path: `module::function`.
fn exists(test: &str) -> bool {
    let (module, function) = test.rsplit_once("::").unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let module = folder.join(module.replace("::", "/"));
    let files = [module.with_extension("rs"), module.join("mod.rs")];
    let text = files.iter().find_map(|file| fs::read_to_string(file).ok());
    text.is_some_and(|text| text.contains(&format!("fn {function}()")))
}
