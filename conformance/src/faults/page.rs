//! FAULTS.md: what was seen of each fault. It is made from the table of [`FAULTS`], whose every line is what the tests of
//! every adapter compare with what they see.

use super::table::FAULTS;
use std::fmt::Write;

/// The page.
pub fn page() -> String {
    let mut page = String::from(
        "# Faults on real sockets\n\n\
         What a peer sees when something goes wrong, and what is on the disk then. Each line is a test of each adapter, blocking, smol and \
         mio, and holds on all three: `cargo test -p adapter-mio --test faults`. `/file` is there before, and is what is uploaded anew where \
         nothing else is said. This page is made from the table that the tests compare with what they see \
         (`FAULTS=1 cargo test -p conformance --test faults` writes it).\n\n\
         | fault | what the peer sees | what is on the disk |\n|---|---|---|\n",
    );
    for fault in &FAULTS {
        // Writing to a String cannot fail.
        let _ = writeln!(page, "| {} | {} | {} |", fault.what, fault.peer, fault.disk);
    }
    page
}
