//! Transfers over loopback: [`Pump`] against the barest loop that does the same.
//!
//! `cargo bench -p ftp-host --bench transfer -- [MiB] [runs]`. The runs of all rivals are interleaved and the medians shown. The
//! CPU time is that of our side's thread alone; the peer is a thread of its own that discards what it receives, or sends
//! by sendfile.

use ftp_core::action::StorageError;
use ftp_core::codec::Codec;
use ftp_core::path::VirtualPath;
use ftp_host::channel::Channel;
use ftp_host::pump::{Pump, Sink, Step};
use ftp_host::storage::{self, Source, Upload};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::sendfile;
use rustix::net::{RecvFlags, recv};
use rustix::pipe::{SpliceFlags, fcntl_setpipe_size, pipe, splice};
use rustix::time::{ClockId, clock_gettime};
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::thread;
use std::time::Instant;

const MIB: u64 = 1 << 20;
const GIB: f64 = 1024.0 * MIB as f64;

/// One side of a transfer: moves this file over this connection.
type Side = fn(&File, &TcpStream, u64);

fn main() {
    // Cargo passes options of its own.
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse().ok());
    let size = numbers.next().unwrap_or(1024) * MIB;
    let runs = numbers.next().unwrap_or(7);
    println!("{} MiB, medians of {runs} runs", size / MIB);
    let mut bench = Bench { size, runs, files: [file(size), file(size)] };
    bench.send("RETR", &[("Pump", pump_send), ("sendfile", bare_sendfile)]);
    bench.send("RETR, through buffers", &[("Pump", pump_send_staged), ("read+write 64 KiB", bare_send)]);
    bench.receive(
        "STOR",
        &[
            ("Pump", pump_receive),
            ("Pump, through buffers", pump_receive_staged),
            ("splice 1 MiB", bare_splice),
            ("recv+write 64 KiB", bare_receive::<16>),
            ("recv+write 256 KiB", bare_receive::<18>),
            ("recv+write 1 MiB", bare_receive::<20>),
            ("recv+write 4 MiB", bare_receive::<22>),
        ],
    );
}

struct Bench {
    size: u64,
    runs: u64,
    /// Ours and the peer's.
    files: [File; 2],
}

impl Bench {
    fn send(&mut self, title: &str, rivals: &[(&str, Side)]) {
        self.table(title, rivals, discard, self.size);
    }

    /// Into an empty file, so that the making of its pages is part of it, as in life.
    fn receive(&mut self, title: &str, rivals: &[(&str, Side)]) {
        self.table(title, rivals, peer_sendfile, 0);
    }

    fn table(&mut self, title: &str, rivals: &[(&str, Side)], peer: Side, length: u64) {
        let mut figures = vec![Vec::new(); rivals.len()];
        for _ in 0..self.runs {
            for ((_, side), figures) in rivals.iter().zip(&mut figures) {
                self.files[0].set_len(length).unwrap();
                figures.push(self.measure(*side, peer));
            }
        }
        println!("\n{title:<24}{:>10}{:>12}", "GiB/s", "CPU s/GiB");
        for ((name, _), figures) in rivals.iter().zip(figures) {
            let rate = median(figures.iter().map(|figure| figure.0));
            let cpu = median(figures.iter().map(|figure| figure.1));
            println!("{name:<24}{rate:>10.2}{cpu:>12.3}");
        }
    }

    /// GiB/s, and seconds of CPU per GiB of our side.
    fn measure(&mut self, ours: Side, peer: Side) -> (f64, f64) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let theirs = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let stream = listener.accept().unwrap().0;
        for file in &mut self.files {
            file.rewind().unwrap();
        }
        let ([our_file, their_file], size) = (&self.files, self.size);
        thread::scope(|scope| {
            let start = Instant::now();
            scope.spawn(move || peer(their_file, &theirs, size));
            let ours = scope.spawn(move || {
                ours(our_file, &stream, size);
                let cpu = clock_gettime(ClockId::ThreadCPUTime);
                (start.elapsed().as_secs_f64(), cpu.tv_sec as f64 + cpu.tv_nsec as f64 / 1e9)
            });
            let (time, cpu) = ours.join().unwrap();
            let gib = size as f64 / GIB;
            (gib / time, cpu / gib)
        })
    }
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<_> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// A file in memory, if there is such a place.
fn file(size: u64) -> File {
    let mut file =
        if Path::new("/dev/shm").is_dir() { tempfile::tempfile_in("/dev/shm") } else { tempfile::tempfile() }.unwrap();
    let piece = vec![7; MIB as usize];
    for _ in 0..size / MIB {
        file.write_all(&piece).unwrap();
    }
    file
}

fn run(mut pump: Pump, size: u64) {
    loop {
        let flags = match pump.step(Pump::BUDGET) {
            Step::Again | Step::Marker => continue,
            Step::Readable => PollFlags::IN,
            Step::Writable => PollFlags::OUT,
            Step::Done(result) => return assert_eq!(result, Ok(size)),
        };
        poll(&mut [PollFd::new(pump.channel().socket(), flags)], None).unwrap();
    }
}

fn pump_send(file: &File, stream: &TcpStream, size: u64) {
    let source = Source::File { file: file.try_clone().unwrap(), remaining: size };
    run(Pump::send(source, Codec::RAW, Channel::data(stream.try_clone().unwrap()).unwrap()), size);
}

fn pump_send_staged(file: &File, stream: &TcpStream, size: u64) {
    let source = Source::Stream { reader: Box::new(file.try_clone().unwrap()), remaining: Some(size) };
    run(Pump::send(source, Codec::RAW, Channel::data(stream.try_clone().unwrap()).unwrap()), size);
}

fn pump_receive(file: &File, stream: &TcpStream, size: u64) {
    let sink = Sink::Upload(Box::new(Target { file: file.try_clone().unwrap(), path: VirtualPath::root() }));
    run(Pump::receive(sink, Codec::RAW, Channel::data(stream.try_clone().unwrap()).unwrap(), None), size);
}

fn pump_receive_staged(file: &File, stream: &TcpStream, size: u64) {
    run(
        Pump::receive(
            Sink::Writer(Box::new(file.try_clone().unwrap())),
            Codec::RAW,
            Channel::data(stream.try_clone().unwrap()).unwrap(),
            None,
        ),
        size,
    );
}

/// An upload without a name.
struct Target {
    file: File,
    path: VirtualPath,
}

impl Upload for Target {
    fn path(&self) -> &VirtualPath {
        &self.path
    }

    fn file(&mut self) -> Option<&File> {
        Some(&self.file)
    }

    fn write(&mut self, bytes: &[u8]) -> storage::Result<()> {
        self.file.write_all(bytes).map_err(|_| StorageError::Local)
    }

    fn publish(self: Box<Self>) -> storage::Result<()> {
        Ok(())
    }
}

fn bare_sendfile(file: &File, stream: &TcpStream, size: u64) {
    peer_sendfile(file, stream, size);
}

fn peer_sendfile(file: &File, stream: &TcpStream, size: u64) {
    let mut remaining = size as usize;
    while remaining > 0 {
        remaining -= sendfile(stream, file, None, remaining).unwrap();
    }
    stream.shutdown(Shutdown::Write).unwrap();
}

fn bare_send(mut file: &File, mut stream: &TcpStream, _: u64) {
    let mut buffer = vec![0; 64 << 10];
    loop {
        match file.read(&mut buffer).unwrap() {
            0 => return stream.shutdown(Shutdown::Write).unwrap(),
            count => stream.write_all(&buffer[..count]).unwrap(),
        }
    }
}

/// Receives without a copy: TCP drops what `MSG_TRUNC` reads (tcp(7)).
fn discard(_: &File, stream: &TcpStream, _: u64) {
    let mut buffer = vec![0; 4 << 20];
    while recv(stream, &mut buffer[..], RecvFlags::TRUNC).unwrap().1 > 0 {}
}

fn bare_receive<const BITS: u32>(mut file: &File, mut stream: &TcpStream, _: u64) {
    let mut buffer = vec![0; 1 << BITS];
    loop {
        match stream.read(&mut buffer).unwrap() {
            0 => return,
            count => file.write_all(&buffer[..count]).unwrap(),
        }
    }
}

fn bare_splice(file: &File, stream: &TcpStream, _: u64) {
    let (read, write) = pipe().unwrap();
    fcntl_setpipe_size(&write, 1 << 20).unwrap();
    loop {
        let mut count = splice(stream, None, &write, None, 1 << 20, SpliceFlags::empty()).unwrap();
        if count == 0 {
            return;
        }
        while count > 0 {
            count -= splice(&read, None, file, None, count, SpliceFlags::empty()).unwrap();
        }
    }
}
