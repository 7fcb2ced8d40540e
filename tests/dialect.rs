//! How the old servers differ, as it was recorded of each.

use serde_json::Value;

use crate::old_peer::{Deed, OldCall};

/// The servers that were recorded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Dialect {
    Python3,
    Python27,
    /// 0.3.5.
    Ruby,
    /// 0.3.6rc4.
    RubyMaster,
    Php,
}

impl Dialect {
    pub const ALL: [Self; 5] = [
        Self::Python3,
        Self::Python27,
        Self::Ruby,
        Self::RubyMaster,
        Self::Php,
    ];

    pub fn deletes_its_queue_at_start(self) -> bool {
        matches!(self, Self::Python3 | Self::Python27 | Self::Php)
    }

    fn reads_kwargs(self) -> bool {
        matches!(self, Self::Python3 | Self::Python27)
    }

    /// A successful reply; `value` is JSON as this server writes it.
    pub fn returned(self, value: &str) -> String {
        match self {
            Self::Python3 | Self::Python27 => format!(r#"{{"return_value": {value}}}"#),
            Self::Ruby | Self::RubyMaster | Self::Php => format!(r#"{{"return_value":{value}}}"#),
        }
    }

    /// A float: PHP writes `4` for 4.0.
    pub fn float(self, number: f64) -> String {
        match self {
            Self::Php => number.to_string(),
            _ => format!("{number:?}"),
        }
    }

    /// A failed reply; `text` is the inside of a JSON string.
    fn raised(self, text: &str) -> String {
        match self {
            Self::Python3 | Self::Python27 => format!(r#"{{"exception": "{text}"}}"#),
            Self::RubyMaster => {
                format!(r#"{{"exception":"{text}","backtrace":["calc.rb:9:in `call'"]}}"#)
            }
            Self::Ruby | Self::Php => format!(r#"{{"exception":"{text}"}}"#),
        }
    }

    pub fn no_method(self, name: &str) -> String {
        self.raised(&match self {
            Self::Python3 => {
                format!(r#"AttributeError(\"'Calculator' object has no attribute '{name}'\")"#)
            }
            Self::Python27 => {
                format!(r#"AttributeError(\"'Calculator' object has no attribute '{name}'\",)"#)
            }
            Self::Ruby | Self::RubyMaster => {
                format!("undefined method `{name}' for #<Calculator:0x00007f1c>")
            }
            Self::Php => format!(r#"method \"{name}\" does not exist"#),
        })
    }
}

/// The calculator that every old server has as its example.
pub fn calculator(dialect: Dialect) -> impl FnMut(&OldCall) -> Deed + Send + 'static {
    let mut acc = 0.0;
    move |call| {
        let number = call.args.first();
        let named = call.kwargs.get("number").filter(|_| dialect.reads_kwargs());
        let number = number.or(named).and_then(Value::as_f64);
        match (&*call.name, number) {
            ("clr", None) => {
                acc = 0.0;
                return match dialect {
                    Dialect::Python3 | Dialect::Python27 => dialect.returned("null").into(),
                    _ => dialect.returned(&dialect.float(0.0)).into(),
                };
            }
            ("add", Some(number)) => acc += number,
            ("sub", Some(number)) => acc -= number,
            ("mul", Some(number)) => acc *= number,
            // Infinity is not JSON for Ruby, and PHP cannot catch its error.
            ("div", Some(0.0)) if !dialect.reads_kwargs() => return Deed::Ends,
            ("div", Some(0.0)) => {
                let text = "ZeroDivisionError('float division by zero')";
                return dialect.raised(text).into();
            }
            ("div", Some(number)) => acc /= number,
            ("val", None) => {}
            (name, _) => return dialect.no_method(name).into(),
        }
        dialect.returned(&dialect.float(acc)).into()
    }
}
