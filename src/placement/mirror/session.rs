//! The requests of one call of a mirror: counted, and repeated where that is safe.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::retry::Retry;
use super::stop::Stop;
use crate::placement::client::Client;
use crate::placement::error::Error;

pub(super) struct Session<'a> {
    client: &'a Client,
    retry: &'a Retry,
    stop: &'a Stop,
    requests: AtomicU64,
}

impl<'a> Session<'a> {
    pub(super) fn new(client: &'a Client, retry: &'a Retry, stop: &'a Stop) -> Self {
        Self {
            client,
            retry,
            stop,
            requests: AtomicU64::new(0),
        }
    }

    pub(super) fn connections(&self) -> usize {
        self.client.connections()
    }

    /// How many requests were sent so far, not counting repeats after a 401.
    pub(super) fn requests(&self) -> u64 {
        // The counting threads have been joined, or this is only a progress report.
        self.requests.load(Relaxed)
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stop.is_stopped()
    }

    /// Sends one request, once.
    pub(super) fn once<T>(
        &self,
        request: impl FnOnce(&Client) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.stop.is_stopped() {
            return Err(Error::Stopped);
        }
        // Only a counter: it publishes nothing else.
        self.requests.fetch_add(1, Relaxed);
        request(self.client)
    }

    /// Sends a read-only request, and retries while the service is unavailable.
    pub(super) fn read<T>(
        &self,
        request: impl Fn(&Client) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut failures = 0;
        loop {
            match self.once(&request) {
                Err(error) if error.is_unavailable() => self.pause(&mut failures, error)?,
                answer => return answer,
            }
        }
    }

    /// The same, with `None` for a provider that does not exist.
    pub(super) fn find<T>(
        &self,
        request: impl Fn(&Client) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        match self.read(request) {
            Err(error) if error.is_not_found() => Ok(None),
            answer => answer.map(Some),
        }
    }

    /// Pauses after a failure. Returns the error if that was the last attempt, the service
    /// asks for a longer pause than the cap, or the mirror is stopped.
    pub(super) fn pause(&self, failures: &mut u32, error: Error) -> Result<(), Error> {
        *failures += 1;
        let asked = error.retry_after().unwrap_or_default();
        if *failures >= self.retry.attempts || asked > self.retry.cap {
            return Err(error);
        }
        if !self.stop.sleep(self.retry.pause(*failures).max(asked)) {
            return Err(error);
        }
        Ok(())
    }
}
