//! What a guest can ask.

use std::fmt;

/// The longest name of a guest or a room.
const LONGEST_NAME: usize = 16;

pub(crate) const HELP: &str = "* /nick NAME, /join ROOM, /leave, /rooms, /who, /msg NAME TEXT, \
                               /help, /quit; anything else is said in your room";

/// One line from a guest.
#[derive(Debug, PartialEq)]
pub(crate) enum Command<'a> {
    Nick(&'a str),
    Join(&'a str),
    Leave,
    Rooms,
    Who,
    Tell { to: &'a str, text: &'a str },
    Help,
    Quit,
    Say(&'a str),
    Nothing,
}

/// What is wrong with a line.
#[derive(Debug, PartialEq)]
pub(crate) enum Wrong<'a> {
    Unknown(&'a str),
    Name(&'a str),
    NoText,
}

impl fmt::Display for Wrong<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(word) => write!(f, "! there is no {word}; see /help"),
            Self::Name(name) => {
                write!(f, "! not a name: {name:?}; 1 to {LONGEST_NAME} letters, digits, - or _")
            }
            Self::NoText => f.write_str("! say something"),
        }
    }
}

pub(crate) fn parse(line: &str) -> Result<Command<'_>, Wrong<'_>> {
    let line = line.trim();
    if line.is_empty() {
        return Ok(Command::Nothing);
    }
    if !line.starts_with('/') {
        return Ok(Command::Say(line));
    }
    let (word, rest) = split(line);
    Ok(match word {
        "/nick" => Command::Nick(name(rest)?),
        "/join" => Command::Join(name(rest)?),
        "/leave" => Command::Leave,
        "/rooms" => Command::Rooms,
        "/who" => Command::Who,
        "/msg" => {
            let (to, text) = split(rest);
            let to = name(to)?;
            if text.is_empty() {
                return Err(Wrong::NoText);
            }
            Command::Tell { to, text }
        }
        "/help" => Command::Help,
        "/quit" => Command::Quit,
        _ => return Err(Wrong::Unknown(word)),
    })
}

/// The first word, and what follows.
fn split(text: &str) -> (&str, &str) {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (word, rest.trim_start())
}

fn name(text: &str) -> Result<&str, Wrong<'_>> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if (1..=LONGEST_NAME).contains(&text.len()) && text.bytes().all(allowed) {
        Ok(text)
    } else {
        Err(Wrong::Name(text))
    }
}
