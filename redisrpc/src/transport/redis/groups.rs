//! A batch of messages by list: each list's leave in one `RPUSH`.

use std::{collections::HashMap, sync::Arc, time::Duration};

use super::{millis, resp};
use crate::{
    error::TransportError,
    transport::{List, Push, Refused},
};

/// The messages of a batch, those of one list together.
pub(super) struct Groups<'a> {
    batch: &'a [Push],
    /// Indexes of the batch; lists in the order they first appear.
    groups: Vec<Vec<usize>>,
}

/// The messages for one list, in their order.
pub(super) struct Group<'a> {
    batch: &'a [Push],
    indexes: &'a [usize],
}

impl<'a> Groups<'a> {
    pub(super) fn of(batch: &'a [Push]) -> Self {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let mut known: HashMap<&str, usize> = HashMap::new();
        let mut last = None;
        for (index, push) in batch.iter().enumerate() {
            // Most are for the list of the one before.
            let group = match last {
                Some((group, list)) if Arc::ptr_eq(list, &push.list) => group,
                _ => *known.entry(&push.list).or_insert_with(|| {
                    groups.push(Vec::new());
                    groups.len() - 1
                }),
            };
            groups[group].push(index);
            last = Some((group, &push.list));
        }
        Self { batch, groups }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Group<'_>> {
        let batch = self.batch;
        self.groups
            .iter()
            .map(move |indexes| Group { batch, indexes })
    }

    /// The messages that were refused, from each group's error if it has one.
    pub(super) fn refused(
        &self,
        errors: impl IntoIterator<Item = Option<TransportError>>,
    ) -> Refused {
        let groups = self.groups.iter().zip(errors);
        groups
            .filter_map(|(indexes, error)| Some((indexes, error?)))
            .flat_map(|(indexes, error)| indexes.iter().map(move |&index| (index, error.clone())))
            .collect()
    }
}

impl Group<'_> {
    pub(super) fn list(&self) -> &List {
        &self.batch[self.indexes[0]].list
    }

    pub(super) fn messages(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.indexes
            .iter()
            .map(|&index| &self.batch[index].message[..])
    }

    /// How long the list may stand unread; `None` for ever.
    pub(super) fn expire(&self) -> Option<Duration> {
        let expires = self
            .indexes
            .iter()
            .filter_map(|&index| self.batch[index].expire);
        expires.max()
    }

    /// Writes its commands, as many as [`commands`](Self::commands).
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let messages = self.messages();
        resp::command(out, messages.len() + 2);
        resp::part(out, "RPUSH");
        resp::part(out, &**self.list());
        messages.for_each(|message| resp::part(out, message));
        if let Some(expire) = self.expire() {
            let mut digits = itoa::Buffer::new();
            resp::words(
                out,
                &["PEXPIRE", self.list(), digits.format(millis(expire))],
            );
        }
    }

    /// How many commands it takes: the push, and the expiry if there is one.
    pub(super) fn commands(&self) -> usize {
        1 + usize::from(self.expire().is_some())
    }
}
