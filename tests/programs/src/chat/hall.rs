//! Who is there, in which room, and where to put what they are to read.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;

/// Said once, and read by many.
pub(crate) type Line = Arc<str>;

/// The guests, by name. Nothing here waits: the lock is never held across an `.await`.
#[derive(Debug, Default)]
pub(crate) struct Hall {
    guests: Mutex<Guests>,
}

#[derive(Debug, Default)]
struct Guests {
    by_name: BTreeMap<String, Guest>,
    ever: u64,
}

#[derive(Debug)]
struct Guest {
    room: Option<String>,
    outbox: Sender<Line>,
    slow: Arc<Notify>,
}

impl Guest {
    /// Puts a line where its session will find it. Nobody waits for one who does not read.
    fn tell(&self, line: &Line) {
        if let Err(TrySendError::Full(_)) = self.outbox.try_send(Arc::clone(line)) {
            self.slow.notify_one();
        }
    }
}

impl Guests {
    fn tell_room(&self, room: &str, text: String) {
        let line = Line::from(text);
        let there = self.by_name.values().filter(|guest| guest.room.as_deref() == Some(room));
        there.for_each(|guest| guest.tell(&line));
    }
}

impl Hall {
    fn lock(&self) -> MutexGuard<'_, Guests> {
        self.guests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets somebody in, under a name that nobody has.
    ///
    /// What is said to them goes to `outbox`; `slow` is notified when that is full.
    pub(crate) fn enter(self: &Arc<Self>, outbox: Sender<Line>, slow: Arc<Notify>) -> Place {
        let mut guests = self.lock();
        let guest = Guest { room: None, outbox, slow };
        loop {
            guests.ever += 1;
            let name = format!("guest-{}", guests.ever);
            // Somebody may have chosen just this one.
            if let Entry::Vacant(place) = guests.by_name.entry(name) {
                let name = place.key().clone();
                place.insert(guest);
                return Place { hall: Arc::clone(self), name };
            }
        }
    }
}

/// A guest's place in the hall, which is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    hall: Arc<Hall>,
    name: String,
}

impl Place {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Puts a line among what this guest is to read.
    pub(crate) fn tell_self(&self, text: impl Into<Line>) {
        if let Some(guest) = self.hall.lock().by_name.get(&self.name) {
            guest.tell(&text.into());
        }
    }

    /// Takes another name, unless somebody has it.
    pub(crate) fn rename(&mut self, name: &str) {
        let mut guests = self.hall.lock();
        if guests.by_name.contains_key(name) {
            drop(guests);
            return self.tell_self(format!("! {name} is here already"));
        }
        let Some(guest) = guests.by_name.remove(&self.name) else { return };
        let old = std::mem::replace(&mut self.name, name.to_owned());
        let text = format!("* {old} is now {name}");
        let room = guest.room.clone();
        if room.is_none() {
            guest.tell(&text.as_str().into());
        }
        guests.by_name.insert(name.to_owned(), guest);
        if let Some(room) = room {
            guests.tell_room(&room, text);
        }
    }

    /// Goes to a room, out of the one before. A room is there while somebody is in it.
    pub(crate) fn join(&self, room: &str) {
        self.leave_for(Some(room));
    }

    /// Leaves the room.
    pub(crate) fn leave(&self) {
        self.leave_for(None);
    }

    fn leave_for(&self, room: Option<&str>) {
        let mut guests = self.hall.lock();
        let Some(guest) = guests.by_name.get_mut(&self.name) else { return };
        if room.is_none() && guest.room.is_none() {
            return guest.tell(&"! you are in no room".into());
        }
        if let Some(old) = guest.room.take() {
            guest.tell(&format!("* you left {old}").into());
            guests.tell_room(&old, format!("* {} left {old}", self.name));
        }
        if let Some(room) = room {
            if let Some(guest) = guests.by_name.get_mut(&self.name) {
                guest.room = Some(room.to_owned());
            }
            guests.tell_room(room, format!("* {} joined {room}", self.name));
        }
    }

    /// Says something to everybody in the room, oneself included: so one sees that it was said.
    pub(crate) fn say(&self, text: &str) {
        let guests = self.hall.lock();
        let Some(guest) = guests.by_name.get(&self.name) else { return };
        match &guest.room {
            Some(room) => guests.tell_room(room, format!("{}: {text}", self.name)),
            None => guest.tell(&"! you are in no room; try /join".into()),
        }
    }

    /// Says something to one guest alone.
    pub(crate) fn tell(&self, to: &str, text: &str) {
        let guests = self.hall.lock();
        let Some(guest) = guests.by_name.get(&self.name) else { return };
        match guests.by_name.get(to) {
            Some(other) => {
                other.tell(&format!("{} (to you): {text}", self.name).into());
                guest.tell(&format!("* told {to}").into());
            }
            None => guest.tell(&format!("! there is no {to} here").into()),
        }
    }

    /// Lists the rooms, and how many are in each.
    pub(crate) fn list_rooms(&self) {
        let guests = self.hall.lock();
        let mut rooms = BTreeMap::<&str, usize>::new();
        for room in guests.by_name.values().filter_map(|guest| guest.room.as_deref()) {
            *rooms.entry(room).or_default() += 1;
        }
        let rooms: Vec<_> = rooms.iter().map(|(room, count)| format!("{room} ({count})")).collect();
        drop(guests);
        self.tell_self(format!("* rooms: {}", rooms.join(", ")));
    }

    /// Lists who is in the room, or in the hall for one who is in none.
    pub(crate) fn list_guests(&self) {
        let guests = self.hall.lock();
        let Some(guest) = guests.by_name.get(&self.name) else { return };
        let here = guests.by_name.iter().filter(|(_, other)| other.room == guest.room);
        let names: Vec<_> = here.map(|(name, _)| name.as_str()).collect();
        let text = format!("* here: {}", names.join(", "));
        guest.tell(&text.into());
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut guests = self.hall.lock();
        if let Some(Guest { room: Some(room), .. }) = guests.by_name.remove(&self.name) {
            guests.tell_room(&room, format!("* {} left {room}", self.name));
        }
    }
}
