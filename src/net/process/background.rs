//! The background thread: it fetches documents, and keeps the last-good file.

use super::Process;
use crate::{
    error::Error,
    limits::{FILE_RETRY_MS, MAX_SLEEP_MS},
    net::{
        clock::{self, duration},
        fault::Fault,
        keeper::Update,
        last_good::Unwritten,
        lock,
        notice::About,
        signal::Signal,
    },
    rulebook::{Flight, Poll},
};
use std::{sync::Arc, time::Duration};

impl Process {
    pub(super) fn run(&self) {
        let _end = End(&self.signal);
        while !self.signal.is_stopping() {
            let seen = self.signal.generation();
            let handed_over = lock(&self.handed_over).take();
            let now = clock::now();
            let until = match handed_over.map_or_else(|| self.keeper.poll(now), Poll::Fetch) {
                Poll::Fetch(flight) => {
                    self.fly(flight);
                    continue;
                }
                Poll::At(time) | Poll::InFlight(time) => time.min(self.write_again(now.steady)),
            };
            let sleep = duration(until.saturating_sub(now.steady)).min(Duration::from_millis(MAX_SLEEP_MS));
            self.signal.wait(seen, sleep);
        }
    }

    /// Fetches the document, reports how it went, and wakes those who wait. A panic is a failed flight.
    pub(super) fn fly(&self, flight: Flight) {
        let whole = core::panic::AssertUnwindSafe(|| self.fetch(flight));
        if std::panic::catch_unwind(whole).is_err() {
            self.keeper.failed(flight, Fault::Refused(Error::InternalError), clock::now());
        }
        self.signal.notify();
    }

    fn fetch(&self, flight: Flight) {
        let document = match self.client.fetch_document() {
            Ok(document) => document,
            Err(fault) => return self.keeper.failed(flight, fault, clock::now()),
        };
        let Ok(update) = self.keeper.landed(flight, &document, clock::now()) else { return };
        // Notify before writing the file, so that no request waits for a disk.
        self.signal.notify();
        if let Update::InUse(_) = update
            && !self.write(&document, flight.began.wall)
        {
            self.keeper.note(About::LastGoodFile, Fault::FileUnwritable, clock::now());
        }
    }

    /// Writes the last-good file, if there is to be one; `false` when it has to be tried again.
    fn write(&self, document: &[u8], began: i64) -> bool {
        let Some(file) = &self.last_good else { return true };
        let written = file.store(document, began).is_ok();
        let mut unwritten = lock(&self.unwritten);
        // A request that fetched may have written a newer document, or failed to, meanwhile.
        if unwritten.as_ref().is_none_or(|other| other.began <= began) {
            let retry_at = clock::now().steady.saturating_add(FILE_RETRY_MS.cast_signed());
            *unwritten = (!written).then(|| Unwritten { document: document.into(), began, retry_at });
        }
        written
    }

    /// Writes what could not be written before, when it is time; gives the time of the next attempt.
    fn write_again(&self, now: i64) -> i64 {
        let due = match &*lock(&self.unwritten) {
            None => return i64::MAX,
            Some(unwritten) if now < unwritten.retry_at => return unwritten.retry_at,
            Some(unwritten) => (Arc::clone(&unwritten.document), unwritten.began),
        };
        // A failure is not logged again: it was logged for this document before.
        self.write(&due.0, due.1);
        lock(&self.unwritten).as_ref().map_or(i64::MAX, |unwritten| unwritten.retry_at)
    }

    pub(super) fn restore(&self) {
        let Some(file) = &self.last_good else { return };
        let restored = match file.read() {
            Ok(Some((document, began_wall))) => self.keeper.restore(&document, began_wall, clock::now()),
            Ok(None) => Ok(()),
            Err(fault) => Err(fault),
        };
        if let Err(fault) = restored {
            self.keeper.note(About::LastGoodFile, fault, clock::now());
        }
    }

    /// Has the background thread poll again: something may be due earlier now.
    pub(super) fn wake(self: &Arc<Self>) {
        self.start_or_note();
        self.signal.notify();
    }
}

/// Reports the end of the thread, also after a panic.
struct End<'s>(&'s Signal);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}
