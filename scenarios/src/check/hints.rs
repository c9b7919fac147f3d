//! What to do about a finding, where people have met it before.

/// Words of a finding, and the hint that they call for.
const HINTS: &[(&str, &str)] = &[
    (
        "uuid is \"",
        "TF-A compares bytes: each word of the manifest's uuid from its low end; with another one BL2 hangs without a word",
    ),
    ("TF-A loads 8", "TF-A has room for eight packages (MAX_SP_IDS); put two services into one partition"),
    (
        "there is room for a page",
        "TF-A gives a manifest 4 KiB too: shorten names, drop what is said to be ignored",
    ),
    ("bytes: TF-A loads", "BL2 does not load it: shorten names, or strip the image"),
    (
        "no partition of the monitor's",
        "TF-A loads the package there, and the monitor looks at load_address of vm1, vm2",
    ),
    ("is cut", "the file ends too early: copy or build it again"),
    ("exception-level is", "a partition with an MMU of its own is at S-EL1: exception-level = <2>"),
    ("exec", "a partition is AArch64: execution-state = <0>"),
    ("ffa-version is", "1.2 is <0x00010002>"),
    ("execution-ctx-count", "one vCPU that migrates, or one for each cpu@ node of the monitor's manifest"),
    ("compatible is", "the manifest's version is in `compatible`: arm,ffa-manifest-1.0"),
    ("is no device tree", "compile it with dtc -I dts -O dtb, or give the source"),
    ("magic is", "make packages with TF-A's sptool, or give the manifest alone"),
    ("image size is", "give the partition more memory (mem_size), or strip the image"),
    (
        "is not memory of this machine",
        "the image reaches what the platform's description names: give other addresses, or extend it in platforms/src",
    ),
    ("is not memory", "name the memory in a memory@ node of the monitor's manifest, of the same security"),
    (
        "'s as well",
        "an interrupt has one owner: give its device to one partition, and have the other ask that one",
    ),
    ("is ignored", "is it spelt as the binding has it?"),
];

/// The hint for a finding with these words, if there is one.
pub(super) fn of(words: &str) -> Option<&'static str> {
    HINTS.iter().find(|(part, _)| words.contains(part)).map(|(_, hint)| *hint)
}
