//! `ftpkit get` of several files and of directories: a plan, carried out by several connections.

use super::ask::asker;
use super::job::{perform, there};
use crate::bulk::plan::Wanted;
use crate::bulk::tree::{Facts, Kind};
use crate::bulk::{Filter, Job, Pool, Rules, Side, plan, walk};
use crate::cli::FileOptions;
use crate::conflict::Known;
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::path::{join, split, trimmed};
use crate::remote::{FtpUrl, entry, expand};
use crate::text::shown;
use crate::transfer::Care;
use std::collections::BTreeSet;
use std::path::Path;

/// Fetches all that the URLs mean into the directory `dir`.
///
/// # Errors
/// [`Failure`], with what is missing.
pub(crate) fn run(
    urls: &[FtpUrl],
    dir: &Path,
    options: &FileOptions,
    care: Care,
    console: Console,
) -> Result<(), Failure> {
    let [first, others @ ..] = urls else { return Ok(()) };
    if let Some(other) = others.iter().find(|url| !url.is_same_login(first)) {
        let what = format!("cannot fetch {other} together with {first}");
        return Err(
            Failure::new(Exit::Usage, what, "they are not on one server").with_remedy("one command for each server")
        );
    }
    if !dir.is_dir() {
        return Err(Failure::new(
            Exit::Disk,
            format!("cannot write to {}", dir.display()),
            "there is no such directory",
        )
        .with_remedy("make it first"));
    }
    let there = there(first.at(Vec::new()), &options.connect, &options.transfer, console)?;
    let mut wanted = Vec::new();
    for url in urls {
        find(url, &there.pool, options.recursive, &mut wanted, console)?;
    }
    check_names(&wanted)?;
    let (source, target) = (Side::Remote(there), Side::Local(dir.to_owned()));
    let there = target.around(wanted.iter().map(|wanted| wanted.to.as_slice()))?;
    let rules = Rules { policy: options.policy(), delete: false };
    let plan = plan::plan(wanted, &there, rules, asker(console).as_mut())?;
    let care = Care { segments: care.segments.min(options.transfer.jobs), ..care };
    let job = Job { source, target, care };
    perform(&job, &plan, options.transfer.jobs, console)?;
    job.close();
    Ok(())
}

/// All that the URL means.
fn find(url: &FtpUrl, pool: &Pool, recursive: bool, wanted: &mut Vec<Wanted>, console: Console) -> Result<(), Failure> {
    for (from, found) in pool.with_one(|session| expand(session, url))? {
        let facts = match &found {
            Some(entry) => Facts::from(entry),
            None => Facts::from(&pool.with_one(|session| entry(session, &from))?),
        };
        let name = split(&from).1.to_vec();
        match facts.kind {
            Kind::Directory if !recursive && found.is_some() => {
                console.warning(&format!("{} is left out: it is a directory, and there is no -r", shown(&from)));
            }
            Kind::Directory if !recursive => {
                return Err(Failure::new(Exit::Usage, format!("cannot fetch {url}"), "it is a directory")
                    .with_remedy("-r fetches it with all that is in it"));
            }
            Kind::Directory => {
                let tree = walk::remote(pool, trimmed(&from), &Filter::default())?.unwrap_or_default();
                let below = tree.into_iter().map(|(path, facts)| Wanted {
                    from: join(&from, &path),
                    to: join(&name, &path),
                    facts,
                });
                // The directory that the login leads to has no name: what is in it is meant.
                let itself = (!name.is_empty()).then(|| Wanted { from: from.clone(), to: name.clone(), facts });
                wanted.extend(itself);
                wanted.extend(below);
            }
            // The user named it himself: where it leads is the server's affair.
            Kind::Other if found.is_none() => {
                let facts = Facts { kind: Kind::File, known: Known::default(), mode: None };
                wanted.push(Wanted { from, to: name, facts });
            }
            Kind::File | Kind::Other => wanted.push(Wanted { from, to: name, facts }),
        }
    }
    Ok(())
}

/// Two files cannot have one name.
///
/// # Errors
/// [`Failure`], with the name.
pub(crate) fn check_names<'a>(wanted: impl IntoIterator<Item = &'a Wanted>) -> Result<(), Failure> {
    let mut names = BTreeSet::new();
    match wanted.into_iter().find(|wanted| !names.insert(&wanted.to)) {
        None => Ok(()),
        Some(twice) => {
            let what = format!("cannot write {} twice", shown(&twice.to));
            Err(Failure::new(Exit::Conflict, what, "two of the files have this name")
                .with_remedy("one command for each"))
        }
    }
}
