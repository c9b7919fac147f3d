//! Changes of a device tree that is usual otherwise.

use super::{Node, Value};

/// Changes, in their order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Edits(Vec<Edit>);

/// One change, in the node with a path: names with `/` between them, empty for the root.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Edit {
    Set(&'static str, &'static str, Value),
    Remove(&'static str, &'static str),
    Add(&'static str, Node),
}

impl Edits {
    /// Gives the node at `path` this property, instead of one of the same name.
    pub fn set(&mut self, path: &'static str, property: &'static str, value: impl Into<Value>) {
        self.0.push(Edit::Set(path, property, value.into()));
    }

    /// Takes this property from the node at `path`.
    pub fn remove(&mut self, path: &'static str, property: &'static str) {
        self.0.push(Edit::Remove(path, property));
    }

    /// Puts `node` below the node at `path`.
    pub fn add(&mut self, path: &'static str, node: Node) {
        self.0.push(Edit::Add(path, node));
    }

    /// What a property of the root is set to, if it is.
    pub(super) fn of_root(&self, name: &str) -> Option<&Value> {
        self.0.iter().rev().find_map(|edit| match edit {
            Edit::Set("", property, value) if *property == name => Some(value),
            _ => None,
        })
    }

    /// `tree` with these.
    ///
    /// # Panics
    /// Where there is no node of a path: a mistake in a scenario.
    pub fn applied_to(&self, mut tree: Node) -> Node {
        for edit in &self.0 {
            match edit {
                Edit::Set(path, property, value) => tree.at(path).set(property, value.clone()),
                Edit::Remove(path, property) => tree.at(path).remove(property),
                Edit::Add(path, node) => tree.at(path).add(node.clone()),
            }
        }
        tree
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_changed_where_the_path_leads() {
        let tree = Node::new("").child(Node::new("a").child(Node::new("b").with("x", 1u32).with("y", 2u32)));
        let mut edits = Edits::default();
        edits.set("a/b", "x", 3u32);
        edits.remove("a/b", "y");
        edits.add("a", Node::new("c"));
        let expected =
            Node::new("").child(Node::new("a").child(Node::new("b").with("x", 3u32)).child(Node::new("c")));
        assert_eq!(edits.applied_to(tree), expected);
    }
}
