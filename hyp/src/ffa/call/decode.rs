//! One decoder for each call.

use hal::Registers;

use super::arguments::Arguments;
use super::{
    BufferPair, Call, DirectMessage, FeatureQuery, FrameworkRequest, Lengths, MAX_CONSOLE_CHARACTERS,
    MessageKind, Misshapen, NotificationCall, Transfer, Width,
};
use crate::ffa::error::Error;
use crate::ffa::function::FunctionId as Id;
use crate::ffa::ids::{Handle, PartitionId, TargetInfo, Uuid, Version, endpoints};
use crate::ffa::wording::{Clause, Item};

/// Bit 31 of w2 in a direct message: the framework's, not a partition's.
const FRAMEWORK: u32 = 1 << 31;

/// Framework message: a core's power changes by a PSCI call of the normal world.
const PSCI_REQUEST: u32 = 0;

/// Framework message: a VM was created; the next number is the answer's.
const VM_CREATED: u32 = 4;

/// Framework message: a VM was destroyed; the next number is the answer's.
const VM_DESTROYED: u32 = 6;

/// Framework message: a caller of the normal world asks for a version.
const VERSION_REQUEST: u32 = 8;

impl Call {
    /// Reads the call in `registers`. What the call's words alone can say about its correctness has been checked.
    ///
    /// Fails with NOT_SUPPORTED for a function that is unknown or not decoded here, and with INVALID_PARAMETERS
    /// for arguments that the function does not have.
    pub fn decode(registers: &Registers) -> Result<Self, Error> {
        let arguments = &Arguments::new(registers);
        match arguments.function {
            Id::ERROR => Ok(Self::Error {
                target: TargetInfo::from_word(arguments.w::<1>()),
                code: arguments.w::<2>() as i32,
            }),
            Id::SUCCESS | Id::SUCCESS_64 => Ok(success(arguments)),
            Id::INTERRUPT => Ok(Self::Interrupt {
                target: TargetInfo::from_word(arguments.w::<1>()),
                intid: arguments.w::<2>(),
            }),
            Id::VERSION => Ok(Self::Version { requested: Version::from_word(arguments.w::<1>()) }),
            Id::FEATURES => features(arguments),
            Id::ID_GET => Ok(Self::IdGet),
            Id::SPM_ID_GET => Ok(Self::SpmIdGet),
            Id::PARTITION_INFO_GET => partition_info_get(arguments),
            Id::PARTITION_INFO_GET_REGS => Ok(partition_info_get_regs(arguments)),
            Id::RXTX_MAP | Id::RXTX_MAP_64 => rxtx_map(arguments),
            Id::RXTX_UNMAP => rxtx_unmap(arguments),
            Id::RX_RELEASE => vm_id(arguments).map(|id| Self::RxRelease { id }),
            Id::RX_ACQUIRE => vm_id(arguments).map(|id| Self::RxAcquire { id }),
            Id::MSG_WAIT => msg_wait(arguments),
            Id::YIELD => yield_core(arguments),
            Id::ABORT | Id::ABORT_64 => abort(arguments),
            Id::RUN => Ok(Self::Run { target: TargetInfo::from_word(arguments.w::<1>()) }),
            Id::MSG_SEND_DIRECT_REQ | Id::MSG_SEND_DIRECT_REQ_64 => direct_request(arguments),
            Id::MSG_SEND_DIRECT_RESP | Id::MSG_SEND_DIRECT_RESP_64 => direct_response(arguments),
            // rule: direct2.43
            Id::MSG_SEND_DIRECT_REQ2 => Ok(Self::DirectRequest {
                message: direct_message(arguments, MessageKind::Service),
                service: Uuid::from_double_words([arguments.x::<2>(), arguments.x::<3>()]),
            }),
            Id::MSG_SEND_DIRECT_RESP2 => {
                Ok(Self::DirectResponse(direct_message(arguments, MessageKind::Service)))
            }
            Id::MSG_SEND2 => msg_send2(arguments),
            Id::MEM_SHARE | Id::MEM_SHARE_64 => mem_send(arguments, Transfer::Share),
            Id::MEM_LEND | Id::MEM_LEND_64 => mem_send(arguments, Transfer::Lend),
            Id::MEM_DONATE | Id::MEM_DONATE_64 => mem_send(arguments, Transfer::Donate),
            Id::MEM_RETRIEVE_REQ | Id::MEM_RETRIEVE_REQ_64 => mem_retrieve_request(arguments),
            Id::MEM_RELINQUISH => Ok(Self::MemRelinquish),
            Id::MEM_RECLAIM => mem_reclaim(arguments),
            Id::SECONDARY_EP_REGISTER | Id::SECONDARY_EP_REGISTER_64 => {
                Ok(Self::SecondaryEntryRegister { entry: arguments.value::<1>() })
            }
            Id::CONSOLE_LOG | Id::CONSOLE_LOG_64 => console_log(arguments),
            Id::NOTIFICATION_BITMAP_CREATE
            | Id::NOTIFICATION_BITMAP_DESTROY
            | Id::NOTIFICATION_BIND
            | Id::NOTIFICATION_UNBIND
            | Id::NOTIFICATION_SET
            | Id::NOTIFICATION_GET
            | Id::NOTIFICATION_INFO_GET
            | Id::NOTIFICATION_INFO_GET_64 => NotificationCall::decode(arguments).map(Self::Notification),
            // rule: function.1, direct.45
            function => Err(Error::NotSupported { function }),
        }
    }
}

fn success(arguments: &Arguments<'_>) -> Call {
    let [x3, x4, x5, x6, x7] = arguments.payload();
    Call::Success { width: arguments.width(), values: [arguments.value::<2>(), x3, x4, x5, x6, x7] }
}

fn features(arguments: &Arguments<'_>) -> Result<Call, Error> {
    let (id, properties) = (arguments.w::<1>(), arguments.w::<2>());
    let query = if id >> 31 != 0 {
        FeatureQuery::Function(Id(id))
    } else {
        match u8::try_from(id) {
            Ok(feature) if properties == 0 => FeatureQuery::Feature(feature),
            // rule: features.1
            _ => return Err(Error::UnknownFeature { id, properties }),
        }
    };
    Ok(Call::Features { query, properties })
}

fn partition_info_get(arguments: &Arguments<'_>) -> Result<Call, Error> {
    let flags = arguments.w::<5>();
    // rule: info.1
    arguments.only(Item::W5, flags, 1, Clause::CountOnly)?;
    let words = [arguments.w::<1>(), arguments.w::<2>(), arguments.w::<3>(), arguments.w::<4>()];
    Ok(Call::PartitionInfoGet { uuid: Uuid::from_words(words), count_only: flags != 0 })
}

fn partition_info_get_regs(arguments: &Arguments<'_>) -> Call {
    let uuid = Uuid::from_double_words([arguments.x::<1>(), arguments.x::<2>()]);
    let word = arguments.w::<3>();
    Call::PartitionInfoGetRegs { uuid, start: word as u16, tag: (word >> 16) as u16 }
}

fn rxtx_map(arguments: &Arguments<'_>) -> Result<Call, Error> {
    let (tx, rx, pages) = (arguments.value::<1>(), arguments.value::<2>(), arguments.w::<3>());
    // rule: rxtx.44
    if (tx, rx, pages) == (0, 0, 0) {
        return Ok(Call::RxtxMapForVm);
    }
    BufferPair::new([tx, rx], pages).map(Call::RxtxMap).map_err(|Misshapen { which, found, allowed }| {
        let register = [Item::TxAddress, Item::RxAddress].get(which).unwrap_or(&Item::W3);
        arguments.refuse(*register, found, allowed)
    })
}

fn rxtx_unmap(arguments: &Arguments<'_>) -> Result<Call, Error> {
    let word = arguments.w::<1>();
    // rule: rxtx.5
    arguments.only(Item::W1, word, 0xffff_0000, Clause::LowHalfZero)?;
    let (id, _) = endpoints(word);
    Ok(Call::RxtxUnmap { id })
}

/// The VM that FFA_RX_RELEASE and FFA_RX_ACQUIRE name.
fn vm_id(arguments: &Arguments<'_>) -> Result<PartitionId, Error> {
    let word = arguments.w::<1>();
    // rule: rxtx.14
    arguments.only(Item::W1, word, 0xffff, Clause::HighHalfZero)?;
    Ok(PartitionId(word as u16))
}

fn msg_wait(arguments: &Arguments<'_>) -> Result<Call, Error> {
    // rule: wait.1
    arguments.zero(Item::W1, u64::from(arguments.w::<1>()))?;
    let flags = arguments.w::<2>();
    // rule: wait.2
    arguments.only(Item::W2, flags, 1, Clause::KeepRxOnly)?;
    for (register, value) in
        [Item::W3, Item::W4, Item::W5, Item::W6, Item::W7].into_iter().zip(arguments.payload())
    {
        // rule: wait.5
        arguments.zero(register, value)?;
    }
    // rule: wait.8
    let keep_rx = flags != 0;
    Ok(Call::MsgWait { keep_rx })
}

fn abort(arguments: &Arguments<'_>) -> Result<Call, Error> {
    // rule: abort.8
    arguments.zero(Item::W1, u64::from(arguments.w::<1>()))?;
    for (register, value) in
        [Item::W3, Item::W4, Item::W5, Item::W6, Item::W7].into_iter().zip(arguments.payload())
    {
        // rule: abort.17
        arguments.zero(register, value)?;
    }
    Ok(Call::Abort { code: arguments.w::<2>() })
}

fn yield_core(arguments: &Arguments<'_>) -> Result<Call, Error> {
    for (register, value) in
        [Item::W4, Item::W5, Item::W6, Item::W7].into_iter().zip(arguments.payload().into_iter().skip(1))
    {
        // rule: yield.1
        arguments.zero(register, value)?;
    }
    Ok(Call::Yield { timeout: Handle::from_words(arguments.w::<2>(), arguments.w::<3>()).0 })
}

fn direct_request(arguments: &Arguments<'_>) -> Result<Call, Error> {
    let message = |kind| Call::DirectRequest { message: direct_message(arguments, kind), service: Uuid::NIL };
    let flags = arguments.w::<2>();
    if flags & FRAMEWORK == 0 {
        // rule: direct.1
        arguments.zero(Item::W2, u64::from(flags))?;
        return Ok(message(MessageKind::Plain));
    }
    let request = match (arguments.width(), flags & !FRAMEWORK) {
        (_, PSCI_REQUEST) => FrameworkRequest::Psci { function: arguments.w::<3>() },
        (Width::W32, VERSION_REQUEST) => {
            FrameworkRequest::Version { requested: Version::from_word(arguments.w::<3>()) }
        }
        // rule: direct.46
        (Width::W32, VM_CREATED) => return Ok(message(MessageKind::VmCreated)),
        // rule: direct.47
        (Width::W32, VM_DESTROYED) => return Ok(message(MessageKind::VmDestroyed)),
        // rule: direct.2
        _ => return Err(unknown_message(arguments)),
    };
    let (sender, receiver) = endpoints(arguments.w::<1>());
    Ok(Call::FrameworkRequest { sender, receiver, request })
}

fn direct_response(arguments: &Arguments<'_>) -> Result<Call, Error> {
    const CREATED: u32 = FRAMEWORK | VM_CREATED | 1;
    const DESTROYED: u32 = FRAMEWORK | VM_DESTROYED | 1;
    let kind = match (arguments.width(), arguments.w::<2>()) {
        (_, 0) => MessageKind::Plain,
        (Width::W32, CREATED) => MessageKind::VmCreated,
        (Width::W32, DESTROYED) => MessageKind::VmDestroyed,
        // rule: direct.41, direct.21
        _ => return Err(unknown_message(arguments)),
    };
    Ok(Call::DirectResponse(direct_message(arguments, kind)))
}

fn unknown_message(arguments: &Arguments<'_>) -> Error {
    let found = u64::from(arguments.w::<2>());
    arguments.refuse(Item::W2, found, Clause::KnownFramework)
}

fn direct_message(arguments: &Arguments<'_>, kind: MessageKind) -> DirectMessage {
    let (sender, receiver) = endpoints(arguments.w::<1>());
    DirectMessage { function: arguments.function, kind, sender, receiver }
}

fn msg_send2(arguments: &Arguments<'_>) -> Result<Call, Error> {
    let (word, flags) = (arguments.w::<1>(), arguments.w::<2>());
    // rule: send2.40
    arguments.only(Item::W1, word, 0xffff_0000, Clause::LowHalfZero)?;
    arguments.only(Item::W2, flags, 1 << 1, Clause::DelayOnly)?;
    let (sender, _) = endpoints(word);
    Ok(Call::MsgSend2 { sender, delays: flags != 0 })
}

fn lengths(arguments: &Arguments<'_>) -> Result<Lengths, Error> {
    // rule: send.1
    arguments.zero(Item::BufferAddress, arguments.value::<3>())?;
    // rule: send.9
    arguments.zero(Item::BufferPages, u64::from(arguments.w::<4>()))?;
    let (total, fragment) = (arguments.w::<1>(), arguments.w::<2>());
    // rule: send.2, send.10
    if fragment == 0 || fragment > total {
        return Err(arguments.refuse(Item::FragmentLength, u64::from(fragment), Clause::WithinTotal));
    }
    for (register, length) in [(Item::TotalLength, total), (Item::FragmentLength, fragment)] {
        // rule: send.11
        if length % 16 != 0 {
            return Err(arguments.refuse(register, u64::from(length), Clause::MultipleOf16));
        }
    }
    Ok(Lengths { total, fragment })
}

fn mem_send(arguments: &Arguments<'_>, transfer: Transfer) -> Result<Call, Error> {
    Ok(Call::MemSend { transfer, lengths: lengths(arguments)? })
}

fn mem_retrieve_request(arguments: &Arguments<'_>) -> Result<Call, Error> {
    let Lengths { total, fragment } = lengths(arguments)?;
    // rule: retrieve.1
    if fragment != total {
        return Err(arguments.refuse(Item::FragmentLength, u64::from(fragment), Clause::OneFragment));
    }
    Ok(Call::MemRetrieveRequest { length: total })
}

fn mem_reclaim(arguments: &Arguments<'_>) -> Result<Call, Error> {
    let flags = arguments.w::<3>();
    // rule: reclaim.1
    arguments.only(Item::W3, flags, 1, Clause::ZeroMemoryOnly)?;
    Ok(Call::MemReclaim {
        handle: Handle::from_words(arguments.w::<1>(), arguments.w::<2>()),
        zero: flags != 0,
    })
}

fn console_log(arguments: &Arguments<'_>) -> Result<Call, Error> {
    let width = arguments.width();
    let count = arguments.w::<1>();
    let limit = match width {
        Width::W32 => 24,
        Width::W64 => MAX_CONSOLE_CHARACTERS,
    };
    match usize::try_from(count) {
        // rule: console.1, console.2, console.3
        Ok(count) if count != 0 && count <= limit => Ok(Call::ConsoleLog { width, count }),
        _ => Err(arguments.refuse(Item::W1, u64::from(count), Clause::FitsRegisters)),
    }
}
