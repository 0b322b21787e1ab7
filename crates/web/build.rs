//! Style sheets, scripts and pictures are files inside the program: a new file alone has to make it anew.

fn main() {
    println!("cargo::rerun-if-changed=assets");
}
