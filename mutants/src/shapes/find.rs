//! The node of a syntax tree that begins at a place.

use proc_macro2::{LineColumn, Span};
use syn::spanned::Spanned;
use syn::token::Const;
use syn::visit::{self, Visit};
use syn::{Arm, BinOp, Expr, ExprBinary, ExprIf, ExprMatch, ExprMethodCall, File, Pat, Signature, Stmt};

use super::{Outcome, outcome};
use crate::source::Mark;

/// What begins at a place.
#[derive(Clone, Copy)]
pub(super) enum Found<'ast> {
    /// A match arm, and whether a later one takes everything.
    Arm(&'ast Arm, bool),
    /// The right operand of `&&` or `||`, whose operator begins there, and whether its truth leads to a refusal.
    Operand(&'ast ExprBinary, bool),
    /// A method call whose dot begins there.
    Method(&'ast ExprMethodCall),
    /// A statement.
    Statement(&'ast Stmt),
    /// An expression that is no statement.
    Expression(&'ast Expr),
}

impl Found<'_> {
    /// Which of two that begin at the same place is meant: the lower.
    const fn rank(self) -> u8 {
        match self {
            Self::Arm(..) => 0,
            Self::Operand(..) => 1,
            Self::Method(..) => 2,
            Self::Statement(..) => 3,
            Self::Expression(..) => 4,
        }
    }
}

/// What begins at `mark` in `file`, and the `const` of the function that it is in.
pub(super) fn find<'ast>(file: &'ast File, mark: &Mark) -> Option<(Found<'ast>, Option<&'ast Const>)> {
    let place = LineColumn { line: mark.line, column: mark.column };
    let mut finder = Finder { place, found: None, constant: None, refusing: false };
    finder.visit_file(file);
    finder.found
}

struct Finder<'ast> {
    place: LineColumn,
    found: Option<(Found<'ast>, Option<&'ast Const>)>,
    /// The `const` of the function that is being visited.
    constant: Option<&'ast Const>,
    /// Whether the condition that is being visited leads to a refusal.
    refusing: bool,
}

impl<'ast> Finder<'ast> {
    fn offer(&mut self, begins: Span, found: Found<'ast>) {
        let lower = self.found.is_none_or(|(earlier, _)| found.rank() < earlier.rank());
        if begins.start() == self.place && lower {
            self.found = Some((found, self.constant));
        }
    }
}

impl<'ast> Visit<'ast> for Finder<'ast> {
    fn visit_signature(&mut self, signature: &'ast Signature) {
        self.constant = signature.constness.as_ref();
        visit::visit_signature(self, signature);
    }

    fn visit_stmt(&mut self, statement: &'ast Stmt) {
        self.offer(statement.span(), Found::Statement(statement));
        visit::visit_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'ast Expr) {
        self.offer(expression.span(), Found::Expression(expression));
        visit::visit_expr(self, expression);
    }

    fn visit_expr_match(&mut self, choice: &'ast ExprMatch) {
        for (index, arm) in choice.arms.iter().enumerate() {
            let later = choice.arms.iter().skip(index + 1);
            let falls_through = later.clone().any(|arm| arm.guard.is_none() && takes_everything(&arm.pat));
            self.offer(arm.span(), Found::Arm(arm, falls_through));
        }
        visit::visit_expr_match(self, choice);
    }

    fn visit_expr_if(&mut self, choice: &'ast ExprIf) {
        let outer = std::mem::replace(
            &mut self.refusing,
            !matches!(outcome(&choice.then_branch, None), Outcome::Succeeds),
        );
        self.visit_expr(&choice.cond);
        self.refusing = outer;
        self.visit_block(&choice.then_branch);
        if let Some((_, otherwise)) = &choice.else_branch {
            self.visit_expr(otherwise);
        }
    }

    fn visit_expr_binary(&mut self, binary: &'ast ExprBinary) {
        if matches!(binary.op, BinOp::And(_) | BinOp::Or(_)) {
            self.offer(binary.op.span(), Found::Operand(binary, self.refusing));
        }
        visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        self.offer(call.dot_token.span(), Found::Method(call));
        visit::visit_expr_method_call(self, call);
    }
}

fn takes_everything(pattern: &Pat) -> bool {
    match pattern {
        Pat::Wild(_) => true,
        Pat::Ident(ident) => {
            ident.subpat.is_none() && ident.ident.to_string().starts_with(char::is_lowercase)
        }
        _ => false,
    }
}
