//! Partitions with several UUIDs, and FFA_PARTITION_INFO_GET_REGS, which lists them in registers.

use super::listing::{SEEN_BY_NORMAL_WORLD, SEEN_BY_PARTITION, info_get};
use super::{NWD, SP1, SP2, Stage};
use crate::ffa;
use crate::manifest::uuid_of;
use crate::program::{Program, Role, args, layout_of};

/// Bytes of a descriptor to callers of 1.2, and how many registers hold.
const SIZE: u64 = 24;
const ROOM: u64 = 5;

/// How many UUIDs SP1 and SP2 have.
const UUIDS: [(Role, u64); 2] = [(SP1, 4), (SP2, 3)];

/// The UUIDs in the order in which they are listed, and whose they are.
fn all() -> Vec<(Role, [u64; 2])> {
    let of = |(role, count)| {
        (0..count).map(move |number| {
            let [low, high] = uuid_of(role);
            (role, [low, high ^ number << 56])
        })
    };
    UUIDS.into_iter().flat_map(of).collect()
}

/// The partitions' manifests have several UUIDs.
fn names_uuids(stage: &mut Stage) {
    for (role, _) in UUIDS {
        let uuids = all().into_iter().filter(|(owner, _)| *owner == role);
        let halves = |number: u64| [number as u32, (number >> 32) as u32];
        let cells: Vec<u32> =
            uuids.flat_map(|(_, [low, high])| [halves(low), halves(high)].concat()).collect();
        stage.sp(role).extras.set("uuid", &cells[..]);
    }
}

/// FFA_PARTITION_INFO_GET_REGS for `uuid` from `start` on.
fn lists(caller: &mut Program, label: &str, uuid: [u64; 2], start: u64, of: &[(Role, [u64; 2])]) {
    let seen = if caller.role() == NWD { SEEN_BY_NORMAL_WORLD } else { SEEN_BY_PARTITION };
    let last = of.len() as u64 - 1;
    let shown = last.min(start + ROOM - 1);
    let site = caller.call(label, args![ffa::PARTITION_INFO_GET_REGS, uuid[0], uuid[1], start]);
    site.expect(0, ffa::SUCCESS_64).expect(1, 0).expect(2, SIZE << 48 | shown << 16 | last).shows("info.43");
    let mut register = 3;
    for (role, own) in &of[start as usize..=shown as usize] {
        let [low, high] = if uuid == [0, 0] { *own } else { [0, 0] };
        site.expect(register, seen << 32 | 1 << 16 | u64::from(role.endpoint()));
        site.expect(register + 1, low).expect(register + 2, high);
        register += 3;
    }
    for register in register..18 {
        site.expect(register, 0);
    }
}

/// Both lists, in registers and in the RX buffer, of partitions that have seven UUIDs.
pub fn listed_in_registers(stage: &mut Stage) {
    names_uuids(stage);
    stage.alone("The normal world lists seven services", NWD, |nwd| {
        nwd.call("agrees on a version", args![ffa::VERSION, ffa::VERSION_1_2]).expect(0, ffa::VERSION_1_2);
        in_registers(nwd);
        let place = layout_of(NWD);
        nwd.call("gives the SPMC its buffers", args![ffa::RXTX_MAP_64, place.tx, place.rx, 1])
            .expect_success();
        nwd.call("wants all", &info_get([0, 0], 0))
            .expect_success()
            .expect(2, 7)
            .expect(3, SIZE)
            .shows("info.40")
            .shows("info.46");
        nwd.call("lists meanwhile in registers", args![ffa::PARTITION_INFO_GET_REGS])
            .expect(0, ffa::SUCCESS_64)
            .shows("info.43");
        nwd.call("gives the RX buffer back", args![ffa::RX_RELEASE]).expect_success();
    });
    stage.alone("SP1 lists seven services", SP1, in_registers);
}

fn in_registers(caller: &mut Program) {
    let all = all();
    let last_of_sp2 = all[6].1;
    lists(caller, "wants all, and gets what registers hold", [0, 0], 0, &all);
    lists(caller, "wants the rest", [0, 0], ROOM, &all);
    lists(caller, "wants the last", [0, 0], 6, &all);
    lists(caller, "wants those with SP2's last UUID", last_of_sp2, 0, &all[6..]);
    let refused = |caller: &mut Program, label: &str, uuid: [u64; 2], start: u64, rule| {
        caller
            .call(label, args![ffa::PARTITION_INFO_GET_REGS, uuid[0], uuid[1], start])
            .expect_error(ffa::INVALID_PARAMETERS)
            .shows(rule);
    };
    refused(caller, "wants those with a UUID that nobody has", [1, 2], 0, "info.48");
    refused(caller, "wants more than there are", [0, 0], 7, "info.42");
    refused(caller, "wants a second of one", last_of_sp2, 1, "info.42");
    caller
        .call(
            "wants the rest of a list that is no more",
            args![ffa::PARTITION_INFO_GET_REGS, 0, 0, 1 << 16 | 5],
        )
        .expect_error(ffa::RETRY)
        .shows("info.41");
    caller.call("counts the services", &info_get([0, 0], 1)).expect_success().expect(2, 7).shows("info.40");
}

/// SP2, written for 1.1, gets one descriptor of each partition, and none in registers.
pub fn one_entry_for_old_callers(stage: &mut Stage) {
    names_uuids(stage);
    stage.sp(SP2).extras.set("ffa-version", 0x1_0001u32);
    stage.alone("SP2, of version 1.1, lists the partitions", SP2, |sp2| {
        sp2.call("counts the partitions", &info_get([0, 0], 1))
            .expect_success()
            .expect(2, 2)
            .shows("info.40");
        sp2.call("counts those with SP1's last UUID", &info_get(all()[3].1, 1)).expect_success().expect(2, 1);
        sp2.call("wants them in registers", args![ffa::PARTITION_INFO_GET_REGS])
            .expect_error(ffa::NOT_SUPPORTED)
            .shows("function.2");
        super::features::has_not(
            sp2,
            "asks for that call",
            &[ffa::PARTITION_INFO_GET_REGS, ffa::ABORT],
            Some("features.40"),
        );
        sp2.call("asks what RX/TX buffers may be", args![ffa::FEATURES, ffa::RXTX_MAP_64])
            .expect_success()
            .expect(2, 0)
            .shows("features.41");
    });
}
