//! The corpus and the dictionary to begin with, made of the transcripts: what people thought worth writing down.

use crate::encode::{CODECS, encode, transmission};
use crate::script::{self, Event as Happening};
use conformance::client::{self, Ask, Script};
use conformance::transcript::{Data, Event, Step, Template, Transcript};
use ftp_core::client::{Request, Upload};
use ftp_core::codec::{Codec, Representation};
use ftp_core::command::{Mode, Structure, Verb};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

/// Inputs of a target that are kept.
const MOST: usize = 400;

/// Inputs by target.
#[derive(Default)]
pub struct Seeds {
    by_target: BTreeMap<&'static str, BTreeSet<Vec<u8>>>,
}

impl Seeds {
    /// Those of all transcripts below `folder`, and some that no transcript has.
    ///
    /// # Errors
    /// What the file system says.
    pub fn of(folder: &Path) -> io::Result<Self> {
        let mut seeds = Self::default();
        let mut files = Vec::new();
        find(folder, &mut files)?;
        files.sort();
        for file in files {
            let text = fs::read_to_string(&file)?;
            seeds.add("transcript", text.clone().into_bytes());
            if let Ok(script) = Script::parse("x.ftp", &text) {
                seeds.client(&script);
            } else if let Ok(transcript) = Transcript::parse("x.ftp", &text) {
                seeds.server(&transcript);
            }
        }
        seeds.files();
        seeds.settings();
        Ok(seeds)
    }

    fn add(&mut self, target: &'static str, seed: Vec<u8>) {
        let seeds = self.by_target.entry(target).or_default();
        if !seed.is_empty() && seeds.len() < MOST {
            seeds.insert(seed);
        }
    }

    /// What the script of a client's transcript sends are replies, and lines of listings.
    fn client(&mut self, script: &Script) {
        let (mut replies, mut listing) = (Vec::new(), Vec::new());
        let mut events = Vec::new();
        for step in &script.steps {
            match step {
                client::Step::Send(lines) => {
                    for line in lines {
                        let bytes = filled(&line.what);
                        replies.extend_from_slice(&bytes);
                        events.push(Happening::Bytes(bytes));
                    }
                }
                client::Step::Event(line) => match &line.what {
                    client::Event::SendData(bytes) => listing.extend_from_slice(bytes),
                    client::Event::Ask(Ask::Request(request, _)) => {
                        let (what, path) = number(request);
                        events.push(Happening::Ask(what, path));
                    }
                    client::Event::Accept | client::Event::Connect(_) => {
                        events.extend([
                            Happening::Answer(0, 0, 0),
                            Happening::Answer(0, 4, 1),
                            Happening::Answer(0, 0, 7),
                        ]);
                    }
                    _ => {}
                },
            }
        }
        self.add("list", listing.clone());
        self.add("facts", listing);
        self.add("reply", replies);
        self.add("client", script::write(0, &events));
        self.add("client", script::write(2, &events));
    }

    fn server(&mut self, transcript: &Transcript) {
        let (mut lines, mut events) = (Vec::new(), Vec::new());
        for step in &transcript.steps {
            match step {
                Step::Send(sent) => {
                    for line in sent {
                        let bytes = filled(&line.what);
                        lines.extend_from_slice(&bytes);
                        events.push(Happening::Bytes(bytes));
                    }
                    events.push(Happening::Answer(0, 0, 0));
                }
                Step::Expect(rows) => {
                    for row in rows {
                        self.add("reply", row.source.trim_start_matches("S: ").as_bytes().to_vec());
                    }
                }
                Step::Event(line) => match &line.what {
                    Event::Login => events.extend([
                        Happening::Line(b"USER ann".to_vec()),
                        Happening::Line(b"PASS secret".to_vec()),
                        Happening::Answer(0, 0, 0),
                    ]),
                    Event::Connect(_) | Event::Accept => {
                        events.extend([Happening::Answer(0, 2, 0), Happening::Answer(0, 3, 0)]);
                    }
                    Event::SendData(bytes) => self.add("decode", [&[12, 0, 6], bytes.as_slice()].concat()),
                    Event::StartTls { .. } => events.push(Happening::Answer(0, 0, 0)),
                    Event::Urgent => events.push(Happening::Urgent),
                    Event::ClientCloses => events.push(Happening::Close),
                    Event::Advance(_) => events.push(Happening::Deadline),
                    _ => {}
                },
                Step::ExpectData(data) => {
                    events.push(Happening::Answer(0, 0, 5));
                    for line in data {
                        if let Data::Bytes(bytes) = &line.what {
                            self.add("list", bytes.clone());
                            self.add("facts", bytes.clone());
                        } else {
                            self.add("facts", line.source.trim_start_matches("D< ").as_bytes().to_vec());
                        }
                    }
                }
            }
        }
        self.add("command", lines);
        for settings in [0, 1, 63] {
            self.add("server", script::write(settings, &events));
        }
        for settings in [0, 1, 5] {
            self.add("pair", script::write(settings, &events));
        }
        let cut = events.iter().flat_map(|event| match event {
            Happening::Bytes(bytes) => vec![
                Happening::Line(bytes.strip_suffix(b"\r\n").unwrap_or(bytes).to_vec()),
                Happening::Room(bytes.len() as u8),
            ],
            event => vec![event.clone()],
        });
        let cut: Vec<_> = cut.take(30).collect();
        self.add("tls", script::write(0, &cut));
        self.add("tls", script::write(1, &cut));
    }

    /// Files in every TYPE, STRU and MODE.
    fn files(&mut self) {
        let contents: [&[u8]; 4] = [b"a line\nand more\r\n\n", b"\0\0\0\0\0\0   \xff\xff\x15", b"", &[b'x'; 300]];
        for codec in 0..CODECS {
            for (markers, content) in (0..).zip(contents) {
                let head = [codec, markers, 6];
                self.add("encode", [&head, content].concat());
                self.add("decode", [head.as_slice(), &encode(transmission(head), content, None)].concat());
            }
        }
    }

    fn settings(&mut self) {
        const HASH: &str = "$argon2id$v=19$m=16,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA";
        for rights in ["\"all\"", "\"read-only\"", "[\"read\",\"list\",\"fxp\"]"] {
            let account = |name: &str| {
                format!(
                    "{{\"name\":\"{name}\",\"password\":\"{HASH}\",\"home\":\"/srv/{name}\",\"permissions\":{rights},\"host\":\"h\"}}"
                )
            };
            let text = format!("{{\"accounts\": [{}, {}]}}", account("ann"), account("bob"));
            self.add("accounts", text.into_bytes());
        }
        self.add("accounts", b"{\"accounts\": []}".to_vec());
        let pem = &conformance::backend::tls::CERTIFICATE.certificate;
        for text in [
            "\0machine example.org login ann password x account y\nmacdef init\nbye\n\ndefault login anonymous password me@",
            "\u{1}SHA256:03:90:58:C6:F2:C0:CB:49:2C:53:3B:0A:4D:14:EF:77:CC:0F:78:AB:CC:CE:D5:28:7D:84:A1:A2:01:1C:FB:81",
            "\u{2}put 'a b' \"c\\\"d\" e\\ f # remark",
            "\u{3}1h30m",
            "\u{3}500ms",
        ] {
            self.add("settings", text.as_bytes().to_vec());
        }
        self.add("settings", [b"\x04", pem.as_bytes()].concat());
    }

    /// Those of this target.
    pub fn inputs(&self, target: &str) -> impl Iterator<Item = &[u8]> {
        self.by_target.get(target).into_iter().flatten().map(Vec::as_slice)
    }

    /// Writes each into a file below `corpus`, named by its content.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write(&self, corpus: &Path) -> io::Result<()> {
        for (target, seeds) in &self.by_target {
            let folder = corpus.join(target);
            fs::create_dir_all(&folder)?;
            for seed in seeds {
                fs::write(folder.join(name(seed)), seed)?;
            }
        }
        Ok(())
    }
}

/// A name for these bytes.
fn name(bytes: &[u8]) -> String {
    format!("{:016x}", crate::cut::dice(bytes).roll())
}

fn find(folder: &Path, files: &mut Vec<std::path::PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "ftp") {
            files.push(path);
        }
    }
    Ok(())
}

/// The number by which the client's body asks for this, and its path.
fn number(request: &Request) -> (u8, Vec<u8>) {
    let path = |path: &Option<Vec<u8>>| path.clone().unwrap_or_default();
    match request {
        Request::Login { user, .. } => (0, user.clone()),
        Request::Retrieve { path, offset, codec } => (manner(*codec) | (1 + u8::from(*offset > 0)), path.clone()),
        Request::Store { path, how, codec } => {
            let how = match how {
                Upload::Replace => 3,
                Upload::Resume(_) => 4,
                Upload::Unique => 5,
                Upload::Append => 6,
                Upload::ResumeAt(_) => 30,
            };
            (manner(*codec) | how, path.clone())
        }
        Request::List(of) => (7, path(of)),
        Request::Names(of) => (8, path(of)),
        Request::ListByStatus(path) => (9, path.clone()),
        Request::Facts(path) => (10, path.clone()),
        Request::EnsureDirectory(path) => (11, path.clone()),
        Request::Size(path) => (12, path.clone()),
        Request::ResumePoint(path) => (13, path.clone()),
        Request::Modified(path) => (14, path.clone()),
        Request::Digest { path, .. } => (15, path.clone()),
        Request::SetModified { path, .. } => (16, path.clone()),
        Request::SetMode { path, .. } => (17, path.clone()),
        Request::Rename { from, .. } => (18, from.clone()),
        Request::MakeDirectory(path) => (19, path.clone()),
        Request::ChangeDirectory(path) => (20, path.clone()),
        Request::Quote(line) => (22, line.clone()),
        Request::Available(_) => (23, Vec::new()),
        Request::Allocate(_) => (24, Vec::new()),
        Request::Language(tag) => (25, path(tag)),
        Request::Identify { name, .. } => (26, name.clone()),
        Request::Host(name) => (27, name.clone()),
        Request::Status => (28, Vec::new()),
        Request::Options { options, .. } => (29, path(options)),
        Request::Quit => (31, Vec::new()),
        _ => (21, Vec::new()),
    }
}

/// The bits that stand for a codec there.
fn manner(codec: Codec) -> u8 {
    let number = match (codec.mode, codec.structure, codec.representation) {
        (Mode::Block, ..) => 3,
        (Mode::Compressed, ..) => 4,
        (Mode::Deflate, ..) => 5,
        (_, Structure::Page, _) => 6,
        (.., Representation::Ebcdic(_)) => 7,
        (.., Representation::Ascii(_)) => 2,
        _ => 0,
    };
    number << 5
}

/// A template's bytes, with something in place of what only a run would know.
fn filled(template: &Template) -> Vec<u8> {
    template.fill(|name| Some(if name.contains("port") { "127,0,0,1,200,1" } else { "x" })).unwrap_or_default()
}

/// The dictionary: words of the protocol, as libFuzzer reads it.
pub fn dictionary() -> String {
    let mut words: BTreeSet<String> = Verb::ALL.iter().map(|verb| verb.name().to_owned()).collect();
    words.extend(ftp_core::command::SITE_COMMANDS.iter().map(|(name, _)| (*name).to_owned()));
    let more = [
        "\\x0d\\x0a",
        "\\xff\\xff",
        "\\xff\\xf4\\xff\\xf2",
        "\\xff\\xfa",
        "\\xff\\xf0",
        "type=",
        "size=",
        "modify=",
        "perm=",
        "unique=",
        "UNIX.mode=",
        "cdir",
        "pdir",
        "OS.unix=slink:",
        " -> ",
        "<DIR>",
        "total 1",
        "drwxr-xr-x",
        "-rw-r--r--",
        "Jan",
        "Feb",
        ";1",
        "[ANN]",
        "*STMF",
        "|1|127.0.0.1|5000|",
        "(|||5000|)",
        "127,0,0,1,200,1",
        "226 ",
        "226-",
        "150 ",
        "229 ",
        "227 ",
        "331 ",
        "230 ",
        "425 ",
        "421 ",
        "20261125110331",
        "TLS",
        "UTF8 ON",
        "@file ",
        "@set ",
        "@login",
        "C: ",
        "S: ",
        "D< ",
        "D: connect $port",
        "=> ",
    ];
    words.extend(more.map(str::to_owned));
    words.iter().flat_map(|word| ["\"", word, "\"\n"]).collect()
}
