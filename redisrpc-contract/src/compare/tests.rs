//! What counts as which change, and in which words.

use super::*;

/// What is told of going from one list of methods to another; `!` before what breaks.
fn told(old: &str, new: &str) -> Vec<String> {
    let contract = |methods: &str| {
        let text = format!(r#"{{"redisrpc": 1, "service": "S", "methods": [{methods}]}}"#);
        Contract::from_json(&text).unwrap()
    };
    let told = |change: &Change| {
        let mark = if change.is_breaking() { "! " } else { "" };
        format!("{mark}{change}")
    };
    compare(&contract(old), &contract(new))
        .iter()
        .map(told)
        .collect()
}

const DIV: &str = r#"{"name": "div", "arguments": [{"name": "a", "type": "f64"}, {"name": "b", "type": "f64"}], "returns": "f64", "error": "ByZero"}"#;

#[test]
fn documentation_and_spelling_are_no_change() {
    assert_eq!(told(DIV, DIV), [""; 0]);
    let documented = DIV.replace(r#""returns""#, r#""doc": "Divides.", "returns""#);
    assert_eq!(told(DIV, &documented), [""; 0]);
    let lent =
        |ty: &str| format!(r#"{{"name": "p", "arguments": [{{"name": "t", "type": "{ty}"}}]}}"#);
    assert_eq!(told(&lent("&str"), &lent("String")), [""; 0]);
}

#[test]
fn methods_come_and_go() {
    assert_eq!(told("", DIV), ["`div`: this method is new"]);
    let gone = "! `div`: `async fn div(&self, a: f64, b: f64) -> Result<f64, ByZero>` is gone";
    assert_eq!(told(DIV, ""), [gone]);
}

#[test]
fn a_new_name_needs_an_alias() {
    let renamed = DIV.replace(r#""div""#, r#""quotient""#);
    let told_of = told(DIV, &renamed);
    assert_eq!(told_of[0], "`quotient`: this method is new");
    let help = "is gone; if `quotient` is its new name, give that the alias `div`";
    assert!(
        told_of[1].starts_with("! `div`") && told_of[1].ends_with(help),
        "{told_of:?}"
    );

    let aliased = renamed.replace(r#""returns""#, r#""aliases": ["div"], "returns""#);
    let carried = ["`quotient`: was called `div`, which is an alias now"];
    assert_eq!(told(DIV, &aliased), carried);
    let lost = ["`quotient`: its alias `div` was removed"].map(|it| format!("! {it}"));
    assert_eq!(told(&aliased, &renamed), lost);
}

#[test]
fn arguments_go_and_move() {
    let alone = r#"{"name": "div", "arguments": [{"name": "a", "type": "f64"}], "returns": "f64", "error": "ByZero"}"#;
    assert_eq!(told(DIV, alone), ["! `div`: argument `b: f64` was removed"]);
    let swapped = DIV
        .replace(r#""a""#, "A")
        .replace(r#""b""#, r#""a""#)
        .replace('A', r#""b""#);
    let place = "! `div`: the arguments were in another order: `a: f64`, `b: f64`";
    assert_eq!(told(DIV, &swapped), [place]);
    let renamed = DIV.replace(r#""b""#, r#""by""#);
    let called = "! `div`: argument `b: f64` is called `by`; give that the alias `b`";
    assert_eq!(told(DIV, &renamed), [called]);
    let aliased = DIV.replace(r#"{"name": "b","#, r#"{"name": "by", "aliases": ["b"],"#);
    assert_eq!(told(DIV, &aliased), ["`div`: argument `by` was called `b`"]);
}

#[test]
fn arguments_are_added_at_the_end_and_optional() {
    let with = |argument: &str| {
        let arguments = r#"{"name": "a", "type": "f64"}"#;
        let (before, after) = argument.split_at(argument.find('{').unwrap_or(0));
        let arguments = if before.is_empty() {
            format!("{arguments}, {after}")
        } else {
            format!("{after}, {arguments}")
        };
        format!(r#"{{"name": "f", "arguments": [{arguments}]}}"#)
    };
    let old = r#"{"name": "f", "arguments": [{"name": "a", "type": "f64"}]}"#;
    for (new, text) in [
        (
            r#"{"name": "c", "type": "u32"}"#,
            "! `f`: argument `c: u32` was added without a default",
        ),
        (
            r#"{"name": "c", "type": "u32", "default": true}"#,
            "`f`: argument `#[rpc(default)] c: u32` is new",
        ),
        (
            r#"{"name": "c", "type": "Option<u32>"}"#,
            "`f`: argument `c: Option<u32>` is new",
        ),
        (
            r#"{"name": "c", "type": "Vec<u32>", "rest": true}"#,
            "`f`: argument `#[rpc(rest)] c: Vec<u32>` is new",
        ),
        (
            r#"first {"name": "c", "type": "Option<u32>"}"#,
            "! `f`: argument `c: Option<u32>` was added before `a`, which had its place",
        ),
    ] {
        assert_eq!(told(old, &with(new)), [text]);
    }
}

#[test]
fn arguments_change_their_kind() {
    let with = |rest: &str| format!(r#"{{"name": "f", "arguments": [{{"name": "a", {rest}}}]}}"#);
    for (old, new, text) in [
        (
            r#""type": "f64""#,
            r#""type": "f32""#,
            "! `f`: the type of argument `a` was `f64`, is `f32`",
        ),
        (
            r#""type": "f64""#,
            r#""type": "Option<f64>""#,
            "`f`: the type of argument `a` was `f64`, is `Option<f64>`",
        ),
        (
            r#""type": "Option<f64>""#,
            r#""type": "f64""#,
            "! `f`: the type of argument `a` was `Option<f64>`, is `f64`",
        ),
        (
            r#""type": "f64""#,
            r#""type": "f64", "default": true"#,
            "`f`: argument `a` has a default now",
        ),
        (
            r#""type": "f64", "default": true"#,
            r#""type": "f64""#,
            "! `f`: argument `a` had a default",
        ),
        (
            r#""type": "Vec<u8>""#,
            r#""type": "Vec<u8>", "rest": true"#,
            "! `f`: argument `a` was one list, and takes all further arguments",
        ),
        (
            r#""type": "u8", "aliases": ["x"]"#,
            r#""type": "u8""#,
            "! `f`: the alias `x` of argument `a` was removed",
        ),
    ] {
        assert_eq!(told(&with(old), &with(new)), [text]);
    }
}

#[test]
fn results_and_promises_change() {
    let with = |rest: &str| format!(r#"{{"name": "f"{rest}}}"#);
    for (old, new, text) in [
        (
            "",
            r#", "returns": "f64""#,
            "! `f`: it returned `()`, and returns `f64`",
        ),
        (
            r#", "error": "A""#,
            r#", "error": "B""#,
            "! `f`: its error was `A`, and is `B`",
        ),
        ("", r#", "error": "B""#, "`f`: it has the error `B` now"),
        (
            r#", "error": "A""#,
            "",
            "`f`: it has no error of its own any more; it was `A`",
        ),
        (
            r#", "returns": "io::Result<u8>", "error": "io::Result<u8>""#,
            r#", "returns": "io::Result<u16>", "error": "io::Result<u16>""#,
            "! `f`: it returned `io::Result<u8>`, and returns `io::Result<u16>`",
        ),
        (
            r#", "oneway": true"#,
            "",
            "`f`: it was `oneway`, and is answered",
        ),
        (
            "",
            r#", "oneway": true"#,
            "! `f`: it was answered, and is `oneway`: its callers wait in vain to hear how it ended",
        ),
        (
            r#", "idempotent": true"#,
            "",
            "! `f`: it was `idempotent`: its callers may repeat it",
        ),
        (
            "",
            r#", "timeout_ms": 5000"#,
            "`f`: its timeout was none, and is 5000 ms",
        ),
    ] {
        assert_eq!(told(&with(old), &with(new)), [text]);
    }
}
