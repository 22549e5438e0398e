//! The page's files are part of the binary: a new one among them makes it anew.

fn main() {
    println!("cargo:rerun-if-changed=assets");
}
