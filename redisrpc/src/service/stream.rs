//! The reply of a method that returns a stream.
//!
//! To a caller that takes streams it goes in parts, as items come and as the caller has
//! room for them; to any other as one list, when it has ended.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::{self, Context},
    time::Instant,
};

use futures_util::Stream;
use serde::Serialize;
use tokio::{task::yield_now, time};

use super::{Dispatched, ServiceError, reply_result};
use crate::{
    credit,
    error::{Fault, FaultCode},
    wire::{origin::Outlet, reply::Reply, request::Request, stream::Items},
};

/// Size from which items leave as a part although more are ready, in bytes.
const PART: usize = 16 * 1024;

/// Largest list that a stream may become for a caller that takes no streams, in bytes.
const WHOLE: usize = 16 * 1024 * 1024;

/// How many items are taken in a row before others run.
const IN_A_ROW: u64 = 256;

/// The reply of a method that returned a stream of values.
///
/// # Errors
///
/// [`FaultCode::InvalidReply`] when an item cannot be written as JSON, or when the caller
/// takes no streams and it is too long for a list; [`FaultCode::Interrupted`] when the
/// caller is not heard of any more.
pub(crate) async fn reply_stream<T: Serialize>(
    request: &Request<'_>,
    stream: impl Stream<Item = T> + Send,
) -> Dispatched {
    reply(request, stream, |items, item| add(request, items, &item)).await
}

/// The reply of a method that returned a stream of results; the first error ends it.
///
/// # Errors
///
/// That error, or as [`reply_stream`].
pub(crate) async fn reply_results<T: Serialize, E: ServiceError>(
    request: &Request<'_>,
    stream: impl Stream<Item = Result<T, E>> + Send,
) -> Dispatched {
    let add = |items: &mut Items, item: Result<T, E>| match item {
        Ok(item) => add(request, items, &item),
        Err(error) => reply_result::<(), E>(request, &Err(error)).map(drop),
    };
    reply(request, stream, add).await
}

fn add<T: Serialize>(request: &Request<'_>, items: &mut Items, item: &T) -> Result<(), Fault> {
    items.add(item).map_err(|error| {
        let text = format!("`{}`: an item cannot be sent: {error}", request.method());
        Fault::new(FaultCode::InvalidReply, text)
    })
}

/// What the next item is and whether it could be written, which it then is; the items'
/// own type is known to nobody else.
trait Poll<'a>: FnMut(&mut Context<'_>, &mut Items) -> Next + Send + 'a {}

impl<'a, F: FnMut(&mut Context<'_>, &mut Items) -> Next + Send + 'a> Poll<'a> for F {}

/// `None` at the end of the stream.
type Next = task::Poll<Option<Result<(), Fault>>>;

async fn reply<S: Stream + Send>(
    request: &Request<'_>,
    stream: S,
    mut add: impl FnMut(&mut Items, S::Item) -> Result<(), Fault> + Send,
) -> Dispatched {
    let mut stream = pin!(stream);
    let poll = move |cx: &mut Context<'_>, items: &mut Items| {
        let next = stream.as_mut().poll_next(cx);
        next.map(|next| next.map(|item| add(items, item)))
    };
    match request.origin.and_then(|origin| origin.outlet) {
        Some(outlet) => {
            let parts = Parts::new(outlet);
            #[cfg(feature = "msgpack")]
            let parts = Parts {
                may_be_packed: request.context.as_ref().is_some_and(|it| it.msgpack),
                ..parts
            };
            parts.all(poll).await
        }
        None => whole(request, poll).await,
    }
}

/// All items in one list.
async fn whole(request: &Request<'_>, mut poll: impl Poll<'_>) -> Dispatched {
    let mut items = Items::default();
    while let Some(added) = poll_fn(|cx| poll(cx, &mut items)).await {
        added?;
        if items.size() > WHOLE {
            let text = format!(
                "`{}` streams more than the {WHOLE} bytes that fit into one reply; call it by a \
                 client that takes streams",
                request.method()
            );
            return Err(Fault::new(FaultCode::InvalidReply, text));
        }
        if items.count.is_multiple_of(IN_A_ROW) {
            yield_now().await;
        }
    }
    Ok(Reply(items.reply(request.native_id(), 0)))
}

/// A stream on its way to its caller.
struct Parts<'a> {
    outlet: &'a Outlet,
    /// Those that have not left yet.
    items: Items,
    /// How many there were, those included.
    count: u64,
    /// How many parts have left.
    number: u64,
    /// When the caller was last sent anything.
    sent: Option<Instant>,
    /// Whether items may be in MessagePack.
    #[cfg(feature = "msgpack")]
    may_be_packed: bool,
}

impl<'a> Parts<'a> {
    fn new(outlet: &'a Outlet) -> Self {
        Self {
            #[cfg(feature = "msgpack")]
            may_be_packed: false,
            outlet,
            items: Items::default(),
            count: 0,
            number: 0,
            sent: None,
        }
    }

    async fn all(mut self, mut poll: impl Poll<'_>) -> Dispatched {
        loop {
            while self.count >= self.outlet.credit.items() {
                self.flush().await;
                tokio::select! {
                    () = self.outlet.credit.more() => {}
                    () = self.silence() => self.sign()?,
                }
            }
            let Some(added) = self.next(&mut poll).await? else {
                #[cfg(feature = "msgpack")]
                if self.items.is_packed() {
                    // A reply is JSON.
                    self.flush().await;
                }
                return Ok(Reply(self.items.reply(Some(self.outlet.id), self.number)));
            };
            if let Err(fault) = added {
                self.flush().await;
                return Err(fault.after_parts(self.number));
            }
            self.count += 1;
            if self.items.size() >= PART {
                self.flush().await;
                #[cfg(feature = "msgpack")]
                if self.may_be_packed {
                    self.items.pack();
                }
                // Whoever writes them writes them now.
                yield_now().await;
            } else if self.count.is_multiple_of(IN_A_ROW) {
                yield_now().await;
            }
        }
    }

    /// Waits for the next item; those before it leave meanwhile.
    async fn next(&mut self, poll: &mut impl Poll<'_>) -> Result<Option<Result<(), Fault>>, Fault> {
        loop {
            let now = poll_fn(|cx| task::Poll::Ready(poll(cx, &mut self.items))).await;
            if let task::Poll::Ready(next) = now {
                return Ok(next);
            }
            self.flush().await;
            let silence = self.silence();
            tokio::select! {
                biased;
                next = poll_fn(|cx| poll(cx, &mut self.items)) => return Ok(next),
                () = silence => self.sign()?,
            }
        }
    }

    /// Sends the items there are; if there never were any, the word that it has begun.
    async fn flush(&mut self) {
        if self.items.count == 0 && self.sent.is_some() {
            return;
        }
        if self.sent.is_none() {
            // Calls that wait are entered where their callers can be heard: this one is
            // before its caller knows to whom to speak.
            yield_now().await;
        }
        self.send();
    }

    fn send(&mut self) {
        let says_who = self.sent.is_none() || self.items.count == 0;
        let server = says_who.then(|| self.outlet.server());
        let part_follows = self.items.count > 0;
        let part = self
            .items
            .part(self.outlet.id, self.number, server.as_deref());
        self.outlet.send(part);
        self.number += u64::from(part_follows);
        self.sent = Some(Instant::now());
    }

    /// Waits until the caller was told nothing for a while.
    fn silence(&self) -> impl Future<Output = ()> + use<> {
        let sent = self.sent.unwrap_or_else(Instant::now);
        time::sleep_until((sent + credit::SIGN).into())
    }

    /// Tells the caller that there will be more.
    ///
    /// # Errors
    ///
    /// When the caller has not been heard of for too long.
    fn sign(&mut self) -> Result<(), Fault> {
        if self.outlet.credit.heard().elapsed() >= credit::SILENCE {
            let seconds = credit::SILENCE.as_secs();
            let text = format!("the caller was not heard of for {seconds} s");
            return Err(Fault::new(FaultCode::Interrupted, text).after_parts(self.number));
        }
        self.send();
        Ok(())
    }
}
