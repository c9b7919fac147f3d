//! What happened before a moment of a run, but for the order of what is independent.

use std::collections::HashMap;

use crate::record::{Access, Object, Transition};

/// What was done to an object: the last write, and the reads since.
#[derive(Clone, Copy, Default)]
struct Uses {
    write: u64,
    reads: u64,
}

/// The transitions so far, as a partial order: a transition comes after the one before it on its core, and after
/// each that touched the same object unless both only read.
///
/// Two runs with equal [fingerprints](Self::fingerprint) have done the same in an order that nobody can tell apart,
/// so the machine is in the same state.
#[derive(Default)]
pub struct Past {
    cores: HashMap<usize, u64>,
    objects: HashMap<Object, Uses>,
    fingerprint: u64,
}

impl Past {
    /// What stands for all that happened, whatever the order of what is independent.
    pub const fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// `transition` happens.
    pub fn add(&mut self, transition: &Transition) {
        if transition.is_rest {
            return;
        }
        let before = self.cores.entry(transition.core).or_default();
        let mut after = mix(*before ^ mix(transition.core as u64));
        for (object, access) in &transition.touches {
            let uses = self.objects.entry(*object).or_default();
            after = after.wrapping_add(match access {
                Access::Read => mix(uses.write),
                Access::Write => mix(uses.write.rotate_left(1) ^ uses.reads),
            });
        }
        let this = mix(after);
        *before = this;
        for (object, access) in &transition.touches {
            let uses = self.objects.entry(*object).or_default();
            match access {
                Access::Read => uses.reads = uses.reads.wrapping_add(this),
                Access::Write => *uses = Uses { write: this, reads: 0 },
            }
        }
        self.fingerprint = self.fingerprint.wrapping_add(mix(this));
    }
}

/// A number that depends on every bit of `value`.
const fn mix(value: u64) -> u64 {
    crate::junk::Junk::new(value).next()
}
