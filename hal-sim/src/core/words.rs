//! The console and the events.

use hal::Console;
use hal::trace::{Event, Trace};

use super::SimCore;

impl Console for SimCore {
    fn print(&mut self, bytes: &[u8]) {
        self.own().platform.console.extend_from_slice(bytes);
    }
}

impl Trace for SimCore {
    fn trace(&mut self, event: Event<'_>) {
        let text = event.text().map(ToString::to_string).unwrap_or_default();
        let output = &mut self.own().platform.output;
        output.extend_from_slice(&event.header(text.len() as u32));
        output.extend_from_slice(text.as_bytes());
    }
}
