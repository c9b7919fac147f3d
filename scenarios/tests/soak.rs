//! `tantalum soak`: a slice of each campaign, and what it says of readers that are broken.

use hyp::manifest::{PartitionConfig, Regions, Report, Wrong};
use scenarios::manifest::quietly;
use scenarios::soak::bad_input::{BadInput, Readers, sentences};
use scenarios::soak::{Campaign, Cases, Failure, play};

const SLICE: Cases = Cases { seed: 1, first: 0, count: 6000 };

/// Plays the slice.
fn played(campaign: &mut BadInput) -> Result<(), Failure> {
    play(campaign, SLICE, |_, _| {})
}

#[test]
fn broken_input_is_read_or_refused_and_most_of_it_reaches_deep() {
    let mut campaign = BadInput::new(Readers::OWN, 20);
    assert_eq!(played(&mut campaign), Ok(()));
    println!("{campaign}");
    assert!(campaign.deep_share() >= 50, "{campaign}");
    let (boots, refused) = campaign.boots();
    assert!(boots == 300 && refused >= 100 && boots - refused >= 30, "{campaign}");
    assert!(campaign.unsaid().count() <= 45, "{campaign}: {:#?}", campaign.unsaid().collect::<Vec<_>>());
}

/// Expects that the slice finds the mistake in these readers, in a case that alone finds it too.
#[track_caller]
fn found(readers: Readers, words: &str) {
    let campaign = || BadInput::new(readers, u64::MAX);
    let failure = played(&mut campaign()).expect_err("the mistake is found");
    assert!(failure.words.contains(words), "{failure:?}");
    let alone = Cases { first: failure.case, count: 1, ..SLICE };
    assert_eq!(play(&mut campaign(), alone, |_, _| {}), Err(failure));
}

#[test]
fn a_reader_that_panics_is_found() {
    fn read(bytes: &[u8], regions: &mut Regions, report: &mut Report<'_>) -> Result<PartitionConfig, Wrong> {
        let read = PartitionConfig::read(bytes, regions, report);
        assert!(regions.memory.iter().all(|region| region.pages < 1 << 31), "pages overflow");
        read
    }
    found(Readers { partition: read, ..Readers::OWN }, "it panics: pages overflow");
}

#[test]
fn a_reader_that_refuses_without_a_word_is_found() {
    found(
        Readers { core: |core, bytes, _| quietly(|report| core.read(bytes, report)), ..Readers::OWN },
        "the reader says [] and returns Err",
    );
}

#[test]
fn a_reader_that_accepts_what_overlaps_is_found() {
    fn read(
        core: &mut hyp::manifest::CoreManifest,
        bytes: &[u8],
        report: &mut Report<'_>,
    ) -> Result<(), Wrong> {
        core.read(bytes, report)?;
        if let [first, .., last] = &mut core.partitions[..] {
            // As if the rule were about neighbours only.
            last.memory_size =
                last.memory_size.max(first.load_address.saturating_sub(last.load_address) + 4096);
        }
        Ok(())
    }
    found(Readers { core: read, ..Readers::OWN }, "partitions that do not overlap");
}

#[test]
fn a_reader_that_says_something_else_the_next_time_is_found() {
    fn read(bytes: &[u8], regions: &mut Regions, report: &mut Report<'_>) -> Result<PartitionConfig, Wrong> {
        let before = regions.memory.len();
        thread_local!(static READS: std::cell::Cell<u32> = const { std::cell::Cell::new(0) });
        READS.set(READS.get() + 1);
        if READS.get() % 3 == 2 && before == 0 {
            report.not_served("sometimes");
        }
        PartitionConfig::read(bytes, regions, report)
    }
    let failure = played(&mut BadInput::new(Readers { partition: read, ..Readers::OWN }, u64::MAX));
    assert!(failure.unwrap_err().words.contains("in two ways"));
}

#[test]
fn the_campaign_knows_the_sentences_of_every_file_that_reads() {
    for (directory, tests) in [("../hyp/src/manifest", true), ("../hyp/src/spmc/boot", false)] {
        let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
        let files = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name());
        for file in files.map(|name| name.into_string().unwrap()).filter(|name| !(tests && name == "tests")) {
            assert!(sentences::sources().any(|known| known == file), "{file}");
        }
    }
    assert_eq!(BadInput::new(Readers::OWN, 1).name(), "bad-input");
}
