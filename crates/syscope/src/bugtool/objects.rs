//! The eBPF programs and maps of this host.

use std::fmt::Write as _;

use syscope_bpf::inventory;

use super::Context;
use super::collect::Collected;

/// Programs, and maps, that are listed.
const OBJECTS_MAX: usize = 5_000;

/// All of it.
pub fn collect(_context: &Context) -> Collected {
    let mut collected = Collected::default();
    let (programs, maps) = (inventory::programs(OBJECTS_MAX), inventory::maps(OBJECTS_MAX));
    if programs.is_empty() && maps.is_empty() {
        collected
            .problems
            .push("the kernel shows no programs and maps: there are none, or it takes root".into());
    }
    let mut text = String::from("id\tname\ttype\ttag\tuid\tverified\truns\trun_ns\tmisses\tmemory\n");
    let known = |number: Option<u64>| number.map_or("-".to_owned(), |number| number.to_string());
    for p in programs {
        let _ = writeln!(
            text,
            "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
            p.id,
            p.name.escape_debug(),
            p.kind,
            p.tag,
            p.uid,
            p.verified_instructions,
            p.runs,
            p.run_ns,
            p.recursion_misses,
            known(p.memory_bytes)
        );
    }
    collected.add("bpf/programs.txt", text);
    let mut text = String::from("id\tname\ttype\tkey\tvalue\tentries\tentries_max\tflags\tmemory\n");
    for m in maps {
        let _ = writeln!(
            text,
            "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{:#x}\t{}",
            m.id,
            m.name.escape_debug(),
            m.kind,
            m.key_bytes,
            m.value_bytes,
            known(m.entries),
            m.entries_max,
            m.flags,
            known(m.memory_bytes)
        );
    }
    collected.add("bpf/maps.txt", text);
    let mut text = String::new();
    for (id, counters) in inventory::counters(OBJECTS_MAX) {
        let _ = writeln!(text, "map {id}: {counters:?}");
    }
    collected.add("bpf/counters.txt", if text.is_empty() { "no run is going on\n".to_owned() } else { text });
    collected
}
