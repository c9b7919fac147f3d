//! Guests meet lines that lack maintenance, and maintain caches themselves.

use hal::{PAGE_SIZE, Pa};

use super::aliases::User;
use super::lines::{LINE, Missing, Operation, page_of};
use crate::decode;
use crate::encoding::Encoding;
use crate::platform::Platform;
use crate::unicorn::registers::Registers;
use crate::unicorn::{Access, Mapping, Pace};

/// True for cache maintenance: `SYS` with CRn 7 and the CRm of `IC` and `DC`, `DC ZVA` aside.
pub const fn is_cache_maintenance(operation: Encoding) -> bool {
    operation.op0() == 1 && operation.crn() == 7 && matches!(operation.crm(), 1 | 5 | 6 | 10..=14)
}

impl Platform {
    /// Looks closer at an `access` of the page at `page` that was translated to `mapping`: where lines of the page
    /// lack maintenance and the access meets one, that is a finding; where it meets another, the core stops after
    /// the instruction, so that the next access is looked at too.
    pub fn watch(
        &mut self,
        core: &Registers,
        pace: &mut Pace,
        (page, access): (u64, Access),
        mapping: Mapping,
    ) -> Mapping {
        let Some(missing) = self.core().mmu.concern.take() else { return mapping };
        let address = match access {
            Access::Execute => Some(core.pc()),
            _ => self.instruction(core).and_then(|word| decode::address(word, core)),
        };
        // The second page of an access across two: it begins where the page does.
        let offset = address.filter(|at| at & !(PAGE_SIZE - 1) == page).map_or(0, |at| at % PAGE_SIZE);
        let at = Pa { address: mapping.page.address + offset, ..mapping.page };
        let by_monitor = self.maintenance.lines.take(at, missing);
        let by_guest = missing == Missing::MakeExecutable && self.maintenance.code.take_stale(&self.ram, at);
        if by_monitor || by_guest {
            let user = User::of(&self.regime(core));
            let pc = core.pc();
            let words = match (missing, access) {
                (Missing::MakeExecutable, _) => format!(
                    "stale instruction: {user}, the fetch at {pc:#x} of {at} may get what was there before it was \
                     written: a clean and an invalidation of instruction caches are missing"
                ),
                (Missing::Clean, Access::Execute) => format!(
                    "dirty line: {user}, the uncached fetch at {pc:#x} of {at}, which was written cached: a clean is \
                     missing"
                ),
                (Missing::Clean, _) => format!(
                    "dirty line: {user}, the uncached {} at {pc:#x} of {at}, which was written cached: a clean is \
                     missing",
                    if access == Access::Write { "store" } else { "load" }
                ),
            };
            self.core().mmu.findings.push(words);
        }
        if self.maintenance.lines.concern(mapping.page, missing) {
            pace.left = pace.left.min(u64::from(access == Access::Execute));
            self.core().mmu.flush = true;
        }
        mapping
    }

    /// The guest's cache maintenance `operation` with operand `value`.
    pub fn maintain_caches(&mut self, core: &Registers, operation: Encoding, value: u64) {
        let by_address = match (operation.op1(), operation.crm(), operation.op2()) {
            (0, 1 | 5, 0) => {
                self.maintenance.code.all_made_visible(&self.ram);
                return self.maintenance.lines.invalidate_instructions();
            }
            (3, 5, 1) => Operation::InvalidateInstructions,
            (3, 11, 1) => Operation::CleanToUnification,
            (3, 10 | 12 | 13 | 14, 1) => Operation::CleanToCoherency,
            // By set and way, or without a clean: nothing that other observers may rely on.
            _ => return,
        };
        let Some(at) = self.translate_to_ram(core, value, Access::Read) else { return };
        let line = Pa { address: at.address & !(LINE - 1), ..at };
        self.maintenance.lines.maintain(line, LINE, by_address);
        if by_address == Operation::InvalidateInstructions {
            self.maintenance.code.made_visible(&self.ram, line, LINE);
        }
        // A page is cleaned line by line, upwards; its last line stands for all.
        if by_address == Operation::CleanToCoherency && line.address % PAGE_SIZE == PAGE_SIZE - LINE {
            self.maintenance.aliases.clean(page_of(line), PAGE_SIZE);
        }
    }
}
