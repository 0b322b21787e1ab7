mod connect;
mod content;
mod publish;
