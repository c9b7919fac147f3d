//! Vector registers.

use hal::Vector;
use hal::context::VectorContext;

use super::SimCore;

impl Vector for SimCore {
    fn save_vector(&mut self, into: &mut VectorContext) {
        let hardware = self.own();
        let registers = hardware.registers();
        registers.vectors(&mut into.v);
        into.fpcr = registers.fpcr();
        into.fpsr = registers.fpsr();
    }

    fn load_vector(&mut self, from: &VectorContext) {
        let hardware = self.own();
        let registers = hardware.registers();
        registers.set_vectors(&from.v);
        registers.set_fpcr(from.fpcr);
        registers.set_fpsr(from.fpsr);
    }
}
