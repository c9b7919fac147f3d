//! What the monitor's readers make of some bytes.

use hyp::manifest::tree::Node;
use hyp::manifest::{CoreManifest, Package, PartitionConfig, Regions, Report, Wrong};

use super::invariants;
use crate::machine::layout::{PAGE, PARTITION_SIZE};
use crate::manifest::{Said, quietly, said};

/// Findings and reads of a source that a reading may take: many times what a page of a tree can cause, and what all
/// bytes of a partition's memory can.
const STEPS: usize = 16 * 1024;

/// What is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// The monitor's manifest.
    Core,
    /// The manifest of the partition with this number.
    Manifest(u16),
    /// The package of the partition with this number.
    Package(u16),
}

/// The readers: the monitor's own, or ones with a mistake.
#[derive(Clone, Copy)]
pub struct Readers {
    /// Reads the monitor's manifest.
    pub core: fn(&mut CoreManifest, &[u8], &mut Report<'_>) -> Result<(), Wrong>,
    /// Reads a partition's manifest.
    pub partition: fn(&[u8], &mut Regions, &mut Report<'_>) -> Result<PartitionConfig, Wrong>,
}

impl Readers {
    /// The monitor's own.
    pub const OWN: Self = Self { core: CoreManifest::read, partition: PartitionConfig::read };
}

/// Everything that was said, and what came of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Reading {
    /// What was said, as the console has it.
    pub said: Vec<Said>,
    /// The reader accepts it.
    pub is_accepted: bool,
}

impl Reading {
    /// The first thing that is wrong, where something is.
    pub fn first_error(&self) -> Option<&str> {
        self.said.iter().find(|said| said.is_error).map(|said| said.words.as_str())
    }
}

impl Kind {
    /// What the monitor calls it.
    pub fn subject(self) -> String {
        match self {
            Self::Core => "monitor manifest".into(),
            Self::Manifest(number) => format!("sp{number}"),
            Self::Package(number) => format!("package of sp{number}"),
        }
    }

    /// True where `bytes` pass the first three checks: they are a device tree that can be walked from its root to its
    /// end; it has a root; `compatible` is what it must be. Of a package: it has a header; that has a magic that is
    /// known; the version too.
    pub fn passes_first_checks(self, bytes: &[u8]) -> bool {
        let wanted: &[&str] = match self {
            Self::Core => &["arm,ffa-core-manifest-1.0"],
            Self::Manifest(_) => &["arm,ffa-manifest-1.0", "arm,ffa-manifest-1.1"],
            Self::Package(_) => return Package::is_one(bytes) && has_known_version(bytes),
        };
        quietly(|report| {
            let root = Node::root(bytes, report)?;
            root.properties(&["compatible"], report).compatible(wanted, report)
        })
        .is_some()
    }

    /// Reads `bytes` as this, as the monitor does: behind them the memory is empty.
    ///
    /// # Errors
    /// A sentence, where the reader breaks a promise.
    pub fn read(self, bytes: &[u8], readers: &Readers) -> Result<Reading, String> {
        let mut reads = 0;
        let (promise, said) = said(&self.subject(), |report| match self {
            Self::Core => {
                let mut core = Box::new(CoreManifest::EMPTY);
                (readers.core)(&mut core, bytes, report).map(|()| invariants::of_core(&core))
            }
            Self::Manifest(_) => {
                let mut regions = Regions::default();
                let config = (readers.partition)(bytes, &mut regions, report);
                config.map(|config| invariants::of_partition(&config, &regions))
            }
            Self::Package(_) => {
                let mut source = |offset: u64, into: &mut [u8]| {
                    reads += 1;
                    memory(bytes, offset, into)
                };
                let package = Package::read(&mut source, PARTITION_SIZE, report);
                package.map(|package| invariants::of_package(&package, PARTITION_SIZE))
            }
        });
        let steps = said.len() + reads;
        let is_accepted = promise.is_ok();
        if is_accepted == said.iter().any(|said| said.is_error) {
            return Err(format!("the reader says {said:?} and returns {promise:?}"));
        }
        if let Some(lines) = said.iter().find(|said| said.words.lines().count() != 1) {
            return Err(format!("a finding has more lines than one: {lines:?}"));
        }
        if steps > STEPS {
            return Err(format!("reading takes {steps} findings and reads: at most {STEPS} are due"));
        }
        promise.unwrap_or(Ok(())).map(|()| Reading { said, is_accepted })
    }

    /// The memory that these bytes are in as the monitor copies it: one page of a manifest.
    pub fn in_memory(self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        if !matches!(self, Self::Package(_)) {
            bytes.resize(PAGE as usize, 0);
        }
        bytes
    }
}

/// Copies from the memory of a partition that begins with `bytes`.
pub(super) fn memory(bytes: &[u8], offset: u64, into: &mut [u8]) -> bool {
    let is_there = offset.checked_add(into.len() as u64).is_some_and(|end| end <= PARTITION_SIZE);
    if is_there {
        let rest = bytes.get(offset as usize..).unwrap_or_default();
        let bytes = rest.iter().chain(std::iter::repeat(&0));
        into.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    }
    is_there
}

/// The version of a package or of a transfer list, which is elsewhere.
fn has_known_version(package: &[u8]) -> bool {
    let is_list = package.first() == Some(&0x0b);
    package.get(4..8).is_some_and(|version| match version {
        [_, version, ..] if is_list => *version != 0,
        version => matches!(version, [1 | 2, 0, 0, 0]),
    })
}
