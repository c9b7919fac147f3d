//! Each shape of a line below a comment, and what it becomes.

use mutants::{Kind, rewrite};

/// `line`, below a comment for the rule `x.1` in a function, rewritten; `refuses` says what the rule's result is.
fn rewritten(line: &str, refuses: bool) -> (String, Option<Kind>) {
    let source = format!("fn f() {{\n// rule: x.1\n{line}\n}}\n");
    let rewritten = rewrite(&source, |_| refuses).unwrap();
    syn::parse_file(&rewritten.text).unwrap();
    assert_eq!(rewritten.changes.len() + rewritten.cannot.len(), 1);
    let body = rewritten.text.lines().skip(2).collect::<Vec<_>>().join("\n");
    let body = body.strip_suffix("\n}").unwrap().replace("crate::mutants::is_off(\"x.1\")", "OFF");
    (body, rewritten.changes.first().map(|change| change.kind))
}

#[track_caller]
fn becomes(line: &str, refuses: bool, expected: &str, kind: Kind) {
    assert_eq!(rewritten(line, refuses), (expected.to_string(), Some(kind)));
}

#[test]
fn a_condition_that_leads_to_a_refusal_is_false() {
    becomes("if a { return Err(e); }", true, "if (!OFF && (a)) { return Err(e); }", Kind::Condition);
}

#[test]
fn a_condition_with_a_pattern_is_not_tried() {
    becomes(
        "if let Some(b) = a && c { return Err(e); }",
        true,
        "if !OFF && let Some(b) = a && c { return Err(e); }",
        Kind::Condition,
    );
}

#[test]
fn a_condition_that_leads_past_a_refusal_is_true() {
    becomes("if a { return Ok(b); }", true, "if (OFF || (a)) { return Ok(b); }", Kind::Condition);
    becomes(
        "if a { Ok(b) } else { Err(e) }",
        true,
        "if (OFF || (a)) { Ok(b) } else { Err(e) }",
        Kind::Condition,
    );
}

#[test]
fn a_rule_that_does_not_refuse_is_switched_the_other_way() {
    becomes("if a { return Ok(b); }", false, "if (!OFF && (a)) { return Ok(b); }", Kind::Condition);
    becomes("if a { return Err(e); }", false, "if (OFF || (a)) { return Err(e); }", Kind::Condition);
}

#[test]
fn a_statement_is_left_out() {
    becomes("check(a)?;", true, "if !OFF { check(a)?; }", Kind::Statement);
    becomes("let _ = a.move_to(b);", false, "if !OFF { let _ = a.move_to(b); }", Kind::Statement);
}

#[test]
fn what_a_let_makes_of_a_condition_holds() {
    becomes("let a = b == c;", true, "let a = (OFF || (b == c));", Kind::Condition);
    becomes("let a = b == c\n&& d;", true, "let a = (OFF || (b == c))\n&& d;", Kind::Condition);
}

#[test]
fn a_filter_lets_everything_through_and_a_search_finds_anything() {
    for method in ["filter", "find"] {
        let source = format!("fn f() {{\n    a\n        // rule: x.1\n        .{method}(|b| b.c)\n}}\n");
        let text = rewrite(&source, |_| true).unwrap().text;
        let expected = format!(".{method}(|b| (crate::mutants::is_off(\"x.1\") || (b.c)))");
        assert!(text.contains(&expected), "{text}");
    }
}

#[test]
fn an_operand_of_a_refusing_condition_is_false() {
    let source =
        "fn f() {\n    if a\n        // rule: x.1\n        && !b\n    {\n        return Err(e);\n    }\n}\n";
    let text = rewrite(source, |_| true).unwrap().text;
    assert!(text.contains("&& (!crate::mutants::is_off(\"x.1\") && (!b))"), "{text}");
}

#[test]
fn an_arm_is_passed_over_where_a_later_one_takes_its_values() {
    let source = "fn f() {\n    match a {\n        // rule: x.1\n        B => return Err(e),\n        _ => {}\n    }\n}\n";
    let text = rewrite(source, |_| true).unwrap().text;
    assert!(text.contains("B if !crate::mutants::is_off(\"x.1\") => return Err(e),"), "{text}");
}

#[test]
fn an_arm_that_nothing_stands_in_for_gives_another_error() {
    let source = "fn f() {\n    match a {\n        // rule: x.1\n        B => return Err(e),\n        C => {}\n    }\n}\n";
    let rewritten = rewrite(source, |_| true).unwrap();
    assert!(rewritten.text.contains("Err(crate::mutants::other(\"x.1\", e))"), "{}", rewritten.text);
    assert_eq!(rewritten.changes[0].kind, Kind::Code);
}

#[test]
fn a_guard_that_admits_admits_all() {
    let source = "fn f() {\n    match a {\n        // rule: x.1\n        B if c => Some(0),\n        _ => None,\n    }\n}\n";
    let text = rewrite(source, |_| true).unwrap().text;
    assert!(text.contains("B if (crate::mutants::is_off(\"x.1\") || (c)) => Some(0),"), "{text}");
}

#[test]
fn an_error_that_cannot_be_left_out_is_another() {
    becomes("let a = b.ok_or(e)?;", true, "let a = b.ok_or(crate::mutants::other(\"x.1\", e))?;", Kind::Code);
    becomes("b.ok_or_else(|| e)", true, "b.ok_or_else(|| crate::mutants::other(\"x.1\", e))", Kind::Code);
}

#[test]
fn a_value_that_is_some_is_none() {
    becomes("Some(a)", false, "Some(a).filter(|_| !OFF)", Kind::Value);
}

#[test]
fn a_line_without_a_shape_is_told() {
    assert_eq!(rewritten("let a = b;", true), ("let a = b;".to_string(), None));
}

#[test]
fn two_rules_of_one_line_are_switched_each() {
    let source = "fn f() {\n    // rule: x.1, y.2\n    if a {\n        return Err(e);\n    }\n}\n";
    let rewritten = rewrite(source, |_| true).unwrap();
    assert_eq!(rewritten.changes.len(), 2);
    for rule in ["x.1", "y.2"] {
        assert!(rewritten.text.contains(&format!("!crate::mutants::is_off({rule:?})")));
    }
}

#[test]
fn a_constant_function_with_a_switch_is_none_any_more() {
    let source = "pub const fn f() -> u8 {\n    // rule: x.1\n    if a { 1 } else { 2 }\n}\n";
    let text = rewrite(source, |_| true).unwrap().text;
    assert!(text.contains("pub  fn f()") && !text.contains("const"), "{text}");
}
