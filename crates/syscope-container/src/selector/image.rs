//! Images.

use super::Error;
use super::pattern::matches_glob;

/// An image: what is given must be equal, what is left out is not compared.
///
/// | given | selects | not |
/// | --- | --- | --- |
/// | `nginx` | `docker.io/library/nginx:1.25`, `nginx`, `registry.local/nginx@sha256:...` | `quay.io/bitnami/nginx` |
/// | `nginx:1.25` | `docker.io/library/nginx:1.25` | `nginx:1.26`, `nginx@sha256:...` |
/// | `bitnami/nginx` | `quay.io/bitnami/nginx:1` | `nginx` |
/// | `docker.io/nginx` | `nginx:1`, `docker.io/library/nginx` | `quay.io/library/nginx` |
/// | `*nginx*` | whatever has that in it, as the runtime shows it | |
///
/// So without a registry it is any registry, without a tag any tag; only `library/` is implied, as everywhere.
/// No tag at the container means `latest`, unless it has a digest. An id (`sha256:...`) must be equal as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImagePattern {
    typed: String,
    glob: bool,
}

/// The parts of a reference such as `docker.io/library/nginx:1.25@sha256:...`.
#[derive(Debug, PartialEq, Eq)]
struct Reference<'a> {
    registry: Option<&'a str>,
    path: &'a str,
    tag: Option<&'a str>,
    digest: Option<&'a str>,
}

impl ImagePattern {
    pub(super) fn parse(typed: &str) -> Result<ImagePattern, Error> {
        let error = |why| Err(Error::Name { flag: "--image", typed: typed.to_owned(), why });
        if typed.contains(|c: char| c.is_whitespace() || c == ',') {
            return error("an image has no blanks and no commas; give the flag once for each image");
        }
        if typed.contains("://") {
            return error("an image has no scheme; begin with the registry, as in docker.io/library/nginx");
        }
        let glob = typed.contains('*');
        if !glob && split(typed).path.is_empty() {
            return error("there is no name in it; `*` selects all images");
        }
        Ok(ImagePattern { typed: typed.to_owned(), glob })
    }

    /// Whether it stands for this image, as a runtime shows it.
    pub fn matches(&self, image: &str) -> bool {
        if self.typed == image {
            return true;
        }
        if self.glob {
            return matches_glob(&self.typed, image);
        }
        let (asked, found) = (split(&self.typed), split(image));
        let registry = found.registry.unwrap_or("docker.io");
        let tag = found.tag.or(if found.digest.is_none() { Some("latest") } else { None });
        asked.registry.is_none_or(|asked| asked == registry)
            && without_library(asked.path) == without_library(found.path)
            && asked.tag.is_none_or(|asked| Some(asked) == tag)
            && asked.digest.is_none_or(|asked| Some(asked) == found.digest)
    }
}

/// Takes a reference apart. The first name is a registry if it could be a host's: it has a dot or a port, or is
/// `localhost`.
fn split(reference: &str) -> Reference<'_> {
    let (rest, digest) = match reference.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (reference, None),
    };
    let (registry, rest) = match rest.split_once('/') {
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => {
            (Some(if first == "index.docker.io" { "docker.io" } else { first }), rest)
        }
        _ => (None, rest),
    };
    match rest.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => Reference { registry, path, tag: Some(tag), digest },
        _ => Reference { registry, path: rest, tag: None, digest },
    }
}

fn without_library(path: &str) -> &str {
    path.strip_prefix("library/").unwrap_or(path)
}
