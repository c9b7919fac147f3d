//! Memory handles: their numbers are the SPMC's choice, so the guests' lines number them as they appear.

use crate::ffa;

/// The handles that calls returned so far, in order.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Handles(Vec<u64>);

impl Handles {
    /// Notes the handle that `back` gives to who made `call`, if it gives one.
    pub fn note(&mut self, call: &[u64], back: &[u64]) {
        let (Some(function), [ffa::SUCCESS_32, _, low, high, ..]) = (call.first(), back) else { return };
        if ffa::sends_memory(*function) {
            self.0.push(high << 32 | low);
        }
    }

    /// A handle in words: its place among those that appeared, or the number where it did not appear.
    pub fn name(&self, handle: u64) -> String {
        // An SPMC may give a number out again once its transaction has ended.
        match self.0.iter().rposition(|known| *known == handle) {
            Some(place) => format!("handle #{}", place + 1),
            None => format!("handle {handle:#x}"),
        }
    }
}

/// What is known of the handles in one record.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// Those that appeared before it.
    pub handles: &'a Handles,
    /// Which of its values are handles.
    pub at: &'a [usize],
}

impl Known<'_> {
    /// Value `index` of the record, which is `value`.
    pub fn value(&self, index: usize, value: u64) -> String {
        if self.at.contains(&index) { self.handles.name(value) } else { format!("{value:#x}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_given_out_again_names_the_later_handle() {
        let mut handles = Handles::default();
        for number in [7, 9, 7] {
            handles.note(&[ffa::MEM_SHARE], &[ffa::SUCCESS_32, 0, number, 1]);
        }
        handles.note(&[ffa::MEM_SHARE], &[ffa::ERROR, 0, 8, 1]);
        let names = [7, 8, 9].map(|number| handles.name(1 << 32 | number));
        assert_eq!(names, ["handle #3", "handle 0x100000008", "handle #2"]);
    }
}
