//! System registers by name.

use std::marker::PhantomData;

use hal::Sysregs;
use hal::sysreg::Sysreg;

use super::SimCore;
use super::place::{self, Name, Place};
use crate::el2::{FORWARDED, Slot};
use crate::encoding::{Encoding, name};
use crate::hardware::{Hardware, mpidr};

/// What is known of `R` before the program runs.
struct Known<R>(PhantomData<R>);

impl<R: Sysreg> Known<R> {
    /// Where it is and what E2H makes of its name.
    const PLACE: (Place, Name) = place::of(Encoding::of::<R>());
    /// A change of it changes translations that the emulator remembers.
    const TRANSLATES: bool = translates(Encoding::of::<R>());
}

/// True for the registers that a guest's translation regime is made of.
const fn translates(register: Encoding) -> bool {
    let stage1 = matches!(register.op1(), 0 | 5) && matches!((register.crn(), register.crm()), (1 | 2, 0));
    let stage2 = register.op1() == 4 && matches!((register.crn(), register.crm()), (2, 1 | 6));
    stage1 || stage2 || register.is(name::HCR_EL2)
}

impl Sysregs for SimCore {
    fn read_sysreg<R: Sysreg>(&self) -> u64 {
        let hardware = &mut *self.own();
        let place = hardware.find_place(R::NAME, Known::<R>::PLACE);
        let now = hardware.platform.clock;
        let (engine, platform) = hardware.core_and_platform();
        let registers = engine.registers();
        match place {
            Place::Emulator(name::MPIDR_EL1) => mpidr(platform.current),
            Place::Emulator(register) => registers.known(register),
            Place::StackPointer(el) => registers.banked_sp(el),
            Place::El2(slot) => platform.core().el2.get(slot),
            Place::Timer(register) => {
                let offset =
                    if register == name::CNTVCT_EL0 { platform.virtual_offset(registers) } else { 0 };
                platform.core().timers.read(register, now, offset).unwrap_or_else(|| no_register(R::NAME))
            }
            Place::Unknown => no_register(R::NAME),
        }
    }

    fn write_sysreg<R: Sysreg>(&mut self, value: u64) {
        let hardware = &mut *self.own();
        let place = hardware.find_place(R::NAME, Known::<R>::PLACE);
        let now = hardware.platform.clock;
        let (engine, platform) = hardware.core_and_platform();
        let registers = engine.registers();
        if Known::<R>::TRANSLATES {
            platform.core().emulator_is_stale = true;
        }
        match place {
            Place::Emulator(register) => registers.set_system(register, value),
            Place::StackPointer(el) => registers.set_banked_sp(el, value),
            Place::El2(slot) => hardware.write_el2(slot, value),
            Place::Timer(register) => {
                if !platform.core().timers.write(register, value, now, 0) {
                    no_register(R::NAME);
                }
            }
            Place::Unknown => no_register(R::NAME),
        }
    }
}

/// Ends the run: silicon would have the register, or an exception; a silent zero would hide the gap.
fn no_register(name: &str) -> ! {
    panic!("the simulated machine has no register {name}, or it cannot be accessed so");
}

impl Hardware {
    /// Where the register called `name` is now, given HCR_EL2.E2H.
    fn find_place(&mut self, name: &'static str, (place, kind): (Place, Name)) -> Place {
        if matches!(kind, Name::Plain) {
            return place;
        }
        let host = self.platform.core().el2.host_extensions();
        match kind {
            Name::NeedsHost if !host => {
                self.platform.find(format!("{name} is undefined while HCR_EL2.E2H is 0"));
                place
            }
            Name::Redirected(own) if host => own.map_or(Place::Unknown, Place::El2),
            _ => place,
        }
    }

    /// Writes one of the monitor's EL2 registers.
    fn write_el2(&mut self, slot: Slot, value: u64) {
        let (engine, platform) = self.core_and_platform();
        let el2 = &mut platform.core().el2;
        el2.set(slot, value);
        if FORWARDED.contains(&slot) {
            // CPTR_EL2 has another form with HCR_EL2.E2H, so it goes again with that one.
            for forwarded in &FORWARDED[if slot == FORWARDED[0] { 0..2 } else { 0..0 }] {
                el2.forward(*forwarded, engine.registers());
            }
            el2.forward(slot, engine.registers());
        }
    }
}
