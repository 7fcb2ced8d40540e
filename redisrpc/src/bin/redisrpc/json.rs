//! JSON as people like to read it, without touching what it says: numbers keep
//! their digits and members their order.

/// The same on one line, without spaces that mean nothing.
pub(crate) fn compact(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for token in tokens(json) {
        push(&mut out, token);
    }
    out
}

/// Over several lines, each member and element on its own.
pub(crate) fn pretty(json: &str) -> String {
    let mut out = String::new();
    let mut depth = 0;
    let mut tokens = tokens(json).peekable();
    while let Some(token) = tokens.next() {
        match token {
            "{" | "[" => {
                out.push_str(token);
                let closes = tokens.next_if(|next| matches!(*next, "}" | "]"));
                match closes {
                    Some(close) => out.push_str(close),
                    None => {
                        depth += 1;
                        new_line(&mut out, depth);
                    }
                }
            }
            "}" | "]" => {
                depth -= 1;
                new_line(&mut out, depth);
                out.push_str(token);
            }
            "," => {
                out.push(',');
                new_line(&mut out, depth);
            }
            ":" => out.push_str(": "),
            scalar => push(&mut out, scalar),
        }
    }
    out
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    (0..depth).for_each(|_| out.push_str("  "));
}

/// Appends a token; what a terminal would obey is escaped, as JSON allows.
fn push(out: &mut String, token: &str) {
    for c in token.chars() {
        match c.is_control() {
            true => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            false => out.push(c),
        }
    }
}

/// The tokens of a valid text, without the space between them.
fn tokens(json: &str) -> impl Iterator<Item = &str> {
    let mut rest = json;
    std::iter::from_fn(move || {
        rest = rest.trim_ascii_start();
        let end = match rest.as_bytes().first()? {
            b'"' => end_of_string(rest),
            b'{' | b'}' | b'[' | b']' | b',' | b':' => 1,
            _ => rest
                .find(|c: char| c.is_ascii_whitespace() || "{}[],:\"".contains(c))
                .unwrap_or(rest.len()),
        };
        let (token, after) = rest.split_at(end);
        rest = after;
        Some(token)
    })
}

/// Where the string that the text begins with ends.
fn end_of_string(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = r#" {"b" : [1, 2.50, "x, {\"y\"}"], "a":{}, "n": 12345678901234567890 }"#;

    #[test]
    fn compact_keeps_digits_order_and_what_is_in_strings() {
        let expected = r#"{"b":[1,2.50,"x, {\"y\"}"],"a":{},"n":12345678901234567890}"#;
        assert_eq!(compact(JSON), expected);
        assert_eq!(compact("\"\u{9b}31m\""), r#""\u009b31m""#);
    }

    #[test]
    fn pretty_has_a_line_for_each_member() {
        let expected = "{\n  \"b\": [\n    1,\n    2.50,\n    \"x, {\\\"y\\\"}\"\n  ],\n  \"a\": {},\n  \"n\": 12345678901234567890\n}";
        assert_eq!(pretty(JSON), expected);
        assert_eq!(pretty("null"), "null");
        assert_eq!(compact(&pretty(JSON)), compact(JSON));
    }
}
