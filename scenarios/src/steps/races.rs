//! Races: two cores make one call each at once, and all their schedules are explored (`tantalum explore`). Who wins is
//! open; that one does, where only one can, is required.

use super::cores::lends_signals;
use super::descriptor::Transaction;
use super::lending::{self, HANDLE};
use super::{NWD, SP1, Stage};
use crate::ffa;
use crate::machine::layout::{GPIO, GPIO_INTERRUPT, SHARED_PAGE, SIGNALS};
use crate::manifest::Device;
use crate::paravirtual::{DEACTIVATE, GET};
use crate::program::frame::Slot;
use crate::program::{Line, Program, Role, Signal, Source, Space, args, layout_of};

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

/// SP1 has the GPIO, whose interrupt it enables, and the page of the signals.
fn has_gpio(stage: &mut Stage) {
    let interrupts = vec![[GPIO_INTERRUPT as u32, Device::LEVEL]];
    stage.sp(SP1).extras.devices = vec![Device { interrupts, ..Device::at(GPIO) }];
    lends_signals(stage, &[SP1]);
    stage.alone("SP1 enables the interrupt of its GPIO", SP1, |sp1| {
        sp1.maps(Space::Secure, GPIO);
        sp1.enables_interrupt(GPIO_INTERRUPT, Line::Irq);
    });
}

/// SP1's interrupt arrives on core 0 while SP1 answers on core 1: it is told once, on the one core or the other.
pub fn interrupt_against_answer(stage: &mut Stage) {
    has_gpio(stage);
    stage.begin("SP1's interrupt arrives on core 0 while SP1 answers on core 1");
    let ready = stage.signal("SP1 has its interrupt enabled");
    let here: Vec<Signal> =
        [0, 1].into_iter().map(|core| stage.signal(format!("core {core} is here"))).collect();
    let sp1 = stage.sp(SP1);
    sp1.is_asked("is asked by core 1", NWD);
    sp1.meets("meets core 0", &here[1], &here);
    sp1.explored_from_here();
    sp1.answers("answers", NWD, args![]);
    sp1.is_interrupted("is told of its interrupt", GPIO_INTERRUPT).shows("interrupt.10");
    sp1.takes_interrupts();
    sp1.has_handled(1, GPIO_INTERRUPT);
    sp1.gives_way("is done", args![ffa::MSG_WAIT]);
    let nwd = stage.nwd(0);
    nwd.signals(&ready);
    nwd.meets("meets core 1", &here[0], &here);
    nwd.explored_from_here();
    nwd.asserts_gpio("asserts the GPIO's line");
    nwd.until_here();
    let nwd = stage.nwd(1);
    nwd.waits_for(&ready);
    nwd.asks("asks SP1", SP1, args![]).expect_response(SP1, NWD);
    nwd.until_here();
}

/// Core 1 asserts the line of SP1's interrupt and releases it, while SP1 runs on core 0: where that core comes too late
/// to take it, nothing happened.
pub fn interrupt_against_release(stage: &mut Stage) {
    has_gpio(stage);
    stage.begin("Core 1 asserts and releases the GPIO's line while SP1 works on core 0");
    let here: Vec<Signal> =
        [0, 1].into_iter().map(|core| stage.signal(format!("core {core} is here"))).collect();
    let sp1 = stage.sp(SP1);
    sp1.is_asked("is asked by core 0", NWD);
    sp1.meets("meets core 1", &here[0], &here);
    sp1.explored_from_here();
    sp1.call_by_hvc("asks which interrupt is pending, if one is", args![GET]);
    sp1.until_here();
    sp1.call_by_hvc("asks again", args![GET]);
    sp1.call_by_hvc("deactivates it", args![DEACTIVATE, GPIO_INTERRUPT, GPIO_INTERRUPT]).expect(0, 0);
    sp1.answers("answers", NWD, args![]);
    stage.nwd(0).asks("asks SP1", SP1, args![]).expect_response(SP1, NWD);
    let nwd = stage.nwd(1);
    nwd.meets("meets SP1", &here[1], &here);
    nwd.explored_from_here();
    nwd.asserts_gpio("asserts the GPIO's line");
    nwd.releases_gpio();
    nwd.until_here();
}
