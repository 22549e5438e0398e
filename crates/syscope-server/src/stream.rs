//! A job's events on their way to a watcher, in three forms.

use std::convert::Infallible;
use std::ops::ControlFlow;
use std::time::Instant;

use axum::body::Body;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade, close_code};
use axum::response::Response;
use bytes::{BufMut as _, Bytes, BytesMut};
use futures_util::stream::SplitSink;
use futures_util::{SinkExt as _, StreamExt as _, stream};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, VARY};
use syscope_agent::Watcher;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::app::{App, Place};
use crate::guard::Endless;
use crate::stats::Rejected;

/// What a watcher of a WebSocket may say in one message; nothing of it is used.
const MESSAGE_MAX: usize = 4 << 10;

/// Lines of JSON, as they come.
pub(crate) fn lines(watcher: Watcher, place: Place) -> Response {
    let body = stream::unfold((watcher, place), |(mut watcher, place)| async move {
        let lines = watcher.next().await?;
        Some((Ok::<_, Infallible>(ended(lines)), (watcher, place)))
    });
    endless(Body::from_stream(body), "application/x-ndjson")
}

/// Every line an event; a comment while nothing comes, so that whoever is between keeps the connection.
pub(crate) fn events(watcher: Watcher, place: Place, app: &App) -> Response {
    let every = app.limits.ping_every;
    let body = stream::unfold((watcher, place), move |(mut watcher, place)| async move {
        // A watcher that is not waited for any more has read nothing: it takes lines only when it returns them.
        let bytes = match timeout(every, watcher.next()).await {
            Ok(lines) => event_lines(&lines?),
            Err(_) => Bytes::from_static(b": \n\n"),
        };
        Some((Ok::<_, Infallible>(bytes), (watcher, place)))
    });
    endless(Body::from_stream(body), "text/event-stream")
}

/// Every line a text message.
pub(crate) fn web_socket(upgrade: WebSocketUpgrade, watcher: Watcher, place: Place, app: App) -> Response {
    // Whatever becomes of the upgrade: shutdown waits for what goes with this.
    let task = app.tasks.token();
    let upgrade =
        upgrade.max_message_size(MESSAGE_MAX).max_frame_size(MESSAGE_MAX).write_buffer_size(64 << 10);
    upgrade.on_upgrade(async move |socket| {
        tokio::select! {
            () = messages(socket, watcher, &app) => {}
            () = app.kill.cancelled() => {}
        }
        drop((place, task));
    })
}

fn endless(body: Body, content_type: &'static str) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(VARY, HeaderValue::from_static("accept"));
    // A proxy that gathers an answer before it passes it on would show nothing.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response.extensions_mut().insert(Endless);
    response
}

/// Lines with an end to the last one.
fn ended(lines: Bytes) -> Bytes {
    if lines.ends_with(b"\n") {
        return lines;
    }
    [&lines[..], b"\n"].concat().into()
}

fn each(lines: &[u8]) -> impl Iterator<Item = &[u8]> {
    lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}

fn event_lines(lines: &[u8]) -> Bytes {
    let mut events = BytesMut::with_capacity(lines.len() + lines.len() / 16 + 16);
    for line in each(lines) {
        events.put_slice(b"data: ");
        events.put_slice(line);
        events.put_slice(b"\n\n");
    }
    events.freeze()
}

/// Sends what comes until either side ends it.
async fn messages(socket: WebSocket, mut watcher: Watcher, app: &App) {
    let (mut sender, mut receiver) = socket.split();
    let mut ping = interval(app.limits.ping_every);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ping.reset();
    let mut unanswered: Option<Instant> = None;
    loop {
        let flow = tokio::select! {
            said = receiver.next() => match said {
                None | Some(Err(_) | Ok(Message::Close(_))) => ControlFlow::Break(()),
                Some(Ok(_)) => {
                    unanswered = None;
                    ControlFlow::Continue(())
                }
            },
            lines = watcher.next() => match lines {
                Some(lines) => send(&mut sender, lines, app).await,
                None => {
                    let frame = CloseFrame { code: close_code::NORMAL, reason: Utf8Bytes::from_static("end") };
                    let _ = timeout(app.limits.stall_time, sender.send(Message::Close(Some(frame)))).await;
                    // The other side's answer, so that the last lines are not lost with the connection.
                    let _ = timeout(app.limits.header_time, async { while let Some(Ok(_)) = receiver.next().await {} }).await;
                    return;
                }
            },
            _ = ping.tick() => {
                if unanswered.is_some_and(|since| since.elapsed() >= app.limits.stall_time) {
                    app.stats.reject(Rejected::Stalled);
                    return;
                }
                unanswered.get_or_insert_with(Instant::now);
                within(app, sender.send(Message::Ping(Bytes::new()))).await
            }
        };
        if flow.is_break() {
            return;
        }
    }
}

async fn send(sender: &mut SplitSink<WebSocket, Message>, lines: Bytes, app: &App) -> ControlFlow<()> {
    for line in each(&lines) {
        let text = Utf8Bytes::try_from(lines.slice_ref(line))
            // Lines are JSON; should one not be, its watcher still gets the rest.
            .unwrap_or_else(|_| String::from_utf8_lossy(line).into_owned().into());
        within(app, sender.feed(Message::Text(text))).await?;
    }
    within(app, sender.flush()).await
}

/// Waits for the other side to take something, but not for ever.
async fn within<E>(app: &App, sent: impl Future<Output = Result<(), E>>) -> ControlFlow<()> {
    match timeout(app.limits.stall_time, sent).await {
        Ok(Ok(())) => ControlFlow::Continue(()),
        Ok(Err(_)) => ControlFlow::Break(()),
        Err(_) => {
            app.stats.reject(Rejected::Stalled);
            ControlFlow::Break(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_events() {
        assert_eq!(event_lines(b"{\"a\":1}\n{\"b\":2}\n"), "data: {\"a\":1}\n\ndata: {\"b\":2}\n\n");
        assert_eq!(event_lines(b"{}"), "data: {}\n\n");
        assert_eq!(event_lines(b""), "");
        assert_eq!(ended(Bytes::from("{}")), "{}\n");
        assert_eq!(ended(Bytes::from("{}\n")), "{}\n");
    }
}
