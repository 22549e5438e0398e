//! Label selectors as kubectl takes them.
//!
//! ```text
//! selector    = requirement {"," requirement}
//! requirement = key | "!" key | key ("=" | "==" | "!=") value | key ("in" | "notin") "(" value {"," value} ")"
//! ```
//! An object without the key satisfies `!=`, `notin` and `!key`, as in Kubernetes.

use std::collections::BTreeMap;

use super::Error;

/// One requirement of a label selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// The label.
    pub key: String,
    /// What is required of it.
    pub operator: Operator,
    /// The values it is compared with; none for the last two operators.
    pub values: Vec<String>,
}

/// What is required of a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// It is one of the values (`=`, `==`, `in`).
    In,
    /// It is none of the values, or there is no such label (`!=`, `notin`).
    NotIn,
    /// There is one.
    Exists,
    /// There is none.
    DoesNotExist,
}

impl Requirement {
    /// Whether labels are as required.
    pub fn matches(&self, labels: &BTreeMap<Box<str>, Box<str>>) -> bool {
        let value = labels.get(&*self.key);
        let listed = || value.is_some_and(|value| self.values.iter().any(|other| **other == **value));
        match self.operator {
            Operator::In => listed(),
            Operator::NotIn => !listed(),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
        }
    }
}

/// Reads a label selector.
pub(super) fn parse(typed: &str) -> Result<Vec<Requirement>, Error> {
    let mut parser = Parser { typed, at: 0 };
    let mut requirements = Vec::new();
    loop {
        requirements.push(parser.requirement()?);
        match parser.token() {
            Token::End => return Ok(requirements),
            Token::Sign(",") => {}
            token => return Err(parser.error(token, "`,` or the end")),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Sign(&'a str),
    Word(&'a str),
    End,
}

struct Parser<'a> {
    typed: &'a str,
    /// How many bytes are read.
    at: usize,
}

impl<'a> Parser<'a> {
    fn requirement(&mut self) -> Result<Requirement, Error> {
        if self.peek() == Token::Sign("!") {
            self.token();
            let key = self.key()?;
            return Ok(Requirement { key, operator: Operator::DoesNotExist, values: Vec::new() });
        }
        let key = self.key()?;
        let (operator, values) = match self.peek() {
            Token::End | Token::Sign(",") => (Operator::Exists, Vec::new()),
            Token::Sign(sign @ ("=" | "==" | "!=")) => {
                self.token();
                let operator = if sign == "!=" { Operator::NotIn } else { Operator::In };
                (operator, vec![self.value()?])
            }
            Token::Word(word @ ("in" | "notin")) => {
                self.token();
                (if word == "in" { Operator::In } else { Operator::NotIn }, self.values()?)
            }
            token => {
                self.token();
                return Err(self.error(token, "`=`, `==`, `!=`, `in`, `notin`, `,` or the end"));
            }
        };
        Ok(Requirement { key, operator, values })
    }

    fn key(&mut self) -> Result<String, Error> {
        match self.token() {
            Token::Word(word) if is_key(word) => Ok(word.to_owned()),
            Token::Word(word) => Err(self.error(
                Token::Word(word),
                "a label's name: letters, digits, `-`, `_`, `.`, at most 63, after an optional DNS name and `/`",
            )),
            token => Err(self.error(token, "a label's name")),
        }
    }

    /// A value; it may be empty.
    fn value(&mut self) -> Result<String, Error> {
        match self.peek() {
            Token::Word(word) => {
                self.token();
                if is_name(word) { Ok(word.to_owned()) } else { Err(self.bad_value(word)) }
            }
            Token::End | Token::Sign("," | ")") => Ok(String::new()),
            token => {
                self.token();
                Err(self.error(token, "a value"))
            }
        }
    }

    fn values(&mut self) -> Result<Vec<String>, Error> {
        match self.token() {
            Token::Sign("(") => {}
            token => return Err(self.error(token, "`(` and a list of values, as in `a in (x,y)`")),
        }
        let mut values = Vec::new();
        loop {
            values.push(self.value()?);
            match self.token() {
                Token::Sign(")") => return Ok(values),
                Token::Sign(",") => {}
                token => return Err(self.error(token, "`,` or `)`")),
            }
        }
    }

    fn peek(&self) -> Token<'a> {
        Parser { typed: self.typed, at: self.at }.token()
    }

    fn token(&mut self) -> Token<'a> {
        let rest = self.typed[self.at..].trim_start();
        self.at = self.typed.len() - rest.len();
        let signs = ["==", "!=", "=", "!", ",", "(", ")"];
        let token = match signs.iter().find(|sign| rest.starts_with(**sign)) {
            Some(sign) => Token::Sign(sign),
            None if rest.is_empty() => Token::End,
            None => {
                let end = rest.find(|c: char| c.is_whitespace() || "=!,()".contains(c)).unwrap_or(rest.len());
                Token::Word(&rest[..end])
            }
        };
        self.at += length(token);
        token
    }

    fn bad_value(&self, word: &str) -> Error {
        self.error(
            Token::Word(word),
            "a value: letters, digits, `-`, `_`, `.`, at most 63, first and last no sign",
        )
    }

    /// The error at the token that was read last.
    fn error(&self, token: Token<'_>, expected: &str) -> Error {
        let found = match token {
            Token::Sign(text) | Token::Word(text) => format!("`{text}`"),
            Token::End => "the end".to_owned(),
        };
        let before = &self.typed[..self.at - length(token)];
        Error::Syntax {
            flag: "--selector",
            typed: self.typed.to_owned(),
            position: before.chars().count() + 1,
            why: format!("found {found}, expected {expected}"),
        }
    }
}

fn length(token: Token<'_>) -> usize {
    match token {
        Token::Sign(text) | Token::Word(text) => text.len(),
        Token::End => 0,
    }
}

/// A label's name, with an optional DNS name before it (`app.kubernetes.io/name`).
fn is_key(word: &str) -> bool {
    let (prefix, name) = match word.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, word),
    };
    let prefix_fits = prefix.is_none_or(|prefix| {
        !prefix.is_empty()
            && prefix.len() <= 253
            && prefix.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.'))
    });
    prefix_fits && is_name(name)
}

/// What names and values consist of (in Docker they may have more, which this syntax has no way to write).
fn is_name(word: &str) -> bool {
    let is_end = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    word.len() <= 63
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        && is_end(word.bytes().next())
        && is_end(word.bytes().next_back())
}
