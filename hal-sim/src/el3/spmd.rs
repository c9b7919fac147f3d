//! The SPMD: who may call whom across worlds.
//!
//! Modelled on TF-A 2.12 with the SPMC at S-EL2 (`services/std_svc/spmd`): which calls it answers itself, which
//! it passes on with x0 to x17 untouched, and which it refuses.

use hal::Registers;
use hal::memory::PhysicalRange;

use super::answers::{answer, error, success};
use super::function::{self, SMC64, SVE_HINT};
use super::logical::LogicalPartition;
use super::power::{Power, Start};
use super::psci::{self, Service};

/// The SPMD's FF-A version, 1.2.
const VERSION: u64 = 0x1_0002;
/// The SPMD's endpoint id.
const SPMD_ID: u64 = 0xffff;
/// The SPMC's endpoint id; bit 15 marks an id of the secure world.
const SPMC_ID: u64 = 0x8000;
/// Bit 31 of w2: a framework message. The low byte is its type.
const FRAMEWORK: u64 = 1 << 31;
/// The type of the request for a version.
const VERSION_REQUEST: u64 = 8;
/// The type of the answer.
const VERSION_RESPONSE: u64 = 9;

/// The type of a power management request, and the type of its answer.
const POWER_REQUEST: u64 = 0;
const POWER_RESPONSE: u64 = 2;

/// What EL3 does about a call of the normal world.
pub enum FromNormal {
    /// It answers itself.
    Answer(Registers),
    /// The monitor gets a request.
    Forward(Registers),
    /// The machine goes off.
    PowerOff,
    /// A core goes on, if the normal world can begin at `start`.
    CoreOn {
        /// Which.
        core: usize,
        /// Where.
        start: Start,
    },
}

/// What EL3 does about a call by which the monitor gives way.
pub enum FromSecure {
    /// It answers itself: the call does not leave the secure world.
    Answer(Registers),
    /// The normal world goes on with these x0 to x17.
    Answered(Registers),
    /// The monitor is ready: the normal world starts.
    Ready,
    /// The monitor is ready for its core to go off.
    Off,
    /// The monitor has handled an interrupt of the normal world, which goes on where it was.
    Resumed,
    /// The monitor could not start.
    Failed(i32),
    /// The monitor gave an answer that EL3 does not survive, in words.
    Panic(String),
}

/// The SPMD's state.
pub struct Spmd {
    monitor: PhysicalRange,
    secondary_entry: Option<u64>,
    power: Vec<Power>,
    asked: Vec<Option<Asked>>,
    pub(super) logical: Vec<LogicalPartition>,
}

/// What EL3 itself has asked the monitor on a core.
#[derive(Clone, Copy)]
pub(super) enum Asked {
    /// The normal world's FFA_VERSION.
    Version,
    /// The normal world's CPU_OFF.
    Off,
    /// To handle an interrupt that came in the normal world.
    Interrupt,
    /// A logical partition's direct request.
    Message,
    /// A logical partition's question who is there.
    List,
}

impl Spmd {
    /// The SPMD before it enters a monitor, whose image is in `monitor`, with these `logical` partitions of its own.
    pub fn new(monitor: PhysicalRange, cores: usize, logical: &[LogicalPartition]) -> Self {
        let mut power = vec![Power::Off; cores];
        power[0] = Power::Pending;
        Self { monitor, secondary_entry: None, power, asked: vec![None; cores], logical: logical.to_vec() }
    }

    /// The monitor begins on `core`, at the entry that is returned, if it registered one.
    pub fn begin(&mut self, core: usize) -> Option<u64> {
        self.power[core] = Power::Pending;
        self.asked[core] = None;
        self.secondary_entry
    }

    /// A call of the normal world on `core` with `arguments`.
    pub fn normal_calls(&mut self, core: usize, arguments: &Registers) -> FromNormal {
        let x = &arguments.0;
        let id = x[0] as u32 & !SVE_HINT;
        match id & !SMC64 {
            function::VERSION if id & SMC64 == 0 => self.ask(core, Asked::Version, VERSION_REQUEST, x[1]),
            function::ID_GET => FromNormal::Answer(success(arguments, 0)),
            function::SPM_ID_GET => FromNormal::Answer(success(arguments, SPMC_ID)),
            function::DIRECT_REQ | function::DIRECT_REQ2
                if x[1] >> 16 & SPMC_ID != 0 || self.is_logical(x[1] & 0xffff) =>
            {
                FromNormal::Answer(error(arguments, function::INVALID_PARAMETERS))
            }
            function::NORMAL_WORLD_RESUME => FromNormal::Answer(error(arguments, function::DENIED)),
            function::SEND if !self.logical.is_empty() => self.send(core, arguments),
            function::FIND if !self.logical.is_empty() => self.find(core, arguments),
            function::FEATURES
            | function::ERROR
            | function::SUCCESS
            | function::RX_RELEASE
            | function::RXTX_MAP
            | function::RXTX_UNMAP
            | function::PARTITION_INFO_GET
            | function::RUN
            | function::DIRECT_REQ
            | function::DIRECT_RESP
            | function::MEM_DONATE..=function::MEM_FRAG_TX
            | function::NOTIFICATION_BITMAP_CREATE..=function::NOTIFICATION_INFO_GET
            | function::RX_ACQUIRE
            | function::MSG_SEND2
            | function::PARTITION_INFO_GET_REGS
            | function::DIRECT_REQ2
            | function::DIRECT_RESP2 => FromNormal::Forward(*arguments),
            function::ERROR..=0x8400_00ef => FromNormal::Answer(error(arguments, function::NOT_SUPPORTED)),
            _ => match psci::call(arguments, &self.power) {
                Service::Answer(answer) => FromNormal::Answer(answer),
                Service::PowerOff => FromNormal::PowerOff,
                Service::CoreOff => self.ask(core, Asked::Off, POWER_REQUEST, function::PSCI_CPU_OFF.into()),
                Service::CoreOn { core, start } => FromNormal::CoreOn { core, start },
            },
        }
    }

    /// A service call of the monitor, which EL3 answers; `None` for a call that would leave the secure world.
    pub fn service(&mut self, arguments: &Registers) -> Option<Registers> {
        let x = &arguments.0;
        let id = x[0] as u32 & !SVE_HINT;
        Some(match id & !SMC64 {
            function::VERSION => answer(arguments, [VERSION, 0, 0]),
            function::ID_GET => success(arguments, SPMC_ID),
            function::SPM_ID_GET => success(arguments, SPMD_ID),
            function::FEATURES => {
                let mut echo = *arguments;
                echo.0[0] = function::SUCCESS.into();
                echo
            }
            function::SECONDARY_EP_REGISTER => self.register_entry(arguments),
            function::PARTITION_INFO_GET_REGS => self.list(arguments),
            function::NORMAL_WORLD_RESUME => error(arguments, function::DENIED),
            id if leaves(id) => return None,
            function::ERROR..=0x8400_00ef => error(arguments, function::NOT_SUPPORTED),
            // Revision 0.1.
            function::STD_SVC_REVISION if id & SMC64 == 0 => answer(arguments, [0, 1, x[2]]),
            _ => answer(arguments, [u64::MAX, x[1], x[2]]),
        })
    }

    /// A call by which the monitor gives way to the normal world on `core`, with `arguments`.
    pub fn monitor_gives_way(&mut self, core: usize, arguments: &Registers) -> FromSecure {
        let x = &arguments.0;
        let id = x[0] as u32 & !SVE_HINT;
        if id == function::NORMAL_WORLD_RESUME && matches!(self.asked[core], Some(Asked::Interrupt)) {
            self.asked[core] = None;
            return FromSecure::Resumed;
        }
        if matches!(self.asked[core], Some(Asked::List)) {
            self.asked[core] = None;
            return FromSecure::Answered(*arguments);
        }
        if let Some(answer) = self.service(arguments) {
            return FromSecure::Answer(answer);
        }
        if let (Some(Asked::Message), Some(denied)) = (self.asked[core], Self::denied(arguments)) {
            return FromSecure::Answer(denied);
        }
        if self.power[core] == Power::Pending {
            return match id & !SMC64 {
                function::MSG_WAIT => {
                    self.power[core] = Power::On;
                    FromSecure::Ready
                }
                function::ERROR => FromSecure::Failed(x[2] as i32),
                _ => FromSecure::Answer(error(arguments, function::DENIED)),
            };
        }
        match self.asked[core].take() {
            None | Some(Asked::Message | Asked::List) => FromSecure::Answered(*arguments),
            Some(Asked::Version) => FromSecure::Answered(version_answer(arguments)),
            Some(Asked::Off) if is_answer(arguments, POWER_RESPONSE) && x[3] as u32 == 0 => {
                self.power[core] = Power::Off;
                FromSecure::Off
            }
            Some(Asked::Off) => FromSecure::Panic(format!(
                "EL3 panics: core {core} goes off, and the monitor answers with x0 to x3 = {:#x?}",
                &x[..4]
            )),
            Some(Asked::Interrupt) => FromSecure::Panic(format!(
                "core {core} was interrupted in the normal world, and the monitor answers with x0 = {:#x} instead \
                 of FFA_NORMAL_WORLD_RESUME: the normal world's registers would be lost",
                x[0]
            )),
        }
    }

    /// The monitor on `core` is told of an interrupt that came in the normal world, by FFA_INTERRUPT.
    pub fn interrupts(&mut self, core: usize) -> Registers {
        self.asked[core] = Some(Asked::Interrupt);
        let mut request = Registers::ZERO;
        request.0[0] = function::INTERRUPT.into();
        request
    }

    /// The monitor on `core` is asked by a framework message of type `message`, with `argument` in w3.
    fn ask(&mut self, core: usize, asked: Asked, message: u64, argument: u64) -> FromNormal {
        let route = SPMD_ID << 16 | SPMC_ID;
        let x = [function::DIRECT_REQ.into(), route, FRAMEWORK | message, argument & 0xffff_ffff, 0];
        self.asks(core, asked, x)
    }

    /// The monitor on `core` is asked by these registers.
    pub(super) fn asks(&mut self, core: usize, asked: Asked, x: [u64; 5]) -> FromNormal {
        self.asked[core] = Some(asked);
        let mut request = Registers::ZERO;
        request.0[..5].copy_from_slice(&x);
        FromNormal::Forward(request)
    }

    /// True where the monitor on `core` is to answer who is there: EL3 takes its next call for the answer.
    pub fn waits_for_list(&self, core: usize) -> bool {
        matches!(self.asked[core], Some(Asked::List))
    }

    /// FFA_SECONDARY_EP_REGISTER: once, inside the monitor's image.
    fn register_entry(&mut self, arguments: &Registers) -> Registers {
        let entry = arguments.0[1];
        let start = self.monitor.start.address;
        let inside = entry >= start && entry - start < self.monitor.size;
        if !inside || self.secondary_entry.is_some() {
            let mut refused = error(arguments, function::INVALID_PARAMETERS);
            refused.0[0] |= u64::from(SMC64);
            return refused;
        }
        self.secondary_entry = Some(entry);
        answer(arguments, [(function::SUCCESS | SMC64).into(), 0, 0])
    }
}

/// True for ids that the SPMD passes from the monitor to the normal world.
const fn leaves(id: u32) -> bool {
    matches!(
        id,
        function::ERROR
            | function::SUCCESS
            | function::INTERRUPT
            | function::MSG_WAIT
            | function::YIELD
            | function::DIRECT_REQ
            | function::DIRECT_RESP
            | function::MEM_DONATE
            ..=function::MEM_FRAG_TX | function::DIRECT_REQ2 | function::DIRECT_RESP2
    )
}

/// True where `response` answers EL3's framework message by one of type `message`.
fn is_answer(response: &Registers, message: u64) -> bool {
    response.0[..3] == [function::DIRECT_RESP.into(), SPMC_ID << 16 | SPMD_ID, FRAMEWORK | message]
}

/// The answer to the normal world's FFA_VERSION from the monitor's to the framework message.
fn version_answer(response: &Registers) -> Registers {
    let version = if is_answer(response, VERSION_RESPONSE) {
        response.0[3]
    } else {
        function::NOT_SUPPORTED as u32 as u64
    };
    answer(&Registers::ZERO, [version, 0, 0])
}
