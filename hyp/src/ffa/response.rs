//! Answers: what a caller finds in x0 to x7 when it goes on, of a few calls in x0 to x17. Registers that an answer does not
//! use are zero.

use hal::Registers;
use hal::interrupt::Intid;

use super::call::{DirectMessage, MessageKind, Width};
use super::error_code::ErrorCode;
use super::function::FunctionId;
use super::ids::{Handle, PartitionId, TargetInfo, Uuid, Version, endpoint_word};

/// x0 to x7 of a caller that goes on, which keeps the others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Answer(pub [u64; 8]);

impl Answer {
    /// Puts it into the first of `registers`, of which there are eight at least.
    #[inline(always)]
    pub fn put(self, registers: &mut [u64]) {
        if let Some(registers) = registers.first_chunk_mut() {
            // Each by itself: a copy of the array would be a call, which costs more than these.
            let [a, b, c, d, e, f, g, h] = self.0;
            *registers = [a, b, c, d, e, f, g, h];
        }
    }

    /// All registers, for one that keeps none: those that the answer does not use are zero.
    pub fn alone(self) -> Registers {
        let mut registers = Registers::ZERO;
        self.put(&mut registers.0);
        registers
    }
}

/// w2 of the framework's answer to a version request: framework message 9.
const VERSION_RESPONSE: u64 = 1 << 31 | 9;

/// w2 of the framework's answer to a power request: framework message 2.
const POWER_RESPONSE: u64 = 1 << 31 | 2;

/// How a power request went, as PSCI numbers it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(i32)]
pub enum PsciStatus {
    /// Nothing stands against it.
    Success = 0,
    /// The function is not known here.
    NotSupported = -1,
}

impl PsciStatus {
    /// The status as it travels in a 32-bit register.
    const fn to_register(self) -> u64 {
        self as i32 as u32 as u64
    }
}

/// NOT_SUPPORTED where a version word is expected.
const NO_VERSION: u64 = 0xffff_ffff;

/// `function` in x0 and `values` from x1 on.
#[inline(always)]
fn answer<const N: usize>(function: FunctionId, values: [u64; N]) -> Answer {
    const { assert!(N < 8, "answers have x0 to x7") };
    let mut answer = Answer([0; 8]);
    let [x0, others @ ..] = &mut answer.0;
    *x0 = u64::from(function.0);
    if let Some(used) = others.first_chunk_mut() {
        *used = values;
    }
    answer
}

/// FFA_SUCCESS without values.
pub fn success() -> Answer {
    success_with([])
}

/// FFA_SUCCESS with 32-bit `values` from w2 on.
pub fn success_with<const N: usize>(values: [u32; N]) -> Answer {
    const { assert!(N <= 6, "SMC32 answers have w2 to w7") };
    let mut answer = answer(FunctionId::SUCCESS, []);
    for (register, value) in answer.0.iter_mut().skip(2).zip(values) {
        *register = u64::from(value);
    }
    answer
}

/// FFA_SUCCESS of `width` without values yet.
pub fn success_of(width: Width) -> Answer {
    match width {
        Width::W32 => success(),
        Width::W64 => answer(FunctionId::SUCCESS_64, []),
    }
}

/// FFA_SUCCESS with 64-bit values in all registers: `x2`, and `others` from x3 on.
pub fn success_with_64(x2: u64, others: [u64; 15]) -> Registers {
    let mut registers = Registers::ZERO;
    let [x0, _, second, rest @ ..] = &mut registers.0;
    *x0 = u64::from(FunctionId::SUCCESS_64.0);
    *second = x2;
    *rest = others;
    registers
}

/// FFA_SUCCESS with a memory handle in w2 and w3.
pub fn success_with_handle(handle: Handle) -> Answer {
    let (low, high) = handle.to_words();
    success_with([low, high])
}

/// FFA_SUCCESS with an endpoint id in w2: the answer to FFA_ID_GET and FFA_SPM_ID_GET.
pub fn success_with_id(id: PartitionId) -> Answer {
    success_with([u32::from(id.0)])
}

/// FFA_ERROR with `code`.
pub fn error(code: ErrorCode) -> Answer {
    answer(FunctionId::ERROR, [0, code.to_register()])
}

/// FFA_INTERRUPT to the scheduler: an interrupt took the core from `target`, which FFA_RUN continues.
pub fn interrupted(target: TargetInfo) -> Answer {
    answer(FunctionId::INTERRUPT, [u64::from(target.to_word())])
}

/// FFA_INTERRUPT to a partition that waits: its virtual interrupt `intid` is pending.
pub fn interrupt(intid: Intid) -> Answer {
    answer(FunctionId::INTERRUPT, [0, u64::from(intid.0)])
}

/// FFA_MSG_WAIT: to the SPMD, that the SPMC is ready; to who ran `target`, that it waits for a message.
pub fn msg_wait(target: TargetInfo) -> Answer {
    answer(FunctionId::MSG_WAIT, [u64::from(target.to_word())])
}

/// FFA_RUN of `target`: what a partition sees that was run while it waited for a message.
pub fn run(target: TargetInfo) -> Answer {
    answer(FunctionId::RUN, [u64::from(target.to_word())])
}

/// FFA_NORMAL_WORLD_RESUME, to the SPMD.
pub fn normal_world_resume() -> Answer {
    answer(FunctionId::NORMAL_WORLD_RESUME, [])
}

/// FFA_EL3_INTR_HANDLE, to the SPMD.
pub fn el3_interrupt() -> Registers {
    answer(FunctionId::EL3_INTR_HANDLE, []).alone()
}

/// FFA_PARTITION_INFO_GET_REGS, to the SPMD: its logical partitions with `uuid` from number `start` on.
pub fn partition_info_get_regs(uuid: Uuid, start: u16) -> Registers {
    let [low, high] = uuid.to_double_words();
    answer(FunctionId::PARTITION_INFO_GET_REGS, [low, high, u64::from(start)]).alone()
}

/// FFA_YIELD to who gave `target` the core, which it wants back after `timeout`, whose unit is between the two.
pub fn yielded(target: TargetInfo, timeout: u64) -> Answer {
    let (low, high) = Handle(timeout).to_words();
    answer(FunctionId::YIELD, [u64::from(target.to_word()), u64::from(low), u64::from(high)])
}

/// Makes of the registers that sent `message` those in which it arrives. The payload stays where it is; of a 32-bit
/// message the low halves. Who gets it sees x8 to x17 only where [`FunctionId::is_extended`] says so.
#[inline(always)]
pub fn deliver(registers: &mut Registers, message: &DirectMessage) {
    let [x0, x1, x2, x3, x4, x5, x6, x7, ..] = &mut registers.0;
    *x0 = u64::from(message.function.0);
    *x1 = u64::from(endpoint_word(message.sender, message.receiver));
    if message.kind == MessageKind::Service {
        // A request has the UUID there, a response nothing.
        if message.function == FunctionId::MSG_SEND_DIRECT_RESP2 {
            (*x2, *x3) = (0, 0);
        }
        return;
    }
    let low = u64::from(u32::MAX);
    *x2 &= low;
    // rule: direct.22
    if !message.function.is_64_bit() {
        for x in [x3, x4, x5, x6, x7] {
            *x &= low;
        }
    }
}

/// FFA_MEM_RETRIEVE_RESP: `total` bytes of descriptor, `fragment` of them in the caller's RX buffer.
pub fn mem_retrieve_response(total: u32, fragment: u32) -> Answer {
    answer(FunctionId::MEM_RETRIEVE_RESP, [u64::from(total), u64::from(fragment)])
}

/// The answer to FFA_VERSION, which is w0 itself: the callee's version, or `None` where it does not understand the
/// caller's.
pub fn version(version: Option<Version>) -> Answer {
    Answer([version_word(version), 0, 0, 0, 0, 0, 0, 0])
}

/// The SPMC's answer to the SPMD's version request.
pub fn framework_version(version: Option<Version>) -> Answer {
    let word = u64::from(endpoint_word(PartitionId::SPMC, PartitionId::SPMD));
    answer(FunctionId::MSG_SEND_DIRECT_RESP, [word, VERSION_RESPONSE, version_word(version)])
}

/// The SPMC's answer to the SPMD's power request, with a PSCI status.
pub fn framework_power(status: PsciStatus) -> Answer {
    let word = u64::from(endpoint_word(PartitionId::SPMC, PartitionId::SPMD));
    answer(FunctionId::MSG_SEND_DIRECT_RESP, [word, POWER_RESPONSE, status.to_register()])
}

/// FFA_SECONDARY_EP_REGISTER, to the SPMD: it enters the SPMC at `entry` on every core that is turned on later.
pub fn secondary_entry_register(entry: u64) -> Registers {
    answer(FunctionId::SECONDARY_EP_REGISTER_64, [entry]).alone()
}

fn version_word(version: Option<Version>) -> u64 {
    version.map_or(NO_VERSION, |version| u64::from(version.to_word()))
}
