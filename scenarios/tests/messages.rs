//! Everything that the monitor says of manifests, packages and boots: an example of each sentence, as a person sees it.
//!
//! The examples are told by the readers and by the monitor in the simulator; `snapshots/messages.snap` keeps them. A
//! sentence in the monitor's source without an example fails the test.

mod examples;

use std::collections::BTreeSet;

use scenarios::soak::bad_input::sentences::sentences;
use scenarios::transcript::snapshot_directory;

/// What no input can cause: the code that says it is there since the compiler cannot know.
const IMPOSSIBLE: [(&str, &str); 4] = [
    ("it is one partition too many", "a manifest has as many partitions as there is room for"),
    ("this core is one too many", "the machine has as many cores as there is room for"),
    ("the manifest at {:#x} cannot be read", "a package is in memory that the partition has"),
    ("its first page cannot be written", "likewise"),
];

#[test]
fn each_sentence_of_the_monitor_has_an_example() {
    let lines: BTreeSet<String> =
        examples::of_core().chain(examples::of_partitions()).chain(examples::of_packages()).collect();
    let boots: BTreeSet<String> = examples::of_boots().collect();
    let text: Vec<&str> = lines.iter().chain(&boots).map(String::as_str).collect();
    let missing: Vec<String> = sentences()
        .into_iter()
        .filter(|sentence| !text.iter().any(|line| sentence.is_said_in(line)))
        .map(|sentence| sentence.literal)
        .filter(|literal| !IMPOSSIBLE.iter().any(|(impossible, _)| impossible == literal))
        .collect();
    assert_eq!(missing, Vec::<String>::new());
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(snapshot_directory());
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_snapshot!("messages", text.join("\n")));
}

#[test]
fn what_is_said_to_be_impossible_has_no_example() {
    let lines: Vec<String> = examples::of_boots().collect();
    for (literal, why) in IMPOSSIBLE {
        let sentence = sentences().into_iter().find(|known| known.literal == literal).expect(literal);
        assert!(!lines.iter().any(|line| sentence.is_said_in(line)), "{literal}: {why}");
    }
}
