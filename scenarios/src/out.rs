//! Standard output, whose reader may leave: `tantalum bench | head` ends quietly.

use std::fmt::Display;
use std::io::{ErrorKind, Write};

/// Writes `text` and a new line.
pub fn line(text: impl Display) {
    self::text(format_args!("{text}\n"));
}

/// Writes `text`. Where nobody reads any more, this is the end of the process.
///
/// Panics where standard output cannot be written for another reason.
pub fn text(text: impl Display) {
    let mut out = std::io::stdout().lock();
    match write!(out, "{text}").and_then(|()| out.flush()) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(0),
        Err(error) => panic!("standard output cannot be written: {error}"),
    }
}
