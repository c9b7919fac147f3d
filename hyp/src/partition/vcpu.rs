//! The registers of a vCPU while it does not run.

use hal::context::{El1Context, PauthContext, VectorContext};
use hal::cpu::GuestRegisters;
use hal::lock::LockPolicy;
use hal::{Registers, Sysregs, Vector};
use spin::mutex::{SpinMutex, SpinMutexGuard};

use crate::console::PartialLine;
use crate::ffa::{Answer, FunctionId};

/// Every register that a vCPU owns.
#[derive(Clone, Debug)]
pub struct VcpuContext {
    /// x0 to x30, where it is, and its processor state.
    pub registers: GuestRegisters,
    /// What a switch moves beside them.
    pub switched: SwitchedContext,
    /// What it printed of its present line.
    pub line: PartialLine,
}

impl VcpuContext {
    /// EL1 with its own stack pointer, all interrupts masked.
    const PSTATE_AT_START: u64 = 0b1111 << 6 | 0b0101;

    /// Makes the vCPU begin at `entry_point` on the core with the linear index `core`, which it finds in x4.
    pub fn start_at(&mut self, entry_point: u64, core: usize) {
        self.registers =
            GuestRegisters { pc: entry_point, pstate: Self::PSTATE_AT_START, ..GuestRegisters::ZERO };
        self.registers.x[4] = core as u64;
        self.switched.start();
    }

    /// Its call returns what is in `registers`: it has x0 to x7, and keeps x8 and up, unless [`FunctionId::is_extended`].
    #[inline(always)]
    pub fn answer(&mut self, registers: &Registers) {
        let registers = &registers.0;
        if FunctionId::from_register(registers[0]).is_extended() {
            if let Some(x) = self.registers.x.first_chunk_mut() {
                *x = *registers;
            }
        } else if let Some(answer) = registers.first_chunk() {
            self.go_on(&Answer(*answer));
        }
    }

    /// Its call returns `answer`.
    #[inline(always)]
    pub fn go_on(&mut self, answer: &Answer) {
        answer.put(&mut self.registers.x);
    }
}

/// The registers that nobody but the monitor moves between one guest and the next.
#[derive(Clone, Debug)]
pub struct SwitchedContext {
    el1: El1Context,
    pauth: PauthContext,
    vector: VectorContext,
}

impl SwitchedContext {
    /// All zero, the empty value.
    pub const ZERO: Self =
        Self { el1: El1Context::ZERO, pauth: PauthContext::ZERO, vector: VectorContext::ZERO };

    /// SCTLR_EL1 as a guest finds it at its start: stage 1 and caches off, RES1 bits set.
    const SCTLR_AT_START: u64 = 0x30d0_0800;

    /// Becomes what a guest finds at its start: zero, and nothing of what firmware or another guest left.
    // No constant: an image would have all of its zeros.
    fn start(&mut self) {
        *self = Self::ZERO;
        self.el1.SCTLR_EL12 = Self::SCTLR_AT_START;
    }

    /// Reads the registers from the core.
    #[inline(always)]
    pub fn save<C: Sysregs + Vector>(&mut self, core: &mut C) {
        self.el1.save(core);
        self.pauth.save(core);
        core.save_vector(&mut self.vector);
    }

    /// Writes the registers to the core.
    #[inline(always)]
    pub fn load<C: Sysregs + Vector>(&self, core: &mut C) {
        self.el1.load(core);
        self.pauth.load(core);
        core.load_vector(&self.vector);
    }
}

/// A place for a vCPU's registers, held by the core that runs it **until they are saved**.
///
/// A core that finds it held for a call answers "busy" and waits for nothing. For an interrupt it waits: no longer than
/// the other core takes from one guest to the next, for a core holds the registers of one vCPU at a time.
pub struct Slot<P: LockPolicy>(SpinMutex<VcpuContext, P::Relax>);

/// The registers of a vCPU, held.
pub type Held<'a, P> = SpinMutexGuard<'a, VcpuContext, <P as LockPolicy>::Relax>;

impl<P: LockPolicy> Slot<P> {
    /// Zero registers, the empty value.
    pub const fn new() -> Self {
        Self(SpinMutex::new(VcpuContext {
            registers: GuestRegisters::ZERO,
            switched: SwitchedContext::ZERO,
            line: PartialLine::EMPTY,
        }))
    }

    /// True when no core holds the registers. A core that moves the vCPU to running while this is true is the
    /// next to hold them.
    pub fn is_free(&self) -> bool {
        !self.0.is_locked()
    }

    /// Holds the registers of a vCPU that this core moved to running. The core holds no others.
    #[inline(always)]
    pub fn hold(&self) -> Held<'_, P> {
        self.0.lock()
    }
}

impl<P: LockPolicy> Default for Slot<P> {
    fn default() -> Self {
        Self::new()
    }
}
