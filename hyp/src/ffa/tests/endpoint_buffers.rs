//! The descriptor of a VM's buffers.

use std::string::ToString;

use crate::ffa::memory::EndpointBuffers;
use crate::ffa::{Error, PartitionId};

fn header(id: u16, rx: u32, tx: u32) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..2].copy_from_slice(&id.to_le_bytes());
    bytes[4..8].copy_from_slice(&rx.to_le_bytes());
    bytes[8..12].copy_from_slice(&tx.to_le_bytes());
    bytes
}

fn composite(pages: u32, count: u32, address: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&pages.to_le_bytes());
    bytes[4..8].copy_from_slice(&count.to_le_bytes());
    bytes[16..24].copy_from_slice(&address.to_le_bytes());
    bytes[24..28].copy_from_slice(&pages.to_le_bytes());
    bytes
}

fn refused<T>(result: Result<T, Error>, sentence: &str) {
    assert_eq!(result.err().unwrap().to_string(), sentence);
}

#[test]
fn rxtx_45_the_offsets_are_behind_the_header() {
    let owner = PartitionId(3);
    assert_eq!(EndpointBuffers::parse(&header(3, 16, 48)), Ok(EndpointBuffers { owner, tx: 48, rx: 16 }));
    let sentence = "offset of the RX buffer is 0x8: it must be a multiple of 8 behind the header";
    refused(EndpointBuffers::parse(&header(3, 8, 48)), sentence);
    let sentence = "offset of the TX buffer is 0x34: it must be a multiple of 8 behind the header";
    refused(EndpointBuffers::parse(&header(3, 16, 52)), sentence);
}

#[test]
fn rxtx_46_a_buffer_is_one_run_of_as_many_pages_as_the_other() {
    let buffers = EndpointBuffers::pair(&composite(2, 1, 0x1000), &composite(2, 1, 0x3000)).unwrap();
    assert_eq!((buffers.tx(), buffers.rx(), buffers.pages()), (0x1000, 0x3000, 2));
    let pair = |tx, rx| EndpointBuffers::pair(&tx, &rx);
    let sentence = "page count of the RX buffer is 0x2: it must be the TX buffer's";
    refused(pair(composite(1, 1, 0x1000), composite(2, 1, 0x3000)), sentence);
    let sentence = "address of the RX buffer is 0x2000: the buffers must not overlap";
    refused(pair(composite(2, 1, 0x1000), composite(2, 1, 0x2000)), sentence);
    let sentence = "page count of the buffers is 0x5: it must be a page count of 1 to 4";
    refused(pair(composite(5, 1, 0x1000), composite(5, 1, 0x1_0000)), sentence);
    for (count, address) in [(0, 0x1000), (2, 0x1000), (1, 0x1008)] {
        assert!(pair(composite(1, count, address), composite(1, 1, 0x3000)).is_err());
    }
}
