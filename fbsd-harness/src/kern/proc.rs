//! Processes: the zone, linkage, groups, the tree.
