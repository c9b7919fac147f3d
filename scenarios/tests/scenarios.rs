//! Every scenario on one core in the simulator: nothing is wrong with the run, and its transcript is the stored one.

use scenarios::machine::MachineKind;
use scenarios::machine::sim::{self, Conditions, Loaded};
use scenarios::scenario::{Parameters, all, find, judge};
use scenarios::transcript::{decode, json, mermaid, snapshot_directory, text};

/// Defines a test of each scenario, and the list of them.
macro_rules! scenarios {
    ($($test:ident = $name:literal;)*) => {
        const TESTED: &[&str] = &[$($name),*];
        $(
            #[test]
            fn $test() {
                goes_as_it_must_and_reads_as_its_snapshot($name);
            }
        )*
    };
}

scenarios! {
    a_partition_boots_and_answers = "hello";
    everything_works_in_one_flow = "flow";
    a_request_goes_through_a_chain = "chain";
    a_level_interrupt_reaches_its_owner = "interrupt-level";
    an_edge_interrupt_reaches_its_owner = "interrupt-edge";
    an_interrupt_reaches_who_works = "interrupt-at-work";
    who_boots_is_not_interrupted = "interrupt-at-boot";
    a_managed_exit_is_told = "managed-exit";
    an_interrupt_waits_for_its_owner_to_be_ready = "interrupt-before-ready";
    an_interrupt_waits_for_who_has_it_wait = "queued-interrupts";
    anothers_interrupt_waits_for_who_has_it_wait = "queued-for-others";
    a_second_interrupt_is_not_lost = "interrupt-second";
    a_handler_is_not_interrupted_for_another = "interrupt-of-another";
    a_level_that_stays_asserted_comes_again = "interrupt-lines";
    an_edge_while_one_is_handled_is_not_lost = "interrupt-edges";
    interrupts_of_every_range_reach_their_owner = "interrupt-ranges";
    a_chain_unwinds_to_the_owner_of_an_interrupt = "interrupt-up-the-chain";
    an_owner_that_was_stopped_sees_its_interrupt_later = "interrupt-of-stopped";
    a_handler_asks_and_keeps_the_normal_worlds_mask = "interrupt-handler";
    an_interrupt_of_an_aborted_partition_is_silent = "interrupt-of-aborted";
    a_timer_reaches_its_partition = "timer";
    a_timer_has_its_registers = "timer-registers";
    two_partitions_have_timers_of_their_own = "timers";
    an_aborted_partition_has_no_timer = "timer-of-aborted";
    a_partition_that_never_handles_an_interrupt_aborts = "never-handled";
    a_partition_that_never_ends_a_managed_exit_aborts = "never-exits";
    it_aborts_as_well_where_another_handled_an_interrupt_meanwhile = "never-exits-after";
    a_logical_partition_of_el3_asks_and_is_not_asked = "logical-requests";
    a_partition_lists_el3s_logical_partitions = "logical-list";
    a_logical_partition_of_el3_notifies_nobody = "logical-notifications";
    what_works_for_el3_is_not_stopped = "logical-interrupts";
    el3_is_told_when_who_works_for_it_aborts = "logical-abort";
    who_never_answers_el3_aborts = "logical-never-answered";
    a_partition_takes_the_aborts_of_what_is_not_its_own = "isolation";
    a_page_is_shared_and_taken_back = "share";
    a_partition_that_is_interrupted_answers_rightly = "preempt";
    many_direct_messages_are_answered = "echo-bench";
    each_call_that_is_counted_succeeds = "every-call";
    each_call_that_is_counted_succeeds_among_eight = "every-call-of-eight";
    each_call_that_is_counted_succeeds_among_thirty_two = "every-call-of-thirty-two";
    a_partition_finds_what_it_is_told_at_its_start = "boot-info";
    each_partition_finds_its_manifest_by_the_register_it_names = "boot-registers";
    a_partition_is_told_what_it_asks_for_and_is_there = "boot-info-variants";
    a_partition_is_entered_where_its_manifest_says = "entry-point";
    the_place_of_a_package_counts = "load-address";
    each_service_is_listed_with_its_own_method = "services";
    what_is_not_served_keeps_nobody_from_booting = "not-served";
    a_partition_that_fails_by_an_error_fails_alone = "fails-by-error";
    a_partition_that_fails_by_ffa_abort_fails_alone = "fails-by-abort";
    a_partition_that_fails_by_a_fault_fails_alone = "fails-by-fault";
    a_partition_that_never_answers_fails_alone = "fails-by-silence";
    who_never_answers_a_partition_that_begins_fails_with_it = "fails-by-waiting";
    who_works_for_a_partition_that_is_late_lives_on = "fails-by-lateness";
    a_partition_that_was_ready_in_time_has_no_limit_later = "slow-at-work";
    who_waits_for_a_partition_that_aborts_is_told = "abort-at-work";
    who_waits_for_a_partition_that_faults_is_told = "fault-at-work";
    what_an_aborted_partition_borrowed_is_given_back = "abort-of-borrower";
    who_works_for_an_aborted_partition_comes_to_an_end = "abort-in-chain";
    partitions_boot_in_the_order_of_their_manifests = "boot-order";
    partitions_without_an_order_boot_last = "boot-order-last";
    a_region_has_the_rights_of_its_manifest = "region-rights";
    a_partition_finds_its_buffers_mapped = "given-buffers";
    a_partition_has_its_device_for_itself = "device-region";
    eight_partitions_have_all_of_the_memory = "eight-partitions";
    a_partition_reaches_the_memory_that_its_manifest_names = "memory-regions";
    thirty_two_partitions_answer = "many-partitions";
    who_yielded_to_an_aborted_partition_is_run_on = "abort-while-yielded";
    a_partition_of_1_1_has_the_calls_of_1_1 = "partition-1-1";
    a_destroyed_partition_is_not_there = "destroyed";
    versions_are_agreed_on_once = "version-negotiation";
    features_are_told_by_who_asks = "features";
    everybody_learns_its_id = "ids";
    partitions_are_counted_and_listed = "partition-count";
    a_partition_lists_the_partitions = "partition-list";
    only_pages_of_the_normal_world_are_its_buffers = "rxtx-mapping";
    only_a_partitions_own_pages_are_its_buffers = "rxtx-of-partition";
    a_wait_gives_the_rx_buffer_back = "wait-releases-rx";
    a_normal_world_of_1_3_gets_its_layouts = "client-1-3";
    services_are_listed_in_registers = "partition-registers";
    an_old_partition_is_told_of_each_once = "partition-list-1-1";
    buffers_have_one_to_four_pages = "buffer-sizes";
    a_hypervisor_speaks_for_its_vms = "vm-buffers";
    vms_have_a_bounded_number_of_places = "vm-places";
    what_a_vm_shares_is_its_own = "vm-memory";
    a_vm_is_answered_that_asked = "vm-requests";
    vms_and_partitions_send_messages = "vm-messages";
    five_registers_come_back_whole = "echo-64";
    low_halves_come_back = "echo-32";
    two_partitions_are_asked_in_turns = "alternating";
    three_partitions_answer = "three-partitions";
    a_call_chain_has_no_cycle = "cycle";
    messages_in_anothers_name_are_refused = "spoofed-sender";
    requests_for_nobody_are_refused = "unknown-receiver";
    a_manifest_says_who_sends_and_receives = "messaging-methods";
    a_request_ends_with_an_answer_to_who_asked = "response-rules";
    only_who_waits_is_run = "run-rules";
    who_boots_may_ask_who_waits = "boot-rules";
    a_service_is_asked_by_its_uuid = "service-requests";
    only_a_service_that_is_there_is_asked = "service-rules";
    a_partition_is_told_of_vms = "vm-news";
    a_message_goes_from_tx_to_rx = "indirect";
    an_indirect_message_names_the_right_parties = "indirect-rules";
    a_receiver_gets_the_header_of_its_version = "indirect-versions";
    a_partition_that_yields_is_run_on = "yield";
    who_boots_does_not_yield = "yield-rules";
    both_worlds_notify_each_other = "notifications";
    partitions_notify_each_other = "notifications-of-partitions";
    a_bitmap_goes_when_nothing_is_pending = "notification-bitmaps";
    only_who_is_bound_notifies = "notification-rules";
    from_1_3_on_no_vcpu_is_notified = "notifications-1-3";
    the_scheduler_is_told_of_each_once = "notification-lists";
    who_has_notifications_is_told_of_messages = "notified-of-messages";
    a_dead_partition_notifies_nobody = "notifications-of-the-dead";
    a_scheduler_gives_cycles_for_interrupts = "scheduled-for-interrupts";
    a_partition_prints_what_registers_hold = "console-log";
    an_unknown_smc_is_not_carried_out = "smc-unknown";
    el3_serves_what_the_manifest_allows = "smc-allowed";
    a_call_leaves_its_caller_what_its_answer_does_not_use = "kept-registers";
    a_partition_calls_by_hvc = "hvc";
    registers_not_for_partitions_are_undefined = "trapped-registers";
    a_partition_is_told_of_the_core_what_it_gets = "id-registers";
    an_interrupted_chain_unwinds_one_by_one = "preempt-chain";
    a_share_names_the_right_parties = "share-rules";
    only_own_pages_are_shared = "share-pages";
    a_descriptor_comes_whole = "share-lengths";
    there_is_room_for_so_many_shares = "share-room";
    a_borrower_gets_what_was_sent_to_it = "retrieve-rules";
    what_is_borrowed_is_given_back_once = "relinquish-reclaim-rules";
    a_hypervisor_is_told_what_was_sent = "described";
    a_partition_of_1_0_borrows_by_its_layouts = "borrower-1-0";
    a_page_shared_read_only_is_not_written = "share-read-only";
    two_partitions_borrow_one_page = "two-borrowers";
    no_page_between_shared_ranges_is_reached = "many-pages";
    a_page_is_zeroed_when_it_is_reclaimed = "reclaim-zero";
    a_page_of_the_normal_world_has_no_secure_twin = "secure-alias";
    a_page_is_shared_again = "share-again";
    a_client_of_1_0_has_its_own_layouts = "client-1-0";
    a_client_of_1_1_has_its_own_layouts = "client-1-1";
}

#[track_caller]
fn goes_as_it_must_and_reads_as_its_snapshot(name: &str) {
    let (scenario, parameters) = (find(name).unwrap(), Parameters::default());
    let prepared = scenario.prepare(&parameters);
    let run = sim::run(&prepared);
    let events = decode(&run.stream);
    let failures = judge(&prepared, &run, &events).failures;
    let again = Conditions::default().command(scenario, &parameters);
    assert!(failures.is_empty(), "{}\nthis repeats it: {again}", failures.join("\n"));
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(snapshot_directory());
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text(&prepared, &events)));
}

#[test]
fn every_scenario_on_one_core_that_the_simulator_can_run_has_its_test() {
    let mut here: Vec<_> =
        all().iter().filter(|scenario| scenario.runs_on.includes(MachineKind::Sim)).collect();
    here.retain(|scenario| scenario.ends.boots() && scenario.cores == 1 && !TESTED.contains(&scenario.name));
    assert!(here.is_empty(), "{:?}", here.iter().map(|scenario| scenario.name).collect::<Vec<_>>());
}

#[test]
fn what_is_left_in_registers_at_reset_changes_nothing() {
    let prepared = find("flow").unwrap().prepare(&Parameters::default());
    let mut machine = Loaded::of(&prepared);
    let stream = machine.run(&Conditions::default()).stream;
    for seed in 1..=100 {
        let other = machine.run(&Conditions { seed, ..Conditions::default() });
        assert!(other.stream == stream, "seed {seed}");
    }
}

#[test]
fn a_flow_is_told_as_a_diagram_and_as_json_too() {
    let prepared = find("flow").unwrap().prepare(&Parameters::default());
    let events = decode(&sim::run(&prepared).stream);
    let diagram = mermaid(&prepared, &events);
    assert!(diagram.contains("    NWd->>SP1: FFA_MSG_SEND_DIRECT_REQ_64(x3=0x1234"), "{diagram}");
    let value: serde_json::Value = serde_json::from_str(&json(&prepared, &events)).unwrap();
    assert_eq!(value["scenario"], "flow");
    assert_eq!(value["events"].as_array().unwrap().len(), events.len());
    assert_eq!(value["events"][0]["values"][0], "0xc4000066");
}
