//! `ftpkit put` of several files and of directories: a plan for each directory that they come from, carried out by several
//! connections.

use super::ask::asker;
use super::get_many::check_names;
use super::job::{perform, there};
use crate::bulk::plan::Wanted;
use crate::bulk::tree::{Facts, Kind};
use crate::bulk::{Filter, Job, Rules, Side, local, plan};
use crate::cli::FileOptions;
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::FtpUrl;
use crate::remote::path::trimmed;
use ftp_core::path::VirtualPath;
use ftp_host::storage::Storage;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Stores all that is named into the directory of the URL.
///
/// # Errors
/// [`Failure`], with what is missing.
pub(crate) fn run(files: &[PathBuf], url: &FtpUrl, options: &FileOptions, console: Console) -> Result<(), Failure> {
    let mut groups: BTreeMap<PathBuf, Vec<Wanted>> = BTreeMap::new();
    for file in files {
        let (dir, name) = apart(file)?;
        find(&dir, &name, options.recursive, groups.entry(dir.clone()).or_default())?;
    }
    check_names(groups.values().flatten())?;
    let url = url.at(trimmed(&url.path).to_vec());
    let target = Side::Remote(there(url, &options.connect, &options.transfer, console)?);
    target.make()?;
    let names = groups.values().flatten().map(|wanted| wanted.to.as_slice());
    let there = target.around(names)?;
    let rules = Rules { policy: options.policy(), delete: false };
    // All questions come before the first byte.
    let mut asker = asker(console);
    let mut jobs = Vec::new();
    for (dir, wanted) in groups {
        let plan = plan::plan(wanted, &there, rules, asker.as_mut())?;
        let job = Job { source: Side::Local(dir), target: target.clone(), care: options.transfer.care() };
        jobs.push((job, plan));
    }
    for (job, plan) in &jobs {
        perform(job, plan, options.transfer.jobs, console)?;
    }
    target.close();
    Ok(())
}

/// The directory that a file lies in, and its name there.
fn apart(file: &Path) -> Result<(PathBuf, Vec<u8>), Failure> {
    // `..` and `dir/.` have no name until it is known where they are.
    let real = if file.file_name().is_none() {
        file.canonicalize().unwrap_or_else(|_| file.to_owned())
    } else {
        file.to_owned()
    };
    let Some(name) = real.file_name() else {
        return Err(Failure::new(Exit::Usage, format!("cannot store {}", file.display()), "it has no name"));
    };
    let dir = real.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok((dir.to_owned(), name.as_encoded_bytes().to_vec()))
}

/// All that a name on the command line means.
fn find(dir: &Path, name: &[u8], recursive: bool, wanted: &mut Vec<Wanted>) -> Result<(), Failure> {
    let shown = dir.join(crate::text::shown(name)).display().to_string();
    let disk = local::open(dir)?;
    let entry = VirtualPath::root().resolve(name).ok().map(|path| disk.entry(&path));
    let entry = match entry {
        Some(Ok(entry)) => entry,
        Some(Err(error)) => return Err(crate::remote::refusal::disk(format!("cannot read {shown}"), error)),
        None => return Err(Failure::new(Exit::Usage, format!("cannot read {shown}"), "no command can carry its name")),
    };
    let facts = Facts::from(&entry);
    match facts.kind {
        Kind::Directory if !recursive => {
            Err(Failure::new(Exit::Disk, format!("cannot read {shown}"), "it is a directory")
                .with_remedy("-r stores it with all that is in it"))
        }
        Kind::Directory => {
            wanted.push(Wanted { from: name.to_vec(), to: name.to_vec(), facts });
            let tree = local::walk(&disk, name, &Filter::default())?;
            wanted.extend(tree.into_iter().map(|(path, facts)| Wanted { from: path.clone(), to: path, facts }));
            Ok(())
        }
        Kind::Other => Err(Failure::new(Exit::Disk, format!("cannot read {shown}"), "it is no regular file")),
        Kind::File => {
            wanted.push(Wanted { from: name.to_vec(), to: name.to_vec(), facts });
            Ok(())
        }
    }
}
