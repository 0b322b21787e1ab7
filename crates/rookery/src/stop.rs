//! SIGTERM and SIGINT: the first asks for a graceful stop, the second ends the process.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Exit code of an end that was not graceful.
pub(crate) const INTERRUPTED: u8 = 130;

/// A token that the first signal cancels; the second signal ends the process with 130.
pub(crate) fn on_signals() -> std::io::Result<CancellationToken> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let token = CancellationToken::new();
    let asked = token.clone();
    tokio::spawn(async move {
        next(&mut terminate, &mut interrupt).await;
        tracing::info!("stopping; a second signal ends at once");
        asked.cancel();
        next(&mut terminate, &mut interrupt).await;
        end_now();
    });
    Ok(token)
}

async fn next(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a person asked twice; the kernel tells the private PostgreSQL of our death, and it shuts down cleanly"
)]
fn end_now() -> ! {
    std::process::exit(i32::from(INTERRUPTED))
}
