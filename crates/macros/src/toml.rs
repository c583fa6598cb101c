//! Just enough TOML to read a manifest's dependencies.
//!
//! Cargo has read the manifest before and refused what is no TOML, so nothing is checked here, and what cannot be
//! understood ends the reading. A complete parser would be one more thing that every user of an attribute waits for.

/// One `key = value`, its key in full: `[a.b]` above `c.d = "e"` is `a.b.c.d` and `e`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub key: Vec<String>,
    /// A string's content, or the text of a number or truth value. What is in an array is left out.
    pub value: String,
}

/// All entries, in the order of the text.
pub(crate) fn entries(text: &str) -> Vec<Entry> {
    let mut reader = Reader { rest: text, entries: Vec::new() };
    let _ = reader.document();
    reader.entries
}

struct Reader<'t> {
    rest: &'t str,
    entries: Vec<Entry>,
}

impl<'t> Reader<'t> {
    /// `None` where the text is not what it should be.
    fn document(&mut self) -> Option<()> {
        let mut table = Vec::new();
        loop {
            self.skip_space();
            if self.rest.is_empty() {
                return Some(());
            }
            if self.eat("[") {
                let several = self.eat("[");
                table = self.key()?;
                (self.eat("]") && (!several || self.eat("]"))).then_some(())?;
            } else {
                self.key_and_value(&table)?;
            }
        }
    }

    fn key_and_value(&mut self, table: &[String]) -> Option<()> {
        let key = [table, &self.key()?].concat();
        self.eat("=").then_some(())?;
        self.value(&key)
    }

    /// `a . "b c" . d`, and the spaces around it.
    fn key(&mut self) -> Option<Vec<String>> {
        let mut key = Vec::new();
        loop {
            self.skip_space();
            key.push(match self.rest.chars().next()? {
                '"' | '\'' => self.string()?,
                _ => {
                    let is_bare = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
                    self.take_while(is_bare).to_owned()
                }
            });
            self.skip_space();
            if !self.eat(".") {
                return Some(key);
            }
        }
    }

    fn value(&mut self, key: &[String]) -> Option<()> {
        self.skip_space();
        let value = match self.rest.chars().next()? {
            '"' | '\'' => self.string()?,
            '[' => return self.array(),
            '{' => return self.inline_table(key),
            _ => {
                let end = |c: char| c.is_whitespace() || matches!(c, ',' | ']' | '}' | '#');
                self.take_while(|c| !end(c)).to_owned()
            }
        };
        self.entries.push(Entry { key: key.to_vec(), value });
        Some(())
    }

    fn array(&mut self) -> Option<()> {
        let before = self.entries.len();
        self.eat("[");
        loop {
            self.skip_space();
            if self.eat("]") {
                self.entries.truncate(before);
                return Some(());
            }
            self.value(&[])?;
            self.skip_space();
            self.eat(",");
        }
    }

    fn inline_table(&mut self, table: &[String]) -> Option<()> {
        self.eat("{");
        loop {
            self.skip_space();
            if self.eat("}") {
                return Some(());
            }
            self.key_and_value(table)?;
            self.skip_space();
            self.eat(",");
        }
    }

    /// Any of the four kinds of string.
    fn string(&mut self) -> Option<String> {
        let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| self.eat(quote))?;
        let mut content = String::new();
        loop {
            // Quotation marks right before three closing ones belong to the content.
            if self.rest.starts_with(quote)
                && !(quote.len() == 3 && self.rest[1..].starts_with(quote))
            {
                self.eat(quote);
                return Some(content);
            }
            match self.next()? {
                '\\' if quote.starts_with('"') => self.escape(&mut content)?,
                other => content.push(other),
            }
        }
    }

    /// Reads what follows a backslash: a character, or the end of a line that goes on in the next.
    fn escape(&mut self, content: &mut String) -> Option<()> {
        let digits = match self.next()? {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            space if space.is_whitespace() => {
                self.take_while(char::is_whitespace);
                return Some(());
            }
            letter => {
                content.push(match letter {
                    'b' => '\u{8}',
                    't' => '\t',
                    'n' => '\n',
                    'f' => '\u{c}',
                    'r' => '\r',
                    'e' => '\u{1b}',
                    itself => itself,
                });
                return Some(());
            }
        };
        let code = self.rest.get(..digits)?;
        self.rest = &self.rest[digits..];
        content.push(char::from_u32(u32::from_str_radix(code, 16).ok()?)?);
        Some(())
    }

    /// Passes over spaces, line ends and comments.
    fn skip_space(&mut self) {
        loop {
            self.take_while(|c| c.is_whitespace() || c == '\u{feff}');
            if !self.rest.starts_with('#') {
                return;
            }
            self.take_while(|c| c != '\n');
        }
    }

    fn next(&mut self) -> Option<char> {
        let next = self.rest.chars().next()?;
        self.rest = &self.rest[next.len_utf8()..];
        Some(next)
    }

    fn eat(&mut self, text: &str) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn take_while(&mut self, is_part: impl Fn(char) -> bool) -> &'t str {
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (part, rest) = self.rest.split_at(end);
        self.rest = rest;
        part
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        entries(text).into_iter().map(|entry| (entry.key.join("/"), entry.value)).collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn tables_and_dotted_keys() {
        let text =
            "a = 1\n[b] # note\nc.d = true\n \t[ b . \"e.f\" . 'g' ]\nh = \"i\"\n[[j]]\nk=2 #[l]\n";
        assert_eq!(
            read(text),
            pairs(&[("a", "1"), ("b/c/d", "true"), ("b/e.f/g/h", "i"), ("j/k", "2")])
        );
    }

    #[test]
    fn inline_tables_over_several_lines() {
        let text = "a = { b = \"c\", d = { e.f = 'g' },\r\n  # one more\n h = 1.5e3, }\nlast = 0";
        assert_eq!(
            read(text),
            pairs(&[("a/b", "c"), ("a/d/e/f", "g"), ("a/h", "1.5e3"), ("last", "0")])
        );
    }

    #[test]
    fn arrays_are_passed_over() {
        let text =
            "a = [\"]\", [1, 2], { b = \"c\" }, # ]\n]\nd = []\ne = 1979-05-27 # f\n[g]\nh = 1";
        assert_eq!(read(text), pairs(&[("e", "1979-05-27"), ("g/h", "1")]));
    }

    #[test]
    fn strings_of_all_kinds() {
        let text = r#"
a = "\"\\\t\u00e9\U0001F600\x41"
b = '\"'
c = """
[d] ""x"""""
e = '''it''s = # '''
f = """g \
       h"""
i = ""
"#;
        let expected = [
            ("a", "\"\\\t\u{e9}\u{1F600}A"),
            ("b", "\\\""),
            ("c", "\n[d] \"\"x\"\""),
            ("e", "it''s = # "),
            ("f", "g h"),
            ("i", ""),
        ];
        assert_eq!(read(text), pairs(&expected));
    }

    #[test]
    fn what_is_no_toml_ends_the_reading() {
        for text in [
            "a = 1\n[",
            "a = 1\n=",
            "a = 1\nb = \"",
            "a = 1\nb = [",
            "a = 1\n?\nc = 2",
            "a = 1\nb = \"\\u12",
        ] {
            assert_eq!(read(text), pairs(&[("a", "1")]), "{text:?}");
        }
    }
}
