//! Files that a platform boots with, checked before it boots: manifests, packages, and how they fit together.
//!
//! Manifests and packages are read by the monitor's own readers, which tell everything that they find. What only EL3 or
//! several files together can say is in [`build`], [`firmware`] and [`platform`], what a platform's image would say in
//! [`target`].

mod build;
mod directory;
mod file;
mod firmware;
mod hints;
mod map;
mod overlaps;
mod platform;
mod target;

use std::fmt;

pub use build::Build;
pub use file::File;
use file::Kind;
pub use map::Map;
use platforms::Platform;
use target::Target;

/// Something to be said of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// The file's name.
    pub file: String,
    /// It keeps the machine, or a partition, from booting.
    pub is_error: bool,
    /// Node, property, what was found, what is allowed.
    pub words: String,
    /// What to do.
    pub hint: Option<&'static str>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.is_error { "error" } else { "note" };
        write!(f, "{what}: {}: {}", self.file, self.words)?;
        match self.hint {
            Some(hint) => write!(f, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}

/// What came of a check.
#[derive(Default)]
pub struct Checked {
    /// Everything found, file by file, then what concerns several.
    pub findings: Vec<Finding>,
    /// The memory map, where a monitor's manifest is among the files.
    pub map: Option<Map>,
}

impl Checked {
    /// How many findings are errors.
    pub fn errors(&self) -> usize {
        self.findings.iter().filter(|finding| finding.is_error).count()
    }

    /// Checks how TF-A is built, too.
    pub fn with(mut self, build: &Build) -> Self {
        build.check(&mut self);
        self
    }

    fn find(&mut self, file: &str, is_error: bool, words: String) {
        let hint = hints::of(&words);
        self.findings.push(Finding { file: file.to_string(), is_error, words, hint });
    }
}

/// Checks `files`: partitions' manifests, packages, the monitor's manifest (TOS_FW_CONFIG), TF-A's list of packages
/// (TB_FW_CONFIG). Packages and manifests of partitions belong to vm1, vm2 and so on in their order. With a `platform`,
/// they must be right for its image.
pub fn check(files: &[File], platform: Option<&'static Platform>) -> Checked {
    let target = platform.map(Target::new);
    let mut checked = Checked::default();
    let cores = files.iter().filter(|file| file.kind == Kind::Core).collect::<Vec<_>>();
    if let [_, second, ..] = cores[..] {
        checked.find(&second.name, true, "is a second manifest of the monitor: a platform has one".into());
    }
    let core = cores.first().and_then(|core| platform::core_manifest(core, &mut checked));
    let mut partitions = Vec::new();
    for file in files {
        match file.kind {
            Kind::Core => {}
            Kind::Firmware => firmware::check(file, files, core.as_deref(), &mut checked),
            Kind::Partition | Kind::Package => {
                let node = core.as_ref().and_then(|core| core.partitions.get(partitions.len()));
                partitions.push(platform::partition(file, node, &mut checked));
            }
            Kind::Unknown => {
                let words = "is no package, and no device tree with a `compatible` that is known here";
                checked.find(&file.name, true, words.into());
            }
        }
    }
    overlaps::check_interrupts(&partitions, &mut checked);
    if let Some((core, file)) = core.zip(cores.first()) {
        platform::fit(&core, file, &partitions, target.as_ref(), &mut checked);
        overlaps::check(&core, &partitions, &mut checked);
        checked.map = Some(Map::of(&core, &partitions));
    }
    checked
}
