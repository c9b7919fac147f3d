//! What stands below a comment, and how it is switched.

mod errors;
mod find;

use std::ops::Range;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Arm, BinOp, Block, Expr, ExprIf, ExprMethodCall, File, Local, Pat, Stmt};

use crate::source::{Edits, Kind, Mark};
use find::{Found, find};

/// Rules with whether their result is a refusal.
type Rules<'a> = [(&'a str, bool)];

/// Changes what stands at `mark` in `file`; `None` where it has no shape that can be.
pub(crate) fn change(file: &File, mark: &Mark, rules: &Rules<'_>, edits: &mut Edits) -> Option<Kind> {
    let (found, constant) = find(file, mark)?;
    let kind = match found {
        Found::Arm(arm, falls_through) => self::arm(arm, falls_through, rules, edits),
        Found::Operand(binary, refusing) => {
            condition(&binary.right, rules, edits, |refuses| refuses != refusing)
        }
        Found::Method(call) => method(call, rules, edits),
        Found::Statement(statement) => self::statement(statement, rules, edits),
        Found::Expression(expression) => value(expression, rules, edits),
    }?;
    // A rule can be switched at run time only.
    if let Some(constant) = constant {
        edits.remove(constant.span().byte_range());
    }
    Some(kind)
}

/// Makes `expression` true, or false, as `forced` says of a rule that refuses or does not, where the rule is off.
fn condition(
    expression: &Expr,
    rules: &Rules<'_>,
    edits: &mut Edits,
    forced: impl Fn(bool) -> bool,
) -> Option<Kind> {
    let binds = has_let(expression);
    let (mut before, mut behind) = (String::new(), String::new());
    for (rule, refuses) in rules {
        match (forced(*refuses), binds) {
            (true, true) => return None,
            (true, false) => {
                before = format!("(crate::mutants::is_off({rule:?}) || ({before}");
                behind.push_str("))");
            }
            (false, true) => before = format!("!crate::mutants::is_off({rule:?}) && {before}"),
            (false, false) => {
                before = format!("(!crate::mutants::is_off({rule:?}) && ({before}");
                behind.push_str("))");
            }
        }
    }
    edits.around(bytes(expression), before, behind);
    Some(Kind::Condition)
}

/// True when `expression` is, or has as an operand of `&&`, a `let`.
fn has_let(expression: &Expr) -> bool {
    match expression {
        Expr::Let(_) => true,
        Expr::Binary(binary) => has_let(&binary.left) || has_let(&binary.right),
        _ => false,
    }
}

fn arm(arm: &Arm, falls_through: bool, rules: &Rules<'_>, edits: &mut Edits) -> Option<Kind> {
    let refusing = refuses(arm.body.to_token_stream());
    let forced = |refuses: bool| refuses != refusing;
    match &arm.guard {
        Some((_, guard)) => condition(guard, rules, edits, forced),
        None if falls_through && !rules.iter().any(|(_, refuses)| forced(*refuses)) => {
            let guards: Vec<_> =
                rules.iter().map(|(rule, _)| format!("!crate::mutants::is_off({rule:?})")).collect();
            edits.around(bytes(&arm.pat), String::new(), format!(" if {}", guards.join(" && ")));
            Some(Kind::Condition)
        }
        None => errors::change(&arm.body, rules, edits),
    }
}

fn method(call: &ExprMethodCall, rules: &Rules<'_>, edits: &mut Edits) -> Option<Kind> {
    if (call.method == "filter" || call.method == "find")
        && let Some(Expr::Closure(closure)) = call.args.first()
    {
        return condition(&closure.body, rules, edits, |refuses| refuses);
    }
    errors::of_method(call, rules, edits)
}

fn statement(statement: &Stmt, rules: &Rules<'_>, edits: &mut Edits) -> Option<Kind> {
    match statement {
        Stmt::Local(local) => self::local(local, statement, rules, edits),
        Stmt::Expr(Expr::Return(result), _) => value(result.expr.as_deref()?, rules, edits),
        Stmt::Expr(Expr::If(choice), _) => self::choice(choice, rules, edits),
        Stmt::Expr(Expr::MethodCall(call), Some(_)) if call.method == "set" && call.args.len() == 2 => {
            condition(call.args.last()?, rules, edits, |refuses| refuses)
        }
        Stmt::Expr(Expr::Match(_), _) => None,
        Stmt::Expr(_, Some(_)) | Stmt::Expr(Expr::ForLoop(_) | Expr::While(_), None) => {
            leave_out(statement, rules, edits)
        }
        Stmt::Expr(expression, None) => value(expression, rules, edits),
        Stmt::Macro(_) | Stmt::Item(_) => None,
    }
}

fn local(local: &Local, whole: &Stmt, rules: &Rules<'_>, edits: &mut Edits) -> Option<Kind> {
    if matches!(local.pat, Pat::Wild(_)) {
        return leave_out(whole, rules, edits);
    }
    let init = local.init.as_ref()?;
    if let Some((_, diverges)) = &init.diverge {
        return errors::change(diverges, rules, edits);
    }
    value(&init.expr, rules, edits)
}

fn leave_out(statement: &Stmt, rules: &Rules<'_>, edits: &mut Edits) -> Option<Kind> {
    let on: Vec<_> = rules.iter().map(|(rule, _)| format!("!crate::mutants::is_off({rule:?})")).collect();
    edits.around(bytes(statement), format!("if {} {{ ", on.join(" && ")), " }".to_string());
    Some(Kind::Statement)
}

/// An expression whose value is used.
fn value(expression: &Expr, rules: &Rules<'_>, edits: &mut Edits) -> Option<Kind> {
    match expression {
        Expr::If(choice) => self::choice(choice, rules, edits),
        Expr::MethodCall(call) if call.method == "then_some" || call.method == "then" => {
            condition(&call.receiver, rules, edits, |refuses| refuses)
        }
        Expr::MethodCall(call) if call.method == "map_or" => absent(&call.receiver, rules, edits),
        Expr::Call(call) if is(&call.func, "Some") => absent(expression, rules, edits),
        _ if is_condition(expression) => {
            condition(first_operand(expression), rules, edits, |refuses| refuses)
        }
        _ => errors::change(expression, rules, edits),
    }
}

/// Makes the option `expression` `None`.
fn absent(expression: &Expr, rules: &Rules<'_>, edits: &mut Edits) -> Option<Kind> {
    let on: Vec<_> = rules.iter().map(|(rule, _)| format!("!crate::mutants::is_off({rule:?})")).collect();
    edits.around(bytes(expression), String::new(), format!(".filter(|_| {})", on.join(" && ")));
    Some(Kind::Value)
}

fn choice(choice: &ExprIf, rules: &Rules<'_>, edits: &mut Edits) -> Option<Kind> {
    let otherwise = choice.else_branch.as_ref().map(|(_, otherwise)| otherwise.to_token_stream());
    let outcome = outcome(&choice.then_branch, otherwise);
    condition(&choice.cond, rules, edits, |refuses| match outcome {
        Outcome::Refuses => !refuses,
        Outcome::Succeeds => refuses,
        Outcome::Neither => false,
    })
}

/// What follows where a condition is true.
enum Outcome {
    Refuses,
    Succeeds,
    Neither,
}

fn outcome(then: &Block, otherwise: Option<TokenStream>) -> Outcome {
    let then = then.to_token_stream();
    if refuses(then.clone()) {
        Outcome::Refuses
    } else if names(then, &["Ok"]) || otherwise.is_some_and(refuses) {
        Outcome::Succeeds
    } else {
        Outcome::Neither
    }
}

/// True when `tokens` make an error.
fn refuses(tokens: TokenStream) -> bool {
    names(tokens, &["Err", "refuse", "not_as_sent"])
}

fn names(tokens: TokenStream, wanted: &[&str]) -> bool {
    tokens.into_iter().any(|tree| match tree {
        TokenTree::Ident(ident) => wanted.iter().any(|name| ident == name),
        TokenTree::Group(group) => names(group.stream(), wanted),
        _ => false,
    })
}

/// True when `expression` can only be a `bool`.
fn is_condition(expression: &Expr) -> bool {
    match expression {
        Expr::Binary(binary) => matches!(
            binary.op,
            BinOp::And(_)
                | BinOp::Or(_)
                | BinOp::Eq(_)
                | BinOp::Ne(_)
                | BinOp::Lt(_)
                | BinOp::Le(_)
                | BinOp::Gt(_)
                | BinOp::Ge(_)
        ),
        Expr::Unary(unary) => matches!(unary.op, syn::UnOp::Not(_)),
        Expr::MethodCall(call) => call.method.to_string().starts_with("is_") || call.method == "contains",
        Expr::Paren(paren) => is_condition(&paren.expr),
        _ => false,
    }
}

/// The first operand of a chain of `&&` whose others have lines of their own; else `expression`.
fn first_operand(expression: &Expr) -> &Expr {
    match expression {
        Expr::Binary(binary)
            if matches!(binary.op, BinOp::And(_))
                && binary.op.span().start().line > binary.left.span().end().line =>
        {
            first_operand(&binary.left)
        }
        _ => expression,
    }
}

fn is(expression: &Expr, name: &str) -> bool {
    matches!(expression, Expr::Path(path) if path.path.is_ident(name))
}

fn bytes(node: &impl Spanned) -> Range<usize> {
    node.span().byte_range()
}
