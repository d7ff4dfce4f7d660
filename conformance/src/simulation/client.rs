//! An application and its client against the server: what each request gives is held against the model, and so is the tree that it
//! leaves behind.

use super::pair::Pair;
use super::program::{Program, Sky, Step, shown};
use super::tree::{Expected, Prediction, Tree};
use crate::client::core::{Core as Client, Done, config as usual};
use ftp_core::client::{ClientConfig, ClientError, DataPreference, Outcome, Request};
use ftp_core::path::VirtualPath;

/// The settings of a program's client.
pub(super) fn config(program: &Program) -> ClientConfig {
    let data = if program.active { DataPreference::Active } else { DataPreference::Passive };
    ClientConfig { pipeline: program.pipeline, data, ..usual() }
}

/// What the model knows of a session.
struct Model {
    tree: Tree,
    /// Empty is the root.
    directory: Vec<u8>,
    logged_in: bool,
}

pub(super) fn play(pair: &mut Pair, mut client: Client, program: &Program) -> Result<(), String> {
    let mut model = Model { tree: Tree::default(), directory: Vec::new(), logged_in: false };
    for step in &program.steps {
        match step {
            Step::Ask { request, content, patience } if !client.is_over() => {
                let prediction = predict(pair, &model, request, content);
                client.request(request, content);
                let mut rounds = 0;
                let done = loop {
                    if let Some(done) = client.done() {
                        break done;
                    }
                    if *patience == Some(rounds) {
                        client.abort();
                    }
                    rounds += 1;
                    if !pair.tick(&mut client)? {
                        return Err(format!("{} never ends", shown(request)));
                    }
                };
                model
                    .hold(pair, &mut client, &done, prediction, patience.is_some())
                    .map_err(|error| format!("{}: {error}", shown(request)))?;
                if matches!(request, Request::Quit) && done.result.is_ok() {
                    break;
                }
            }
            Step::Wait(time) => pair.wait(&mut client, *time)?,
            Step::Fail(call, error) => pair.fail(*call, *error),
            Step::Heal => pair.heal(),
            _ => {}
        }
    }
    pair.settle(&mut client)?;
    if client.holds_data() {
        return Err("the client is at rest, and holds a listener or a data connection".into());
    }
    client.hang_up();
    pair.end(&mut client)
}

fn predict(pair: &Pair, model: &Model, request: &Request, content: &[u8]) -> Prediction {
    let aside = |path: &[u8]| {
        let slash = path.iter().rposition(|&b| b == b'/')?;
        let aside = [&path[..=slash], b".ftpkit-part.", &path[slash + 1..]].concat();
        pair.storage.read(&VirtualPath::parse(&aside).ok()?)
    };
    let mut prediction = model.tree.predict(&model.directory, request, content, aside);
    let needs_login = !matches!(request, Request::Noop | Request::Quit | Request::Quote(_) | Request::Login { .. });
    if needs_login && !model.logged_in {
        prediction.expected = Expected::Refused;
        prediction.tree = model.tree.clone();
    }
    prediction
}

impl Model {
    /// Holds what came of a request, and what is there now, against the prediction.
    fn hold(
        &mut self,
        pair: &mut Pair,
        client: &mut Client,
        done: &Done,
        prediction: Prediction,
        impatient: bool,
    ) -> Result<(), String> {
        if let Request::Login { .. } = done.request {
            self.logged_in = done.result.is_ok();
            self.directory.clear();
            return Ok(());
        }
        let content = &done.content;
        match &done.result {
            Ok(outcome) => {
                fits(&prediction.expected, outcome, content)?;
                let now = pair.tree();
                if now != prediction.tree {
                    return Err(format!("{outcome:?}, and then there is {now:?}, not {:?}", prediction.tree));
                }
                self.directory = prediction.directory;
                self.tree = now;
            }
            Err(error) => {
                let refused = matches!(error, ClientError::Refused(_));
                match &prediction.expected {
                    Expected::Refused if content.is_empty() => {}
                    Expected::Refused => return Err(format!("{error:?}, yet {} bytes came", content.len())),
                    Expected::Content(whole) if !whole.starts_with(content) => {
                        return Err(format!("{error:?} after {:?}", content.escape_ascii().to_string()));
                    }
                    _ => {}
                }
                let unexpected = !matches!(prediction.expected, Expected::Refused | Expected::Anything);
                if pair.sky != Sky::Storm
                    && !impatient
                    && (unexpected || !(refused || prediction.expected == Expected::Anything))
                {
                    return Err(format!("{error:?}, not {:?}", prediction.expected));
                }
                pair.settle(client)?;
                let now = pair.tree();
                let partly =
                    prediction.grows.as_ref().is_some_and(|path| now.is_partly(&prediction.tree, path, &self.tree));
                if now != self.tree && now != prediction.tree && !partly {
                    return Err(format!("{error:?}, and then there is {now:?}; before, {:?}", self.tree));
                }
                self.tree = now;
            }
        }
        Ok(())
    }
}

/// Is this outcome the one expected?
fn fits(expected: &Expected, outcome: &Outcome, content: &[u8]) -> Result<(), String> {
    let fits = match (expected, outcome) {
        (Expected::Done | Expected::Anything | Expected::Over, _) => true,
        (Expected::Path(expected), Outcome::Path(path)) => path == expected,
        (Expected::Size(expected), Outcome::Size(size)) => size == expected,
        (Expected::Names(expected), Outcome::Entries(entries)) => entries.iter().map(|entry| &entry.name).eq(expected),
        (Expected::Content(expected), Outcome::Transferred { .. }) => content == expected,
        (Expected::Stored(expected), Outcome::Transferred { bytes, .. }) => expected.is_none_or(|size| size == *bytes),
        _ => false,
    };
    if fits {
        return Ok(());
    }
    Err(format!(
        "{outcome:?} with {} bytes: {}, not {expected:?}",
        content.len(),
        content[..content.len().min(80)].escape_ascii()
    ))
}
