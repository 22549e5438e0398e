//! The compiled programs: opened, prepared, loaded.
//!
//! There are two objects of one source (see `src/bpf/task.bpf.h`): they have the same maps and globals, so one
//! set of generated types serves both, and maps and programs are found by their names.

use std::ffi::OsStr;
use std::ptr::NonNull;

use libbpf_rs::{
    AsRawLibbpf as _, MapCore as _, MapHandle, Object, ObjectBuilder, OpenObject, OpenProgramMut, ProgramMut,
};

use crate::skel::types::{bss, rodata};

/// Which object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// Typed pointers and task storage (Linux 5.11).
    Typed,
    /// Probe reads and a hash map, for kernels before.
    Portable,
}

impl Variant {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Variant::Typed => "typed",
            Variant::Portable => "portable",
        }
    }

    fn bytes(self) -> &'static [u8] {
        match self {
            Variant::Typed => include_bytes!(concat!(env!("OUT_DIR"), "/syscalls.bpf.o")),
            Variant::Portable => include_bytes!(concat!(env!("OUT_DIR"), "/portable.bpf.o")),
        }
    }
}

/// An object before it is loaded.
pub(crate) struct Opened(OpenObject);

impl Opened {
    pub(crate) fn open(variant: Variant) -> libbpf_rs::Result<Opened> {
        ObjectBuilder::default().name("syscope")?.open_memory(variant.bytes()).map(Opened)
    }

    /// The read-only configuration; what is written here the verifier takes for constant.
    pub(crate) fn rodata(&mut self) -> &mut rodata {
        let mut map = self.0.maps_mut().find(|map| is_section(map.name(), ".rodata"));
        let value = map.as_mut().and_then(|map| map.initial_value_mut()).expect("the object has .rodata");
        assert!(fits::<rodata>(value.len()), "the objects have the same globals");
        // SAFETY: the value is a mapping of its own of whole pages that holds the type, and lives as long as the
        // object; every field is an integer.
        unsafe { &mut *value.as_mut_ptr().cast::<rodata>() }
    }

    /// Sets how many entries a map has.
    pub(crate) fn set_entries(&mut self, map: &str, entries: u32) -> libbpf_rs::Result<()> {
        let mut map = self.0.maps_mut().find(|found| found.name() == OsStr::new(map));
        map.as_mut().expect("the object has this map").set_max_entries(entries)
    }

    /// Sets the bytes of a map's values.
    pub(crate) fn set_value_bytes(&mut self, map: &str, bytes: usize) -> libbpf_rs::Result<()> {
        let mut map = self.0.maps_mut().find(|found| found.name() == OsStr::new(map));
        map.as_mut().expect("the object has this map").set_value_size(bytes as u32)
    }

    pub(crate) fn programs(&mut self) -> impl Iterator<Item = OpenProgramMut<'_>> {
        self.0.progs_mut()
    }

    pub(crate) fn load(self) -> libbpf_rs::Result<Loaded> {
        let object = self.0.load()?;
        let bss = find_bss(&object).expect("the object has .bss");
        Ok(Loaded { bss, object })
    }
}

/// A loaded object; its programs and maps go when it is dropped.
pub(crate) struct Loaded {
    object: Object,
    bss: NonNull<bss>,
}

impl Loaded {
    pub(crate) fn program(&self, name: &str) -> ProgramMut<'_> {
        self.object
            .progs_mut()
            .find(|program| program.name() == OsStr::new(name))
            .expect("it has this program")
    }

    pub(crate) fn programs(&self) -> impl Iterator<Item = ProgramMut<'_>> {
        self.object.progs_mut()
    }

    /// A handle of a map.
    pub(crate) fn map(&mut self, name: &str) -> libbpf_rs::Result<MapHandle> {
        let map = self.object.maps_mut().find(|map| map.name() == OsStr::new(name));
        MapHandle::try_from(&map.expect("the object has this map"))
    }

    /// The globals that both sides write.
    pub(crate) fn bss(&self) -> *const bss {
        self.bss.as_ptr()
    }
}

/// The globals, as libbpf maps them after a load.
fn find_bss(object: &Object) -> Option<NonNull<bss>> {
    let map = object.maps().find(|map| is_section(map.name(), ".bss"))?;
    let mut bytes = 0;
    // SAFETY: the map is one of a loaded object, and `bytes` is valid for writing.
    let value = unsafe { libbpf_sys::bpf_map__initial_value(map.as_libbpf_object().as_ptr(), &mut bytes) };
    assert!(fits::<bss>(bytes as usize), "the objects have the same globals");
    NonNull::new(value.cast())
}

/// Whether a section of so many bytes holds the globals of a type, which ends with padding.
fn fits<T>(bytes: usize) -> bool {
    bytes.next_multiple_of(align_of::<T>()) >= size_of::<T>()
}

/// Whether a map is this section's: libbpf puts the object's name in front.
fn is_section(name: &OsStr, section: &str) -> bool {
    name.to_str().is_some_and(|name| name.ends_with(section))
}

#[cfg(test)]
mod tests {
    macro_rules! same_offsets {
        ($section:ident: $($field:ident)*) => {$(
            assert_eq!(
                std::mem::offset_of!(crate::skel::types::$section, $field),
                std::mem::offset_of!(crate::portable_skel::types::$section, $field),
                stringify!($field)
            );
        )*};
    }

    #[test]
    fn both_objects_have_the_same_globals() {
        same_offsets!(rodata: fresh_state preemptible filter string_limit want_latency want_processes want_execs exit_tells_last
            want_exits args_limit env_limit tracked_subsys tracked_hierarchy);
        same_offsets!(bss: waiting tasks_traced mark_pid mark_as marked tracer pid_ns_late entering_count
            enabled);
    }
}
