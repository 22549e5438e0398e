//! Arguments and C types against the kernel's own description of its calls
//! (`events/syscalls/sys_enter_*/format` in tracefs).

use std::path::{Path, PathBuf};
use std::process::Command;

use syscope_syscalls::Abi;
use syscope_syscalls::table::{number, syscall};

use crate::assert_none;

/// A call as the kernel describes it.
#[derive(Debug, PartialEq)]
struct Format {
    /// The name of the kernel's function without `sys_`.
    name: String,
    /// `(C type, name)`.
    args: Vec<(String, String)>,
}

/// Functions that are called otherwise than the system call they serve.
const RENAMED: &[(&str, &str)] = &[
    ("arm64_personality", "personality"),
    ("newfstat", "fstat"),
    ("newlstat", "lstat"),
    ("newstat", "stat"),
    ("newuname", "uname"),
    ("sendfile64", "sendfile"),
    ("umount", "umount2"),
];

/// Where the table deliberately says otherwise: `(call, argument from 0, C type in the table, reason)`.
const DELIBERATE: &[(&str, usize, &str, &str)] = &[];

#[test]
fn kernel_6_18() {
    let text = include_str!("../data/syscalls-6.18-x86_64.txt");
    let formats: Vec<Format> = text.lines().filter(|line| !line.starts_with('#')).map(parse_line).collect();
    assert!(formats.len() > 300, "only {} calls", formats.len());
    assert_none("differences from the kernel", &differences(Abi::X86_64, &formats));
}

#[test]
#[ignore = "root+bpf"]
fn running_kernel() {
    let tracefs = Tracefs::open();
    let mut formats = Vec::new();
    for entry in std::fs::read_dir(tracefs.0.join("events/syscalls")).expect("the kernel describes its calls")
    {
        let entry = entry.unwrap();
        if let Some(name) = entry.file_name().to_str().and_then(|name| name.strip_prefix("sys_enter_")) {
            formats.push(parse_format(name, &std::fs::read_to_string(entry.path().join("format")).unwrap()));
        }
    }
    drop(tracefs);
    assert!(formats.len() > 300, "only {} calls", formats.len());
    assert_none("differences from the kernel", &differences(Abi::native(), &formats));
}

/// Each way in which the table says something else than `formats`.
fn differences(abi: Abi, formats: &[Format]) -> Vec<String> {
    let mut found = Vec::new();
    for format in formats {
        let name = RENAMED.iter().find(|entry| entry.0 == format.name).map_or(&*format.name, |entry| entry.1);
        let Some(nr) = number(abi, name) else {
            found.push(format!("{name}: not in the table"));
            continue;
        };
        let Some(spec) = syscall(abi, nr) else {
            found.push(format!("{name}: no specification"));
            continue;
        };
        if spec.args.len() != format.args.len() {
            let (ours, theirs) = (spec.args.len(), format.args.len());
            found.push(format!("{name}: {ours} arguments, {theirs} in the kernel: {:?}", format.args));
            continue;
        }
        for (index, (ours, (theirs, its_name))) in spec.args.iter().zip(&format.args).enumerate() {
            let deliberate = DELIBERATE
                .iter()
                .any(|entry| (entry.0, entry.1) == (name, index) && same_type(entry.2, ours.ctype));
            if !same_type(ours.ctype, theirs) && !deliberate {
                let (name_here, ctype) = (ours.name, ours.ctype);
                found.push(format!("{name}: {name_here} is {ctype:?}, {theirs:?} {its_name} in the kernel"));
            }
        }
    }
    found
}

/// Whether two C types are the same but for spaces and the place of the first `const`.
fn same_type(a: &str, b: &str) -> bool {
    tokens(a) == tokens(b)
}

fn tokens(ctype: &str) -> Vec<String> {
    let spaced = ctype.replace('*', " * ");
    let mut tokens: Vec<String> = spaced.split_whitespace().map(str::to_owned).collect();
    let base = tokens.iter().position(|token| token == "*").unwrap_or(tokens.len());
    tokens[..base].sort_by_key(|token| token != "const");
    tokens
}

/// A line of the data file: `name type:name, type:name`.
fn parse_line(line: &str) -> Format {
    let (name, args) = line.split_once(' ').unwrap_or((line, ""));
    let args = args.split(", ").filter_map(|arg| arg.split_once(':'));
    Format { name: name.into(), args: args.map(|(ctype, name)| (ctype.into(), name.into())).collect() }
}

/// A file of tracefs; the arguments follow the field that holds the number.
fn parse_format(name: &str, text: &str) -> Format {
    let fields = text.lines().filter_map(|line| line.trim().strip_prefix("field:")?.split_once(';'));
    let declarations = fields.map(|(declaration, _)| declaration.rsplit_once(' ').expect("type and name"));
    let args = declarations.skip_while(|(_, name)| *name != "__syscall_nr").skip(1);
    Format { name: name.into(), args: args.map(|(ctype, name)| (ctype.into(), name.into())).collect() }
}

/// A mounted tracefs, unmounted at the end if it was mounted here.
struct Tracefs(PathBuf, bool);

impl Tracefs {
    fn open() -> Tracefs {
        for place in ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"] {
            if Path::new(place).join("events/syscalls").is_dir() {
                return Tracefs(place.into(), false);
            }
        }
        let place = "/sys/kernel/tracing";
        let status = Command::new("mount").args(["-t", "tracefs", "tracefs", place]).status();
        assert!(status.is_ok_and(|status| status.success()), "tracefs can't be mounted at {place}");
        Tracefs(place.into(), true)
    }
}

impl Drop for Tracefs {
    fn drop(&mut self) {
        if self.1 {
            // A failure leaves an empty mount behind, which harms nothing.
            let _ = Command::new("umount").arg(&self.0).status();
        }
    }
}

#[test]
fn formats_are_parsed() {
    let expected = Format {
        name: "openat".into(),
        args: vec![("int".into(), "dfd".into()), ("const char *".into(), "filename".into())],
    };
    assert_eq!(parse_line("openat int:dfd, const char *:filename"), expected);
    let text = "name: sys_enter_openat\nformat:\n\tfield:int common_pid;\toffset:4;\n\n\tfield:int __syscall_nr;\toffset:8;\n\
                \tfield:int dfd;\toffset:16;\n\tfield:const char * filename;\toffset:24;\n\nprint fmt: \"\"\n";
    assert_eq!(parse_format("openat", text), expected);
    assert_eq!(parse_line("getpid"), Format { name: "getpid".into(), args: Vec::new() });
    assert!(same_type("const char *", "char const*") && !same_type("const char *", "char *"));
    assert!(same_type("const char *const *", "char const * const*"));
}
