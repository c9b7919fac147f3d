//! Cores that are switched on and off.

use super::{NWD, SP1, Stage};
use crate::ffa;
use crate::program::frame::Slot;
use crate::program::{Program, Site, args};
use crate::psci;

const COUNT: Slot = Slot::free(3);

/// PSCI AFFINITY_INFO of `core`.
fn asks_about(program: &mut Program, core: u16) -> &mut Site {
    let label = format!("asks whether core {core} is on");
    program.call(&label, args![psci::AFFINITY_INFO, u64::from(core), 0])
}

/// The first core switches `core` on. Its virtual CPUs get ready before the normal world begins there.
pub(super) fn switches_on(stage: &mut Stage, core: u16) {
    let there = stage.signal(format!("core {core} is there"));
    let label = format!("switches core {core} on");
    let pinned = stage.pinned();
    let site = stage.nwd(0).switches_on(&label, core).expect(0, psci::SUCCESS);
    if !pinned.is_empty() {
        site.shows("power.1");
    }
    for role in pinned {
        stage.vcpu(role, core).is_ready();
    }
    stage.nwd(core).signals(&there);
    stage.nwd(0).waits_for(&there);
}

/// `core` switches itself off, and with it its virtual CPUs.
pub(super) fn goes_off(stage: &mut Stage, core: u16) {
    stage.nwd(core).goes_off();
    for role in stage.pinned() {
        stage.vcpu(role, core).is_switched_off();
    }
}

/// The first core waits until `core` is off.
pub(super) fn is_off(stage: &mut Stage, core: u16) {
    stage.nwd(0).awaits_off(core);
    asks_about(stage.nwd(0), core).expect(0, psci::OFF);
}

/// All further cores but the last are switched on, one after the other.
pub fn all_cores_on_but_one(stage: &mut Stage) {
    stage.begin("All cores but the last are switched on");
    for core in stage.further_cores().rev().skip(1).rev() {
        switches_on(stage, core);
    }
}

/// All further cores are switched on, one after the other.
pub fn cores_on(stage: &mut Stage) {
    stage.begin("All cores are switched on");
    for core in stage.further_cores() {
        switches_on(stage, core);
    }
}

/// On each further core, its virtual CPUs and the normal world sum up their checks of their patterns.
pub fn cores_end(stage: &mut Stage) {
    stage.begin("All on the further cores still have their registers");
    let mut all_done = Vec::new();
    for core in stage.further_cores() {
        for role in stage.pinned() {
            let vcpu = stage.vcpu(role, core);
            vcpu.is_asked("is asked to sum up", NWD);
            vcpu.sums_up();
            vcpu.answers("says goodbye", NWD, args![]);
            let label = format!("asks {} to sum up", role.name());
            stage.nwd(core).asks(&label, role, args![]).expect_response(role, NWD);
        }
        stage.nwd(core).sums_up();
        let done = stage.signal(format!("core {core} is done"));
        stage.nwd(core).signals(&done);
        all_done.push(done);
    }
    all_done.iter().for_each(|done| stage.nwd(0).waits_for(done));
}

/// Core 1 is switched on, asks SP1, and is switched off; then once more.
pub fn goes_and_comes(stage: &mut Stage) {
    stage.begin("Core 1 is switched on");
    asks_about(stage.nwd(0), 1).expect(0, psci::OFF);
    switches_on(stage, 1);
    let nwd = stage.nwd(1);
    nwd.call("agrees on a version", args![ffa::VERSION, ffa::VERSION_1_2]).expect(0, ffa::VERSION_1_2);
    nwd.call("asks who it is", args![ffa::ID_GET]).expect_success().expect(2, ffa::NORMAL_WORLD.into());
    nwd.call("asks who the SPMC is", args![ffa::SPM_ID_GET]).expect_success().expect(2, ffa::SPMC.into());
    asks_sp1(stage, 1, 1);

    stage.begin("It is on already");
    asks_about(stage.nwd(0), 1).expect(0, psci::ON);
    stage.nwd(0).switches_on("switches core 1 on again", 1).expect(0, psci::ALREADY_ON);

    stage.begin("Core 1 is switched off");
    let may_go = stage.signal("core 1 may go");
    stage.nwd(0).signals(&may_go);
    stage.nwd(1).waits_for(&may_go);
    goes_off(stage, 1);
    is_off(stage, 1);
    asks_sp1(stage, 0, 2);

    stage.begin("Core 1 is switched on again");
    switches_on(stage, 1);
    asks_sp1(stage, 1, 3);
}

/// The normal world on `core` asks SP1, which is asked for the `count`-th time; the first core waits for the answer.
fn asks_sp1(stage: &mut Stage, core: u16, count: u64) {
    let sp1 = stage.sp(SP1);
    sp1.is_asked("is asked", NWD).expect(3, core.into());
    sp1.adds(COUNT, 1);
    sp1.answers("says how often it was asked", NWD, args![COUNT]);
    stage.nwd(core).asks("asks SP1", SP1, args![u64::from(core)]).expect_response(SP1, NWD).expect(3, count);
    if core != 0 {
        let answered = stage.signal("SP1 has answered");
        stage.nwd(core).signals(&answered);
        stage.nwd(0).waits_for(&answered);
    }
}
