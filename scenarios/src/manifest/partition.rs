//! The manifest of a partition, and its UUID in all the forms that firmware writes it in.

use super::{Base, Node, Region};
use crate::machine::layout;
use crate::program::{Image, Messaging, Role};

/// S-EL1.
const EXCEPTION_LEVEL: u32 = 2;
/// The page of data that SP2 has beside its memory: readable and writable, so not executable.
const DATA: Region =
    Region { name: "data", base: Base::Address(layout::DATA_REGION), pages: 1, attributes: 1 << 0 | 1 << 1 };

/// The manifest of the partition whose program is `image`. SP2 has a page of data beside its memory.
pub fn partition_manifest(image: &Image) -> Node {
    let role = image.context.role;
    let messaging: u32 = match image.messaging {
        Messaging::Receives => 1 << 0,
        Messaging::Sends => 1 << 1,
        Messaging::Both => 1 << 0 | 1 << 1,
    };
    let number = role.index() as u32;
    let manifest = Node::new("")
        .with("compatible", "arm,ffa-manifest-1.0")
        .with("ffa-version", crate::ffa::VERSION_1_2 as u32)
        .with("uuid", &words(role)[..])
        .with("messaging-method", messaging)
        .with("execution-ctx-count", u32::from(image.contexts))
        .with("exception-level", EXCEPTION_LEVEL)
        .with("execution-state", 0u32)
        .with("load-address", layout::partition_base(number as u16))
        .with("entrypoint-offset", layout::PACKAGE_IMAGE as u32)
        .with("xlat-granule", 0u32)
        .with("boot-order", number - 1);
    image.extras.applied_to(manifest, (role == Role::Partition(2)).then_some(DATA))
}

/// The UUID of the partition `role` as two little-endian numbers: bytes 0 to 7, and 8 to 15.
pub fn uuid_of(role: Role) -> [u64; 2] {
    let [a, b, c, d] = words(role).map(u64::from);
    [b << 32 | a, d << 32 | c]
}

/// The name of a partition in manifests and of its files.
pub(super) fn file_name(role: Role) -> String {
    format!("sp{}", role.index())
}

/// The UUID in the canonical form in which TF-A names the package: the manifest's words byte by byte, each word
/// from its low end.
pub(super) fn firmware_uuid(role: Role) -> String {
    firmware_form(words(role))
}

/// The UUID with these words of a manifest, as TF-A writes it: byte by byte, each word from its low end.
pub(crate) fn firmware_form(words: [u32; 4]) -> String {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let hex = |range: std::ops::Range<usize>| {
        bytes[range].iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    [hex(0..4), hex(4..6), hex(6..8), hex(8..10), hex(10..16)].join("-")
}

/// The four words of a partition's UUID, as its manifest has them.
fn words(role: Role) -> [u32; 4] {
    let number = role.index() as u32;
    [0x7461_6E74, 0x616C_0000 | number, 0x8A1C_5350, 0x0000_0073 << 8 | number]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_firmware_reads_each_word_of_the_uuid_from_its_low_end() {
        assert_eq!(firmware_uuid(Role::Partition(1)), "746e6174-0100-6c61-5053-1c8a01730000");
    }
}
