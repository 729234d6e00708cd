//! Owns the same structs where pointers have four bytes: i386.

use super::{Field, Struct, To, field};

const fn pointer(name: &'static str, offset: u64, to: &'static str) -> Field {
    Field {
        name,
        offset,
        size: 4,
        to: To::Struct(to),
    }
}

const fn code(name: &'static str, offset: u64) -> Field {
    Field {
        name,
        offset,
        size: 4,
        to: To::Code,
    }
}

/// All of them.
pub static STRUCTS: [Struct; 6] = [
    Struct {
        name: "sysinit",
        size: 20,
        fields: &[
            field("subsystem", 0, 4),
            field("order", 4, 4),
            field("next", 8, 4),
            field("func", 12, 4),
            pointer("udata", 16, "malloc_type"),
        ],
    },
    Struct {
        name: "malloc_type",
        size: 60,
        fields: &[
            field("ks_next", 0, 4),
            field("ks_version", 4, 4),
            field("ks_shortdesc", 8, 4),
            field("ks_mti.mti_probes[0]", 12, 4),
            field("ks_mti.mti_probes[1]", 16, 4),
            field("ks_mti.mti_zone", 20, 1),
            field("ks_mti.mti_stats", 24, 4),
            field("ks_mti.mti_spare[0]", 28, 4),
            field("ks_mti.mti_spare[1]", 32, 4),
            field("ks_mti.mti_spare[2]", 36, 4),
            field("ks_mti.mti_spare[3]", 40, 4),
            field("ks_mti.mti_spare[4]", 44, 4),
            field("ks_mti.mti_spare[5]", 48, 4),
            field("ks_mti.mti_spare[6]", 52, 4),
            field("ks_mti.mti_spare[7]", 56, 4),
        ],
    },
    Struct {
        name: "sysctl_oid",
        size: 68,
        fields: &[
            field("oid_children", 0, 4),
            field("oid_parent", 4, 4),
            field("oid_link.rbe_link[0]", 8, 4),
            field("oid_link.rbe_link[1]", 12, 4),
            field("oid_link.rbe_link[2]", 16, 4),
            field("oid_number", 20, 4),
            field("oid_kind", 24, 4),
            field("oid_arg1", 28, 4),
            field("oid_arg2", 32, 8),
            field("oid_name", 40, 4),
            field("oid_handler", 44, 4),
            field("oid_fmt", 48, 4),
            field("oid_refcnt", 52, 4),
            field("oid_running", 56, 4),
            field("oid_descr", 60, 4),
            field("oid_label", 64, 4),
        ],
    },
    Struct {
        name: "sdt_probe",
        size: 52,
        fields: &[
            field("version", 0, 4),
            field("prov", 4, 4),
            field("probe_entry.tqe_next", 8, 4),
            field("probe_entry.tqe_prev", 12, 4),
            field("argtype_list.tqh_first", 16, 4),
            field("argtype_list.tqh_last", 20, 4),
            field("mod", 24, 4),
            field("func", 28, 4),
            field("name", 32, 4),
            field("id", 36, 8),
            field("n_args", 44, 4),
            field("sdtp_lf", 48, 4),
        ],
    },
    Struct {
        name: "sdt_probe",
        size: 60,
        fields: &[
            field("version", 0, 4),
            field("prov", 4, 4),
            field("probe_entry.tqe_next", 8, 4),
            field("probe_entry.tqe_prev", 12, 4),
            field("argtype_list.tqh_first", 16, 4),
            field("argtype_list.tqh_last", 20, 4),
            field("tracepoint_list.stqh_first", 24, 4),
            field("tracepoint_list.stqh_last", 28, 4),
            field("mod", 32, 4),
            field("func", 36, 4),
            field("name", 40, 4),
            field("id", 44, 8),
            field("n_args", 52, 4),
            field("sdtp_lf", 56, 4),
        ],
    },
    Struct {
        name: "sdt_tracepoint",
        size: 16,
        fields: &[
            field("probe", 0, 4),
            code("patchpoint", 4),
            code("target", 8),
            field("tracepoint_entry", 12, 4),
        ],
    },
];
