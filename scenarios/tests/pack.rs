//! A packed scenario holds what firmware loads.

use std::fs;

use scenarios::pack::pack;
use scenarios::scenario::{Parameters, find};

#[test]
fn a_packed_scenario_holds_everything_but_firmware_and_spmc() {
    let directory = std::env::temp_dir().join(format!("tantalum-pack-{}", std::process::id()));
    let scenario = find("flow").unwrap();
    let prepared = scenario.prepare(&Parameters::default());
    pack(scenario, &prepared, &directory).unwrap();
    let read = |name: &str| fs::read(directory.join(name)).unwrap();

    assert_eq!(read("bl33.bin"), prepared.normal_world.bytes);
    for (name, image) in ["sp1", "sp2"].into_iter().zip(&prepared.partitions) {
        let package = read(&format!("{name}.pkg"));
        assert_eq!(&package[..8], b"SPKG\x02\0\0\0");
        assert_eq!(package[0x4000..], image.bytes);
        assert_eq!(read(&format!("{name}.bin")), image.bytes);
        let source = String::from_utf8(read(&format!("{name}.dts"))).unwrap();
        assert_eq!(source.lines().filter(|line| line.contains("uuid")).count(), 1);
    }
    // TF-A's limits on both (plat/qemu).
    for name in ["tos_fw_config.dtb", "tb_fw_config.dtb"] {
        let blob = read(name);
        assert!(blob.starts_with(&[0xD0, 0x0D, 0xFE, 0xED]) && blob.len() <= 0x1000);
    }
    assert!(String::from_utf8(read("README.txt")).unwrap().contains("bl32.bin"));
    fs::remove_dir_all(&directory).unwrap();
}
