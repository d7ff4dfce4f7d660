//! The faults that every adapter must bear.

fn main() {
    conformance::faults::main(conformance::runtime::blocking);
}
