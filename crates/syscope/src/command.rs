//! The command that is traced: started stopped, so that nothing of it is missed, and otherwise left as it
//! would be without us: its terminal, its signals, its environment, its exit status.

use std::ffi::{CString, OsStr, OsString};
use std::io;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;

use crate::failure::Failure;

/// A child that waits to become the command.
pub struct Prepared {
    pid: libc::pid_t,
    go: OwnedFd,
    failed: OwnedFd,
    program: PathBuf,
}

/// The running command.
pub struct Running {
    pid: libc::pid_t,
}

/// How the command ended.
#[derive(Debug, Clone, Copy)]
pub struct Ended(i32);

impl Prepared {
    /// Forks the child. It execs when [`Prepared::start`] lets it.
    pub fn new(words: &[OsString]) -> Result<Prepared, Failure> {
        let program = find(&words[0], std::env::var_os("PATH").as_deref())?;
        let path = c_string(program.as_os_str())?;
        let arguments: Vec<CString> = words.iter().map(|word| c_string(word)).collect::<Result<_, _>>()?;
        let mut vector: Vec<*const libc::c_char> = arguments.iter().map(|word| word.as_ptr()).collect();
        vector.push(std::ptr::null());
        let (wait, go) = pipe()?;
        let (failed, report) = pipe()?;
        // SAFETY: the child only makes async-signal-safe calls before it execs or exits, and all memory it
        // uses was made before the fork.
        let pid = unsafe { libc::fork() };
        if pid < 0 {
            return Err(io::Error::last_os_error().into());
        }
        if pid == 0 {
            // SAFETY: as above; the pointers are into `path`, `arguments` and `vector`, which live here.
            unsafe { become_command(wait.as_raw_fd(), report.as_raw_fd(), go.as_raw_fd(), &path, &vector) }
        }
        Ok(Prepared { pid, go, failed, program })
    }

    /// The child's process id.
    pub fn pid(&self) -> u32 {
        self.pid as u32
    }

    /// Lets it exec.
    pub fn start(self) -> Result<Running, Failure> {
        let running = Running { pid: self.pid };
        // SAFETY: one byte is written from a valid buffer to a pipe of ours.
        let written = unsafe { libc::write(self.go.as_raw_fd(), b"g".as_ptr().cast(), 1) };
        if written != 1 {
            return Err(io::Error::last_os_error().into());
        }
        // The child's end closes at its exec; before that it can only say why it failed.
        let mut errno = [0u8; 4];
        // SAFETY: up to four bytes are read into a buffer of four.
        let got = unsafe { libc::read(self.failed.as_raw_fd(), errno.as_mut_ptr().cast(), 4) };
        if got == 4 {
            let source = io::Error::from_raw_os_error(i32::from_ne_bytes(errno));
            running.wait();
            return Err(Failure::Usage(
                anyhow::Error::new(source).context(format!("run {}", self.program.display())),
            ));
        }
        Ok(running)
    }

    /// Ends the child without letting it exec.
    pub fn abandon(self) {
        let running = Running { pid: self.pid };
        drop(self);
        running.wait();
    }
}

impl Running {
    /// Waits for the end.
    pub fn wait(self) -> Ended {
        let mut status = 0;
        loop {
            // SAFETY: `status` is valid for writing.
            let got = unsafe { libc::waitpid(self.pid, &mut status, 0) };
            if got == self.pid || io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
                return Ended(status);
            }
        }
    }
}

impl Ended {
    /// Ends this process as the command ended: with its status, or by its signal.
    pub fn follow(self) -> ExitCode {
        if libc::WIFSIGNALED(self.0) {
            let signal = libc::WTERMSIG(self.0);
            // The core, if any, is the command's.
            let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
            // SAFETY: plain system calls on this process; the sets are initialised by sigemptyset.
            unsafe {
                libc::setrlimit(libc::RLIMIT_CORE, &none);
                libc::signal(signal, libc::SIG_DFL);
                let mut set = std::mem::zeroed();
                libc::sigemptyset(&mut set);
                libc::sigaddset(&mut set, signal);
                libc::pthread_sigmask(libc::SIG_UNBLOCK, &set, std::ptr::null_mut());
                libc::raise(signal);
            }
            // Signals that do not end a process (it was another kernel's word) end up here.
            return ExitCode::from(128u8.saturating_add(signal as u8));
        }
        ExitCode::from(libc::WEXITSTATUS(self.0) as u8)
    }
}

/// Whether SIGPIPE was ignored when this process began. The Rust runtime ignores it before `main`, and the
/// command shall have what our caller gave us.
static PIPE_IGNORED: AtomicBool = AtomicBool::new(false);

/// Called by the loader before the Rust runtime starts.
#[used]
#[unsafe(link_section = ".init_array")]
static NOTE_PIPE: extern "C" fn() = note_pipe;

extern "C" fn note_pipe() {
    // SAFETY: the action is valid for writing, and all-zero bytes are a valid one.
    let ignored = unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        libc::sigaction(libc::SIGPIPE, std::ptr::null(), &mut action);
        action.sa_sigaction == libc::SIG_IGN
    };
    PIPE_IGNORED.store(ignored, Ordering::Relaxed);
}

/// The child: waits for the word, puts back what the Rust runtime changed, and execs.
///
/// # Safety
/// Runs after a fork; `vector` is a NULL-terminated vector of strings.
unsafe fn become_command(
    wait: i32,
    report: i32,
    go: i32,
    path: &CString,
    vector: &[*const libc::c_char],
) -> ! {
    // SAFETY: only async-signal-safe calls (signal-safety(7)) on descriptors and memory of this process.
    unsafe {
        // Our copy of the parent's end, or the parent's death would go unnoticed.
        libc::close(go);
        let mut byte = 0u8;
        if libc::read(wait, (&raw mut byte).cast(), 1) != 1 {
            libc::_exit(125);
        }
        if !PIPE_IGNORED.load(Ordering::Relaxed) {
            libc::signal(libc::SIGPIPE, libc::SIG_DFL);
        }
        libc::execv(path.as_ptr(), vector.as_ptr());
        let errno = (*libc::__errno_location()).to_ne_bytes();
        libc::write(report, errno.as_ptr().cast(), errno.len());
        libc::_exit(127)
    }
}

/// The program a name stands for, searched in `path` as execvp(3) does.
fn find(name: &OsStr, path: Option<&OsStr>) -> Result<PathBuf, Failure> {
    if name.is_empty() {
        return Err(Failure::usage("the command after -- is empty"));
    }
    if name.as_bytes().contains(&b'/') {
        let program = PathBuf::from(name);
        if program.is_dir() {
            return Err(Failure::usage(format!("{} is a directory", program.display())));
        }
        check_executable(&program)
            .with_context(|| format!("run {}", program.display()))
            .map_err(Failure::Usage)?;
        return Ok(program);
    }
    let path = path.unwrap_or(OsStr::new("/usr/local/bin:/usr/bin:/bin"));
    let mut refused = None;
    for dir in std::env::split_paths(path) {
        let program = if dir.as_os_str().is_empty() { Path::new(".").join(name) } else { dir.join(name) };
        if !program.is_file() {
            continue;
        }
        if check_executable(&program).is_ok() {
            return Ok(program);
        }
        refused = Some(program);
    }
    Err(match refused {
        Some(program) => Failure::usage(format!("{} is not executable", program.display())),
        None => Failure::usage(format!(
            "no command {} in PATH (what follows -- is run without a shell)",
            name.display()
        )),
    })
}

/// Whether this file may be executed, and if not, why.
fn check_executable(program: &Path) -> io::Result<()> {
    let text = CString::new(program.as_os_str().as_bytes())?;
    // SAFETY: `text` is a NUL-terminated string.
    if unsafe { libc::access(text.as_ptr(), libc::X_OK) } == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

fn c_string(word: &OsStr) -> Result<CString, Failure> {
    CString::new(word.as_bytes()).context("a word of the command holds a NUL byte").map_err(Failure::Usage)
}

fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut ends = [0; 2];
    // SAFETY: room for two descriptors is given.
    if unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) } < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: both were just created and belong to nobody else.
    Ok(unsafe { (OwnedFd::from_raw_fd(ends[0]), OwnedFd::from_raw_fd(ends[1])) })
}
