//! Who reaches which page: the real tables against owners and live transactions.

use std::collections::BTreeMap;

use hal::memory::PhysicalRange;
use hal::{PAGE_SIZE, Pa, Space};
use hal_sim::View;

use crate::calls::Call;
use crate::oracle::Oracle;
use crate::pending::Pending;
use crate::rights::Rights;
use crate::state::{Kind, Partition, State};
use crate::tables::Reach;
use crate::words;

/// A page that is not reached as it must be.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Difference {
    page: Pa,
    /// What the tables say.
    found: Option<Reach>,
    /// What is allowed.
    allowed: Rights,
}

impl Oracle {
    /// Walks the tables of all partitions, after the call or exception `pending`, which was `refused` with that code
    /// or not at all, and compares.
    pub(crate) fn compare(&mut self, view: &View<'_>, pending: &Pending, refused: Option<&str>) {
        let moved = pending.call().is_some_and(Call::moves_memory);
        for index in 0..self.state.partitions.len() {
            let partition = &mut self.state.partitions[index];
            let Some(roots) = partition.roots else {
                continue;
            };
            if !partition.trees.refresh(view, &roots) && !moved {
                continue;
            }
            let put_off = self.handling.iter().flatten().map(|handling| &handling.due);
            let others = self.pending.iter().flatten().chain(put_off);
            let in_flux: Vec<Pa> = others.flat_map(|other| other.pages(&self.state)).collect();
            let id = self.state.partitions[index].spec.id;
            let mut differences = differences(&self.state, &self.state.partitions[index]);
            differences.retain(|one| !in_flux.contains(&one.page) && self.reported.insert((id, one.page)));
            for run in runs(&differences) {
                let words = sentence(&self.state, id, run, pending, refused);
                self.find(words);
            }
        }
    }
}

/// What `partition` may reach: what it owns, but for what it lent or is giving away, and what it retrieved.
fn allowed(state: &State, partition: &Partition) -> BTreeMap<Pa, Rights> {
    let id = partition.spec.id;
    let mut allowed = partition.owned.clone();
    for transaction in state.transactions.values() {
        for page in &transaction.pages {
            if transaction.sender == id && transaction.kind != Kind::Share {
                allowed.remove(page);
            }
            if let Some(rights) = transaction.retrieved.get(&id) {
                allowed.insert(*page, *rights);
            }
        }
    }
    allowed
}

/// The pages that `partition` reaches otherwise than it may.
fn differences(state: &State, partition: &Partition) -> Vec<Difference> {
    let allowed = allowed(state, partition);
    let reached = partition.trees.reached();
    let is_wrong = |page: &Pa, reach: &Reach| {
        let through = reach.by_non_secure && page.space == Space::Secure;
        through || allowed.get(page) != Some(&reach.rights)
    };
    let too_much =
        reached.iter().filter(|(page, reach)| is_wrong(page, reach)).map(|(page, reach)| Difference {
            page: *page,
            found: Some(*reach),
            allowed: allowed.get(page).copied().unwrap_or_default(),
        });
    let too_little = allowed
        .iter()
        .filter(|(page, _)| !reached.contains_key(page))
        .map(|(page, rights)| Difference { page: *page, found: None, allowed: *rights });
    too_much.chain(too_little).collect()
}

/// Neighbours that differ in the same way.
fn runs(differences: &[Difference]) -> impl Iterator<Item = &[Difference]> {
    differences.chunk_by(|one, next| {
        let follows = Pa { address: one.page.address + PAGE_SIZE, ..one.page } == next.page;
        follows && one.found == next.found && one.allowed == next.allowed
    })
}

/// What is wrong with `run`, in words.
fn sentence(state: &State, id: u16, run: &[Difference], pending: &Pending, refused: Option<&str>) -> String {
    let first = run[0];
    let where_ = words::pages(first.page, run.len() as u64);
    let name = state.name(id);
    let mut when = pending.when(state);
    let mut why = reason(state, id, first);
    if let Some(code) = refused {
        when = format!("{when}, refused with {code}");
        why = format!("{why}; a refused call changes nothing");
    }
    match first.found {
        Some(reach) => format!("{name} reaches {where_} {} {when}: {why}", reach.rights),
        None => format!("{name} does not reach {where_} {when}: {why}"),
    }
}

/// Why a page must be reached otherwise.
fn reason(state: &State, id: u16, difference: Difference) -> String {
    let Difference { page, found, allowed } = difference;
    let is_in = |range: &PhysicalRange| {
        let offset = page.address.wrapping_sub(range.start.address);
        range.start.space == page.space && offset < range.size
    };
    if state.scene.monitor.iter().any(is_in) {
        return "it is the monitor's own".into();
    }
    if found.is_some_and(|reach| reach.by_non_secure) && page.space == Space::Secure {
        return "a non-secure address must not lead to a secure page".into();
    }
    let transaction = state.transaction_of(page);
    if let Some((handle, transaction)) = transaction
        && transaction.retrieved.contains_key(&id)
    {
        return format!("handle {handle:#x} grants it {allowed}");
    }
    match state.owner(page) {
        Some(owner) if owner == id && allowed == Rights::NONE => {
            let handle = transaction.map_or(0, |(handle, _)| handle);
            format!("it gave the page away with handle {handle:#x}")
        }
        Some(owner) if owner == id => format!("it owns the page, {allowed}"),
        Some(owner) if state.partitions.iter().any(|partition| partition.spec.id == owner) => {
            format!("it belongs to {} and no live transaction grants it", state.name(owner))
        }
        Some(_) => "no live transaction grants it".into(),
        None => "it is nobody's memory".into(),
    }
}
