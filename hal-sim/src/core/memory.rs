//! Physical memory, as the EL2 program reaches it.

use hal::Pa;
use hal::memory::{AccessFault, ENTRIES, Frame, Frames, Memory};

use super::SimCore;
use crate::maintenance::Operation;
use crate::mmu::stage2::{ADDRESS, means_the_same};
use crate::platform::Platform;
use crate::record::{self, Access, Object};

/// The address of byte `offset` of `frames`, if the following `length` bytes are in them.
fn within(frames: Frames, offset: u64, length: usize) -> Result<Pa, AccessFault> {
    let start = frames.start();
    let fault = AccessFault { space: start.space, address: start.address.wrapping_add(offset) };
    let left = frames.size().checked_sub(offset).ok_or(fault)?;
    if length as u64 > left {
        return Err(AccessFault { address: start.address + frames.size(), ..fault });
    }
    Ok(Pa { address: start.address + offset, ..start })
}

/// The address of entry `index` of `table`.
fn entry_address(table: Frame, index: usize) -> Pa {
    assert!(index < ENTRIES, "a table has no entry {index}");
    Pa { address: table.start().address + 8 * index as u64, ..table.start() }
}

/// What an access to `pa` outside RAM gives.
const fn refused(pa: Pa) -> AccessFault {
    AccessFault { space: pa.space, address: pa.address }
}

impl Memory for SimCore {
    fn read(&mut self, frames: Frames, offset: u64, into: &mut [u8]) -> Result<(), AccessFault> {
        let from = within(frames, offset, into.len())?;
        let hardware = self.hardware();
        record::touch_memory(from, into.len() as u64, Access::Read);
        hardware.platform.ram.read(from, into).ok_or(refused(from))
    }

    fn write(&mut self, frames: Frames, offset: u64, bytes: &[u8]) -> Result<(), AccessFault> {
        let to = within(frames, offset, bytes.len())?;
        self.hardware().tell_write(frames, offset, bytes.len() as u64, false);
        record::touch_memory(to, bytes.len() as u64, Access::Write);
        let platform = &mut self.own().platform;
        platform.ram.write(to, bytes).ok_or(refused(to))?;
        platform.wrote(to, bytes.len() as u64);
        Ok(())
    }

    fn zero(&mut self, frames: Frames) -> Result<(), AccessFault> {
        let start = frames.start();
        self.hardware().tell_write(frames, 0, frames.size(), true);
        record::touch_memory(start, frames.size(), Access::Write);
        let platform = &mut self.own().platform;
        platform.ram.zero(start, frames.size() as usize).ok_or(refused(start))?;
        platform.wrote(start, frames.size());
        Ok(())
    }

    fn read_entry(&self, table: Frame, index: usize) -> u64 {
        let at = entry_address(table, index);
        let hardware = self.hardware();
        record::touch(Object::Entry(at), Access::Read);
        hardware.platform.ram.read_u64(at).unwrap_or_else(|| panic!("there is no table at {at}"))
    }

    fn write_entry(&mut self, table: Frame, index: usize, entry: u64) {
        let at = entry_address(table, index);
        let platform = &mut self.hardware().platform;
        record::touch(Object::Entry(at), Access::Write);
        let old = platform.ram.read_u64(at).unwrap_or_else(|| panic!("there is no table at {at}"));
        platform.ram.write(at, &entry.to_le_bytes()).expect("what was read can be written");
        platform.maintenance.entry_written(at, old, platform.current);
        platform.check_entry(at, old, entry);
    }

    fn clean(&mut self, frames: Frames) {
        let platform = &mut self.hardware().platform;
        record::touch_memory(frames.start(), frames.size(), Access::Write);
        platform.maintenance.lines.maintain(frames.start(), frames.size(), Operation::CleanToCoherency);
        platform.maintenance.aliases.clean(frames.start(), frames.size());
        platform.translate_anew();
    }

    fn make_executable(&mut self, frames: Frames) {
        let mut hardware = self.hardware();
        record::touch_memory(frames.start(), frames.size(), Access::Write);
        let Platform { maintenance, ram, .. } = &mut hardware.platform;
        let (start, size) = (frames.start(), frames.size());
        maintenance.lines.maintain(start, size, Operation::CleanToUnification);
        maintenance.lines.maintain(start, size, Operation::InvalidateInstructions);
        maintenance.code.made_visible(ram, start, size);
        for engine in &mut hardware.engines {
            engine.flush_instructions();
        }
    }
}

impl Platform {
    /// Notes that the monitor wrote `size` bytes from `start`.
    fn wrote(&mut self, start: Pa, size: u64) {
        self.maintenance.lines.write(start, size);
        self.translate_anew();
    }

    /// Lets the emulator ask for every translation again, so that the next accesses are looked at.
    fn translate_anew(&mut self) {
        for core in &mut self.cores {
            core.mmu.flush = true;
        }
    }

    /// Looks at the change of the table entry at `at` from `old` to `new`. A valid entry must be made invalid, and
    /// forgotten, before one stands there that break before make is needed for (DDI 0487, D8.16.1).
    fn check_entry(&mut self, at: Pa, old: u64, new: u64) {
        if old & VALID == 0 {
            let broken = self.cores.iter().find_map(|core| core.mmu.tlb.broken_entry(at));
            if new & VALID != 0
                && let Some(before) = broken
                && let Some(what) = needs_break(before, new)
            {
                self.find(format!(
                    "break before make: the entry at {at} went from {before:#x} by way of an invalid one to {new:#x},                      another {what}, before a TLBI forgot the old translation"
                ));
            }
            return;
        }
        if new & VALID != 0
            && let Some(what) = needs_break(old, new)
        {
            self.find(format!(
                "break before make: the entry at {at} went from {old:#x} to {new:#x}, another {what}, while it was valid"
            ));
        }
        if !means_the_same(old, new) {
            let by = self.current;
            for (index, core) in self.cores.iter_mut().enumerate() {
                core.mmu.flush |= core.mmu.tlb.entry_changed(at, new, index == by);
            }
        }
    }
}

/// Bit 0 of an entry: it is valid.
const VALID: u64 = 1;

/// What differs between two valid entries that one may not replace the other for, if something does. Rights, the
/// access flag, shareability and the bits for software may change at once.
const fn needs_break(old: u64, new: u64) -> Option<&'static str> {
    const TYPE: u64 = 1 << 1;
    const MEMORY: u64 = 0xf << 2;
    const CONTIGUOUS: u64 = 1 << 52;
    let changed = old ^ new;
    if changed & TYPE != 0 {
        Some("size (block or table)")
    } else if changed & ADDRESS != 0 {
        Some("output address")
    } else if changed & MEMORY != 0 {
        Some("memory type")
    } else if changed & CONTIGUOUS != 0 {
        Some("contiguous bit")
    } else {
        None
    }
}
