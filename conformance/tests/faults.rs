//! FAULTS.md says what the tests of the adapters hold.

use std::path::Path;

/// Set, the page is written anew instead of compared.
const WRITE: &str = "FAULTS";

#[test]
fn the_page_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("FAULTS.md");
    let page = conformance::faults::page();
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, page).expect("the page can be written");
        return;
    }
    let present = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        present == page,
        "conformance/FAULTS.md is stale; `{WRITE}=1 cargo test -p conformance --test faults` writes it"
    );
}
