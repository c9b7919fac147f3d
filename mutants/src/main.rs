//! `mutants FROM TO`: copies the workspace at FROM to TO, with the rules of `hyp` ready to be switched off, and writes
//! the list of what was changed to `TO/mutants.toml`.

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [from, to] = &paths[..] else {
        eprintln!("usage: mutants FROM TO");
        return ExitCode::FAILURE;
    };
    let done = mutants::copy(from, to)
        .and_then(|list| std::fs::write(to.join("mutants.toml"), list).map_err(|error| error.to_string()));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mutants: {error}");
            ExitCode::FAILURE
        }
    }
}
