//! The client of a [`Core`], as a transcript leads it.

use super::{Core, Tls};
use crate::backend::tls::CLIENTS;
use crate::backend::{Backend, Received, SYNCH, Seen};
use crate::network::{Listener, Read};
use crate::transcript::{Hello, Worth};
use ftp_core::action::{Completion, Handshake, TlsError};
use ftp_host::tls::AskClients;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

impl Backend for Core {
    fn send(&mut self, bytes: &[u8]) {
        self.control.inbox.extend_from_slice(bytes);
        self.settle();
    }

    fn send_urgent(&mut self) {
        self.urgent();
        self.send(&SYNCH);
    }

    fn close(&mut self) {
        self.control.end();
        self.settle();
        // Nobody is left to read it.
        self.control.said.clear();
    }

    fn receive(&mut self) -> Received {
        match (self.control.said.is_empty(), self.ended || self.control.is_ended()) {
            (false, _) => Received::Bytes(std::mem::take(&mut self.control.said)),
            (true, true) => Received::Closed,
            (true, false) => Received::Nothing,
        }
    }

    fn advance(&mut self, by: Duration) {
        let until = self.now + by;
        while let Some(deadline) = self.wait.deadline.filter(|deadline| *deadline <= until && !self.over) {
            self.set_time(self.now.max(deadline));
            self.settle();
        }
        self.set_time(until);
        self.settle();
    }

    fn connect(&mut self, port: u16) -> bool {
        self.client_data = self.network.connect((Ipv4Addr::LOCALHOST, port).into());
        self.settle();
        self.client_data.is_some()
    }

    fn listen(&mut self) -> SocketAddr {
        self.client_data = None;
        self.client_listener.insert(self.network.listen()).address()
    }

    fn accept(&mut self) -> bool {
        if let Some(socket) = self.client_listener.as_ref().and_then(Listener::accept) {
            self.client_listener = None;
            self.client_data = Some(socket);
        }
        self.client_data.is_some()
    }

    fn send_data(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some(socket) = &self.client_data
            && !rest.is_empty()
        {
            let Ok(count @ 1..) = socket.write(rest) else { return };
            rest = &rest[count..];
            self.settle();
        }
    }

    fn receive_data(&mut self) -> Received {
        let Some(socket) = &self.client_data else { return Received::Nothing };
        match socket.read(usize::MAX) {
            Read::Bytes(bytes) => {
                self.settle();
                Received::Bytes(bytes)
            }
            Read::Closed | Read::Broken => Received::Closed,
            Read::Nothing => Received::Nothing,
        }
    }

    fn close_data(&mut self, reset: bool) {
        self.client_listener = None;
        if let Some(socket) = self.client_data.take().filter(|_| reset) {
            socket.reset();
        }
        self.settle();
    }

    fn truncate_data(&mut self) {
        if let Some(socket) = &self.client_data {
            socket.truncate();
        }
        self.settle();
    }

    fn start_tls(&mut self, hello: &Hello) -> bool {
        let begun = self.tls.begin();
        if let Some(op) = begun {
            let good = hello.certificate.as_ref().filter(|_| self.ask_clients.is_some());
            let welcome = match good {
                Some(shown) => shown.worth == Worth::Good,
                None => self.ask_clients != Some(AskClients::Require),
            };
            // As in TLS 1.3 the client hears only behind its own handshake that the server did not like its certificate.
            self.certificate = good.map(|shown| CLIENTS.certificate(shown));
            let told = Handshake { server_name: Some(hello.server_name.clone()), certified: good.is_some() };
            self.reply(op, Completion::TlsStarted(if welcome { Ok(told) } else { Err(TlsError) }));
            self.settle();
        }
        begun.is_some()
    }

    fn stop_tls(&mut self) -> bool {
        matches!(std::mem::replace(&mut self.tls, Tls::Still), Tls::Ends)
    }

    fn secure_data(&mut self, resumed: bool) {
        if let Some(socket) = &self.client_data {
            socket.begin_tls(resumed);
        }
        self.settle();
    }

    fn finish(&mut self) -> Vec<u8> {
        self.control.end();
        self.settle();
        std::mem::take(&mut self.control.said)
    }

    fn look(&mut self, path: &[u8]) -> Seen {
        Seen::of(&self.storage, path)
    }
}
