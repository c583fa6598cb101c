use super::*;

const CODE: &str = r#"
//! Words: fn not_a_function() { "
const EMPTY: u8 = 0;
pub(crate) const FULL: u8 = 1;
const SHIFTED: usize = 1 << 3; // { a brace
const BOTH: usize = SHIFTED | (2 * 0x20_usize);
const LIFE: &'static str = "{";

impl<T: Fn()> Drop for crate::Thing<T> {
    fn act<'a>(&'a self, f: impl Fn(char) -> bool) -> [u8; 2] {
        let c = '{';
        self.state.swap(EMPTY);
        self.0
            .load();
        self.inner.words[3].queue().lock::<u8>().fetch_add(BOTH);
        f(c);
        (*pointer).store(1);
        [0, 1]
    }
}

#[test]
fn tries() {
    signal.raised.load();
}
"#;

/// The receiver of the method whose name stands in the code here.
fn receiver(file: &File, method: &str) -> Option<String> {
    let dot = file.text.find(&format!(".{method}")).unwrap();
    file.name_before(dot).map(|name| name.text)
}

#[test]
fn steps_are_called_after_fields() {
    let file = File::parse(CODE.to_owned());
    assert_eq!(receiver(&file, "swap(").unwrap(), "state");
    assert_eq!(receiver(&file, "load();\n        self").unwrap(), "Thing");
    assert_eq!(receiver(&file, "lock::<u8>").unwrap(), "queue()");
    assert_eq!(receiver(&file, "queue()").unwrap(), "words[]");
    assert_eq!(receiver(&file, "fetch_add").unwrap(), "lock()");
    assert_eq!(receiver(&file, "store").unwrap(), "pointer");
    assert_eq!(receiver(&file, "load();\n}").unwrap(), "raised");
}

#[test]
fn functions_have_bodies_and_tests_are_known() {
    let file = File::parse(CODE.to_owned());
    let names: Vec<_> = file.functions.iter().map(|f| (f.name.as_str(), f.test)).collect();
    assert_eq!(names, [("act", false), ("tries", true)]);
    assert!(file.functions[0].body.contains(&CODE.find("fetch_add").unwrap()));
    assert!(!file.functions[0].body.contains(&CODE.find("raised").unwrap()));
    assert_eq!(file.impls.len(), 1);
}

#[test]
fn constants_are_worked_out() {
    let file = File::parse(CODE.to_owned());
    let values: Vec<_> =
        file.constants.iter().map(|c| (c.name.as_str(), c.value, c.flag)).collect();
    let expected =
        [("EMPTY", 0, false), ("FULL", 1, false), ("SHIFTED", 8, true), ("BOTH", 8 | 64, true)];
    assert_eq!(values, expected);
}
