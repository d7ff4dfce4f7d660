//! An exchange as a sequence chart, in SVG: the client's line of life on the left, the server's on the right, an arrow for each
//! thing said, dashed where it went over the data connection.

use crate::text::shown;
use conformance::check::{By, Said};
use maud::{Markup, html};

/// Where the lines of life are, and how far apart the arrows.
const CLIENT: usize = 60;
const SERVER: usize = 660;
const STEP: usize = 26;
const TOP: usize = 34;

/// Characters of a label; the rest shows when somebody points at it.
const LABEL: usize = 88;

/// The chart; nothing for an exchange in which nothing was said.
pub(super) fn chart(exchange: &[Said]) -> Markup {
    if exchange.is_empty() {
        return html! {};
    }
    let height = TOP + STEP * exchange.len() + 20;
    html! {
        svg viewBox=(format!("0 0 720 {height}")) width="720" height=(height) role="img" aria-label="the exchange" {
            text.end x=(CLIENT) y="16" text-anchor="middle" { "client" }
            text.end x=(SERVER) y="16" text-anchor="middle" { "server" }
            line.life x1=(CLIENT) y1="22" x2=(CLIENT) y2=(height - 6) {}
            line.life x1=(SERVER) y1="22" x2=(SERVER) y2=(height - 6) {}
            @for (place, said) in exchange.iter().enumerate() { (arrow(said, TOP + STEP * place + 14)) }
        }
    }
}

fn arrow(said: &Said, y: usize) -> Markup {
    let (class, from_client) = match said.by {
        By::Client => ("control", true),
        By::Server => ("control", false),
        By::ClientData => ("data", true),
        By::ServerData => ("data", false),
    };
    let (from, to) = if from_client { (CLIENT, SERVER) } else { (SERVER, CLIENT) };
    let wing = if from_client { to - 8 } else { to + 8 };
    let what = shown(said.what.as_bytes());
    let label = match what.char_indices().nth(LABEL) {
        Some((end, _)) => format!("{}…", what.get(..end).unwrap_or_default()),
        None => what.clone(),
    };
    let (anchor, x) = if from_client { ("start", CLIENT + 10) } else { ("end", SERVER - 10) };
    html! {
        g class=(class) {
            title { (what) }
            line x1=(from) y1=(y) x2=(to) y2=(y) {}
            path d=(format!("M{wing} {} L{to} {y} L{wing} {}", y - 4, y + 4)) {}
            text x=(x) y=(y - 4) text-anchor=(anchor) { (label) }
        }
    }
}
