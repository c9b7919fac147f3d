//! Arbitrary registers: reading never panics, and what can be forwarded is forwarded as it was read.

use hal::Registers;
use proptest::prelude::*;

use crate::ffa::call::Lengths;
use crate::ffa::{Call, FunctionId, MessageKind, Version, response};

/// Registers with a known function in x0, and arguments that are often small.
pub(super) fn registers() -> impl Strategy<Value = Registers> {
    let word = prop_oneof![
        3 => Just(0),
        2 => 0u64..4,
        1 => (0u64..64).prop_map(|word| word * 16),
        1 => (0u64..64).prop_map(|word| word << 12),
        1 => prop::sample::select(&[1u64 << 31, 0x8000_0008, 0x8001_8002, 0x1_0001, u64::MAX][..]),
        1 => any::<u64>(),
    ];
    let function = prop::sample::select(FunctionId::ALL).prop_map(|function| u64::from(function.0));
    (function, prop::array::uniform18(word)).prop_map(|(function, mut registers)| {
        registers[0] = function;
        Registers(registers)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn arbitrary_registers_never_panic(x in prop::array::uniform18(any::<u64>())) {
        let _ = Call::decode(&Registers(x));
    }

    #[test]
    fn likely_registers_never_panic_and_keep_their_function(registers in registers()) {
        let Ok(call) = Call::decode(&registers) else { return Ok(()) };
        let smc32 = |function: FunctionId| function.0 & !(1 << 30);
        prop_assert_eq!(smc32(call.function()), smc32(FunctionId::from_register(registers.0[0])));
        for version in [Version::V1_0, Version::V1_1, Version::V1_2, Version::V1_3] {
            let _ = call.check_version(version);
        }
    }

    #[test]
    fn a_direct_message_is_forwarded_as_it_was_read(
        registers in registers(),
        function in prop::sample::select(&[
            FunctionId::MSG_SEND_DIRECT_REQ,
            FunctionId::MSG_SEND_DIRECT_REQ_64,
            FunctionId::MSG_SEND_DIRECT_RESP,
            FunctionId::MSG_SEND_DIRECT_RESP_64,
            FunctionId::MSG_SEND_DIRECT_REQ2,
            FunctionId::MSG_SEND_DIRECT_RESP2,
        ][..]),
    ) {
        let mut registers = registers;
        registers.0[0] = u64::from(function.0);
        let (Ok(Call::DirectRequest { message, .. }) | Ok(Call::DirectResponse(message))) =
            Call::decode(&registers)
        else {
            return Ok(());
        };
        let mut forwarded = registers;
        response::deliver(&mut forwarded, &message);
        prop_assert_eq!(forwarded.0[0], registers.0[0]);
        prop_assert_eq!(forwarded.0[1], registers.0[1] & 0xffff_ffff);
        if message.kind == MessageKind::Service {
            let request = function == FunctionId::MSG_SEND_DIRECT_REQ2;
            prop_assert_eq!(&forwarded.0[2..4], if request { &registers.0[2..4] } else { &[0; 2] });
            prop_assert_eq!(&forwarded.0[4..], &registers.0[4..]);
            return Ok(());
        }
        let kept = if function.is_64_bit() { u64::MAX } else { u64::from(u32::MAX) };
        prop_assert_eq!(forwarded.0[2], registers.0[2] & 0xffff_ffff);
        for register in 3..8 {
            prop_assert_eq!(forwarded.0[register], registers.0[register] & kept);
        }
    }

    #[test]
    fn lengths_of_a_send_are_within_each_other(registers in registers()) {
        if let Ok(Call::MemSend { lengths: Lengths { total, fragment }, .. }) = Call::decode(&registers) {
            prop_assert!(fragment >= 16 && fragment <= total && total % 16 == 0 && fragment % 16 == 0);
        }
    }
}
