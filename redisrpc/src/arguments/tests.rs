use std::collections::HashMap;

use proptest::{collection::vec, prelude::*};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::*;
use crate::{descriptor::ArgumentDescriptor, wire::request::RequestWriter};

const fn argument(name: &'static str) -> ArgumentDescriptor {
    ArgumentDescriptor::new(name, "f64")
}

static CLR: MethodDescriptor = MethodDescriptor::new("clr", &[], "()");
static ADD: MethodDescriptor = MethodDescriptor::new("add", &[argument("number")], "f64");
static LERP: MethodDescriptor = MethodDescriptor::new(
    "lerp",
    &[
        argument("from").with_aliases(&["start", "a"]),
        argument("to").with_aliases(&["b"]),
        argument("at").with_default(),
    ],
    "f64",
);
static SUM: MethodDescriptor = MethodDescriptor::new(
    "sum",
    &[argument("first"), argument("others").with_rest()],
    "f64",
);

/// A request to any method, with these as its `args` and `kwargs` members.
fn request(args: Option<&str>, kwargs: Option<&str>) -> String {
    let mut call = r#"{"name":"m""#.to_owned();
    for (member, json) in [("args", args), ("kwargs", kwargs)] {
        if let Some(json) = json {
            call += &format!(r#","{member}":{json}"#);
        }
    }
    format!(r#"{{"function_call":{call}}},"response_queue":"q:rpc:A"}}"#)
}

/// Binds these, then hands what came of it to `read`.
fn bound<const N: usize, T>(
    method: &'static MethodDescriptor,
    args: Option<&str>,
    kwargs: Option<&str>,
    read: impl FnOnce(Arguments<'_, N>) -> Result<T, Fault>,
) -> Result<T, String> {
    let payload = request(args, kwargs);
    let request = Request::read(payload.as_bytes()).unwrap();
    Arguments::bind(&request, method)
        .and_then(read)
        .map_err(|fault| {
            assert_eq!(fault.code(), FaultCode::InvalidArguments);
            fault.message().to_owned()
        })
}

fn add(args: &str, kwargs: &str) -> Result<f64, String> {
    bound::<1, _>(&ADD, Some(args), Some(kwargs), |bound| bound.required(0))
}

/// `from`, `to`, and `at`, which is 0.5 when left out.
fn lerp(args: &str, kwargs: &str) -> Result<(f64, f64, f64), String> {
    bound::<3, _>(&LERP, Some(args), Some(kwargs), |bound| {
        Ok((
            bound.required(0)?,
            bound.required(1)?,
            bound.or_default(2, || 0.5)?,
        ))
    })
}

fn sum(args: &str, kwargs: &str) -> Result<(f64, Vec<f64>), String> {
    bound::<2, _>(&SUM, Some(args), Some(kwargs), |bound| {
        Ok((bound.required(0)?, bound.rest(1)?))
    })
}

/// The one argument of `add`, as another type.
fn number_as<T: DeserializeOwned>(json: &str) -> Result<T, String> {
    bound::<1, _>(&ADD, Some(&format!("[{json}]")), None, |bound| {
        bound.required(0)
    })
}

/// The one argument of `add`, left out.
fn left_out_as<T: DeserializeOwned>() -> Result<T, String> {
    bound::<1, _>(&ADD, None, None, |bound| bound.required(0))
}

// ===== what is bound =====

#[test]
fn arguments_are_bound_by_position_then_by_name_then_by_default() {
    for (args, kwargs, expected) in [
        ("[1, 2, 3]", "null", (1.0, 2.0, 3.0)),
        ("[1, 2]", "{}", (1.0, 2.0, 0.5)),
        ("[1]", r#"{"to": 2}"#, (1.0, 2.0, 0.5)),
        ("[1]", r#"{"at": 3, "to": 2}"#, (1.0, 2.0, 3.0)),
        ("[]", r#"{"at": 3, "to": 2, "from": 1}"#, (1.0, 2.0, 3.0)),
        ("null", r#"{"to": 2, "from": 1}"#, (1.0, 2.0, 0.5)),
    ] {
        assert_eq!(lerp(args, kwargs), Ok(expected), "{args} {kwargs}");
    }
}

#[test]
fn absent_null_and_empty_are_all_no_arguments() {
    for args in [None, Some("null"), Some("[]"), Some("[ ]"), Some("{}")] {
        for kwargs in [None, Some("null"), Some("[]"), Some("[ ]"), Some("{ }")] {
            let cleared = bound::<0, _>(&CLR, args, kwargs, |_| Ok(()));
            assert_eq!(cleared, Ok(()), "{args:?} {kwargs:?}");
        }
    }
}

#[test]
fn an_alias_is_as_good_as_the_name() {
    assert_eq!(lerp("[]", r#"{"a":1,"b":2}"#), Ok((1.0, 2.0, 0.5)));
    assert_eq!(lerp("[]", r#"{"start":1,"to":2}"#), Ok((1.0, 2.0, 0.5)));
    assert_eq!(lerp(r#"{"0":1,"b":2}"#, "null"), Ok((1.0, 2.0, 0.5)));
}

#[test]
fn phps_object_of_arguments_holds_names_and_positions() {
    for (args, expected) in [
        (r#"{"from":1,"to":2}"#, (1.0, 2.0, 0.5)),
        (r#"{"0":1,"to":2}"#, (1.0, 2.0, 0.5)),
        (r#"{"0":1,"1":2,"at":3}"#, (1.0, 2.0, 3.0)),
        (r#"{"2":3,"to":2,"0":1}"#, (1.0, 2.0, 3.0)),
    ] {
        assert_eq!(lerp(args, "null"), Ok(expected), "{args}");
    }
    assert_eq!(
        lerp(r#"{"0":1}"#, r#"{"to":2}"#),
        Ok((1.0, 2.0, 0.5)),
        "an object beside kwargs"
    );
}

#[test]
fn of_duplicate_members_the_last_counts() {
    assert_eq!(add("[]", r#"{"number":1,"number":2}"#), Ok(2.0));
    assert_eq!(add(r#"{"number":1,"number":2}"#, "null"), Ok(2.0));
    assert_eq!(add(r#"{"0":1,"0":2}"#, "null"), Ok(2.0));
    assert_eq!(
        sum(r#"{"0":1,"1":5,"2":3,"1":2}"#, "null"),
        Ok((1.0, vec![2.0, 3.0]))
    );
}

#[test]
fn the_rest_takes_all_further_positions() {
    assert_eq!(sum("[1]", "null"), Ok((1.0, vec![])));
    assert_eq!(sum("[1, 2, 3]", "null"), Ok((1.0, vec![2.0, 3.0])));
    assert_eq!(
        sum(r#"{"2":3,"0":1,"1":2}"#, "null"),
        Ok((1.0, vec![2.0, 3.0]))
    );
}

#[test]
fn numbers_of_old_peers_are_read_as_what_they_mean() {
    assert_eq!(number_as("5"), Ok(5.0), "PHP's 5.0");
    assert_eq!(number_as("-0"), Ok(0.0), "PHP's -0.0");
    assert_eq!(number_as("1e+25"), Ok(1e25), "Python's 1e25");
    assert_eq!(number_as("1.0e-07"), Ok(1e-7), "Ruby's 1e-7");
    assert_eq!(number_as("18446744073709551616"), Ok(2_f64.powi(64)));
    assert_eq!(number_as("18446744073709551616"), Ok(1_u128 << 64));
    assert_eq!(
        number_as("1267650600228229401496703205376"),
        Ok(1_u128 << 100)
    );
    assert_eq!(
        number_as("1.2676506002282294e+30"),
        Ok(2_f64.powi(100)),
        "PHP's 2**100"
    );
    assert_eq!(
        number_as(r#""\u00e9\ud83d\ude00\/""#),
        Ok("é😀/".to_owned())
    );
}

// ===== what may be left out =====

type Maybe = Option<f64>;

#[derive(Debug, PartialEq, Deserialize)]
struct Limit(Option<u8>);

#[derive(Debug, PartialEq, Deserialize)]
#[serde(transparent)]
struct Named {
    limit: Limit,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Metres(f64);

#[test]
fn an_option_may_be_left_out_whatever_it_is_called() {
    assert_eq!(left_out_as::<Option<String>>(), Ok(None));
    assert_eq!(left_out_as::<Maybe>(), Ok(None));
    assert_eq!(left_out_as::<Box<Maybe>>(), Ok(Box::new(None)));
    assert_eq!(left_out_as::<Limit>(), Ok(Limit(None)));
    assert_eq!(left_out_as::<Named>(), Ok(Named { limit: Limit(None) }));
}

#[test]
fn everything_else_may_not() {
    let missing = "`add`: missing argument `number` (position 1)";
    assert_eq!(left_out_as::<f64>().unwrap_err(), missing);
    assert_eq!(left_out_as::<Metres>().unwrap_err(), missing);
    assert_eq!(left_out_as::<()>().unwrap_err(), missing);
    assert_eq!(left_out_as::<Value>().unwrap_err(), missing);
    assert_eq!(left_out_as::<Vec<u8>>().unwrap_err(), missing);
    assert_eq!(
        left_out_as::<HashMap<String, Value>>().unwrap_err(),
        missing
    );
}

#[test]
fn null_is_given_and_not_left_out() {
    assert_eq!(number_as::<Option<f64>>("null"), Ok(None));
    let error = lerp("[1, 2, null]", "null").unwrap_err();
    assert_eq!(
        error,
        "`lerp`: argument `at` (position 3): invalid type: null, expected f64"
    );
}

// ===== what is refused =====

#[test]
fn each_mistake_has_its_own_text() {
    let rows = [
        (
            add("[]", "{}"),
            "`add`: missing argument `number` (position 1)",
        ),
        (
            add("[]", r#"{"nubmer":1}"#),
            "`add`: unexpected argument `nubmer`, expected `number`",
        ),
        (
            add(r#"{"nubmer":1}"#, "{}"),
            "`add`: unexpected argument `nubmer`, expected `number`",
        ),
        (
            add("[1]", r#"{"number":1}"#),
            "`add`: multiple values for `number`",
        ),
        (
            add(r#"{"number":1}"#, r#"{"number":1}"#),
            "`add`: multiple values for `number`",
        ),
        (
            add(r#"{"number":1,"0":1}"#, "{}"),
            "`add`: multiple values for `number`",
        ),
        (
            add("[1, 2, 3]", "{}"),
            "`add`: takes 1 argument, 3 were given",
        ),
        (
            add(r#"{"0":1,"1":2}"#, "{}"),
            "`add`: takes 1 argument, 2 were given",
        ),
        (add("\"12\"", "{}"), "`add`: `args` must be a list"),
        (add("5", "{}"), "`add`: `args` must be a list"),
        (add("[]", "[1]"), "`add`: `kwargs` must be an object"),
        (add("[]", "[[]]"), "`add`: `kwargs` must be an object"),
        (add("[]", "true"), "`add`: `kwargs` must be an object"),
    ];
    for (outcome, text) in rows {
        assert_eq!(outcome.unwrap_err(), text);
    }
}

#[test]
fn a_name_that_is_no_text_is_refused() {
    for (args, kwargs, member) in [
        ("[]", r#"{"\ud800":1}"#, "kwargs"),
        (r#"{"\ud800":1}"#, "{}", "args"),
    ] {
        let error = add(args, kwargs).unwrap_err();
        let text = format!("`add`: `{member}` cannot be read: ");
        assert!(error.starts_with(&text), "{error}");
    }
}

#[test]
fn a_method_of_several_arguments_says_them_all() {
    let rows = [
        (
            lerp("[1]", "{}"),
            "`lerp`: missing argument `to` (position 2)",
        ),
        (
            lerp("[1]", r#"{"t":2}"#),
            "`lerp`: unexpected argument `t`, expected `from`, `to`, `at`",
        ),
        (
            lerp("[]", r#"{"a":1,"from":1}"#),
            "`lerp`: multiple values for `from`",
        ),
        (
            lerp("[1]", r#"{"b":1,"start":1}"#),
            "`lerp`: multiple values for `from`",
        ),
        (
            lerp("[1, 2, 3, 4]", "{}"),
            "`lerp`: takes 3 arguments, 4 were given",
        ),
    ];
    for (outcome, text) in rows {
        assert_eq!(outcome.unwrap_err(), text);
    }
}

#[test]
fn a_method_without_arguments_says_so() {
    let clr = |args, kwargs| bound::<0, _>(&CLR, Some(args), Some(kwargs), |_| Ok(()));
    assert_eq!(
        clr("[1]", "{}").unwrap_err(),
        "`clr`: takes no arguments, 1 was given"
    );
    assert_eq!(
        clr("[]", r#"{"x":1}"#).unwrap_err(),
        "`clr`: unexpected argument `x`, it takes no named arguments"
    );
}

#[test]
fn the_rest_has_no_name() {
    assert_eq!(
        sum("[1]", r#"{"others":[2]}"#).unwrap_err(),
        "`sum`: unexpected argument `others`, expected `first`"
    );
}

#[test]
fn only_plain_digits_are_a_position() {
    for name in ["+0", "-0", "0x0", " 0", "", "99999999999999999999"] {
        let error = add(&json!({ name: 1 }).to_string(), "{}").unwrap_err();
        assert_eq!(
            error,
            format!("`add`: unexpected argument `{name}`, expected `number`")
        );
    }
    assert_eq!(
        add(&format!("{{\"{}\":1}}", usize::MAX), "{}").unwrap_err(),
        format!("`add`: takes 1 argument, {} were given", usize::MAX)
    );
}

// ===== what is of another type =====

#[derive(Debug, Deserialize)]
struct Shape {
    #[expect(dead_code, reason = "read for its type")]
    sides: Vec<f64>,
}

#[test]
fn a_type_error_says_where_inside_the_value_it_is() {
    let rows = [
        (
            number_as::<f64>("\"five\"").unwrap_err(),
            "`add`: argument `number` (position 1): invalid type: string \"five\", expected f64",
        ),
        (
            number_as::<u8>("300").unwrap_err(),
            "`add`: argument `number` (position 1): invalid value: integer `300`, expected u8",
        ),
        (
            number_as::<Shape>(r#"{"sides": [1, 2, null]}"#).unwrap_err(),
            "`add`: argument `number` (position 1), at `sides[2]`: invalid type: null, expected f64",
        ),
        (
            number_as::<Shape>("{}").unwrap_err(),
            "`add`: argument `number` (position 1): missing field `sides`",
        ),
        (
            sum(r#"[1, 2, "x"]"#, "null").unwrap_err(),
            "`sum`: argument `others` (position 2), at `[1]`: invalid type: string \"x\", expected f64",
        ),
    ];
    for (error, text) in rows {
        assert_eq!(error, text);
    }
}

#[test]
fn a_type_error_keeps_text_that_looks_like_a_place() {
    assert_eq!(
        number_as::<f64>("\"stop at line 5 column 2\"").unwrap_err(),
        "`add`: argument `number` (position 1): \
         invalid type: string \"stop at line 5 column 2\", expected f64"
    );
    assert_eq!(
        sum("[1, \"stop at line 5\"]", "null").unwrap_err(),
        "`sum`: argument `others` (position 2), at `[0]`: \
         invalid type: string \"stop at line 5\", expected f64"
    );
}

#[test]
fn a_fault_shows_the_ends_of_a_text_that_is_too_long() {
    let long = format!("\"{}\"", "é".repeat(1_000_000));
    let error = number_as::<f64>(&long).unwrap_err();
    assert!(
        error.starts_with("`add`: argument `number`"),
        "{}",
        error.len()
    );
    assert!(error.ends_with("\", expected f64"), "{}", error.len());
    assert!(error.len() < 1100, "{}", error.len());

    let error = add("[]", &format!("{{{long}:1}}")).unwrap_err();
    assert!(error.ends_with("é`, expected `number`"), "{}", error.len());
    assert!(error.len() < 1100, "{}", error.len());
}

#[test]
fn a_value_nested_deeper_than_serde_json_reads_is_a_type_error() {
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    assert_eq!(
        number_as::<Value>(&deep).unwrap_err().split(", at").next(),
        Some("`add`: argument `number` (position 1)")
    );
}

// ===== how much work it is =====

#[test]
fn binding_ends_at_the_first_unexpected_name() {
    let kwargs: Vec<_> = (0..200_000).map(|n| format!("\"k{n}\":1")).collect();
    assert_eq!(
        add("[]", &format!("{{{}}}", kwargs.join(","))).unwrap_err(),
        "`add`: unexpected argument `k0`, expected `number`"
    );
}

#[test]
fn names_given_again_and_again_are_remembered_once() {
    let payload = request(
        None,
        Some(&format!("{{{}}}", vec![r#""a":1,"b":2"#; 1000].join(","))),
    );
    let request = Request::read(payload.as_bytes()).unwrap();
    let mut bound = [None; 3];
    let mut binder = Binder::new(&mut bound, &LERP);
    binder.named(request.kwargs).unwrap();
    assert_eq!(binder.given.len(), 2);
}

#[test]
fn arguments_beyond_the_last_are_counted_and_not_kept() {
    let payload = request(Some(&format!("[{}]", vec!["1"; 200_000].join(","))), None);
    let request = Request::read(payload.as_bytes()).unwrap();
    let mut bound = [None; 1];
    let mut binder = Binder::new(&mut bound, &ADD);
    assert_eq!(
        binder.positional(request.args).unwrap_err(),
        "takes 1 argument, 200000 were given"
    );
    assert_eq!(binder.rest.capacity(), 0);
}

// ===== whatever is sent =====

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "from", "start", "a", "to", "b", "at", "0", "1", "2", "3"
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ]
}

fn member() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        prop::sample::select(vec![
            "1",
            "null",
            "\"x\"",
            "[]",
            "{}",
            r#""\ud800""#,
            "1e999"
        ])
        .prop_map(str::to_owned),
        any::<i64>().prop_map(|number| number.to_string()),
    ];
    let object = vec((name(), value.clone()), 0..6).prop_map(|members| {
        let members = members
            .into_iter()
            .map(|(name, value)| format!("{}:{value}", json!(name)));
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    });
    let list = vec(value.clone(), 0..6).prop_map(|values| format!("[{}]", values.join(",")));
    prop_oneof![value, object, list]
}

proptest! {
    #[test]
    fn no_arguments_make_binding_panic(args in prop::option::of(member()), kwargs in prop::option::of(member())) {
        let (args, kwargs) = (args.as_deref(), kwargs.as_deref());
        for outcome in [
            bound::<0, _>(&CLR, args, kwargs, |_| Ok(())),
            bound::<1, _>(&ADD, args, kwargs, |bound| bound.required::<Value>(0).map(drop)),
            bound::<3, _>(&LERP, args, kwargs, |bound| {
                bound.required::<Option<f64>>(0)?;
                bound.required::<String>(1)?;
                bound.or_default(2, Vec::<u8>::new).map(drop)
            }),
            bound::<2, _>(&SUM, args, kwargs, |bound| {
                bound.required::<Value>(0)?;
                bound.rest::<Vec<f64>>(1).map(drop)
            }),
        ] {
            if let Err(text) = outcome {
                prop_assert!(text.starts_with('`'), "{}", text);
            }
        }
    }

    #[test]
    fn however_arguments_are_split_into_positions_and_names_they_are_the_same(
        numbers in any::<[i32; 3]>(), positions in 0..4_usize,
    ) {
        let mut call = RequestWriter::new("lerp");
        for (index, number) in numbers.iter().enumerate() {
            match index < positions {
                true => call.positional(number).unwrap(),
                false => call.named(LERP.arguments()[index].name(), number).unwrap(),
            }
        }
        let payload = call.finish_old("q:rpc:A");
        let request = Request::read(&payload).unwrap();
        let bound = Arguments::<3>::bind(&request, &LERP).unwrap();
        let read: Vec<i32> = (0..3).map(|index| bound.required(index).unwrap()).collect();
        prop_assert_eq!(read, numbers);
    }
}

#[test]
fn an_object_of_positions_has_a_bound() {
    let args = |members| format!("{{{}}}", vec![r#""0":1"#; members].join(","));
    assert_eq!(add(&args(1024), "{}"), Ok(1.0));
    let text = add(&args(1025), "{}").unwrap_err();
    let expected = "`args` cannot be read: it has more than 1024 members";
    assert!(text.contains(expected), "{text}");
}
