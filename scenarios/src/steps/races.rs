//! Races: two cores make one call each at once, and all their schedules are explored (`tantalum explore`). Who wins is
//! open; that one does, where only one can, is required.

use super::descriptor::Transaction;
use super::lending::{self, HANDLE};
use super::{NWD, SP1, Stage};
use crate::ffa;
use crate::machine::layout::{SHARED_PAGE, SIGNALS};
use crate::program::frame::Slot;
use crate::program::{Program, Role, Signal, Source, args, layout_of};

/// 1 where the core's call succeeded.
const WON: Slot = Slot::free(6);

/// Where core 1 says whether its call succeeded, and where core 0 hands it the handle.
const WON_ON_CORE_1: u64 = SIGNALS + 0x800;
const HANDED_OVER: u64 = SIGNALS + 0x808;

/// A program that races: whose, and on which core.
type Racer = (Role, u16);

/// The normal world on both cores.
const BOTH_CORES: [Racer; 2] = [(NWD, 0), (NWD, 1)];

/// `racers` meet, and each acts at once with the other.
fn race(stage: &mut Stage, title: &'static str, racers: [Racer; 2], acts: [fn(&mut Program); 2]) {
    stage.begin(title);
    let here: Vec<Signal> =
        [0, 1].into_iter().map(|core| stage.signal(format!("core {core} is here"))).collect();
    for ((index, (role, cpu)), act) in racers.into_iter().enumerate().zip(acts) {
        let racer = stage.vcpu(role, cpu);
        racer.meets("meets the other core", &here[index], &here);
        racer.explored_from_here();
        act(racer);
        racer.until_here();
    }
}

/// Exactly one of the calls that the normal world on both cores made last succeeded.
fn one_won(stage: &mut Stage) {
    stage.begin("Exactly one of the two succeeded");
    let told = stage.signal("core 1 has told whether its call succeeded");
    let nwd = stage.nwd(1);
    nwd.keeps_whether_it_succeeded(WON);
    nwd.stores(WON, WON_ON_CORE_1);
    nwd.signals(&told);
    let nwd = stage.nwd(0);
    nwd.keeps_whether_it_succeeded(WON);
    nwd.waits_for(&told);
    nwd.adds_double(WON, WON_ON_CORE_1);
    nwd.testifies("counts the calls that succeeded", &[("calls", Source::Slot(WON))]).expect(0, 1);
}

/// One page for SP1.
fn share() -> Transaction {
    Transaction::share(&[SP1], &[(SHARED_PAGE, 1)])
}

/// Core 0 shares a page with SP1, and both cores know the handle.
fn shares(stage: &mut Stage) {
    stage.begin("Core 0 shares a page with SP1");
    let shared = stage.signal("the page is shared");
    let nwd = stage.nwd(0);
    lending::shares_well(nwd, "shares a page with SP1", &share(), HANDLE);
    nwd.stores(HANDLE, HANDED_OVER);
    nwd.signals(&shared);
    let nwd = stage.nwd(1);
    nwd.waits_for(&shared);
    nwd.loads(HANDLE, HANDED_OVER);
}

/// Both cores share the same page.
pub fn share_against_share(stage: &mut Stage) {
    lending::introduction(stage);
    let shares = |nwd: &mut Program| {
        let size = share().bytes().len() as u64;
        nwd.call("shares the page", args![ffa::MEM_SHARE, size, size]);
    };
    stage.alone("The descriptor is in the TX buffer", NWD, |nwd| {
        nwd.places(&share().bytes(), layout_of(NWD).tx)
    });
    race(stage, "Both cores share one page", BOTH_CORES, [shares; 2]);
    one_won(stage);
}

/// Both cores take the same page back.
pub fn reclaim_against_reclaim(stage: &mut Stage) {
    lending::introduction(stage);
    shares(stage);
    let reclaims = |nwd: &mut Program| {
        lending::reclaims(nwd, "takes the page back", HANDLE, 0);
    };
    race(stage, "Both cores take the page back", BOTH_CORES, [reclaims; 2]);
    one_won(stage);
}

/// Both cores name the same buffers.
pub fn map_against_map(stage: &mut Stage) {
    let maps = |nwd: &mut Program| {
        let place = layout_of(NWD);
        nwd.call("names the buffers", args![ffa::RXTX_MAP_64, place.tx, place.rx, 1]);
    };
    race(stage, "Both cores name one pair of buffers", BOTH_CORES, [maps; 2]);
    one_won(stage);
}

/// Core 0 offers a version while core 1 makes the call that settles it.
pub fn version_against_first_call(stage: &mut Stage) {
    let offers = |nwd: &mut Program| {
        nwd.call("offers a version", args![ffa::VERSION, 0x1_0001]);
    };
    let asks = |nwd: &mut Program| {
        nwd.call("asks who it is", args![ffa::ID_GET]).expect_success().expect(2, ffa::NORMAL_WORLD.into());
    };
    race(stage, "Core 0 offers a version that core 1 settles", BOTH_CORES, [offers, asks]);
}

/// Core 1 goes off while core 0 asks SP1.
pub fn off_against_ask(stage: &mut Stage) {
    let asks = |nwd: &mut Program| {
        nwd.asks("asks SP1", SP1, args![]).expect_response(SP1, NWD);
    };
    let goes_off = |nwd: &mut Program| {
        nwd.goes_off();
    };
    race(stage, "Core 1 goes off while core 0 asks SP1", BOTH_CORES, [asks, goes_off]);
    let sp1 = stage.sp(SP1);
    sp1.is_asked("is asked by core 0", NWD);
    sp1.answers("answers it", NWD, args![]);
    stage.nwd(0).awaits_off(1);
}
