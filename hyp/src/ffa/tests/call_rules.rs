//! Each rule of [`crate::ffa::call`], with what it refuses and what is next to it.

use std::string::ToString;

use super::call;
use crate::ffa::call::{FeatureQuery, FrameworkRequest, Lengths, Transfer, console_characters};
use crate::ffa::{
    Call, DirectMessage, Error, ErrorCode, FunctionId as Id, Handle, MessageKind, PartitionId, Uuid, Version,
};

fn decode<const N: usize>(function: Id, arguments: [u64; N]) -> Result<Call, Error> {
    Call::decode(&call(function, arguments))
}

/// The code and the sentence that a call is refused with.
#[track_caller]
fn refused<const N: usize>(function: Id, arguments: [u64; N], code: ErrorCode, sentence: &str) {
    let error = decode(function, arguments).unwrap_err();
    assert_eq!((error.code(), error.to_string().as_str()), (code, sentence));
}

#[track_caller]
fn invalid<const N: usize>(function: Id, arguments: [u64; N], sentence: &str) {
    refused(function, arguments, ErrorCode::InvalidParameters, sentence);
}

#[test]
fn function_1_an_unknown_function_is_not_supported() {
    let sentence = "function 0x840000fe is not supported for this caller";
    refused(Id(0x8400_00fe), [], ErrorCode::NotSupported, sentence);
    let sentence = "FFA_MEM_OP_PAUSE is not supported for this caller";
    refused(Id::MEM_OP_PAUSE, [], ErrorCode::NotSupported, sentence);
}

#[test]
fn function_2_a_call_of_a_later_version_is_not_supported() {
    let call = decode(Id::SPM_ID_GET, []).unwrap();
    assert_eq!(call.check_version(Version::V1_1), Ok(()));
    let function = Id::SPM_ID_GET;
    assert_eq!(call.check_version(Version::V1_0), Err(Error::NotSupported { function }));
}

#[test]
fn features_1_a_feature_id_has_eight_bits() {
    let feature = decode(Id::FEATURES, [0xff]);
    assert_eq!(feature, Ok(Call::Features { query: FeatureQuery::Feature(0xff), properties: 0 }));
    let sentence = "feature 0x100 with properties 0x0 is not here for this caller";
    refused(Id::FEATURES, [0x100], ErrorCode::NotSupported, sentence);
}

#[test]
fn features_2_a_feature_id_has_no_properties_a_function_id_may() {
    let sentence = "feature 0x1 with properties 0x2 is not here for this caller";
    refused(Id::FEATURES, [1, 2], ErrorCode::NotSupported, sentence);
    let query = FeatureQuery::Function(Id::MEM_RETRIEVE_REQ);
    let function = decode(Id::FEATURES, [u64::from(Id::MEM_RETRIEVE_REQ.0), 2]);
    assert_eq!(function, Ok(Call::Features { query, properties: 2 }));
}

#[test]
fn a_version_with_bit_31_is_a_request_for_none() {
    let requested = Some(Version::V1_1);
    assert_eq!(decode(Id::VERSION, [0x1_0001]), Ok(Call::Version { requested }));
    assert_eq!(decode(Id::VERSION, [0x8001_0001]), Ok(Call::Version { requested: None }));
}

#[test]
fn info_1_only_count_only_may_be_asked_of_partition_info() {
    let uuid = Uuid::from_words([1, 2, 3, 4]);
    let counted = decode(Id::PARTITION_INFO_GET, [1, 2, 3, 4, 1]);
    assert_eq!(counted, Ok(Call::PartitionInfoGet { uuid, count_only: true }));
    invalid(
        Id::PARTITION_INFO_GET,
        [0, 0, 0, 0, 2],
        "w5 of FFA_PARTITION_INFO_GET is 0x2: only bit 0 (count only) may be set",
    );
}

#[test]
fn rxtx_1_a_buffer_has_1_to_4_pages() {
    let map = |pages| decode(Id::RXTX_MAP_64, [0x10_0000, 0x20_0000, pages]);
    let Ok(Call::RxtxMap(buffers)) = map(4) else { panic!("buffers of four pages") };
    assert_eq!((buffers.tx(), buffers.rx(), buffers.pages()), (0x10_0000, 0x20_0000, 4));
    for pages in [0, 5, 64, 0x8000_0001] {
        assert_eq!(map(pages).unwrap_err().code(), ErrorCode::InvalidParameters);
    }
}

#[test]
fn rxtx_2_a_buffer_begins_at_a_page() {
    let sentence = "x1 (TX) of FFA_RXTX_MAP_64 is 0x1008: it must be a multiple of 4096";
    invalid(Id::RXTX_MAP_64, [0x1008, 0x3000, 1], sentence);
    let sentence = "x2 (RX) of FFA_RXTX_MAP is 0x3800: it must be a multiple of 4096";
    invalid(Id::RXTX_MAP, [0x1000, 0x3800, 1], sentence);
}

#[test]
fn rxtx_3_a_buffer_ends_within_the_address_space() {
    let sentence = "x2 (RX) of FFA_RXTX_MAP_64 is 0xfffffffffffff000: the buffer must end below 2^64";
    invalid(Id::RXTX_MAP_64, [0x1000, 0xffff_ffff_ffff_f000, 1], sentence);
}

#[test]
fn rxtx_4_buffers_do_not_overlap() {
    let sentence = "x2 (RX) of FFA_RXTX_MAP_64 is 0x2000: the buffers must not overlap";
    invalid(Id::RXTX_MAP_64, [0x1000, 0x2000, 2], sentence);
    let sentence = "x2 (RX) of FFA_RXTX_MAP_64 is 0x1000: the buffers must not overlap";
    invalid(Id::RXTX_MAP_64, [0x2000, 0x1000, 2], sentence);
    assert!(decode(Id::RXTX_MAP_64, [0x1000, 0x2000, 1]).is_ok());
    assert!(decode(Id::RXTX_MAP_64, [0x3000, 0x1000, 2]).is_ok());
}

#[test]
fn rxtx_44_buffers_that_are_nowhere_are_a_vms() {
    for function in [Id::RXTX_MAP, Id::RXTX_MAP_64] {
        assert_eq!(decode(function, [0, 0, 0]), Ok(Call::RxtxMapForVm));
    }
    // The upper halves of a 32-bit call are not there.
    assert_eq!(decode(Id::RXTX_MAP, [1 << 32, 1 << 32, 0]), Ok(Call::RxtxMapForVm));
    let sentence = "w3 of FFA_RXTX_MAP_64 is 0x0: it must be a page count of 1 to 4";
    invalid(Id::RXTX_MAP_64, [1 << 32, 0, 0], sentence);
}

#[test]
fn a_list_in_registers_is_asked_for_by_uuid_start_and_tag() {
    let uuid = Uuid::from_words([1, 2, 3, 4]);
    let asked = decode(Id::PARTITION_INFO_GET_REGS, [2 << 32 | 1, 4 << 32 | 3, 7 << 16 | 5]);
    assert_eq!(asked, Ok(Call::PartitionInfoGetRegs { uuid, start: 5, tag: 7 }));
    assert_eq!(asked.unwrap().check_version(Version::V1_2), Ok(()));
    let error = asked.unwrap().check_version(Version::V1_1).unwrap_err();
    assert_eq!(error.code(), ErrorCode::NotSupported);
}

#[test]
fn rxtx_5_an_id_is_where_it_belongs() {
    let id = PartitionId(5);
    assert_eq!(decode(Id::RXTX_UNMAP, [5 << 16]), Ok(Call::RxtxUnmap { id }));
    assert_eq!(decode(Id::RX_RELEASE, [5]), Ok(Call::RxRelease { id }));
    assert_eq!(decode(Id::RX_ACQUIRE, [5]), Ok(Call::RxAcquire { id }));
    let sentence = "w1 of FFA_RX_ACQUIRE is 0x50000: bits [31:16] must be zero";
    invalid(Id::RX_ACQUIRE, [5 << 16], sentence);
    invalid(Id::RXTX_UNMAP, [5], "w1 of FFA_RXTX_UNMAP is 0x5: bits [15:0] must be zero");
    let sentence = "w1 of FFA_RX_RELEASE is 0x50000: bits [31:16] must be zero";
    invalid(Id::RX_RELEASE, [5 << 16], sentence);
}

#[test]
fn wait_1_waiting_has_no_arguments() {
    assert_eq!(decode(Id::MSG_WAIT, []), Ok(Call::MsgWait { keep_rx: false }));
    invalid(Id::MSG_WAIT, [1], "w1 of FFA_MSG_WAIT is 0x1: it must be zero");
    let sentence = "w7 of FFA_MSG_WAIT is 0x9: it must be zero";
    invalid(Id::MSG_WAIT, [0, 0, 0, 0, 0, 0, 9], sentence);
}

#[test]
fn wait_2_keeping_the_rx_buffer_is_for_1_2() {
    let wait = decode(Id::MSG_WAIT, [0, 1]).unwrap();
    assert_eq!(wait, Call::MsgWait { keep_rx: true });
    assert_eq!(wait.check_version(Version::V1_2), Ok(()));
    let error = wait.check_version(Version::V1_1).unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidParameters);
    let sentence = "w2 of FFA_MSG_WAIT is 0x2: only bit 0 (keep the RX buffer) may be set";
    invalid(Id::MSG_WAIT, [0, 2], sentence);
}

#[test]
fn yield_1_yielding_has_a_timeout_and_no_more() {
    let timeout = 0x2_0000_0001;
    assert_eq!(decode(Id::YIELD, [0, 1, 2]), Ok(Call::Yield { timeout }));
    invalid(Id::YIELD, [0, 0, 0, 4], "w4 of FFA_YIELD is 0x4: it must be zero");
}

#[test]
fn direct_1_a_partition_message_has_no_flags() {
    let message = |function| DirectMessage {
        function,
        kind: MessageKind::Plain,
        sender: PartitionId(0),
        receiver: PartitionId(0x8001),
    };
    let arguments = [0x8001, 0, 1 << 40, 2, 3, 4, 5];
    let request = Call::DirectRequest { message: message(Id::MSG_SEND_DIRECT_REQ_64), service: Uuid::NIL };
    assert_eq!(decode(Id::MSG_SEND_DIRECT_REQ_64, arguments), Ok(request));
    let response = Call::DirectResponse(message(Id::MSG_SEND_DIRECT_RESP_64));
    assert_eq!(decode(Id::MSG_SEND_DIRECT_RESP_64, arguments), Ok(response));
    let sentence = "w2 of FFA_MSG_SEND_DIRECT_REQ is 0x1: it must be zero";
    invalid(Id::MSG_SEND_DIRECT_REQ, [0x8001, 1], sentence);
    let sentence = "w2 of FFA_MSG_SEND_DIRECT_RESP is 0x80000000: it must be zero, or name a framework message that is \
                    known here";
    invalid(Id::MSG_SEND_DIRECT_RESP, [0x8001, 0x8000_0000], sentence);
}

#[test]
fn direct_2_a_framework_message_is_one_that_is_known() {
    let request = decode(Id::MSG_SEND_DIRECT_REQ, [0xffff_8000, 0x8000_0008, 0x1_0001]);
    assert_eq!(
        request,
        Ok(Call::FrameworkRequest {
            sender: PartitionId::SPMD,
            receiver: PartitionId::SPMC,
            request: FrameworkRequest::Version { requested: Some(Version::V1_1) },
        })
    );
    for (function, width) in [(Id::MSG_SEND_DIRECT_REQ, 0), (Id::MSG_SEND_DIRECT_REQ_64, 7 << 32)] {
        let request = decode(function, [0xffff_8000, 0x8000_0000, 0x8400_0002 | width]);
        let Ok(Call::FrameworkRequest { request, .. }) = request else { panic!("{request:?}") };
        assert_eq!(request, FrameworkRequest::Psci { function: 0x8400_0002 });
    }
    for flags in [0x8000_00ff, 0x8000_0108, 0xc000_0008] {
        let error = decode(Id::MSG_SEND_DIRECT_REQ, [0xffff_8000, flags]).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidParameters);
    }
    let wide = decode(Id::MSG_SEND_DIRECT_REQ_64, [0xffff_8000, 0x8000_0008]);
    assert_eq!(wide.unwrap_err().code(), ErrorCode::InvalidParameters);
}

#[test]
fn direct_41_the_framework_s_messages_of_vms_are_answered_by_the_next_number() {
    for (request, answer, kind) in [
        (0x8000_0004, 0x8000_0005, MessageKind::VmCreated),
        (0x8000_0006, 0x8000_0007, MessageKind::VmDestroyed),
    ] {
        let Ok(Call::DirectRequest { message, .. }) = decode(Id::MSG_SEND_DIRECT_REQ, [0x8001, request])
        else {
            panic!("a direct request");
        };
        assert_eq!(message.kind, kind);
        let Ok(Call::DirectResponse(message)) = decode(Id::MSG_SEND_DIRECT_RESP, [0x8001_0000, answer])
        else {
            panic!("a direct response");
        };
        assert_eq!(message.kind, kind);
        for (function, number) in [
            (Id::MSG_SEND_DIRECT_RESP, request),
            (Id::MSG_SEND_DIRECT_RESP_64, answer),
            (Id::MSG_SEND_DIRECT_REQ, answer),
        ] {
            let error = decode(function, [0x8001, number]).unwrap_err();
            assert_eq!(error.code(), ErrorCode::InvalidParameters);
        }
    }
}

#[test]
fn send2_40_an_indirect_message_has_one_flag() {
    let sent = decode(Id::MSG_SEND2, [7 << 16, 2]);
    assert_eq!(sent, Ok(Call::MsgSend2 { sender: PartitionId(7), delays: true }));
    invalid(Id::MSG_SEND2, [1, 0], "w1 of FFA_MSG_SEND2 is 0x1: bits [15:0] must be zero");
    let sentence =
        "w2 of FFA_MSG_SEND2 is 0x1: only bit 1 (delay the schedule receiver interrupt) may be set";
    invalid(Id::MSG_SEND2, [0, 1], sentence);
}

#[test]
fn a_32_bit_call_has_no_upper_halves() {
    let junk = 0xffff_ffff << 32;
    let Ok(Call::DirectRequest { message, .. }) = decode(Id::MSG_SEND_DIRECT_REQ, [0x8001 | junk, junk])
    else {
        panic!("a direct request");
    };
    assert_eq!((message.sender, message.receiver), (PartitionId(0), PartitionId(0x8001)));
    assert_eq!(decode(Id::MSG_WAIT, [junk; 7]), Ok(Call::MsgWait { keep_rx: false }));
}

#[test]
fn send_1_a_descriptor_is_in_the_tx_buffer() {
    let lengths = Lengths { total: 96, fragment: 96 };
    for (function, transfer) in [
        (Id::MEM_SHARE, Transfer::Share),
        (Id::MEM_LEND_64, Transfer::Lend),
        (Id::MEM_DONATE, Transfer::Donate),
    ] {
        assert_eq!(decode(function, [96, 96]), Ok(Call::MemSend { transfer, lengths }));
    }
    let sentence = "x3 (buffer) of FFA_MEM_SHARE is 0x1000: it must be zero";
    invalid(Id::MEM_SHARE, [96, 96, 0x1000], sentence);
    let sentence = "w4 (pages of the buffer) of FFA_MEM_LEND is 0x1: it must be zero";
    invalid(Id::MEM_LEND, [96, 96, 0, 1], sentence);
}

#[test]
fn send_2_a_fragment_is_a_part_of_the_descriptor() {
    for lengths in [[96, 0], [96, 112], [0, 0], [100, 96], [96, 90]] {
        let error = decode(Id::MEM_SHARE, lengths).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidParameters, "{lengths:?}");
    }
}

#[test]
fn retrieve_1_a_retrieve_request_is_one_fragment() {
    let request = decode(Id::MEM_RETRIEVE_REQ, [64, 64]);
    assert_eq!(request, Ok(Call::MemRetrieveRequest { length: 64 }));
    let sentence =
        "w2 (fragment length) of FFA_MEM_RETRIEVE_REQ is 0x40: a retrieve request must be in one fragment";
    invalid(Id::MEM_RETRIEVE_REQ, [80, 64], sentence);
}

#[test]
fn reclaim_1_reclaiming_zeroes_or_not() {
    let handle = Handle(0x2_0000_0001);
    let zeroed = decode(Id::MEM_RECLAIM, [1, 2, 1]);
    assert_eq!(zeroed, Ok(Call::MemReclaim { handle, zero: true }));
    let sentence = "w3 of FFA_MEM_RECLAIM is 0x2: only bit 0 (zero the memory) may be set";
    invalid(Id::MEM_RECLAIM, [1, 2, 2], sentence);
}

#[test]
fn console_1_the_characters_are_in_the_registers() {
    let word = u64::from_le_bytes(*b"Hello, w");
    let text = |function: Id, values: [u64; 3]| {
        let registers = call(function, values);
        let Ok(Call::ConsoleLog { width, count }) = Call::decode(&registers) else {
            panic!("a console log");
        };
        console_characters(&registers, width)[..count].to_vec()
    };
    assert_eq!(text(Id::CONSOLE_LOG_64, [8, word, 0]), b"Hello, w");
    assert_eq!(text(Id::CONSOLE_LOG, [8, word, word >> 32]), b"Hello, w");
    for (function, limit) in [(Id::CONSOLE_LOG, 24), (Id::CONSOLE_LOG_64, 128)] {
        assert!(decode(function, [limit]).is_ok());
        for count in [0, limit + 1, 0x1_0000_0000] {
            let error = decode(function, [count]).unwrap_err();
            assert_eq!(error.code(), ErrorCode::InvalidParameters, "{function} {count}");
        }
    }
}

#[test]
fn console_1_a_caller_before_1_2_prints_48_characters_at_once() {
    let check = |count, version| decode(Id::CONSOLE_LOG_64, [count]).unwrap().check_version(version);
    assert_eq!(check(48, Version::V1_1), Ok(()));
    assert_eq!(check(128, Version::V1_2), Ok(()));
    let error = check(49, Version::V1_1).unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidParameters);
}
