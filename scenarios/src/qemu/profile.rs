//! Which functions of an image the instructions of a message are in.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use super::count::Counts;
use super::elf::Image;

/// Functions of an image and their instructions for each message, most first.
#[derive(Clone, PartialEq, Debug)]
pub struct Profile(Vec<(String, f64)>);

impl Profile {
    /// What `many` executed beyond `few`, divided by `messages`, by function.
    pub(super) fn new(image: &Image, few: &Counts, many: &Counts, messages: u64) -> Self {
        let mut functions: HashMap<&str, u64> = HashMap::new();
        for (address, count) in &many.0 {
            let more = count.saturating_sub(few.0.get(address).copied().unwrap_or(0));
            *functions.entry(function(&image.symbols, *address)).or_default() += more;
        }
        let mut profile: Vec<(String, f64)> = functions
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(name, count)| {
                let name = format!("{:#}", rustc_demangle::demangle(name));
                (name, count as f64 / messages as f64)
            })
            .collect();
        profile.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        Self(profile)
    }
}

/// The symbol at or before `address`.
fn function(symbols: &BTreeMap<u64, String>, address: u64) -> &str {
    symbols.range(..=address).next_back().map_or("(no symbol)", |(_, name)| name)
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, count) in &self.0 {
            writeln!(f, "{count:10.1}  {name}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Counts, Image, Profile};

    #[test]
    fn what_a_message_costs_is_counted_by_function_and_boot_is_left_out() {
        let symbol = |address, name: &str| (address, name.to_owned());
        let image = Image {
            resident: 0,
            code: Vec::new(),
            exits: HashSet::new(),
            symbols: [symbol(0x100, "boot"), symbol(0x200, "relay"), symbol(0x300, "copy")].into(),
        };
        let few = Counts([(0x104, 50), (0x204, 2), (0x300, 8)].into());
        let many = Counts([(0x104, 50), (0x204, 12), (0x208, 10), (0x300, 88)].into());
        let profile = Profile::new(&image, &few, &many, 10);
        let lines = ["       8.0  copy", "       2.0  relay", ""];
        assert_eq!(profile.to_string(), lines.join("\n"));
    }
}
