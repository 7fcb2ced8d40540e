//! The file of a contract: where it is, and what the build is to do with it.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process,
};

use proc_macro2::TokenStream;
use quote::quote;
use redisrpc_contract::{Contract, did_you_mean};
use syn::LitStr;

use crate::diag::Errors;

/// The environment variable that says what is done with contracts.
const VARIABLE: &str = "REDISRPC_CONTRACT";

/// What the build does with a service's contract.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Task {
    /// Refuses what breaks callers.
    Keep,
    /// Refuses every difference: a check before a release.
    Check,
    /// Writes the file.
    Write,
}

impl Task {
    /// What the environment asks for, if it asks for something that there is.
    pub(super) fn of_build(at: &LitStr, errors: &mut Errors) -> Option<Self> {
        // The files of dependencies are not this build's to write, nor its to check.
        let is_asked = env::var_os("CARGO_PRIMARY_PACKAGE").is_some();
        let Some(asked) = env::var_os(VARIABLE).filter(|_| is_asked) else {
            return Some(Self::Keep);
        };
        match asked.to_str() {
            Some("" | "keep") => Some(Self::Keep),
            Some("check") => Some(Self::Check),
            Some("write") => Some(Self::Write),
            _ => {
                let asked = asked.to_string_lossy();
                let known = did_you_mean(&asked, ["write", "check", "keep"]);
                let help = known.map_or("known are `write` and `check`".to_owned(), |known| {
                    format!("did you mean `{known}`?")
                });
                errors.at(at, format_args!("{VARIABLE} is `{asked}`; {help}"));
                None
            }
        }
    }
}

/// The command that writes the contracts of the package that is compiled.
pub(super) fn write_command() -> String {
    let package = env::var("CARGO_PKG_NAME").map(|name| format!(" -p {name}"));
    format!(
        "{VARIABLE}=write cargo check{}",
        package.unwrap_or_default()
    )
}

/// A file that is named in the source.
pub(super) struct File<'a> {
    /// Its name, where mistakes in it are told.
    pub(super) name: &'a LitStr,
    path: PathBuf,
}

impl<'a> File<'a> {
    /// The file with this name beside the package's `Cargo.toml`.
    pub(super) fn named(name: &'a LitStr) -> Self {
        // Without cargo, the compiler's own folder.
        let folder = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
        Self {
            path: Path::new(&folder).join(name.value()),
            name,
        }
    }

    /// What it says; `help` is for when it is not there.
    pub(super) fn read(&self, help: &str, errors: &mut Errors) -> Option<Contract> {
        let (name, text) = (self.name.value(), self.text(help, errors)?);
        match Contract::from_json(&text) {
            Ok(contract) => Some(contract),
            Err(error) => {
                let text = format!("`{name}` is not a contract: {error}");
                errors.at(self.name, text);
                None
            }
        }
    }

    /// Its text.
    pub(super) fn text(&self, help: &str, errors: &mut Errors) -> Option<String> {
        let error = match fs::read_to_string(&self.path) {
            Ok(text) => return Some(text),
            Err(error) => error,
        };
        let name = self.name.value();
        let near = self.near().map(|near| format!("; did you mean `{near}`?"));
        let help = near.as_deref().unwrap_or(help);
        let text = match error.kind() {
            io::ErrorKind::NotFound => format!("there is no file `{name}` beside `Cargo.toml`"),
            _ => format!("`{name}` cannot be read: {error}"),
        };
        errors.at(self.name, format_args!("{text}{help}"));
        None
    }

    /// A file that is there, with nearly this name.
    fn near(&self) -> Option<String> {
        let written = self.path.file_name()?.to_str()?;
        let entries = fs::read_dir(self.path.parent()?).ok()?.flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let names: Vec<_> = names.filter(|name| name.ends_with(".json")).collect();
        let near = did_you_mean(written, names.iter().map(String::as_str))?;
        let near = Path::new(&self.name.value()).with_file_name(near);
        Some(near.to_string_lossy().into_owned())
    }

    /// Writes the contract, unless it is what the file says already. Returns whether
    /// it did.
    pub(super) fn write(&self, contract: &Contract, errors: &mut Errors) -> bool {
        let text = contract.to_json();
        if fs::read_to_string(&self.path).is_ok_and(|there| there == text) {
            return false;
        }
        // In one step: tests and the library may be compiled at the same time.
        let new = self.path.with_extension(format!("{}.new", process::id()));
        let written = fs::write(&new, text).and_then(|()| fs::rename(&new, &self.path));
        if let Err(error) = &written {
            let text = format!("`{}` cannot be written: {error}", self.name.value());
            errors.at(self.name, text);
        }
        written.is_ok()
    }

    /// Makes cargo compile anew when the file changes, or what is to be done with it.
    //
    // Output:
    //     const _: &[u8] = include_bytes!("/home/me/calc/calc.contract.json");
    //     const _: Option<&str> = option_env!("REDISRPC_CONTRACT");
    pub(super) fn tracked(&self) -> TokenStream {
        // What is no text cannot be named in the source, and is not tracked.
        let path = self.path.to_str().map(|path| {
            quote!(
                const _: &[::core::primitive::u8] = ::core::include_bytes!(#path);
            )
        });
        quote! {
            #path
            const _: ::core::option::Option<&::core::primitive::str> =
                ::core::option_env!(#VARIABLE);
        }
    }
}
