//! `tantalum soak`: random cases, as many as one likes.

use std::process::{ExitCode, exit};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use scenarios::out;
use scenarios::soak::{Campaign, Cases, campaigns, play};

use super::Failure;

/// Time between two lines of progress.
const OFTEN: Duration = Duration::from_secs(10);
/// A case that takes so long hangs: the longest takes less than a second.
const HANGS: Duration = Duration::from_secs(60);

/// Plays `cases` of the campaign `only`, or of each, until one is not as it must be. Their count is that of the single
/// things to try.
pub(super) fn soak(only: Option<&str>, cases: Cases) -> Result<ExitCode, Failure> {
    let mut campaigns = campaigns();
    if let Some(name) = only {
        let names: Vec<_> = campaigns.iter().map(|campaign| campaign.name()).collect();
        if !names.contains(&name) {
            return Err(Failure(format!("there is no campaign \"{name}\": there are {}", names.join(", "))));
        }
        campaigns.retain(|campaign| campaign.name() == name);
    }
    for campaign in &mut campaigns {
        let count = cases.count.div_ceil(campaign.worth());
        if !soak_one(campaign.as_mut(), Cases { count, ..cases }) {
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// True where every case was as it must be.
fn soak_one(campaign: &mut dyn Campaign, cases: Cases) -> bool {
    let name = campaign.name();
    let begun = Instant::now();
    let present = Arc::new(AtomicU64::new(cases.first));
    watch(name, cases.seed, &present);
    let mut told = Duration::ZERO;
    let played = play(campaign, cases, |case, campaign| {
        present.store(case, Ordering::Relaxed);
        let took = begun.elapsed();
        if took - told >= OFTEN {
            told = took;
            let played = case - cases.first;
            let rate = played as f64 / took.as_secs_f64();
            eprintln!("{name}: {played} of {} cases, {rate:.0} a second; {campaign}", cases.count);
        }
    });
    let took = begun.elapsed().as_secs_f64();
    match played {
        Ok(()) => {
            out::text(campaign.table());
            let rate = cases.count as f64 / took.max(0.001);
            out::line(format_args!(
                "{name}: {} cases of seed {} in {took:.0} s, {rate:.0} a second, all as they must be; {campaign}",
                cases.count, cases.seed
            ));
            true
        }
        Err(failure) => {
            out::line(format_args!("{name}: case {} is not as it must be: {}", failure.case, failure.words));
            out::line(format_args!("this repeats it: {}", command(name, cases.seed, failure.case)));
            false
        }
    }
}

/// What a person types to see a case again.
fn command(name: &str, seed: u64, case: u64) -> String {
    format!("cargo run -- soak --campaign {name} --seed {seed} --first {case} --count 1")
}

/// Ends the process where the `present` case stays the same for too long.
fn watch(name: &'static str, seed: u64, present: &Arc<AtomicU64>) {
    let present = Arc::downgrade(present);
    thread::spawn(move || {
        let mut before = None;
        while let Some(now) = present.upgrade().map(|present| present.load(Ordering::Relaxed)) {
            if before == Some(now) {
                eprintln!("{name}: case {now} hangs: it takes more than {} s", HANGS.as_secs());
                eprintln!("this repeats it: {}", command(name, seed, now));
                exit(1);
            }
            before = Some(now);
            thread::sleep(HANGS);
        }
    });
}
