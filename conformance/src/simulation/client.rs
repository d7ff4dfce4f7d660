//! An application and its client against the server: what each request gives is held against the model, and so is the tree that it
//! leaves behind.

use super::pair::Pair;
use super::program::{Program, Sky, Step};
use super::text::words;
use super::tree::{Expected, Prediction, Tree, resolve};
use crate::client::core::{Core as Client, Done, config as usual};
use ftp_core::client::{ClientConfig, ClientError, DataPreference, Outcome, Request};
use ftp_core::path::VirtualPath;

/// In MODE B and C a marker goes out after so many bytes.
pub(super) const MARKERS: u64 = 2000;

/// The settings of a program's client.
pub(super) fn config(program: &Program) -> ClientConfig {
    let data = if program.active { DataPreference::Active } else { DataPreference::Passive };
    ClientConfig { pipeline: program.pipeline, data, tls: program.tls_use, marker_interval: MARKERS, ..usual() }
}

/// What the model knows of a session.
struct Model {
    tree: Tree,
    /// Empty is the root.
    directory: Vec<u8>,
    logged_in: bool,
    /// The size that ALLO has announced for the next upload.
    announced: Option<u64>,
    /// An upload has failed, and may have left something aside.
    litter: bool,
}

pub(super) fn play(pair: &mut Pair, mut client: Client, program: &Program) -> Result<(), String> {
    let litter = program.sky == Sky::Storm;
    let mut model = Model { tree: Tree::default(), directory: Vec::new(), logged_in: false, announced: None, litter };
    let mut steps = program.steps.as_slice();
    while let [step, rest @ ..] = steps {
        steps = rest;
        match step {
            Step::Ask { together: true, .. } if !client.is_over() => {
                let (batch, rest) = together(step, steps);
                steps = rest;
                model.play_together(pair, &mut client, &batch)?;
            }
            Step::Ask { request, content, patience, .. } if !client.is_over() => {
                let prediction = model.predict(pair, request, content);
                client.request(request, content);
                let done = finished(pair, &mut client, request, *patience)?;
                model
                    .hold(pair, &mut client, &done, prediction, patience.is_some())
                    .map_err(|error| format!("{}: {error}", words(request, b"")))?;
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

/// A request and what it stores.
type Asked<'a> = (&'a Request, &'a [u8]);

/// The requests that are made at once, the first of which is given; and the steps after them.
fn together<'a>(first: &'a Step, steps: &'a [Step]) -> (Vec<Asked<'a>>, &'a [Step]) {
    let mut batch = Vec::new();
    let (mut step, mut rest) = (first, steps);
    while let Step::Ask { request, content, together, .. } = step {
        batch.push((request, content.as_slice()));
        match rest {
            [next @ Step::Ask { .. }, after @ ..] if *together => (step, rest) = (next, after),
            _ => break,
        }
    }
    (batch, rest)
}

/// What comes of the request that was made first; it is given up after so many rounds.
fn finished(pair: &mut Pair, client: &mut Client, request: &Request, patience: Option<u32>) -> Result<Done, String> {
    let mut rounds = 0;
    loop {
        if let Some(done) = client.done() {
            return Ok(done);
        }
        if patience == Some(rounds) {
            client.abort();
        }
        rounds += 1;
        if !pair.tick(client)? {
            return Err(format!("{} never ends", words(request, b"")));
        }
    }
}

impl Model {
    fn predict(&mut self, pair: &Pair, request: &Request, content: &[u8]) -> Prediction {
        let aside = |path: &[u8]| {
            let slash = path.iter().rposition(|&b| b == b'/')?;
            let aside = [&path[..=slash], b".ftpkit-part.", &path[slash + 1..]].concat();
            pair.storage.read(&VirtualPath::parse(&aside).ok()?)
        };
        let mut prediction = self.tree.predict(&self.directory, request, content, aside);
        let needs_login = !matches!(
            request,
            Request::Noop
                | Request::Quit
                | Request::Quote(_)
                | Request::Login { .. }
                | Request::System
                | Request::Language(_)
                | Request::Identify { .. }
        );
        if needs_login && !self.logged_in {
            prediction.expected = Expected::Refused;
            prediction.tree = self.tree.clone();
        }
        match request {
            // Where the working directory is gone, nothing is announced.
            Request::Allocate(size) if self.logged_in && self.tree.is_dir(&self.directory) => {
                self.announced = Some(*size);
            }
            // An upload of another size is refused, when the last of it or too much has come.
            Request::Store { codec, .. } => {
                let announced = self.announced.take().filter(|_| codec.is_raw());
                let fits = announced.is_none_or(|size| size == content.len() as u64);
                if !fits && prediction.expected != Expected::Refused {
                    prediction.expected = Expected::Anything;
                    prediction.tree = self.tree.clone();
                }
            }
            _ => {}
        }
        // What a storage in trouble says of a name may be false.
        if pair.is_in_trouble() && matches!(request, Request::ResumePoint(_) | Request::EnsureDirectory(_)) {
            prediction.expected = Expected::Anything;
        }
        prediction
    }

    /// Requests that are made at once end as they would one after the other, as long as each ends as predicted.
    fn play_together(&mut self, pair: &mut Pair, client: &mut Client, batch: &[Asked<'_>]) -> Result<(), String> {
        let mut adrift = self.litter;
        let (tree, directory) = (self.tree.clone(), self.directory.clone());
        let mut predictions = Vec::new();
        for (request, content) in batch {
            let prediction = self.predict(pair, request, content);
            (self.tree, self.directory) = (prediction.tree, prediction.directory);
            predictions.push(prediction.expected);
        }
        let predicted = std::mem::replace(&mut self.tree, tree);
        self.directory = directory;
        for (request, content) in batch {
            client.request(request, content);
        }
        for ((request, _), expected) in batch.iter().zip(&predictions) {
            let done = finished(pair, client, request, None)?;
            let at = |error: String| format!("{} among others: {error}", words(request, b""));
            match (&done.result, request) {
                (Ok(outcome), _) if !adrift => fits(expected, outcome, &done.content).map_err(at)?,
                // Who does not log in in time is sent away.
                (Err(ClientError::Disconnected), _) if !self.logged_in => adrift = true,
                (Err(error), _) if !adrift => {
                    let refused = matches!(error, ClientError::Refused(_)) && *expected == Expected::Refused;
                    adrift = !refused && *expected != Expected::Anything;
                    if adrift && pair.sky != Sky::Storm {
                        return Err(at(format!("{error:?}, not {expected:?}")));
                    }
                }
                _ => {}
            }
            if let (Ok(_), Request::ChangeDirectory(path)) = (&done.result, request) {
                self.directory = resolve(&self.directory, path);
            }
        }
        pair.settle(client)?;
        let now = pair.tree();
        if !adrift && now != predicted {
            return Err(format!("requests at once, and then there is {now:?}, not {predicted:?}"));
        }
        self.tree = now;
        Ok(())
    }

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
            self.announced = None;
            return Ok(());
        }
        let content = &done.content;
        match &done.result {
            Ok(outcome) => {
                fits(&prediction.expected, outcome, content)?;
                let now = pair.tree();
                let may_be_nothing = prediction.expected == Expected::Anything && pair.is_in_trouble();
                if now != prediction.tree && !(may_be_nothing && now == self.tree) {
                    return Err(format!("{outcome:?}, and then there is {now:?}, not {:?}", prediction.tree));
                }
                self.directory = prediction.directory;
                self.tree = now;
            }
            Err(error) => {
                self.litter |=
                    matches!(done.request, Request::Store { .. }) && prediction.expected != Expected::Refused;
                let refused = matches!(error, ClientError::Refused(_));
                // Who does not log in in time is sent away.
                let sent_away = matches!(error, ClientError::Disconnected) && !self.logged_in;
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
                    && !sent_away
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
        (Expected::Time(expected), Outcome::Modified(time)) => time == expected,
        (Expected::Facts(expected), Outcome::Facts(entry)) => {
            entry.is_directory() == expected.is_none() && expected.is_none_or(|size| entry.size == Some(size))
        }
        (Expected::Digest(expected), Outcome::Digest { digest, .. }) => digest == expected,
        (Expected::Names(expected), Outcome::Names(names)) => names == expected,
        (Expected::Names(expected), Outcome::Entries(entries)) => entries.iter().map(|entry| &entry.name).eq(expected),
        (Expected::Content(expected), Outcome::Transferred { .. }) => content == expected,
        (Expected::Stored(expected), Outcome::Transferred { bytes, .. }) => expected.is_none_or(|size| size == *bytes),
        _ => false,
    };
    if fits {
        return Ok(());
    }
    let expected: String = format!("{expected:?}").chars().take(200).collect();
    Err(format!(
        "{outcome:?} with {} bytes: {}, not {expected}",
        content.len(),
        content[..content.len().min(80)].escape_ascii()
    ))
}
