//! The words of a table: what threads, objects and values are called.

use crate::record::{At, Kind, Log, Object};
use crate::source::{Constant, File, Name, Sources};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// What everything in a log is called.
pub(crate) struct Names<'a> {
    log: &'a Log,
    sources: RefCell<Sources>,
    objects: HashMap<Object, String>,
    constants: HashMap<Object, Vec<Constant>>,
    pointers: RefCell<Vec<u64>>,
    /// The function that holds the model. Its steps need no name of a function.
    model: Option<(String, String)>,
}

impl<'a> Names<'a> {
    pub(crate) fn new(log: &'a Log, model: At) -> Self {
        let mut sources = Sources::default();
        let objects = objects(log, &mut sources);
        let constants = constants(log, &mut sources);
        let function = sources.file(model).and_then(|file| Some(file.function(model)?.to_owned()));
        Self {
            log,
            objects,
            constants,
            sources: RefCell::new(sources),
            pointers: RefCell::default(),
            model: function.map(|function| (model.file().to_owned(), function)),
        }
    }

    pub(crate) fn thread(&self, thread: usize) -> String {
        match self.log.threads.get(thread).and_then(|thread| thread.name.clone()) {
            Some(name) => name,
            None if thread == 0 => "main".to_owned(),
            None => format!("thread {thread}"),
        }
    }

    pub(crate) fn object(&self, object: Object) -> &str {
        self.objects.get(&object).map_or("?", String::as_str)
    }

    /// The function of a step, if the reader is to be told.
    pub(crate) fn function(&self, at: At) -> Option<String> {
        let function = self.file(at)?.function(at)?.to_owned();
        let model = self.model.as_ref();
        let same = model.is_some_and(|(file, name)| file == at.file() && *name == function);
        (!same).then_some(function)
    }

    /// A step that has not been taken yet, as the code has it.
    pub(crate) fn coming(&self, at: At) -> String {
        self.file(at).and_then(|file| file.step(at)).unwrap_or_else(|| "a step".to_owned())
    }

    fn file(&self, at: At) -> Option<Rc<File>> {
        self.sources.borrow_mut().file(at)
    }

    /// A value of this object.
    pub(crate) fn value(&self, object: Object, value: u64) -> String {
        match self.log.objects[object].kind {
            Kind::Bool => (value != 0).to_string(),
            Kind::Signed(bits) => (value.cast_signed() << (64 - bits) >> (64 - bits)).to_string(),
            Kind::Pointer if value == 0 => "null".to_owned(),
            Kind::Pointer => {
                // An address is another one each time. Which pointer it is, is not.
                let mut pointers = self.pointers.borrow_mut();
                let known = pointers.iter().position(|pointer| *pointer == value);
                let number = known.unwrap_or_else(|| {
                    pointers.push(value);
                    pointers.len() - 1
                });
                format!("p{}", number + 1)
            }
            Kind::Unsigned(bits) => {
                let constants = self.constants.get(&object).map_or(&[][..], Vec::as_slice);
                decoded(value, bits, constants)
            }
        }
    }
}

impl Names<'_> {
    /// What an exchange does to a word of flags: `-SCHEDULED +RUNNING`. Nothing if the word has none.
    pub(crate) fn change(&self, object: Object, from: u64, to: u64) -> Option<String> {
        let constants = self.constants.get(&object)?;
        let mut bits: Vec<&Constant> = constants
            .iter()
            .filter(|constant| constant.flag && constant.value.is_power_of_two())
            .collect();
        bits.sort_by_key(|constant| constant.value);
        let unit = bits.pop()?;
        let named = bits.iter().fold(0, |all, bit| all | bit.value);
        let unknown = ((from ^ to) % unit.value) & !named;
        if unknown != 0 || from == to {
            return None;
        }
        let mut words = Vec::new();
        for (sign, had, has) in [('-', from, to), ('+', to, from)] {
            let gone = bits.iter().filter(|bit| had & !has & bit.value != 0);
            words.extend(gone.map(|bit| format!("{sign}{}", bit.name)));
            match (had / unit.value).saturating_sub(has / unit.value) {
                0 => {}
                1 => words.push(format!("{sign}{}", unit.name)),
                more => words.push(format!("{sign}{more}×{}", unit.name)),
            }
        }
        Some(words.join(" "))
    }
}

/// Each object's name: that of a field before that of a variable, and a number where two have the same.
fn objects(log: &Log, sources: &mut Sources) -> HashMap<Object, String> {
    let mut found: HashMap<Object, Name> = HashMap::new();
    let steps = log.steps.iter().filter_map(|step| Some((step.what.object()?, step.at)));
    for (object, at) in steps.filter(|(object, _)| *object < log.objects.len()) {
        let Some(name) = sources.file(at).and_then(|file| file.receiver(at)) else { continue };
        match found.get(&object) {
            Some(known) if known.field || !name.field => {}
            _ => {
                found.insert(object, name);
            }
        }
    }
    let mut order: Vec<Object> = found.keys().copied().collect();
    order.sort_unstable();
    let mut counts: HashMap<&str, (usize, usize)> = HashMap::new();
    for object in &order {
        counts.entry(&found[object].text).or_default().0 += 1;
    }
    let mut names = HashMap::new();
    for object in order {
        let text = &found[&object].text;
        let (of, number) = counts.get_mut(text.as_str()).expect("counted above");
        *number += 1;
        let name = if *of > 1 { format!("{text}#{number}") } else { text.clone() };
        names.insert(object, name);
    }
    names
}

/// The constants that the values of an object may be, from the first file that speaks of some.
fn constants(log: &Log, sources: &mut Sources) -> HashMap<Object, Vec<Constant>> {
    let mut found: HashMap<Object, Vec<Constant>> = HashMap::new();
    for step in &log.steps {
        let Some(object) = step.what.object().filter(|object| *object < log.objects.len()) else {
            continue;
        };
        let Kind::Unsigned(bits @ 1..) = log.objects[object].kind else { continue };
        if found.contains_key(&object) {
            continue;
        }
        let Some(file) = sources.file(step.at) else { continue };
        for kind in ["usize".to_owned(), format!("u{bits}")] {
            let constants = file.constants(step.at, &kind);
            if !constants.is_empty() && (kind != "usize" || bits == usize::BITS) {
                found.insert(object, constants.into_iter().cloned().collect());
            }
        }
    }
    found
}

/// A number by its name: `PARKED`, `SCHEDULED|2×REF`, `!RUNNING`, or digits if it has none.
fn decoded(value: u64, bits: u32, constants: &[Constant]) -> String {
    let all = u64::MAX >> (64 - bits);
    if !constants.iter().any(|constant| constant.flag) {
        let exact = constants.iter().find(|constant| constant.value & all == value);
        return exact.map_or_else(|| value.to_string(), |constant| constant.name.clone());
    }
    if let Some(zero) = constants.iter().find(|constant| constant.value == 0 && value == 0) {
        return zero.name.clone();
    }
    let inverse = !value & all;
    if let Some(bit) = constants.iter().find(|constant| constant.flag && constant.value == inverse)
    {
        return format!("!{}", bit.name);
    }
    flags(value, constants)
}

fn flags(value: u64, constants: &[Constant]) -> String {
    let mut bits: Vec<&Constant> = constants
        .iter()
        .filter(|constant| constant.flag && constant.value.is_power_of_two())
        .collect();
    bits.sort_by_key(|constant| constant.value);
    let mut rest = value;
    let mut words = Vec::new();
    // The highest is a count if there is more above it.
    let count = bits.pop();
    for bit in bits {
        if rest & bit.value != 0 {
            words.push(bit.name.clone());
            rest &= !bit.value;
        }
    }
    if let Some(unit) = count {
        match rest / unit.value {
            0 => {}
            1 => words.push(unit.name.clone()),
            more => words.push(format!("{more}×{}", unit.name)),
        }
        rest %= unit.value;
    }
    if rest != 0 || words.is_empty() {
        words.push(rest.to_string());
    }
    words.join("|")
}

#[cfg(test)]
mod tests;
