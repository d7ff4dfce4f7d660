//! Puts the cases of `transcripts/check` into the program, so that it checks servers wherever it is installed.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?).join("transcripts/check");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    for folder in sorted(&root)? {
        if folder.is_dir() {
            files.extend(sorted(&folder)?);
        }
    }
    let mut list = String::from("&[\n");
    for file in files {
        let name = file.strip_prefix(&root).unwrap_or(&file).with_extension("");
        // Writing to a String cannot fail.
        let _ = writeln!(
            list,
            "({:?}, include_str!({:?})),",
            name.to_string_lossy().replace('\\', "/"),
            file.to_string_lossy()
        );
    }
    list.push(']');
    fs::write(Path::new(&env::var("OUT_DIR").map_err(io::Error::other)?).join("corpus.rs"), list)
}

fn sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    let mut paths: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    // By the names as they are known, without `.ftp`.
    paths.sort_by_key(|path| path.with_extension(""));
    Ok(paths)
}
