//! The scenarios there are.

use std::sync::LazyLock;

use super::{Ends, RunsOn, Scenario, Testimony, wrong_boots};
use crate::machine::MachineKind;
use crate::steps;

/// What a scenario is that says nothing of its machine.
pub(super) const ON_ONE_CORE: Scenario = Scenario {
    name: "",
    shows: "",
    partitions: 0,
    cores: 1,
    pinned: &[],
    explored: false,
    testimony: Testimony::Same,
    runs_on: RunsOn::Both,
    ends: Ends::PowerOff,
    says: &[],
    rules: &[],
    steps: &[],
};

/// Where scenarios run in which EL3's logical partitions play.
const WITH_LOGICAL: RunsOn =
    RunsOn::Only(MachineKind::Sim, "TF-A's platform qemu is built without logical partitions");

/// Defines the scenarios: name, what each shows, how many partitions play, its steps, and what else is not as in
/// [`ON_ONE_CORE`].
macro_rules! catalogue {
    ($($name:literal: $shows:literal, $partitions:literal, [$($step:ident),*] $(, $field:ident: $value:expr)*;)*) => {
        static BOOT: &[Scenario] = &[$(Scenario {
            name: $name,
            shows: $shows,
            partitions: $partitions,
            steps: &[$(steps::$step),*],
            $($field: $value,)*
            ..ON_ONE_CORE
        }),*];
    };
}

catalogue! {
    // Overviews, and what is measured.
    "hello": "one partition boots and answers one message", 1, [boot, first_message, end];
    "flow": "everything: boot, discovery, messages, isolation, sharing, preemption",
        2, [boot, discovery, echo, chain, self_request, isolation, sharing, preemption, end];
    "chain": "a request goes through SP2 to SP1 and back; SP2 may not ask itself",
        2, [boot, chain, self_request, end];
    "isolation": "SP2 reaches for memory that is not its own and takes the aborts", 2, [boot, isolation, end];
    "share": "a page of the normal world is shared, written, given back, reclaimed",
        1, [boot, discovery, sharing, end];
    "preempt": "the normal world's timer fires while a partition computes",
        1, [boot, preemption, unseen_preemption, end];
    "echo-bench": "many direct messages in a loop in which nobody testifies", 1, [boot, many_echoes, end];
    "every-call": "each call once, whose instructions are counted", 2, [boot, every_call, end];
    "every-call-of-eight": "the same where eight partitions are", 8, [boot, every_call, end];
    "every-call-of-thirty-two": "the same where as many partitions are as there can be", 32, [boot, every_call, end];
    // Interrupts.
    "interrupt-level": "a device's interrupt, by its level, reaches its owner, which waits",
        2, [level_interrupt, end];
    "interrupt-edge": "the same by the rise of its line", 2, [edge_interrupt, end];
    "interrupt-at-work": "it reaches its owner while that works, has answered, waits for an answer; wrong calls about it",
        2, [interrupt_of_who_works, interrupt_of_who_asked, interrupt_calls, end];
    "interrupt-at-boot": "it waits while another partition initialises itself", 2, [interrupt_at_boot, end];
    "managed-exit": "the timer fires while a partition computes, which is told to end by its FIQ, or by its IRQ",
        2, [managed_exit, end];
    "interrupt-before-ready": "it waits while its owner, and then another, initialises itself",
        2, [interrupt_before_ready, end];
    "queued-interrupts": "the timer fires while SP2 computes, or SP1 for it, and waits",
        2, [queued_interrupts, end];
    "queued-for-others": "another's interrupt arrives while SP2 computes, and waits; who works for SP2 is stopped",
        3, [queued_for_others, end];
    "interrupt-second": "a device interrupts while its owner handles another's interrupt: neither is lost",
        1, [second_interrupt, end];
    "interrupt-of-another": "while a partition handles an interrupt, another is not told of its own",
        2, [interrupt_of_another, end];
    "interrupt-lines": "a level that stays asserted comes again, and not before; an interrupt is turned off and on",
        2, [boot_with_level, asserted_level, reconfigured, left_active, end];
    "interrupt-edges": "a line that rises again while its interrupt is handled", 2, [boot_with_edge, second_edge, end];
    "interrupt-ranges": "an extended interrupt and a private one, of pins of the GPIO", 1, [interrupt_ranges, end],
        runs_on: RunsOn::Only(MachineKind::Sim, "QEMU's virt has no extended interrupts, and no device for a partition with a PPI");
    "interrupt-up-the-chain": "its owner is two levels up the call chain, which unwinds one by one",
        3, [interrupt_up_the_chain, end];
    "interrupt-of-stopped": "its owner was interrupted, or has yielded: it sees it when it is run on",
        2, [interrupt_of_the_preempted, interrupt_of_who_yielded, end];
    "interrupt-handler": "who handles an interrupt asks another; the normal world's waits, its priority mask is kept",
        2, [handler_asks, handler_rules, end];
    "interrupt-of-aborted": "its owner aborts while it handles it, and its line stays asserted",
        2, [interrupt_of_the_aborted, end];
    "timer": "a partition's timer fires while it works, waits, has asked another",
        2, [timer_of_who_works, timer_of_who_waits, timer_of_who_asked, end];
    "timer-registers": "what a partition's timer makes of its registers, beside the normal world's own timer",
        1, [timer_registers, timer_beside_the_normal_worlds, end];
    "timers": "two partitions' timers fire while the normal world runs, and while a third works",
        3, [timers_of_two, end];
    "timer-of-aborted": "a partition aborts with its timer armed", 2, [timer_of_who_aborted, end];
    "never-handled": "a partition never ends handling its interrupt", 2, [never_handles, end];
    "never-exits": "a partition never ends its managed exit", 1, [never_exits, end];
    "never-exits-after": "nor after another handled an interrupt during it", 2, [never_exits_after_another, end];
    // EL3's logical partitions.
    "logical-requests": "a logical partition of EL3 asks partitions, before the normal world's first call, and nobody asks it",
        2, [logical_partitions_ask, end], runs_on: WITH_LOGICAL;
    "logical-list": "a partition is told of EL3's logical partitions; they look for partitions",
        2, [boot, logical_partitions_are_listed, end], runs_on: WITH_LOGICAL;
    "logical-notifications": "a logical partition of EL3 notifies nobody, and nobody it",
        1, [logical_partitions_notify_nobody, end], runs_on: WITH_LOGICAL;
    "logical-interrupts": "interrupts of the normal world wait for the answer to EL3; a partition's do not",
        2, [queued_for_logical, end], runs_on: WITH_LOGICAL;
    "logical-abort": "a partition aborts that works for EL3", 2, [aborts_for_logical, end], runs_on: WITH_LOGICAL;
    "logical-never-answered": "a partition never answers EL3, while an interrupt of the normal world waits",
        1, [never_answers_logical, end], runs_on: WITH_LOGICAL;
    // Boot.
    "boot-info": "partitions find their manifest and hand-off blocks by the register that their manifest names",
        2, [boot_information, end];
    "boot-registers": "four partitions find their manifests by x0, x1, x2 and x3", 4, [boot_registers, end];
    "boot-info-variants": "what partitions are told that ask for less, or whose packages have less",
        5, [boot_information_variants, end],
        says: &[
            "sp3: the package has no list of hand-off blocks",
            "sp4: boot-info needs a package of version 2",
            "sp5/boot-info is ignored",
        ];
    "entry-point": "SP1 is entered elsewhere than at its image's beginning", 2, [boot, entry_point, end];
    "load-address": "SP1's manifest names no load address, SP2's another than its package has",
        2, [boot, load_address, end], says: &["sp2: load-address is 0xe900000: it is at 0xe500000"];
    "services": "SP1's manifest lists services, SP2's UUIDs, each with a messaging method of its own",
        2, [boot, services, end];
    "not-served": "what manifests ask for that is not there keeps nobody from booting",
        2, [not_served, end],
        says: &[
            "sp1: lifecycle-support is not served yet",
            "sp1: some-property is ignored",
            "sp1/some-node is ignored",
            "sp2: abort-action is not served yet",
        ];
    "fails-by-error": "SP1 cannot initialise itself and says so; SP2 goes on", 2, [fails_by_error, end];
    "fails-by-abort": "the same by FFA_ABORT, which partitions of version 1.3 have", 2, [fails_by_abort, end];
    "fails-by-fault": "the same by an abort that SP1 cannot take", 2, [fails_by_fault, end];
    "fails-by-silence": "SP1 never says that it is ready, and has a millisecond", 2, [fails_by_silence, end];
    "fails-by-waiting": "SP2 asks SP1 while it initialises itself; SP1 never answers, and both abort",
        3, [waits_in_vain, end];
    "fails-by-lateness": "SP2 is late in its initialisation while SP1 works for it: SP1 answers and lives on",
        2, [is_late, end];
    "slow-at-work": "SP1 was ready within its millisecond, and works for longer than that", 1, [works_later, end];
    "abort-at-work": "SP1 aborts while SP2 waits for its answer", 2, [boot, aborts_at_work, end];
    "fault-at-work": "SP1 takes an abort that it cannot take while SP2 waits for its answer",
        2, [boot, faults_at_work, end];
    "abort-of-borrower": "SP1 aborts with a page of the normal world, which gets it back",
        2, [boot, aborts_as_borrower, end];
    "abort-in-chain": "SP2 aborts while SP1, which works for it, is interrupted: SP1 is run on by another",
        2, [boot, aborted_chain, end];
    "boot-order": "SP2 boots before SP1, as their manifests say", 2, [boot_order, end];
    "boot-order-last": "partitions without a boot order boot last, by their ids", 4, [boot_order_last, end];
    "memory-regions": "what SP1's manifest gives it: memory of its own, beside it, of the normal world",
        2, [memory_regions, end];
    "region-rights": "regions of SP1 that it may read, write or execute, of both worlds", 2, [region_rights, end];
    "given-buffers": "SP1 and SP2 find the buffers mapped that their manifests name, of one page and of four",
        2, [given_buffers, end];
    "device-region": "a UART that SP1's manifest gives it, and to nobody else", 2, [device_region, end],
        says: &["SP1 was here."];
    "eight-partitions": "eight partitions boot and answer, and have all of the secure memory",
        8, [eight_partitions, asks_everybody, end],
        says: &["Tantalum: 8 partitions; 35 of 256 pages are tables"];
    "many-partitions": "thirty-two partitions boot and answer, and their services are more than a buffer holds",
        32, [boot, asks_everybody, list_too_long, end];
    "abort-while-yielded": "SP2 cannot run on who yielded to it while it boots, and aborts: the normal world runs that on",
        2, [yields_to_who_boots, end];
    "destroyed": "SP1 aborts, and its manifest has it destroyed", 2, [boot, destroyed, end];
    // Setup and discovery.
    "version-negotiation": "versions that are agreed on, refused, settled",
        1, [boot, version_negotiation, end];
    "features": "what FFA_FEATURES says that there is and is not", 1, [boot, features, end];
    "ids": "everybody learns its own id and the partition manager's", 2, [boot, ids, end];
    "partition-count": "partitions are counted and listed, all or by UUID, in a buffer that is free",
        2, [boot, partition_count, end];
    "partition-list": "a partition lists the partitions and sees more of them than the normal world",
        2, [boot, partition_list, end];
    "rxtx-mapping": "which pages of the normal world may be buffers, and their end",
        1, [boot, rxtx_of_normal_world, end];
    "rxtx-of-partition": "which pages of a partition may be buffers, and their end",
        2, [boot, rxtx_of_partition, end];
    "wait-releases-rx": "FFA_MSG_WAIT gives the RX buffer back, unless told to keep it",
        1, [boot, wait_releases_rx, end];
    "client-1-0": "a normal world of version 1.0 and its layouts", 1, [boot, client_1_0, end];
    "client-1-1": "a normal world of version 1.1 and its layouts", 1, [boot, client_1_1, end];
    "client-1-3": "a normal world of version 1.3 and its layouts", 3, [boot, client_1_3, end],
        runs_on: RunsOn::Only(MachineKind::Sim, "TF-A's monitor has 1.2");
    "partition-registers": "partitions with several UUIDs are listed in registers, and in a buffer",
        2, [boot, listed_in_registers, end];
    "partition-list-1-1": "a partition of version 1.1 is told of each partition once",
        2, [boot, one_entry_for_old_callers, end];
    "partition-1-1": "a partition of version 1.1 has the calls, and the registers, of that version",
        1, [calls_of_1_1, end];
    "buffer-sizes": "buffers of one to four pages, named by the 32-bit and by the 64-bit call",
        1, [boot, buffer_sizes, end];
    "vm-buffers": "a hypervisor names, acquires, releases and unmaps the buffers of its VMs",
        1, [boot, buffers_of_vms, end];
    "vm-memory": "what a hypervisor shares for a VM is the VM's, borrowed and taken back",
        1, [boot, memory_of_vms, end];
    "vm-places": "as many VMs have buffers as there is room for", 1, [boot, room_for_vms, end];
    // Messages and cores.
    "echo-64": "five 64-bit registers there and back", 1, [boot, echo_64, end];
    "echo-32": "of 32-bit messages the low halves travel, there and back", 1, [boot, echo_32, end];
    "alternating": "two partitions are asked in turns", 2, [boot, alternating, end];
    "three-partitions": "three partitions answer; a request goes through SP3 to SP1",
        3, [boot, three_partitions, end];
    "cycle": "a partition that waits for an answer takes no request", 2, [boot, cycle, end];
    "spoofed-sender": "messages in another's name are refused", 2, [boot, spoofed_sender, end];
    "unknown-receiver": "requests for nobody, for the SPMC, for oneself are refused",
        2, [boot, unknown_receiver, end];
    "messaging-methods": "only who may receive is asked, and only by who may send",
        3, [boot, messaging_methods, end];
    "response-rules": "a request ends with an answer to who asked, and in no other way",
        2, [boot, response_rules, end];
    "run-rules": "who may run whom", 2, [boot, run_rules, end];
    "boot-rules": "who boots may ask who waits already, and nobody else", 3, [boot_by_the_rules, end];
    "preempt-chain": "the timer fires while SP1 computes for SP2: the chain unwinds one by one",
        2, [boot, preempted_chain, waits_for_the_interrupted, end];
    "vm-requests": "a hypervisor asks partitions for its VMs: who asked is who is answered",
        2, [boot, requests_of_vms, preempted_for_vm, end];
    "service-requests": "a service is asked by its UUID, with fourteen registers there and back",
        2, [boot, service_requests, end];
    "service-rules": "who has which service, and which answer belongs to which request",
        3, [service_rules, end];
    "vm-news": "a partition that wants to know is told of VMs", 2, [boot, vm_news, end];
    "indirect": "messages from TX buffers to RX buffers", 2, [boot, indirect_messages, end];
    "vm-messages": "messages from a VM's TX buffer and to its RX buffer", 1, [boot, messages_of_vms, end];
    "indirect-rules": "indirect messages that are refused", 3, [boot, indirect_rules, end];
    "indirect-versions": "headers of both lengths: a receiver gets that of its version",
        2, [boot, indirect_versions, end];
    "yield": "a partition gives the core back for a while, and is run on", 2, [boot, yields, yields_in_chain, end];
    "yield-rules": "who boots does not yield; a yield has a timeout and no more", 2, [yield_rules, end];
    // Notifications.
    "notifications": "the normal world and SP1 notify each other; the scheduler is told at once or later",
        1, [notifications_of_both_worlds, end];
    "notifications-of-partitions": "SP2 and the normal world notify SP1, which does not wake for it",
        2, [notifications_of_partitions, end];
    "notification-bitmaps": "VMs have notifications, as many as there is room for, until nothing is pending",
        1, [notification_bitmaps, end];
    "notification-rules": "calls about notifications that are refused", 3, [notification_rules, end];
    "notifications-1-3": "a partition of version 1.3 has no notifications for one vCPU",
        2, [notifications_of_1_3, end];
    "notification-lists": "whom the scheduler is told of, and how, in more than one part",
        1, [notification_lists, end];
    "notified-of-messages": "who has notifications is told of an indirect message, and gives no buffer back before",
        2, [full_buffers, end];
    "notifications-of-the-dead": "what a partition that aborts leaves of notifications",
        3, [notifications_of_the_dead, end];
    "scheduled-for-interrupts": "SP1 has the scheduler give it cycles for its interrupts",
        1, [scheduled_for_interrupts, end];
    // Beside FF-A's calls.
    "console-log": "a partition prints as much as registers hold", 1, [boot, console_log, end];
    "smc-unknown": "SMCs that are not FF-A's are answered, not carried out; WFI comes back",
        1, [boot, unknown_smc, end];
    "smc-allowed": "EL3 serves a partition what the SPMC's manifest lets it call", 2, [boot, smcs, end];
    "kept-registers": "a call leaves x8 to x17, which its answer does not use, to its caller",
        1, [boot, kept_registers, end];
    "hvc": "a partition calls by HVC", 2, [boot, hvc, end];
    "trapped-registers": "registers that are not for partitions are undefined for them",
        1, [boot, trapped_registers, end];
    "id-registers": "of what the core has, a partition is told what it gets",
        1, [boot, id_registers, end];
    // Memory.
    "share-rules": "shares with the wrong parties, or of another kind, are refused",
        2, [boot, share_rules, end];
    "share-pages": "pages that are not the normal world's to share are refused", 2, [boot, share_pages, end];
    "share-lengths": "descriptors that do not come whole, or whose parts lie wrongly, are refused",
        2, [boot, share_lengths, share_shapes, end];
    "share-room": "as many transactions, and as many pages in each, as there is room for",
        1, [boot, room_for_shares, end];
    "retrieve-rules": "a borrower asks for what was sent to it, once, and for no more",
        2, [boot, retrieve_rules, end];
    "relinquish-reclaim-rules": "what is borrowed is given back once, and then reclaimed once",
        2, [boot, relinquish_reclaim_rules, end];
    "described": "a hypervisor in the normal world is told what was sent before it takes it back",
        2, [boot, described, end];
    "borrower-1-0": "a partition of version 1.0 borrows a page by its layouts", 1, [boot, borrower_1_0, end];
    "share-read-only": "a borrower that may only read takes an abort when it writes or executes",
        1, [boot, share_read_only, end];
    "two-borrowers": "two partitions borrow one page and both give it back", 2, [boot, two_borrowers, end];
    "many-pages": "one share of several ranges, and the pages between them", 1, [boot, many_pages, end];
    "reclaim-zero": "the normal world has a page zeroed when it takes it back", 1, [boot, reclaim_zero, end];
    "secure-alias": "a page of the normal world has no secure twin", 1, [boot, secure_alias, end];
    "share-again": "two shares at once, ended in the other order, and a page shared again",
        2, [boot, share_again, end];
    // Several cores.
    "core-on-off": "a second core is switched on, asks, is switched off, and once more",
        1, [boot, goes_and_comes, cores_end, end], cores: 2;
    "migration": "four cores ask one partition in turn, and its only vCPU migrates",
        1, [boot, cores_on, in_turn, cores_end, end], cores: 4;
    "all-at-once": "four cores ask one partition at once, each its own vCPU, and all four run",
        1, [boot, cores_on, together, cores_end, end], cores: 4, pinned: &[1];
    "contended": "four cores ask one vCPU at once: each is served, or told BUSY and asks again",
        1, [boot, cores_on, contended, cores_end, end], cores: 4,
        testimony: Testimony::Varies("which core is served first, and how often the others are told BUSY, is open");
    "busy-elsewhere": "what core 0 has, running or waiting for an answer, core 1 does not get",
        3, [boot, cores_on, busy_elsewhere, cores_end, end], cores: 2, pinned: &[3];
    "preempted-elsewhere": "a partition that is interrupted on core 0 goes on on core 1",
        1, [boot, cores_on, preempted_elsewhere, cores_end, end], cores: 2;
    "share-across-cores": "a page is shared on one core, borrowed and given back on others, reclaimed on a third",
        1, [boot, cores_on, shared_across, cores_end, end], cores: 4;
    "chain-elsewhere": "one of an interrupted chain migrates: only its own core runs the other on",
        2, [boot, cores_on, chain_elsewhere, cores_end, end], cores: 2, pinned: &[1];
    "timer-elsewhere": "a partition's timer fires while another core runs it, or when its own core is off",
        1, [boot, cores_on, timer_elsewhere, timer_handed_over, cores_end, end], cores: 2;
    "off-in-work": "a core goes off with interrupted partitions: one loses its work, one goes on elsewhere",
        2, [boot, cores_on, off_in_work, cores_end, end], cores: 2, pinned: &[1];
    "share-at-once": "four cores work at once, each with a page and a partition of its own",
        4, [boot, cores_on, shared_at_once, cores_end, end], cores: 4;
    "unmapped-everywhere": "a page given back by one vCPU is out of reach of the other, on its core too",
        1, [boot, cores_on, unmapped_everywhere, cores_end, end], cores: 2, pinned: &[1];
    "contended-rx": "four cores have the partitions listed at once, in one RX buffer",
        1, [boot, cores_on, contended_rx, cores_end, end], cores: 4,
        testimony: Testimony::Varies("which core gets the buffer first, and how often the others are told BUSY, is open");
    "come-and-go": "cores come, work and go while partitions of both kinds serve them",
        2, [boot, come_and_go, cores_on, cores_end, end], cores: 4, pinned: &[1];
    "fails-on-core-1": "SP1 cannot initialise itself on core 1 and says so: it aborts on both cores, SP2 goes on",
        2, [boot, fails_on_core_1, cores_end, end], cores: 2, pinned: &[1, 2];
    "silent-on-core-1": "the same, because SP1 never says on core 1 that it is ready",
        2, [boot, silent_on_core_1, cores_end, end], cores: 2, pinned: &[1, 2];
    "abort-everywhere": "SP1 aborts on one core while it runs on two others, and does not begin on a fourth",
        2, [boot, all_cores_on_but_one, aborts_on_all_cores, cores_end, end], cores: 4, pinned: &[1];
    "abort-in-call": "SP1 aborts on one core while SP2 works for it on another: there it does not get the answer",
        2, [boot, cores_on, aborts_while_it_waits, cores_end, end], cores: 2, pinned: &[1];
    "secondary-entry": "SP1 says where its vCPUs begin, in time and where it may execute",
        2, [entry_points, cores_on, cores_end, end], cores: 2, pinned: &[1];
    "interrupt-elsewhere": "it arrives on one core while its owner runs, or waits for an answer, on another",
        2, [boot, cores_on, owner_on_another_core, owner_goes_on_elsewhere, owner_left_the_core, cores_end, end], cores: 2;
    "interrupt-at-answer": "it arrives on one core while its owner answers on another; its line is released too early",
        1, [boot, cores_on, at_answer, released, cores_end, end], cores: 2;
    "interrupt-between-vcpus": "a partition's vCPUs interrupt each other, and themselves",
        1, [boot, cores_on, between_vcpus, cores_end, end], cores: 2, pinned: &[1];
    "interrupt-routed": "a partition has it sent to another core, which goes off",
        1, [boot, cores_on, routed, cores_end, end], cores: 2, pinned: &[1];
    "pending-at-off": "a core goes off with an edge and a notification pending for its vCPU", 1,
        [sp1_receives, boot, cores_on, pending_at_off, cores_end, end], cores: 2, pinned: &[1];
    "notified-vcpus": "notifications for one vCPU, on another core", 1,
        [sp1_receives, boot, cores_on, notified_vcpus, cores_end, end], cores: 2, pinned: &[1];
    "notified-at-once": "core 0 sets notifications that SP1 gets on core 1: each arrives, and once",
        1, [sp1_receives, boot, cores_on, notified_at_once, cores_end, end], cores: 2,
        testimony: Testimony::Varies("how many are set when SP1 gets them is open");
    // Two cores at once, under all schedules.
    "race-share": "both cores share one page: one of them does",
        1, [boot, cores_on, share_against_share, cores_end, end], cores: 2, explored: true,
        testimony: Testimony::Varies("which core is first is open");
    "race-reclaim": "both cores take one page back: one of them does",
        1, [boot, cores_on, reclaim_against_reclaim, cores_end, end], cores: 2, explored: true,
        testimony: Testimony::Varies("which core is first is open");
    "race-map": "both cores name one pair of buffers: one of them does",
        1, [boot, cores_on, map_against_map, cores_end, end], cores: 2, explored: true,
        testimony: Testimony::Varies("which core is first is open");
    "race-version": "core 0 offers a version, and core 1 makes the call that settles it",
        1, [boot, cores_on, version_against_first_call, cores_end, end], cores: 2, explored: true,
        testimony: Testimony::Varies("which core is first is open");
    "race-off": "core 1 goes off while core 0 asks a partition",
        1, [boot, cores_on, off_against_ask, end], cores: 2, explored: true,
        testimony: Testimony::Varies("how far core 0 is when core 1 goes off is open");
    "race-notify": "core 0 sets a notification that SP1 gets on core 1",
        1, [sp1_receives, boot, cores_on, set_against_get, cores_end, end], cores: 2,
        testimony: Testimony::Varies("which core is first is open");
    "eight-cores": "eight cores ask at once, each its own vCPU, then in turn the only one of another partition",
        2, [boot, cores_on, together, in_turn, cores_end, end], cores: 8, pinned: &[1],
        runs_on: RunsOn::Only(MachineKind::Sim, "QEMU's cores take turns on the host's, so scenarios there have four");
}

/// All scenarios: those that boot, then those that do not.
pub fn all() -> &'static [Scenario] {
    static ALL: LazyLock<Vec<Scenario>> = LazyLock::new(|| [BOOT, &wrong_boots::all()].concat());
    &ALL
}

/// The scenario called `name`; otherwise the names that are nearest, best first.
pub fn find(name: &str) -> Result<&'static Scenario, Vec<&'static str>> {
    all().iter().find(|scenario| scenario.name == name).ok_or_else(|| {
        let mut names: Vec<_> = all().iter().map(|scenario| scenario.name).collect();
        names.sort_by_key(|candidate| distance(name, candidate));
        names
    })
}

/// How many letters must be put in, taken out or changed to make `a` into `b`.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let changed = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_finds_the_right_one_first() {
        for (wrong, right) in [("flw", "flow"), ("isolatoin", "isolation"), ("echobench", "echo-bench")] {
            assert_eq!(find(wrong).err().unwrap()[0], right);
        }
    }

    #[test]
    fn names_are_kebab_case_and_there_once() {
        let mut names: Vec<_> = all().iter().map(|scenario| scenario.name).collect();
        assert!(
            names
                .iter()
                .all(|name| name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'))
        );
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all().len());
    }
}
