//! A person's own partitions: read from files, run, told.

use std::fs;
use std::path::{Path, PathBuf};

use dynasmrt::aarch64::Aarch64Relocation;
use dynasmrt::{DynasmLabelApi, VecAssembler, dynasm};
use scenarios::machine::Ending;
use scenarios::machine::sim::Conditions;
use scenarios::own::{Own, Partition};
use scenarios::scenario::judge;
use scenarios::transcript::{decode, text};

const MANIFEST: &str = include_str!("../../examples/first-partition/partition.dts");

/// A directory of a test's own, empty.
fn directory(test: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    directory
}

/// A partition that waits, and answers each request with x3 one more.
fn adder() -> Vec<u8> {
    let mut ops: VecAssembler<Aarch64Relocation> = VecAssembler::new(0);
    dynasm!(ops
        ; .arch aarch64
        ; movz w0, 0x6b
        ; movk w0, 0x8400, lsl 16
        ; again:
        ; smc 0
        ; ror w1, w1, 16
        ; add x3, x3, 1
        ; movz w0, 0x70
        ; movk w0, 0xc400, lsl 16
        ; b <again
    );
    ops.finalize().unwrap()
}

/// Writes an image and a manifest into `directory` and reads them as a partition.
fn read(directory: &Path, image: &[u8], manifest: &str) -> Result<Partition, String> {
    let [image_file, manifest_file] = ["image", "manifest.dts"].map(|name| directory.join(name));
    fs::write(&image_file, image).unwrap();
    fs::write(&manifest_file, manifest).unwrap();
    Partition::read(&image_file, &manifest_file)
}

/// Why such a partition is not read, without the name of the directory.
fn refusal(test: &str, image: &[u8], manifest: &str) -> String {
    let directory = directory(test);
    let words = read(&directory, image, manifest).err().expect("it is refused");
    words.replace(&format!("{}/", directory.display()), "")
}

#[test]
fn two_partitions_of_ones_own_are_each_sent_a_number() {
    let directory = directory("two");
    let second = MANIFEST.replace("0x0e400000", "0x0e500000").replace("0x68656c6c", "0x68656c6d");
    let partitions = [MANIFEST, &second].map(|manifest| read(&directory, &adder(), manifest).unwrap());
    let own = Own::new(&partitions, None).unwrap();
    let run = own.run(&Conditions::default());
    let events = decode(&run.stream);
    assert_eq!(judge(&own.prepared, &run, &events).failures, Vec::<String>::new());
    let told = text(&own.prepared, &events);
    for partition in ["SP1", "SP2"] {
        let line = format!(
            "NWd → {partition}   sends {partition} a number: FFA_MSG_SEND_DIRECT_REQ_64(x3=0x1000) = FFA_MSG_SEND_DIRECT_RESP_64(x3=0x1001)"
        );
        assert!(told.contains(&line), "{told}");
    }
}

#[test]
fn a_normal_world_of_ones_own_runs_instead() {
    let directory = directory("normal-world");
    let mut ops: VecAssembler<Aarch64Relocation> = VecAssembler::new(0);
    dynasm!(ops; .arch aarch64; movz w0, 8; movk w0, 0x8400, lsl 16; smc 0);
    let normal_world = directory.join("normal-world");
    fs::write(&normal_world, ops.finalize().unwrap()).unwrap();
    let partitions = [read(&directory, &adder(), MANIFEST).unwrap()];
    let own = Own::new(&partitions, Some(&normal_world)).unwrap();
    let run = own.run(&Conditions::default());
    assert_eq!(run.ending, Ending::PowerOff);
    let told = text(&own.prepared, &decode(&run.stream));
    assert_eq!(told, "    · SP1 calls FFA_MSG_WAIT\n    · NWd goes on with FFA_MSG_WAIT\n");
}

#[test]
fn an_image_that_is_no_raw_image_is_refused_with_what_to_do() {
    let words = "image: an ELF file; give the raw image, which `objcopy -O binary` makes of it";
    assert_eq!(refusal("elf", b"\x7fELF...", MANIFEST), words);
    assert_eq!(refusal("empty", b"", MANIFEST), "image: the file is empty");
    let words = "image: 1032193 bytes, and there is room for 1032192";
    assert_eq!(refusal("large", &[0; 1_032_193], MANIFEST), words);
}

#[test]
fn a_wrong_manifest_is_refused_with_file_node_and_property() {
    let wrong = MANIFEST.replace("exception-level = <2>", "exception-level = <7>");
    assert_eq!(
        refusal("level", &adder(), &wrong),
        "manifest.dts: exception-level is 0x7: it must be 0 (EL1), 1 (S-EL0) or 2 (S-EL1)"
    );
    let words = refusal("source", &adder(), "no device tree");
    assert!(words.starts_with("manifest.dts: dtc does not compile it:\n"), "{words}");
}
