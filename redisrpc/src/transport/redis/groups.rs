//! A batch of messages by list: each list's leave in one `RPUSH`.

use std::{collections::HashMap, sync::Arc, time::Duration};

use super::{millis, resp};
use crate::{
    error::TransportError,
    transport::{List, Push, Written},
};

/// The messages of a batch, those of one list together.
pub(super) struct Groups<'a> {
    batch: &'a [Push],
    /// Indexes of the batch; lists in the order they first appear. None where all
    /// messages are for one list.
    groups: Option<Vec<Vec<usize>>>,
}

/// The messages for one list, in their order.
pub(super) struct Group<'a> {
    batch: &'a [Push],
    /// Indexes of the batch, or all of it.
    indexes: Option<&'a [usize]>,
}

impl<'a> Groups<'a> {
    pub(super) fn of(batch: &'a [Push]) -> Self {
        let one = |first: &Push| {
            batch
                .iter()
                .all(|push| Arc::ptr_eq(&push.list, &first.list))
        };
        let groups = match batch.first() {
            Some(first) if one(first) => None,
            _ => Some(by_list(batch)),
        };
        Self { batch, groups }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Group<'_>> {
        let batch = self.batch;
        let whole = self.groups.is_none().then_some(Group {
            batch,
            indexes: None,
        });
        let groups = self.groups.iter().flatten().map(move |indexes| Group {
            batch,
            indexes: Some(indexes),
        });
        whole.into_iter().chain(groups)
    }

    /// What came of the write, from each group's new length or the error it met.
    pub(super) fn written(
        &self,
        lengths: impl IntoIterator<Item = Result<u64, TransportError>>,
    ) -> Written {
        let mut written = Written::default();
        for (group, length) in self.iter().zip(lengths) {
            match length {
                Ok(length) => written
                    .lengths
                    .extend(group.indexes().next_back().map(|last| (last, length))),
                Err(error) => written
                    .refused
                    .extend(group.indexes().map(|index| (index, error.clone()))),
            }
        }
        written
    }
}

fn by_list(batch: &[Push]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut known: HashMap<&str, usize> = HashMap::new();
    for (index, push) in batch.iter().enumerate() {
        let group = *known.entry(&push.list).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[group].push(index);
    }
    groups
}

impl Group<'_> {
    fn len(&self) -> usize {
        self.indexes.map_or(self.batch.len(), <[_]>::len)
    }

    fn indexes(&self) -> impl DoubleEndedIterator<Item = usize> {
        (0..self.len()).map(|at| self.indexes.map_or(at, |indexes| indexes[at]))
    }

    fn pushes(&self) -> impl Iterator<Item = &Push> {
        self.indexes().map(|index| &self.batch[index])
    }

    pub(super) fn list(&self) -> &List {
        let first = self.indexes.map_or(0, |indexes| indexes[0]);
        &self.batch[first].list
    }

    pub(super) fn messages(&self) -> impl Iterator<Item = &[u8]> {
        self.pushes().map(|push| &push.message[..])
    }

    /// How long the list may stand unread; `None` for ever.
    pub(super) fn expire(&self) -> Option<Duration> {
        self.pushes().filter_map(|push| push.expire).max()
    }

    /// Writes its commands, as many as [`commands`](Self::commands).
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        resp::command(out, self.len() + 2);
        resp::part(out, "RPUSH");
        resp::part(out, &**self.list());
        self.messages().for_each(|message| resp::part(out, message));
        if let Some(expire) = self.expire() {
            let mut digits = itoa::Buffer::new();
            let millis = digits.format(millis(expire));
            resp::words(out, &["PEXPIRE", self.list(), millis]);
        }
    }

    /// How many commands it takes: the push, and the expiry if there is one.
    pub(super) fn commands(&self) -> usize {
        1 + usize::from(self.expire().is_some())
    }
}
