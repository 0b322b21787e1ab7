mod connect;
mod content;
mod errors;
mod publish;
