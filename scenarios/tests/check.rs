//! `tantalum check`: what is said of a platform's files.

use std::fs;
use std::path::{Path, PathBuf};

use platforms::{Platform, fvp_base, qemu_virt};
use scenarios::check::{Build, Checked, File, check};
use scenarios::pack::pack;
use scenarios::scenario::{Parameters, find};

/// What is said of the files of a packed `flow`, in a directory of the test's own, of which `change` changes some.
fn platform(test: &str, change: impl Fn(&Path)) -> Checked {
    platform_for(None, test, change)
}

/// The same, where the files are for `target`.
fn platform_for(target: Option<&'static Platform>, test: &str, change: impl Fn(&Path)) -> Checked {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("check").join(test);
    let scenario = find("flow").unwrap();
    pack(scenario, &scenario.prepare(&Parameters::default()), &directory).unwrap();
    change(&directory);
    let files = ["tos_fw_config.dts", "tb_fw_config.dts", "sp1.pkg", "sp2.pkg"];
    let files: Vec<PathBuf> = files.iter().map(|name| directory.join(name)).collect();
    check(&File::read_all(&files).unwrap(), target)
}

/// Replaces `from` by `to` in a file, where it must be.
fn replace(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(file, text.replace(from, to)).unwrap();
}

/// Everything that was found.
fn said(checked: &Checked) -> String {
    checked.findings.iter().map(|finding| format!("{finding}\n")).collect()
}

#[test]
fn a_platform_that_boots_has_no_findings_and_a_map() {
    let checked = platform("right", |_| {});
    assert_eq!(said(&checked), "");
    let map = checked.map.unwrap();
    insta::assert_snapshot!(map, @r"
    secure:
      0x0009030000 to 0x0009031000      4 KiB  secure devices
      0x0009038000 to 0x0009039000      4 KiB  secure devices
      0x0009040000 to 0x0009041000      4 KiB  secure devices
      0x000e100000 to 0x000f000000     15 MiB  secure memory
        0x000e400000 to 0x000e500000      1 MiB  sp1
        0x000e500000 to 0x000e600000      1 MiB  sp2
          0x000e600000 to 0x000e601000      4 KiB  sp2: region, rw-
    non-secure:
      0x0009030000 to 0x0009031000      4 KiB  normal world's devices
      0x0040000000 to 0x0080000000      1 GiB  normal world's memory
    ");
    let picture = map.svg();
    assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"));
    assert_eq!(picture.matches("<rect ").count(), 9);
}

#[test]
fn files_for_qemu_are_right_for_its_platform() {
    assert_eq!(said(&platform_for(Some(&qemu_virt::PLATFORM), "target", |_| {})), "");
}

#[test]
fn the_manifest_for_fvp_base_is_right_for_its_platform() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/fvp-base/tos_fw_config.dts");
    let checked = check(&File::read_all(&[file]).unwrap(), Some(&fvp_base::PLATFORM));
    assert_eq!(said(&checked), "");
    assert!(checked.map.is_some());
}

#[test]
fn what_the_image_of_another_platform_would_say_is_said_before() {
    let checked = platform_for(Some(&fvp_base::PLATFORM), "other", |_| {});
    insta::assert_snapshot!(said(&checked), @r"
    error: tos_fw_config.dts: attribute: load_address is 0xe100000: the image of fvp-base is linked for 0x6000000
    error: tos_fw_config.dts: ns-memory: on fvp-base, non-secure 0x40000000 is not memory of this machine
      hint: the image reaches what the platform's description names: give other addresses, or extend it in platforms/src
    error: tos_fw_config.dts: hypervisor/sp1: on fvp-base, secure 0xe400000 is not memory of this machine
      hint: the image reaches what the platform's description names: give other addresses, or extend it in platforms/src
    error: tos_fw_config.dts: hypervisor/sp2: on fvp-base, secure 0xe500000 is not memory of this machine
      hint: the image reaches what the platform's description names: give other addresses, or extend it in platforms/src
    error: sp2.pkg: memory-regions: on fvp-base, secure 0xe600000 is not memory of this machine
      hint: the image reaches what the platform's description names: give other addresses, or extend it in platforms/src
    ");
}

#[test]
fn what_only_the_platform_knows_is_checked_against_it() {
    let checked = platform_for(Some(&qemu_virt::PLATFORM), "pool", |directory| {
        let manifest = directory.join("tos_fw_config.dts");
        replace(&manifest, "load_address = <0xe400000>", "load_address = <0xe2f0000>");
        let cpus: String = (1..5).map(|cpu| format!("cpu@{cpu} {{ reg = <0x0 {cpu}>; }};")).collect();
        replace(&manifest, "cpu@0 {", &format!("{cpus} cpu@0 {{"));
    });
    insta::assert_snapshot!(said(&checked), @r"
    error: tb_fw_config.dts: secure-partitions/sp1: load-address is 0xe400000: no partition of the monitor's manifest is there
      hint: TF-A loads the package there, and the monitor looks at load_address of vm1, vm2
    note: sp1.pkg: load-address is 0xe400000: sp1 is at 0xe2f0000, which counts
    error: tos_fw_config.dts: cpus has 5 cores: the image of qemu-virt has stacks for 4
    error: tos_fw_config.dts: hypervisor/sp1: on qemu-virt, secure 0xe2f0000 is the monitor's page pool
    ");
}

#[test]
fn a_uuid_in_the_wrong_byte_order_is_said_with_the_right_one() {
    let checked = platform("uuid", |directory| {
        replace(&directory.join("tb_fw_config.dts"), "746e6174-0100-6c61", "7461746e-0001-616c");
    });
    insta::assert_snapshot!(said(&checked), @r#"
    error: tb_fw_config.dts: secure-partitions/sp1: uuid is "7461746e-0001-616c-5053-1c8a01730000": the package's is "746e6174-0100-6c61-5053-1c8a01730000"
      hint: TF-A compares bytes: each word of the manifest's uuid from its low end; with another one BL2 hangs without a word
    "#);
}

#[test]
fn what_does_not_fit_together_is_said_all_at_once() {
    let checked = platform("misfits", |directory| {
        replace(&directory.join("tos_fw_config.dts"), "0xe100000 0x0 0xf00000", "0xe100000 0x0 0x400000");
    });
    insta::assert_snapshot!(said(&checked), @r"
    error: tos_fw_config.dts: hypervisor/sp2: load_address 0xe500000 with mem_size 0x100000 is not memory of the secure world
      hint: name the memory in a memory@ node of the monitor's manifest, of the same security
    error: sp2.pkg: memory-regions: secure 0xe600000 with 1 pages is not memory of that kind
      hint: name the memory in a memory@ node of the monitor's manifest, of the same security
    ");
}

#[test]
fn a_package_larger_than_its_partition_is_said_to_be_so() {
    let checked = platform("sizes", |directory| {
        replace(&directory.join("tos_fw_config.dts"), "mem_size = <0x100000>", "mem_size = <0x4000>");
    });
    for package in ["sp1", "sp2"] {
        let words = format!(" bytes: {package} has 16384");
        assert!(checked.findings.iter().any(|finding| finding.is_error && finding.words.ends_with(&words)));
    }
}

#[test]
fn a_file_that_is_nothing_known_is_said_to_be_so() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("check");
    fs::create_dir_all(&directory).unwrap();
    let file = directory.join("picture");
    fs::write(&file, [0xFF, 0xD8, 0xFF]).unwrap();
    let checked = check(&File::read_all(&[file]).unwrap(), None);
    assert_eq!(
        said(&checked),
        "error: picture: is no package, and no device tree with a `compatible` that is known here\n"
    );
}

#[test]
fn a_directory_is_a_whole_platform() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("check/right-directory");
    // What an earlier run left there is no part of it.
    let _ = fs::remove_dir_all(&directory);
    let scenario = find("every-call-of-eight").unwrap();
    pack(scenario, &scenario.prepare(&Parameters::default()), &directory).unwrap();
    let files = File::read_all(std::slice::from_ref(&directory)).unwrap();
    // The monitor's manifest, TF-A's list, and the packages.
    assert_eq!(files.len(), 10);
    let checked = check(&files, None);
    let words: Vec<&str> = checked.findings.iter().map(|finding| finding.words.as_str()).collect();
    assert_eq!(words, [""; 0]);
    assert!(checked.map.is_some());
    let empty = directory.join("empty");
    fs::create_dir_all(&empty).unwrap();
    let words = File::read_all(&[empty]).err().unwrap();
    assert!(words.ends_with("no manifest and no package is there (.pkg, .dtb, .dts)"), "{words}");
}

#[test]
fn what_is_too_large_for_the_firmware_is_said_with_the_limit() {
    let checked = platform("large", |directory| {
        let comment = format!("spare = \"{}\"; secure-partitions", "x".repeat(4096));
        replace(&directory.join("tb_fw_config.dts"), "secure-partitions", &comment);
        let tos = format!("spare = \"{}\"; attribute", "x".repeat(4096));
        replace(&directory.join("tos_fw_config.dts"), "attribute", &tos);
        let package = directory.join("sp2.pkg");
        let mut bytes = fs::read(&package).unwrap();
        bytes.resize((4 << 20) + 1, 0);
        fs::write(package, bytes).unwrap();
    });
    insta::assert_snapshot!(said(&checked), @r"
    error: tos_fw_config.dts: has 5243 bytes: there is room for a page, 4096
      hint: TF-A gives a manifest 4 KiB too: shorten names, drop what is said to be ignored
    error: tb_fw_config.dts: has 4427 bytes: TF-A loads 4096
      hint: BL2 does not load it: shorten names, or strip the image
    error: sp2.pkg: has 4194305 bytes: TF-A loads 4194304
      hint: BL2 does not load it: shorten names, or strip the image
    ");
}

#[test]
fn a_package_that_ends_too_early_is_said_to_be_cut() {
    let checked = platform("cut", |directory| {
        let package = directory.join("sp1.pkg");
        let bytes = fs::read(&package).unwrap();
        fs::write(package, &bytes[..bytes.len() - 1]).unwrap();
    });
    let [finding] = &checked.findings[..] else { panic!("{}", said(&checked)) };
    assert!(finding.is_error && finding.words.starts_with("is cut: of "), "{finding}");
}

#[test]
fn what_two_partitions_have_is_said_with_both() {
    let checked = platform("overlaps", |directory| {
        replace(&directory.join("tos_fw_config.dts"), "<0xe400000>", "<0xe600000>");
        replace(&directory.join("tb_fw_config.dts"), "<0xe400000>", "<0xe600000>");
    });
    insta::assert_snapshot!(said(&checked), @r"
    note: sp1.pkg: load-address is 0xe400000: sp1 is at 0xe600000, which counts
    error: sp2.pkg: memory region at 0xe600000 overlaps: its memory of sp1.pkg is there
    ");
}

#[test]
fn an_interrupt_that_two_partitions_have_is_said_with_both() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("check/interrupt");
    let scenario = find("wrong-interrupt-twice").unwrap();
    pack(scenario, &scenario.prepare(&Parameters::default()), &directory).unwrap();
    let files = ["tos_fw_config.dts", "sp1.pkg", "sp2.pkg"].map(|name| directory.join(name));
    insta::assert_snapshot!(said(&check(&File::read_all(&files).unwrap(), None)), @r"
    error: sp2.pkg: interrupt 39 is sp1.pkg's as well
      hint: an interrupt has one owner: give its device to one partition, and have the other ask that one
    ");
    // Two manifests are enough.
    assert_eq!(check(&File::read_all(&files[1..]).unwrap(), None).errors(), 1);
}

/// What is found of a TF-A that is built so.
fn built(make: &str) -> String {
    said(&check(&[], None).with(&Build::read(make).unwrap()))
}

#[test]
fn options_of_the_firmware_that_hang_a_boot_are_said() {
    insta::assert_snapshot!(
        built("make PLAT=qemu SPD=spmd SPMD_SPM_AT_SEL2=0 ENABLE_SVE_FOR_SWD=1 QEMU_USE_GIC_DRIVER=QEMU_GICV2 all fip"),
        @r"
    error: TF-A: SPMD_SPM_AT_SEL2 is 0: it must be 1, else EL3 enters BL32 at S-EL1, where its first EL2 register traps
    error: TF-A: CTX_INCLUDE_PAUTH_REGS is missing: it must be 1 or 2, else EL3 traps the pointer authentication keys, and hangs at the first
    error: TF-A: QEMU_USE_GIC_DRIVER is QEMU_GICV2: it must be QEMU_GICV3, else TF-A drives a GICv2, which `gic-version=3` does not have
    "
    );
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tools/tfa");
    assert_eq!(built(ours.to_str().unwrap()), "");
    let flags = "-DSPMD_SPM_AT_SEL2=1 -DENABLE_SVE_FOR_SWD=1 -DCTX_INCLUDE_PAUTH_REGS=2";
    assert_eq!(built(&format!("SPD=spmd QEMU_USE_GIC_DRIVER=QEMU_GICV3 {flags}")), "");
    let directory = Build::read(env!("CARGO_TARGET_TMPDIR")).err().unwrap();
    assert!(directory.ends_with("give the make line, or a file that has it"), "{directory}");
    assert!(
        Build::read("nowhere")
            .err()
            .unwrap()
            .ends_with("is neither a file nor a make line (PLAT=qemu SPD=spmd ...)")
    );
}
