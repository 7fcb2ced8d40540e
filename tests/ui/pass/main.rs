//! Services of every shape compile and run: each file beside this one is a program of
//! its own, but that it is compiled with the others.

#![allow(clippy::all, clippy::unwrap_used, reason = "as some users write")]

use std::process::{ExitCode, Termination};

macro_rules! shapes {
    ($($shape:ident,)+) => {
        const SHAPES: &[&str] = &[$(stringify!($shape)),+];

        $(
            #[allow(missing_docs, unreachable_pub, reason = "modules only here")]
            pub mod $shape;

            #[test]
            fn $shape() {
                assert_eq!($shape::main().report(), ExitCode::SUCCESS);
            }
        )+
    };
}

shapes! {
    arguments_of_any_kind,
    blocking_methods,
    borrowed_arguments,
    bounds_on_self,
    calls_are_spawned_and_joined,
    cfg_inside_cfg_attr,
    client_implements_the_trait,
    client_with_a_name_that_implements_the_trait,
    context_arguments,
    contract_kept,
    crate_under_another_name,
    crate_under_another_name_many_times,
    default_bodies,
    default_bodies_of_every_kind,
    deprecated_and_linted_methods,
    descriptor,
    exclusive_object_that_is_not_sync,
    generic_impl,
    generic_implementor,
    generic_trait,
    inside_macro_rules,
    lists_of_borrowed_texts,
    many_methods,
    many_methods_of_a_trait,
    methods_and_arguments_under_cfg,
    mistakes_of_callers,
    names_on_the_wire,
    names_taken_elsewhere,
    no_prelude,
    oneway_methods,
    own_type_named_result,
    parameter_that_does_not_travel,
    plain_impl,
    plain_trait,
    receivers_of_every_kind,
    results,
    self_type_in_an_impl,
    service_in_a_function,
    streams,
    supertraits_and_super_calls,
    two_services_in_one_module,
    user_names_that_look_like_ours,
    visibility_and_lints_of_a_library,
}

#[test]
fn every_file_is_run() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/ui/pass");
    let files = std::fs::read_dir(folder).unwrap().map(|file| {
        let name = file.unwrap().file_name().into_string().unwrap();
        name.trim_end_matches(".rs").to_owned()
    });
    let mut files: Vec<_> = files.filter(|name| name != "main").collect();
    files.sort();
    assert_eq!(files, SHAPES);
    assert!(files.len() >= 30);
}
