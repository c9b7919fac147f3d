//! Frames: from bytes to events. Whatever the bytes, this ends with a list; what is no frame is told as such.

use hal::trace::{EVENT_HEADER, EVENT_MAGIC};
use serde::{Serialize, Serializer};

/// First bytes of a guest's record.
const RECORD_MAGIC: [u8; 4] = *b"TALY";
/// Bytes before a record's values.
const RECORD_HEADER: usize = 16;
/// The most values that a record has.
const MAX_VALUES: usize = 64;
/// The most bytes of text that an event has.
const MAX_TEXT: usize = 4096;

/// One thing in the stream.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "from", rename_all = "lowercase")]
pub enum Event {
    /// A guest testifies.
    Guest(Record),
    /// The monitor tells of itself.
    Monitor(MonitorEvent),
    /// Bytes that are no frame, or the beginning of one that the stream ends in.
    Garbage {
        /// Where they begin in the stream.
        offset: usize,
        /// How many they are.
        bytes: usize,
    },
}

/// A guest's record.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Record {
    /// Which program: 0 the normal world, then the partitions; the virtual CPU in the upper byte.
    pub program: u16,
    /// Which of the program's sites.
    pub site: u16,
    /// What it testifies.
    #[serde(serialize_with = "hexadecimal")]
    pub values: Vec<u64>,
}

/// What the monitor told.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct MonitorEvent {
    /// The kind, as `hal::trace::Event::kind` numbers it.
    pub kind: u16,
    /// Whom it is about.
    pub endpoint: u16,
    /// x0 to x17, all zero where the event has none.
    #[serde(serialize_with = "hexadecimal")]
    pub registers: [u64; 18],
    /// Its sentence, where it has one.
    pub text: String,
}

/// Numbers of 64 bits as text: not every reader of JSON keeps all their bits.
fn hexadecimal<S: Serializer>(numbers: &[u64], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(numbers.iter().map(|number| format!("{number:#x}")))
}

/// The events in `stream`, in order.
pub fn decode(stream: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    let mut at = 0;
    while at < stream.len() {
        if let Some((event, size)) = frame(&stream[at..]) {
            events.push(event);
            at += size;
            continue;
        }
        match events.last_mut() {
            Some(Event::Garbage { offset, bytes }) if *offset + *bytes == at => *bytes += 1,
            _ => events.push(Event::Garbage { offset: at, bytes: 1 }),
        }
        at += 1;
    }
    events
}

/// The frame at the beginning of `bytes` and its size.
fn frame(bytes: &[u8]) -> Option<(Event, usize)> {
    match *bytes.first_chunk::<4>()? {
        RECORD_MAGIC => record(bytes),
        EVENT_MAGIC => monitor_event(bytes),
        _ => None,
    }
}

fn record(bytes: &[u8]) -> Option<(Event, usize)> {
    let count = u32_at(bytes, 8)? as usize;
    if count > MAX_VALUES || u32_at(bytes, 12)? != 0 {
        return None;
    }
    let size = RECORD_HEADER + 8 * count;
    let values = bytes.get(RECORD_HEADER..size)?;
    let record =
        Record { program: u16_at(bytes, 4)?, site: u16_at(bytes, 6)?, values: numbers(values).collect() };
    Some((Event::Guest(record), size))
}

fn monitor_event(bytes: &[u8]) -> Option<(Event, usize)> {
    let length = u32_at(bytes, 8)? as usize;
    if length > MAX_TEXT || u32_at(bytes, 12)? != 0 {
        return None;
    }
    let size = EVENT_HEADER + length;
    let mut registers = [0; 18];
    for (register, value) in registers.iter_mut().zip(numbers(bytes.get(16..EVENT_HEADER)?)) {
        *register = value;
    }
    let event = MonitorEvent {
        kind: u16_at(bytes, 4)?,
        endpoint: u16_at(bytes, 6)?,
        registers,
        text: String::from_utf8_lossy(bytes.get(EVENT_HEADER..size)?).into_owned(),
    };
    Some((Event::Monitor(event), size))
}

fn numbers(bytes: &[u8]) -> impl Iterator<Item = u64> {
    bytes.as_chunks::<8>().0.iter().map(|chunk| u64::from_le_bytes(*chunk))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hal::Registers;

    fn record_bytes(program: u16, site: u16, values: &[u64]) -> Vec<u8> {
        let mut bytes = RECORD_MAGIC.to_vec();
        bytes.extend(program.to_le_bytes());
        bytes.extend(site.to_le_bytes());
        bytes.extend((values.len() as u32).to_le_bytes());
        bytes.extend(0u32.to_le_bytes());
        bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        bytes
    }

    fn event_bytes(text: &str) -> Vec<u8> {
        let mut registers = Registers::ZERO;
        registers.0[17] = 17;
        let event = hal::trace::Event::Call { caller: 0x8001, arguments: &registers };
        let mut bytes = event.header(text.len() as u32).to_vec();
        bytes.extend(text.as_bytes());
        bytes
    }

    #[test]
    fn records_and_events_come_out_in_order() {
        let mut stream = record_bytes(0, 3, &[1, 2]);
        stream.extend(event_bytes("words"));
        stream.extend(record_bytes(2, 4, &[]));
        let events = decode(&stream);
        assert_eq!(events[0], Event::Guest(Record { program: 0, site: 3, values: vec![1, 2] }));
        let Event::Monitor(event) = &events[1] else { panic!("{events:?}") };
        assert_eq!(
            (event.kind, event.endpoint, event.registers[17], &event.text[..]),
            (1, 0x8001, 17, "words")
        );
        assert_eq!(events[2], Event::Guest(Record { program: 2, site: 4, values: vec![] }));
        assert_eq!(events.len(), 3);
    }

    #[test]
    fn bytes_between_frames_are_told_and_the_frames_after_them_found() {
        let mut stream = b"noise".to_vec();
        stream.extend(record_bytes(1, 1, &[7]));
        let events = decode(&stream);
        assert_eq!(events[0], Event::Garbage { offset: 0, bytes: 5 });
        assert!(matches!(&events[1], Event::Guest(record) if record.values == [7]));
    }

    #[test]
    fn a_stream_cut_anywhere_loses_only_its_last_frame() {
        let mut stream = record_bytes(0, 0, &[1]);
        let whole = stream.len();
        stream.extend(event_bytes("text"));
        for end in whole + 1..stream.len() {
            let events = decode(&stream[..end]);
            assert!(matches!(&events[0], Event::Guest(_)));
            assert_eq!(events[1], Event::Garbage { offset: whole, bytes: end - whole });
            assert_eq!(events.len(), 2);
        }
    }

    #[test]
    fn a_length_that_no_frame_has_is_garbage() {
        for magic in [RECORD_MAGIC, EVENT_MAGIC] {
            let mut stream = vec![0xFF; 64];
            stream[0..4].copy_from_slice(&magic);
            assert_eq!(decode(&stream), [Event::Garbage { offset: 0, bytes: 64 }]);
        }
    }
}
