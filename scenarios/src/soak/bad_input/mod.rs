//! Bad input: manifests and packages that were valid, broken by a few structured mutations.
//!
//! | what is broken | how |
//! |---|---|
//! | the monitor's manifest (2 to 32 partitions), a partition's manifest (both versions) | values next to what is allowed, of another type, of another node; properties and nodes that are missing, twice, elsewhere, under another name; nodes in nodes, thousands deep; a structure block that does not fit together |
//! | their blobs | words of the header, any byte, a cut |
//! | packages: SPKG of both versions, transfer lists | fields of headers and of entries, a cut |
//!
//! What must hold of every case: no reader panics, or says more than its bound; each tells an error exactly where it
//! refuses, in one line each, and the same the next time; what is accepted has the properties of [`invariants`]. Some
//! cases are booted as well: see [`boot`].
//!
//! Random bytes never get far. A case counts as deep where it passes the first three checks
//! ([`Kind::passes_first_checks`]); the share of these is in the campaign's last line.

mod blob;
mod boot;
mod invariants;
mod mutate;
mod reading;
pub mod sentences;
mod valid;
mod vocabulary;

use std::collections::HashSet;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use self::blob::{blob, tokens_of};
use self::boot::Platform;
pub use self::reading::Readers;
use self::reading::{Kind, Reading};
use self::sentences::{Sentence, sentences};
use self::valid::{Form, Valid};
use self::vocabulary::{ADDRESSES, CELLS};
use super::Campaign;
use super::random::Random;

/// The campaign, and what it saw so far.
pub struct BadInput {
    valid: Valid,
    readers: Readers,
    /// One case of so many is booted.
    boot_every: u64,
    cases: u64,
    deep: u64,
    accepted: u64,
    boots: u64,
    refused: u64,
    /// Boots that were refused for what `tantalum check` does not find.
    unchecked: u64,
    sentences: usize,
    unsaid: Vec<Sentence>,
    /// Lines that were looked through for sentences, as their hashes.
    heard: HashSet<u64>,
}

/// A broken file.
struct Piece {
    kind: Kind,
    bytes: Vec<u8>,
    form: Form,
}

impl BadInput {
    /// The campaign on these readers, which boots one case of `boot_every`.
    pub fn new(readers: Readers, boot_every: u64) -> Self {
        let unsaid = sentences();
        Self {
            valid: Valid::new(),
            readers,
            boot_every,
            cases: 0,
            deep: 0,
            accepted: 0,
            boots: 0,
            refused: 0,
            unchecked: 0,
            sentences: unsaid.len(),
            unsaid,
            heard: HashSet::new(),
        }
    }

    /// How many cases of a hundred pass the first three checks.
    pub fn deep_share(&self) -> u64 {
        100 * self.deep / self.cases.max(1)
    }

    /// The monitor's sentences that nothing caused yet.
    pub fn unsaid(&self) -> impl Iterator<Item = &str> {
        self.unsaid.iter().map(|sentence| sentence.literal.as_str())
    }

    /// How many boots there were, and how many of them were refused.
    pub fn boots(&self) -> (u64, u64) {
        (self.boots, self.refused)
    }

    /// A broken file of a platform that is booted, or not.
    fn piece(&self, is_booted: bool, random: &mut Random) -> Piece {
        let number = 1 + random.below(2) as u16;
        let form = random.pick(&[Form::One, Form::Two, Form::TransferList]);
        match random.below(10) {
            0..4 => {
                let partitions = if is_booted { 2 } else { random.pick(&[2, 2, 2, 3, 5, 8, 31, 32]) };
                let cores = if is_booted { 1 } else { 1 + random.below(8) as u16 };
                let node = Valid::core(partitions, cores);
                Piece { kind: Kind::Core, bytes: broken(tokens_of(&node), random), form }
            }
            4..8 => {
                let node = self.valid.partition(number, random);
                Piece { kind: Kind::Manifest(number), bytes: broken(tokens_of(&node), random), form }
            }
            _ => {
                let manifest = self.valid.partition(number, random).dtb();
                let package = broken_package(self.valid.package(number, form, &manifest), random);
                Piece { kind: Kind::Package(number), bytes: package, form }
            }
        }
    }

    /// Reads the file in the machine's memory, twice, and as it is.
    fn read(&mut self, piece: &Piece) -> Result<Reading, String> {
        let Piece { kind, bytes, .. } = piece;
        let memory = kind.in_memory(bytes);
        let reading = kind.read(&memory, &self.readers)?;
        if reading != kind.read(&memory, &self.readers)? {
            return Err("the same bytes are read in two ways".into());
        }
        if memory != *bytes {
            kind.read(bytes, &self.readers)?;
        }
        self.cases += 1;
        self.deep += u64::from(kind.passes_first_checks(&memory));
        self.accepted += u64::from(reading.is_accepted);
        reading.said.iter().for_each(|said| self.said(&said.words));
        Ok(reading)
    }

    fn said(&mut self, words: &str) {
        let mut hasher = DefaultHasher::new();
        words.hash(&mut hasher);
        if self.heard.insert(hasher.finish()) {
            self.unsaid.retain(|sentence| !sentence.is_said_in(words));
        }
    }

    fn boot(&mut self, piece: &Piece, reading: &Reading) -> Result<(), String> {
        let platform = Platform::new(&self.valid, piece.kind, &piece.bytes, piece.form);
        // A manifest that is larger than a page is not even looked at, and another is read with what is behind it.
        let reaches = match piece.kind {
            Kind::Manifest(number) => platform.manifest(number) == Some(piece.kind.in_memory(&piece.bytes)),
            _ => true,
        };
        let booted = platform.boot(&self.valid, Some(reading).filter(|_| reaches))?;
        self.boots += 1;
        self.refused += u64::from(booted.refused.is_some());
        self.unchecked += u64::from(booted.refused.is_some() && !booted.is_checked_wrong);
        booted.console.lines().for_each(|line| self.said(line));
        Ok(())
    }
}

impl Campaign for BadInput {
    fn name(&self) -> &'static str {
        "bad-input"
    }

    fn play(&mut self, case: u64, random: &mut Random) -> Result<(), String> {
        let is_booted = case.is_multiple_of(self.boot_every);
        let piece = self.piece(is_booted, random);
        let reading = self.read(&piece)?;
        if is_booted { self.boot(&piece, &reading) } else { Ok(()) }
    }
}

impl fmt::Display for BadInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cases, accepted, boots, refused, unchecked, sentences, unsaid, .. } = self;
        let said = sentences - unsaid.len();
        write!(
            f,
            "{cases} files, {} % pass the first three checks, {accepted} accepted; {boots} boots, {refused} refused \
             ({unchecked} for what `check` does not find); {said} of {sentences} sentences said",
            self.deep_share()
        )
    }
}

/// The tree `tokens` as a blob, broken once or a few times.
fn broken(mut tokens: Vec<blob::Token>, random: &mut Random) -> Vec<u8> {
    for _ in 0..1 + random.below(3) {
        if !tokens.is_empty() {
            mutate::mutate(&mut tokens, random);
        }
    }
    let mut bytes = blob(&tokens);
    if random.percent(10) {
        break_bytes(&mut bytes, 10, u32::to_be_bytes, random);
    }
    bytes
}

/// A cut, another number in one of the first `words`, or any byte.
fn break_bytes(bytes: &mut Vec<u8>, words: usize, form: fn(u32) -> [u8; 4], random: &mut Random) {
    match random.below(3) {
        0 => bytes.truncate(random.below(bytes.len() + 1)),
        1 => {
            let at = random.below(words) * 4;
            let (any, size) = (random_cell(random), bytes.len() as u32);
            let number = random.pick(&[any, size, size - 1]);
            bytes[at..at + 4].copy_from_slice(&form(number));
        }
        _ => {
            let at = random.below(bytes.len());
            bytes[at] = random.number() as u8;
        }
    }
}

fn random_cell(random: &mut Random) -> u32 {
    if random.percent(50) { random.pick(CELLS) } else { random.pick(ADDRESSES) as u32 }
}

/// The package with another number in its header, or in one of the headers of its entries; or cut.
fn broken_package(mut package: Vec<u8>, random: &mut Random) -> Vec<u8> {
    const SIGNATURE: u8 = 0x0b;
    /// Where the headers of a transfer list's entries are: of what fills the gaps, and of what is meant.
    const ENTRIES: [usize; 8] = [0x18, 0x1c, 0xff8, 0xffc, 0x2ff8, 0x2ffc, 0x3ff8, 0x3ffc];
    let is_list = package[0] == SIGNATURE;
    for _ in 0..1 + random.below(2) {
        let number = random_cell(random);
        let at = match random.below(10) {
            0..6 if is_list => random.pick(&ENTRIES),
            // Neither the magic nor the version, mostly.
            0..9 => 8 + 4 * random.below(4),
            _ => 4 * random.below(6),
        };
        let number = match random.below(4) {
            0 if is_list => random.pick(&[0x103u32, 0x106, 3, 0]) | random.pick(&[8u32, 8, 8, 7, 0x18]) << 24,
            // A neighbour of what is there.
            1 => {
                let found =
                    u32::from_le_bytes([package[at], package[at + 1], package[at + 2], package[at + 3]]);
                found.wrapping_add(random.pick(&[1, 8, 0x1000, u32::MAX, 0xffff_f000]))
            }
            _ => number,
        };
        package[at..at + 4].copy_from_slice(&number.to_le_bytes());
    }
    if is_list && random.percent(80) {
        package[4] = 0;
        package[4] = package.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte)).wrapping_neg();
    }
    if random.percent(5) {
        break_bytes(&mut package, 6, u32::to_le_bytes, random);
    }
    package
}
