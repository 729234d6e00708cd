// Generated from the kernel's headers by `make bindings`: do not edit.

#[repr(C)]
#[derive(Copy, Clone, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct __BindgenBitfieldUnit<Storage> {
    storage: Storage,
}
impl<Storage> __BindgenBitfieldUnit<Storage> {
    #[inline]
    pub const fn new(storage: Storage) -> Self {
        Self { storage }
    }
}
impl<Storage> __BindgenBitfieldUnit<Storage>
where
    Storage: AsRef<[u8]> + AsMut<[u8]>,
{
    #[inline]
    fn extract_bit(byte: u8, index: usize) -> bool {
        let bit_index = if cfg!(target_endian = "big") {
            7 - (index % 8)
        } else {
            index % 8
        };
        let mask = 1 << bit_index;
        byte & mask == mask
    }
    #[inline]
    pub fn get_bit(&self, index: usize) -> bool {
        debug_assert!(index / 8 < self.storage.as_ref().len());
        let byte_index = index / 8;
        let byte = self.storage.as_ref()[byte_index];
        Self::extract_bit(byte, index)
    }
    #[inline]
    pub unsafe fn raw_get_bit(this: *const Self, index: usize) -> bool {
        debug_assert!(index / 8 < core::mem::size_of::<Storage>());
        let byte_index = index / 8;
        let byte = unsafe {
            *(core::ptr::addr_of!((*this).storage) as *const u8)
                .offset(byte_index as isize)
        };
        Self::extract_bit(byte, index)
    }
    #[inline]
    fn change_bit(byte: u8, index: usize, val: bool) -> u8 {
        let bit_index = if cfg!(target_endian = "big") {
            7 - (index % 8)
        } else {
            index % 8
        };
        let mask = 1 << bit_index;
        if val { byte | mask } else { byte & !mask }
    }
    #[inline]
    pub fn set_bit(&mut self, index: usize, val: bool) {
        debug_assert!(index / 8 < self.storage.as_ref().len());
        let byte_index = index / 8;
        let byte = &mut self.storage.as_mut()[byte_index];
        *byte = Self::change_bit(*byte, index, val);
    }
    #[inline]
    pub unsafe fn raw_set_bit(this: *mut Self, index: usize, val: bool) {
        debug_assert!(index / 8 < core::mem::size_of::<Storage>());
        let byte_index = index / 8;
        let byte = unsafe {
            (core::ptr::addr_of_mut!((*this).storage) as *mut u8)
                .offset(byte_index as isize)
        };
        unsafe { *byte = Self::change_bit(*byte, index, val) };
    }
    #[inline]
    pub fn get(&self, bit_offset: usize, bit_width: u8) -> u64 {
        debug_assert!(bit_width <= 64);
        debug_assert!(bit_offset / 8 < self.storage.as_ref().len());
        debug_assert!(
            (bit_offset + (bit_width as usize)) / 8 <= self.storage.as_ref().len(),
        );
        let mut val = 0;
        for i in 0..(bit_width as usize) {
            if self.get_bit(i + bit_offset) {
                let index = if cfg!(target_endian = "big") {
                    bit_width as usize - 1 - i
                } else {
                    i
                };
                val |= 1 << index;
            }
        }
        val
    }
    #[inline]
    pub unsafe fn raw_get(this: *const Self, bit_offset: usize, bit_width: u8) -> u64 {
        debug_assert!(bit_width <= 64);
        debug_assert!(bit_offset / 8 < core::mem::size_of::<Storage>());
        debug_assert!(
            (bit_offset + (bit_width as usize)) / 8 <= core::mem::size_of::<Storage>(),
        );
        let mut val = 0;
        for i in 0..(bit_width as usize) {
            if unsafe { Self::raw_get_bit(this, i + bit_offset) } {
                let index = if cfg!(target_endian = "big") {
                    bit_width as usize - 1 - i
                } else {
                    i
                };
                val |= 1 << index;
            }
        }
        val
    }
    #[inline]
    pub fn set(&mut self, bit_offset: usize, bit_width: u8, val: u64) {
        debug_assert!(bit_width <= 64);
        debug_assert!(bit_offset / 8 < self.storage.as_ref().len());
        debug_assert!(
            (bit_offset + (bit_width as usize)) / 8 <= self.storage.as_ref().len(),
        );
        for i in 0..(bit_width as usize) {
            let mask = 1 << i;
            let val_bit_is_set = val & mask == mask;
            let index = if cfg!(target_endian = "big") {
                bit_width as usize - 1 - i
            } else {
                i
            };
            self.set_bit(index + bit_offset, val_bit_is_set);
        }
    }
    #[inline]
    pub unsafe fn raw_set(this: *mut Self, bit_offset: usize, bit_width: u8, val: u64) {
        debug_assert!(bit_width <= 64);
        debug_assert!(bit_offset / 8 < core::mem::size_of::<Storage>());
        debug_assert!(
            (bit_offset + (bit_width as usize)) / 8 <= core::mem::size_of::<Storage>(),
        );
        for i in 0..(bit_width as usize) {
            let mask = 1 << i;
            let val_bit_is_set = val & mask == mask;
            let index = if cfg!(target_endian = "big") {
                bit_width as usize - 1 - i
            } else {
                i
            };
            unsafe { Self::raw_set_bit(this, index + bit_offset, val_bit_is_set) };
        }
    }
}
#[repr(C)]
#[derive(Default)]
pub struct __IncompleteArrayField<T>(::core::marker::PhantomData<T>, [T; 0]);
impl<T> __IncompleteArrayField<T> {
    #[inline]
    pub const fn new() -> Self {
        __IncompleteArrayField(::core::marker::PhantomData, [])
    }
    #[inline]
    pub fn as_ptr(&self) -> *const T {
        self as *const _ as *const T
    }
    #[inline]
    pub fn as_mut_ptr(&mut self) -> *mut T {
        self as *mut _ as *mut T
    }
    #[inline]
    pub unsafe fn as_slice(&self, len: usize) -> &[T] {
        ::core::slice::from_raw_parts(self.as_ptr(), len)
    }
    #[inline]
    pub unsafe fn as_mut_slice(&mut self, len: usize) -> &mut [T] {
        ::core::slice::from_raw_parts_mut(self.as_mut_ptr(), len)
    }
}
impl<T> ::core::fmt::Debug for __IncompleteArrayField<T> {
    fn fmt(&self, fmt: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        fmt.write_str("__IncompleteArrayField")
    }
}
pub const P_OSREL_SIGWAIT: u32 = 700000;
pub const P_OSREL_SIGSEGV: u32 = 700004;
pub const P_OSREL_MAP_ANON: u32 = 800104;
pub const P_OSREL_MAP_FSTRICT: u32 = 1100036;
pub const P_OSREL_SHUTDOWN_ENOTCONN: u32 = 1100077;
pub const P_OSREL_MAP_GUARD: u32 = 1200035;
pub const P_OSREL_WRFSBASE: u32 = 1200041;
pub const P_OSREL_CK_CYLGRP: u32 = 1200046;
pub const P_OSREL_CK_SUPERBLOCK: u32 = 1300000;
pub const P_OSREL_CK_INODE: u32 = 1300005;
pub const P_OSREL_POWERPC_NEW_AUX_ARGS: u32 = 1300070;
pub const P_OSREL_TIDPID: u32 = 1400079;
pub const EINTR: u32 = 4;
pub const ENOMEM: u32 = 12;
pub const CTLTYPE_INT: u32 = 2;
pub const CPUID_CX8: u32 = 256;
pub const M_WAITOK: u32 = 2;
pub const M_ZERO: u32 = 256;
pub const MTX_DEF: u32 = 0;
pub const OSD_THREAD: u32 = 0;
pub const KSI_EXT: u32 = 2;
pub const KSI_INS: u32 = 4;
pub const P_MD_KPTI: u32 = 1;
pub const TDF_BORROWING: u32 = 1;
pub const TDF_INPANIC: u32 = 2;
pub const TDF_INMEM: u32 = 4;
pub const TDF_SINTR: u32 = 8;
pub const TDF_TIMEOUT: u32 = 16;
pub const TDF_IDLETD: u32 = 32;
pub const TDF_CANSWAP: u32 = 64;
pub const TDF_SIGWAIT: u32 = 128;
pub const TDF_ALLPROCSUSP: u32 = 512;
pub const TDF_BOUNDARY: u32 = 1024;
pub const TDF_SBDRY: u32 = 8192;
pub const TDF_UPIBLOCKED: u32 = 16384;
pub const TDF_NOLOAD: u32 = 262144;
pub const TDF_SERESTART: u32 = 524288;
pub const TDF_THRWAKEUP: u32 = 1048576;
pub const TDF_SEINTR: u32 = 2097152;
pub const TDF_SWAPINREQ: u32 = 4194304;
pub const TDB_SUSPEND: u32 = 1;
pub const TDB_XSIG: u32 = 2;
pub const TDB_USERWR: u32 = 4;
pub const TDB_SCE: u32 = 8;
pub const TDB_SCX: u32 = 16;
pub const TDB_EXEC: u32 = 32;
pub const TDB_FORK: u32 = 64;
pub const TDB_STOPATFORK: u32 = 128;
pub const TDB_CHILD: u32 = 256;
pub const TDB_BORN: u32 = 512;
pub const TDB_EXIT: u32 = 1024;
pub const TDB_VFORK: u32 = 2048;
pub const TDB_FSTP: u32 = 4096;
pub const TDB_STEP: u32 = 8192;
pub const TDB_SSWITCH: u32 = 16384;
pub const TDB_BOUNDARY: u32 = 32768;
pub const TDB_COREDUMPREQ: u32 = 65536;
pub const TDB_SCREMOTEREQ: u32 = 131072;
pub const TDI_SUSPENDED: u32 = 1;
pub const TDI_SLEEPING: u32 = 2;
pub const TDI_SWAPPED: u32 = 4;
pub const TDI_LOCK: u32 = 8;
pub const TDI_IWAIT: u32 = 16;
pub const P_ADVLOCK: u32 = 1;
pub const P_CONTROLT: u32 = 2;
pub const P_KPROC: u32 = 4;
pub const P_PPWAIT: u32 = 16;
pub const P_PROFIL: u32 = 32;
pub const P_STOPPROF: u32 = 64;
pub const P_HADTHREADS: u32 = 128;
pub const P_SUGID: u32 = 256;
pub const P_SYSTEM: u32 = 512;
pub const P_SINGLE_EXIT: u32 = 1024;
pub const P_TRACED: u32 = 2048;
pub const P_WAITED: u32 = 4096;
pub const P_WEXIT: u32 = 8192;
pub const P_EXEC: u32 = 16384;
pub const P_WKILLED: u32 = 32768;
pub const P_CONTINUED: u32 = 65536;
pub const P_STOPPED_SIG: u32 = 131072;
pub const P_STOPPED_TRACE: u32 = 262144;
pub const P_STOPPED_SINGLE: u32 = 524288;
pub const P_PROTECTED: u32 = 1048576;
pub const P_SIGEVENT: u32 = 2097152;
pub const P_SINGLE_BOUNDARY: u32 = 4194304;
pub const P_HWPMC: u32 = 8388608;
pub const P_JAILED: u32 = 16777216;
pub const P_TOTAL_STOP: u32 = 33554432;
pub const P_INEXEC: u32 = 67108864;
pub const P_STATCHILD: u32 = 134217728;
pub const P_INMEM: u32 = 268435456;
pub const P_SWAPPINGOUT: u32 = 536870912;
pub const P_SWAPPINGIN: u32 = 1073741824;
pub const P_PPTRACE: u32 = 2147483648;
pub const P_STOPPED: u32 = 917504;
pub const P2_WEXIT: u32 = 262144;
pub const P_TREE_ORPHANED: u32 = 1;
pub const P_TREE_FIRST_ORPHAN: u32 = 2;
pub const P_TREE_REAPER: u32 = 4;
pub const P_TREE_GRPEXITED: u32 = 8;
pub const P_MAGIC: u32 = 3203398350;
pub const SINGLE_NO_EXIT: u32 = 0;
pub const SINGLE_EXIT: u32 = 1;
pub const SINGLE_BOUNDARY: u32 = 2;
pub const SINGLE_ALLPROC: u32 = 3;
pub const ASTR_ASTF_REQUIRED: u32 = 1;
pub const PRIV_MAXPROC: u32 = 4;
pub const UMA_ZONE_CONTIG: u32 = 4;
pub const UMA_ZONE_NOFREE: u32 = 32;
pub type __uint8_t = ::core::ffi::c_uchar;
pub type __uint16_t = ::core::ffi::c_ushort;
pub type __int32_t = ::core::ffi::c_int;
pub type __uint32_t = ::core::ffi::c_uint;
pub type __int64_t = ::core::ffi::c_long;
pub type __uint64_t = ::core::ffi::c_ulong;
pub type __intmax_t = __int64_t;
pub type __uintptr_t = __uint64_t;
pub type __vm_offset_t = __uint64_t;
pub type __size_t = __uint64_t;
pub type __register_t = __int64_t;
pub type __time_t = __int64_t;
pub type __vm_paddr_t = __uint64_t;
pub type __gid_t = __uint32_t;
pub type __id_t = __int64_t;
pub type __lwpid_t = __int32_t;
pub type __off_t = __int64_t;
pub type __pid_t = __int32_t;
pub type __sbintime_t = __int64_t;
pub type __rlim_t = __int64_t;
pub type __suseconds_t = ::core::ffi::c_long;
pub type __uid_t = __uint32_t;
pub type __cpusetid_t = ::core::ffi::c_int;
pub type u_char = ::core::ffi::c_uchar;
pub type u_short = ::core::ffi::c_ushort;
pub type u_int = ::core::ffi::c_uint;
pub type u_long = ::core::ffi::c_ulong;
pub type intmax_t = __intmax_t;
pub type u_int8_t = __uint8_t;
pub type u_int16_t = __uint16_t;
pub type u_int32_t = __uint32_t;
pub type u_int64_t = __uint64_t;
pub type caddr_t = *mut ::core::ffi::c_char;
pub type cpusetid_t = __cpusetid_t;
pub type gid_t = __gid_t;
pub type id_t = __id_t;
pub type lwpid_t = __lwpid_t;
pub type off_t = __off_t;
pub type pid_t = __pid_t;
pub type register_t = __register_t;
pub type rlim_t = __rlim_t;
pub type sbintime_t = __sbintime_t;
pub type suseconds_t = __suseconds_t;
pub type time_t = __time_t;
pub type uid_t = __uid_t;
pub type vm_offset_t = __vm_offset_t;
pub type vm_paddr_t = __vm_paddr_t;
pub type syscallarg_t = __register_t;
#[repr(C)]
#[derive(Copy, Clone)]
pub struct _device {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct vm_page {
    _unused: [u8; 0],
}
pub type bool_ = bool;
#[repr(C)]
#[derive(Copy, Clone)]
pub struct __sigset {
    pub __bits: [__uint32_t; 4usize],
}
pub type __sigset_t = __sigset;
#[repr(C)]
#[derive(Copy, Clone)]
pub struct timeval {
    pub tv_sec: time_t,
    pub tv_usec: suseconds_t,
}
pub type sigset_t = __sigset_t;
#[repr(C)]
#[derive(Copy, Clone)]
pub struct itimerval {
    pub it_interval: timeval,
    pub it_value: timeval,
}
unsafe extern "C" {
    pub static mut tick_sbt: sbintime_t;
}
unsafe extern "C" {
    pub fn eventratecheck(
        arg1: *mut timeval,
        arg2: *mut ::core::ffi::c_int,
        arg3: ::core::ffi::c_int,
    ) -> ::core::ffi::c_int;
}
pub type callout_func_t = ::core::option::Option<
    unsafe extern "C" fn(arg1: *mut ::core::ffi::c_void),
>;
#[repr(C)]
#[derive(Copy, Clone)]
pub struct callout {
    pub c_links: callout__bindgen_ty_1,
    pub c_time: __sbintime_t,
    pub c_precision: __sbintime_t,
    pub c_arg: *mut ::core::ffi::c_void,
    pub c_func: callout_func_t,
    pub c_lock: *mut lock_object,
    pub c_flags: ::core::ffi::c_short,
    pub c_iflags: ::core::ffi::c_short,
    pub c_cpu: ::core::ffi::c_int,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub union callout__bindgen_ty_1 {
    pub le: callout__bindgen_ty_1__bindgen_ty_1,
    pub sle: callout__bindgen_ty_1__bindgen_ty_2,
    pub tqe: callout__bindgen_ty_1__bindgen_ty_3,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct callout__bindgen_ty_1__bindgen_ty_1 {
    pub le_next: *mut callout,
    pub le_prev: *mut *mut callout,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct callout__bindgen_ty_1__bindgen_ty_2 {
    pub sle_next: *mut callout,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct callout__bindgen_ty_1__bindgen_ty_3 {
    pub tqe_next: *mut callout,
    pub tqe_prev: *mut *mut callout,
}
unsafe extern "C" {
    pub fn callout_init(arg1: *mut callout, arg2: ::core::ffi::c_int);
}
unsafe extern "C" {
    pub fn callout_reset_sbt_on(
        arg1: *mut callout,
        arg2: sbintime_t,
        arg3: sbintime_t,
        arg4: ::core::option::Option<
            unsafe extern "C" fn(arg1: *mut ::core::ffi::c_void),
        >,
        arg5: *mut ::core::ffi::c_void,
        arg6: ::core::ffi::c_int,
        arg7: ::core::ffi::c_int,
    ) -> ::core::ffi::c_int;
}
unsafe extern "C" {
    pub fn _callout_stop_safe(
        arg1: *mut callout,
        arg2: ::core::ffi::c_int,
        arg3: ::core::option::Option<
            unsafe extern "C" fn(arg1: *mut ::core::ffi::c_void),
        >,
    ) -> ::core::ffi::c_int;
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct _cpuset {
    pub __bits: [::core::ffi::c_long; 16usize],
}
pub type cpuset_t = _cpuset;
#[repr(C)]
#[derive(Copy, Clone)]
pub struct lock_object {
    pub lo_name: *const ::core::ffi::c_char,
    pub lo_flags: u_int,
    pub lo_data: u_int,
    pub lo_witness: *mut witness,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct mtx {
    pub lock_object: lock_object,
    pub mtx_lock: usize,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct sx {
    pub lock_object: lock_object,
    pub sx_lock: usize,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct rm_queue {
    pub rmq_next: *mut rm_queue,
    pub rmq_prev: *mut rm_queue,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct rusage {
    pub ru_utime: timeval,
    pub ru_stime: timeval,
    pub ru_maxrss: ::core::ffi::c_long,
    pub ru_ixrss: ::core::ffi::c_long,
    pub ru_idrss: ::core::ffi::c_long,
    pub ru_isrss: ::core::ffi::c_long,
    pub ru_minflt: ::core::ffi::c_long,
    pub ru_majflt: ::core::ffi::c_long,
    pub ru_nswap: ::core::ffi::c_long,
    pub ru_inblock: ::core::ffi::c_long,
    pub ru_oublock: ::core::ffi::c_long,
    pub ru_msgsnd: ::core::ffi::c_long,
    pub ru_msgrcv: ::core::ffi::c_long,
    pub ru_nsignals: ::core::ffi::c_long,
    pub ru_nvcsw: ::core::ffi::c_long,
    pub ru_nivcsw: ::core::ffi::c_long,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct rlimit {
    pub rlim_cur: rlim_t,
    pub rlim_max: rlim_t,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct pmap_pcid {
    pub pm_pcid: u32,
    pub pm_gen: u32,
}
#[repr(C, packed)]
#[derive(Copy, Clone)]
pub struct user_segment_descriptor {
    pub _bitfield_align_1: [u8; 0],
    pub _bitfield_1: __BindgenBitfieldUnit<[u8; 8usize]>,
}
impl user_segment_descriptor {
    #[inline]
    pub fn sd_lolimit(&self) -> ::core::ffi::c_uint {
        unsafe { ::core::mem::transmute(self._bitfield_1.get(0usize, 16u8) as u32) }
    }
    #[inline]
    pub fn set_sd_lolimit(&mut self, val: ::core::ffi::c_uint) {
        unsafe {
            let val: u32 = ::core::mem::transmute(val);
            self._bitfield_1.set(0usize, 16u8, val as u64)
        }
    }
    #[inline]
    pub unsafe fn sd_lolimit_raw(this: *const Self) -> ::core::ffi::c_uint {
        unsafe {
            ::core::mem::transmute(
                <__BindgenBitfieldUnit<
                    [u8; 8usize],
                >>::raw_get(::core::ptr::addr_of!((*this)._bitfield_1), 0usize, 16u8)
                    as u32,
            )
        }
    }
    #[inline]
    pub unsafe fn set_sd_lolimit_raw(this: *mut Self, val: ::core::ffi::c_uint) {
        unsafe {
            let val: u32 = ::core::mem::transmute(val);
            <__BindgenBitfieldUnit<
                [u8; 8usize],
            >>::raw_set(
                ::core::ptr::addr_of_mut!((*this)._bitfield_1),
                0usize,
                16u8,
                val as u64,
            )
        }
    }
    #[inline]
    pub fn sd_lobase(&self) -> ::core::ffi::c_uint {
        unsafe { ::core::mem::transmute(self._bitfield_1.get(16usize, 24u8) as u32) }
    }
    #[inline]
    pub fn set_sd_lobase(&mut self, val: ::core::ffi::c_uint) {
        unsafe {
            let val: u32 = ::core::mem::transmute(val);
            self._bitfield_1.set(16usize, 24u8, val as u64)
        }
    }
    #[inline]
    pub unsafe fn sd_lobase_raw(this: *const Self) -> ::core::ffi::c_uint {
        unsafe {
            ::core::mem::transmute(
                <__BindgenBitfieldUnit<
                    [u8; 8usize],
                >>::raw_get(::core::ptr::addr_of!((*this)._bitfield_1), 16usize, 24u8)
                    as u32,
            )
        }
    }
    #[inline]
    pub unsafe fn set_sd_lobase_raw(this: *mut Self, val: ::core::ffi::c_uint) {
        unsafe {
            let val: u32 = ::core::mem::transmute(val);
            <__BindgenBitfieldUnit<
                [u8; 8usize],
            >>::raw_set(
                ::core::ptr::addr_of_mut!((*this)._bitfield_1),
                16usize,
                24u8,
                val as u64,
            )
        }
    }
    #[inline]
    pub fn sd_type(&self) -> ::core::ffi::c_uint {
        unsafe { ::core::mem::transmute(self._bitfield_1.get(40usize, 5u8) as u32) }
    }
    #[inline]
    pub fn set_sd_type(&mut self, val: ::core::ffi::c_uint) {
        unsafe {
            let val: u32 = ::core::mem::transmute(val);
            self._bitfield_1.set(40usize, 5u8, val as u64)
        }
    }
    #[inline]
    pub unsafe fn sd_type_raw(this: *const Self) -> ::core::ffi::c_uint {
        unsafe {
            ::core::mem::transmute(
                <__BindgenBitfieldUnit<
                    [u8; 8usize],
                >>::raw_get(::core::ptr::addr_of!((*this)._bitfield_1), 40usize, 5u8)
                    as u32,
            )
        }
    }
    #[inline]
    pub unsafe fn set_sd_type_raw(this: *mut Self, val: ::core::ffi::c_uint) {
        unsafe {
            let val: u32 = ::core::mem::transmute(val);
            <__BindgenBitfieldUnit<
                [u8; 8usize],
            >>::raw_set(
                ::core::ptr::addr_of_mut!((*this)._bitfield_1),
                40usize,
                5u8,
                val as u64,
            )
        }
    }
    #[inline]
    pub fn sd_dpl(&self) -> ::core::ffi::c_uint {
        unsafe { ::core::mem::transmute(self._bitfield_1.get(45usize, 2u8) as u32) }
    }
    #[inline]
    pub fn set_sd_dpl(&mut self, val: ::core::ffi::c_uint) {
        unsafe {
            let val: u32 = ::core::mem::transmute(val);
            self._bitfield_1.set(45usize, 2u8, val as u64)
        }
    }
    #[inline]
    pub unsafe fn sd_dpl_raw(this: *const Self) -> ::core::ffi::c_uint {
        unsafe {
            ::core::mem::transmute(
                <__BindgenBitfieldUnit<
                    [u8; 8usize],
                >>::raw_get(::core::ptr::addr_of!((*this)._bitfield_1), 45usize, 2u8)
                    as u32,
            )
        }
    }
    #[inline]
    pub unsafe fn set_sd_dpl_raw(this: *mut Self, val: ::core::ffi::c_uint) {
        unsafe {
            let val: u32 = ::core::mem::transmute(val);
            <__BindgenBitfieldUnit<
                [u8; 8usize],
            >>::raw_set(
                ::core::ptr::addr_of_mut!((*this)._bitfield_1),
                45usize,
                2u8,
                val as u64,
            )
        }
    }
    #[inline]
    pub fn sd_p(&self) -> ::core::ffi::c_uint {
        unsafe { ::core::mem::transmute(self._bitfield_1.get(47usize, 1u8) as u32) }
    }
    #[inline]
    pub fn set_sd_p(&mut self, val: ::core::ffi::c_uint) {
        unsafe {
            let val: u32 = ::core::mem::transmute(val);
            self._bitfield_1.set(47usize, 1u8, val as u64)
        }
    }
    #[inline]
    pub unsafe fn sd_p_raw(this: *const Self) -> ::core::ffi::c_uint {
        unsafe {
            ::core::mem::transmute(
                <__BindgenBitfieldUnit<
                    [u8; 8usize],
                >>::raw_get(::core::ptr::addr_of!((*this)._bitfield_1), 47usize, 1u8)
                    as u32,
            )
        }
    }
    #[inline]
    pub unsafe fn set_sd_p_raw(this: *mut Self, val: ::core::ffi::c_uint) {
        unsafe {
            let val: u32 = ::core::mem::transmute(val);
            <__BindgenBitfieldUnit<
                [u8; 8usize],
            >>::raw_set(
                ::core::ptr::addr_of_mut!((*this)._bitfield_1),
                47usize,
                1u8,
                val as u64,
            )
        }
    }
    #[inline]
    pub fn sd_hilimit(&self) -> ::core::ffi::c_uint {
        unsafe { ::core::mem::transmute(self._bitfield_1.get(48usize, 4u8) as u32) }
    }
    #[inline]
    pub fn set_sd_hilimit(&mut self, val: ::core::ffi::c_uint) {
        unsafe {
            let val: u32 = ::core::mem::transmute(val);
            self._bitfield_1.set(48usize, 4u8, val as u64)
        }
    }
    #[inline]
    pub unsafe fn sd_hilimit_raw(this: *const Self) -> ::core::ffi::c_uint {
        unsafe {
            ::core::mem::transmute(
                <__BindgenBitfieldUnit<
                    [u8; 8usize],
                >>::raw_get(::core::ptr::addr_of!((*this)._bitfield_1), 48usize, 4u8)
                    as u32,
            )
        }
    }
    #[inline]
    pub unsafe fn set_sd_hilimit_raw(this: *mut Self, val: ::core::ffi::c_uint) {
        unsafe {
            let val: u32 = ::core::mem::transmute(val);
            <__BindgenBitfieldUnit<
                [u8; 8usize],
            >>::raw_set(
                ::core::ptr::addr_of_mut!((*this)._bitfield_1),
                48usize,
                4u8,
                val as u64,
            )
        }
    }
    #[inline]
    pub fn sd_xx(&self) -> ::core::ffi::c_uint {
        unsafe { ::core::mem::transmute(self._bitfield_1.get(52usize, 1u8) as u32) }
    }
    #[inline]
    pub fn set_sd_xx(&mut self, val: ::core::ffi::c_uint) {
        unsafe {
            let val: u32 = ::core::mem::transmute(val);
            self._bitfield_1.set(52usize, 1u8, val as u64)
        }
    }
    #[inline]
    pub unsafe fn sd_xx_raw(this: *const Self) -> ::core::ffi::c_uint {
        unsafe {
            ::core::mem::transmute(
                <__BindgenBitfieldUnit<
                    [u8; 8usize],
                >>::raw_get(::core::ptr::addr_of!((*this)._bitfield_1), 52usize, 1u8)
                    as u32,
            )
        }
    }
    #[inline]
    pub unsafe fn set_sd_xx_raw(this: *mut Self, val: ::core::ffi::c_uint) {
        unsafe {
            let val: u32 = ::core::mem::transmute(val);
            <__BindgenBitfieldUnit<
                [u8; 8usize],
            >>::raw_set(
                ::core::ptr::addr_of_mut!((*this)._bitfield_1),
                52usize,
                1u8,
                val as u64,
            )
        }
    }
    #[inline]
    pub fn sd_long(&self) -> ::core::ffi::c_uint {
        unsafe { ::core::mem::transmute(self._bitfield_1.get(53usize, 1u8) as u32) }
    }
    #[inline]
    pub fn set_sd_long(&mut self, val: ::core::ffi::c_uint) {
        unsafe {
            let val: u32 = ::core::mem::transmute(val);
            self._bitfield_1.set(53usize, 1u8, val as u64)
        }
    }
    #[inline]
    pub unsafe fn sd_long_raw(this: *const Self) -> ::core::ffi::c_uint {
        unsafe {
            ::core::mem::transmute(
                <__BindgenBitfieldUnit<
                    [u8; 8usize],
                >>::raw_get(::core::ptr::addr_of!((*this)._bitfield_1), 53usize, 1u8)
                    as u32,
            )
        }
    }
    #[inline]
    pub unsafe fn set_sd_long_raw(this: *mut Self, val: ::core::ffi::c_uint) {
        unsafe {
            let val: u32 = ::core::mem::transmute(val);
            <__BindgenBitfieldUnit<
                [u8; 8usize],
            >>::raw_set(
                ::core::ptr::addr_of_mut!((*this)._bitfield_1),
                53usize,
                1u8,
                val as u64,
            )
        }
    }
    #[inline]
    pub fn sd_def32(&self) -> ::core::ffi::c_uint {
        unsafe { ::core::mem::transmute(self._bitfield_1.get(54usize, 1u8) as u32) }
    }
    #[inline]
    pub fn set_sd_def32(&mut self, val: ::core::ffi::c_uint) {
        unsafe {
            let val: u32 = ::core::mem::transmute(val);
            self._bitfield_1.set(54usize, 1u8, val as u64)
        }
    }
    #[inline]
    pub unsafe fn sd_def32_raw(this: *const Self) -> ::core::ffi::c_uint {
        unsafe {
            ::core::mem::transmute(
                <__BindgenBitfieldUnit<
                    [u8; 8usize],
                >>::raw_get(::core::ptr::addr_of!((*this)._bitfield_1), 54usize, 1u8)
                    as u32,
            )
        }
    }
    #[inline]
    pub unsafe fn set_sd_def32_raw(this: *mut Self, val: ::core::ffi::c_uint) {
        unsafe {
            let val: u32 = ::core::mem::transmute(val);
            <__BindgenBitfieldUnit<
                [u8; 8usize],
            >>::raw_set(
                ::core::ptr::addr_of_mut!((*this)._bitfield_1),
                54usize,
                1u8,
                val as u64,
            )
        }
    }
    #[inline]
    pub fn sd_gran(&self) -> ::core::ffi::c_uint {
        unsafe { ::core::mem::transmute(self._bitfield_1.get(55usize, 1u8) as u32) }
    }
    #[inline]
    pub fn set_sd_gran(&mut self, val: ::core::ffi::c_uint) {
        unsafe {
            let val: u32 = ::core::mem::transmute(val);
            self._bitfield_1.set(55usize, 1u8, val as u64)
        }
    }
    #[inline]
    pub unsafe fn sd_gran_raw(this: *const Self) -> ::core::ffi::c_uint {
        unsafe {
            ::core::mem::transmute(
                <__BindgenBitfieldUnit<
                    [u8; 8usize],
                >>::raw_get(::core::ptr::addr_of!((*this)._bitfield_1), 55usize, 1u8)
                    as u32,
            )
        }
    }
    #[inline]
    pub unsafe fn set_sd_gran_raw(this: *mut Self, val: ::core::ffi::c_uint) {
        unsafe {
            let val: u32 = ::core::mem::transmute(val);
            <__BindgenBitfieldUnit<
                [u8; 8usize],
            >>::raw_set(
                ::core::ptr::addr_of_mut!((*this)._bitfield_1),
                55usize,
                1u8,
                val as u64,
            )
        }
    }
    #[inline]
    pub fn sd_hibase(&self) -> ::core::ffi::c_uint {
        unsafe { ::core::mem::transmute(self._bitfield_1.get(56usize, 8u8) as u32) }
    }
    #[inline]
    pub fn set_sd_hibase(&mut self, val: ::core::ffi::c_uint) {
        unsafe {
            let val: u32 = ::core::mem::transmute(val);
            self._bitfield_1.set(56usize, 8u8, val as u64)
        }
    }
    #[inline]
    pub unsafe fn sd_hibase_raw(this: *const Self) -> ::core::ffi::c_uint {
        unsafe {
            ::core::mem::transmute(
                <__BindgenBitfieldUnit<
                    [u8; 8usize],
                >>::raw_get(::core::ptr::addr_of!((*this)._bitfield_1), 56usize, 8u8)
                    as u32,
            )
        }
    }
    #[inline]
    pub unsafe fn set_sd_hibase_raw(this: *mut Self, val: ::core::ffi::c_uint) {
        unsafe {
            let val: u32 = ::core::mem::transmute(val);
            <__BindgenBitfieldUnit<
                [u8; 8usize],
            >>::raw_set(
                ::core::ptr::addr_of_mut!((*this)._bitfield_1),
                56usize,
                8u8,
                val as u64,
            )
        }
    }
    #[inline]
    pub fn new_bitfield_1(
        sd_lolimit: ::core::ffi::c_uint,
        sd_lobase: ::core::ffi::c_uint,
        sd_type: ::core::ffi::c_uint,
        sd_dpl: ::core::ffi::c_uint,
        sd_p: ::core::ffi::c_uint,
        sd_hilimit: ::core::ffi::c_uint,
        sd_xx: ::core::ffi::c_uint,
        sd_long: ::core::ffi::c_uint,
        sd_def32: ::core::ffi::c_uint,
        sd_gran: ::core::ffi::c_uint,
        sd_hibase: ::core::ffi::c_uint,
    ) -> __BindgenBitfieldUnit<[u8; 8usize]> {
        let mut __bindgen_bitfield_unit: __BindgenBitfieldUnit<[u8; 8usize]> = Default::default();
        __bindgen_bitfield_unit
            .set(
                0usize,
                16u8,
                {
                    let sd_lolimit: u32 = unsafe { ::core::mem::transmute(sd_lolimit) };
                    sd_lolimit as u64
                },
            );
        __bindgen_bitfield_unit
            .set(
                16usize,
                24u8,
                {
                    let sd_lobase: u32 = unsafe { ::core::mem::transmute(sd_lobase) };
                    sd_lobase as u64
                },
            );
        __bindgen_bitfield_unit
            .set(
                40usize,
                5u8,
                {
                    let sd_type: u32 = unsafe { ::core::mem::transmute(sd_type) };
                    sd_type as u64
                },
            );
        __bindgen_bitfield_unit
            .set(
                45usize,
                2u8,
                {
                    let sd_dpl: u32 = unsafe { ::core::mem::transmute(sd_dpl) };
                    sd_dpl as u64
                },
            );
        __bindgen_bitfield_unit
            .set(
                47usize,
                1u8,
                {
                    let sd_p: u32 = unsafe { ::core::mem::transmute(sd_p) };
                    sd_p as u64
                },
            );
        __bindgen_bitfield_unit
            .set(
                48usize,
                4u8,
                {
                    let sd_hilimit: u32 = unsafe { ::core::mem::transmute(sd_hilimit) };
                    sd_hilimit as u64
                },
            );
        __bindgen_bitfield_unit
            .set(
                52usize,
                1u8,
                {
                    let sd_xx: u32 = unsafe { ::core::mem::transmute(sd_xx) };
                    sd_xx as u64
                },
            );
        __bindgen_bitfield_unit
            .set(
                53usize,
                1u8,
                {
                    let sd_long: u32 = unsafe { ::core::mem::transmute(sd_long) };
                    sd_long as u64
                },
            );
        __bindgen_bitfield_unit
            .set(
                54usize,
                1u8,
                {
                    let sd_def32: u32 = unsafe { ::core::mem::transmute(sd_def32) };
                    sd_def32 as u64
                },
            );
        __bindgen_bitfield_unit
            .set(
                55usize,
                1u8,
                {
                    let sd_gran: u32 = unsafe { ::core::mem::transmute(sd_gran) };
                    sd_gran as u64
                },
            );
        __bindgen_bitfield_unit
            .set(
                56usize,
                8u8,
                {
                    let sd_hibase: u32 = unsafe { ::core::mem::transmute(sd_hibase) };
                    sd_hibase as u64
                },
            );
        __bindgen_bitfield_unit
    }
}
#[repr(C, packed)]
#[derive(Copy, Clone)]
pub struct system_segment_descriptor {
    pub _bitfield_align_1: [u8; 0],
    pub _bitfield_1: __BindgenBitfieldUnit<[u8; 16usize]>,
}
impl system_segment_descriptor {
    #[inline]
    pub fn sd_lolimit(&self) -> u_int64_t {
        unsafe { ::core::mem::transmute(self._bitfield_1.get(0usize, 16u8) as u64) }
    }
    #[inline]
    pub fn set_sd_lolimit(&mut self, val: u_int64_t) {
        unsafe {
            let val: u64 = ::core::mem::transmute(val);
            self._bitfield_1.set(0usize, 16u8, val as u64)
        }
    }
    #[inline]
    pub unsafe fn sd_lolimit_raw(this: *const Self) -> u_int64_t {
        unsafe {
            ::core::mem::transmute(
                <__BindgenBitfieldUnit<
                    [u8; 16usize],
                >>::raw_get(::core::ptr::addr_of!((*this)._bitfield_1), 0usize, 16u8)
                    as u64,
            )
        }
    }
    #[inline]
    pub unsafe fn set_sd_lolimit_raw(this: *mut Self, val: u_int64_t) {
        unsafe {
            let val: u64 = ::core::mem::transmute(val);
            <__BindgenBitfieldUnit<
                [u8; 16usize],
            >>::raw_set(
                ::core::ptr::addr_of_mut!((*this)._bitfield_1),
                0usize,
                16u8,
                val as u64,
            )
        }
    }
    #[inline]
    pub fn sd_lobase(&self) -> u_int64_t {
        unsafe { ::core::mem::transmute(self._bitfield_1.get(16usize, 24u8) as u64) }
    }
    #[inline]
    pub fn set_sd_lobase(&mut self, val: u_int64_t) {
        unsafe {
            let val: u64 = ::core::mem::transmute(val);
            self._bitfield_1.set(16usize, 24u8, val as u64)
        }
    }
    #[inline]
    pub unsafe fn sd_lobase_raw(this: *const Self) -> u_int64_t {
        unsafe {
            ::core::mem::transmute(
                <__BindgenBitfieldUnit<
                    [u8; 16usize],
                >>::raw_get(::core::ptr::addr_of!((*this)._bitfield_1), 16usize, 24u8)
                    as u64,
            )
        }
    }
    #[inline]
    pub unsafe fn set_sd_lobase_raw(this: *mut Self, val: u_int64_t) {
        unsafe {
            let val: u64 = ::core::mem::transmute(val);
            <__BindgenBitfieldUnit<
                [u8; 16usize],
            >>::raw_set(
                ::core::ptr::addr_of_mut!((*this)._bitfield_1),
                16usize,
                24u8,
                val as u64,
            )
        }
    }
    #[inline]
    pub fn sd_type(&self) -> u_int64_t {
        unsafe { ::core::mem::transmute(self._bitfield_1.get(40usize, 5u8) as u64) }
    }
    #[inline]
    pub fn set_sd_type(&mut self, val: u_int64_t) {
        unsafe {
            let val: u64 = ::core::mem::transmute(val);
            self._bitfield_1.set(40usize, 5u8, val as u64)
        }
    }
    #[inline]
    pub unsafe fn sd_type_raw(this: *const Self) -> u_int64_t {
        unsafe {
            ::core::mem::transmute(
                <__BindgenBitfieldUnit<
                    [u8; 16usize],
                >>::raw_get(::core::ptr::addr_of!((*this)._bitfield_1), 40usize, 5u8)
                    as u64,
            )
        }
    }
    #[inline]
    pub unsafe fn set_sd_type_raw(this: *mut Self, val: u_int64_t) {
        unsafe {
            let val: u64 = ::core::mem::transmute(val);
            <__BindgenBitfieldUnit<
                [u8; 16usize],
            >>::raw_set(
                ::core::ptr::addr_of_mut!((*this)._bitfield_1),
                40usize,
                5u8,
                val as u64,
            )
        }
    }
    #[inline]
    pub fn sd_dpl(&self) -> u_int64_t {
        unsafe { ::core::mem::transmute(self._bitfield_1.get(45usize, 2u8) as u64) }
    }
    #[inline]
    pub fn set_sd_dpl(&mut self, val: u_int64_t) {
        unsafe {
            let val: u64 = ::core::mem::transmute(val);
            self._bitfield_1.set(45usize, 2u8, val as u64)
        }
    }
    #[inline]
    pub unsafe fn sd_dpl_raw(this: *const Self) -> u_int64_t {
        unsafe {
            ::core::mem::transmute(
                <__BindgenBitfieldUnit<
                    [u8; 16usize],
                >>::raw_get(::core::ptr::addr_of!((*this)._bitfield_1), 45usize, 2u8)
                    as u64,
            )
        }
    }
    #[inline]
    pub unsafe fn set_sd_dpl_raw(this: *mut Self, val: u_int64_t) {
        unsafe {
            let val: u64 = ::core::mem::transmute(val);
            <__BindgenBitfieldUnit<
                [u8; 16usize],
            >>::raw_set(
                ::core::ptr::addr_of_mut!((*this)._bitfield_1),
                45usize,
                2u8,
                val as u64,
            )
        }
    }
    #[inline]
    pub fn sd_p(&self) -> u_int64_t {
        unsafe { ::core::mem::transmute(self._bitfield_1.get(47usize, 1u8) as u64) }
    }
    #[inline]
    pub fn set_sd_p(&mut self, val: u_int64_t) {
        unsafe {
            let val: u64 = ::core::mem::transmute(val);
            self._bitfield_1.set(47usize, 1u8, val as u64)
        }
    }
    #[inline]
    pub unsafe fn sd_p_raw(this: *const Self) -> u_int64_t {
        unsafe {
            ::core::mem::transmute(
                <__BindgenBitfieldUnit<
                    [u8; 16usize],
                >>::raw_get(::core::ptr::addr_of!((*this)._bitfield_1), 47usize, 1u8)
                    as u64,
            )
        }
    }
    #[inline]
    pub unsafe fn set_sd_p_raw(this: *mut Self, val: u_int64_t) {
        unsafe {
            let val: u64 = ::core::mem::transmute(val);
            <__BindgenBitfieldUnit<
                [u8; 16usize],
            >>::raw_set(
                ::core::ptr::addr_of_mut!((*this)._bitfield_1),
                47usize,
                1u8,
                val as u64,
            )
        }
    }
    #[inline]
    pub fn sd_hilimit(&self) -> u_int64_t {
        unsafe { ::core::mem::transmute(self._bitfield_1.get(48usize, 4u8) as u64) }
    }
    #[inline]
    pub fn set_sd_hilimit(&mut self, val: u_int64_t) {
        unsafe {
            let val: u64 = ::core::mem::transmute(val);
            self._bitfield_1.set(48usize, 4u8, val as u64)
        }
    }
    #[inline]
    pub unsafe fn sd_hilimit_raw(this: *const Self) -> u_int64_t {
        unsafe {
            ::core::mem::transmute(
                <__BindgenBitfieldUnit<
                    [u8; 16usize],
                >>::raw_get(::core::ptr::addr_of!((*this)._bitfield_1), 48usize, 4u8)
                    as u64,
            )
        }
    }
    #[inline]
    pub unsafe fn set_sd_hilimit_raw(this: *mut Self, val: u_int64_t) {
        unsafe {
            let val: u64 = ::core::mem::transmute(val);
            <__BindgenBitfieldUnit<
                [u8; 16usize],
            >>::raw_set(
                ::core::ptr::addr_of_mut!((*this)._bitfield_1),
                48usize,
                4u8,
                val as u64,
            )
        }
    }
    #[inline]
    pub fn sd_xx0(&self) -> u_int64_t {
        unsafe { ::core::mem::transmute(self._bitfield_1.get(52usize, 3u8) as u64) }
    }
    #[inline]
    pub fn set_sd_xx0(&mut self, val: u_int64_t) {
        unsafe {
            let val: u64 = ::core::mem::transmute(val);
            self._bitfield_1.set(52usize, 3u8, val as u64)
        }
    }
    #[inline]
    pub unsafe fn sd_xx0_raw(this: *const Self) -> u_int64_t {
        unsafe {
            ::core::mem::transmute(
                <__BindgenBitfieldUnit<
                    [u8; 16usize],
                >>::raw_get(::core::ptr::addr_of!((*this)._bitfield_1), 52usize, 3u8)
                    as u64,
            )
        }
    }
    #[inline]
    pub unsafe fn set_sd_xx0_raw(this: *mut Self, val: u_int64_t) {
        unsafe {
            let val: u64 = ::core::mem::transmute(val);
            <__BindgenBitfieldUnit<
                [u8; 16usize],
            >>::raw_set(
                ::core::ptr::addr_of_mut!((*this)._bitfield_1),
                52usize,
                3u8,
                val as u64,
            )
        }
    }
    #[inline]
    pub fn sd_gran(&self) -> u_int64_t {
        unsafe { ::core::mem::transmute(self._bitfield_1.get(55usize, 1u8) as u64) }
    }
    #[inline]
    pub fn set_sd_gran(&mut self, val: u_int64_t) {
        unsafe {
            let val: u64 = ::core::mem::transmute(val);
            self._bitfield_1.set(55usize, 1u8, val as u64)
        }
    }
    #[inline]
    pub unsafe fn sd_gran_raw(this: *const Self) -> u_int64_t {
        unsafe {
            ::core::mem::transmute(
                <__BindgenBitfieldUnit<
                    [u8; 16usize],
                >>::raw_get(::core::ptr::addr_of!((*this)._bitfield_1), 55usize, 1u8)
                    as u64,
            )
        }
    }
    #[inline]
    pub unsafe fn set_sd_gran_raw(this: *mut Self, val: u_int64_t) {
        unsafe {
            let val: u64 = ::core::mem::transmute(val);
            <__BindgenBitfieldUnit<
                [u8; 16usize],
            >>::raw_set(
                ::core::ptr::addr_of_mut!((*this)._bitfield_1),
                55usize,
                1u8,
                val as u64,
            )
        }
    }
    #[inline]
    pub fn sd_hibase(&self) -> u_int64_t {
        unsafe { ::core::mem::transmute(self._bitfield_1.get(56usize, 40u8) as u64) }
    }
    #[inline]
    pub fn set_sd_hibase(&mut self, val: u_int64_t) {
        unsafe {
            let val: u64 = ::core::mem::transmute(val);
            self._bitfield_1.set(56usize, 40u8, val as u64)
        }
    }
    #[inline]
    pub unsafe fn sd_hibase_raw(this: *const Self) -> u_int64_t {
        unsafe {
            ::core::mem::transmute(
                <__BindgenBitfieldUnit<
                    [u8; 16usize],
                >>::raw_get(::core::ptr::addr_of!((*this)._bitfield_1), 56usize, 40u8)
                    as u64,
            )
        }
    }
    #[inline]
    pub unsafe fn set_sd_hibase_raw(this: *mut Self, val: u_int64_t) {
        unsafe {
            let val: u64 = ::core::mem::transmute(val);
            <__BindgenBitfieldUnit<
                [u8; 16usize],
            >>::raw_set(
                ::core::ptr::addr_of_mut!((*this)._bitfield_1),
                56usize,
                40u8,
                val as u64,
            )
        }
    }
    #[inline]
    pub fn sd_xx1(&self) -> u_int64_t {
        unsafe { ::core::mem::transmute(self._bitfield_1.get(96usize, 8u8) as u64) }
    }
    #[inline]
    pub fn set_sd_xx1(&mut self, val: u_int64_t) {
        unsafe {
            let val: u64 = ::core::mem::transmute(val);
            self._bitfield_1.set(96usize, 8u8, val as u64)
        }
    }
    #[inline]
    pub unsafe fn sd_xx1_raw(this: *const Self) -> u_int64_t {
        unsafe {
            ::core::mem::transmute(
                <__BindgenBitfieldUnit<
                    [u8; 16usize],
                >>::raw_get(::core::ptr::addr_of!((*this)._bitfield_1), 96usize, 8u8)
                    as u64,
            )
        }
    }
    #[inline]
    pub unsafe fn set_sd_xx1_raw(this: *mut Self, val: u_int64_t) {
        unsafe {
            let val: u64 = ::core::mem::transmute(val);
            <__BindgenBitfieldUnit<
                [u8; 16usize],
            >>::raw_set(
                ::core::ptr::addr_of_mut!((*this)._bitfield_1),
                96usize,
                8u8,
                val as u64,
            )
        }
    }
    #[inline]
    pub fn sd_mbz(&self) -> u_int64_t {
        unsafe { ::core::mem::transmute(self._bitfield_1.get(104usize, 5u8) as u64) }
    }
    #[inline]
    pub fn set_sd_mbz(&mut self, val: u_int64_t) {
        unsafe {
            let val: u64 = ::core::mem::transmute(val);
            self._bitfield_1.set(104usize, 5u8, val as u64)
        }
    }
    #[inline]
    pub unsafe fn sd_mbz_raw(this: *const Self) -> u_int64_t {
        unsafe {
            ::core::mem::transmute(
                <__BindgenBitfieldUnit<
                    [u8; 16usize],
                >>::raw_get(::core::ptr::addr_of!((*this)._bitfield_1), 104usize, 5u8)
                    as u64,
            )
        }
    }
    #[inline]
    pub unsafe fn set_sd_mbz_raw(this: *mut Self, val: u_int64_t) {
        unsafe {
            let val: u64 = ::core::mem::transmute(val);
            <__BindgenBitfieldUnit<
                [u8; 16usize],
            >>::raw_set(
                ::core::ptr::addr_of_mut!((*this)._bitfield_1),
                104usize,
                5u8,
                val as u64,
            )
        }
    }
    #[inline]
    pub fn sd_xx2(&self) -> u_int64_t {
        unsafe { ::core::mem::transmute(self._bitfield_1.get(109usize, 19u8) as u64) }
    }
    #[inline]
    pub fn set_sd_xx2(&mut self, val: u_int64_t) {
        unsafe {
            let val: u64 = ::core::mem::transmute(val);
            self._bitfield_1.set(109usize, 19u8, val as u64)
        }
    }
    #[inline]
    pub unsafe fn sd_xx2_raw(this: *const Self) -> u_int64_t {
        unsafe {
            ::core::mem::transmute(
                <__BindgenBitfieldUnit<
                    [u8; 16usize],
                >>::raw_get(::core::ptr::addr_of!((*this)._bitfield_1), 109usize, 19u8)
                    as u64,
            )
        }
    }
    #[inline]
    pub unsafe fn set_sd_xx2_raw(this: *mut Self, val: u_int64_t) {
        unsafe {
            let val: u64 = ::core::mem::transmute(val);
            <__BindgenBitfieldUnit<
                [u8; 16usize],
            >>::raw_set(
                ::core::ptr::addr_of_mut!((*this)._bitfield_1),
                109usize,
                19u8,
                val as u64,
            )
        }
    }
    #[inline]
    pub fn new_bitfield_1(
        sd_lolimit: u_int64_t,
        sd_lobase: u_int64_t,
        sd_type: u_int64_t,
        sd_dpl: u_int64_t,
        sd_p: u_int64_t,
        sd_hilimit: u_int64_t,
        sd_xx0: u_int64_t,
        sd_gran: u_int64_t,
        sd_hibase: u_int64_t,
        sd_xx1: u_int64_t,
        sd_mbz: u_int64_t,
        sd_xx2: u_int64_t,
    ) -> __BindgenBitfieldUnit<[u8; 16usize]> {
        let mut __bindgen_bitfield_unit: __BindgenBitfieldUnit<[u8; 16usize]> = Default::default();
        __bindgen_bitfield_unit
            .set(
                0usize,
                16u8,
                {
                    let sd_lolimit: u64 = unsafe { ::core::mem::transmute(sd_lolimit) };
                    sd_lolimit as u64
                },
            );
        __bindgen_bitfield_unit
            .set(
                16usize,
                24u8,
                {
                    let sd_lobase: u64 = unsafe { ::core::mem::transmute(sd_lobase) };
                    sd_lobase as u64
                },
            );
        __bindgen_bitfield_unit
            .set(
                40usize,
                5u8,
                {
                    let sd_type: u64 = unsafe { ::core::mem::transmute(sd_type) };
                    sd_type as u64
                },
            );
        __bindgen_bitfield_unit
            .set(
                45usize,
                2u8,
                {
                    let sd_dpl: u64 = unsafe { ::core::mem::transmute(sd_dpl) };
                    sd_dpl as u64
                },
            );
        __bindgen_bitfield_unit
            .set(
                47usize,
                1u8,
                {
                    let sd_p: u64 = unsafe { ::core::mem::transmute(sd_p) };
                    sd_p as u64
                },
            );
        __bindgen_bitfield_unit
            .set(
                48usize,
                4u8,
                {
                    let sd_hilimit: u64 = unsafe { ::core::mem::transmute(sd_hilimit) };
                    sd_hilimit as u64
                },
            );
        __bindgen_bitfield_unit
            .set(
                52usize,
                3u8,
                {
                    let sd_xx0: u64 = unsafe { ::core::mem::transmute(sd_xx0) };
                    sd_xx0 as u64
                },
            );
        __bindgen_bitfield_unit
            .set(
                55usize,
                1u8,
                {
                    let sd_gran: u64 = unsafe { ::core::mem::transmute(sd_gran) };
                    sd_gran as u64
                },
            );
        __bindgen_bitfield_unit
            .set(
                56usize,
                40u8,
                {
                    let sd_hibase: u64 = unsafe { ::core::mem::transmute(sd_hibase) };
                    sd_hibase as u64
                },
            );
        __bindgen_bitfield_unit
            .set(
                96usize,
                8u8,
                {
                    let sd_xx1: u64 = unsafe { ::core::mem::transmute(sd_xx1) };
                    sd_xx1 as u64
                },
            );
        __bindgen_bitfield_unit
            .set(
                104usize,
                5u8,
                {
                    let sd_mbz: u64 = unsafe { ::core::mem::transmute(sd_mbz) };
                    sd_mbz as u64
                },
            );
        __bindgen_bitfield_unit
            .set(
                109usize,
                19u8,
                {
                    let sd_xx2: u64 = unsafe { ::core::mem::transmute(sd_xx2) };
                    sd_xx2 as u64
                },
            );
        __bindgen_bitfield_unit
    }
}
#[repr(C, packed)]
#[derive(Copy, Clone)]
pub struct region_descriptor {
    pub _bitfield_align_1: [u8; 0],
    pub _bitfield_1: __BindgenBitfieldUnit<[u8; 10usize]>,
}
impl region_descriptor {
    #[inline]
    pub fn rd_limit(&self) -> u64 {
        unsafe { ::core::mem::transmute(self._bitfield_1.get(0usize, 16u8) as u64) }
    }
    #[inline]
    pub fn set_rd_limit(&mut self, val: u64) {
        unsafe {
            let val: u64 = ::core::mem::transmute(val);
            self._bitfield_1.set(0usize, 16u8, val as u64)
        }
    }
    #[inline]
    pub unsafe fn rd_limit_raw(this: *const Self) -> u64 {
        unsafe {
            ::core::mem::transmute(
                <__BindgenBitfieldUnit<
                    [u8; 10usize],
                >>::raw_get(::core::ptr::addr_of!((*this)._bitfield_1), 0usize, 16u8)
                    as u64,
            )
        }
    }
    #[inline]
    pub unsafe fn set_rd_limit_raw(this: *mut Self, val: u64) {
        unsafe {
            let val: u64 = ::core::mem::transmute(val);
            <__BindgenBitfieldUnit<
                [u8; 10usize],
            >>::raw_set(
                ::core::ptr::addr_of_mut!((*this)._bitfield_1),
                0usize,
                16u8,
                val as u64,
            )
        }
    }
    #[inline]
    pub fn rd_base(&self) -> u64 {
        unsafe { ::core::mem::transmute(self._bitfield_1.get(16usize, 64u8) as u64) }
    }
    #[inline]
    pub fn set_rd_base(&mut self, val: u64) {
        unsafe {
            let val: u64 = ::core::mem::transmute(val);
            self._bitfield_1.set(16usize, 64u8, val as u64)
        }
    }
    #[inline]
    pub unsafe fn rd_base_raw(this: *const Self) -> u64 {
        unsafe {
            ::core::mem::transmute(
                <__BindgenBitfieldUnit<
                    [u8; 10usize],
                >>::raw_get(::core::ptr::addr_of!((*this)._bitfield_1), 16usize, 64u8)
                    as u64,
            )
        }
    }
    #[inline]
    pub unsafe fn set_rd_base_raw(this: *mut Self, val: u64) {
        unsafe {
            let val: u64 = ::core::mem::transmute(val);
            <__BindgenBitfieldUnit<
                [u8; 10usize],
            >>::raw_set(
                ::core::ptr::addr_of_mut!((*this)._bitfield_1),
                16usize,
                64u8,
                val as u64,
            )
        }
    }
    #[inline]
    pub fn new_bitfield_1(
        rd_limit: u64,
        rd_base: u64,
    ) -> __BindgenBitfieldUnit<[u8; 10usize]> {
        let mut __bindgen_bitfield_unit: __BindgenBitfieldUnit<[u8; 10usize]> = Default::default();
        __bindgen_bitfield_unit
            .set(
                0usize,
                16u8,
                {
                    let rd_limit: u64 = unsafe { ::core::mem::transmute(rd_limit) };
                    rd_limit as u64
                },
            );
        __bindgen_bitfield_unit
            .set(
                16usize,
                64u8,
                {
                    let rd_base: u64 = unsafe { ::core::mem::transmute(rd_base) };
                    rd_base as u64
                },
            );
        __bindgen_bitfield_unit
    }
}
#[repr(C, packed(4))]
#[derive(Copy, Clone)]
pub struct amd64tss {
    pub tss_rsvd0: u_int32_t,
    pub tss_rsp0: u_int64_t,
    pub tss_rsp1: u_int64_t,
    pub tss_rsp2: u_int64_t,
    pub tss_rsvd1: u_int32_t,
    pub tss_rsvd2: u_int32_t,
    pub tss_ist1: u_int64_t,
    pub tss_ist2: u_int64_t,
    pub tss_ist3: u_int64_t,
    pub tss_ist4: u_int64_t,
    pub tss_ist5: u_int64_t,
    pub tss_ist6: u_int64_t,
    pub tss_ist7: u_int64_t,
    pub tss_rsvd3: u_int32_t,
    pub tss_rsvd4: u_int32_t,
    pub tss_rsvd5: u_int16_t,
    pub tss_iobase: u_int16_t,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct monitorbuf {
    pub idle_state: ::core::ffi::c_int,
    pub stop_state: ::core::ffi::c_int,
    pub padding: [::core::ffi::c_char; 120usize],
}
#[repr(C)]
#[repr(align(128))]
#[derive(Copy, Clone)]
pub struct pcpu {
    pub pc_curthread: *mut thread,
    pub pc_idlethread: *mut thread,
    pub pc_fpcurthread: *mut thread,
    pub pc_deadthread: *mut thread,
    pub pc_curpcb: *mut pcb,
    pub pc_sched: *mut ::core::ffi::c_void,
    pub pc_switchtime: u64,
    pub pc_switchticks: ::core::ffi::c_int,
    pub pc_cpuid: u_int,
    pub pc_allcpu: pcpu__bindgen_ty_1,
    pub pc_spinlocks: *mut lock_list_entry,
    pub pc_cp_time: [::core::ffi::c_long; 5usize],
    pub pc_device: *mut _device,
    pub pc_netisr: *mut ::core::ffi::c_void,
    pub pc_vfs_freevnodes: i8,
    pub pc_unused1: [::core::ffi::c_char; 3usize],
    pub pc_domain: ::core::ffi::c_int,
    pub pc_rm_queue: rm_queue,
    pub pc_dynamic: usize,
    pub pc_early_dummy_counter: u64,
    pub pc_zpcpu_offset: usize,
    pub __bindgen_padding_0: [u32; 18usize],
    pub pc_monitorbuf: monitorbuf,
    pub pc_prvspace: *mut pcpu,
    pub pc_curpmap: *mut pmap,
    pub pc_tssp: *mut amd64tss,
    pub pc_pad0: *mut ::core::ffi::c_void,
    pub pc_kcr3: u64,
    pub pc_ucr3: u64,
    pub pc_saved_ucr3: u64,
    pub pc_rsp0: register_t,
    pub pc_scratch_rsp: register_t,
    pub pc_scratch_rax: register_t,
    pub pc_apic_id: u_int,
    pub pc_acpi_id: u_int,
    pub pc_fs32p: *mut user_segment_descriptor,
    pub pc_gs32p: *mut user_segment_descriptor,
    pub pc_ldt: *mut system_segment_descriptor,
    pub pc_tss: *mut system_segment_descriptor,
    pub pc_cmci_mask: u_int,
    pub pc_dbreg: [u64; 16usize],
    pub pc_pti_stack: [u64; 16usize],
    pub pc_pti_rsp0: register_t,
    pub pc_dbreg_cmd: ::core::ffi::c_int,
    pub pc_vcpu_id: u_int,
    pub pc_pcid_next: u32,
    pub pc_pcid_gen: u32,
    pub pc_unused: u32,
    pub pc_ibpb_set: u32,
    pub pc_mds_buf: *mut ::core::ffi::c_void,
    pub pc_mds_buf64: *mut ::core::ffi::c_void,
    pub pc_pad: [u32; 4usize],
    pub pc_mds_tmp: [u8; 64usize],
    pub pc_ipi_bitmap: u_int,
    pub pc_common_tss: amd64tss,
    pub pc_gdt: [user_segment_descriptor; 13usize],
    pub pc_smp_tlb_pmap: *mut ::core::ffi::c_void,
    pub pc_smp_tlb_addr1: u64,
    pub pc_smp_tlb_addr2: u64,
    pub pc_smp_tlb_gen: u32,
    pub pc_smp_tlb_op: u_int,
    pub pc_ucr3_load_mask: u64,
    pub pc_small_core: u_int,
    pub pc_pcid_invlpg_workaround: u_int,
    pub pc_kpmap_store: pmap_pcid,
    pub __pad: [::core::ffi::c_char; 2900usize],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct pcpu__bindgen_ty_1 {
    pub stqe_next: *mut pcpu,
}
unsafe extern "C" {
    pub static mut __pcpu: *mut pcpu;
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct tty {
    _unused: [u8; 0],
}
unsafe extern "C" {
    pub fn hashinit(
        count: ::core::ffi::c_int,
        type_: *mut malloc_type,
        hashmask: *mut u_long,
    ) -> *mut ::core::ffi::c_void;
}
unsafe extern "C" {
    pub fn critical_exit_preempt();
}
pub type cpu_tick_f = ::core::option::Option<unsafe extern "C" fn() -> u64>;
unsafe extern "C" {
    pub static mut cpu_ticks: cpu_tick_f;
}
unsafe extern "C" {
    pub fn _sleep(
        chan: *const ::core::ffi::c_void,
        lock: *mut lock_object,
        pri: ::core::ffi::c_int,
        wmesg: *const ::core::ffi::c_char,
        sbt: sbintime_t,
        pr: sbintime_t,
        flags: ::core::ffi::c_int,
    ) -> ::core::ffi::c_int;
}
unsafe extern "C" {
    pub fn wakeup(chan: *const ::core::ffi::c_void);
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct sysctl_req {
    pub td: *mut thread,
    pub lock: ::core::ffi::c_int,
    pub oldptr: *mut ::core::ffi::c_void,
    pub oldlen: usize,
    pub oldidx: usize,
    pub oldfunc: ::core::option::Option<
        unsafe extern "C" fn(
            arg1: *mut sysctl_req,
            arg2: *const ::core::ffi::c_void,
            arg3: usize,
        ) -> ::core::ffi::c_int,
    >,
    pub newptr: *const ::core::ffi::c_void,
    pub newlen: usize,
    pub newidx: usize,
    pub newfunc: ::core::option::Option<
        unsafe extern "C" fn(
            arg1: *mut sysctl_req,
            arg2: *mut ::core::ffi::c_void,
            arg3: usize,
        ) -> ::core::ffi::c_int,
    >,
    pub validlen: usize,
    pub flags: ::core::ffi::c_int,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct sysctl_oid_list {
    pub rbh_root: *mut sysctl_oid,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct sysctl_oid {
    pub oid_children: sysctl_oid_list,
    pub oid_parent: *mut sysctl_oid_list,
    pub oid_link: sysctl_oid__bindgen_ty_1,
    pub oid_number: ::core::ffi::c_int,
    pub oid_kind: u_int,
    pub oid_arg1: *mut ::core::ffi::c_void,
    pub oid_arg2: intmax_t,
    pub oid_name: *const ::core::ffi::c_char,
    pub oid_handler: ::core::option::Option<
        unsafe extern "C" fn(
            oidp: *mut sysctl_oid,
            arg1: *mut ::core::ffi::c_void,
            arg2: intmax_t,
            req: *mut sysctl_req,
        ) -> ::core::ffi::c_int,
    >,
    pub oid_fmt: *const ::core::ffi::c_char,
    pub oid_refcnt: ::core::ffi::c_int,
    pub oid_running: u_int,
    pub oid_descr: *const ::core::ffi::c_char,
    pub oid_label: *const ::core::ffi::c_char,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct sysctl_oid__bindgen_ty_1 {
    pub rbe_link: [*mut sysctl_oid; 3usize],
}
unsafe extern "C" {
    pub fn sysctl_handle_int(
        oidp: *mut sysctl_oid,
        arg1: *mut ::core::ffi::c_void,
        arg2: intmax_t,
        req: *mut sysctl_req,
    ) -> ::core::ffi::c_int;
}
unsafe extern "C" {
    pub static mut sysctl___kern: sysctl_oid;
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct vm_map_entry {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct vm_object {
    _unused: [u8; 0],
}
unsafe extern "C" {
    pub static mut vm_ndomains: ::core::ffi::c_int;
}
unsafe extern "C" {
    pub fn thread_recycle(
        arg1: *mut thread,
        pages: ::core::ffi::c_int,
    ) -> ::core::ffi::c_int;
}
unsafe extern "C" {
    pub static mut hz: ::core::ffi::c_int;
}
unsafe extern "C" {
    pub static mut ticks: ::core::ffi::c_int;
}
pub const SI_SUB_DUMMY: sysinit_sub_id = 0;
pub const SI_SUB_DONE: sysinit_sub_id = 1;
pub const SI_SUB_TUNABLES: sysinit_sub_id = 7340032;
pub const SI_SUB_COPYRIGHT: sysinit_sub_id = 8388609;
pub const SI_SUB_VM: sysinit_sub_id = 16777216;
pub const SI_SUB_COUNTER: sysinit_sub_id = 17825792;
pub const SI_SUB_KMEM: sysinit_sub_id = 25165824;
pub const SI_SUB_HYPERVISOR: sysinit_sub_id = 27525120;
pub const SI_SUB_WITNESS: sysinit_sub_id = 27787264;
pub const SI_SUB_MTX_POOL_DYNAMIC: sysinit_sub_id = 28049408;
pub const SI_SUB_LOCK: sysinit_sub_id = 28311552;
pub const SI_SUB_EVENTHANDLER: sysinit_sub_id = 29360128;
pub const SI_SUB_VNET_PRELINK: sysinit_sub_id = 31457280;
pub const SI_SUB_KLD: sysinit_sub_id = 33554432;
pub const SI_SUB_KHELP: sysinit_sub_id = 34078720;
pub const SI_SUB_CPU: sysinit_sub_id = 34603008;
pub const SI_SUB_RACCT: sysinit_sub_id = 34668544;
pub const SI_SUB_KDTRACE: sysinit_sub_id = 34865152;
pub const SI_SUB_RANDOM: sysinit_sub_id = 34996224;
pub const SI_SUB_MAC: sysinit_sub_id = 35127296;
pub const SI_SUB_MAC_POLICY: sysinit_sub_id = 35389440;
pub const SI_SUB_MAC_LATE: sysinit_sub_id = 35454976;
pub const SI_SUB_VNET: sysinit_sub_id = 35520512;
pub const SI_SUB_INTRINSIC: sysinit_sub_id = 35651584;
pub const SI_SUB_VM_CONF: sysinit_sub_id = 36700160;
pub const SI_SUB_DDB_SERVICES: sysinit_sub_id = 37224448;
pub const SI_SUB_RUN_QUEUE: sysinit_sub_id = 37748736;
pub const SI_SUB_KTRACE: sysinit_sub_id = 38273024;
pub const SI_SUB_OPENSOLARIS: sysinit_sub_id = 38338560;
pub const SI_SUB_AUDIT: sysinit_sub_id = 38535168;
pub const SI_SUB_CREATE_INIT: sysinit_sub_id = 38797312;
pub const SI_SUB_SCHED_IDLE: sysinit_sub_id = 39845888;
pub const SI_SUB_MBUF: sysinit_sub_id = 40894464;
pub const SI_SUB_INTR: sysinit_sub_id = 41943040;
pub const SI_SUB_TASKQ: sysinit_sub_id = 42467328;
pub const SI_SUB_EPOCH: sysinit_sub_id = 42500096;
pub const SI_SUB_SOFTINTR: sysinit_sub_id = 44040192;
pub const SI_SUB_DEVFS: sysinit_sub_id = 49283072;
pub const SI_SUB_INIT_IF: sysinit_sub_id = 50331648;
pub const SI_SUB_NETGRAPH: sysinit_sub_id = 50397184;
pub const SI_SUB_DTRACE: sysinit_sub_id = 50462720;
pub const SI_SUB_DTRACE_PROVIDER: sysinit_sub_id = 50626560;
pub const SI_SUB_DTRACE_ANON: sysinit_sub_id = 50905088;
pub const SI_SUB_DRIVERS: sysinit_sub_id = 51380224;
pub const SI_SUB_CONFIGURE: sysinit_sub_id = 58720256;
pub const SI_SUB_VFS: sysinit_sub_id = 67108864;
pub const SI_SUB_CLOCKS: sysinit_sub_id = 75497472;
pub const SI_SUB_SYSV_SHM: sysinit_sub_id = 104857600;
pub const SI_SUB_SYSV_SEM: sysinit_sub_id = 109051904;
pub const SI_SUB_SYSV_MSG: sysinit_sub_id = 113246208;
pub const SI_SUB_P1003_1B: sysinit_sub_id = 115343360;
pub const SI_SUB_PSEUDO: sysinit_sub_id = 117440512;
pub const SI_SUB_EXEC: sysinit_sub_id = 121634816;
pub const SI_SUB_PROTO_BEGIN: sysinit_sub_id = 134217728;
pub const SI_SUB_PROTO_PFIL: sysinit_sub_id = 135266304;
pub const SI_SUB_PROTO_IF: sysinit_sub_id = 138412032;
pub const SI_SUB_PROTO_DOMAININIT: sysinit_sub_id = 140509184;
pub const SI_SUB_PROTO_MC: sysinit_sub_id = 141557760;
pub const SI_SUB_PROTO_DOMAIN: sysinit_sub_id = 142606336;
pub const SI_SUB_PROTO_FIREWALL: sysinit_sub_id = 142630912;
pub const SI_SUB_PROTO_IFATTACHDOMAIN: sysinit_sub_id = 142639104;
pub const SI_SUB_PROTO_END: sysinit_sub_id = 150994943;
pub const SI_SUB_KPROF: sysinit_sub_id = 150994944;
pub const SI_SUB_KICK_SCHEDULER: sysinit_sub_id = 167772160;
pub const SI_SUB_INT_CONFIG_HOOKS: sysinit_sub_id = 176160768;
pub const SI_SUB_ROOT_CONF: sysinit_sub_id = 184549376;
pub const SI_SUB_INTRINSIC_POST: sysinit_sub_id = 218103808;
pub const SI_SUB_SYSCALLS: sysinit_sub_id = 226492416;
pub const SI_SUB_VNET_DONE: sysinit_sub_id = 230686720;
pub const SI_SUB_KTHREAD_INIT: sysinit_sub_id = 234881024;
pub const SI_SUB_KTHREAD_PAGE: sysinit_sub_id = 239075328;
pub const SI_SUB_KTHREAD_VM: sysinit_sub_id = 243269632;
pub const SI_SUB_KTHREAD_BUF: sysinit_sub_id = 245366784;
pub const SI_SUB_KTHREAD_UPDATE: sysinit_sub_id = 247463936;
pub const SI_SUB_KTHREAD_IDLE: sysinit_sub_id = 249561088;
pub const SI_SUB_SMP: sysinit_sub_id = 251658240;
pub const SI_SUB_RACCTD: sysinit_sub_id = 252706816;
pub const SI_SUB_LAST: sysinit_sub_id = 268435455;
pub type sysinit_sub_id = ::core::ffi::c_uint;
pub const SI_ORDER_FIRST: sysinit_elem_order = 0;
pub const SI_ORDER_SECOND: sysinit_elem_order = 1;
pub const SI_ORDER_THIRD: sysinit_elem_order = 2;
pub const SI_ORDER_FOURTH: sysinit_elem_order = 3;
pub const SI_ORDER_FIFTH: sysinit_elem_order = 4;
pub const SI_ORDER_SIXTH: sysinit_elem_order = 5;
pub const SI_ORDER_SEVENTH: sysinit_elem_order = 6;
pub const SI_ORDER_EIGHTH: sysinit_elem_order = 7;
pub const SI_ORDER_MIDDLE: sysinit_elem_order = 16777216;
pub const SI_ORDER_ANY: sysinit_elem_order = 268435455;
pub type sysinit_elem_order = ::core::ffi::c_uint;
pub type sysinit_cfunc_t = ::core::option::Option<
    unsafe extern "C" fn(arg1: *const ::core::ffi::c_void),
>;
#[repr(C)]
#[derive(Copy, Clone)]
pub struct sysinit {
    pub subsystem: sysinit_sub_id,
    pub order: sysinit_elem_order,
    pub next: sysinit__bindgen_ty_1,
    pub func: sysinit_cfunc_t,
    pub udata: *const ::core::ffi::c_void,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct sysinit__bindgen_ty_1 {
    pub stqe_next: *mut sysinit,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct lock_list_entry {
    _unused: [u8; 0],
}
unsafe extern "C" {
    pub fn spinlock_enter();
}
unsafe extern "C" {
    pub fn spinlock_exit();
}
unsafe extern "C" {
    pub fn witness_save(
        arg1: *mut lock_object,
        arg2: *mut *const ::core::ffi::c_char,
        arg3: *mut ::core::ffi::c_int,
    );
}
unsafe extern "C" {
    pub fn witness_restore(
        arg1: *mut lock_object,
        arg2: *const ::core::ffi::c_char,
        arg3: ::core::ffi::c_int,
    );
}
unsafe extern "C" {
    pub fn witness_thread_exit(arg1: *mut thread);
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct malloc_type_stats {
    pub mts_memalloced: u64,
    pub mts_memfreed: u64,
    pub mts_numallocs: u64,
    pub mts_numfrees: u64,
    pub mts_size: u64,
    pub _mts_reserved1: u64,
    pub _mts_reserved2: u64,
    pub _mts_reserved3: u64,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct malloc_type_internal {
    pub mti_probes: [u32; 2usize],
    pub mti_zone: u_char,
    pub mti_stats: *mut malloc_type_stats,
    pub mti_spare: [u_long; 8usize],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct malloc_type {
    pub ks_next: *mut malloc_type,
    pub ks_version: u_long,
    pub ks_shortdesc: *const ::core::ffi::c_char,
    pub ks_mti: malloc_type_internal,
}
unsafe extern "C" {
    pub static mut M_TEMP: [malloc_type; 1usize];
}
unsafe extern "C" {
    pub fn malloc_init(arg1: *mut ::core::ffi::c_void);
}
unsafe extern "C" {
    pub fn malloc_uninit(arg1: *mut ::core::ffi::c_void);
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct lock_profile_object {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct lpohead {
    pub lh_first: *mut lock_profile_object,
}
unsafe extern "C" {
    pub static mut sdt_probes_enabled: bool_;
}
pub type sdt_probe_func_t = ::core::option::Option<
    unsafe extern "C" fn(
        arg1: u32,
        arg0: usize,
        arg1: usize,
        arg2: usize,
        arg3: usize,
        arg4: usize,
    ),
>;
unsafe extern "C" {
    pub static mut sdt_probe_func: sdt_probe_func_t;
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct linker_file {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct sdt_argtype {
    pub ndx: ::core::ffi::c_int,
    pub type_: *const ::core::ffi::c_char,
    pub xtype: *const ::core::ffi::c_char,
    pub argtype_entry: sdt_argtype__bindgen_ty_1,
    pub probe: *mut sdt_probe,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct sdt_argtype__bindgen_ty_1 {
    pub tqe_next: *mut sdt_argtype,
    pub tqe_prev: *mut *mut sdt_argtype,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct sdt_probe {
    pub version: ::core::ffi::c_int,
    pub prov: *mut sdt_provider,
    pub probe_entry: sdt_probe__bindgen_ty_1,
    pub argtype_list: sdt_probe__bindgen_ty_2,
    pub mod_: *const ::core::ffi::c_char,
    pub func: *const ::core::ffi::c_char,
    pub name: *const ::core::ffi::c_char,
    pub id: id_t,
    pub n_args: ::core::ffi::c_int,
    pub sdtp_lf: *mut linker_file,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct sdt_probe__bindgen_ty_1 {
    pub tqe_next: *mut sdt_probe,
    pub tqe_prev: *mut *mut sdt_probe,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct sdt_probe__bindgen_ty_2 {
    pub tqh_first: *mut sdt_argtype,
    pub tqh_last: *mut *mut sdt_argtype,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct sdt_provider {
    pub name: *mut ::core::ffi::c_char,
    pub prov_entry: sdt_provider__bindgen_ty_1,
    pub id: usize,
    pub sdt_refs: ::core::ffi::c_int,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct sdt_provider__bindgen_ty_1 {
    pub tqe_next: *mut sdt_provider,
    pub tqe_prev: *mut *mut sdt_provider,
}
unsafe extern "C" {
    pub static mut sdt_lockstat___spin__release: [sdt_probe; 1usize];
}
unsafe extern "C" {
    pub static mut lockstat_enabled: bool_;
}
unsafe extern "C" {
    pub fn _mtx_init(
        c: *mut usize,
        name: *const ::core::ffi::c_char,
        type_: *const ::core::ffi::c_char,
        opts: ::core::ffi::c_int,
    );
}
unsafe extern "C" {
    pub fn __mtx_lock_sleep(c: *mut usize, v: usize);
}
unsafe extern "C" {
    pub fn __mtx_unlock_sleep(c: *mut usize, v: usize);
}
unsafe extern "C" {
    pub fn _mtx_lock_spin_cookie(c: *mut usize, v: usize);
}
unsafe extern "C" {
    pub fn __mtx_lock_flags(
        c: *mut usize,
        opts: ::core::ffi::c_int,
        file: *const ::core::ffi::c_char,
        line: ::core::ffi::c_int,
    );
}
unsafe extern "C" {
    pub fn __mtx_unlock_flags(
        c: *mut usize,
        opts: ::core::ffi::c_int,
        file: *const ::core::ffi::c_char,
        line: ::core::ffi::c_int,
    );
}
unsafe extern "C" {
    pub fn __mtx_lock_spin_flags(
        c: *mut usize,
        opts: ::core::ffi::c_int,
        file: *const ::core::ffi::c_char,
        line: ::core::ffi::c_int,
    );
}
unsafe extern "C" {
    pub fn __mtx_unlock_spin_flags(
        c: *mut usize,
        opts: ::core::ffi::c_int,
        file: *const ::core::ffi::c_char,
        line: ::core::ffi::c_int,
    );
}
unsafe extern "C" {
    pub fn thread_lock_flags_(
        arg1: *mut thread,
        arg2: ::core::ffi::c_int,
        arg3: *const ::core::ffi::c_char,
        arg4: ::core::ffi::c_int,
    );
}
unsafe extern "C" {
    pub fn _thread_lock(arg1: *mut thread);
}
unsafe extern "C" {
    pub static mut Giant: mtx;
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct kevent {
    pub ident: __uintptr_t,
    pub filter: ::core::ffi::c_short,
    pub flags: ::core::ffi::c_ushort,
    pub fflags: ::core::ffi::c_uint,
    pub data: __int64_t,
    pub udata: *mut ::core::ffi::c_void,
    pub ext: [__uint64_t; 4usize],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct klist {
    pub slh_first: *mut knote,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct kqueue {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct knlist {
    pub kl_list: klist,
    pub kl_lock: ::core::option::Option<
        unsafe extern "C" fn(arg1: *mut ::core::ffi::c_void),
    >,
    pub kl_unlock: ::core::option::Option<
        unsafe extern "C" fn(arg1: *mut ::core::ffi::c_void),
    >,
    pub kl_assert_lock: ::core::option::Option<
        unsafe extern "C" fn(arg1: *mut ::core::ffi::c_void, arg2: ::core::ffi::c_int),
    >,
    pub kl_lockarg: *mut ::core::ffi::c_void,
    pub kl_autodestroy: ::core::ffi::c_int,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct filterops {
    pub f_isfd: ::core::ffi::c_int,
    pub f_attach: ::core::option::Option<
        unsafe extern "C" fn(kn: *mut knote) -> ::core::ffi::c_int,
    >,
    pub f_detach: ::core::option::Option<unsafe extern "C" fn(kn: *mut knote)>,
    pub f_event: ::core::option::Option<
        unsafe extern "C" fn(
            kn: *mut knote,
            hint: ::core::ffi::c_long,
        ) -> ::core::ffi::c_int,
    >,
    pub f_touch: ::core::option::Option<
        unsafe extern "C" fn(kn: *mut knote, kev: *mut kevent, type_: u_long),
    >,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct knote {
    pub kn_link: knote__bindgen_ty_1,
    pub kn_selnext: knote__bindgen_ty_2,
    pub kn_knlist: *mut knlist,
    pub kn_tqe: knote__bindgen_ty_3,
    pub kn_kq: *mut kqueue,
    pub kn_kevent: kevent,
    pub kn_hook: *mut ::core::ffi::c_void,
    pub kn_hookid: ::core::ffi::c_int,
    pub kn_status: ::core::ffi::c_int,
    pub kn_influx: ::core::ffi::c_int,
    pub kn_sfflags: ::core::ffi::c_int,
    pub kn_sdata: i64,
    pub kn_ptr: knote__bindgen_ty_4,
    pub kn_fop: *const filterops,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct knote__bindgen_ty_1 {
    pub sle_next: *mut knote,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct knote__bindgen_ty_2 {
    pub sle_next: *mut knote,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct knote__bindgen_ty_3 {
    pub tqe_next: *mut knote,
    pub tqe_prev: *mut *mut knote,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub union knote__bindgen_ty_4 {
    pub p_fp: *mut file,
    pub p_proc: *mut proc_,
    pub p_aio: *mut kaiocb,
    pub p_lio: *mut aioliojob,
    pub p_v: *mut ::core::ffi::c_void,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct eventhandler_entry {
    pub ee_link: eventhandler_entry__bindgen_ty_1,
    pub ee_priority: ::core::ffi::c_int,
    pub ee_arg: *mut ::core::ffi::c_void,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct eventhandler_entry__bindgen_ty_1 {
    pub tqe_next: *mut eventhandler_entry,
    pub tqe_prev: *mut *mut eventhandler_entry,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct cv {
    pub cv_description: *const ::core::ffi::c_char,
    pub cv_waiters: ::core::ffi::c_int,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct osd {
    pub osd_nslots: u_int,
    pub osd_slots: *mut *mut ::core::ffi::c_void,
    pub osd_next: osd__bindgen_ty_1,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct osd__bindgen_ty_1 {
    pub le_next: *mut osd,
    pub le_prev: *mut *mut osd,
}
unsafe extern "C" {
    pub fn osd_exit(type_: u_int, osd: *mut osd);
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct sigio {
    pub sio_u: sigio__bindgen_ty_1,
    pub sio_pgsigio: sigio__bindgen_ty_2,
    pub sio_myref: *mut *mut sigio,
    pub sio_ucred: *mut ucred,
    pub sio_pgid: pid_t,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub union sigio__bindgen_ty_1 {
    pub siu_proc: *mut proc_,
    pub siu_pgrp: *mut pgrp,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct sigio__bindgen_ty_2 {
    pub sle_next: *mut sigio,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct sigiolst {
    pub slh_first: *mut sigio,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub union sigval {
    pub sival_int: ::core::ffi::c_int,
    pub sival_ptr: *mut ::core::ffi::c_void,
    pub sigval_int: ::core::ffi::c_int,
    pub sigval_ptr: *mut ::core::ffi::c_void,
}
pub type __sighandler_t = ::core::option::Option<
    unsafe extern "C" fn(arg1: ::core::ffi::c_int),
>;
#[repr(C)]
#[derive(Copy, Clone)]
pub struct __siginfo {
    pub si_signo: ::core::ffi::c_int,
    pub si_errno: ::core::ffi::c_int,
    pub si_code: ::core::ffi::c_int,
    pub si_pid: __pid_t,
    pub si_uid: __uid_t,
    pub si_status: ::core::ffi::c_int,
    pub si_addr: *mut ::core::ffi::c_void,
    pub si_value: sigval,
    pub _reason: __siginfo__bindgen_ty_1,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub union __siginfo__bindgen_ty_1 {
    pub _fault: __siginfo__bindgen_ty_1__bindgen_ty_1,
    pub _timer: __siginfo__bindgen_ty_1__bindgen_ty_2,
    pub _mesgq: __siginfo__bindgen_ty_1__bindgen_ty_3,
    pub _poll: __siginfo__bindgen_ty_1__bindgen_ty_4,
    pub _capsicum: __siginfo__bindgen_ty_1__bindgen_ty_5,
    pub __spare__: __siginfo__bindgen_ty_1__bindgen_ty_6,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct __siginfo__bindgen_ty_1__bindgen_ty_1 {
    pub _trapno: ::core::ffi::c_int,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct __siginfo__bindgen_ty_1__bindgen_ty_2 {
    pub _timerid: ::core::ffi::c_int,
    pub _overrun: ::core::ffi::c_int,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct __siginfo__bindgen_ty_1__bindgen_ty_3 {
    pub _mqd: ::core::ffi::c_int,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct __siginfo__bindgen_ty_1__bindgen_ty_4 {
    pub _band: ::core::ffi::c_long,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct __siginfo__bindgen_ty_1__bindgen_ty_5 {
    pub _syscall: ::core::ffi::c_int,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct __siginfo__bindgen_ty_1__bindgen_ty_6 {
    pub __spare1__: ::core::ffi::c_long,
    pub __spare2__: [::core::ffi::c_int; 7usize],
}
pub type siginfo_t = __siginfo;
pub type sig_t = __sighandler_t;
pub type stack_t = sigaltstack;
#[repr(C)]
#[derive(Copy, Clone)]
pub struct sigaltstack {
    pub ss_sp: *mut ::core::ffi::c_void,
    pub ss_size: __size_t,
    pub ss_flags: ::core::ffi::c_int,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct sigacts {
    pub ps_sigact: [sig_t; 128usize],
    pub ps_catchmask: [sigset_t; 128usize],
    pub ps_sigonstack: sigset_t,
    pub ps_sigintr: sigset_t,
    pub ps_sigreset: sigset_t,
    pub ps_signodefer: sigset_t,
    pub ps_siginfo: sigset_t,
    pub ps_sigignore: sigset_t,
    pub ps_sigcatch: sigset_t,
    pub ps_freebsd4: sigset_t,
    pub ps_osigset: sigset_t,
    pub ps_usertramp: sigset_t,
    pub ps_flag: ::core::ffi::c_int,
    pub ps_refcnt: u_int,
    pub ps_mtx: mtx,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct ksiginfo {
    pub ksi_link: ksiginfo__bindgen_ty_1,
    pub ksi_info: siginfo_t,
    pub ksi_flags: ::core::ffi::c_int,
    pub ksi_sigq: *mut sigqueue,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct ksiginfo__bindgen_ty_1 {
    pub tqe_next: *mut ksiginfo,
    pub tqe_prev: *mut *mut ksiginfo,
}
pub type ksiginfo_t = ksiginfo;
#[repr(C)]
#[derive(Copy, Clone)]
pub struct sigqueue {
    pub sq_signals: sigset_t,
    pub sq_kill: sigset_t,
    pub sq_ptrace: sigset_t,
    pub sq_list: sigqueue__bindgen_ty_1,
    pub sq_proc: *mut proc_,
    pub sq_flags: ::core::ffi::c_int,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct sigqueue__bindgen_ty_1 {
    pub tqh_first: *mut ksiginfo,
    pub tqh_last: *mut *mut ksiginfo,
}
pub type sigqueue_t = sigqueue;
unsafe extern "C" {
    pub fn ksiginfo_alloc(mwait: ::core::ffi::c_int) -> *mut ksiginfo_t;
}
unsafe extern "C" {
    pub fn sigqueue_init(queue: *mut sigqueue, p: *mut proc_);
}
pub type au_event_t = u_int16_t;
#[repr(C)]
#[repr(align(8))]
#[derive(Copy, Clone)]
pub struct auditinfo_addr {
    pub _bindgen_opaque_blob: [u64; 6usize],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct loginclass {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct ucred {
    pub cr_mtx: mtx,
    pub cr_ref: ::core::ffi::c_long,
    pub cr_users: u_int,
    pub cr_flags: u_int,
    pub cr_audit: auditinfo_addr,
    pub cr_uid: uid_t,
    pub cr_ruid: uid_t,
    pub cr_svuid: uid_t,
    pub cr_ngroups: ::core::ffi::c_int,
    pub cr_rgid: gid_t,
    pub cr_svgid: gid_t,
    pub cr_uidinfo: *mut uidinfo,
    pub cr_ruidinfo: *mut uidinfo,
    pub cr_prison: *mut prison,
    pub cr_loginclass: *mut loginclass,
    pub cr_pspare2: [*mut ::core::ffi::c_void; 2usize],
    pub cr_label: *mut label,
    pub cr_groups: *mut gid_t,
    pub cr_agroups: ::core::ffi::c_int,
    pub cr_smallgroups: [gid_t; 16usize],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct credbatch {
    pub cred: *mut ucred,
    pub users: ::core::ffi::c_int,
    pub ref_: ::core::ffi::c_int,
}
unsafe extern "C" {
    pub fn credbatch_add(crb: *mut credbatch, td: *mut thread);
}
unsafe extern "C" {
    pub fn credbatch_final(crb: *mut credbatch);
}
unsafe extern "C" {
    pub fn crfree(cr: *mut ucred);
}
unsafe extern "C" {
    pub fn crcowsync() -> *mut ucred;
}
unsafe extern "C" {
    pub fn crcowget(cr: *mut ucred) -> *mut ucred;
}
unsafe extern "C" {
    pub fn crcowfree(td: *mut thread);
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct _domainset {
    pub __bits: [::core::ffi::c_long; 1usize],
}
pub type domainset_t = _domainset;
#[repr(C)]
#[derive(Copy, Clone)]
pub struct domainset_ref {
    pub dr_policy: *mut domainset,
    pub dr_iter: ::core::ffi::c_uint,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct fpacc87 {
    pub fp_bytes: [u8; 10usize],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct xmmacc {
    pub xmm_bytes: [u8; 16usize],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct envxmm {
    pub en_cw: u16,
    pub en_sw: u16,
    pub en_tw: u8,
    pub en_zero: u8,
    pub en_opcode: u16,
    pub en_rip: u64,
    pub en_rdp: u64,
    pub en_mxcsr: u32,
    pub en_mxcsr_mask: u32,
}
#[repr(C)]
#[repr(align(16))]
#[derive(Copy, Clone)]
pub struct savefpu {
    pub sv_env: envxmm,
    pub sv_fp: [savefpu__bindgen_ty_1; 8usize],
    pub sv_xmm: [xmmacc; 16usize],
    pub sv_pad: [u8; 96usize],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct savefpu__bindgen_ty_1 {
    pub fp_acc: fpacc87,
    pub fp_pad: [u8; 6usize],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct pcb {
    pub pcb_r15: register_t,
    pub pcb_r14: register_t,
    pub pcb_r13: register_t,
    pub pcb_r12: register_t,
    pub pcb_rbp: register_t,
    pub pcb_rsp: register_t,
    pub pcb_rbx: register_t,
    pub pcb_rip: register_t,
    pub pcb_fsbase: register_t,
    pub pcb_gsbase: register_t,
    pub pcb_kgsbase: register_t,
    pub pcb_cr0: register_t,
    pub pcb_cr2: register_t,
    pub pcb_cr3: register_t,
    pub pcb_cr4: register_t,
    pub pcb_dr0: register_t,
    pub pcb_dr1: register_t,
    pub pcb_dr2: register_t,
    pub pcb_dr3: register_t,
    pub pcb_dr6: register_t,
    pub pcb_dr7: register_t,
    pub pcb_gdt: region_descriptor,
    pub pcb_idt: region_descriptor,
    pub pcb_ldt: region_descriptor,
    pub pcb_tr: u16,
    pub pcb_flags: u_int,
    pub pcb_initial_fpucw: u16,
    pub pcb_onfault: caddr_t,
    pub pcb_saved_ucr3: u64,
    pub pcb_tssp: *mut amd64tss,
    pub pcb_efer: register_t,
    pub pcb_star: register_t,
    pub pcb_lstar: register_t,
    pub pcb_cstar: register_t,
    pub pcb_sfmask: register_t,
    pub pcb_save: *mut savefpu,
    pub pcb_pad: [u64; 5usize],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct proc_ldt {
    pub ldt_base: caddr_t,
    pub ldt_refcnt: ::core::ffi::c_int,
}
#[repr(C)]
#[repr(align(16))]
#[derive(Copy, Clone)]
pub struct pmap_invl_gen {
    pub gen_: u_long,
    pub __bindgen_anon_1: pmap_invl_gen__bindgen_ty_1,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub union pmap_invl_gen__bindgen_ty_1 {
    pub link: pmap_invl_gen__bindgen_ty_1__bindgen_ty_1,
    pub __bindgen_anon_1: pmap_invl_gen__bindgen_ty_1__bindgen_ty_2,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct pmap_invl_gen__bindgen_ty_1__bindgen_ty_1 {
    pub le_next: *mut pmap_invl_gen,
    pub le_prev: *mut *mut pmap_invl_gen,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct pmap_invl_gen__bindgen_ty_1__bindgen_ty_2 {
    pub next: *mut pmap_invl_gen,
    pub saved_pri: u_char,
}
#[repr(C)]
#[repr(align(16))]
#[derive(Copy, Clone)]
pub struct mdthread {
    pub md_spinlock_count: ::core::ffi::c_int,
    pub md_saved_flags: register_t,
    pub md_spurflt_addr: register_t,
    pub __bindgen_padding_0: u64,
    pub md_invl_gen: pmap_invl_gen,
    pub md_efirt_tmp: register_t,
    pub md_efirt_dis_pf: ::core::ffi::c_int,
    pub md_pcb: pcb,
    pub md_stack_base: vm_offset_t,
    pub md_usr_fpu_save: *mut ::core::ffi::c_void,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct mdproc {
    pub md_ldt: *mut proc_ldt,
    pub md_ldt_sd: system_segment_descriptor,
    pub md_flags: u_int,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct trapframe {
    pub tf_rdi: register_t,
    pub tf_rsi: register_t,
    pub tf_rdx: register_t,
    pub tf_rcx: register_t,
    pub tf_r8: register_t,
    pub tf_r9: register_t,
    pub tf_rax: register_t,
    pub tf_rbx: register_t,
    pub tf_rbp: register_t,
    pub tf_r10: register_t,
    pub tf_r11: register_t,
    pub tf_r12: register_t,
    pub tf_r13: register_t,
    pub tf_r14: register_t,
    pub tf_r15: register_t,
    pub tf_trapno: u32,
    pub tf_fs: u16,
    pub tf_gs: u16,
    pub tf_addr: register_t,
    pub tf_flags: u32,
    pub tf_es: u16,
    pub tf_ds: u16,
    pub tf_err: register_t,
    pub tf_rip: register_t,
    pub tf_cs: register_t,
    pub tf_rflags: register_t,
    pub tf_rsp: register_t,
    pub tf_ss: register_t,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct session {
    pub s_count: u_int,
    pub s_leader: *mut proc_,
    pub s_ttyvp: *mut vnode,
    pub s_ttydp: *mut cdev_priv,
    pub s_ttyp: *mut tty,
    pub s_sid: pid_t,
    pub s_login: [::core::ffi::c_char; 40usize],
    pub s_mtx: mtx,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct pgrp {
    pub pg_hash: pgrp__bindgen_ty_1,
    pub pg_members: pgrp__bindgen_ty_2,
    pub pg_session: *mut session,
    pub pg_sigiolst: sigiolst,
    pub pg_id: pid_t,
    pub pg_mtx: mtx,
    pub pg_flags: ::core::ffi::c_int,
    pub pg_killsx: sx,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct pgrp__bindgen_ty_1 {
    pub le_next: *mut pgrp,
    pub le_prev: *mut *mut pgrp,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct pgrp__bindgen_ty_2 {
    pub lh_first: *mut proc_,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct pargs {
    pub ar_ref: u_int,
    pub ar_length: u_int,
    pub ar_args: [u_char; 1usize],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct filemon {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct kaioinfo {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct kaudit_record {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct kcov_info {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct kdtrace_proc {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct kdtrace_thread {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct kmsan_td {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct kq_timer_cb_data {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct mqueue_notifier {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct procdesc {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct racct {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct sleepqueue {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct turnstile {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct syscall_args {
    pub code: u_int,
    pub original_code: u_int,
    pub callp: *mut sysent,
    pub args: [register_t; 8usize],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct rusage_ext {
    pub rux_runtime: u64,
    pub rux_uticks: u64,
    pub rux_sticks: u64,
    pub rux_iticks: u64,
    pub rux_uu: u64,
    pub rux_su: u64,
    pub rux_tu: u64,
}
#[repr(C)]
#[repr(align(16))]
#[derive(Copy, Clone)]
pub struct thread {
    pub td_lock: *mut mtx,
    pub td_proc: *mut proc_,
    pub td_plist: thread__bindgen_ty_1,
    pub td_runq: thread__bindgen_ty_2,
    pub __bindgen_anon_1: thread__bindgen_ty_3,
    pub td_lockq: thread__bindgen_ty_4,
    pub td_hash: thread__bindgen_ty_5,
    pub td_cpuset: *mut cpuset,
    pub td_domain: domainset_ref,
    pub td_sel: *mut seltd,
    pub td_sleepqueue: *mut sleepqueue,
    pub td_turnstile: *mut turnstile,
    pub td_rlqe: *mut rl_q_entry,
    pub td_umtxq: *mut umtx_q,
    pub td_tid: lwpid_t,
    pub td_sigqueue: sigqueue_t,
    pub td_lend_user_pri: u_char,
    pub td_allocdomain: u_char,
    pub td_base_ithread_pri: u_char,
    pub td_kmsan: *mut kmsan_td,
    pub td_flags: ::core::ffi::c_int,
    pub td_ast: ::core::ffi::c_int,
    pub td_inhibitors: ::core::ffi::c_int,
    pub td_pflags: ::core::ffi::c_int,
    pub td_pflags2: ::core::ffi::c_int,
    pub td_dupfd: ::core::ffi::c_int,
    pub td_sqqueue: ::core::ffi::c_int,
    pub td_wchan: *const ::core::ffi::c_void,
    pub td_wmesg: *const ::core::ffi::c_char,
    pub td_owepreempt: u_char,
    pub td_tsqueue: u_char,
    pub td_stopsched: u_char,
    pub td_locks: ::core::ffi::c_int,
    pub td_rw_rlocks: ::core::ffi::c_int,
    pub td_sx_slocks: ::core::ffi::c_int,
    pub td_lk_slocks: ::core::ffi::c_int,
    pub td_blocked: *mut turnstile,
    pub td_lockname: *const ::core::ffi::c_char,
    pub td_contested: thread__bindgen_ty_6,
    pub td_sleeplocks: *mut lock_list_entry,
    pub td_intr_nesting_level: ::core::ffi::c_int,
    pub td_pinned: ::core::ffi::c_int,
    pub td_realucred: *mut ucred,
    pub td_ucred: *mut ucred,
    pub td_limit: *mut plimit,
    pub td_slptick: ::core::ffi::c_int,
    pub td_blktick: ::core::ffi::c_int,
    pub td_swvoltick: ::core::ffi::c_int,
    pub td_swinvoltick: ::core::ffi::c_int,
    pub td_cow: u_int,
    pub td_ru: rusage,
    pub td_rux: rusage_ext,
    pub td_incruntime: u64,
    pub td_runtime: u64,
    pub td_pticks: u_int,
    pub td_sticks: u_int,
    pub td_iticks: u_int,
    pub td_uticks: u_int,
    pub td_intrval: ::core::ffi::c_int,
    pub td_oldsigmask: sigset_t,
    pub td_generation: u_int,
    pub td_sigstk: stack_t,
    pub td_xsig: ::core::ffi::c_int,
    pub td_profil_addr: u_long,
    pub td_profil_ticks: u_int,
    pub td_name: [::core::ffi::c_char; 20usize],
    pub td_fpop: *mut file,
    pub td_dbgflags: ::core::ffi::c_int,
    pub td_si: siginfo_t,
    pub td_ng_outbound: ::core::ffi::c_int,
    pub td_osd: osd,
    pub td_map_def_user: *mut vm_map_entry,
    pub td_dbg_forked: pid_t,
    pub td_vp_reserved: *mut vnode,
    pub td_no_sleeping: u_int,
    pub td_su: *mut ::core::ffi::c_void,
    pub td_sleeptimo: sbintime_t,
    pub td_rtcgen: ::core::ffi::c_int,
    pub td_errno: ::core::ffi::c_int,
    pub td_vslock_sz: usize,
    pub td_kcov_info: *mut kcov_info,
    pub td_ucredref: ::core::ffi::c_long,
    pub td_sigmask: sigset_t,
    pub td_rqindex: u_char,
    pub td_base_pri: u_char,
    pub td_priority: u_char,
    pub td_pri_class: u_char,
    pub td_user_pri: u_char,
    pub td_base_user_pri: u_char,
    pub td_rb_list: usize,
    pub td_rbp_list: usize,
    pub td_rb_inact: usize,
    pub td_sa: syscall_args,
    pub td_sigblock_ptr: *mut ::core::ffi::c_void,
    pub td_sigblock_val: u32,
    pub td_pcb: *mut pcb,
    pub td_state: thread_td_states,
    pub td_uretoff: thread__bindgen_ty_7,
    pub td_cowgen: u_int,
    pub td_slpcallout: callout,
    pub td_frame: *mut trapframe,
    pub td_kstack: vm_offset_t,
    pub td_kstack_pages: ::core::ffi::c_int,
    pub td_critnest: u_int,
    pub td_md: mdthread,
    pub td_ar: *mut kaudit_record,
    pub td_lprof: [lpohead; 2usize],
    pub td_dtrace: *mut kdtrace_thread,
    pub td_vnet: *mut vnet,
    pub td_vnet_lpush: *const ::core::ffi::c_char,
    pub td_intr_frame: *mut trapframe,
    pub td_rfppwait_p: *mut proc_,
    pub td_ma: *mut *mut vm_page,
    pub td_ma_cnt: ::core::ffi::c_int,
    pub td_emuldata: *mut ::core::ffi::c_void,
    pub td_lastcpu: ::core::ffi::c_int,
    pub td_oncpu: ::core::ffi::c_int,
    pub td_lkpi_task: *mut ::core::ffi::c_void,
    pub td_pmcpend: ::core::ffi::c_int,
    pub td_remotereq: *mut ::core::ffi::c_void,
    pub td_ktr_io_lim: off_t,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct thread__bindgen_ty_1 {
    pub tqe_next: *mut thread,
    pub tqe_prev: *mut *mut thread,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct thread__bindgen_ty_2 {
    pub tqe_next: *mut thread,
    pub tqe_prev: *mut *mut thread,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub union thread__bindgen_ty_3 {
    pub td_slpq: thread__bindgen_ty_3__bindgen_ty_1,
    pub td_zombie: *mut thread,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct thread__bindgen_ty_3__bindgen_ty_1 {
    pub tqe_next: *mut thread,
    pub tqe_prev: *mut *mut thread,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct thread__bindgen_ty_4 {
    pub tqe_next: *mut thread,
    pub tqe_prev: *mut *mut thread,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct thread__bindgen_ty_5 {
    pub le_next: *mut thread,
    pub le_prev: *mut *mut thread,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct thread__bindgen_ty_6 {
    pub lh_first: *mut turnstile,
}
pub const TDS_INACTIVE: thread_td_states = 0;
pub const TDS_INHIBITED: thread_td_states = 1;
pub const TDS_CAN_RUN: thread_td_states = 2;
pub const TDS_RUNQ: thread_td_states = 3;
pub const TDS_RUNNING: thread_td_states = 4;
pub type thread_td_states = ::core::ffi::c_uint;
#[repr(C)]
#[derive(Copy, Clone)]
pub union thread__bindgen_ty_7 {
    pub tdu_retval: [syscallarg_t; 2usize],
    pub tdu_off: off_t,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct proc_ {
    pub p_list: proc__bindgen_ty_1,
    pub p_threads: proc__bindgen_ty_2,
    pub p_slock: mtx,
    pub p_ucred: *mut ucred,
    pub p_fd: *mut filedesc,
    pub p_fdtol: *mut filedesc_to_leader,
    pub p_pd: *mut pwddesc,
    pub p_stats: *mut pstats,
    pub p_limit: *mut plimit,
    pub p_limco: callout,
    pub p_sigacts: *mut sigacts,
    pub p_flag: ::core::ffi::c_int,
    pub p_flag2: ::core::ffi::c_int,
    pub p_state: proc_p_states,
    pub p_pid: pid_t,
    pub p_hash: proc__bindgen_ty_3,
    pub p_pglist: proc__bindgen_ty_4,
    pub p_pptr: *mut proc_,
    pub p_sibling: proc__bindgen_ty_5,
    pub p_children: proc__bindgen_ty_6,
    pub p_reaper: *mut proc_,
    pub p_reaplist: proc__bindgen_ty_7,
    pub p_reapsibling: proc__bindgen_ty_8,
    pub p_mtx: mtx,
    pub p_statmtx: mtx,
    pub p_itimmtx: mtx,
    pub p_profmtx: mtx,
    pub p_ksi: *mut ksiginfo,
    pub p_sigqueue: sigqueue_t,
    pub p_oppid: pid_t,
    pub p_vmspace: *mut vmspace,
    pub p_swtick: u_int,
    pub p_cowgen: u_int,
    pub p_realtimer: itimerval,
    pub p_ru: rusage,
    pub p_rux: rusage_ext,
    pub p_crux: rusage_ext,
    pub p_profthreads: ::core::ffi::c_int,
    pub p_exitthreads: ::core::ffi::c_int,
    pub p_traceflag: ::core::ffi::c_int,
    pub p_ktrioparms: *mut ktr_io_params,
    pub p_textvp: *mut vnode,
    pub p_textdvp: *mut vnode,
    pub p_binname: *mut ::core::ffi::c_char,
    pub p_lock: u_int,
    pub p_sigiolst: sigiolst,
    pub p_sigparent: ::core::ffi::c_int,
    pub p_sig: ::core::ffi::c_int,
    pub p_ptevents: u_int,
    pub p_aioinfo: *mut kaioinfo,
    pub p_singlethread: *mut thread,
    pub p_suspcount: ::core::ffi::c_int,
    pub p_xthread: *mut thread,
    pub p_boundary_count: ::core::ffi::c_int,
    pub p_pendingcnt: ::core::ffi::c_int,
    pub p_itimers: *mut itimers,
    pub p_procdesc: *mut procdesc,
    pub p_treeflag: u_int,
    pub p_pendingexits: ::core::ffi::c_int,
    pub p_filemon: *mut filemon,
    pub p_pdeathsig: ::core::ffi::c_int,
    pub p_magic: u_int,
    pub p_osrel: ::core::ffi::c_int,
    pub p_fctl0: u32,
    pub p_comm: [::core::ffi::c_char; 20usize],
    pub p_sysent: *mut sysentvec,
    pub p_args: *mut pargs,
    pub p_cpulimit: rlim_t,
    pub p_nice: ::core::ffi::c_schar,
    pub p_fibnum: ::core::ffi::c_int,
    pub p_reapsubtree: pid_t,
    pub p_elf_flags: u64,
    pub p_elf_brandinfo: *mut ::core::ffi::c_void,
    pub p_umtx_min_timeout: sbintime_t,
    pub p_xexit: u_int,
    pub p_xsig: u_int,
    pub p_pgrp: *mut pgrp,
    pub p_klist: *mut knlist,
    pub p_numthreads: ::core::ffi::c_int,
    pub p_md: mdproc,
    pub p_itcallout: callout,
    pub p_acflag: u_short,
    pub p_peers: *mut proc_,
    pub p_leader: *mut proc_,
    pub p_emuldata: *mut ::core::ffi::c_void,
    pub p_label: *mut label,
    pub p_ktr: proc__bindgen_ty_9,
    pub p_mqnotifier: proc__bindgen_ty_10,
    pub p_dtrace: *mut kdtrace_proc,
    pub p_pwait: cv,
    pub p_prev_runtime: u64,
    pub p_racct: *mut racct,
    pub p_throttled: ::core::ffi::c_int,
    pub p_orphan: proc__bindgen_ty_11,
    pub p_orphans: proc__bindgen_ty_12,
    pub p_kqtim_stop: proc__bindgen_ty_13,
    pub p_jaillist: proc__bindgen_ty_14,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct proc__bindgen_ty_1 {
    pub le_next: *mut proc_,
    pub le_prev: *mut *mut proc_,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct proc__bindgen_ty_2 {
    pub tqh_first: *mut thread,
    pub tqh_last: *mut *mut thread,
}
pub const PRS_NEW: proc_p_states = 0;
pub const PRS_NORMAL: proc_p_states = 1;
pub const PRS_ZOMBIE: proc_p_states = 2;
pub type proc_p_states = ::core::ffi::c_uint;
#[repr(C)]
#[derive(Copy, Clone)]
pub struct proc__bindgen_ty_3 {
    pub le_next: *mut proc_,
    pub le_prev: *mut *mut proc_,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct proc__bindgen_ty_4 {
    pub le_next: *mut proc_,
    pub le_prev: *mut *mut proc_,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct proc__bindgen_ty_5 {
    pub le_next: *mut proc_,
    pub le_prev: *mut *mut proc_,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct proc__bindgen_ty_6 {
    pub lh_first: *mut proc_,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct proc__bindgen_ty_7 {
    pub lh_first: *mut proc_,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct proc__bindgen_ty_8 {
    pub le_next: *mut proc_,
    pub le_prev: *mut *mut proc_,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct proc__bindgen_ty_9 {
    pub stqh_first: *mut ktr_request,
    pub stqh_last: *mut *mut ktr_request,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct proc__bindgen_ty_10 {
    pub lh_first: *mut mqueue_notifier,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct proc__bindgen_ty_11 {
    pub le_next: *mut proc_,
    pub le_prev: *mut *mut proc_,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct proc__bindgen_ty_12 {
    pub lh_first: *mut proc_,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct proc__bindgen_ty_13 {
    pub tqh_first: *mut kq_timer_cb_data,
    pub tqh_last: *mut *mut kq_timer_cb_data,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct proc__bindgen_ty_14 {
    pub le_next: *mut proc_,
    pub le_prev: *mut *mut proc_,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct vmspace {
    pub _address: u8,
}
unsafe extern "C" {
    pub static mut maxproc: ::core::ffi::c_int;
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct uma_zone {
    _unused: [u8; 0],
}
unsafe extern "C" {
    pub fn ast_kclear(td: *mut thread);
}
unsafe extern "C" {
    pub fn ast_register(
        ast: ::core::ffi::c_int,
        ast_flags: ::core::ffi::c_int,
        tdp: ::core::ffi::c_int,
        f: ::core::option::Option<
            unsafe extern "C" fn(td: *mut thread, asts: ::core::ffi::c_int),
        >,
    );
}
unsafe extern "C" {
    pub fn ast_sched_locked(td: *mut thread, tda: ::core::ffi::c_int);
}
unsafe extern "C" {
    pub fn ast_unsched_locked(td: *mut thread, tda: ::core::ffi::c_int);
}
unsafe extern "C" {
    pub fn kick_proc0();
}
unsafe extern "C" {
    pub fn mi_switch(flags: ::core::ffi::c_int);
}
unsafe extern "C" {
    pub fn setrunnable(
        arg1: *mut thread,
        arg2: ::core::ffi::c_int,
    ) -> ::core::ffi::c_int;
}
unsafe extern "C" {
    pub fn cpu_thread_alloc(arg1: *mut thread);
}
unsafe extern "C" {
    pub fn cpu_thread_clean(arg1: *mut thread);
}
unsafe extern "C" {
    pub fn cpu_thread_exit(arg1: *mut thread);
}
unsafe extern "C" {
    pub fn cpu_thread_free(arg1: *mut thread);
}
unsafe extern "C" {
    pub fn thread_alloc_stack(
        arg1: *mut thread,
        pages: ::core::ffi::c_int,
    ) -> ::core::ffi::c_int;
}
unsafe extern "C" {
    pub fn thread_stopped(p: *mut proc_);
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct eventhandler_list {
    pub el_name: *mut ::core::ffi::c_char,
    pub el_flags: ::core::ffi::c_int,
    pub el_runcount: u_int,
    pub el_lock: mtx,
    pub el_link: eventhandler_list__bindgen_ty_1,
    pub el_entries: eventhandler_list__bindgen_ty_2,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct eventhandler_list__bindgen_ty_1 {
    pub tqe_next: *mut eventhandler_list,
    pub tqe_prev: *mut *mut eventhandler_list,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct eventhandler_list__bindgen_ty_2 {
    pub tqh_first: *mut eventhandler_entry,
    pub tqh_last: *mut *mut eventhandler_entry,
}
unsafe extern "C" {
    pub fn eventhandler_prune_list(list: *mut eventhandler_list);
}
unsafe extern "C" {
    pub fn eventhandler_create_list(
        name: *const ::core::ffi::c_char,
    ) -> *mut eventhandler_list;
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct vnode {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct image_params {
    _unused: [u8; 0],
}
pub type thread_ctor_fn = ::core::option::Option<
    unsafe extern "C" fn(arg1: *mut ::core::ffi::c_void, arg2: *mut thread),
>;
#[repr(C)]
#[derive(Copy, Clone)]
pub struct eventhandler_entry_thread_ctor {
    pub ee: eventhandler_entry,
    pub eh_func: thread_ctor_fn,
}
unsafe extern "C" {
    pub fn priv_check_cred(
        cred: *mut ucred,
        priv_: ::core::ffi::c_int,
    ) -> ::core::ffi::c_int;
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct rl_q_entry {
    _unused: [u8; 0],
}
unsafe extern "C" {
    pub fn rlqentry_free(rlqe: *mut rl_q_entry);
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct pstats {
    pub p_cru: rusage,
    pub p_timer: [itimerval; 3usize],
    pub p_prof: pstats_uprof,
    pub p_start: timeval,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct pstats_uprof {
    pub pr_base: caddr_t,
    pub pr_size: u_long,
    pub pr_off: u_long,
    pub pr_scale: u_long,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct plimit {
    pub pl_rlimit: [rlimit; 16usize],
    pub pl_refcnt: ::core::ffi::c_int,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct limbatch {
    pub limp: *mut plimit,
    pub count: ::core::ffi::c_int,
}
unsafe extern "C" {
    pub fn limbatch_add(lb: *mut limbatch, td: *mut thread);
}
unsafe extern "C" {
    pub fn limbatch_final(lb: *mut limbatch);
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct uidinfo {
    pub ui_hash: uidinfo__bindgen_ty_1,
    pub ui_vmsize: u_long,
    pub ui_sbsize: ::core::ffi::c_long,
    pub ui_proccnt: ::core::ffi::c_long,
    pub ui_ptscnt: ::core::ffi::c_long,
    pub ui_kqcnt: ::core::ffi::c_long,
    pub ui_umtxcnt: ::core::ffi::c_long,
    pub ui_pipecnt: ::core::ffi::c_long,
    pub ui_uid: uid_t,
    pub ui_ref: u_int,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct uidinfo__bindgen_ty_1 {
    pub le_next: *mut uidinfo,
    pub le_prev: *mut *mut uidinfo,
}
unsafe extern "C" {
    pub fn lim_free(limp: *mut plimit);
}
unsafe extern "C" {
    pub fn lim_freen(limp: *mut plimit, n: ::core::ffi::c_int);
}
unsafe extern "C" {
    pub fn lim_hold(limp: *mut plimit) -> *mut plimit;
}
unsafe extern "C" {
    pub fn lim_cowsync() -> *mut plimit;
}
unsafe extern "C" {
    pub fn rucollect(ru: *mut rusage, ru2: *mut rusage);
}
unsafe extern "C" {
    pub fn ruxagg_locked(p: *mut proc_, td: *mut thread);
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct rwlock {
    pub lock_object: lock_object,
    pub rw_lock: usize,
}
unsafe extern "C" {
    pub fn _rw_init_flags(
        c: *mut usize,
        name: *const ::core::ffi::c_char,
        opts: ::core::ffi::c_int,
    );
}
unsafe extern "C" {
    pub fn _rw_wlock_cookie(
        c: *mut usize,
        file: *const ::core::ffi::c_char,
        line: ::core::ffi::c_int,
    );
}
unsafe extern "C" {
    pub fn _rw_wunlock_cookie(
        c: *mut usize,
        file: *const ::core::ffi::c_char,
        line: ::core::ffi::c_int,
    );
}
unsafe extern "C" {
    pub fn __rw_rlock_int(rw: *mut rwlock);
}
unsafe extern "C" {
    pub fn __rw_rlock(
        c: *mut usize,
        file: *const ::core::ffi::c_char,
        line: ::core::ffi::c_int,
    );
}
unsafe extern "C" {
    pub fn _rw_runlock_cookie_int(rw: *mut rwlock);
}
unsafe extern "C" {
    pub fn _rw_runlock_cookie(
        c: *mut usize,
        file: *const ::core::ffi::c_char,
        line: ::core::ffi::c_int,
    );
}
unsafe extern "C" {
    pub fn __rw_wlock_hard(c: *mut usize, v: usize);
}
unsafe extern "C" {
    pub fn __rw_wunlock_hard(c: *mut usize, v: usize);
}
unsafe extern "C" {
    pub fn __rw_try_upgrade_int(rw: *mut rwlock) -> ::core::ffi::c_int;
}
unsafe extern "C" {
    pub fn __rw_try_upgrade(
        c: *mut usize,
        file: *const ::core::ffi::c_char,
        line: ::core::ffi::c_int,
    ) -> ::core::ffi::c_int;
}
unsafe extern "C" {
    pub fn sched_exit_thread(td: *mut thread, child: *mut thread);
}
unsafe extern "C" {
    pub fn sched_sleep(td: *mut thread, prio: ::core::ffi::c_int);
}
unsafe extern "C" {
    pub fn sched_throw(td: *mut thread);
}
unsafe extern "C" {
    pub fn sched_relinquish(td: *mut thread);
}
unsafe extern "C" {
    pub fn sched_sizeof_thread() -> ::core::ffi::c_int;
}
unsafe extern "C" {
    pub fn seltdfini(td: *mut thread);
}
unsafe extern "C" {
    pub fn sleepq_abort(
        td: *mut thread,
        intrval: ::core::ffi::c_int,
    ) -> ::core::ffi::c_int;
}
unsafe extern "C" {
    pub fn sleepq_alloc() -> *mut sleepqueue;
}
unsafe extern "C" {
    pub fn sleepq_free(sq: *mut sleepqueue);
}
unsafe extern "C" {
    pub fn sleepq_remove_nested(td: *mut thread);
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct setlist {
    pub lh_first: *mut cpuset,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct cpuset {
    pub cs_ref: u_int,
    pub cs_flags: ::core::ffi::c_int,
    pub cs_link: cpuset__bindgen_ty_1,
    pub cs_siblings: cpuset__bindgen_ty_2,
    pub cs_children: setlist,
    pub cs_domain: *mut domainset,
    pub cs_id: cpusetid_t,
    pub cs_parent: *mut cpuset,
    pub cs_mask: cpuset_t,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct cpuset__bindgen_ty_1 {
    pub le_next: *mut cpuset,
    pub le_prev: *mut *mut cpuset,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct cpuset__bindgen_ty_2 {
    pub le_next: *mut cpuset,
    pub le_prev: *mut *mut cpuset,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct prison {
    _unused: [u8; 0],
}
unsafe extern "C" {
    pub fn cpuset_rel(arg1: *mut cpuset);
}
unsafe extern "C" {
    pub fn forward_signal(arg1: *mut thread);
}
unsafe extern "C" {
    pub fn quiesce_all_cpus(
        arg1: *const ::core::ffi::c_char,
        arg2: ::core::ffi::c_int,
    ) -> ::core::ffi::c_int;
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct file {
    _unused: [u8; 0],
}
unsafe extern "C" {
    pub fn kern_thr_exit(td: *mut thread) -> ::core::ffi::c_int;
}
pub type sy_call_t = ::core::option::Option<
    unsafe extern "C" fn(
        arg1: *mut thread,
        arg2: *mut ::core::ffi::c_void,
    ) -> ::core::ffi::c_int,
>;
pub type systrace_args_func_t = ::core::option::Option<
    unsafe extern "C" fn(
        arg1: ::core::ffi::c_int,
        arg2: *mut ::core::ffi::c_void,
        arg3: *mut u64,
        arg4: *mut ::core::ffi::c_int,
    ),
>;
#[repr(C)]
#[derive(Copy, Clone)]
pub struct sysent {
    pub sy_call: sy_call_t,
    pub sy_systrace_args_func: systrace_args_func_t,
    pub sy_narg: u_int8_t,
    pub sy_flags: u_int8_t,
    pub sy_auevent: au_event_t,
    pub sy_entry: u_int32_t,
    pub sy_return: u_int32_t,
    pub sy_thrcnt: u_int32_t,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct note_info_list {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct sysentvec {
    pub sv_size: ::core::ffi::c_int,
    pub sv_table: *mut sysent,
    pub sv_fixup: ::core::option::Option<
        unsafe extern "C" fn(
            arg1: *mut usize,
            arg2: *mut image_params,
        ) -> ::core::ffi::c_int,
    >,
    pub sv_sendsig: ::core::option::Option<
        unsafe extern "C" fn(
            arg1: ::core::option::Option<unsafe extern "C" fn(arg1: ::core::ffi::c_int)>,
            arg2: *mut ksiginfo,
            arg3: *mut __sigset,
        ),
    >,
    pub sv_sigcode: *const ::core::ffi::c_char,
    pub sv_szsigcode: *mut ::core::ffi::c_int,
    pub sv_sigcodeoff: ::core::ffi::c_int,
    pub sv_name: *mut ::core::ffi::c_char,
    pub sv_coredump: ::core::option::Option<
        unsafe extern "C" fn(
            arg1: *mut thread,
            arg2: *mut vnode,
            arg3: off_t,
            arg4: ::core::ffi::c_int,
        ) -> ::core::ffi::c_int,
    >,
    pub sv_elf_core_osabi: ::core::ffi::c_int,
    pub sv_elf_core_abi_vendor: *const ::core::ffi::c_char,
    pub sv_elf_core_prepare_notes: ::core::option::Option<
        unsafe extern "C" fn(
            arg1: *mut thread,
            arg2: *mut note_info_list,
            arg3: *mut usize,
        ),
    >,
    pub sv_copyout_auxargs: ::core::option::Option<
        unsafe extern "C" fn(arg1: *mut image_params, arg2: usize) -> ::core::ffi::c_int,
    >,
    pub sv_minsigstksz: ::core::ffi::c_int,
    pub sv_minuser: vm_offset_t,
    pub sv_maxuser: vm_offset_t,
    pub sv_usrstack: vm_offset_t,
    pub sv_psstrings: vm_offset_t,
    pub sv_psstringssz: usize,
    pub sv_stackprot: ::core::ffi::c_int,
    pub sv_copyout_strings: ::core::option::Option<
        unsafe extern "C" fn(
            arg1: *mut image_params,
            arg2: *mut usize,
        ) -> ::core::ffi::c_int,
    >,
    pub sv_setregs: ::core::option::Option<
        unsafe extern "C" fn(arg1: *mut thread, arg2: *mut image_params, arg3: usize),
    >,
    pub sv_fixlimit: ::core::option::Option<
        unsafe extern "C" fn(arg1: *mut rlimit, arg2: ::core::ffi::c_int),
    >,
    pub sv_maxssiz: *mut u_long,
    pub sv_flags: u_int,
    pub sv_set_syscall_retval: ::core::option::Option<
        unsafe extern "C" fn(arg1: *mut thread, arg2: ::core::ffi::c_int),
    >,
    pub sv_fetch_syscall_args: ::core::option::Option<
        unsafe extern "C" fn(arg1: *mut thread) -> ::core::ffi::c_int,
    >,
    pub sv_syscallnames: *mut *const ::core::ffi::c_char,
    pub sv_timekeep_offset: vm_offset_t,
    pub sv_shared_page_base: vm_offset_t,
    pub sv_shared_page_len: vm_offset_t,
    pub sv_sigcode_offset: vm_offset_t,
    pub sv_shared_page_obj: *mut ::core::ffi::c_void,
    pub sv_vdso_offset: vm_offset_t,
    pub sv_schedtail: ::core::option::Option<unsafe extern "C" fn(arg1: *mut thread)>,
    pub sv_thread_detach: ::core::option::Option<
        unsafe extern "C" fn(arg1: *mut thread),
    >,
    pub sv_trap: ::core::option::Option<
        unsafe extern "C" fn(arg1: *mut thread) -> ::core::ffi::c_int,
    >,
    pub sv_hwcap: *mut u_long,
    pub sv_hwcap2: *mut u_long,
    pub sv_machine_arch: ::core::option::Option<
        unsafe extern "C" fn(arg1: *mut proc_) -> *const ::core::ffi::c_char,
    >,
    pub sv_fxrng_gen_offset: vm_offset_t,
    pub sv_onexec_old: ::core::option::Option<unsafe extern "C" fn(td: *mut thread)>,
    pub sv_onexec: ::core::option::Option<
        unsafe extern "C" fn(
            arg1: *mut proc_,
            arg2: *mut image_params,
        ) -> ::core::ffi::c_int,
    >,
    pub sv_onexit: ::core::option::Option<unsafe extern "C" fn(arg1: *mut proc_)>,
    pub sv_ontdexit: ::core::option::Option<unsafe extern "C" fn(td: *mut thread)>,
    pub sv_setid_allowed: ::core::option::Option<
        unsafe extern "C" fn(
            td: *mut thread,
            imgp: *mut image_params,
        ) -> ::core::ffi::c_int,
    >,
    pub sv_set_fork_retval: ::core::option::Option<
        unsafe extern "C" fn(arg1: *mut thread),
    >,
    pub sv_regset_begin: *mut *mut regset,
    pub sv_regset_end: *mut *mut regset,
}
pub type task_fn_t = ::core::option::Option<
    unsafe extern "C" fn(context: *mut ::core::ffi::c_void, pending: ::core::ffi::c_int),
>;
#[repr(C)]
#[derive(Copy, Clone)]
pub struct task {
    pub ta_link: task__bindgen_ty_1,
    pub ta_pending: u16,
    pub ta_priority: u8,
    pub ta_flags: u8,
    pub ta_func: task_fn_t,
    pub ta_context: *mut ::core::ffi::c_void,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct task__bindgen_ty_1 {
    pub stqe_next: *mut task,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct taskqueue {
    _unused: [u8; 0],
}
unsafe extern "C" {
    pub fn taskqueue_enqueue(
        queue: *mut taskqueue,
        task: *mut task,
    ) -> ::core::ffi::c_int;
}
unsafe extern "C" {
    pub fn taskqueue_drain(queue: *mut taskqueue, task: *mut task);
}
unsafe extern "C" {
    pub static mut taskqueue_thread: *mut taskqueue;
}
unsafe extern "C" {
    pub fn turnstile_alloc() -> *mut turnstile;
}
unsafe extern "C" {
    pub fn turnstile_free(arg1: *mut turnstile);
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct umtx_key {
    pub hash: ::core::ffi::c_int,
    pub type_: ::core::ffi::c_int,
    pub shared: ::core::ffi::c_int,
    pub info: umtx_key__bindgen_ty_1,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub union umtx_key__bindgen_ty_1 {
    pub shared: umtx_key__bindgen_ty_1__bindgen_ty_1,
    pub private: umtx_key__bindgen_ty_1__bindgen_ty_2,
    pub both: umtx_key__bindgen_ty_1__bindgen_ty_3,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct umtx_key__bindgen_ty_1__bindgen_ty_1 {
    pub object: *mut vm_object,
    pub offset: usize,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct umtx_key__bindgen_ty_1__bindgen_ty_2 {
    pub vs: *mut vmspace,
    pub addr: usize,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct umtx_key__bindgen_ty_1__bindgen_ty_3 {
    pub a: *mut ::core::ffi::c_void,
    pub b: usize,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct umtx_pi {
    pub pi_owner: *mut thread,
    pub pi_refcount: ::core::ffi::c_int,
    pub pi_link: umtx_pi__bindgen_ty_1,
    pub pi_hashlink: umtx_pi__bindgen_ty_2,
    pub pi_blocked: umtx_pi__bindgen_ty_3,
    pub pi_key: umtx_key,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct umtx_pi__bindgen_ty_1 {
    pub tqe_next: *mut umtx_pi,
    pub tqe_prev: *mut *mut umtx_pi,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct umtx_pi__bindgen_ty_2 {
    pub tqe_next: *mut umtx_pi,
    pub tqe_prev: *mut *mut umtx_pi,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct umtx_pi__bindgen_ty_3 {
    pub tqh_first: *mut umtx_q,
    pub tqh_last: *mut *mut umtx_q,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct umtx_q {
    pub uq_link: umtx_q__bindgen_ty_1,
    pub uq_key: umtx_key,
    pub uq_flags: ::core::ffi::c_int,
    pub uq_bitset: u_int,
    pub uq_thread: *mut thread,
    pub uq_pi_blocked: *mut umtx_pi,
    pub uq_lockq: umtx_q__bindgen_ty_2,
    pub uq_pi_contested: umtx_q__bindgen_ty_3,
    pub uq_inherited_pri: u_char,
    pub uq_spare_queue: *mut umtxq_queue,
    pub uq_cur_queue: *mut umtxq_queue,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct umtx_q__bindgen_ty_1 {
    pub tqe_next: *mut umtx_q,
    pub tqe_prev: *mut *mut umtx_q,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct umtx_q__bindgen_ty_2 {
    pub tqe_next: *mut umtx_q,
    pub tqe_prev: *mut *mut umtx_q,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct umtx_q__bindgen_ty_3 {
    pub tqh_first: *mut umtx_pi,
    pub tqh_last: *mut *mut umtx_pi,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct umtxq_head {
    pub tqh_first: *mut umtx_q,
    pub tqh_last: *mut *mut umtx_q,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct umtxq_queue {
    pub head: umtxq_head,
    pub key: umtx_key,
    pub link: umtxq_queue__bindgen_ty_1,
    pub length: ::core::ffi::c_int,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct umtxq_queue__bindgen_ty_1 {
    pub le_next: *mut umtxq_queue,
    pub le_prev: *mut *mut umtxq_queue,
}
unsafe extern "C" {
    pub fn umtx_thread_init(arg1: *mut thread);
}
unsafe extern "C" {
    pub fn umtx_thread_fini(arg1: *mut thread);
}
unsafe extern "C" {
    pub fn umtx_thread_alloc(arg1: *mut thread);
}
unsafe extern "C" {
    pub fn umtx_thread_exit(arg1: *mut thread);
}
pub type counter_u64_t = *mut u64;
#[repr(C)]
#[derive(Copy, Clone)]
pub struct vmmeter {
    pub v_swtch: counter_u64_t,
    pub v_trap: counter_u64_t,
    pub v_syscall: counter_u64_t,
    pub v_intr: counter_u64_t,
    pub v_soft: counter_u64_t,
    pub v_vm_faults: counter_u64_t,
    pub v_io_faults: counter_u64_t,
    pub v_cow_faults: counter_u64_t,
    pub v_cow_optim: counter_u64_t,
    pub v_zfod: counter_u64_t,
    pub v_ozfod: counter_u64_t,
    pub v_swapin: counter_u64_t,
    pub v_swapout: counter_u64_t,
    pub v_swappgsin: counter_u64_t,
    pub v_swappgsout: counter_u64_t,
    pub v_vnodein: counter_u64_t,
    pub v_vnodeout: counter_u64_t,
    pub v_vnodepgsin: counter_u64_t,
    pub v_vnodepgsout: counter_u64_t,
    pub v_intrans: counter_u64_t,
    pub v_reactivated: counter_u64_t,
    pub v_pdwakeups: counter_u64_t,
    pub v_pdpages: counter_u64_t,
    pub v_pdshortfalls: counter_u64_t,
    pub v_dfree: counter_u64_t,
    pub v_pfree: counter_u64_t,
    pub v_tfree: counter_u64_t,
    pub v_forks: counter_u64_t,
    pub v_vforks: counter_u64_t,
    pub v_rforks: counter_u64_t,
    pub v_kthreads: counter_u64_t,
    pub v_forkpages: counter_u64_t,
    pub v_vforkpages: counter_u64_t,
    pub v_rforkpages: counter_u64_t,
    pub v_kthreadpages: counter_u64_t,
    pub v_wire_count: counter_u64_t,
    pub v_page_size: u_int,
    pub v_page_count: u_int,
    pub v_free_reserved: u_int,
    pub v_free_target: u_int,
    pub v_free_min: u_int,
    pub v_inactive_target: u_int,
    pub v_pageout_free_min: u_int,
    pub v_interrupt_free_min: u_int,
    pub v_free_severe: u_int,
}
pub type domainid_t = u8;
#[repr(C)]
#[derive(Copy, Clone)]
pub struct domainset {
    pub ds_link: domainset__bindgen_ty_1,
    pub ds_mask: domainset_t,
    pub ds_policy: u16,
    pub ds_prefer: domainid_t,
    pub ds_cnt: domainid_t,
    pub ds_order: [domainid_t; 8usize],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct domainset__bindgen_ty_1 {
    pub le_next: *mut domainset,
    pub le_prev: *mut *mut domainset,
}
unsafe extern "C" {
    pub static mut vm_cnt: vmmeter;
}
unsafe extern "C" {
    pub fn kdtrace_thread_ctor(td: *mut thread);
}
unsafe extern "C" {
    pub fn kdtrace_thread_dtor(td: *mut thread);
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct pmap_statistics {
    pub resident_count: ::core::ffi::c_long,
    pub wired_count: ::core::ffi::c_long,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct pctrie_node {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct pctrie {
    pub pt_root: *mut pctrie_node,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct pv_entry {
    pub pv_va: vm_offset_t,
    pub pv_next: pv_entry__bindgen_ty_1,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct pv_entry__bindgen_ty_1 {
    pub tqe_next: *mut pv_entry,
    pub tqe_prev: *mut *mut pv_entry,
}
#[repr(C)]
pub struct pv_chunk {
    pub pc_pmap: *mut pmap,
    pub pc_list: pv_chunk__bindgen_ty_1,
    pub pc_map: [::core::ffi::c_ulong; 3usize],
    pub pc_lru: pv_chunk__bindgen_ty_2,
    pub pc_pventry: [pv_entry; 168usize],
    pub pc_pad: __IncompleteArrayField<::core::ffi::c_ulong>,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct pv_chunk__bindgen_ty_1 {
    pub tqe_next: *mut pv_chunk,
    pub tqe_prev: *mut *mut pv_chunk,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct pv_chunk__bindgen_ty_2 {
    pub tqe_next: *mut pv_chunk,
    pub tqe_prev: *mut *mut pv_chunk,
}
pub type rs_dup_data_t = ::core::option::Option<
    unsafe extern "C" fn(
        ctx: *mut ::core::ffi::c_void,
        data: *mut ::core::ffi::c_void,
    ) -> *mut ::core::ffi::c_void,
>;
pub type rs_free_data_t = ::core::option::Option<
    unsafe extern "C" fn(ctx: *mut ::core::ffi::c_void, data: *mut ::core::ffi::c_void),
>;
#[repr(C)]
#[derive(Copy, Clone)]
pub struct rangeset {
    pub rs_trie: pctrie,
    pub rs_dup_data: rs_dup_data_t,
    pub rs_free_data: rs_free_data_t,
    pub rs_data_ctx: *mut ::core::ffi::c_void,
    pub rs_alloc_flags: u_int,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct smr {
    _unused: [u8; 0],
}
pub type smr_t = *mut smr;
#[repr(C)]
#[derive(Copy, Clone)]
pub struct vm_radix_node {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct vm_radix {
    pub rt_root: *mut vm_radix_node,
}
pub type pml4_entry_t = u_int64_t;
pub const PT_X86: pmap_type = 0;
pub const PT_EPT: pmap_type = 1;
pub const PT_RVI: pmap_type = 2;
pub type pmap_type = ::core::ffi::c_uint;
#[repr(C)]
#[derive(Copy, Clone)]
pub struct pmap {
    pub pm_mtx: mtx,
    pub pm_pmltop: *mut pml4_entry_t,
    pub pm_pmltopu: *mut pml4_entry_t,
    pub pm_cr3: u64,
    pub pm_ucr3: u64,
    pub pm_pvchunk: pmap__bindgen_ty_1,
    pub pm_active: cpuset_t,
    pub pm_type: pmap_type,
    pub pm_stats: pmap_statistics,
    pub pm_root: vm_radix,
    pub pm_eptgen: ::core::ffi::c_long,
    pub pm_eptsmr: smr_t,
    pub pm_flags: ::core::ffi::c_int,
    pub pm_pcidp: *mut pmap_pcid,
    pub pm_pkru: rangeset,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct pmap__bindgen_ty_1 {
    pub tqh_first: *mut pv_chunk,
    pub tqh_last: *mut *mut pv_chunk,
}
unsafe extern "C" {
    pub fn pmap_kextract(arg1: vm_offset_t) -> vm_paddr_t;
}
unsafe extern "C" {
    pub fn vm_thread_dispose(td: *mut thread);
}
unsafe extern "C" {
    pub fn vm_thread_new(
        td: *mut thread,
        pages: ::core::ffi::c_int,
    ) -> ::core::ffi::c_int;
}
pub type uma_zone_t = *mut uma_zone;
pub type uma_ctor = ::core::option::Option<
    unsafe extern "C" fn(
        mem: *mut ::core::ffi::c_void,
        size: ::core::ffi::c_int,
        arg: *mut ::core::ffi::c_void,
        flags: ::core::ffi::c_int,
    ) -> ::core::ffi::c_int,
>;
pub type uma_dtor = ::core::option::Option<
    unsafe extern "C" fn(
        mem: *mut ::core::ffi::c_void,
        size: ::core::ffi::c_int,
        arg: *mut ::core::ffi::c_void,
    ),
>;
pub type uma_init = ::core::option::Option<
    unsafe extern "C" fn(
        mem: *mut ::core::ffi::c_void,
        size: ::core::ffi::c_int,
        flags: ::core::ffi::c_int,
    ) -> ::core::ffi::c_int,
>;
pub type uma_fini = ::core::option::Option<
    unsafe extern "C" fn(mem: *mut ::core::ffi::c_void, size: ::core::ffi::c_int),
>;
unsafe extern "C" {
    pub fn uma_zcreate(
        name: *const ::core::ffi::c_char,
        size: usize,
        ctor: uma_ctor,
        dtor: uma_dtor,
        uminit: uma_init,
        fini: uma_fini,
        align: ::core::ffi::c_int,
        flags: u32,
    ) -> uma_zone_t;
}
unsafe extern "C" {
    pub fn uma_zalloc_arg(
        zone: uma_zone_t,
        arg: *mut ::core::ffi::c_void,
        flags: ::core::ffi::c_int,
    ) -> *mut ::core::ffi::c_void;
}
unsafe extern "C" {
    pub fn uma_zfree_arg(
        zone: uma_zone_t,
        item: *mut ::core::ffi::c_void,
        arg: *mut ::core::ffi::c_void,
    );
}
unsafe extern "C" {
    pub fn uma_get_cache_align_mask() -> ::core::ffi::c_uint;
}
unsafe extern "C" {
    pub static mut max_threads_per_proc: ::core::ffi::c_int;
}
unsafe extern "C" {
    pub static mut sdt_provider_proc: [sdt_provider; 1usize];
}
pub const KT_LOCK_DEBUG: ::core::ffi::c_int = 0;
pub const KT_MA_OWNED: ::core::ffi::c_int = 4;
pub const KT_MA_NOTOWNED: ::core::ffi::c_int = 0;
pub const KT_MTX_FLAGMASK: usize = 7;
pub const KT_MTX_UNOWNED: usize = 0;
pub const KT_RW_UNLOCKED: usize = 1;
pub const KT_SYSCTL_INT_KIND: ::core::ffi::c_uint = 262146;
pub const KT_CTLFLAG_RDTUN: ::core::ffi::c_uint = 2148007936;
pub const KT_OID_AUTO: ::core::ffi::c_int = -1;
pub const KT_PRI_MAX: ::core::ffi::c_int = 255;
pub const KT_NOCPU: ::core::ffi::c_int = -1;
pub const KT_CACHE_LINE_SIZE: ::core::ffi::c_int = 64;
pub const KT_MAXMEMDOM: ::core::ffi::c_int = 8;
pub const KT_C_HARDCLOCK: ::core::ffi::c_int = 256;
pub const KT_CS_DRAIN: ::core::ffi::c_int = 1;
pub const KT_PDROP: ::core::ffi::c_int = 512;
pub const KT_PCATCH: ::core::ffi::c_int = 256;
pub const KT_THREAD0_TID: ::core::ffi::c_int = 100000;
pub const KT_NO_PID: ::core::ffi::c_int = 100000;
pub const KT_TDA_SUSPEND: ::core::ffi::c_int = 16;
pub const KT_SW_VOL_SUSPEND: ::core::ffi::c_int = 264;
pub const KT_SW_INVOL_SUSPEND: ::core::ffi::c_int = 520;
pub const KT_MALLOC_TYPE_VERSION: ::core::ffi::c_ulong = 2020110501;
pub const KT_ERESTART: ::core::ffi::c_int = -1;
pub const KT_EHE_DEAD_PRIORITY: ::core::ffi::c_int = -1;
#[repr(C)]
#[derive(Copy, Clone)]
pub struct witness {
    pub _address: u8,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct kaiocb {
    pub _address: u8,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct aioliojob {
    pub _address: u8,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct label {
    pub _address: u8,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct cdev_priv {
    pub _address: u8,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct seltd {
    pub _address: u8,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct vnet {
    pub _address: u8,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct filedesc {
    pub _address: u8,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct filedesc_to_leader {
    pub _address: u8,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct pwddesc {
    pub _address: u8,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct ktr_io_params {
    pub _address: u8,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct itimers {
    pub _address: u8,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct ktr_request {
    pub _address: u8,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct regset {
    pub _address: u8,
}
