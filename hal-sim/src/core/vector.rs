//! Vector registers.

use hal::Vector;
use hal::context::VectorContext;

use super::SimCore;

impl Vector for SimCore {
    fn save_vector(&mut self, into: &mut VectorContext) {
        let hardware = self.hardware();
        let registers = hardware.registers();
        for (index, value) in into.v.iter_mut().enumerate() {
            *value = registers.vector(index);
        }
        into.fpcr = registers.fpcr();
        into.fpsr = registers.fpsr();
    }

    fn load_vector(&mut self, from: &VectorContext) {
        let hardware = self.hardware();
        let registers = hardware.registers();
        for (index, value) in from.v.iter().enumerate() {
            registers.set_vector(index, *value);
        }
        registers.set_fpcr(from.fpcr);
        registers.set_fpsr(from.fpsr);
    }
}
