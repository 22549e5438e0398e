//! Any registers and any bytes: decoding never panics, never hangs, and gives one safe line and valid JSON.

use std::panic::{AssertUnwindSafe, catch_unwind};

use syscope_syscalls::capture::{self, Kind, Op, Options};
use syscope_syscalls::sink::json::Json;
use syscope_syscalls::sink::text::Text;
use syscope_syscalls::syscall::Ty;
use syscope_syscalls::{Abi, Blobs, Call, Sink as _, Status, Syscall, decode, names};

use crate::{assert_none, specified};

const ROUNDS: u64 = 200;

/// More than the largest output that the copies of one call can lead to.
const OUTPUT_MAX: usize = 1 << 20;

#[test]
fn any_bytes_are_decoded() {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let calls: Vec<_> = specified().collect();
    let mut problems: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = calls
            .chunks(calls.len().div_ceil(threads).max(1))
            .map(|chunk| {
                scope.spawn(move || {
                    chunk.iter().flat_map(|&(abi, nr, spec)| attack(abi, nr, spec)).collect::<Vec<_>>()
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("panics are caught")).collect()
    });
    problems.sort();
    assert_none("calls are not decoded safely", &problems);
}

#[test]
fn unknown_calls_are_decoded() {
    let mut random = Random(7);
    for abi in [Abi::X86_64, Abi::Arm] {
        for _ in 0..ROUNDS {
            let blobs = random.bytes(200);
            let args = std::array::from_fn(|_| random.next());
            let call = Call {
                abi,
                nr: 999,
                syscall: None,
                args,
                ret: Some(random.next() as i64),
                blobs: Blobs(&blobs),
            };
            check(&call).unwrap();
        }
    }
}

/// The first problem of each kind that a call has with random values.
fn attack(abi: Abi, nr: u32, spec: &'static Syscall) -> Option<String> {
    let program = capture::program(spec, abi, Options { fds: true });
    for round in 0..ROUNDS {
        let seed = round << 32 | u64::from(nr) << 8 | abi as u64;
        let mut random = Random(seed);
        let mut args =
            std::array::from_fn(|index| register(&mut random, spec.args.get(index).map(|arg| arg.ty)));
        let mut ops = &program.ops;
        if let (Some((arg, _)), false) = (program.selector, program.variants.is_empty()) {
            let (value, variant) = &program.variants[random.below(program.variants.len())];
            if random.below(4) > 0 {
                args[usize::from(arg)] = *value;
                ops = variant;
            }
        }
        let ret = match random.below(6) {
            0 => Some(-(random.below(600) as i64)),
            1 => None,
            2 => Some(random.next() as i64),
            3 => Some(0),
            _ => Some(random.below(5000) as i64),
        };
        let blobs = blobs(&mut random, ops);
        let call = Call { abi, nr, syscall: Some(spec), args, ret, blobs: Blobs(&blobs) };
        let problem = match catch_unwind(AssertUnwindSafe(|| check(&call))) {
            Ok(Ok(())) => continue,
            Ok(Err(problem)) => problem,
            Err(panic) => {
                let text = panic.downcast_ref::<String>().cloned();
                text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).into())).unwrap_or_default()
            }
        };
        return Some(
            format!("{} {} round {round} {args:#x?} ret {ret:?}: {problem}", abi.name(), spec.name)
                .replace('\n', " "),
        );
    }
    None
}

/// Shows a call in both forms and checks what comes out.
fn check(call: &Call<'_>) -> Result<(), String> {
    let mut text = Vec::new();
    for types in [false, true] {
        text.clear();
        decode::arguments(call, &mut Text::new(&mut text, types));
        if call.ok() {
            text.extend(b" = ");
            decode::result(call, &mut Text::new(&mut text, types));
        }
    }
    let line = std::str::from_utf8(&text).map_err(|error| format!("text: {error}"))?;
    if let Some(c) = line.chars().find(|c| c.is_control()) {
        return Err(format!("text has the control character {c:?}"));
    }
    let mut json = b"{\"args\":{".to_vec();
    decode::arguments(call, &mut Json::new(&mut json));
    json.extend(b"}");
    if call.ok() {
        // A result is one value, and details may follow it as a member of the same object.
        json.extend(b",\"result\":{");
        let mut sink = Json::new(&mut json);
        sink.field("value");
        decode::result(call, &mut sink);
        json.extend(b"}");
    }
    json.extend(b"}");
    if let Err(error) = serde_json::from_slice::<Unique>(&json) {
        let near = error.column().saturating_sub(80).min(json.len());
        return Err(format!(
            "JSON: {error}: {}",
            String::from_utf8_lossy(&json[near..(near + 120).min(json.len())])
        ));
    }
    if text.len().max(json.len()) > OUTPUT_MAX {
        return Err(format!("{} bytes of text, {} of JSON", text.len(), json.len()));
    }
    Ok(())
}

/// A register's value: often one that means something.
fn register(random: &mut Random, ty: Option<Ty>) -> u64 {
    if let Some(Ty::Enum(set)) = ty
        && random.below(2) == 0
        && !set.values.is_empty()
    {
        return set.values[random.below(set.values.len())].0;
    }
    match random.below(9) {
        0 => 0,
        1 => random.below(8) as u64,
        2 => random.below(70) as u64,
        3 => -(random.below(200) as i64) as u64,
        4 => 0x7fff_0000_0000 + random.below(1 << 20) as u64,
        5 => random.next() >> 32,
        6 | 7 => {
            let values = POOLS[random.below(POOLS.len())].values;
            values[random.below(values.len())].0
        }
        _ => random.next(),
    }
}

/// Copies as the kernel side could send them for `ops`, or as it never would.
fn blobs(random: &mut Random, ops: &[Op]) -> Vec<u8> {
    let mut blobs = Vec::new();
    if random.below(20) == 0 {
        return random.bytes(300);
    }
    for op in ops {
        if random.below(6) == 0 {
            continue;
        }
        let status = [Status::Complete, Status::Complete, Status::Cut, Status::Fault][random.below(4)];
        let size = usize::from(op.size);
        let len = match random.below(8) {
            0 => 0,
            1 => random.below(200),
            2 => size.saturating_sub(1),
            3 => (size * random.below(5) + random.below(size.max(1))).min(4096),
            4 if op.kind != Kind::Bytes => random.below(400),
            5 if random.below(20) == 0 => 4096,
            _ if op.kind != Kind::Bytes => random.below(400),
            _ => size,
        };
        let mut bytes = random.bytes(len);
        bytes.resize(len, 0);
        if op.kind == Kind::Fd && bytes.len() > 24 {
            // The kinds of descriptors are told apart by these (`fd::target`).
            const MAGIC: [u32; 5] = [0x534f_434b, 0x5049_5045, 0x0904_1934, 0x6e73_6673, 0xef53];
            bytes[..4].copy_from_slice(&MAGIC[random.below(MAGIC.len())].to_le_bytes());
            bytes[16..18].copy_from_slice(&[[2, 0], [10, 0], [1, 0]][random.below(3)]);
        }
        Blobs::push(&mut blobs, op.arg, op.part, status, &bytes);
    }
    // A damaged tail.
    if random.below(10) == 0 {
        let end = random.below(blobs.len() + 1);
        blobs.truncate(end);
    }
    blobs
}

/// Constants that small numbers don't reach and that choose how something is shown.
static POOLS: &[&names::Enum] = &[
    &names::file::FCNTL_CMD,
    &names::ioctl::IOCTL_REQUEST,
    &names::keys::KEY_SPEC,
    &names::net::ADDRESS_FAMILY,
    &names::net::SOCKET_LEVEL,
    &names::prctl::ARCH_PRCTL_CODE,
    &names::prctl::PRCTL_OPTION,
    &names::ptrace::PTRACE_REGSET,
    &names::ptrace::PTRACE_REQUEST,
    &names::sockopt::SO_OPTIONS,
];

/// A small generator of numbers (SplitMix64), so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// Up to `max` bytes of one kind: noise, small words, text, zeros, ones.
    fn bytes(&mut self, max: usize) -> Vec<u8> {
        let len = if self.below(2) == 0 { max } else { self.below(max + 1) };
        let kind = self.below(6);
        let mut bytes = Vec::with_capacity(len + 8);
        while bytes.len() < len {
            let word = self.next();
            bytes.extend(match kind {
                0 | 1 => word.to_le_bytes(),
                2 => (word & 0x0000_003f_0000_003f).to_le_bytes(),
                3 => (word & 0x7f7f_7f7f_7f7f_7f7f).to_le_bytes(),
                4 => (word & 0x0101_0101).to_le_bytes(),
                _ => [if word & 1 == 0 { 0xff } else { 0 }; 8],
            });
        }
        bytes.truncate(len);
        bytes
    }
}

/// Any JSON value in which no object has a key twice.
struct Unique;

impl<'de> serde::Deserialize<'de> for Unique {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Unique, D::Error> {
        deserializer.deserialize_any(Unique)
    }
}

impl<'de> serde::de::Visitor<'de> for Unique {
    type Value = Unique;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON without repeated keys")
    }

    fn visit_unit<E>(self) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_str<E>(self, _: &str) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Unique, A::Error> {
        while seq.next_element::<Unique>()?.is_some() {}
        Ok(Unique)
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Unique, A::Error> {
        let mut keys = std::collections::HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            map.next_value::<Unique>()?;
            if !keys.insert(key.clone()) {
                return Err(serde::de::Error::custom(format!("the key {key:?} stands twice")));
            }
        }
        Ok(Unique)
    }
}
