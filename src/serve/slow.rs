//! A connection that may neither read nor write without progress for ever.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// Wraps a connection: either direction fails once it has waited for `patience`.
pub(super) struct Impatient<S> {
    inner: S,
    patience: Duration,
    reading: Wait,
    writing: Wait,
}

/// A direction that waits, and until when.
#[derive(Default)]
struct Wait(Option<Pin<Box<Sleep>>>);

impl Wait {
    /// Passes on what came of an attempt; while there is nothing, the time runs.
    fn check<T>(&mut self, polled: Poll<T>, patience: Duration, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if let Poll::Ready(done) = polled {
            // The timer is kept: most connections wait again soon.
            if let Some(timer) = &mut self.0 {
                timer.as_mut().reset(Instant::now() + FAR);
            }
            return Poll::Ready(Ok(done));
        }
        let timer = match &mut self.0 {
            Some(timer) if timer.deadline() > Instant::now() + patience => {
                timer.as_mut().reset(Instant::now() + patience);
                timer
            }
            Some(timer) => timer,
            none => none.insert(Box::pin(sleep(patience))),
        };
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

/// Later than any patience.
const FAR: Duration = Duration::from_secs(365 * 24 * 3600);

impl<S> Impatient<S> {
    pub(super) fn new(inner: S, patience: Duration) -> Self {
        Self { inner, patience, reading: Wait::default(), writing: Wait::default() }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Impatient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let polled = Pin::new(&mut this.inner).poll_read(cx, buf);
        ready!(this.reading.check(polled, this.patience, cx))?.into()
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Impatient<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let polled = Pin::new(&mut this.inner).poll_write(cx, buf);
        ready!(this.writing.check(polled, this.patience, cx))?.into()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let polled = Pin::new(&mut this.inner).poll_write_vectored(cx, bufs);
        ready!(this.writing.check(polled, this.patience, cx))?.into()
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let polled = Pin::new(&mut this.inner).poll_flush(cx);
        ready!(this.writing.check(polled, this.patience, cx))?.into()
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let polled = Pin::new(&mut this.inner).poll_shutdown(cx);
        ready!(this.writing.check(polled, this.patience, cx))?.into()
    }
}
