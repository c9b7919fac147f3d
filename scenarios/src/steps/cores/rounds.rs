//! Cores that come and go while partitions of both kinds serve them.

use super::power::{goes_off, is_off, switches_on};
use super::together::asks_next;
use super::{NWD, Stage, reads_its_number};
use crate::program::args;
use crate::program::frame::Slot;

const LIFE: Slot = Slot::free(5);

/// Rounds in which all further cores come, work and go.
const ROUNDS: u64 = 2;

/// In each round all further cores are switched on, ask their own virtual CPU of one partition and, in turn, the
/// other partition, which migrates, and go off.
pub fn come_and_go(stage: &mut Stage) {
    let (pinned, migrating) = (stage.pinned()[0], stage.migrating()[0]);
    let mut count = 0;
    for life in 1..=ROUNDS {
        stage.begin(if life == 1 { "All cores come" } else { "All cores come again" });
        for core in stage.further_cores() {
            switches_on(stage, core);
        }
        stage.begin("Each asks the partition that is on all cores, then the one that migrates");
        let all_on = stage.signal("all cores are on");
        stage.nwd(0).signals(&all_on);
        let mut last = Some(all_on);
        for core in stage.further_cores() {
            let vcpu = stage.vcpu(pinned, core);
            vcpu.is_asked("is asked on its core", NWD);
            vcpu.adds(LIFE, 1);
            reads_its_number(vcpu);
            vcpu.answers("says how often it began", NWD, args![LIFE]);
            let label = format!("asks {}", pinned.name());
            stage.nwd(core).asks(&label, pinned, args![]).expect_response(pinned, NWD).expect(3, life);
            count += 1;
            asks_next(stage, migrating, core, count, &mut last);
        }
        stage.begin("All cores but the first go");
        for core in stage.further_cores() {
            goes_off(stage, core);
            is_off(stage, core);
        }
        count += 1;
        asks_next(stage, migrating, 0, count, &mut last);
    }
}
