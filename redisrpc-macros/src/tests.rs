//! Whole expansions, as they are: `EXPANSIONS=write cargo test -p redisrpc-macros`
//! writes them anew.

use std::{fs, path::PathBuf};

use proc_macro2::TokenStream;
use quote::quote;

use super::expanded;

/// Compares an expansion with the one that is kept under this name.
fn check(name: &str, args: TokenStream, item: &TokenStream) {
    let expansion = expanded(args, item);
    let file: syn::File = syn::parse2(expansion).unwrap();
    let text = prettyplease::unparse(&file);
    let kept = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/snapshots/{name}.rs"));
    if std::env::var_os("EXPANSIONS").is_some_and(|what| what == "write") {
        fs::write(&kept, &text).unwrap();
    }
    let expected = fs::read_to_string(&kept).unwrap_or_default();
    assert_eq!(
        text,
        expected,
        "the expansion is not the one in {}",
        kept.display()
    );
}

#[test]
fn a_trait_becomes_a_client_and_a_service() {
    let item = quote! {
        /// Calculates.
        pub trait Calculator {
            /// Adds.
            #[rpc(alias = "plus")]
            async fn add(&self, number: f64) -> f64;
            async fn div(&self, a: f64, #[rpc(default = 1.0)] b: f64) -> Result<f64, DivisionByZero>;
            fn clear(&self);
        }
    };
    check("trait", quote!(queue = "calc"), &item);
}

#[test]
fn an_impl_block_becomes_a_service_itself() {
    let item = quote! {
        impl Calculator {
            pub fn add(&mut self, number: f64) -> f64 {
                self.sum += number;
                self.sum
            }

            #[rpc(blocking)]
            fn print(&self, text: &str, list: &[u8]) -> io::Result<()> {
                Ok(())
            }

            fn helper(&self) {}
        }
    };
    check("impl_block", TokenStream::new(), &item);
}

#[test]
fn a_client_implements_its_trait() {
    let item = quote! {
        trait Store<V>
        where
            V: Serialize + DeserializeOwned + Send,
        {
            #[rpc(named, timeout = "5s", idempotent)]
            async fn put(&self, key: &str, value: V) -> Result<Option<V>, Error>;
            #[cfg(feature = "more")]
            async fn all(&self, #[cfg(unix)] path: String, #[rpc(rest)] keys: Vec<String>) -> Result<Vec<V>, Error> {
                Ok(Vec::new())
            }
        }
    };
    check("client_impl", quote!(client = impl Remote), &item);
}

#[test]
fn after_a_mistake_signatures_are_left() {
    let item = quote! {
        pub trait Calculator {
            async fn add(&self, #[rpc(nmae = "n")] number: f64) -> f64;
        }
    };
    check("mistake", TokenStream::new(), &item);
}

#[test]
fn many_methods_are_dispatched_in_parts() {
    let methods = (1..=17).map(|number| {
        let name = quote::format_ident!("method_{number}");
        let cfg = (number == 2).then(|| quote!(#[cfg(unix)] #[rpc(alias = "second")]));
        quote!(#cfg fn #name(&self);)
    });
    let item = quote!(trait Many { #(#methods)* });
    check("many_methods", TokenStream::new(), &item);
}
