//! ftpkit
fn main() {}
