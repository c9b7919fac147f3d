//! `tantalum check`: files that a platform boots with.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use platforms::Platform;
use scenarios::{check, out};

use super::Failure;

/// Reads the name of a platform.
pub(super) fn platform(name: &str) -> Result<&'static Platform, String> {
    let names = || platforms::ALL.map(|platform| platform.name).join(", ");
    Platform::named(name).ok_or_else(|| format!("the platforms are {}", names()))
}

/// Checks the files at `paths`, for `platform` if there is one, and how TF-A is built where `tfa` says that; prints what
/// is found and the memory map, and puts a picture of that into the file `svg`.
pub(super) fn check(
    paths: &[PathBuf],
    platform: Option<&'static Platform>,
    tfa: Option<&str>,
    svg: Option<&Path>,
) -> Result<ExitCode, Failure> {
    let files = check::File::read_all(paths).map_err(Failure)?;
    let mut checked = check::check(&files, platform);
    if let Some(tfa) = tfa {
        checked = checked.with(&check::Build::read(tfa).map_err(Failure)?);
    }
    checked.findings.iter().for_each(out::line);
    if let Some(map) = &checked.map {
        out::text(map);
    }
    match (svg, &checked.map) {
        (None, _) => {}
        (Some(file), Some(map)) => {
            fs::write(file, map.svg()).map_err(|error| Failure(format!("{}: {error}", file.display())))?;
        }
        (Some(_), None) => {
            return Err(Failure(
                "--svg needs the monitor's manifest among the files, and it must be right".into(),
            ));
        }
    }
    let (errors, all) = (checked.errors(), checked.findings.len());
    out::line(format_args!("{} files: {errors} errors, {} notes", files.len(), all - errors));
    Ok(if errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
