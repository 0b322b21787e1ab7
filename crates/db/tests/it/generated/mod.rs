//! Tests that read the catalog and try every table, key, check and reference in it: what a migration adds is
//! covered without a line here.

mod constraints;
mod distributed;
mod rows;
mod shape;
mod stores;
mod tenancy;
mod values;
