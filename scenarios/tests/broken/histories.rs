//! Planted bugs that random histories find, which know nothing of the scenarios that the bugs were planted for.

use scenarios::histories::Theatre;

use crate::machine::play;

/// Histories that a bug gets, and calls of each.
const HISTORIES: u64 = 160;
const CALLS: u32 = 150;

/// Bugs that histories need not find, and are not played with.
const BEYOND: &[&str] = &[
    // A puppet looks at no registers but x0 to x17, and at no interrupt that stays away.
    "TPIDR_EL1 is not switched",
    "a pointer authentication key is not switched",
    "V7 is not switched",
    "the normal world's priority mask is not restored",
    "the normal world's priority mask is not restored, and another core's interrupt never comes",
    "the normal world sees x8 of a partition behind a plain response",
    // It touches no memory that it borrowed.
    "no TLBI follows an unmap",
    "the TLBI names the next page",
    "the TLBI names the other space",
    "the TLBI names another VMID",
    "the TLBI reaches the core only that asks for it",
    "the TLBI comes when the partition has run again",
    "a shared page is mapped as a device",
    // No partition aborts, and each is ready long before its time is over.
    "a partition that aborted on one core goes on on another after its next exit",
    "the timer stays on when a partition has initialised itself",
    // No partition arms a timer.
    "the timer is never set",
    // They show in the very calls of their scenarios.
    "a notification that was set is not got",
    "a notification is got twice",
    "the sender of a VM's message is not compared with the VM",
    "the sender of a retrieve request is not compared with the VM that sent",
];

#[test]
fn random_histories_find_most_planted_bugs() {
    let mut theatre = Theatre::new(2);
    let finds = |planted: &&crate::planted::Planted| {
        (0..HISTORIES)
            .any(|seed| !play(&mut theatre, seed, CALLS, (planted.bug)().into()).findings.is_empty())
    };
    let sought = crate::all().filter(|planted| !BEYOND.contains(&planted.what));
    let (found, missed): (Vec<_>, Vec<_>) = sought.partition(finds);
    println!("{} of {} planted bugs found", found.len(), crate::all().count());
    let missed: Vec<_> = missed.iter().map(|planted| planted.what).collect();
    assert!(missed.is_empty(), "{missed:?}");
}
