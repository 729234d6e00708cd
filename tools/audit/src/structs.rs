//! Owns the field tables of the kernel structs that linker sets point to.
//!
//! With a table a difference is reported by field name and padding is not
//! compared.  An object whose struct is not listed is compared in words of
//! a pointer's size.  The layouts are those of FreeBSD 14, of 14 before its
//! release, and of 15, here where pointers have eight bytes; where they differ,
//! the size tells which table applies.

mod ilp32;

/// What is known of the target of a pointer field.
#[derive(Debug, Clone, Copy)]
pub enum To {
    /// Nothing: the target says.
    Any,
    /// This struct, when the target has its size.
    Struct(&'static str),
    /// An instruction.  Where it is depends on the compiler.
    Code,
}

/// A field of a kernel struct.
#[derive(Debug)]
pub struct Field {
    /// Name as in the header.
    pub name: &'static str,
    /// Offset.
    pub offset: u64,
    /// Size.
    pub size: u64,
    /// What it points to.
    pub to: To,
}

/// A kernel struct.
#[derive(Debug)]
pub struct Struct {
    /// Name as in the header.
    pub name: &'static str,
    /// `sizeof`.
    pub size: u64,
    /// Fields by rising offset.
    pub fields: &'static [Field],
}

const fn field(name: &'static str, offset: u64, size: u64) -> Field {
    Field {
        name,
        offset,
        size,
        to: To::Any,
    }
}

const fn pointer(name: &'static str, offset: u64, to: &'static str) -> Field {
    Field {
        name,
        offset,
        size: 8,
        to: To::Struct(to),
    }
}

const fn code(name: &'static str, offset: u64) -> Field {
    Field {
        name,
        offset,
        size: 8,
        to: To::Code,
    }
}

static STRUCTS: [Struct; 8] = [
    Struct {
        name: "sysinit",
        size: 32,
        fields: &[
            field("subsystem", 0, 4),
            field("order", 4, 4),
            field("next", 8, 8),
            field("func", 16, 8),
            pointer("udata", 24, "malloc_type"),
        ],
    },
    // Before 2023 the records were in no list.
    Struct {
        name: "sysinit",
        size: 24,
        fields: &[
            field("subsystem", 0, 4),
            field("order", 4, 4),
            field("func", 8, 8),
            pointer("udata", 16, "malloc_type"),
        ],
    },
    Struct {
        name: "malloc_type",
        size: 112,
        fields: &[
            field("ks_next", 0, 8),
            field("ks_version", 8, 8),
            field("ks_shortdesc", 16, 8),
            field("ks_mti.mti_probes[0]", 24, 4),
            field("ks_mti.mti_probes[1]", 28, 4),
            field("ks_mti.mti_zone", 32, 1),
            field("ks_mti.mti_stats", 40, 8),
            field("ks_mti.mti_spare[0]", 48, 8),
            field("ks_mti.mti_spare[1]", 56, 8),
            field("ks_mti.mti_spare[2]", 64, 8),
            field("ks_mti.mti_spare[3]", 72, 8),
            field("ks_mti.mti_spare[4]", 80, 8),
            field("ks_mti.mti_spare[5]", 88, 8),
            field("ks_mti.mti_spare[6]", 96, 8),
            field("ks_mti.mti_spare[7]", 104, 8),
        ],
    },
    Struct {
        name: "sysctl_oid",
        size: 112,
        fields: &[
            field("oid_children", 0, 8),
            field("oid_parent", 8, 8),
            field("oid_link.rbe_link[0]", 16, 8),
            field("oid_link.rbe_link[1]", 24, 8),
            field("oid_link.rbe_link[2]", 32, 8),
            field("oid_number", 40, 4),
            field("oid_kind", 44, 4),
            field("oid_arg1", 48, 8),
            field("oid_arg2", 56, 8),
            field("oid_name", 64, 8),
            field("oid_handler", 72, 8),
            field("oid_fmt", 80, 8),
            field("oid_refcnt", 88, 4),
            field("oid_running", 92, 4),
            field("oid_descr", 96, 8),
            field("oid_label", 104, 8),
        ],
    },
    // Before 2023, in a list instead of a tree.
    Struct {
        name: "sysctl_oid",
        size: 96,
        fields: &[
            field("oid_children", 0, 8),
            field("oid_parent", 8, 8),
            field("oid_link", 16, 8),
            field("oid_number", 24, 4),
            field("oid_kind", 28, 4),
            field("oid_arg1", 32, 8),
            field("oid_arg2", 40, 8),
            field("oid_name", 48, 8),
            field("oid_handler", 56, 8),
            field("oid_fmt", 64, 8),
            field("oid_refcnt", 72, 4),
            field("oid_running", 76, 4),
            field("oid_descr", 80, 8),
            field("oid_label", 88, 8),
        ],
    },
    Struct {
        name: "sdt_probe",
        size: 96,
        fields: &[
            field("version", 0, 4),
            field("prov", 8, 8),
            field("probe_entry.tqe_next", 16, 8),
            field("probe_entry.tqe_prev", 24, 8),
            field("argtype_list.tqh_first", 32, 8),
            field("argtype_list.tqh_last", 40, 8),
            field("mod", 48, 8),
            field("func", 56, 8),
            field("name", 64, 8),
            field("id", 72, 8),
            field("n_args", 80, 4),
            field("sdtp_lf", 88, 8),
        ],
    },
    Struct {
        name: "sdt_probe",
        size: 112,
        fields: &[
            field("version", 0, 4),
            field("prov", 8, 8),
            field("probe_entry.tqe_next", 16, 8),
            field("probe_entry.tqe_prev", 24, 8),
            field("argtype_list.tqh_first", 32, 8),
            field("argtype_list.tqh_last", 40, 8),
            field("tracepoint_list.stqh_first", 48, 8),
            field("tracepoint_list.stqh_last", 56, 8),
            field("mod", 64, 8),
            field("func", 72, 8),
            field("name", 80, 8),
            field("id", 88, 8),
            field("n_args", 96, 4),
            field("sdtp_lf", 104, 8),
        ],
    },
    Struct {
        name: "sdt_tracepoint",
        size: 32,
        fields: &[
            field("probe", 0, 8),
            code("patchpoint", 8),
            code("target", 16),
            field("tracepoint_entry", 24, 8),
        ],
    },
];

/// The table of struct `name` that has `size` bytes.
pub fn find(name: &str, size: u64) -> Option<&'static Struct> {
    let all = STRUCTS.iter().chain(&ilp32::STRUCTS);
    all.into_iter().find(|s| s.name == name && s.size == size)
}

/// How a linker set holds its entries.
#[derive(Debug, Clone, Copy)]
pub enum Entries {
    /// Pointers to a struct, or to something that is not listed here.
    Pointers(To),
    /// The structs themselves, one for each place in the code that the
    /// compiler made; how many there are says nothing.
    Records(&'static Struct),
}

/// How the linker set `set` holds its entries where pointers have `word` bytes.
pub fn of_set(set: &str, word: u64) -> Entries {
    match set {
        "set_sysinit_set" | "set_sysuninit_set" => Entries::Pointers(To::Struct("sysinit")),
        "set_sysctl_set" => Entries::Pointers(To::Struct("sysctl_oid")),
        "set_sdt_probes_set" => Entries::Pointers(To::Struct("sdt_probe")),
        "set_sdt_tracepoint_set" => match find("sdt_tracepoint", 4 * word) {
            Some(record) => Entries::Records(record),
            None => Entries::Pointers(To::Any),
        },
        _ => Entries::Pointers(To::Any),
    }
}
