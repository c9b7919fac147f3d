//! What the monitor writes and should not.

use hal::boot::Boot;
use hal::cpu::GuestRegisters;
use hal::memory::{AccessFault, Frames};
use hal::{Memory, PAGE_SIZE, Pa, Registers};
use hal_sim::SimCore;

use super::{PAGE_OF_SP1, assert_found};
use crate::machine::Bug;

/// The monitor writes the buffer that it answered in once more, at the next request.
#[derive(Default)]
struct WritesAgain(Option<Frames>);

impl Bug for WritesAgain {
    fn write(
        &mut self,
        core: &mut SimCore,
        frames: Frames,
        offset: u64,
        bytes: &[u8],
    ) -> Result<(), AccessFault> {
        self.0 = Some(frames);
        core.write(frames, offset, bytes)
    }

    fn requested(&mut self, core: &mut SimCore, _: &mut Registers) {
        if let Some(frames) = self.0.take() {
            core.write(frames, 0, &[0]).expect("it was written before");
        }
    }
}

#[test]
fn an_rx_buffer_written_while_its_owner_holds_it_is_found() {
    let words = ["the RX buffer of the normal world at non-secure 0x600", "holds it until FFA_RX_RELEASE"];
    assert_found("flow", WritesAgain::default(), &words);
}

/// The monitor writes a page of SP1 while it serves its first call.
#[derive(Default)]
struct WritesElsewhere(bool);

impl Bug for WritesElsewhere {
    fn exited(&mut self, core: &mut SimCore, boot: &Boot, _: &mut GuestRegisters) {
        if !std::mem::replace(&mut self.0, true) {
            let page = boot.memory.frames(Pa::secure(PAGE_OF_SP1 + 8 * PAGE_SIZE), 1).expect("a page");
            core.write(page, 0, &[1]).expect("it is RAM");
        }
    }
}

#[test]
fn a_page_of_a_partition_that_the_monitor_writes_is_found() {
    let words = ["secure 0xe418000 was written", "it belongs to SP1 (0x8001) and is no RX buffer"];
    assert_found("hello", WritesElsewhere::default(), &words);
}
