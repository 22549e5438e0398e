//! The terminal: keys in, frames out, and as it was at every kind of end.

use std::io::{self, IsTerminal as _};
use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use anyhow::Context as _;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::model::Model;
use super::source::Reading;
use super::state::{Action, State};
use super::view::{self, Look};
use crate::failure::Failure;

/// How long keys are waited for before readings and signals are looked at.
const TICK: Duration = Duration::from_millis(100);

/// The exit status after a panic, as Rust has it.
const PANICKED: i32 = 101;

/// How long an end by a signal may take.
const HUNG_UP: Duration = Duration::from_secs(1);

/// Shows the model and follows keys until one or a signal ends it.
pub fn run(mut model: Model, readings: &Receiver<Reading>, look: Look) -> Result<(), Failure> {
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Err(Failure::usage(
            "top needs a terminal; --once prints a table, and with -o json an object per row",
        ));
    }
    let ended = Arc::new(AtomicBool::new(false));
    watch_signals(Arc::clone(&ended)).context("watch signals")?;
    let mut terminal = ratatui::try_init().context("take the terminal")?;
    end_at_a_panic();
    let shown = follow(&mut terminal, &mut model, readings, look, &ended);
    // Where the terminal is gone there is nothing to restore.
    let restored = ratatui::try_restore();
    match shown {
        Err(_) if ended.load(Ordering::SeqCst) => Ok(()),
        Err(err) => Err(Failure::Run(anyhow::Error::new(err).context("draw on the terminal"))),
        Ok(()) => Ok(restored.context("restore the terminal")?),
    }
}

/// A panic ends the process, in whatever thread it is. The hook of ratatui has restored the terminal by then and told of it; whoever
/// went on would draw over that.
fn end_at_a_panic() {
    let told = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        told(panic);
        std::process::exit(PANICKED);
    }));
}

/// A signal ends it. Where the terminal has hung up, waiting for a key never ends (it reads the end of the terminal over and
/// over): then the process ends here.
fn watch_signals(ended: Arc<AtomicBool>) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        if signals.forever().next().is_some() {
            ended.store(true, Ordering::SeqCst);
            std::thread::sleep(HUNG_UP);
            // Where the terminal is gone there is nothing to restore.
            let _ = ratatui::try_restore();
            std::process::exit(0);
        }
    })?;
    Ok(())
}

fn follow(
    terminal: &mut DefaultTerminal,
    model: &mut Model,
    readings: &Receiver<Reading>,
    look: Look,
    ended: &AtomicBool,
) -> io::Result<()> {
    let mut state = State::default();
    let mut stale = true;
    while !ended.load(Ordering::SeqCst) {
        while let Ok(reading) = readings.try_recv() {
            take(model, reading);
            stale = true;
        }
        if std::mem::take(&mut stale) {
            terminal.draw(|frame| view::draw(frame, model, &state, look))?;
        }
        if !event::poll(TICK)? {
            continue;
        }
        match event::read()? {
            Event::Key(key) if key.kind != KeyEventKind::Release => match meaning(key, state.typing) {
                Meaning::Quit => return Ok(()),
                Meaning::Act(action) => {
                    state.act(model, action);
                    stale = true;
                }
                Meaning::Nothing => {}
            },
            Event::Resize(..) => stale = true,
            _ => {}
        }
    }
    Ok(())
}

/// Notes what a source said.
pub fn take(model: &mut Model, reading: Reading) {
    match reading.counts {
        Ok(counts) => model.read(reading.source, &counts),
        Err(trouble) => model.fail(reading.source, trouble),
    }
}

/// What a key means.
#[derive(Debug, PartialEq, Eq)]
enum Meaning {
    Quit,
    Act(Action),
    Nothing,
}

fn meaning(key: KeyEvent, typing: bool) -> Meaning {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    if control {
        return if matches!(key.code, KeyCode::Char('c')) { Meaning::Quit } else { Meaning::Nothing };
    }
    Meaning::Act(match (key.code, typing) {
        (KeyCode::Esc, _) => Action::Clear,
        (KeyCode::Enter, true) => Action::Accept,
        (KeyCode::Backspace, true) => Action::Erase,
        (KeyCode::Char(c), true) => Action::Type(c),
        (KeyCode::Up, _) => Action::Move(-1),
        (KeyCode::Down, _) => Action::Move(1),
        (KeyCode::PageUp, _) => Action::Move(-10),
        (KeyCode::PageDown, _) => Action::Move(10),
        (_, true) => return Meaning::Nothing,
        (KeyCode::Char('q'), _) => return Meaning::Quit,
        (KeyCode::Char('k'), _) => Action::Move(-1),
        (KeyCode::Char('j'), _) => Action::Move(1),
        (KeyCode::Home | KeyCode::Char('g'), _) => Action::First,
        (KeyCode::End | KeyCode::Char('G'), _) => Action::Last,
        (KeyCode::Enter | KeyCode::Right | KeyCode::Char('l'), _) => Action::Enter,
        (KeyCode::Backspace | KeyCode::Left | KeyCode::Char('h'), _) => Action::Back,
        (KeyCode::Char('<' | ','), _) => Action::Sort(-1),
        (KeyCode::Char('>' | '.'), _) => Action::Sort(1),
        (KeyCode::Char(digit @ '1'..='7'), _) => Action::SortBy(digit as usize - '1' as usize),
        (KeyCode::Char('r'), _) => Action::Reverse,
        (KeyCode::Char('/'), _) => Action::Filter,
        (KeyCode::Char('?'), _) => Action::Help,
        _ => return Meaning::Nothing,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_a_filter_are_its_text() {
        let key = |code| KeyEvent::new(code, KeyModifiers::NONE);
        let quit = KeyCode::Char('q');
        assert_eq!(meaning(key(quit), false), Meaning::Quit);
        assert_eq!(meaning(key(quit), true), Meaning::Act(Action::Type('q')));
        assert_eq!(meaning(key(KeyCode::Backspace), false), Meaning::Act(Action::Back));
        assert_eq!(meaning(key(KeyCode::Backspace), true), Meaning::Act(Action::Erase));
        assert_eq!(meaning(key(KeyCode::Char('3')), false), Meaning::Act(Action::SortBy(2)));
        let control = |c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL);
        assert_eq!(meaning(control('c'), true), Meaning::Quit);
        assert_eq!(meaning(control('x'), true), Meaning::Nothing);
    }

    /// Tells the test below that it is the one that panics.
    const PANICS: &str = "SYSCOPE_TEST_PANICS";

    #[test]
    fn a_panic_of_any_thread_is_told_on_the_terminal_as_it_was() {
        if std::env::var_os(PANICS).is_some() {
            ratatui::try_init().expect("a terminal");
            end_at_a_panic();
            let _ = std::thread::spawn(|| panic!("on purpose")).join();
            println!("it goes on");
            return;
        }
        let exe = std::env::current_exe().expect("the tests");
        let name = "top::screen::tests::a_panic_of_any_thread_is_told_on_the_terminal_as_it_was";
        let command = format!(
            "stty -a; echo BEGIN; {PANICS}=1 '{}' --nocapture --exact {name}; echo END $?; stty -a",
            exe.display()
        );
        // script(1) is the terminal.
        let mut script = std::process::Command::new("script");
        script.args(["--quiet", "--return", "--command", &command, "/dev/null"]);
        let output = script.env("SHELL", "/bin/sh").env("TERM", "xterm").output().expect("run script(1)");
        let text = String::from_utf8_lossy(&output.stdout);
        let (before, rest) = text.split_once("BEGIN").expect("it begins");
        let (shown, after) = rest.split_once("END ").expect("it ends");
        let after = after.strip_prefix("101").unwrap_or_else(|| panic!("another status: {text}"));
        assert_eq!(before.trim(), after.trim(), "the terminal is another");
        let at = |part: &str| shown.find(part).unwrap_or_else(|| panic!("no {part:?}: {shown:?}"));
        assert!(at("\x1b[?1049h") < at("\x1b[?1049l"), "{shown:?}");
        assert!(at("\x1b[?1049l") < at("on purpose"), "it is told where nobody sees it: {shown:?}");
        assert!(!shown.contains("it goes on"), "{shown:?}");
    }
}
