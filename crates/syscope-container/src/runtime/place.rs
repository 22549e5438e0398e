//! Where a runtime says that a container's cgroup is, and whether that is the cgroup that was asked about.

/// The cgroup of a container as its runtime tells it; empty: not told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Place {
    /// Paths within a hierarchy, absolute.
    paths: Vec<Box<str>>,
    /// Ends of paths: what is relative to a cgroup that is not told.
    ends: Vec<Box<str>>,
}

/// Whether the runtime's word fits the cgroup that was asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    /// It is the container's own.
    Confirmed,
    /// The container's cgroup is another one.
    Contradicted,
    /// The runtime does not tell.
    Untold,
}

impl Place {
    /// Not told.
    pub(crate) const UNTOLD: Place = Place { paths: Vec::new(), ends: Vec::new() };

    /// The place that `linux.cgroupsPath` of a runtime specification means: an absolute path, `slice:prefix:name`
    /// for a scope of systemd, or a path relative to where the runtime's own cgroup is.
    pub(crate) fn of_spec(cgroups_path: &str) -> Place {
        let mut place = Place::UNTOLD;
        let parts: Vec<&str> = cgroups_path.split(':').collect();
        match parts[..] {
            [slice, prefix, name] if !cgroups_path.starts_with('/') && !name.is_empty() => {
                let slice = if slice.is_empty() { "system.slice" } else { slice };
                let scope = match prefix {
                    _ if name.ends_with(".slice") => name.to_owned(),
                    "" => format!("{name}.scope"),
                    _ => format!("{prefix}-{name}.scope"),
                };
                if let Some(slice) = slice_path(slice) {
                    place.paths.push(format!("{slice}/{scope}").into());
                }
            }
            _ => place.push(cgroups_path),
        }
        place
    }

    /// The place that directories of the cgroup file system show, as runc keeps them: by controller, the empty
    /// one for the v2 hierarchy. What is not mounted at the usual place tells nothing.
    pub(crate) fn of_directories<'a>(directories: impl Iterator<Item = (&'a str, &'a str)>) -> Place {
        let mut place = Place::UNTOLD;
        for (controller, directory) in directories.take(64) {
            let Some(below) = directory.strip_prefix("/sys/fs/cgroup").filter(|below| below.starts_with('/'))
            else {
                continue;
            };
            let after_mount = below[1..].split_once('/').map_or("", |(_, rest)| rest);
            let unified_of_hybrid = below.starts_with("/unified/");
            if controller.is_empty() && !unified_of_hybrid {
                place.paths.push(below.into());
            } else if !after_mount.is_empty() {
                place.paths.push(format!("/{after_mount}").into());
            }
        }
        place.paths.sort();
        place.paths.dedup();
        place
    }

    /// The place that an absolute path within the hierarchy, or a relative one, is.
    pub(crate) fn of_path(path: &str) -> Place {
        let mut place = Place::UNTOLD;
        place.push(path);
        place
    }

    fn push(&mut self, path: &str) {
        let trimmed = path.trim_end_matches('/');
        let harmless = !trimmed.split('/').any(|part| part == "..");
        match trimmed.strip_prefix('/') {
            _ if trimmed.is_empty() || !harmless => {}
            Some(_) => self.paths.push(trimmed.into()),
            None => self.ends.push(format!("/{trimmed}").into()),
        }
    }

    /// Whether the runtime tells any.
    pub(crate) fn is_told(&self) -> bool {
        !self.paths.is_empty() || !self.ends.is_empty()
    }

    /// Its first path, for a message.
    pub(crate) fn shown(&self) -> &str {
        self.paths.first().or(self.ends.first()).map_or("", |path| path)
    }

    /// Whether `asked` is the container's own cgroup, as exactly as the runtime tells it. crun's cgroup below the
    /// container's own (`container`) stands for it.
    pub(crate) fn is_exactly(&self, asked: &str) -> bool {
        self.paths.iter().any(|path| path_or_inner(path, asked))
    }

    /// Whether this fits the cgroup `asked`. Below a user's manager (`user`) the paths in a specification are
    /// relative to that manager's own cgroup.
    pub(crate) fn fit(&self, asked: &str, user: Option<u32>) -> Fit {
        if !self.is_told() {
            return Fit::Untold;
        }
        let ends = self.ends.iter().chain(self.paths.iter().filter(|_| user.is_some()));
        let mut ends = ends.map(|end| end.strip_suffix("/container").unwrap_or(end));
        if self.is_exactly(asked) || ends.any(|end| asked.ends_with(end)) {
            Fit::Confirmed
        } else {
            Fit::Contradicted
        }
    }
}

fn path_or_inner(told: &str, asked: &str) -> bool {
    told == asked || told.strip_suffix("/container") == Some(asked)
}

/// The path of a slice: `a-b.slice` lies in `a.slice` (systemd.slice(5)); `-.slice` is the root.
pub(crate) fn slice_path(slice: &str) -> Option<String> {
    let stem = slice.strip_suffix(".slice").filter(|stem| !stem.contains('/'))?;
    if stem == "-" {
        return Some(String::new());
    }
    let mut path = String::new();
    for (at, _) in stem.match_indices('-') {
        if at == 0 {
            return None;
        }
        path.push_str(&format!("/{}.slice", &stem[..at]));
    }
    path.push_str(&format!("/{slice}"));
    (path.len() < 4096).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specifications_become_paths() {
        let check = |told: &str, asked: &str, fit: Fit| {
            assert_eq!(Place::of_spec(told).fit(asked, None), fit, "{told} {asked}");
        };
        check("/kubepods/burstable/podX/abc", "/kubepods/burstable/podX/abc", Fit::Confirmed);
        check("/kubepods/burstable/podX/abc", "/other/burstable/podX/abc", Fit::Contradicted);
        check("/kubepods/abc", "/forged/kubepods/abc", Fit::Contradicted);
        check(
            "kubepods-burstable-podX.slice:cri-containerd:abc",
            "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podX.slice/cri-containerd-abc.scope",
            Fit::Confirmed,
        );
        check("machine.slice:libpod:abc", "/machine.slice/libpod-abc.scope", Fit::Confirmed);
        check("system.slice:docker:abc", "/machine.slice/docker-abc.scope", Fit::Contradicted);
        check("::abc", "/system.slice/abc.scope", Fit::Confirmed);
        check("rel/abc", "/anywhere/rel/abc", Fit::Confirmed);
        check("rel/abc", "/anywhere/xrel/abc", Fit::Contradicted);
        check("", "/abc", Fit::Untold);
        check("/", "/abc", Fit::Untold);
        check("/a/../abc", "/abc", Fit::Untold);
        check("/libpod_parent/libpod-1/container", "/libpod_parent/libpod-1", Fit::Confirmed);
        check("/libpod_parent/libpod-1", "/libpod_parent/libpod-1/container", Fit::Contradicted);
    }

    #[test]
    fn a_user_managers_paths_are_relative_to_it() {
        let place = Place::of_spec("user.slice:libpod:abc");
        let asked = "/user.slice/user-7.slice/user@7.service/user.slice/libpod-abc.scope";
        assert_eq!(place.fit(asked, Some(7)), Fit::Confirmed);
        assert_eq!(place.fit(asked, None), Fit::Contradicted);
    }

    #[test]
    fn directories_of_runc_become_paths() {
        let v1 = [
            ("", "/sys/fs/cgroup/unified/x/abc"),
            ("memory", "/sys/fs/cgroup/memory/y/abc"),
            ("name=systemd", "/sys/fs/cgroup/systemd/x/abc"),
            ("pids", "/elsewhere/pids/z/abc"),
        ];
        let place = Place::of_directories(v1.into_iter());
        assert!(place.is_exactly("/x/abc") && place.is_exactly("/y/abc"));
        assert!(!place.is_exactly("/z/abc") && !place.is_exactly("/abc"));
        let v2 = Place::of_directories([("", "/sys/fs/cgroup/system.slice/abc.scope")].into_iter());
        assert!(v2.is_exactly("/system.slice/abc.scope"));
        assert!(!Place::of_directories([("memory", "/sys/fs/cgroup/memory")].into_iter()).is_told());
    }

    #[test]
    fn slices_nest_by_their_dashes() {
        assert_eq!(slice_path("a-b-c.slice").as_deref(), Some("/a.slice/a-b.slice/a-b-c.slice"));
        assert_eq!(slice_path("-.slice").as_deref(), Some(""));
        for bad in ["x", "-a.slice", "a/b.slice"] {
            assert_eq!(slice_path(bad), None, "{bad}");
        }
    }
}
