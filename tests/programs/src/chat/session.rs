//! One guest, from the welcome to the farewell.

use super::Settings;
use super::command::{self, Command, HELP};
use super::hall::{Hall, Place};
use super::lines::{self, Lines, Next};
use std::sync::Arc;
use tokio::io::{self, AsyncRead, AsyncWrite};
use tokio::sync::{Notify, broadcast, mpsc};
use tokio::time::{Instant, sleep};

/// Why a guest is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Farewell {
    /// Said so, or hung up.
    Left,
    /// Said nothing for too long.
    Idle,
    /// Did not read what there was to read.
    Slow,
    /// The server closes.
    Closing,
}

impl Farewell {
    fn text(self) -> &'static str {
        match self {
            Self::Left | Self::Slow => "* goodbye",
            Self::Idle => "! you said nothing for too long; goodbye",
            Self::Closing => "* the server closes; goodbye",
        }
    }
}

/// Serves one guest until one of the two has had enough.
pub(crate) async fn serve<S>(
    stream: S,
    hall: Arc<Hall>,
    settings: Settings,
    mut closing: broadcast::Receiver<()>,
) -> Farewell
where
    S: AsyncRead + AsyncWrite,
{
    let (reader, writer) = io::split(stream);
    let mut lines = Lines::new(reader, settings.longest);
    let (outbox, inbox) = mpsc::channel(settings.unread);
    let slow = Arc::new(Notify::new());
    // The one sender is kept in the hall: when the place is given up, the writer finds the end.
    let mut place = hall.enter(outbox, Arc::clone(&slow));
    let writing = lines::write_all(writer, inbox);
    let idle = sleep(settings.idle);
    tokio::pin!(writing, idle);

    place.tell_self(format!("* welcome, {}; see /help", place.name()));
    let farewell = loop {
        tokio::select! {
            // What has been said goes out before more comes in: a guest with many questions and a
            // guest with many answers cannot keep the others from being served.
            biased;
            _ = closing.recv() => break Farewell::Closing,
            () = slow.notified() => break Farewell::Slow,
            // It ends by itself only if the guest is no longer there.
            _ = &mut writing => return Farewell::Left,
            line = lines.next() => match line {
                Ok(Next::Line(line)) => {
                    idle.as_mut().reset(Instant::now() + settings.idle);
                    if obey(&mut place, &line) == Carry::Off {
                        break Farewell::Left;
                    }
                }
                Ok(Next::TooLong) => place.tell_self("! that line is too long"),
                Ok(Next::End) | Err(_) => break Farewell::Left,
            },
            () = &mut idle => break Farewell::Idle,
        }
    };
    place.tell_self(farewell.text());
    drop(place);
    if farewell == Farewell::Slow {
        // There is no use in more words.
        return farewell;
    }
    // Whoever does not read them must not hold the server up for ever. When the server closes it
    // has a deadline of its own for all of them.
    tokio::select! {
        _ = writing => {}
        () = sleep(settings.idle), if farewell != Farewell::Closing => {}
    }
    farewell
}

/// Go on after this line?
#[derive(PartialEq)]
enum Carry {
    On,
    Off,
}

fn obey(place: &mut Place, line: &str) -> Carry {
    match command::parse(line) {
        Ok(Command::Nick(name)) => place.rename(name),
        Ok(Command::Join(room)) => place.join(room),
        Ok(Command::Leave) => place.leave(),
        Ok(Command::Rooms) => place.list_rooms(),
        Ok(Command::Who) => place.list_guests(),
        Ok(Command::Tell { to, text }) => place.tell(to, text),
        Ok(Command::Help) => place.tell_self(HELP),
        Ok(Command::Say(text)) => place.say(text),
        Ok(Command::Quit) => return Carry::Off,
        Ok(Command::Nothing) => {}
        Err(wrong) => place.tell_self(wrong.to_string()),
    }
    Carry::On
}
