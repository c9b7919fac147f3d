//! What a call may be answered with: versions and buffers.

#[allow(dead_code, reason = "each test file uses a part")]
mod stage;

use stage::*;

#[test]
fn a_version_that_changes_after_another_call_is_found() {
    let stage = Stage::new();
    let version = |requested, answer: u64| {
        stage.calls(0, &[0x8400_006f, 0xffff_8000, 1 << 31 | 8, requested]);
        stage.answers(0, &[0x8400_0070, 0x8000_ffff, 1 << 31 | 9, answer]);
    };
    version(0x1_0001, 0x1_0002);
    version(0x1_0002, 0x1_0002);
    stage.calls(0, &[RXTX_MAP, 0x4000_0000, 0x4000_1000, 1]);
    stage.answers(0, &[SUCCESS]);
    version(0x1_0002, 0x1_0002);
    version(0x1_0001, 0xffff_ffff);
    assert_eq!(stage.findings(), Vec::<String>::new());
    version(0x1_0001, 0x1_0002);
    stage.assert_found("its version is fixed after its first other call");
}

#[test]
fn an_incompatible_version_that_is_accepted_is_found() {
    let stage = Stage::new();
    stage.calls(0, &[0x8400_006f, 0xffff_8000, 1 << 31 | 8, 0x2_0000]);
    stage.answers(0, &[0x8400_0070, 0x8000_ffff, 1 << 31 | 9, 0x1_0002]);
    stage.assert_found("FFA_VERSION of the normal world for 0x20000 was answered with 0x10002");
}

/// The normal world has buffers.
fn mapped() -> Stage {
    let stage = Stage::new();
    stage.calls(0, &[RXTX_MAP, 0x4000_0000, 0x4000_1000, 1]);
    stage.answers(0, &[SUCCESS]);
    stage
}

#[test]
fn an_rx_buffer_handed_over_twice_is_found() {
    let stage = mapped();
    for _ in 0..2 {
        stage.calls(0, &[INFO_GET]);
        stage.answers(0, &[SUCCESS, 0, 2, 24]);
    }
    stage.assert_found("FFA_PARTITION_INFO_GET answered in the RX buffer of the normal world, which");
}

#[test]
fn a_release_of_an_rx_buffer_that_the_monitor_has_is_found() {
    let stage = mapped();
    stage.calls(0, &[RX_RELEASE]);
    stage.answers(0, &[SUCCESS]);
    stage.assert_found("FFA_RX_RELEASE of the normal world succeeded");
}

/// The normal world's RX buffer, and it holds it.
fn full() -> Stage {
    let stage = mapped();
    stage.calls(0, &[INFO_GET]);
    stage.monitor_writes(0, 0x4000_1000);
    stage.answers(0, &[SUCCESS, 0, 2, 24]);
    stage
}

#[test]
fn a_buffer_may_be_filled_on_one_core_before_its_release_on_another_is_answered() {
    let stage = full();
    stage.calls(0, &[RX_RELEASE]);
    stage.calls(1, &[INFO_GET]);
    stage.monitor_writes(1, 0x4000_1000);
    stage.answers(1, &[SUCCESS, 0, 2, 24]);
    stage.answers(0, &[SUCCESS]);
    assert_eq!(stage.findings(), Vec::<String>::new());
    stage.calls(0, &[INFO_GET]);
    stage.monitor_writes(0, 0x4000_1000);
    stage.assert_found("the normal world holds it until FFA_RX_RELEASE");
}

#[test]
fn buffers_may_be_unmapped_on_one_core_before_what_filled_one_on_another_is_answered() {
    let stage = mapped();
    stage.calls(1, &[INFO_GET]);
    stage.monitor_writes(1, 0x4000_1000);
    stage.calls(0, &[0x8400_0067]);
    stage.answers(0, &[SUCCESS]);
    stage.answers(1, &[SUCCESS, 0, 2, 24]);
    assert_eq!(stage.findings(), Vec::<String>::new());
}

#[test]
fn a_buffer_that_is_filled_by_its_own_release_is_found() {
    let stage = full();
    stage.calls(0, &[RX_RELEASE]);
    stage.monitor_writes(0, 0x4000_1000);
    stage.assert_found("was written after FFA_RX_RELEASE by the normal world: the normal world holds it");
}

#[test]
fn a_buffer_may_be_released_on_one_core_before_what_filled_it_on_another_is_answered() {
    let stage = mapped();
    stage.calls(1, &[INFO_GET]);
    stage.monitor_writes(1, 0x4000_1000);
    stage.calls(0, &[RX_RELEASE]);
    stage.answers(0, &[SUCCESS]);
    stage.answers(1, &[SUCCESS, 0, 2, 24]);
    assert_eq!(stage.findings(), Vec::<String>::new());
    stage.calls(0, &[RX_RELEASE]);
    stage.answers(0, &[SUCCESS]);
    stage.assert_found("FFA_RX_RELEASE of the normal world succeeded, and the normal world did not hold");
}

#[test]
fn a_release_that_is_refused_where_another_core_found_the_buffer_free_is_found() {
    let stage = full();
    stage.calls(0, &[RX_RELEASE]);
    stage.calls(1, &[INFO_GET]);
    stage.monitor_writes(1, 0x4000_1000);
    stage.answers(1, &[SUCCESS, 0, 2, 24]);
    stage.answers(0, &[0x8400_0060, 0, 0xffff_fffa]);
    stage.assert_found("was refused, and another core had seen it done");
}

#[test]
fn buffers_mapped_twice_are_found() {
    let stage = mapped();
    stage.calls(0, &[RXTX_MAP, 0x4000_2000, 0x4000_3000, 1]);
    stage.answers(0, &[SUCCESS]);
    stage
        .assert_found("FFA_RXTX_MAP of the normal world succeeded, and the normal world had buffers already");
}

#[test]
fn buffers_in_anothers_memory_are_found() {
    let stage = Stage::new();
    stage.calls(0, &[RXTX_MAP, 0x8000_0000, 0x4000_1000, 1]);
    stage.answers(0, &[SUCCESS]);
    stage.assert_found("FFA_RXTX_MAP of the normal world took non-secure 0x80000000");
}
