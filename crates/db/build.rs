//! Migrations and example rows are files inside the program: a new file alone has to make it anew.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
    println!("cargo::rerun-if-changed=seed");
}
