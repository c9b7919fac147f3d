//! Errors that come back where nothing can be left out: another one comes back.

use syn::visit::{self, Visit};
use syn::{Expr, ExprCall, ExprMethodCall};

use super::{Rules, bytes, is};
use crate::source::{Edits, Kind};

/// Changes the first error that is made in `expression`.
pub(super) fn change(expression: &Expr, rules: &Rules<'_>, edits: &mut Edits) -> Option<Kind> {
    let mut first = FirstError(None);
    first.visit_expr(expression);
    replace(first.0?, rules, edits)
}

/// Changes the error that `call` itself makes of its receiver.
pub(super) fn of_method(call: &ExprMethodCall, rules: &Rules<'_>, edits: &mut Edits) -> Option<Kind> {
    replace(error_of(call)?, rules, edits)
}

fn replace(error: &Expr, rules: &Rules<'_>, edits: &mut Edits) -> Option<Kind> {
    let (mut before, mut behind) = (String::new(), String::new());
    for (rule, _) in rules {
        before = format!("crate::mutants::other({rule:?}, {before}");
        behind.push(')');
    }
    edits.around(bytes(error), before, behind);
    Some(Kind::Code)
}

/// The error of `.ok_or(error)`, `.ok_or_else(|| error)` and `.map_err(|_| error)`.
fn error_of(call: &ExprMethodCall) -> Option<&Expr> {
    let argument = call.args.first()?;
    match argument {
        _ if call.method == "ok_or" => Some(argument),
        Expr::Closure(closure) if call.method == "ok_or_else" || call.method == "map_err" => {
            Some(&closure.body)
        }
        _ => None,
    }
}

/// The first error that is made, in the order of the source.
struct FirstError<'ast>(Option<&'ast Expr>);

impl<'ast> Visit<'ast> for FirstError<'ast> {
    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if self.0.is_none() && is(&call.func, "Err") {
            self.0 = call.args.first();
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        self.visit_expr(&call.receiver);
        if self.0.is_none() {
            self.0 = error_of(call);
        }
        call.args.iter().for_each(|argument| self.visit_expr(argument));
    }
}
