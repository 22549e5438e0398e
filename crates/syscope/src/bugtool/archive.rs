//! The archive: a compressed tar of texts, bounded in size, without secrets.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::scrub::Scrub;

/// A file of the archive is cut after this.
const FILE_BYTES_MAX: usize = 4 << 20;
/// All files together, before compression; what comes later is left out.
const ALL_BYTES_MAX: usize = 64 << 20;

/// An archive that is being written.
pub struct Archive<W: Write> {
    tar: tar::Builder<GzEncoder<W>>,
    /// The directory that all files are in.
    top: String,
    /// Seconds since 1970: the time of all files.
    time: u64,
    entries: Vec<Entry>,
    bytes: usize,
}

/// A file of the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name in the archive's directory.
    pub name: String,
    /// Its size.
    pub bytes: usize,
    /// Whether the end of it is missing.
    pub cut: bool,
}

impl<W: Write> Archive<W> {
    /// Begins an archive whose files are in the directory `top`.
    pub fn new(to: W, top: String, time: u64) -> Archive<W> {
        let tar = tar::Builder::new(GzEncoder::new(to, Compression::default()));
        Archive { tar, top, time, entries: Vec::new(), bytes: 0 }
    }

    /// Adds a text.
    pub fn add(&mut self, name: &str, text: &[u8], scrub: &Scrub) -> io::Result<()> {
        let room = FILE_BYTES_MAX.min(ALL_BYTES_MAX.saturating_sub(self.bytes));
        let cut = text.len() > room;
        // At the end of a line: half a secret may not be known as one.
        let kept = match cut {
            true => text[..room].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1),
            false => text.len(),
        };
        let mut clean = scrub.text(&text[..kept]);
        if cut {
            clean.extend_from_slice(format!("... cut after {kept} of {} bytes\n", text.len()).as_bytes());
        }
        let mut header = tar::Header::new_gnu();
        header.set_size(clean.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(self.time);
        self.tar.append_data(&mut header, format!("{}/{name}", self.top), clean.as_slice())?;
        self.bytes += clean.len();
        self.entries.push(Entry { name: name.to_owned(), bytes: clean.len(), cut });
        Ok(())
    }

    /// What was added so far.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Writes the end.
    pub fn finish(self) -> io::Result<W> {
        self.tar.into_inner()?.finish()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn what_is_added_is_there_without_secrets() {
        let scrub = Scrub::new(&[], &[b"tell-nobody".to_vec()]).unwrap();
        let mut archive = Archive::new(Vec::new(), "top".into(), 7);
        archive.add("a/b.txt", b"x tell-nobody\ny\n", &scrub).unwrap();
        let long = b"0123456789abcde\n".repeat(FILE_BYTES_MAX / 16 + 1);
        archive.add("long.txt", &long, &scrub).unwrap();
        assert!(archive.entries()[1].cut && !archive.entries()[0].cut);
        let bytes = archive.finish().unwrap();
        let mut tar = tar::Archive::new(GzDecoder::new(bytes.as_slice()));
        let mut found = Vec::new();
        for entry in tar.entries().unwrap() {
            let mut entry = entry.unwrap();
            assert_eq!(entry.header().mode().unwrap(), 0o600);
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            found.push((entry.path().unwrap().display().to_string(), text));
        }
        assert_eq!(found[0], ("top/a/b.txt".to_owned(), "x [REDACTED]\ny\n".to_owned()));
        assert!(found[1].1.ends_with("bytes\n") && found[1].1.len() < FILE_BYTES_MAX + 100);
    }
}
