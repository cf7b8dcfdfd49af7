//! A PAC file of anybody, asked on a thread of its own.
//!
//! The engine stops a program between two of its steps, but `Array.prototype.reverse` of an array that claims to have
//! 2⁵³ members is one step. A thread that does not answer is left behind; it ends with the process.

use std::cell::Cell;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use super::pac_engine::{Engine, EngineError, Route};

/// Longer than the engine itself gives a program.
const PATIENCE: Duration = Duration::from_secs(2);

/// A loaded PAC file that always answers in time.
pub struct Guarded {
    questions: Sender<(String, String)>,
    answers: Receiver<Result<Route, EngineError>>,
    /// Whether it still answers: an answer that comes too late belongs to no question.
    answers_still: Cell<bool>,
}

impl Guarded {
    /// Loads a file. With `named` its routes are the names of its tables, as [`Engine::name_tables`] has it.
    pub fn load(text: &str, named: bool) -> Result<Self, EngineError> {
        let (questions, asked) = channel::<(String, String)>();
        let (answer, answers) = channel();
        let (loaded, is_loaded) = channel();
        let text = text.to_owned();
        let load = move || {
            let engine = Engine::load(&text)?;
            if named {
                engine.name_tables()?;
            }
            Ok(engine)
        };
        let serve = move || match load() {
            Err(error) => drop(loaded.send(Err(error))),
            Ok(engine) => {
                let _ = loaded.send(Ok(()));
                for (url, host) in asked {
                    if answer.send(engine.route(&url, &host)).is_err() {
                        return;
                    }
                }
            }
        };
        thread::Builder::new().spawn(serve).map_err(|error| EngineError::Start(error.to_string()))?;
        is_loaded.recv_timeout(PATIENCE).map_err(|_| EngineError::Load(LATE.to_owned()))??;
        Ok(Self { questions, answers, answers_still: Cell::new(true) })
    }

    /// As [`Engine::route`]. Once there was no answer in time, there is none any more.
    pub fn route(&self, url: &str, host: &str) -> Result<Route, EngineError> {
        let late = || EngineError::Run(LATE.to_owned());
        let is_asked =
            self.answers_still.get() && self.questions.send((url.to_owned(), host.to_owned())).is_ok();
        let answer = if is_asked { self.answers.recv_timeout(PATIENCE).ok() } else { None };
        self.answers_still.set(answer.is_some());
        answer.ok_or_else(late)?
    }
}

const LATE: &str = "it does not answer in time";

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn program(body: &str) -> String {
        format!("function FindProxyForURL(u, h) {{ {body} }}")
    }

    #[test]
    fn a_step_without_an_end_is_left_behind() {
        let endless = "Array.prototype.reverse.call({ length: 9007199254740991 });";
        let start = Instant::now();
        let guarded = Guarded::load(&program(endless), false).unwrap();
        for _ in 0..3 {
            assert_eq!(guarded.route("http://x/", "x"), Err(EngineError::Run(LATE.into())));
        }
        assert!(matches!(Guarded::load(endless, false), Err(EngineError::Load(message)) if message == LATE));
        assert!(start.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn everything_else_is_as_in_the_engine() {
        let text = program("if (h == 'x') return 'A'; throw new Error('no');");
        let (guarded, engine) = (Guarded::load(&text, false).unwrap(), Engine::load(&text).unwrap());
        for host in ["x", "y", "x"] {
            assert_eq!(guarded.route("http://x/", host), engine.route("http://x/", host));
        }
        assert!(matches!(Guarded::load("function (", false), Err(EngineError::Load(_))));
    }
}
