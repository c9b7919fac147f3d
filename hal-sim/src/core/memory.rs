//! Physical memory, as the EL2 program reaches it.

use hal::memory::{AccessFault, ENTRIES, Frame, Frames, Memory};
use hal::{Pa, Space};

use super::SimCore;
use crate::hardware::Hardware;
use crate::mmu::stage2::ADDRESS;

/// The address of byte `offset` of `frames`, if the following `length` bytes are in them.
fn within(frames: Frames, offset: u64, length: usize) -> Result<Pa, AccessFault> {
    let start = frames.start();
    let fault = AccessFault {
        space: start.space,
        address: start.address.wrapping_add(offset),
    };
    let left = frames.size().checked_sub(offset).ok_or(fault)?;
    if length as u64 > left {
        return Err(AccessFault {
            address: start.address + frames.size(),
            ..fault
        });
    }
    Ok(Pa {
        address: start.address + offset,
        ..start
    })
}

/// The address of entry `index` of `table`.
fn entry_address(table: Frame, index: usize) -> Pa {
    assert!(index < ENTRIES, "a table has no entry {index}");
    Pa {
        address: table.start().address + 8 * index as u64,
        ..table.start()
    }
}

/// What an access to `pa` outside RAM gives.
const fn refused(pa: Pa) -> AccessFault {
    AccessFault {
        space: pa.space,
        address: pa.address,
    }
}

impl Memory for SimCore {
    fn read(&mut self, frames: Frames, offset: u64, into: &mut [u8]) -> Result<(), AccessFault> {
        let from = within(frames, offset, into.len())?;
        self.hardware()
            .platform
            .ram
            .read(from, into)
            .ok_or(refused(from))
    }

    fn write(&mut self, frames: Frames, offset: u64, bytes: &[u8]) -> Result<(), AccessFault> {
        let to = within(frames, offset, bytes.len())?;
        self.hardware().tell_write(frames, offset, bytes.len() as u64, false);
        self.hardware()
            .platform
            .ram
            .write(to, bytes)
            .ok_or(refused(to))
    }

    fn zero(&mut self, frames: Frames) -> Result<(), AccessFault> {
        let start = frames.start();
        self.hardware().tell_write(frames, 0, frames.size(), true);
        self.hardware()
            .platform
            .ram
            .zero(start, frames.size() as usize)
            .ok_or(refused(start))
    }

    fn read_entry(&self, table: Frame, index: usize) -> u64 {
        let at = entry_address(table, index);
        self.hardware()
            .platform
            .ram
            .read_u64(at)
            .unwrap_or_else(|| panic!("there is no table at {at}"))
    }

    fn write_entry(&mut self, table: Frame, index: usize, entry: u64) {
        let at = entry_address(table, index);
        let mut hardware = self.hardware();
        let ram = &hardware.platform.ram;
        let old = ram
            .read_u64(at)
            .unwrap_or_else(|| panic!("there is no table at {at}"));
        ram.write(at, &entry.to_le_bytes())
            .expect("what was read can be written");
        hardware.check_break_before_make(at, old, entry);
    }

    fn clean(&mut self, _frames: Frames) {
        // Every access sees one copy of memory: there is nothing to write back.
    }

    fn make_executable(&mut self, _frames: Frames) {
        for engine in &mut self.hardware().engines {
            engine.flush_instructions();
        }
    }
}

impl Hardware {
    /// Reports a valid entry that was replaced by one with another output address or type: it must be invalid,
    /// and forgotten, in between (DDI 0487, D8.16.1).
    fn check_break_before_make(&mut self, at: Pa, old: u64, new: u64) {
        const VALID: u64 = 1;
        const TYPE: u64 = 3;
        let both = old & new & VALID != 0;
        if both && (old ^ new) & (ADDRESS | TYPE) != 0 {
            let space = match at.space {
                Space::Secure => "secure",
                Space::NonSecure => "non-secure",
            };
            self.platform.find(format!(
                "break before make: the entry at {space} {:#x} went from {old:#x} to {new:#x} while it was valid",
                at.address
            ));
        }
    }
}
