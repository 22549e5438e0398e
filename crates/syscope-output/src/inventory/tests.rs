use std::sync::Arc;

use syscope_event::{Container, Owner};

use super::*;
use crate::fixtures;
use crate::record::{CgroupEntry, ProcessEntry};

const FLAT: Form = Form { tree: false, width: None, color: false };
const TREE: Form = Form { tree: true, ..FLAT };

fn cgroup(id: u64, parent: u64, path: &[u8], owner: Option<Owner>) -> Cgroup {
    Cgroup {
        hierarchy: "unified".into(),
        hierarchy_id: 0,
        id,
        parent: Some(parent).filter(|id| *id != 0),
        level: path.split(|byte| *byte == b'/').filter(|part| !part.is_empty()).count() as u32,
        path: path.into(),
        state: State::Known(CgroupState::Running),
        tracking_id: owner.as_ref().map(|_| id),
        owner: owner.map(Arc::new),
        processes: Some(id % 7),
    }
}

fn cgroups() -> Vec<Cgroup> {
    vec![
        cgroup(1, 0, b"/", Some(Owner::HOST)),
        cgroup(23, 1, b"/system.slice", Some(fixtures::unknown())),
        Cgroup { processes: None, ..cgroup(45, 23, b"/system.slice/ssh.service", Some(fixtures::unit())) },
        Cgroup { state: State::Empty, ..cgroup(4180, 1, b"/pod 8a9a\x1b", None) },
        cgroup(4211, 4180, b"/pod 8a9a\x1b/1376", Some(fixtures::pod())),
    ]
}

fn process(pid: u32, ppid: u32, comm: &[u8], args: &[&[u8]], owner: Option<Owner>) -> Process {
    Process {
        pid,
        ppid: Some(ppid).filter(|pid| *pid != 0),
        uid: 33,
        gid: 34,
        user: Some("www-data".into()),
        comm: comm.into(),
        args: args.iter().map(|arg| Box::from(*arg)).collect(),
        args_cut: false,
        exe: None,
        kernel: false,
        ns_pid: Some(7),
        namespaces: Namespaces { pid: Some(4_026_531_836), mnt: None, uts: None },
        cgroup: Some(Place {
            id: Some(4211),
            hierarchy: "unified".into(),
            tracking_id: Some(4180),
            path: Box::from(&b"/a"[..]),
        }),
        owner: owner.map(Arc::new),
    }
}

fn processes() -> Vec<Process> {
    vec![
        Process { user: None, ..process(1, 0, b"init", &[b"/sbin/init"], Some(Owner::HOST)) },
        Process { kernel: true, cgroup: None, ..process(2, 0, b"kthread\n]", &[], None) },
        process(40, 1, b"nginx", &[b"nginx", b"-g", b"daemon off;"], Some(fixtures::pod())),
        Process {
            args_cut: true,
            ..process(41, 40, b"x\x1b[2J", &[b"x\x1b[2J", b"y"], Some(fixtures::guessed()))
        },
        process(42, 1, b"sshd", &[b"sshd"], Some(fixtures::unit())),
    ]
}

fn table(cgroups: &[Cgroup], form: Form) -> String {
    let mut out = Vec::new();
    push_cgroups(&mut out, cgroups, &form);
    String::from_utf8(out).unwrap()
}

fn ps(processes: &[Process], form: Form) -> String {
    let mut out = Vec::new();
    push_processes(&mut out, processes, &form);
    String::from_utf8(out).unwrap()
}

#[test]
fn cgroups_as_a_tree() {
    assert_eq!(
        table(&cgroups(), TREE),
        r#"HIERARCHY    ID  LEVEL  STATE    PROCS  OWNER             SOURCE  CGROUP
unified       1      0  running      1  host              none    /
unified      23      1  running      2  unknown           none    ├─ system.slice
unified      45      2  running      ?  ssh.service       unit    │  └─ ssh.service
unified    4180      1  empty        1  -                 -       └─ "pod 8a9a\33"
unified    4211      2  running      4  prod/web-0/nginx  cri        └─ 1376
"#
    );
}

#[test]
fn cgroups_by_their_paths() {
    assert_eq!(
        table(&cgroups()[3..], FLAT),
        r#"HIERARCHY    ID  LEVEL  STATE    PROCS  OWNER             SOURCE  CGROUP
unified    4180      1  empty        1  -                 -       "/pod 8a9a\33"
unified    4211      2  running      4  prod/web-0/nginx  cri     "/pod 8a9a\33/1376"
"#
    );
    // A part of the tree begins with the whole path of its first.
    let part = table(&cgroups()[3..], TREE);
    assert!(part.contains("\"/pod 8a9a\\33\"\n") && part.ends_with("└─ 1376\n"), "{part}");
}

#[test]
fn equal_ids_of_two_hierarchies_do_not_mix() {
    let memory = |cgroup: Cgroup| Cgroup { hierarchy: "memory".into(), hierarchy_id: 4, ..cgroup };
    let all = [
        cgroup(1, 0, b"/", None),
        cgroup(2, 1, b"/a", None),
        memory(cgroup(1, 0, b"/", None)),
        memory(cgroup(2, 1, b"/b", None)),
    ];
    assert_eq!(
        table(&all, TREE),
        "\
HIERARCHY  ID  LEVEL  STATE    PROCS  OWNER  SOURCE  CGROUP
unified     1      0  running      1  -      -       /
unified     2      1  running      2  -      -       └─ a
memory      1      0  running      1  -      -       /
memory      2      1  running      2  -      -       └─ b
"
    );
}

#[test]
fn cgroups_as_json() {
    let mut out = Vec::new();
    push_cgroups_json(&mut out, &cgroups()).unwrap();
    let text = String::from_utf8(out).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[3],
        concat!(
            r#"{"hierarchy":"unified","hierarchy_id":0,"id":4180,"parent":1,"level":1,"#,
            r#""path":"/pod 8a9a\u001b","state":"empty","processes":1}"#,
        )
    );
    assert_eq!(
        lines[4],
        concat!(
            r#"{"hierarchy":"unified","hierarchy_id":0,"id":4211,"parent":4180,"level":2,"#,
            r#""path":"/pod 8a9a\u001b/1376","state":"running","tracking_id":4211,"#,
            r#""owner":{"kind":"container","source":"cri"},"#,
            r#""container":{"id":"13765a70e8b1","name":"nginx","image":"docker.io/library/nginx:1","#,
            r#""runtime":"containerd","pod":"web-0","pod_uid":"8a9a","namespace":"prod","#,
            r#""labels":{"app":"web","tier":"\"front\""}},"processes":4}"#,
        )
    );
    for (line, cgroup) in lines.iter().zip(&cgroups()) {
        assert_eq!(serde_json::from_str::<CgroupEntry>(line).unwrap(), CgroupEntry::from(cgroup));
    }
}

#[test]
fn processes_in_rows_and_as_a_tree() {
    assert_eq!(
        ps(&processes(), FLAT),
        r#"PID  PPID  USER      OWNER             SOURCE  COMMAND
  1     0  33        host              none    /sbin/init
  2     0  www-data  -                 -       [kthread\n]]
 40     1  www-data  prod/web-0/nginx  cri     nginx -g 'daemon off;'
 41    40  www-data  4f1c2a3b4d5e      path    $'x\x1b[2J' y...
 42     1  www-data  ssh.service       unit    sshd
"#
    );
    assert_eq!(
        ps(&processes(), Form { width: Some(60), ..TREE }),
        r#"PID  PPID  USER      OWNER             SOURCE  COMMAND
  1     0  33        host              none    /sbin/init
 40     1  www-data  prod/web-0/nginx  cri     ├─ nginx -g '...
 41    40  www-data  4f1c2a3b4d5e      path    │  └─ $'x\x1b...
 42     1  www-data  ssh.service       unit    └─ sshd
  2     0  www-data  -                 -       [kthread\n]]
"#
    );
}

#[test]
fn colours_mark_owners_and_doubts() {
    let colored = Form { color: true, ..FLAT };
    let rows = ps(&processes(), colored);
    assert!(rows.contains("\x1b[32mprod/web-0/nginx\x1b[0m  cri"), "{rows:?}");
    assert!(rows.contains("\x1b[33m4f1c2a3b4d5e\x1b[0m      path"), "{rows:?}");
    assert!(rows.contains("\x1b[2mhost\x1b[0m  "), "{rows:?}");
    let rows = table(&cgroups(), colored);
    assert!(rows.contains("\x1b[33munknown\x1b[0m  ") && rows.contains("\x1b[2mempty\x1b[0m  "), "{rows:?}");
}

#[test]
fn processes_as_json() {
    let mut out = Vec::new();
    let exe = Some(Box::from(&b"/usr/\xff"[..]));
    let mut all = processes();
    all[2].exe = exe;
    push_processes_json(&mut out, &all).unwrap();
    let text = String::from_utf8(out).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[1],
        concat!(
            r#"{"pid":2,"uid":33,"gid":34,"user":"www-data","comm":"kthread\n]","args":[],"kernel":true,"#,
            r#""ns":{"pid":4026531836}}"#,
        )
    );
    assert_eq!(
        lines[2],
        concat!(
            r#"{"pid":40,"ppid":1,"uid":33,"gid":34,"user":"www-data","comm":"nginx","#,
            r#""args":["nginx","-g","daemon off;"],"exe":{"bytes":"L3Vzci//"},"#,
            r#""owner":{"kind":"container","source":"cri"},"#,
            r#""container":{"id":"13765a70e8b1","name":"nginx","image":"docker.io/library/nginx:1","#,
            r#""runtime":"containerd","pod":"web-0","pod_uid":"8a9a","namespace":"prod","#,
            r#""labels":{"app":"web","tier":"\"front\""},"pid":7},"#,
            r#""cgroup":{"id":4211,"hierarchy":"unified","tracking_id":4180,"path":"/a"},"#,
            r#""ns":{"pid":4026531836}}"#,
        )
    );
    for (line, process) in lines.iter().zip(&all) {
        assert_eq!(serde_json::from_str::<ProcessEntry>(line).unwrap(), ProcessEntry::from(process));
    }
}

#[test]
fn no_byte_of_theirs_reaches_the_terminal_raw() {
    for byte in 0..=255 {
        let odd = [b'a', byte, b'b'];
        let name = String::from_utf8_lossy(&odd).into_owned();
        let container = Container { name: Some(name.as_str().into()), ..Container::default() };
        let owner = fixtures::container(container);
        let one =
            Process { user: Some(name.as_str().into()), ..process(1, 0, &odd, &[&odd], Some(owner.clone())) };
        let bare = process(2, 1, &odd, &[], None);
        let mut json = Vec::new();
        push_processes_json(&mut json, std::slice::from_ref(&one)).unwrap();
        let made = [
            ps(&[one, bare], TREE),
            table(&[cgroup(1, 0, &odd, Some(owner))], TREE),
            String::from_utf8(json).unwrap(),
        ];
        for (text, lines) in made.iter().zip([3, 2, 1]) {
            assert_eq!(text.lines().count(), lines, "{byte:#x}: {text:?}");
            assert!(text.lines().all(|line| !line.chars().any(char::is_control)), "{byte:#x}: {text:?}");
        }
    }
}
