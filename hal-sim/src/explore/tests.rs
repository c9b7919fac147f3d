//! Exploration of programs so small that their schedules can be counted.

use std::collections::BTreeSet;

use super::{Exploration, Explored, Reduction};
use crate::junk::Junk;
use crate::record::{Access, Object, Record, Transition};
use crate::schedule::Turn;

/// What a core of a toy does in one step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Step {
    /// Loads a variable into its register.
    Load(usize),
    /// Stores its register, plus one, to a variable.
    Store(usize),
    /// Takes a lock; waits where it is taken.
    Lock(usize),
    /// Gives a lock back.
    Unlock(usize),
}

impl Step {
    fn touch(self) -> (Object, Access) {
        match self {
            Self::Load(variable) => (Object::Lock(variable), Access::Read),
            Self::Store(variable) => (Object::Lock(variable), Access::Write),
            Self::Lock(lock) | Self::Unlock(lock) => (Object::Lock(100 + lock), Access::Write),
        }
    }
}

/// The variables, the registers, and who is stuck at the end.
type Outcome = (Vec<u64>, Vec<u64>, Vec<bool>);

/// Runs `programs` under `turns`, then each core for as long as it can go on.
fn run(programs: &[Vec<Step>], turns: &[Turn]) -> (Outcome, Record) {
    let cores = programs.len();
    let (mut variables, mut registers) = (vec![0; 4], vec![0; cores]);
    let (mut done, mut locked) = (vec![0; cores], [false; 4]);
    let mut record = Record::default();
    let mut turns = turns.iter();
    let mut last: Option<usize> = None;
    loop {
        let can = |core: usize, done: &[usize], locked: &[bool]| match programs[core].get(done[core]) {
            Some(Step::Lock(lock)) => !locked[*lock],
            step => step.is_some(),
        };
        let ready: Vec<usize> = (0..cores).filter(|&core| can(core, &done, &locked)).collect();
        if ready.is_empty() {
            let stuck = (0..cores).map(|core| done[core] < programs[core].len()).collect();
            return ((variables, registers, stuck), record);
        }
        let after = last.map_or(0, |last| last + 1);
        let in_order = || *ready.iter().find(|&&core| core >= after).unwrap_or(&ready[0]);
        let asked = turns.find(|turn| ready.contains(&turn.core));
        let (core, steps) = asked.map_or_else(|| (in_order(), u64::MAX), |turn| (turn.core, turn.steps));
        let mut stays = last.filter(|last| ready.contains(last));
        let mut taken = 0;
        while taken < steps && can(core, &done, &locked) {
            let step = programs[core][done[core]];
            let others = (0..cores).filter(|&core| can(core, &done, &locked));
            record.transitions.push(Transition {
                core,
                turn: record.turns.len(),
                step: taken,
                ready: others.fold(0, |mask, core| mask | 1 << core),
                stays,
                is_rest: false,
                touches: vec![step.touch()],
            });
            stays = Some(core);
            match step {
                Step::Load(variable) => registers[core] = variables[variable],
                Step::Store(variable) => variables[variable] = registers[core] + 1,
                Step::Lock(lock) => locked[lock] = true,
                Step::Unlock(lock) => locked[lock] = false,
            }
            done[core] += 1;
            taken += 1;
        }
        record.turns.push(Turn { core, steps: taken });
        last = Some(core);
    }
}

/// Explores `programs`: what it came to, and all outcomes.
fn explore(
    programs: &[Vec<Step>],
    preemptions: usize,
    reduction: Reduction,
) -> (Explored, BTreeSet<Outcome>) {
    let mut outcomes = BTreeSet::new();
    let exploration = Exploration { reduction, ..Exploration::with_preemptions(preemptions) };
    let explored = exploration.search(
        |turns| {
            let (outcome, record) = run(programs, turns);
            outcomes.insert(outcome);
            (Ok(()), record)
        },
        |_| {},
    );
    (explored, outcomes)
}

/// Schedules of two cores with `steps` steps each: the ways to choose whose step is next.
fn interleavings(steps: u64) -> u64 {
    (1..=steps).fold(1, |product, step| product * (steps + step) / step)
}

/// Those of them with `preemptions` at most, counted one by one: the core that has steps left is preempted where the
/// other one goes on.
fn bounded(left: [u64; 2], runs: Option<usize>, preemptions: u64) -> u64 {
    if left == [0, 0] {
        return 1;
    }
    (0..2)
        .filter(|&core| left[core] > 0)
        .map(|core| {
            let preempts = runs.is_some_and(|runs| runs != core && left[runs] > 0);
            match preemptions.checked_sub(preempts.into()) {
                Some(preemptions) => {
                    let mut left = left;
                    left[core] -= 1;
                    bounded(left, Some(core), preemptions)
                }
                None => 0,
            }
        })
        .sum()
}

#[test]
fn without_reduction_every_interleaving_is_one_schedule() {
    for steps in 1..=6 {
        for step in [Step::Store(0), Step::Load(0)] {
            let programs = vec![vec![step; steps]; 2];
            let (explored, _) = explore(&programs, usize::MAX, Reduction::None);
            assert_eq!(explored.schedules as u64, interleavings(steps as u64), "{steps} steps");
        }
    }
}

#[test]
fn without_reduction_the_bound_leaves_the_schedules_with_so_few_preemptions() {
    for steps in 1..=8 {
        for preemptions in 0..=3 {
            let programs = vec![vec![Step::Load(0); steps]; 2];
            let (explored, _) = explore(&programs, preemptions, Reduction::None);
            let expected = bounded([steps as u64; 2], None, preemptions as u64);
            assert_eq!(explored.schedules as u64, expected, "{steps} steps, {preemptions} preemptions");
        }
    }
}

#[test]
fn what_commutes_is_explored_once_for_each_core_that_begins() {
    let independent = vec![vec![Step::Store(0); 6], vec![Step::Store(1); 6]];
    assert_eq!(explore(&independent, 2, Reduction::Independence).0.schedules, 2);
    let readers = vec![vec![Step::Load(0); 6]; 2];
    assert_eq!(explore(&readers, 2, Reduction::Independence).0.schedules, 2);
}

#[test]
fn what_does_not_commute_is_explored_in_every_order() {
    let programs = vec![vec![Step::Store(0); 5]; 2];
    let (explored, _) = explore(&programs, usize::MAX, Reduction::Independence);
    assert_eq!(explored.schedules as u64, interleavings(5));
}

/// Programs of two or three cores drawn from `seed`.
fn drawn(seed: u64) -> Vec<Vec<Step>> {
    let mut numbers = Junk::new(seed);
    let mut number = move |below: u64| (numbers.next() % below) as usize;
    let cores = 2 + number(4) / 3;
    let mut program = || {
        let mut steps = Vec::new();
        let mut held = Vec::new();
        for _ in 0..1 + number(8 - 2 * cores as u64) {
            match number(6) {
                0 | 1 => steps.push(Step::Load(number(2))),
                2 | 3 => steps.push(Step::Store(number(2))),
                _ => {
                    let lock = number(2);
                    if !held.contains(&lock) {
                        held.push(lock);
                        steps.push(Step::Lock(lock));
                    }
                }
            }
        }
        steps.extend(held.into_iter().map(Step::Unlock));
        steps
    };
    (0..cores).map(|_| program()).collect()
}

#[test]
fn the_reduction_loses_no_outcome_whatever_the_program_and_the_bound() {
    let (mut all, mut few) = (0, 0);
    for seed in 0..400 {
        let programs = drawn(seed);
        for preemptions in [0, 1, 2, 3] {
            let (every, expected) = explore(&programs, preemptions, Reduction::None);
            let (reduced, outcomes) = explore(&programs, preemptions, Reduction::Independence);
            assert_eq!(outcomes, expected, "seed {seed}, {preemptions} preemptions: {programs:?}");
            assert!(reduced.schedules <= every.schedules, "seed {seed}");
            (all, few) = (all + every.schedules, few + reduced.schedules);
        }
    }
    assert!(2 * few < all, "{few} of {all}");
}

#[test]
fn the_first_failure_ends_the_exploration_and_its_schedule_repeats_it() {
    let programs = vec![vec![Step::Load(0), Step::Store(0)]; 2];
    let explored = Exploration::with_preemptions(1).search(
        |turns| {
            let (outcome, record) = run(&programs, turns);
            (if outcome.0[0] == 2 { Ok(()) } else { Err("an update is lost".into()) }, record)
        },
        |_| {},
    );
    let failure = explored.failure.expect("an update is lost in some order");
    assert_eq!(
        (failure.words.as_str(), failure.schedule.to_string().as_str()),
        ("an update is lost", "0:1 1:2 0:1")
    );
}

#[test]
fn no_more_schedules_are_run_than_asked_for() {
    let programs = vec![vec![Step::Store(0); 5]; 2];
    let exploration = Exploration { runs: 10, ..Exploration::with_preemptions(9) };
    let explored = exploration.search(|turns| (Ok(()), run(&programs, turns).1), |_| {});
    assert!(explored.is_cut);
    assert_eq!(explored.schedules + explored.preliminary, 10);
}
