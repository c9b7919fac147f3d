//! Making a bad history short: parts are left out as long as what is left is bad.

use super::History;
use super::call::Exchange;

/// The most histories played again for one.
const PATIENCE: usize = 400;

/// The shortest bad history that is found, playing calls by `play`.
pub fn shrink(history: &History, mut play: impl FnMut(Vec<Exchange>) -> History) -> History {
    let mut shortest = history.clone();
    let mut part = shortest.calls.len().div_ceil(2);
    let mut played = 0;
    while part > 0 {
        let mut start = 0;
        let mut shorter = false;
        while start < shortest.calls.len() && played < PATIENCE {
            let end = (start + part).min(shortest.calls.len());
            let left: Vec<_> =
                shortest.calls[..start].iter().chain(&shortest.calls[end..]).cloned().collect();
            let tried = play(left);
            played += 1;
            if !tried.findings.is_empty() && tried.calls.len() < shortest.calls.len() {
                shortest = tried;
                shorter = true;
            } else {
                start = end;
            }
        }
        if played >= PATIENCE {
            break;
        }
        if !shorter || part > 1 {
            part = if part == 1 { 0 } else { part / 2 };
        }
    }
    shortest
}
