//! Sites: the places of a program that testify, and what their records must say.

use std::ops::RangeInclusive;

use crate::ffa;
use crate::transcript::words;

/// The site of a register that lost its pattern: index, expected, found, the site after whose call.
pub const MISMATCH: usize = 0;
/// The site of the summary of pattern checks: checks made, registers looked at by each.
pub const SUMMARY: usize = 1;
/// The site of an exception that the program did not expect: ESR_EL1, FAR_EL1, offset in the image.
pub const UNEXPECTED: usize = 2;

/// A part of a scenario: its number, counted from 1, and what it is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Step {
    /// Steps are shown in ascending order.
    pub number: u32,
    /// A few words.
    pub title: &'static str,
}

/// What a record of a site is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A call about to be made: x0 to x17.
    Call,
    /// What the caller saw when it came back: x0 to x17.
    Return,
    /// Values with these names.
    Values(Vec<&'static str>),
    /// A number that differs between machines; transcripts leave it out.
    Measurement(&'static str),
    /// A register that lost its pattern.
    Mismatch,
    /// An exception that the program did not expect.
    Unexpected,
}

/// One requirement of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Expectation {
    /// Which value of the record.
    pub index: usize,
    /// The bits that count.
    pub mask: u64,
    /// What they must be.
    pub expected: u64,
}

/// A place of a program that testifies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Site {
    /// What its records are.
    pub kind: Kind,
    /// What the program does there, for people.
    pub label: String,
    /// The part of the scenario that it belongs to.
    pub step: Step,
    /// How many records of it a run must have.
    pub times: RangeInclusive<u64>,
    /// What every record of it must hold.
    pub expectations: Vec<Expectation>,
    /// The code of the FFA_ERROR that it may hold instead.
    pub or_error: Option<u64>,
    /// Which values of its records are memory handles, whose numbers are the SPMC's choice.
    pub handles: Vec<usize>,
    /// The ids of the rules (`rules/`) that its records show.
    pub rules: Vec<&'static str>,
    /// Where a call comes back: the address of the branch that made it.
    pub made_at: Option<u64>,
    /// What figures call that call, where its instructions are counted.
    pub counted: Option<String>,
}

impl Site {
    /// A site that a run passes once, about which nothing is required yet.
    pub fn new(kind: Kind, label: &str, step: Step) -> Self {
        Self {
            kind,
            label: label.to_string(),
            step,
            times: 1..=1,
            expectations: Vec::new(),
            or_error: None,
            handles: Vec::new(),
            rules: Vec::new(),
            made_at: None,
            counted: None,
        }
    }

    /// Requires value `index` to be `expected`.
    pub fn expect(&mut self, index: usize, expected: u64) -> &mut Self {
        self.expect_bits(index, u64::MAX, expected)
    }

    /// Requires the bits of value `index` under `mask` to be `expected`.
    pub fn expect_bits(&mut self, index: usize, mask: u64, expected: u64) -> &mut Self {
        self.expectations.push(Expectation { index, mask, expected });
        self
    }

    /// Requires the first values to be as given.
    pub fn expect_all<const N: usize>(&mut self, values: [u64; N]) -> &mut Self {
        for (index, value) in values.into_iter().enumerate() {
            self.expect(index, value);
        }
        self
    }

    /// Notes that value `index` is a memory handle.
    pub fn handle(&mut self, index: usize) -> &mut Self {
        self.handles.push(index);
        self
    }

    /// Notes that what comes back shows the rule with `id`.
    pub fn shows(&mut self, id: &'static str) -> &mut Self {
        self.rules.push(id);
        self
    }

    /// Has the monitor's instructions from the call to its return counted, as the cost of `name`.
    pub fn counted_as(&mut self, name: impl Into<String>) -> &mut Self {
        self.counted = Some(name.into());
        self
    }

    /// Requires `times` records in a run.
    pub fn times(&mut self, times: u64) -> &mut Self {
        self.times = times..=times;
        self
    }

    /// Allows any number of records but none.
    pub fn at_least_once(&mut self) -> &mut Self {
        self.times = 1..=u64::MAX;
        self
    }

    /// Allows an FFA_ERROR with `code` instead of what is required.
    pub fn or_error(&mut self, code: u64) -> &mut Self {
        self.or_error = Some(code);
        self
    }

    /// True where a record may hold the FFA_ERROR BUSY.
    pub fn may_be_busy(&self) -> bool {
        let error = self.expectations.iter().find(|expectation| expectation.index == 2);
        self.or_error == Some(ffa::BUSY) || error.is_some_and(|error| error.expected == ffa::BUSY)
    }

    /// What value `index` of a record is called.
    pub fn value_name(&self, index: usize) -> String {
        let names: &[&str] = match &self.kind {
            Kind::Call | Kind::Return => return format!("x{index}"),
            Kind::Values(names) => names,
            Kind::Measurement(name) => &[*name],
            Kind::Mismatch => &["register", "expected", "found", "after site"],
            Kind::Unexpected => &["ESR_EL1", "FAR_EL1", "offset in the image"],
        };
        names.get(index).map_or_else(|| format!("value {index}"), |name| name.to_string())
    }

    /// What is wrong with `values` as a record of this site, a sentence for each requirement not met.
    pub fn failures(&self, values: &[u64]) -> Vec<String> {
        if let (Some(code), [ffa::ERROR, _, found, ..]) = (self.or_error, values)
            && code == *found
        {
            return Vec::new();
        }
        let wrong = |expectation: &&Expectation| {
            values.get(expectation.index).is_none_or(|value| value & expectation.mask != expectation.expected)
        };
        self.expectations
            .iter()
            .filter(wrong)
            .map(|expectation| {
                let name = self.value_name(expectation.index);
                let expected = words::number(expectation.expected);
                match values.get(expectation.index) {
                    None => format!("{name} expected {expected}, but the record ends before it"),
                    Some(found) => format!(
                        "{name} expected {expected}, found {}",
                        words::number(found & expectation.mask)
                    ),
                }
            })
            .collect()
    }
}

/// The sites that every program has.
pub fn common() -> Vec<Site> {
    let mut sites = vec![
        Site::new(Kind::Mismatch, "lost the pattern of a register", Step::default()),
        Site::new(
            Kind::Values(vec!["checks", "registers each"]),
            "looked at all its patterns after every call",
            Step::default(),
        ),
        Site::new(Kind::Unexpected, "took an exception that it did not expect", Step::default()),
    ];
    sites[MISMATCH].times(0);
    sites[UNEXPECTED].times(0);
    sites[SUMMARY].times = 0..=u64::MAX;
    sites
}
