//! Who is cancelled with whom.
//!
//! ```text
//!          root                 cancel(a): a, c, d, e leave the tree, and are cancelled
//!         /    \
//!        a      b               drop of a's last token: c and d hang on root from then on,
//!       / \                     so that root's cancellation still reaches them
//!      c   d
//!          |
//!          e
//! ```
//!
//! All tokens that descend from one root share one tree under one lock. A lock in every node, the
//! other way to do it, needs an order in which to take two or three of them, and gains little:
//! siblings, which come and go most often, meet at their parent's lock all the same.
//!
//! Nodes refer to each other by slab keys, and nothing here is recursive, so a tree may be as deep
//! as memory allows.

use slab::Slab;

/// A forest, to be exact: when a root goes, its children stay as roots of their own.
#[derive(Debug)]
pub(crate) struct Tree<T> {
    nodes: Slab<Node<T>>,
}

#[derive(Debug)]
struct Node<T> {
    parent: Option<Parent>,
    children: Vec<usize>,
    content: T,
}

/// A node's parent, and its own place among that one's children, so that leaving is quick.
#[derive(Clone, Copy, Debug)]
struct Parent {
    key: usize,
    place: usize,
}

impl<T> Tree<T> {
    pub(crate) const fn new() -> Self {
        Self { nodes: Slab::new() }
    }

    /// Adds a node below `parent` and returns its key, which `content` is told beforehand.
    pub(crate) fn insert(&mut self, parent: Option<usize>, content: impl FnOnce(usize) -> T) {
        let entry = self.nodes.vacant_entry();
        let key = entry.key();
        entry.insert(Node { parent: None, children: Vec::new(), content: content(key) });
        if let Some(parent) = parent {
            self.attach(key, parent);
        }
    }

    /// Takes one node out. Its children go to its parent.
    pub(crate) fn remove(&mut self, key: usize) {
        let parent = self.detach(key);
        for child in self.nodes.remove(key).children {
            match parent {
                Some(parent) => self.attach(child, parent),
                None => self.nodes[child].parent = None,
            }
        }
    }

    /// Takes a node and all its descendants apart. `leaves` is asked about each: a node that does
    /// not leave stays as a root without children.
    pub(crate) fn dissolve(&mut self, key: usize, mut leaves: impl FnMut(&T) -> bool) {
        self.detach(key);
        let mut open = vec![key];
        while let Some(key) = open.pop() {
            let node = &mut self.nodes[key];
            node.parent = None;
            open.append(&mut node.children);
            if leaves(&node.content) {
                self.nodes.remove(key);
            }
        }
    }

    fn attach(&mut self, child: usize, key: usize) {
        let siblings = &mut self.nodes[key].children;
        let place = siblings.len();
        siblings.push(child);
        self.nodes[child].parent = Some(Parent { key, place });
    }

    /// Cuts a node off its parent, and returns that one.
    fn detach(&mut self, key: usize) -> Option<usize> {
        let Parent { key: parent, place } = self.nodes[key].parent.take()?;
        let siblings = &mut self.nodes[parent].children;
        siblings.swap_remove(place);
        if let Some(&moved) = siblings.get(place) {
            self.nodes[moved].parent = Some(Parent { key: parent, place });
        }
        Some(parent)
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }
}

#[cfg(all(test, not(handcrank_loom)))]
mod tests {
    use super::*;

    /// Inserts and returns the key.
    fn insert(tree: &mut Tree<()>, parent: Option<usize>) -> usize {
        let mut own = 0;
        tree.insert(parent, |key| own = key);
        own
    }

    fn children(tree: &Tree<()>, key: usize) -> Vec<usize> {
        for (place, &child) in tree.nodes[key].children.iter().enumerate() {
            let parent = tree.nodes[child].parent.unwrap();
            assert_eq!((parent.key, parent.place), (key, place));
        }
        let mut children = tree.nodes[key].children.clone();
        children.sort_unstable();
        children
    }

    #[test]
    fn children_of_a_removed_node_go_to_its_parent() {
        let mut tree = Tree::new();
        let root = insert(&mut tree, None);
        let (a, b) = (insert(&mut tree, Some(root)), insert(&mut tree, Some(root)));
        let (c, d) = (insert(&mut tree, Some(a)), insert(&mut tree, Some(a)));
        tree.remove(a);
        assert_eq!(children(&tree, root), [b, c, d]);
        tree.remove(root);
        assert!([b, c, d].iter().all(|&key| tree.nodes[key].parent.is_none()));
        assert_eq!(tree.len(), 3);
    }

    #[test]
    fn a_dissolved_node_takes_its_descendants_along_and_nobody_else() {
        let mut tree = Tree::new();
        let root = insert(&mut tree, None);
        let (a, b) = (insert(&mut tree, Some(root)), insert(&mut tree, Some(root)));
        let c = insert(&mut tree, Some(a));
        insert(&mut tree, Some(c));
        let mut asked = 0;
        tree.dissolve(a, |()| {
            asked += 1;
            true
        });
        assert_eq!(asked, 3);
        assert_eq!(children(&tree, root), [b]);
        assert_eq!(tree.len(), 2);
    }

    #[test]
    fn a_node_that_does_not_leave_stays_alone() {
        let mut tree = Tree::new();
        let root = insert(&mut tree, None);
        let child = insert(&mut tree, Some(root));
        tree.dissolve(root, |()| false);
        assert_eq!(children(&tree, root), []);
        assert!(tree.nodes[child].parent.is_none());
        tree.remove(root);
        tree.remove(child);
        assert_eq!(tree.len(), 0);
    }
}
