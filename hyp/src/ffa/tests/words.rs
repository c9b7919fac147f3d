//! Ids, versions, function ids, codes, answers and partition information: against `arm-ffa` where it knows them.

use std::format;
use std::string::ToString;
use std::vec::Vec;

use arm_ffa::partition_info::{
    PartitionIdType, PartitionInfoIterator, PartitionProperties, SuccessArgsPartitionInfoGetRegs,
};
use arm_ffa::{FfaError, FuncId, UuidHelper};

use super::call;
use crate::ffa::partition_info::{Form, PartitionInfo, Properties, indices};
use crate::ffa::response::PsciStatus;
use crate::ffa::wording::{Clause, Item};
use crate::ffa::{
    DirectMessage, Error, ErrorCode, FunctionId, Handle, MessageKind, PartitionId, TargetInfo, Uuid, Version,
    response,
};

const UUID: Uuid =
    Uuid([0x12, 0x34, 0x56, 0x78, 0xab, 0xcd, 0xef, 0x01, 0x23, 0x45, 0x67, 0x89, 0xfe, 0xdc, 0xba, 0x98]);

#[test]
fn a_uuid_travels_with_its_first_byte_lowest() {
    assert_eq!(UUID.to_string(), "12345678-abcd-ef01-2345-6789fedcba98");
    assert_eq!(UUID.to_words(), [0x7856_3412, 0x01ef_cdab, 0x8967_4523, 0x98ba_dcfe]);
    assert_eq!(Uuid::from_words(UUID.to_words()), UUID);
    let theirs = UuidHelper::from_u32_regs(UUID.to_words());
    assert_eq!(UuidHelper::to_bytes(theirs), UUID.0);
}

#[test]
fn a_version_word_with_bit_31_set_is_none() {
    assert_eq!(Version::from_word(0x8001_0000), None);
    assert_eq!(Version::from_word(0x1_0002), Some(Version::V1_2));
    assert_eq!(Version::V1_3.to_word(), 0x1_0003);
}

#[test]
fn a_version_is_understood_by_itself_and_later_minors_only() {
    assert!(Version::V1_1.is_understood_by(Version::V1_1));
    assert!(Version::V1_1.is_understood_by(Version::V1_3));
    assert!(!Version::V1_3.is_understood_by(Version::V1_1));
    assert!(!Version { major: 2, minor: 0 }.is_understood_by(Version::V1_3));
    assert!(!Version { major: 0, minor: 9 }.is_understood_by(Version::V1_3));
}

#[test]
fn endpoints_of_the_secure_world_have_bit_15() {
    assert!(PartitionId::SPMC.is_secure() && PartitionId::SPMD.is_secure());
    assert!(!PartitionId::NORMAL_WORLD.is_secure() && !PartitionId(0x7fff).is_secure());
}

#[test]
fn a_handle_travels_low_word_first() {
    let handle = Handle::from_words(0x2222_2222, 0x8111_1111);
    assert_eq!(handle, Handle(0x8111_1111_2222_2222));
    assert_eq!(handle.to_words(), (0x2222_2222, 0x8111_1111));
}

#[test]
fn target_information_has_the_endpoint_above_the_vcpu() {
    let target = TargetInfo::from_word(0x8001_0003);
    assert_eq!((target.partition, target.vcpu), (PartitionId(0x8001), 3));
    assert_eq!(target.to_word(), 0x8001_0003);
}

#[test]
fn every_function_id_is_arm_ffas_with_the_same_first_version() {
    // arm-ffa 0.5.0 leaves out what 1.1 removed (MSG_POLL, MSG_SEND) and what 1.3 added beside the SMC64 forms.
    const NOT_THEIRS: [FunctionId; 9] = [
        FunctionId::MSG_POLL,
        FunctionId::MSG_SEND,
        FunctionId::NS_RES_INFO_GET,
        FunctionId::ABORT,
        FunctionId::ABORT_64,
        FunctionId::NOTIFICATION_BIND2,
        FunctionId::NOTIFICATION_UNBIND2,
        FunctionId::NOTIFICATION_SET2,
        FunctionId::NOTIFICATION_GET2,
    ];
    for ours in FunctionId::ALL {
        match FuncId::try_from(ours.0) {
            Ok(theirs) => {
                let version = theirs.minimum_ffa_version();
                let since = ours.since().map(|since| arm_ffa::Version(since.major, since.minor));
                assert_eq!(since, Some(version), "{ours}");
                assert_eq!(theirs.is_32bit(), !ours.is_64_bit(), "{ours}");
            }
            Err(_) => assert!(NOT_THEIRS.contains(ours), "{ours}"),
        }
    }
    let theirs = (0x8400_0060..0x8400_00ff).chain(0xc400_0060..0xc400_00ff);
    for id in theirs.filter(|id| FuncId::try_from(*id).is_ok()) {
        assert!(FunctionId::ALL.contains(&FunctionId(id)), "{id:#x}");
    }
}

#[test]
fn function_ids_have_names_of_their_own() {
    let names: Vec<_> = FunctionId::ALL.iter().map(|id| id.name().unwrap()).collect();
    for (index, name) in names.iter().enumerate() {
        assert!(name.starts_with("FFA_"));
        assert!(!names[..index].contains(name), "{name}");
    }
    assert_eq!(FunctionId::MEM_SHARE_64.to_string(), "FFA_MEM_SHARE_64");
    assert_eq!(FunctionId(0x8400_0001).to_string(), "function 0x84000001");
}

#[test]
fn the_sve_hint_and_the_upper_half_of_x0_are_no_part_of_a_function_id() {
    let x0 = u64::from(FunctionId::VERSION.0) | 1 << 16 | 0xdead_beef << 32;
    assert_eq!(FunctionId::from_register(x0), FunctionId::VERSION);
    assert!(
        FunctionId::VERSION.is_ffa()
            && !FunctionId(0x8400_0001).is_ffa()
            && !FunctionId(0x8300_0063).is_ffa()
    );
}

#[test]
fn error_codes_are_arm_ffas() {
    for code in ErrorCode::ALL {
        // NOT_READY is later than arm-ffa 0.5.0.
        if code != ErrorCode::NotReady {
            let theirs = FfaError::try_from(code as i32).unwrap();
            assert_eq!(format!("{code:?}").to_lowercase(), format!("{theirs:?}").to_lowercase());
        }
        assert_eq!(ErrorCode::from_register(code.to_register()), Some(code));
        assert_eq!(code.to_register() >> 32, 0);
    }
    assert_eq!(ErrorCode::from_register(0), None);
}

#[test]
fn an_error_is_a_sentence_and_has_a_code() {
    let error = Error::SpoofedSender { claimed: PartitionId(0x8002), caller: PartitionId(0x8001) };
    assert_eq!(error.to_string(), "0x8001 calls itself 0x8002");
    assert_eq!(error.code(), ErrorCode::InvalidParameters);
    let error = Error::Register {
        function: FunctionId::MSG_WAIT,
        register: Item::W1,
        found: 7,
        allowed: Clause::Zero,
    };
    assert_eq!(error.to_string(), "w1 of FFA_MSG_WAIT is 0x7: it must be zero");
    let target = TargetInfo::from_word(0x8001_0002);
    assert_eq!(Error::UnknownVcpu { target }.to_string(), "there is no vCPU 2 of 0x8001");
}

#[test]
fn answers_are_in_the_registers_that_arm_ffa_reads() {
    let target = TargetInfo::from_word(0x8001_0003);
    let answers = [
        (response::success_with([1, 2, 3]).alone(), "Success"),
        (response::success_with_handle(Handle(0x1_0000_0002)).alone(), "Success"),
        (response::error(ErrorCode::Denied).alone(), "Error"),
        (response::interrupted(target).alone(), "Interrupt"),
        (response::run(target).alone(), "Run"),
        (response::normal_world_resume().alone(), "NormalWorldResume"),
        (response::mem_retrieve_response(96, 96).alone(), "MemRetrieveResp"),
        (response::framework_version(Some(Version::V1_2)).alone(), "MsgSendDirectResp"),
        (response::framework_version(None).alone(), "MsgSendDirectResp"),
        (response::framework_power(PsciStatus::Success).alone(), "MsgSendDirectResp"),
        (response::secondary_entry_register(0x0e10_0000), "SecondaryEpRegister"),
    ];
    for (answer, name) in answers {
        let version = arm_ffa::Version(1, 3);
        let read = arm_ffa::Interface::from_regs(version, &answer.0).unwrap();
        assert!(format!("{read:?}").starts_with(name), "{read:?}");
        let mut written = [0; 18];
        read.to_regs(version, &mut written);
        assert_eq!(written, answer.0, "{read:?}");
    }
}

#[test]
fn a_wait_tells_the_scheduler_whose_it_is() {
    // arm-ffa 0.5.0 gives FFA_MSG_WAIT no target information: it is compared with the words.
    let target = TargetInfo::from_word(0x8001_0003);
    assert_eq!(response::msg_wait(target).alone(), call(FunctionId::MSG_WAIT, [0x8001_0003]));
    // Nor FFA_YIELD a timeout.
    let yielded = response::yielded(target, 0x2_0000_0001);
    assert_eq!(yielded.alone(), call(FunctionId::YIELD, [0x8001_0003, 1, 2]));
}

#[test]
fn the_answer_to_a_version_is_w0_itself() {
    assert_eq!(response::version(Some(Version::V1_2)).0[0], 0x1_0002);
    assert_eq!(response::version(None).0[0], 0xffff_ffff);
    assert!(response::version(None).0[1..].iter().all(|x| *x == 0));
}

#[test]
fn a_32_bit_message_is_forwarded_without_upper_halves() {
    let message = DirectMessage {
        function: FunctionId::MSG_SEND_DIRECT_REQ,
        kind: MessageKind::Plain,
        sender: PartitionId(0x8001),
        receiver: PartitionId(0),
    };
    let mut forwarded = hal::Registers([u64::MAX; 18]);
    forwarded.0[2] = 0xffff_ffff << 32;
    response::deliver(&mut forwarded, &message);
    assert_eq!(
        forwarded.0[..8],
        call(
            FunctionId::MSG_SEND_DIRECT_REQ,
            [0x8001_0000, 0, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff]
        )
        .0[..8]
    );
}

fn info() -> PartitionInfo {
    PartitionInfo {
        id: PartitionId(0x8001),
        execution_contexts: 8,
        properties: Properties::RECEIVES_DIRECT_REQUESTS
            | Properties::RECEIVES_DIRECT_REQUESTS_2
            | Properties::AARCH64,
        protocol: UUID,
        image: Uuid([7; 16]),
        version: Version::V1_2,
    }
}

/// The descriptor in `form` as it stands in memory.
fn bytes(info: &PartitionInfo, form: Form) -> Vec<u8> {
    info.to_words()[..form.words()].iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn theirs() -> arm_ffa::partition_info::PartitionInfo {
    arm_ffa::partition_info::PartitionInfo {
        uuid: uuid::Uuid::from_bytes(UUID.0),
        partition_id: 0x8001,
        partition_id_type: PartitionIdType::PeEndpoint { execution_ctx_count: 8 },
        props: PartitionProperties {
            support_direct_req_rec: true,
            support_direct_req2_rec: Some(true),
            support_direct_req2_send: Some(false),
            is_aarch64: true,
            ..Default::default()
        },
    }
}

#[test]
fn a_24_byte_partition_descriptor_is_arm_ffas() {
    let mut packed = [0; 24];
    arm_ffa::partition_info::PartitionInfo::pack(arm_ffa::Version(1, 2), &[theirs()], &mut packed, true);
    assert_eq!(bytes(&info(), Form::Uuid), packed);
}

#[test]
fn each_form_of_a_partition_descriptor_begins_with_the_shorter_one() {
    let [short, middle, full] = [Form::Short, Form::Uuid, Form::Full].map(|form| bytes(&info(), form));
    assert_eq!((short.len(), middle.len(), full.len()), (8, 24, 48));
    assert_eq!(
        (short.len(), middle.len(), full.len()),
        (Form::Short.size(), Form::Uuid.size(), Form::Full.size())
    );
    assert_eq!(short[..], middle[..8]);
    assert_eq!(full[..24], middle[..]);
    assert_eq!(full[24..40], [7; 16]);
    assert_eq!(full[40..], [2, 0, 1, 0, 0, 0, 0, 0]);
}

#[test]
fn a_list_in_registers_is_arm_ffas() {
    for (start, shown) in [(0, 5), (4, 3), (6, 1)] {
        let mut others = [0; 15];
        for (place, number) in others.chunks_exact_mut(3).zip(start..start + shown) {
            let info = PartitionInfo { id: PartitionId(0x8001 + number), ..info() };
            place.copy_from_slice(&info.to_words()[..3]);
        }
        let answer = response::success_with_64(indices(Form::Uuid, start, shown, 7), others);
        let read = arm_ffa::Interface::from_regs(arm_ffa::Version(1, 2), &answer.0).unwrap();
        let arm_ffa::Interface::Success { args, .. } = read else { panic!("{read:?}") };
        let list = SuccessArgsPartitionInfoGetRegs::try_from(args).unwrap();
        assert_eq!((list.last_index, list.current_index, list.info_tag), (6, start + shown - 1, 0));
        let entries = PartitionInfoIterator::new(arm_ffa::Version(1, 2), &list.descriptor_data, shown.into());
        for (number, entry) in entries.unwrap().enumerate() {
            let partition_id = 0x8001 + start + number as u16;
            assert_eq!(entry.unwrap(), arm_ffa::partition_info::PartitionInfo { partition_id, ..theirs() });
        }
    }
}

#[test]
fn the_indices_of_a_list_in_registers_are_told_with_the_size() {
    assert_eq!(indices(Form::Full, 3, 2, 9), 48 << 48 | 4 << 16 | 8);
    assert_eq!(indices(Form::Uuid, 0, 1, 1), 24 << 48);
}

#[test]
fn a_caller_gets_the_descriptor_of_its_version() {
    let forms = [Version::V1_0, Version::V1_1, Version::V1_2, Version::V1_3].map(Form::of);
    assert_eq!(forms, [Form::Short, Form::Uuid, Form::Uuid, Form::Full]);
    assert_eq!(forms.map(Form::stated_size), [0, 24, 24, 48]);
}

#[test]
fn a_caller_sees_the_properties_of_its_version() {
    let versions = [Version::V1_0, Version::V1_1, Version::V1_2, Version::V1_3];
    let known = versions.map(|version| Properties::known_to(version).bits());
    assert_eq!(known, [0x007, 0x1cf, 0x7cf, 0xfcf]);
}

#[test]
fn a_uuid_travels_in_two_double_words_too() {
    let [low, high] = UUID.to_double_words();
    assert_eq!([low as u32, (low >> 32) as u32, high as u32, (high >> 32) as u32], UUID.to_words());
    assert_eq!(Uuid::from_double_words([low, high]), UUID);
}
