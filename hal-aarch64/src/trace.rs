//! Where events go: nowhere in the shipped image, to the semihosting host in the traced one.

use core::fmt::{self, Write};

use hal::Trace;
use hal::trace::{EVENT_HEADER, Event};

use crate::real_core::RealCore;
use crate::semihosting;

/// What becomes of events.
pub trait TraceSink {
    /// Takes `event`.
    fn take(&mut self, event: Event<'_>);
}

/// Nothing becomes of them, and the compiler removes what would have made them.
#[derive(Debug)]
pub struct NoTrace;

impl TraceSink for NoTrace {
    #[inline(always)]
    fn take(&mut self, _event: Event<'_>) {}
}

/// They are written as frames into the machine's stream of output, each in one piece.
#[derive(Debug)]
pub struct Semihosting(semihosting::Output);

impl Semihosting {
    /// Opens the stream.
    pub fn open() -> Self {
        Self(semihosting::Output::open())
    }
}

impl TraceSink for Semihosting {
    fn take(&mut self, event: Event<'_>) {
        let mut text = Text { frame: [0; FRAME], end: EVENT_HEADER };
        if let Some(sentence) = event.text() {
            // A sentence that does not fit is cut.
            let _ = write!(text, "{sentence}");
        }
        let header = event.header((text.end - EVENT_HEADER) as u32);
        text.frame[..EVENT_HEADER].copy_from_slice(&header);
        self.0.write(&text.frame[..text.end]);
    }
}

/// Bytes in the longest frame.
const FRAME: usize = 640;

/// A frame whose text is being written.
struct Text {
    frame: [u8; FRAME],
    end: usize,
}

impl fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = &mut self.frame[self.end..];
        let cut = text.floor_char_boundary(room.len());
        room[..cut].copy_from_slice(&text.as_bytes()[..cut]);
        self.end += cut;
        if cut < text.len() { Err(fmt::Error) } else { Ok(()) }
    }
}

impl<T: TraceSink> Trace for RealCore<T> {
    #[inline(always)]
    fn trace(&mut self, event: Event<'_>) {
        self.sink.take(event);
    }
}
