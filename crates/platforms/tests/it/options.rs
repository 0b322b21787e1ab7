//! The options that a connector names are those that it reads.

use std::collections::BTreeSet;
use std::path::Path;

use rookery_kernel::Platform;
use rookery_platforms::Connectors;

use crate::fake::http;

/// The sources of a connector, without the list itself and without tests.
fn sources(network: Platform) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(network.label());
    let mut all = String::new();
    for entry in std::fs::read_dir(&folder).expect("a folder per network") {
        let path = entry.expect("an entry").path();
        if path.file_name().is_some_and(|name| name != "mod.rs") {
            let text = std::fs::read_to_string(&path).expect("a source file");
            all += text.split("#[cfg(test)]").next().unwrap_or_default();
        }
    }
    all
}

/// The names in `.option("…")`.
fn asked(sources: &str) -> BTreeSet<&str> {
    sources.split(".option(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn what_a_connector_reads_it_names_and_what_it_names_it_reads() {
    let connectors = Connectors::standard(http());
    for network in Platform::ALL {
        let named = connectors.get(network).expect("every network has one").capabilities().options;
        let sources = sources(network);
        let unread: Vec<_> = named.iter().filter(|name| !sources.contains(&format!("\"{name}\""))).collect();
        assert!(unread.is_empty(), "{network} names {unread:?} and does not read it");
        let unnamed: Vec<_> = asked(&sources).into_iter().filter(|name| !named.contains(name)).collect();
        assert!(unnamed.is_empty(), "{network} reads {unnamed:?} and does not name it");
        assert!(!named.is_empty(), "{network} has some");
    }
}
