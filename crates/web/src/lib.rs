//! The JSON API and the pages. The only crate that serves HTTP.
