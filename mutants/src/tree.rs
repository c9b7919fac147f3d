//! The whole workspace: copied, with `hyp` rewritten.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use crate::source::rewrite;

/// What a workspace is built from, beside its members.
const BESIDE: &[&str] =
    &["Cargo.toml", "Cargo.lock", ".cargo", "rust-toolchain.toml", "docs", "examples", "rules"];

/// Error codes begin with none of these; they are what a rule's result can be besides.
const NO_REFUSALS: &[&str] = &["SUCCESS", "FFA_", "none", "value", "no abort"];

/// The file that the rewritten `hyp` has beside its own.
const OWN: &str = "hyp/src/mutants.rs";

/// Copies the workspace at `from` to `to`, `hyp` rewritten; what an earlier copy had besides is gone. Returns the list of
/// changes as TOML: a `[[line]]` each with its `rule`, `place` and `kind` (`cannot` where nothing was changed).
pub fn copy(from: &Path, to: &Path) -> Result<String, String> {
    let refusals = refusals(&from.join("rules"))?;
    let manifest = read(&from.join("Cargo.toml"))?;
    let manifest: toml::Table = manifest.parse().map_err(|error| format!("Cargo.toml: {error}"))?;
    let members = manifest["workspace"]["members"].as_array().ok_or("Cargo.toml: no members")?;
    let members = members.iter().filter_map(toml::Value::as_str);
    let mut list = String::from("# What `mutants` changed.\n");
    for name in members.chain(BESIDE.iter().copied()) {
        let place = from.join(name);
        if place.exists() {
            copy_tree(from, Path::new(name), to, &refusals, &mut list)?;
        }
        remove_stale(from, Path::new(name), to)?;
    }
    put(&to.join(OWN), crate::RUNTIME)?;
    let library = read(&to.join("hyp/src/lib.rs"))?;
    let library =
        library.replace("#![no_std]", "#![no_std]\n#![allow(unused_parens)]") + "\npub mod mutants;\n";
    put(&to.join("hyp/src/lib.rs"), &library)?;
    // Its name, where both are built into one directory.
    let scenarios = read(&to.join("scenarios/Cargo.toml"))?;
    put(
        &to.join("scenarios/Cargo.toml"),
        scenarios.replace("name = \"tantalum\"", "name = \"tantalum-mutants\""),
    )?;
    Ok(list)
}

/// The ids of the rules in `directory` whose result is a refusal.
pub fn refusals(directory: &Path) -> Result<BTreeSet<String>, String> {
    let mut refusals = BTreeSet::new();
    for file in
        entries(directory)?.into_iter().filter(|file| file.extension().is_some_and(|end| end == "toml"))
    {
        let table: toml::Table =
            read(&file)?.parse().map_err(|error| format!("{}: {error}", file.display()))?;
        for rule in table.get("rule").and_then(toml::Value::as_array).into_iter().flatten() {
            let text = |key| rule.get(key).and_then(toml::Value::as_str).unwrap_or_default();
            if !NO_REFUSALS.iter().any(|start| text("result").starts_with(start)) {
                refusals.insert(text("id").to_string());
            }
        }
    }
    Ok(refusals)
}

fn copy_tree(
    from: &Path,
    name: &Path,
    to: &Path,
    refusals: &BTreeSet<String>,
    list: &mut String,
) -> Result<(), String> {
    let (source, target) = (from.join(name), to.join(name));
    if source.is_dir() {
        for entry in entries(&source)? {
            let Some(file) = entry.file_name() else { continue };
            copy_tree(from, &name.join(file), to, refusals, list)?;
        }
        return Ok(());
    }
    if !name.starts_with("hyp/src") || name.extension().is_none_or(|end| end != "rs") {
        let bytes = fs::read(&source).map_err(|error| format!("{}: {error}", source.display()))?;
        return put(&target, &bytes);
    }
    let rewritten = rewrite(&read(&source)?, |rule| refusals.contains(rule))
        .map_err(|error| format!("{}: {error}", source.display()))?;
    let name = name.display();
    let mut note = |rule: &str, line: usize, kind: &str| {
        let _ = write!(list, "\n[[line]]\nrule = {rule:?}\nplace = \"{name}:{line}\"\nkind = {kind:?}\n");
    };
    rewritten.changes.iter().for_each(|change| note(&change.rule, change.line, change.kind.name()));
    rewritten.cannot.iter().for_each(|(rule, line)| note(rule, *line, "cannot"));
    put(&target, &rewritten.text)
}

/// Removes of the copy at `to` what of `name` is no more at `from`.
fn remove_stale(from: &Path, name: &Path, to: &Path) -> Result<(), String> {
    let (source, target) = (from.join(name), to.join(name));
    let is_gone = !source.exists() && name != Path::new(OWN);
    let removed = match (target.is_dir(), is_gone) {
        (true, true) => fs::remove_dir_all(&target),
        (false, true) if target.exists() => fs::remove_file(&target),
        (true, false) => {
            for entry in entries(&target)? {
                let Some(file) = entry.file_name() else { continue };
                remove_stale(from, &name.join(file), to)?;
            }
            Ok(())
        }
        (false, _) => Ok(()),
    };
    removed.map_err(|error| format!("{}: {error}", target.display()))
}

/// Writes `contents` where they are not there yet, so that what did not change is not built again.
fn put(file: &Path, contents: impl AsRef<[u8]>) -> Result<(), String> {
    if fs::read(file).is_ok_and(|old| old == contents.as_ref()) {
        return Ok(());
    }
    let write = || {
        fs::create_dir_all(file.parent().unwrap_or(Path::new("")))?;
        fs::write(file, &contents)
    };
    write().map_err(|error| format!("{}: {error}", file.display()))
}

fn read(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>, String> {
    let list = fs::read_dir(directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    let mut paths: Vec<_> = list.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}
