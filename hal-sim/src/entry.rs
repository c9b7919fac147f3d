//! How an EL2 program begins on a core.

use hal::Pa;
use hal::boot::Boot;
use hal::memory::{PhysicalMemory, PhysicalRange};

use crate::board::Board;
use crate::gic::{Distributor, Redistributor};

/// How the EL2 program begins on a core.
#[derive(Clone, Debug)]
pub enum Entry {
    /// At the image's entry: on the first core, and on one that is switched on while the program has registered no
    /// other entry (FFA_SECONDARY_EP_REGISTER).
    Cold(Box<Boot>),
    /// At the entry that it registered.
    Warm {
        /// The linear index of the core.
        core: usize,
    },
}

/// What the machine tells the program at its entry on `core`.
pub fn boot(board: &Board, core: usize) -> Boot {
    let memory = PhysicalMemory::new(&board.ram, board.monitor, &devices(board));
    let frames = |start: Pa, size: u64| {
        memory
            .frames(start, size / hal::PAGE_SIZE)
            .unwrap_or_else(|error| panic!("the board's memory at {start} is not usable: {error:?}"))
    };
    let (manifest_page, manifest_offset) = board.manifest.in_page();
    let manifest = frames(manifest_page, hal::PAGE_SIZE);
    let pool = frames(board.pool.start, board.pool.size);
    let secondary_entry = if board.cores > 1 { secondary_entry(board) } else { 0 };
    Boot { core, manifest, manifest_offset, pool, memory, secondary_entry }
}

/// The interrupt controller, which is the program's.
fn devices(board: &Board) -> [PhysicalRange; 2] {
    let range = |start, size| PhysicalRange { start: Pa::secure(start), size };
    let redistributors = Redistributor::FRAMES * board.cores as u64;
    [range(board.gicd, Distributor::FRAME), range(board.gicr, redistributors)]
}

/// Where EL3 enters the program on further cores: a number only, since the program is not in the machine's memory.
pub const fn secondary_entry(board: &Board) -> u64 {
    const OFFSET: u64 = 0x40;
    board.monitor.start.address + OFFSET
}
