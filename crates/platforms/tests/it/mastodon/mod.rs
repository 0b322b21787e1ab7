mod connect;
mod content;
mod errors;
mod metrics;
mod publish;
mod upload;
