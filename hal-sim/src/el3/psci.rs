//! PSCI and the SMC calling convention's own services (Arm DEN 0022, DEN 0028).

use hal::Registers;

use super::function::{self, SMC64};
use super::power::{Power, Start};

/// What EL3 does about a call that is not FF-A's.
pub enum Service {
    /// It answers.
    Answer(Registers),
    /// It switches the machine off.
    PowerOff,
    /// It switches the calling core off.
    CoreOff,
    /// It switches core `core` on, if the normal world can begin at `start`.
    CoreOn {
        /// Which.
        core: usize,
        /// Where the normal world begins on it.
        start: Start,
    },
}

/// PSCI 1.1.
const PSCI_1_1: u64 = 0x1_0001;
/// SMCCC 1.5.
const SMCCC_1_5: u64 = 0x1_0005;

/// PSCI's NOT_SUPPORTED, and the calling convention's answer to an unknown call.
const NOT_SUPPORTED: i64 = -1;
/// PSCI's INVALID_PARAMETERS.
const INVALID_PARAMETERS: i64 = -2;
/// PSCI's ALREADY_ON.
const ALREADY_ON: i64 = -4;
/// PSCI's ON_PENDING.
const ON_PENDING: i64 = -5;
/// PSCI's INVALID_ADDRESS.
pub const INVALID_ADDRESS: i64 = -9;
/// The affinity fields of an MPIDR.
const AFFINITY: u64 = 0xff_00ff_ffff;

/// The normal world's call with `arguments` on a machine whose cores have these states.
pub fn call(arguments: &Registers, cores: &[Power]) -> Service {
    let x = &arguments.0;
    let named = usize::try_from(x[1] & AFFINITY).ok();
    let target = named.and_then(|core| Some((core, *cores.get(core)?)));
    let id = x[0] as u32;
    let code = match id & !SMC64 {
        function::PSCI_SYSTEM_OFF if id & SMC64 == 0 => return Service::PowerOff,
        function::PSCI_CPU_OFF if id & SMC64 == 0 => return Service::CoreOff,
        function::PSCI_CPU_ON => match target {
            Some((core, Power::Off)) => {
                return Service::CoreOn { core, start: Start { entry: x[2], context: x[3] } };
            }
            Some((_, Power::Pending)) => ON_PENDING,
            Some((_, Power::On)) => ALREADY_ON,
            None => INVALID_PARAMETERS,
        },
        function::PSCI_AFFINITY_INFO => match target {
            Some((_, power)) if x[2] == 0 => power as i64,
            _ => INVALID_PARAMETERS,
        },
        function::PSCI_FEATURES if id & SMC64 == 0 => match x[1] as u32 & !SMC64 {
            function::PSCI_VERSION
            | function::PSCI_CPU_OFF
            | function::PSCI_CPU_ON
            | function::PSCI_AFFINITY_INFO
            | function::PSCI_SYSTEM_OFF
            | function::PSCI_FEATURES
            | function::SMCCC_VERSION => 0,
            _ => NOT_SUPPORTED,
        },
        function::PSCI_VERSION if id & SMC64 == 0 => PSCI_1_1 as i64,
        function::SMCCC_VERSION if id & SMC64 == 0 => SMCCC_1_5 as i64,
        _ => NOT_SUPPORTED,
    };
    Service::Answer(answer(arguments, code))
}

/// The answer `code` to a call with `arguments`.
pub fn answer(arguments: &Registers, code: i64) -> Registers {
    let mut answer = *arguments;
    answer.0[0] = code.cast_unsigned();
    answer
}
