//! A scenario under many schedules: all with a few preemptions, and random ones beyond.

use hal_sim::Schedule;
use hal_sim::explore::{Exploration, Explored, Failure};

use super::sim::{Conditions, Loaded};
use crate::scenario::{Prepared, judge};
use crate::transcript::decode;

/// Guest instructions after which a run is hung: many times what a scenario on several cores takes.
const BUDGET: u64 = 1 << 22;

/// Ordered events that a mistake takes which random schedules look for.
const DEPTH: u64 = 3;

/// Explores `prepared` as `exploration` says, until a run is not as it must be.
pub fn explore(prepared: &Prepared, exploration: &Exploration, watch: impl FnMut(&Explored)) -> Explored {
    exploration.explore(runs_well(prepared), watch)
}

/// Runs `prepared` under so many random schedules, until a run is not as it must be.
pub fn try_random(prepared: &Prepared, runs: u64, mut watch: impl FnMut(&Explored)) -> Explored {
    let mut run = runs_well(prepared);
    let mut explored = Explored::default();
    for seed in 0..runs {
        let schedule = Schedule::Pct { seed, depth: DEPTH, length: Schedule::PCT_LENGTH };
        let result = run(&schedule);
        explored.schedules += 1;
        if let Err(words) = result {
            explored.failure = Some(Failure { schedule, words });
            break;
        }
        watch(&explored);
    }
    explored
}

/// Runs `prepared` under a schedule, and says what was not as it must be.
fn runs_well(prepared: &Prepared) -> impl FnMut(&Schedule) -> Result<(), String> {
    let mut machine = Loaded::of(prepared);
    move |schedule| {
        let conditions = Conditions { schedule: schedule.clone(), budget: BUDGET, ..Conditions::default() };
        let run = machine.run(&conditions);
        let failures = judge(prepared, &run, &decode(&run.stream)).failures;
        if failures.is_empty() { Ok(()) } else { Err(failures.join("\n")) }
    }
}
