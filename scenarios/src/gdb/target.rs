//! The guest as gdb sees it.

use std::collections::BTreeSet;

use gdbstub::common::Signal;
use gdbstub::target::ext::base::BaseOps;
use gdbstub::target::ext::base::reverse_exec::{ReverseCont, ReverseContOps, ReverseStep, ReverseStepOps};
use gdbstub::target::ext::base::singlethread::{
    SingleThreadBase, SingleThreadResume, SingleThreadResumeOps, SingleThreadSingleStep,
    SingleThreadSingleStepOps,
};
use gdbstub::target::ext::breakpoints::{
    Breakpoints, BreakpointsOps, HwBreakpoint, HwBreakpointOps, SwBreakpoint, SwBreakpointOps,
};
use gdbstub::target::{Target, TargetError, TargetResult};
use gdbstub_arch::aarch64::AArch64;
use gdbstub_arch::aarch64::reg::AArch64CoreRegs;
use hal_sim::Guest;

/// What gdb wants next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wish {
    /// Go on to the next breakpoint.
    Continue,
    /// One instruction.
    Step,
    /// Back to the breakpoint before.
    ReverseContinue,
    /// One instruction back.
    ReverseStep,
}

/// The guest that is debugged.
pub(super) struct Debugged {
    /// The guest; none before its first instruction.
    pub guest: Option<Guest>,
    /// Where gdb wants it to stop.
    pub breakpoints: BTreeSet<u64>,
    /// What gdb wanted last.
    pub wish: Wish,
}

impl Debugged {
    /// The guest, which gdb can only ask for once it stopped.
    fn guest(&self) -> TargetResult<&Guest, Self> {
        self.guest.as_ref().ok_or(TargetError::NonFatal)
    }

    fn wishes(&mut self, wish: Wish) -> Result<(), std::convert::Infallible> {
        self.wish = wish;
        Ok(())
    }
}

impl Target for Debugged {
    type Arch = AArch64;
    type Error = std::convert::Infallible;

    fn base_ops(&mut self) -> BaseOps<'_, Self::Arch, Self::Error> {
        BaseOps::SingleThread(self)
    }

    fn support_breakpoints(&mut self) -> Option<BreakpointsOps<'_, Self>> {
        Some(self)
    }
}

impl SingleThreadBase for Debugged {
    fn read_registers(&mut self, registers: &mut AArch64CoreRegs) -> TargetResult<(), Self> {
        let guest = self.guest()?;
        registers.x = guest.general();
        registers.sp = guest.sp();
        registers.pc = guest.pc();
        registers.cpsr = guest.pstate() as u32;
        registers.v = guest.vectors();
        Ok(())
    }

    /// x0 to x30 and the program counter; others stay as they are.
    fn write_registers(&mut self, registers: &AArch64CoreRegs) -> TargetResult<(), Self> {
        let guest = self.guest()?;
        guest.set_general(&registers.x);
        guest.set_pc(registers.pc);
        Ok(())
    }

    fn read_addrs(&mut self, start: u64, into: &mut [u8]) -> TargetResult<usize, Self> {
        match self.guest()?.read(start, into) {
            0 => Err(TargetError::NonFatal),
            bytes => Ok(bytes),
        }
    }

    fn write_addrs(&mut self, start: u64, bytes: &[u8]) -> TargetResult<(), Self> {
        if self.guest()?.write(start, bytes) { Ok(()) } else { Err(TargetError::NonFatal) }
    }

    fn support_resume(&mut self) -> Option<SingleThreadResumeOps<'_, Self>> {
        Some(self)
    }
}

impl SingleThreadResume for Debugged {
    fn resume(&mut self, _: Option<Signal>) -> Result<(), Self::Error> {
        self.wishes(Wish::Continue)
    }

    fn support_single_step(&mut self) -> Option<SingleThreadSingleStepOps<'_, Self>> {
        Some(self)
    }

    fn support_reverse_step(&mut self) -> Option<ReverseStepOps<'_, (), Self>> {
        Some(self)
    }

    fn support_reverse_cont(&mut self) -> Option<ReverseContOps<'_, (), Self>> {
        Some(self)
    }
}

impl SingleThreadSingleStep for Debugged {
    fn step(&mut self, _: Option<Signal>) -> Result<(), Self::Error> {
        self.wishes(Wish::Step)
    }
}

impl ReverseStep<()> for Debugged {
    fn reverse_step(&mut self, (): ()) -> Result<(), Self::Error> {
        self.wishes(Wish::ReverseStep)
    }
}

impl ReverseCont<()> for Debugged {
    fn reverse_cont(&mut self) -> Result<(), Self::Error> {
        self.wishes(Wish::ReverseContinue)
    }
}

impl Breakpoints for Debugged {
    fn support_sw_breakpoint(&mut self) -> Option<SwBreakpointOps<'_, Self>> {
        Some(self)
    }

    fn support_hw_breakpoint(&mut self) -> Option<HwBreakpointOps<'_, Self>> {
        Some(self)
    }
}

impl SwBreakpoint for Debugged {
    fn add_sw_breakpoint(&mut self, address: u64, _: usize) -> TargetResult<bool, Self> {
        self.breakpoints.insert(address);
        Ok(true)
    }

    fn remove_sw_breakpoint(&mut self, address: u64, _: usize) -> TargetResult<bool, Self> {
        Ok(self.breakpoints.remove(&address))
    }
}

impl HwBreakpoint for Debugged {
    fn add_hw_breakpoint(&mut self, address: u64, kind: usize) -> TargetResult<bool, Self> {
        self.add_sw_breakpoint(address, kind)
    }

    fn remove_hw_breakpoint(&mut self, address: u64, kind: usize) -> TargetResult<bool, Self> {
        self.remove_sw_breakpoint(address, kind)
    }
}
