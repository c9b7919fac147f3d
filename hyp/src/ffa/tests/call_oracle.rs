//! Calls against `arm-ffa`, which knows all of them to 1.2.

use arm_ffa::Interface;
use arm_ffa::interface_args::{
    ConsoleLogChars, DirectMsg2Args, DirectMsgArgs, Feature, RxTxAddr, SecondaryEpRegisterAddr, SuccessArgs,
};
use hal::Registers;
use proptest::prelude::*;

use super::call_properties::registers;
use crate::ffa::call::{
    FeatureQuery, FrameworkRequest, Notice, NotificationCall, Transfer, console_characters,
};
use crate::ffa::{Call, DirectMessage, FunctionId, MessageKind, Version, Width, response};

/// What `arm-ffa` reads for a caller of 1.3. It asserts that SMC64 direct messages are 1.2's, so no less.
fn theirs(registers: &Registers) -> Result<Interface, arm_ffa::Error> {
    Interface::from_regs(arm_ffa::Version(1, 3), &registers.0)
}

/// True when the two mean the same.
fn same(registers: &Registers, ours: &Call, theirs: &Interface) -> bool {
    match (*ours, *theirs) {
        (Call::Error { target, code }, Interface::Error { target_info, error_code, .. }) => {
            target.to_word() == u32::from(target_info) && code == error_code as i32
        }
        (Call::Success { values, .. }, Interface::Success { args, .. }) => match args {
            SuccessArgs::Args32(args) => values == args.map(u64::from),
            SuccessArgs::Args64(args) => values == args[..6],
        },
        (Call::Interrupt { target, intid }, Interface::Interrupt { target_info, interrupt_id, .. }) => {
            target.to_word() == u32::from(target_info) && intid == interrupt_id
        }
        (Call::Version { requested: Some(version) }, Interface::Version { input_version, .. }) => {
            version.to_word() == u32::from(input_version)
        }
        (Call::Features { query, properties }, Interface::Features { feat_id, input_properties }) => {
            let same = match (query, feat_id) {
                (FeatureQuery::Function(id), Feature::FuncId(function)) => id.0 == function as u32,
                (FeatureQuery::Feature(id), Feature::FeatureId(feature)) => id == feature as u8,
                (FeatureQuery::Feature(id), Feature::Unknown(unknown)) => u32::from(id) == unknown,
                (FeatureQuery::Function(id), Feature::Unknown(unknown)) => id.0 == unknown,
                // An unknown function id whose low byte is a feature's number is taken for the feature there.
                (FeatureQuery::Function(id), Feature::FeatureId(feature)) => id.0 as u8 == feature as u8,
                _ => false,
            };
            same && properties == input_properties
        }
        (Call::IdGet, Interface::IdGet)
        | (Call::SpmIdGet, Interface::SpmIdGet)
        | (Call::MemRelinquish, Interface::MemRelinquish)
        | (Call::Yield { .. }, Interface::Yield { .. }) => true,
        (
            Call::PartitionInfoGet { uuid, count_only },
            Interface::PartitionInfoGet { uuid: theirs, flags },
        ) => uuid.0 == theirs.into_bytes() && count_only == flags.count_only,
        (
            Call::PartitionInfoGetRegs { uuid, start, tag },
            Interface::PartitionInfoGetRegs { uuid: theirs, start_index, info_tag },
        ) => uuid.0 == theirs.into_bytes() && (start, tag) == (start_index, info_tag),
        (Call::RxtxMap(ours), Interface::RxTxMap { addr, page_cnt }) => {
            (ours.tx(), ours.rx()) == addresses(addr) && ours.pages() == page_cnt
        }
        (Call::RxtxMapForVm, Interface::RxTxMap { addr, page_cnt }) => {
            addresses(addr) == (0, 0) && page_cnt == 0
        }
        (Call::RxAcquire { id }, Interface::RxAcquire { vm_id }) => id.0 == vm_id,
        (Call::RxtxUnmap { id }, Interface::RxTxUnmap { id: theirs }) => id.0 == theirs,
        (Call::RxRelease { id }, Interface::RxRelease { vm_id }) => id.0 == vm_id,
        (Call::MsgWait { keep_rx }, Interface::MsgWait { flags, .. }) => keep_rx == flags.retain_rx_buffer,
        (Call::Run { target }, Interface::Run { target_info, .. }) => {
            target.to_word() == u32::from(target_info)
        }
        (Call::DirectRequest { message, .. }, Interface::MsgSendDirectReq { src_id, dst_id, args })
        | (Call::DirectResponse(message), Interface::MsgSendDirectResp { src_id, dst_id, args }) => {
            same_message(registers, &message, src_id, dst_id, &args)
        }
        (
            Call::DirectRequest { message, service },
            Interface::MsgSendDirectReq2 { src_id, dst_id, uuid, args },
        ) => {
            service.0 == uuid.into_bytes() && same_service_message(registers, &message, src_id, dst_id, &args)
        }
        (Call::DirectResponse(message), Interface::MsgSendDirectResp2 { src_id, dst_id, args }) => {
            same_service_message(registers, &message, src_id, dst_id, &args)
        }
        (Call::MsgSend2 { sender, delays }, Interface::MsgSend2 { sender_vm_id, flags }) => {
            sender.0 == sender_vm_id && delays == flags.delay_schedule_receiver
        }
        (
            Call::FrameworkRequest { sender, receiver, request },
            Interface::MsgSendDirectReq { src_id, dst_id, args },
        ) => {
            let same = match (request, args) {
                (FrameworkRequest::Version { requested }, DirectMsgArgs::VersionReq { version, .. }) => {
                    requested.map(Version::to_word) == Some(version.into())
                }
                (FrameworkRequest::Psci { function }, DirectMsgArgs::PowerPsciReq32 { params }) => {
                    function == params[0]
                }
                (FrameworkRequest::Psci { function }, DirectMsgArgs::PowerPsciReq64 { params }) => {
                    function == params[0] as u32
                }
                _ => false,
            };
            same && (sender.0, receiver.0) == (src_id, dst_id)
        }
        (Call::MemSend { transfer, lengths }, interface) => {
            let (theirs, total, fragment) = match interface {
                Interface::MemShare { total_len, frag_len, .. } => (Transfer::Share, total_len, frag_len),
                Interface::MemLend { total_len, frag_len, .. } => (Transfer::Lend, total_len, frag_len),
                Interface::MemDonate { total_len, frag_len, .. } => (Transfer::Donate, total_len, frag_len),
                _ => return false,
            };
            (transfer, lengths.total, lengths.fragment) == (theirs, total, fragment)
        }
        (Call::MemRetrieveRequest { length }, Interface::MemRetrieveReq { total_len, frag_len, .. }) => {
            length == total_len && length == frag_len
        }
        (Call::MemReclaim { handle, zero }, Interface::MemReclaim { handle: theirs, flags }) => {
            handle.0 == theirs.0 && zero == flags.zero_memory && !flags.time_slicing
        }
        (Call::Notification(ours), theirs) => same_notification(&ours, &theirs),
        (Call::SecondaryEntryRegister { entry }, Interface::SecondaryEpRegister { entrypoint }) => {
            entry
                == match entrypoint {
                    SecondaryEpRegisterAddr::Addr32(address) => u64::from(address),
                    SecondaryEpRegisterAddr::Addr64(address) => address,
                }
        }
        (Call::ConsoleLog { width, count }, Interface::ConsoleLog { chars }) => {
            let characters = console_characters(registers, width);
            match chars {
                ConsoleLogChars::Chars32(log) => log.bytes() == &characters[..count],
                ConsoleLogChars::Chars64(log) => log.bytes() == &characters[..count],
            }
        }
        _ => false,
    }
}

fn same_notification(ours: &NotificationCall, theirs: &Interface) -> bool {
    let is = |notice: &Notice, sender_id, receiver_id, bitmap| {
        (notice.sender.0, notice.receiver.0, notice.bits) == (sender_id, receiver_id, bitmap)
    };
    match (*ours, *theirs) {
        (
            NotificationCall::BitmapCreate { vm, vcpus },
            Interface::NotificationBitmapCreate { vm_id, vcpu_cnt },
        ) => (vm.0, vcpus) == (vm_id, vcpu_cnt),
        (NotificationCall::BitmapDestroy { vm }, Interface::NotificationBitmapDestroy { vm_id }) => {
            vm.0 == vm_id
        }
        (
            NotificationCall::Bind { ref notice, per_vcpu },
            Interface::NotificationBind { sender_id, receiver_id, flags, bitmap },
        ) => is(notice, sender_id, receiver_id, bitmap) && per_vcpu == flags.per_vcpu_notification,
        (
            NotificationCall::Unbind(ref notice),
            Interface::NotificationUnbind { sender_id, receiver_id, bitmap },
        ) => is(notice, sender_id, receiver_id, bitmap),
        (
            NotificationCall::Set { ref notice, vcpu, delays },
            Interface::NotificationSet { sender_id, receiver_id, flags, bitmap },
        ) => {
            is(notice, sender_id, receiver_id, bitmap)
                && (vcpu, delays) == (flags.vcpu_id, flags.delay_schedule_receiver)
        }
        (
            NotificationCall::Get { receiver, vcpu, origins },
            Interface::NotificationGet { vcpu_id, endpoint_id, flags },
        ) => (receiver.0, vcpu, origins.0) == (endpoint_id, vcpu_id, u32::from(flags)),
        (NotificationCall::InfoGet(width), Interface::NotificationInfoGet { is_32bit }) => {
            (width == Width::W32) == is_32bit
        }
        _ => false,
    }
}

fn addresses(addr: RxTxAddr) -> (u64, u64) {
    match addr {
        RxTxAddr::Addr32 { tx, rx } => (u64::from(tx), u64::from(rx)),
        RxTxAddr::Addr64 { tx, rx } => (tx, rx),
    }
}

fn same_message(
    registers: &Registers,
    message: &DirectMessage,
    sender: u16,
    receiver: u16,
    arguments: &DirectMsgArgs,
) -> bool {
    let mut arrived = *registers;
    response::deliver(&mut arrived, message);
    let kind = match arguments {
        DirectMsgArgs::Args32(values) if arrived.0[3..8] == values.map(u64::from) => MessageKind::Plain,
        // 1.3 widens the payload to x17; here it ends with x7, as it does to 1.2.
        DirectMsgArgs::Args64(values) if arrived.0[3..8] == values[..5] => MessageKind::Plain,
        DirectMsgArgs::VmCreated { .. } | DirectMsgArgs::VmCreatedAck { .. } => MessageKind::VmCreated,
        DirectMsgArgs::VmDestructed { .. } | DirectMsgArgs::VmDestructedAck { .. } => {
            MessageKind::VmDestroyed
        }
        _ => return false,
    };
    (message.sender.0, message.receiver.0, message.kind) == (sender, receiver, kind)
}

fn same_service_message(
    registers: &Registers,
    message: &DirectMessage,
    sender: u16,
    receiver: u16,
    arguments: &DirectMsg2Args,
) -> bool {
    let mut arrived = *registers;
    response::deliver(&mut arrived, message);
    (message.sender.0, message.receiver.0, message.kind) == (sender, receiver, MessageKind::Service)
        && arrived.0[4..] == arguments.0
}

/// Calls that `arm-ffa` refuses and this does not, with the reason.
fn only_here(call: &Call, registers: &Registers) -> bool {
    match call {
        // Any 32-bit value is an error code to whoever relays it.
        Call::Error { code, .. } => !(-9..=-1).contains(code),
        // A malformed version is answered in w0 like any other, and 1.3's query flags in w2 are not offered:
        // callers before 1.3 may have anything there.
        Call::Version { requested } => requested.is_none() || registers.0[2] as u32 > 2,
        // A tag that no list has is refused with RETRY, whatever number is asked for.
        Call::PartitionInfoGetRegs { start: 0, tag, .. } => *tag != 0,
        // arm-ffa does not know it yet.
        Call::Abort { .. } => true,
        // What is told of a VM is between the hypervisor and the partition.
        Call::DirectRequest { message, .. } | Call::DirectResponse(message) => {
            matches!(message.kind, MessageKind::VmCreated | MessageKind::VmDestroyed)
        }
        Call::FrameworkRequest { .. } => (registers.0[3] as u32) >> 31 != 0 || registers.0[4] as u32 > 2,
        _ => false,
    }
}

/// Functions that `arm-ffa` reads and this does not yet: others' later work.
fn only_there(function: FunctionId) -> bool {
    Call::decode(&super::call(function, [0, 0, 0]))
        .is_err_and(|error| matches!(error, crate::ffa::Error::NotSupported { .. }))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16384))]

    #[test]
    fn a_call_means_what_it_means_to_arm_ffa(registers in registers()) {
        let function = FunctionId::from_register(registers.0[0]);
        match (Call::decode(&registers), theirs(&registers)) {
            (Ok(ours), Ok(theirs)) => prop_assert!(same(&registers, &ours, &theirs), "{:?} is not {:?}", ours, theirs),
            (Ok(ours), Err(error)) => prop_assert!(only_here(&ours, &registers), "{:?} but {}", ours, error),
            // arm-ffa checks neither the registers and bits that must be zero, nor addresses, counts and lengths.
            (Err(error), Ok(_)) => prop_assert!(
                error.code() == crate::ffa::ErrorCode::InvalidParameters
                    || function == FunctionId::FEATURES
                    || only_there(function),
                "{}", error
            ),
            (Err(_), Err(_)) => {}
        }
    }
}
