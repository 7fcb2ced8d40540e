//! Which names a queue can have.

/// Longest name of a queue, in bytes.
#[doc(hidden)]
pub const LONGEST_QUEUE: usize = 512;

/// What is wrong with the name of a queue, to be read after it: `is empty`.
#[doc(hidden)]
#[must_use]
pub fn queue_fault(queue: &str) -> Option<&'static str> {
    if queue.is_empty() {
        Some("is empty")
    } else if queue.len() > LONGEST_QUEUE {
        Some("is longer than 512 bytes")
    } else if has_control(queue) {
        Some("holds a control character")
    } else if queue.contains(":rpc:") {
        Some("holds `:rpc:`, which marks lists of replies")
    } else {
        None
    }
}

/// Whether the name holds a character that no log could show.
#[doc(hidden)]
#[must_use]
pub fn has_control(name: &str) -> bool {
    if name.is_ascii() {
        // Without an early end, so that many bytes are compared at once.
        return name
            .bytes()
            .fold(false, |found, byte| found | byte.is_ascii_control());
    }
    name.chars().any(char::is_control)
}
