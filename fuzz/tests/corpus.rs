//! Every input that was ever worth keeping, and every seed, through the body of its target: a test each of a folder. `FUZZ_CORPUS` names
//! one more folder of the form of `corpus`.

use fuzz::TARGETS;
use fuzz::seeds::Seeds;
use libtest_mimic::{Arguments, Failed, Trial};
use std::error::Error;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let seeds = Arc::new(Seeds::of(&here.join("../conformance/transcripts"))?);
    let mut trials = Vec::new();
    for (target, body) in TARGETS {
        let seeds = Arc::clone(&seeds);
        trials.push(Trial::test(format!("{target}/seeds"), move || {
            seeds.inputs(target).enumerate().try_for_each(|(at, input)| play(body, &format!("seed {at}"), input))
        }));
        let more = std::env::var_os("FUZZ_CORPUS").filter(|folder| !folder.is_empty());
        let folders = [here.join("corpus"), here.join("regressions")].into_iter().chain(more.map(Into::into));
        for folder in folders {
            let kind = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let folder = folder.join(target);
            trials.push(Trial::test(format!("{target}/{kind}"), move || {
                let Ok(entries) = fs::read_dir(&folder) else { return Ok(()) };
                for entry in entries {
                    let path = entry?.path();
                    play(body, &path.display().to_string(), &fs::read(&path)?)?;
                }
                Ok(())
            }));
        }
    }
    Ok(libtest_mimic::run(&Arguments::from_args(), trials).exit_code())
}

fn play(body: fn(&[u8]), name: &str, input: &[u8]) -> Result<(), Failed> {
    let played = catch_unwind(AssertUnwindSafe(|| body(input)));
    played.map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked");
        Failed::from(format!("{name}: {text}"))
    })
}
