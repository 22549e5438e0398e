//! Real commands, most of them small: what counts is the variety of calls.
//!
//! Where processes run side by side, short sleeps put their ends into one order, since the order decides
//! what a shell's `wait4` returns and where the signal handler runs.

use super::Case;
use super::LeaveOut::{Argument, Calls, Interrupted, Repetitions};

/// Files with fixed times and contents.
const FILES: &str = "mkdir -p tree/a/b tree/c
printf 'pear\\napple\\nfig\\napple\\n' > fruit
seq 1 500 > numbers
printf 'one\\n' > tree/a/one; printf 'two\\n' > tree/a/b/two; printf 'three\\n' > tree/c/three
ln -s ../one tree/c/link
find . -exec touch -h -d 2024-01-02T03:04:05Z {} +
";

const REPOSITORY: &str = "git config --global user.name t; git config --global user.email t@example.org
git config --global init.defaultBranch main; git config --global gc.auto 0
git config --global maintenance.auto false; git config --global core.pager cat
git config --global index.skipHash true
mkdir repo; cd repo; printf 'a\\n' > a; mkdir d; printf 'b\\n' > d/b; touch -d 2024-01-02T03:04:05Z a d/b
git init -q; git add .; git commit -q -m first; sleep 0.01
";

const THREADS_RACE: &str = "threads contend for locks and memory in an order of their own";
const NAMES_DRAWN: &str =
    "the C library draws a temporary name again when the first random number is too large";
const PIPE_RACES: &str = "how much of a pipe one read returns depends on how far the writer has come";
const END_RACES: &str = "the child may have ended when the parent asks, or only later";
const SIGCHLD_RACES: &str = "the end of a child may come while the parent is in one call or another";

/// Commands people use.
pub fn real_commands() -> Vec<Case> {
    [coreutils(), text_tools(), shells(), interpreters(), tools(), processes()].concat()
}

fn coreutils() -> Vec<Case> {
    [
        Case::new("true", "true"),
        Case::new("ls", "ls -la --time-style=+%s tree"),
        Case::new("ls-missing", "ls /does/not/exist"),
        Case::new("cat", "cat fruit numbers missing"),
        Case::new("cp", "cp -a tree copy"),
        Case::new("mv", "mv fruit tree/fruit"),
        Case::new("ln", "ln -s fruit link"),
        Case::new("rm", "rm -rf tree"),
        Case::new("mkdir", "mkdir -p -m 750 x/y/z"),
        Case::new("chmod", "chmod -R go-rwx tree"),
        Case::new("touch", "touch -d 2024-01-02T03:04:05Z new"),
        Case::new("stat", "stat -c %n:%s:%f fruit tree"),
        Case::new("du", "du -a tree"),
        Case::new("df", "df --output=target ."),
        Case::new("dd", "dd if=/dev/zero of=out bs=4096 count=16 conv=fsync status=none"),
        Case::new("head", "head -c 100 numbers"),
        Case::new("tail", "tail -n 3 numbers"),
        Case::new("wc", "wc numbers fruit"),
        Case::new("sort", "sort -u fruit -o sorted"),
        Case::new("uniq", "uniq -c fruit"),
        Case::new("cut", "cut -c 1-2 fruit"),
        Case::new("tr", "tr a-z A-Z").stdin("hello\n"),
        Case::new("tee", "tee out1 out2").stdin("hello\n"),
        Case::new("sha256sum", "sha256sum numbers"),
        Case::new("id", "id"),
        Case::new("uname", "uname -a"),
        Case::new("date", "date -u -d @0"),
        Case::new("mktemp", "mktemp -d").except(NAMES_DRAWN, &[Calls("getrandom")]),
        Case::new("install", "install -D -m 640 fruit to/the/place"),
        Case::new("env", "env -i A=1 nice -n 3 printenv A"),
    ]
    .map(|case| case.setup(FILES))
    .to_vec()
}

fn text_tools() -> Vec<Case> {
    [
        Case::new("grep", "grep -rn apple fruit tree"),
        Case::new("sed", "sed -i s/apple/kiwi/ fruit").except(NAMES_DRAWN, &[Calls("getrandom")]),
        Case::of("awk", &["awk", "{ sum += $1 } END { print sum }", "numbers"]),
        Case::new("xargs", "xargs -n 1 echo item").stdin("a b c\n"),
        Case::new("find", "find tree -type f -newermt 2020-01-01 -name t*"),
        Case::new("find-include", "find /usr/include/linux -name *.h -size +20k"),
        Case::new("diff", "diff -u fruit numbers"),
        Case::new("tar", "tar cf out.tar tree fruit"),
        Case::new("tar-extract", "tar xf in.tar -C tree")
            .setup(&format!("{FILES}tar cf in.tar fruit numbers")),
        Case::new("gzip", "gzip -k -n numbers"),
        Case::new("xz", "xz -k -T1 numbers"),
        Case::new("jq", "jq .a[1]").stdin("{\"a\":[1,2]}\n"),
    ]
    .map(|case| if case.setup.is_empty() { case.setup(FILES) } else { case })
    .to_vec()
}

fn shells() -> Vec<Case> {
    [
        Case::of("sh-pipeline", &["sh", "-c", "{ sleep 0.1; cat fruit; } | { wc -l; sleep 0.2; }"]),
        Case::of("sh-pipeline-3", &["sh", "-c", "sort fruit | uniq | wc -l"])
            .except(SIGCHLD_RACES, &[Calls("rt_sigreturn"), Calls("wait4"), Interrupted]),
        Case::of(
            "sh-redirect",
            &["sh", "-c", "cat < fruit > out; echo $? >> out; test -s out && read x < out"],
        )
        .except(SIGCHLD_RACES, &[Calls("rt_sigreturn"), Interrupted]),
        Case::of("sh-background", &["sh", "-c", "sleep 0.2 & wait; echo done"])
            .except(SIGCHLD_RACES, &[Calls("rt_sigreturn")]),
        Case::of("sh-loop", &["sh", "-c", "for f in tree/*; do test -d $f && (cd $f; ls); done"])
            .except(SIGCHLD_RACES, &[Calls("rt_sigreturn"), Interrupted]),
        Case::of(
            "bash",
            &["bash", "-c", "a=(1 2 3); printf '%s\\n' ${a[@]} > out; while read -r l; do :; done < out"],
        ),
        Case::of(
            "bash-subst",
            &["bash", "-c", "x=$(sleep 0.1; echo hi); echo $x; type ls; cd tree; pwd; umask 027"],
        )
        .except(SIGCHLD_RACES, &[Calls("rt_sigreturn"), Calls("wait4"), Interrupted]),
    ]
    .map(|case| case.setup(FILES))
    .to_vec()
}

fn interpreters() -> Vec<Case> {
    const PYTHON_FILES: &str = "import os, json, tempfile
with tempfile.TemporaryDirectory() as d:
    p = os.path.join(d, 'x.json')
    json.dump({'a': [1, 2]}, open(p, 'w'))
    print(json.load(open(p)), sorted(os.listdir(d)), os.stat(p).st_size)
os.rename('fruit', 'obst'); os.setxattr('obst', 'user.a', b'1'); os.symlink('obst', 'l'); os.readlink('l')
";
    const PYTHON_SOCKET: &str = "import socket
a, b = socket.socketpair(); a.sendall(b'hi'); b.recv(10)
s = socket.create_server(('127.0.0.1', 0)); c = socket.create_connection(s.getsockname())
d, _ = s.accept(); c.sendall(b'x' * 100); d.recv(200); c.close(); d.recv(1)
";
    const PYTHON_PROCESS: &str = "import subprocess
print(subprocess.run(['sleep', '0.1'], check=True).returncode)
try: subprocess.run(['/no/such/program'])
except FileNotFoundError as e: print(e)
";
    const PYTHON_THREADS: &str = "import threading, time
def work(n):
    time.sleep(0.2 * n); open('fruit').read()
ts = [threading.Thread(target=work, args=(i + 1,)) for i in range(3)]
[t.start() for t in ts]; [t.join() for t in ts]
";
    const PERL: &str = "open(F, '<', 'fruit'); @l = <F>; close F; print sort @l; mkdir 'd'; rmdir 'd'; \
        utime 1, 2, 'fruit'; $p = fork; if (!$p) { select undef, undef, undef, 0.1; exit 3 } waitpid $p, 0; print $? >> 8";
    const SQLITE: &str = "pragma journal_mode=off; create table t(a, b); insert into t values (1, 'x'), (2, 'y'); \
        select * from t where a > 1; update t set b = 'z'; vacuum;";
    [
        Case::of("python3", &["python3", "-c", "print(1)"]),
        Case::of("python3-files", &["python3", "-c", PYTHON_FILES]),
        Case::of("python3-socket", &["python3", "-c", PYTHON_SOCKET]),
        Case::of("python3-subprocess", &["python3", "-c", PYTHON_PROCESS]),
        Case::of("python3-threads", &["python3", "-c", PYTHON_THREADS]).except(
            THREADS_RACE,
            &[Calls("futex"), Calls("mmap"), Calls("munmap"), Calls("mprotect"), Calls("brk")],
        ),
        Case::of("perl", &["perl", "-e", PERL]),
        Case::of("sqlite3", &["sqlite3", "-batch", "t.db", SQLITE]),
    ]
    .map(|case| case.setup(FILES))
    .to_vec()
}

fn tools() -> Vec<Case> {
    let git = |name: &str, command: &str| Case::new(name, command).setup(REPOSITORY);
    vec![
        git("git-init", "git init -q other").except(NAMES_DRAWN, &[Calls("getrandom")]),
        git("git-status", "git -C repo status --short"),
        git("git-log", "git -C repo --no-pager log --stat"),
        git("git-commit", "git -C repo commit -q --allow-empty -m second"),
        git("git-add", "git -C repo add x")
            .setup(&format!("{REPOSITORY}echo x > x; touch -d 2024-01-02T03:04:05Z x")),
        Case::new("curl", "curl -s -S http://127.0.0.1:{port}/").except(
            "the poll loop turns as often as the answer takes",
            &[Repetitions("poll"), Argument("poll", 2)],
        ),
        Case::new("wget", "wget -q -O out http://127.0.0.1:{port}/"),
        Case::new("ip", "ip addr show lo"),
        Case::new("openssl", "openssl dgst -sha256 fruit").setup(FILES),
        Case::new("make", "make -f m all")
            .setup("printf 'all: x\\nx:\\n\\ttouch x\\n' > m; touch -d 2024-01-02T03:04:05Z m")
            .except(SIGCHLD_RACES, &[Calls("rt_sigreturn"), Interrupted]),
        Case::new("gcc", "gcc -c t.c -o t.o")
            .setup("printf 'int f(int a) { return a + 1; }\\n' > t.c")
            .environment("TMPDIR", ".")
            .except(SIGCHLD_RACES, &[Interrupted])
            .except(NAMES_DRAWN, &[Calls("getrandom")]),
        Case::new("ldd", "ldd /bin/true")
            .except(SIGCHLD_RACES, &[Calls("rt_sigreturn"), Calls("wait4"), Interrupted])
            .except(PIPE_RACES, &[Calls("read")]),
    ]
}

fn processes() -> Vec<Case> {
    vec![
        Case::new("timeout", "timeout 5 sleep 0.2").except(SIGCHLD_RACES, &[Calls("rt_sigreturn")]),
        Case::new("timeout-kills", "timeout 0.3 sleep 5")
            .except(SIGCHLD_RACES, &[Calls("rt_sigreturn")])
            .except(END_RACES, &[Calls("wait4"), Calls("rt_sigsuspend")]),
        Case::of("killed", &["sh", "-c", "kill -KILL $$"]),
        Case::of("terminated", &["sh", "-c", "sleep 0.1; kill -TERM $$; sleep 5"]),
        Case::of("exit-status", &["sh", "-c", "exit 7"]),
        Case::of("no-such-program", &["sh", "-c", "/no/such/program; true"])
            .except(SIGCHLD_RACES, &[Calls("rt_sigreturn"), Interrupted]),
        Case::new("nohup", "nohup sleep 0.1"),
        Case::new("flock", "flock lock sleep 0.1"),
        Case::new("setsid", "setsid --wait sleep 0.1"),
    ]
}
