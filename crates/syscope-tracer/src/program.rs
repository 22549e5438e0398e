//! A program as it is put together from its records: what it is, then its strings in pieces.

use syscope_bpf::wire::{Area, BlobTag, RawEvent};
use syscope_event::{Comm, Credentials, Exec, ExecId, Pid, Thread, Timestamp};
use syscope_syscalls::layout::View;
use syscope_syscalls::{Abi, Blobs, Call, fd};

/// Offsets in `struct exec_info` (`intf.h`).
mod info {
    pub(super) const BYTES: usize = 96;
    pub(super) const EXECS: usize = 0;
    pub(super) const PARENT_START: usize = 8;
    pub(super) const PARENT_EXECS: usize = 16;
    pub(super) const PERMITTED: usize = 24;
    pub(super) const EFFECTIVE: usize = 32;
    pub(super) const PERMITTED_BEFORE: usize = 40;
    pub(super) const EUID: usize = 48;
    pub(super) const EGID: usize = 52;
    pub(super) const SUID: usize = 56;
    pub(super) const SGID: usize = 60;
    pub(super) const ARGS_BYTES: usize = 64;
    pub(super) const ENV_BYTES: usize = 68;
    pub(super) const NOTED: usize = 72;
    pub(super) const COMM_BEFORE: usize = 80;
}

/// The program that is being put together.
#[derive(Debug, Default)]
pub(crate) struct Program {
    /// Its first record.
    pub(crate) raw: RawEvent,
    /// Whether strings are still awaited.
    pub(crate) open: bool,
    info: Vec<u8>,
    filename: Vec<u8>,
    interpreter: Option<Vec<u8>>,
    exe: Option<Vec<u8>>,
    exe_unlinked: bool,
    cwd: Option<Vec<u8>>,
    args: Vec<u8>,
    env: Vec<u8>,
    /// Bytes of the two areas in the kernel, and how many of them this run copies.
    wanted: [(u64, u64); 2],
    errno: Option<u16>,
}

impl Program {
    /// Begins with the record of an exec; the limits are those of the run.
    pub(crate) fn begin(raw: RawEvent, blobs: &[u8], limits: (u32, u32)) -> Program {
        let mut program = Program { raw, ..Program::default() };
        for (tag, _, blob) in Blobs(blobs).iter() {
            match u32::from(tag) {
                BlobTag::EXEC => program.info = blob.bytes.to_vec(),
                BlobTag::FILENAME => program.filename = blob.bytes.to_vec(),
                BlobTag::INTERPRETER => program.interpreter = Some(blob.bytes.to_vec()),
                BlobTag::CWD => program.cwd = fd::target(blob.bytes),
                BlobTag::EXE => {
                    (program.exe, program.exe_unlinked) = executable(blob.bytes);
                }
                _ => {}
            }
        }
        program.info.resize(info::BYTES, 0);
        let (args, env) = (program.word32(info::ARGS_BYTES), program.word32(info::ENV_BYTES));
        program.wanted = [(args, args.min(limits.0.into())), (env, env.min(limits.1.into()))];
        program.open = program.wanted.iter().any(|(_, copied)| *copied > 0);
        program
    }

    /// Whether `raw` is one more piece of this program.
    pub(crate) fn continues(&self, raw: &RawEvent, kind: u32) -> bool {
        kind == syscope_bpf::wire::EventType::AREA && raw.pid == self.raw.pid && raw.ts == self.raw.ts
    }

    /// Takes a piece; pieces after a lost one are dropped, since what is between is unknown.
    pub(crate) fn append(&mut self, raw: &RawEvent, bytes: &[u8]) {
        let area = if raw.args[0] as u32 == Area::ARGS { &mut self.args } else { &mut self.env };
        if raw.args[1] == area.len() as u64 {
            area.extend_from_slice(bytes);
        }
        let complete = |have: &[u8], wanted: (u64, u64)| have.len() as u64 >= wanted.1;
        self.open = !(complete(&self.args, self.wanted[0]) && complete(&self.env, self.wanted[1]));
    }

    /// An attempt that failed: path and vector as the call gave them.
    pub(crate) fn attempt(raw: RawEvent, call: &Call<'_>, at: bool) -> Program {
        let path = usize::from(at);
        let mut program = Program { raw, errno: call.errno(), ..Program::default() };
        program.filename = call.blob(path, 0).map_or_else(Vec::new, |blob| blob.bytes.to_vec());
        if let Some(blob) = call.blob(path + 1, 0) {
            let missing = vector(blob.bytes, &mut program.args);
            let cut = missing || blob.status != syscope_syscalls::Status::Complete;
            // How much is missing is not known; that something is must show.
            let have = program.args.len() as u64;
            program.wanted[0] = (have + u64::from(cut), have);
        }
        program
    }

    /// The event. `open` no longer matters: what has not come by now is missing.
    pub(crate) fn event<'a>(&'a self, time: Timestamp, thread: Thread<'a>) -> Exec<'a> {
        let attempted = self.errno.is_some();
        let parent_start = self.word(info::PARENT_START);
        let noted = !attempted && self.word32(info::NOTED) != 0;
        let pid = Pid(self.raw.pid);
        let execs = if attempted { u64::from(self.raw.execs) } else { self.word(info::EXECS) };
        let mut comm = [0; 16];
        if let Some(bytes) = self.info.get(info::COMM_BEFORE..info::COMM_BEFORE + 16) {
            comm.copy_from_slice(bytes);
        }
        Exec {
            time,
            thread,
            id: ExecId { pid, start_boot_ns: self.raw.start, execs },
            parent: (parent_start != 0).then(|| ExecId {
                pid: Pid(self.raw.ppid),
                start_boot_ns: parent_start,
                execs: self.word(info::PARENT_EXECS),
            }),
            filename: &self.filename,
            interpreter: self.interpreter.as_deref(),
            exe: self.exe.as_deref(),
            exe_unlinked: self.exe_unlinked,
            cwd: self.cwd.as_deref(),
            args: &self.args,
            args_missing: self.wanted[0].0.saturating_sub(self.args.len() as u64),
            env: &self.env,
            comm_before: noted.then_some(Comm(comm)),
            credentials: (!attempted).then(|| self.credentials()),
            capabilities_gained: noted
                .then(|| self.word(info::PERMITTED) & !self.word(info::PERMITTED_BEFORE)),
            errno: self.errno,
        }
    }

    fn credentials(&self) -> Credentials {
        Credentials {
            uid: self.raw.uid,
            gid: self.raw.gid,
            euid: self.word32(info::EUID) as u32,
            egid: self.word32(info::EGID) as u32,
            suid: self.word32(info::SUID) as u32,
            sgid: self.word32(info::SGID) as u32,
            capabilities_permitted: self.word(info::PERMITTED),
            capabilities_effective: self.word(info::EFFECTIVE),
        }
    }

    fn view(&self) -> View<'_> {
        View { abi: Abi::native(), bytes: &self.info }
    }

    fn word(&self, at: usize) -> u64 {
        self.view().u64(at).unwrap_or(0)
    }

    fn word32(&self, at: usize) -> u64 {
        self.view().u32(at).map_or(0, u64::from)
    }
}

/// The path of a program's file, and whether no name leads to it any more.
fn executable(blob: &[u8]) -> (Option<Vec<u8>>, bool) {
    const DELETED: &[u8] = b" (deleted)";
    let unlinked = fd::unlinked(blob);
    let mut path = fd::target(blob);
    if unlinked
        && let Some(path) = &mut path
        && path.ends_with(DELETED)
    {
        path.truncate(path.len() - DELETED.len());
    }
    (path, unlinked)
}

/// Copies a captured vector of strings in the form of an argument area; returns whether any was cut.
fn vector(blob: &[u8], out: &mut Vec<u8>) -> bool {
    let (mut at, mut missing) = (0, false);
    while let Some(word) =
        blob.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes)
    {
        let (len, cut, fault) = ((word & 0x3fff_ffff) as usize, word >> 31 != 0, word & 1 << 30 != 0);
        let Some(bytes) = blob.get(at + 4..at + 4 + len) else { break };
        if !fault {
            out.extend_from_slice(bytes);
        }
        out.push(0);
        missing |= cut || fault;
        at += 4 + len;
    }
    missing
}
