//! Lines for a person.

use core::fmt::{self, Write};

use arrayvec::ArrayVec;
use hal::Console;

use crate::ffa::TargetInfo;

/// Characters of a partition that are kept for the end of their line.
const LINE: usize = 96;

/// Bytes of the longest prefix of a partition's line.
const PREFIX: usize = 16;

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

/// What a vCPU has printed of its present line: whole lines go to the console, so that nobody's end in another's.
#[derive(Clone, Debug)]
pub struct PartialLine(ArrayVec<u8, LINE>);

impl PartialLine {
    /// Nothing, the empty value.
    pub const EMPTY: Self = Self(ArrayVec::new_const());

    /// Adds `characters` of `writer`; `print` gets each line that is whole then, with the writer before it. A line that
    /// is too long is two.
    pub fn add(&mut self, characters: &[u8], writer: TargetInfo, mut print: impl FnMut(&[u8])) {
        for character in characters {
            if *character != b'\n' && self.0.try_push(*character).is_ok() {
                continue;
            }
            let mut line = Output(ArrayVec::new());
            // As wide as other numbers here, so that there is no code for narrower ones. The longest prefix fits.
            let [partition, vcpu] = [writer.partition.0, writer.vcpu].map(u64::from);
            let _ = write!(line, "[{partition:04x} {vcpu}] ");
            line.0.extend(self.0.drain(..).chain(*b"\n"));
            print(&line.0);
            if *character != b'\n' {
                self.0.push(*character);
            }
        }
    }
}

/// A line as it is printed.
struct Output(ArrayVec<u8, { PREFIX + LINE + 1 }>);

impl Write for Output {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.try_extend_from_slice(text.as_bytes()).map_err(|_| fmt::Error)
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;
    use crate::ffa::PartitionId;

    const WRITER: TargetInfo = TargetInfo { partition: PartitionId(0xffff), vcpu: 0xffff };

    fn printed(line: &mut PartialLine, characters: &[u8]) -> Vec<Vec<u8>> {
        let mut printed = Vec::new();
        line.add(characters, WRITER, |line| printed.push(line.to_vec()));
        printed
    }

    #[test]
    fn a_line_is_printed_when_it_ends() {
        let mut line = PartialLine::EMPTY;
        assert_eq!(printed(&mut line, b"hel"), Vec::<Vec<u8>>::new());
        assert_eq!(printed(&mut line, b"lo\n\nnext"), [&b"[ffff 65535] hello\n"[..], b"[ffff 65535] \n"]);
        assert_eq!(printed(&mut line, b"\n"), [b"[ffff 65535] next\n"]);
    }

    #[test]
    fn a_line_that_is_too_long_is_two() {
        let mut line = PartialLine::EMPTY;
        let [first, second] = [[b'a'; LINE], [b'b'; LINE]];
        assert_eq!(printed(&mut line, &first), Vec::<Vec<u8>>::new());
        let lines = printed(&mut line, &second);
        assert_eq!(lines, [[b"[ffff 65535] ", &first[..], b"\n"].concat()]);
        assert_eq!(printed(&mut line, b"\n"), [[b"[ffff 65535] ", &second[..], b"\n"].concat()]);
    }
}
