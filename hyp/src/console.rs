//! Lines for a person.

use core::fmt::{self, Write};

use hal::Console;

/// Writes one line to the console.
pub fn print_line(console: &mut impl Console, line: fmt::Arguments<'_>) {
    struct Bytes<'a, C>(&'a mut C);

    impl<C: Console> Write for Bytes<'_, C> {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.print(text.as_bytes());
            Ok(())
        }
    }

    // `Bytes` never fails.
    let _ = writeln!(Bytes(console), "{line}");
}
