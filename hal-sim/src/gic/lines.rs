//! What devices assert, and what is left of it.

use hal::interrupt::Intid;

use super::Gic;

impl Gic {
    /// A device asserts or releases the line of `intid`; private ones are those of `core`.
    ///
    /// Panics where there is no such interrupt.
    pub fn set_line(&mut self, core: usize, intid: Intid, asserted: bool) {
        let (bank, number) = self.existing(core, intid);
        bank.set_lines(1 << number, u32::from(asserted) << number);
        self.changed();
    }

    /// True where `intid`, a private one of `core` or a shared one, is pending.
    ///
    /// Panics where there is no such interrupt.
    pub fn is_pending(&mut self, core: usize, intid: Intid) -> bool {
        let (bank, number) = self.existing(core, intid);
        bank.is_pending(number)
    }

    /// The timers of `core` assert those of the private `lines` that are in `asserted`.
    pub fn set_timer_lines(&mut self, core: usize, lines: u32, asserted: u32) {
        if self.redistributors[core].bank.set_lines(lines, asserted) {
            self.changed();
        }
    }

    /// What interrupts are still, in words: pending and on, or active.
    pub fn left(&self) -> Vec<String> {
        let private = self.redistributors.iter().enumerate().flat_map(|(core, redistributor)| {
            redistributor.bank.left(move |number| format!("{number} of core {core}"))
        });
        private.chain(self.distributor.left()).collect()
    }
}
