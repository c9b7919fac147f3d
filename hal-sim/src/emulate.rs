//! Instructions that the emulator does not know: the GIC's CPU interface, semihosting, range TLB invalidation.

use hal::Space;

use crate::board::End;
use crate::el2::{HCR_FMO, HCR_IMO};
use crate::encoding::Encoding;
use crate::gic::is_of_cpu_interface;
use crate::hardware::Hardware;
use crate::semihosting;
use crate::tlbi;

impl Hardware {
    /// Does what `word` at the program counter says, and goes on after it; `None` where it is undefined.
    pub fn emulate(&mut self, word: u32) -> Option<Option<End>> {
        let end = if word == semihosting::HLT {
            self.semihosting()
        } else {
            self.system_instruction(word).then_some(None)?
        };
        self.platform.core().pc += 4;
        Some(end)
    }

    /// Does a system instruction or a system register access; false where it is undefined.
    fn system_instruction(&mut self, word: u32) -> bool {
        const SYSTEM: u32 = 0xd500_0000;
        const READ: u32 = 1 << 21;
        if word & 0xffc0_0000 != SYSTEM || self.el() == 0 {
            return false;
        }
        let register = Encoding::of_instruction(word);
        let rt = word & 31;
        if tlbi::is_invalidation(register) {
            let (engine, platform) = self.core_and_platform();
            platform.invalidate(engine.registers(), register, engine.registers().x(rt));
            engine.flush_translations();
            return true;
        }
        let world = self.world();
        if self.el() < u64::from(register.op1() == 4) + 1 || self.has_virtual_interface(register) {
            return false;
        }
        let (engine, platform) = self.core_and_platform();
        let registers = engine.registers();
        let (core, now) = (platform.current, platform.clock);
        let gic = platform.gic_at(registers, now);
        if word & READ != 0 {
            let value = gic.read_register(core, world, register);
            value.map(|value| registers.set_x(rt, value)).is_some()
        } else {
            gic.write_register(core, world, register, registers.x(rt))
        }
    }

    /// True where `register` is of the GIC's CPU interface and EL1 has the virtual one, which is not modelled, instead
    /// of the physical one.
    fn has_virtual_interface(&mut self, register: Encoding) -> bool {
        if self.el() != 1 || !is_of_cpu_interface(register) {
            return false;
        }
        let core = &self.platform.cores[self.platform.current];
        let hcr = match core.world {
            Space::Secure => core.el2.hcr(),
            Space::NonSecure => self.registers().known(crate::encoding::name::HCR_EL2),
        };
        let virtual_ = hcr & (HCR_IMO | HCR_FMO) != 0;
        if virtual_ {
            self.platform.find("a guest used the GIC's virtual CPU interface, which is not modelled".into());
        }
        virtual_
    }
}
