//! The scenarios there are.

use super::{RunsOn, Scenario};
use crate::steps::{self, Stage};

/// Defines a scenario: name, what it shows, partitions, steps.
const fn scenario(
    name: &'static str,
    shows: &'static str,
    partitions: u16,
    steps: &'static [fn(&mut Stage)],
) -> Scenario {
    Scenario { name, shows, partitions, runs_on: RunsOn::Both, steps }
}

static ALL: &[Scenario] = &[
    scenario(
        "hello",
        "one partition boots and answers one message",
        1,
        &[steps::boot, steps::first_message, steps::end],
    ),
    scenario(
        "flow",
        "everything: boot, discovery, messages, isolation, sharing, preemption",
        2,
        &[
            steps::boot,
            steps::discovery,
            steps::echo,
            steps::chain,
            steps::self_request,
            steps::isolation,
            steps::sharing,
            steps::preemption,
            steps::end,
        ],
    ),
    scenario(
        "chain",
        "a request goes through SP2 to SP1 and back; SP2 may not ask itself",
        2,
        &[steps::boot, steps::chain, steps::self_request, steps::end],
    ),
    scenario(
        "isolation",
        "SP2 reaches for memory that is not its own and takes the aborts",
        2,
        &[steps::boot, steps::isolation, steps::end],
    ),
    scenario(
        "share",
        "a page of the normal world is shared, written, given back, reclaimed",
        1,
        &[steps::boot, steps::discovery, steps::sharing, steps::end],
    ),
    scenario(
        "preempt",
        "the normal world's timer fires while a partition computes",
        1,
        &[steps::boot, steps::preemption, steps::unseen_preemption, steps::end],
    ),
    scenario(
        "echo-bench",
        "many direct messages in a loop in which nobody testifies",
        1,
        &[steps::boot, steps::many_echoes, steps::end],
    ),
    scenario(
        "version-negotiation",
        "versions that are agreed on, refused, settled",
        1,
        &[steps::boot, steps::version_negotiation, steps::end],
    ),
    scenario(
        "features",
        "what FFA_FEATURES says that there is and is not",
        1,
        &[steps::boot, steps::features, steps::end],
    ),
    scenario(
        "ids",
        "everybody learns its own id and the partition manager's",
        2,
        &[steps::boot, steps::ids, steps::end],
    ),
    scenario(
        "partition-count",
        "partitions are counted and listed, all or by UUID, in a buffer that is free",
        2,
        &[steps::boot, steps::partition_count, steps::end],
    ),
    scenario(
        "partition-list",
        "a partition lists the partitions and sees more of them than the normal world",
        2,
        &[steps::boot, steps::partition_list, steps::end],
    ),
    scenario(
        "rxtx-mapping",
        "which pages of the normal world may be buffers, and their end",
        1,
        &[steps::boot, steps::rxtx_of_normal_world, steps::end],
    ),
    scenario(
        "rxtx-of-partition",
        "which pages of a partition may be buffers, and their end",
        2,
        &[steps::boot, steps::rxtx_of_partition, steps::end],
    ),
    scenario(
        "wait-releases-rx",
        "FFA_MSG_WAIT gives the RX buffer back, unless told to keep it",
        1,
        &[steps::boot, steps::wait_releases_rx, steps::end],
    ),
    scenario(
        "echo-64",
        "five 64-bit registers there and back",
        1,
        &[steps::boot, steps::echo_64, steps::end],
    ),
    scenario(
        "echo-32",
        "of 32-bit messages the low halves travel, there and back",
        1,
        &[steps::boot, steps::echo_32, steps::end],
    ),
    scenario(
        "alternating",
        "two partitions are asked in turns",
        2,
        &[steps::boot, steps::alternating, steps::end],
    ),
    scenario(
        "three-partitions",
        "three partitions answer; a request goes through SP3 to SP1",
        3,
        &[steps::boot, steps::three_partitions, steps::end],
    ),
    scenario(
        "cycle",
        "a partition that waits for an answer takes no request",
        2,
        &[steps::boot, steps::cycle, steps::end],
    ),
    scenario(
        "spoofed-sender",
        "messages in another's name are refused",
        2,
        &[steps::boot, steps::spoofed_sender, steps::end],
    ),
    scenario(
        "unknown-receiver",
        "requests for nobody, for the SPMC, for oneself are refused",
        2,
        &[steps::boot, steps::unknown_receiver, steps::end],
    ),
    scenario(
        "messaging-methods",
        "only who may receive is asked, and only by who may send",
        3,
        &[steps::boot, steps::messaging_methods, steps::end],
    ),
    scenario(
        "response-rules",
        "a request ends with an answer to who asked, and in no other way",
        2,
        &[steps::boot, steps::response_rules, steps::end],
    ),
    scenario("run-rules", "who may run whom", 2, &[steps::boot, steps::run_rules, steps::end]),
    scenario(
        "boot-rules",
        "who boots may ask who waits already, and nobody else",
        2,
        &[steps::boot_by_the_rules, steps::end],
    ),
    scenario(
        "console-log",
        "a partition prints as much as registers hold",
        1,
        &[steps::boot, steps::console_log, steps::end],
    ),
    scenario(
        "smc-unknown",
        "SMCs that are not FF-A's are answered, not carried out; WFI comes back",
        1,
        &[steps::boot, steps::unknown_smc, steps::end],
    ),
    scenario("hvc", "a partition calls by HVC", 2, &[steps::boot, steps::hvc, steps::end]),
    scenario(
        "trapped-registers",
        "registers that are not for partitions are undefined for them",
        1,
        &[steps::boot, steps::trapped_registers, steps::end],
    ),
    scenario(
        "preempt-chain",
        "the timer fires while SP1 computes for SP2: the chain unwinds one by one",
        2,
        &[steps::boot, steps::preempted_chain, steps::end],
    ),
    scenario(
        "share-rules",
        "shares with the wrong parties, or of another kind, are refused",
        2,
        &[steps::boot, steps::share_rules, steps::end],
    ),
    scenario(
        "share-pages",
        "pages that are not the normal world's to share are refused",
        2,
        &[steps::boot, steps::share_pages, steps::end],
    ),
    scenario(
        "share-lengths",
        "descriptors that do not come whole are refused",
        1,
        &[steps::boot, steps::share_lengths, steps::end],
    ),
    scenario(
        "retrieve-rules",
        "a borrower asks for what was sent to it, once, and for no more",
        2,
        &[steps::boot, steps::retrieve_rules, steps::end],
    ),
    scenario(
        "relinquish-reclaim-rules",
        "what is borrowed is given back once, and then reclaimed once",
        2,
        &[steps::boot, steps::relinquish_reclaim_rules, steps::end],
    ),
    scenario(
        "share-read-only",
        "a borrower that may only read takes an abort when it writes",
        1,
        &[steps::boot, steps::share_read_only, steps::end],
    ),
    scenario(
        "two-borrowers",
        "two partitions borrow one page and both give it back",
        2,
        &[steps::boot, steps::two_borrowers, steps::end],
    ),
    scenario(
        "many-pages",
        "one share of several ranges, and the pages between them",
        1,
        &[steps::boot, steps::many_pages, steps::end],
    ),
    scenario(
        "reclaim-zero",
        "the normal world has a page zeroed when it takes it back",
        1,
        &[steps::boot, steps::reclaim_zero, steps::end],
    ),
    scenario(
        "secure-alias",
        "a page of the normal world has no secure twin",
        1,
        &[steps::boot, steps::secure_alias, steps::end],
    ),
    scenario(
        "share-again",
        "two shares at once, ended in the other order, and a page shared again",
        2,
        &[steps::boot, steps::share_again, steps::end],
    ),
    scenario(
        "client-1-0",
        "a normal world of version 1.0 and its layouts",
        1,
        &[steps::boot, steps::client_1_0, steps::end],
    ),
    scenario(
        "client-1-1",
        "a normal world of version 1.1 and its layouts",
        1,
        &[steps::boot, steps::client_1_1, steps::end],
    ),
    // MORE
];

/// All scenarios.
pub fn all() -> &'static [Scenario] {
    ALL
}

/// The scenario called `name`; otherwise the names that are nearest, best first.
pub fn find(name: &str) -> Result<&'static Scenario, Vec<&'static str>> {
    ALL.iter().find(|scenario| scenario.name == name).ok_or_else(|| {
        let mut names: Vec<_> = ALL.iter().map(|scenario| scenario.name).collect();
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
