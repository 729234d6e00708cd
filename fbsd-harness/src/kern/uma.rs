//! UMA zones: slabs, constructors, caches, type-stable items.
