//! Who is whose parent: looking parents up, cutting rings, bringing the tree into preorder.
//!
//! Works on indices alone and never recurses.

use hashbrown::HashMap;

use crate::Id;

/// What linking needs to know of a point.
pub(super) struct Node<'a> {
    pub(super) id: &'a Id,
    pub(super) parent_id: &'a Id,
    /// Whether the parent is the trace itself.
    pub(super) at_top: bool,
}

/// The tree, by the indices of the nodes given.
pub(super) struct Links {
    pub(super) parents: Vec<Option<usize>>,
    pub(super) children: Vec<Vec<usize>>,
    pub(super) orphans: Vec<bool>,
    pub(super) cycles: Vec<bool>,
    pub(super) roots: Vec<usize>,
    /// Every node with its depth, parents before children.
    pub(super) preorder: Vec<(usize, usize)>,
}

/// Links nodes that are sorted as siblings are to be.
pub(super) fn link(nodes: &[Node<'_>]) -> Links {
    let mut places: HashMap<&Id, usize> = HashMap::with_capacity(nodes.len());
    for (index, node) in nodes.iter().enumerate() {
        places.entry(node.id).or_insert(index);
    }
    // A top point may bear the trace's own id and so name itself as its parent: that is no ring.
    let own_trace = |index: usize, parent: usize| nodes[index].at_top && parent == index;
    let mut parents: Vec<Option<usize>> = nodes
        .iter()
        .enumerate()
        .map(|(index, node)| places.get(node.parent_id).copied().filter(|parent| !own_trace(index, *parent)))
        .collect();
    let orphans = nodes.iter().zip(&parents).map(|(node, parent)| parent.is_none() && !node.at_top).collect();
    let cycles = cut_rings(&mut parents);

    let mut children = vec![Vec::new(); nodes.len()];
    let mut roots = Vec::new();
    for (index, parent) in parents.iter().enumerate() {
        match parent {
            Some(parent) => children[*parent].push(index),
            None => roots.push(index),
        }
    }
    let preorder = preorder(&roots, &children);
    Links { parents, children, orphans, cycles, roots, preorder }
}

/// Cuts every ring at its first node, and says which those are.
fn cut_rings(parents: &mut [Option<usize>]) -> Vec<bool> {
    const NEVER: usize = usize::MAX;
    let mut cut = vec![false; parents.len()];
    // Which walk came by; a walk that meets its own steps has found a ring.
    let mut walked = vec![NEVER; parents.len()];
    for first in 0..parents.len() {
        let mut at = Some(first);
        while let Some(index) = at.filter(|index| walked[*index] == NEVER) {
            walked[index] = first;
            at = parents[index];
        }
        let Some(entry) = at.filter(|index| walked[*index] == first) else { continue };
        let (mut least, mut index) = (entry, parents[entry]);
        while let Some(member) = index.filter(|member| *member != entry) {
            least = least.min(member);
            index = parents[member];
        }
        parents[least] = None;
        cut[least] = true;
    }
    cut
}

fn preorder(roots: &[usize], children: &[Vec<usize>]) -> Vec<(usize, usize)> {
    let mut order = Vec::with_capacity(children.len());
    let mut open: Vec<(usize, usize)> = roots.iter().rev().map(|root| (*root, 0)).collect();
    while let Some((index, depth)) = open.pop() {
        order.push((index, depth));
        open.extend(children[index].iter().rev().map(|child| (*child, depth + 1)));
    }
    order
}
