//! Runs a PAC file in an embedded JavaScript engine, under limits of memory, stack and time.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use rquickjs::context::EvalOptions;
use rquickjs::{Context, Ctx, Function, Runtime, Value};

/// Bytes that a file and its program may take.
const MEMORY: usize = 128 << 20;
/// Bytes of its stack.
const STACK: usize = 256 << 10;
/// Time for loading, and for any one request.
const LONGEST: Duration = Duration::from_secs(1);
/// Time for everything that one file is asked.
const LONGEST_OF_ALL: Duration = Duration::from_secs(20);

/// Functions that browsers have for PAC files.
const HELPERS: &str = include_str!("pac_helpers.js");

/// Why there is no route.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// The engine itself does not start.
    #[error("the engine does not start: {0}")]
    Start(String),
    /// The file is no program, or loading it fails.
    #[error("the file cannot be loaded: {0}")]
    Load(String),
    /// The program fails for a request.
    #[error("the program fails: {0}")]
    Run(String),
}

/// The answer for one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// What the program returned, `DIRECT` for nothing at all.
    pub text: String,
    /// Whether it looked up a name, its own address or the clock: on another machine or day it may answer otherwise.
    pub depends: bool,
}

/// A loaded PAC file.
pub struct Engine {
    context: Context,
    deadline: Rc<Cell<Option<Instant>>>,
    left: Cell<Duration>,
}

impl Engine {
    /// Loads a file.
    pub fn load(text: &str) -> Result<Self, EngineError> {
        let start = |error: rquickjs::Error| EngineError::Start(error.to_string());
        let runtime = Runtime::new().map_err(start)?;
        runtime.set_memory_limit(MEMORY);
        runtime.set_max_stack_size(STACK);
        let deadline = Rc::new(Cell::new(None));
        let seen = deadline.clone();
        let is_late = move || seen.get().is_some_and(|deadline| Instant::now() > deadline);
        runtime.set_interrupt_handler(Some(Box::new(is_late)));
        let context = Context::full(&runtime).map_err(start)?;
        let engine = Self { context, deadline, left: Cell::new(LONGEST_OF_ALL) };
        engine.eval(HELPERS).and_then(|()| engine.eval(text)).map_err(EngineError::Load)?;
        Ok(engine)
    }

    /// Gives every table of ours a route of its own name, and `default` to the rest, so that each can be told from the
    /// others. Of no use for a file of somebody else.
    pub fn name_tables(&self) -> Result<(), EngineError> {
        self.eval(
            "MDE_ROUTES = { direct: 'direct', bypass: 'bypass', allow: 'allow' }; MDE_DEFAULT = 'default';",
        )
        .map_err(EngineError::Load)
    }

    /// The route of a URL; `host` is what the browser hands over beside it.
    pub fn route(&self, url: &str, host: &str) -> Result<Route, EngineError> {
        self.limited(|ctx| {
            let globals = ctx.globals();
            globals.set("allowlistcAsked", false)?;
            let function: Function<'_> = globals.get("FindProxyForURL")?;
            let answer: Value<'_> = function.call((url, host))?;
            let text = answer.as_string().map(rquickjs::String::to_string).transpose()?;
            let depends = globals.get("allowlistcAsked")?;
            Ok(Route { text: text.unwrap_or_else(|| "DIRECT".into()), depends })
        })
        .map_err(EngineError::Run)
    }

    fn eval(&self, text: &str) -> Result<(), String> {
        self.limited(|ctx| {
            let mut options = EvalOptions::default();
            // As browsers do.
            options.strict = false;
            ctx.eval_with_options::<(), _>(text, options)
        })
    }

    fn limited<R>(&self, run: impl FnOnce(&Ctx<'_>) -> rquickjs::Result<R>) -> Result<R, String> {
        let start = Instant::now();
        let left = self.left.get();
        if left.is_zero() {
            return Err(format!("its answers took {} seconds", LONGEST_OF_ALL.as_secs()));
        }
        self.deadline.set(start.checked_add(LONGEST.min(left)));
        let result = self.context.with(|ctx| {
            run(&ctx).map_err(|error| {
                let thrown = ctx.catch();
                let message = thrown.as_exception().and_then(rquickjs::Exception::message);
                if self.deadline.get().is_some_and(|deadline| Instant::now() > deadline) {
                    return "it does not end in time".to_owned();
                }
                message.unwrap_or_else(|| error.to_string())
            })
        });
        self.deadline.set(None);
        self.left.set(left.saturating_sub(start.elapsed()));
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn helpers_do_what_browsers_do() {
        let route = |condition: &str, host: &str| {
            let text = format!("function FindProxyForURL(url, host) {{ return {condition} ? 'A' : 'B'; }}");
            Engine::load(&text).unwrap().route("http://x/", host).unwrap()
        };
        for (condition, host, expected, depends) in [
            ("shExpMatch(host, '*.x.org')", "a.b.x.org", "A", false),
            ("shExpMatch(host, '*.x.org')", "x.org", "B", false),
            ("shExpMatch(host, 'a?c*')", "abc.d", "A", false),
            ("dnsDomainIs(host, 'x.org')", "evilx.org", "A", false),
            ("localHostOrDomainIs(host, 'www.x.org')", "www", "A", false),
            ("isInNet(host, '10.0.0.0', '255.0.0.0')", "10.1.2.3", "A", false),
            ("isInNet(host, '10.0.0.0', '255.0.0.0')", "11.1.2.3", "B", false),
            ("isInNet(host, '10.0.0.0', '255.0.0.0')", "x.org", "B", true),
            ("isResolvable(host)", "x.org", "B", true),
        ] {
            assert_eq!(
                route(condition, host),
                Route { text: expected.into(), depends },
                "{condition} {host}"
            );
        }
    }

    #[test]
    fn hostile_programs_end() {
        let run = |body: &str| {
            Engine::load(&format!("function FindProxyForURL(u, h) {{ {body} }}"))
                .and_then(|e| e.route("http://x/", "x"))
        };
        assert!(matches!(run("for (;;) {}"), Err(EngineError::Run(_))));
        assert!(matches!(run("return FindProxyForURL(u, h);"), Err(EngineError::Run(_))));
        assert!(matches!(
            run("var a = []; for (;;) { a.push(new Array(1e6).join('x')); }"),
            Err(EngineError::Run(_))
        ));
        assert!(matches!(run("throw new Error('no')"), Err(EngineError::Run(message)) if message == "no"));
        assert!(matches!(Engine::load("function ("), Err(EngineError::Load(_))));
        assert_eq!(run("").unwrap().text, "DIRECT");
        assert_eq!(run("x = 1; return 'A'").unwrap().text, "A");
    }
}
