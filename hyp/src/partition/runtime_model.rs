//! Why a vCPU has the core, and which calls it may make then: FF-A's partition runtime models, as one table.
//!
//! What the table allows can still be refused for the state of the callee: a request of who waits for an answer,
//! FFA_RUN of who was not interrupted. [`crate::relayer`] has these rules.

use crate::ffa::{Error, FunctionId, MessageKind};

/// Why a vCPU has the core. The first is all zero, as the empty value of what is static must be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum RuntimeModel {
    /// It initialises itself; FFA_MSG_WAIT ends that.
    Init,
    /// Somebody gave it cycles by FFA_RUN; FFA_MSG_WAIT gives them back.
    Run,
    /// It handles a direct request of this kind; only the response gives the core back.
    DirectRequest(MessageKind),
    /// It handles a secure interrupt; FFA_MSG_WAIT ends that.
    SecureInterrupt,
}

/// A call with which a vCPU gives the core to another, or back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CoreCall {
    /// A direct request.
    Request,
    /// A direct response.
    Response,
    /// FFA_RUN.
    Run,
    /// FFA_MSG_WAIT.
    Wait,
    /// FFA_YIELD.
    Yield,
    /// FFA_ABORT.
    Abort,
    /// FFA_ERROR.
    Error,
}

/// What becomes of such a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It is carried out.
    Allowed,
    /// It succeeds, and the caller goes on.
    NoEffect,
    /// DENIED.
    Denied,
    /// NOT_SUPPORTED.
    NotSupported,
}

use crate::ffa::wording::Clause;
use Verdict::{Allowed, Denied, NoEffect, NotSupported};

/// A row for each [`CoreCall`]: while run, handling a request, handling a secure interrupt, initialising itself.
const TABLE: [[Verdict; 4]; 7] = [
    [Allowed, Allowed, Allowed, Allowed],
    [Denied, Allowed, Denied, Denied],
    [Allowed, Allowed, Allowed, Denied],
    [Allowed, Denied, Allowed, Allowed],
    [Allowed, Allowed, NoEffect, Denied],
    [Allowed, Allowed, Allowed, Allowed],
    [NotSupported, NotSupported, NotSupported, Allowed],
];

impl RuntimeModel {
    /// What becomes of `call`.
    pub const fn verdict(self, call: CoreCall) -> Verdict {
        let [run, request, interrupt, init] = TABLE[call as usize];
        match self {
            Self::Run => run,
            Self::DirectRequest(_) => request,
            Self::SecureInterrupt => interrupt,
            Self::Init => init,
        }
    }

    /// Refuses `call`, made by `function`, where the table does.
    pub const fn permits(self, call: CoreCall, function: FunctionId) -> Result<(), Error> {
        match self.verdict(call) {
            Allowed | NoEffect => Ok(()),
            Denied => Err(Error::CallNotAllowed { function, model: self.in_words() }),
            NotSupported => Err(Error::NotSupported { function }),
        }
    }

    /// The end of a sentence.
    const fn in_words(self) -> Clause {
        match self {
            Self::Run => Clause::WhileRun,
            Self::DirectRequest(_) => Clause::WhileHandlingRequest,
            Self::SecureInterrupt => Clause::WhileHandlingInterrupt,
            Self::Init => Clause::WhileInitialising,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;
    use std::string::String;

    use super::*;

    #[test]
    fn a_runtime_model_allows_what_ff_a_says() {
        use CoreCall::{Abort, Error, Request, Response, Run, Wait, Yield};
        let models = [
            RuntimeModel::Run,
            RuntimeModel::DirectRequest(MessageKind::Plain),
            RuntimeModel::SecureInterrupt,
            RuntimeModel::Init,
        ];
        let mut table = String::from("call      run           request       interrupt     init\n");
        for call in [Request, Response, Run, Wait, Yield, Abort, Error] {
            let verdicts = models.map(|model| std::format!("{:?}", model.verdict(call)));
            let [run, request, interrupt, init] = verdicts;
            let name = std::format!("{call:?}");
            writeln!(table, "{name:<9} {run:<13} {request:<13} {interrupt:<13} {init}").unwrap();
        }
        let expected = "\
call      run           request       interrupt     init
Request   Allowed       Allowed       Allowed       Allowed
Response  Denied        Allowed       Denied        Denied
Run       Allowed       Allowed       Allowed       Denied
Wait      Allowed       Denied        Allowed       Allowed
Yield     Allowed       Allowed       NoEffect      Denied
Abort     Allowed       Allowed       Allowed       Allowed
Error     NotSupported  NotSupported  NotSupported  Allowed
";
        assert_eq!(table, expected, "\n{table}");
    }
}
