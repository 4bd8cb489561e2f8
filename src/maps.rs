//! Maps for paths and names, of which a large venv has many. Their hasher is seeded anew in each process,
//! which is enough against names that were made to collide, and several times faster than that of `std`.

/// A map by hash.
pub type Map<K, V> = std::collections::HashMap<K, V, foldhash::fast::RandomState>;

/// A set by hash.
pub type Set<T> = std::collections::HashSet<T, foldhash::fast::RandomState>;
