//! Where decoded values go: one decoder, several forms.

use std::fmt;

pub mod json;
pub mod text;

use crate::names::Flags;
use crate::syscall::Arg;

/// A value that a form with plain data types shows where the text shows an expression.
#[derive(Debug, Clone, Copy)]
pub enum Plain<'a> {
    /// A signed number.
    Int(i64),
    /// An unsigned number.
    Uint(u64),
    /// Text.
    Text(&'a str),
}

/// Receives the values of one call in order. Calls nest like the value does: after
/// [`Sink::begin_struct`] each value is announced by [`Sink::field`], after [`Sink::begin_array`] by
/// [`Sink::item`], and at the top by [`Sink::arg`].
pub trait Sink {
    /// The next value is this argument.
    fn arg(&mut self, arg: &Arg);
    /// The next value is this argument, and the text names it too: `flags=SIGCHLD`.
    fn named(&mut self, arg: &Arg) {
        self.arg(arg);
    }
    /// Words that only the text has, put where a value could stand.
    fn remark(&mut self, _text: &str) {}
    /// The next value is this member.
    fn field(&mut self, name: &str);
    /// The next value is an element.
    fn item(&mut self);
    /// A signed number.
    fn int(&mut self, value: i64);
    /// An unsigned number.
    fn uint(&mut self, value: u64);
    /// A number in hexadecimal: `0`, `0x1f`.
    fn hex(&mut self, value: u64);
    /// A number in octal with a leading zero: `0644`.
    fn octal(&mut self, value: u64);
    /// A pointer: `NULL`, `0x7ffc...`.
    fn address(&mut self, value: u64);
    /// A named constant.
    fn symbol(&mut self, name: &str);
    /// A number that should have a name but has none: text `0x7 /* SEEK_??? */`.
    fn unknown(&mut self, value: u64, mark: &str);
    /// A set of bits.
    fn flags(&mut self, set: &Flags, word: u64);
    /// A set of signals out of `count`, bit 0 standing for signal 1. The text has strace's short form.
    fn signals(&mut self, set: u64, count: u32) {
        self.begin_array(true);
        for number in (1..=count.min(64)).filter(|number| set >> (number - 1) & 1 != 0) {
            self.item();
            self.symbol(&crate::names::signal::name(number));
        }
        self.end_array(false);
    }
    /// Bytes as a string; `cut` if there were more.
    fn string(&mut self, bytes: &[u8], cut: bool);
    /// An expression in the text (`htons(80)`), a plain value elsewhere.
    fn form(&mut self, text: fmt::Arguments<'_>, plain: Plain<'_>);
    /// A member whose text names it inside the expression (`inet_pton(AF_INET6, "::1", &sin6_addr)`):
    /// the text has no `name=`.
    fn field_form(&mut self, name: &str, text: fmt::Arguments<'_>, plain: Plain<'_>) {
        self.field(name);
        self.form(text, plain);
    }
    /// A remark on the value just shown (`/* 23 vars */`); text only.
    fn comment(&mut self, text: fmt::Arguments<'_>);
    /// Opens `{`.
    fn begin_struct(&mut self);
    /// Closes `}`; with `abbreviated` the text says `...` first.
    fn end_struct(&mut self, abbreviated: bool);
    /// Opens `[`. `bare` suppresses the text's separator style `, ` in favour of a space (signal sets).
    fn begin_array(&mut self, bare: bool);
    /// Closes `]`; with `cut` the text says `...` first.
    fn end_array(&mut self, cut: bool);
    /// Opens a set of which every member is announced by [`Sink::item`]: the text joins them by `|`
    /// without brackets. It must have members.
    fn begin_flags(&mut self) {
        self.begin_array(false);
    }
    /// Closes the set.
    fn end_flags(&mut self) {
        self.end_array(false);
    }
    /// Opens the details of a result: the text says ` (`, values inside are announced by [`Sink::item`]
    /// (`1 ([{fd=3, revents=POLLIN}])`, `0 (Timeout)` with [`Sink::symbol`]). Only [`crate::syscall::Ret::Custom`]
    /// printers use it, after the value itself.
    fn begin_details(&mut self);
    /// Closes the details.
    fn end_details(&mut self);
    /// The next value has a label: the text says `left {tv_sec=1}`, other forms make it a structure of
    /// one member.
    fn begin_label(&mut self, name: &str) {
        self.begin_struct();
        self.field(name);
    }
    /// Closes the label.
    fn end_label(&mut self) {
        self.end_struct(false);
    }
    /// Whether long structures are shown by their most telling members only, as strace does.
    fn abbreviates(&self) -> bool {
        false
    }
    /// A file descriptor and, where it is known and wanted, what it refers to.
    fn fd(&mut self, fd: i64, target: Option<&[u8]>);
}
