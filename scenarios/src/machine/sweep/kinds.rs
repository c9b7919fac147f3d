//! The kinds of interrupts that a sweep has come, and where.

use std::fmt;
use std::str::FromStr;

use hal::interrupt::Intid;
use hal_sim::{Counted, Injection, Signal, When};

use crate::machine::layout;
use crate::scenario::{By, Handler, Server};

/// A kind of interrupt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A shared interrupt of the normal world.
    NormalWorlds,
    /// That of a device of a partition, which asserts its line until it is handled.
    Level(Handler),
    /// One of a partition by the rise of its line.
    Edge(Handler),
    /// The one by which the monitor calls its own cores.
    Call,
    /// One of Group 0, which EL3 handles.
    GroupZero,
    /// One of a device of a partition that is gone when somebody asks which it was.
    Spurious(Handler),
    /// That of the timer of a partition, whose deadline passes.
    Timer(Handler),
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 11] = [
        Self::NormalWorlds,
        Self::Call,
        Self::GroupZero,
        Self::Level(Handler::FirstPartition),
        Self::Edge(Handler::FirstPartition),
        Self::Spurious(Handler::FirstPartition),
        Self::Level(Handler::Witness),
        Self::Edge(Handler::Witness),
        Self::Spurious(Handler::Witness),
        Self::Timer(Handler::FirstPartition),
        Self::Timer(Handler::Witness),
    ];

    /// Who handles it, where a partition must.
    pub const fn server(self) -> Option<Server> {
        match self {
            Self::NormalWorlds | Self::Call | Self::GroupZero => None,
            Self::Level(handler) | Self::Edge(handler) | Self::Spurious(handler) => {
                Some(Server { handler, by: By::Devices })
            }
            Self::Timer(handler) => Some(Server { handler, by: By::Timer }),
        }
    }

    /// What commands and reports call it.
    const fn name(self) -> &'static str {
        match self {
            Self::NormalWorlds => "normal",
            Self::Call => "call",
            Self::GroupZero => "group-0",
            Self::Level(Handler::FirstPartition) => "level",
            Self::Edge(Handler::FirstPartition) => "edge",
            Self::Spurious(Handler::FirstPartition) => "spurious",
            Self::Level(Handler::Witness) => "level-witness",
            Self::Edge(Handler::Witness) => "edge-witness",
            Self::Spurious(Handler::Witness) => "spurious-witness",
            Self::Timer(Handler::FirstPartition) => "timer",
            Self::Timer(Handler::Witness) => "timer-witness",
        }
    }
}

/// An interrupt of a kind, after so many steps of the machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Point {
    /// Which kind.
    pub kind: Kind,
    /// After how many steps.
    pub step: u64,
}

impl Point {
    /// What the machine is given.
    pub fn injection(self) -> Injection {
        const CALL: u64 = 9;
        let (intid, signal) = match self.kind {
            Kind::NormalWorlds => (layout::FROM_OUTSIDE, Signal::Pulse),
            Kind::Level(_) => (layout::SECURE_GPIO_INTERRUPT, Signal::Pin),
            Kind::Edge(_) => (layout::SECURE_EDGE, Signal::Pulse),
            Kind::Call => (CALL, Signal::Pulse),
            Kind::GroupZero => (layout::FIRMWARES, Signal::Pulse),
            Kind::Spurious(_) => (layout::SECURE_GPIO_INTERRUPT, Signal::Glitch),
            // Time has no line.
            Kind::Timer(_) => (CALL, Signal::Leap(layout::TIMER_AT)),
        };
        Injection {
            intid: Intid(intid as u32),
            core: 0,
            signal,
            counted: Counted::Steps,
            when: When::After(self.step),
        }
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.kind.name(), self.step)
    }
}

impl FromStr for Point {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let point = text.split_once('@').and_then(|(name, step)| {
            let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name)?;
            Some(Self { kind, step: step.parse().ok()? })
        });
        point.ok_or_else(|| {
            let names = Kind::ALL.map(Kind::name).join(", ");
            format!("an interrupt is KIND@STEPS with one of the kinds {names}, not `{text}`")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_point_is_read_back_from_its_text() {
        for kind in Kind::ALL {
            let point = Point { kind, step: 7 };
            assert_eq!(point.to_string().parse(), Ok(point));
        }
    }

    #[test]
    fn what_is_no_point_is_refused_with_what_would_be_one() {
        for text in ["", "level", "level@", "level@x", "@7", "sideways@7"] {
            let error = text.parse::<Point>().unwrap_err();
            assert!(error.starts_with("an interrupt is KIND@STEPS"), "{text}: {error}");
        }
    }
}
