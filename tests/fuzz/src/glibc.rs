//! POSIX expressions against those who define them here: what `posix_hosts` and `posix_paths` mean by an expression
//! must be what glibc's `regexec`, which Squid calls, finds.

use std::ffi::{CString, c_char, c_int, c_void};
use std::ptr;

use allowlistc::pattern::{Request, Scheme};
use allowlistc::verify::{Condition, Line, Ruleset, Subject, is_allowed, posix_hosts, posix_paths};

use crate::targets::Target;

/// See the module.
pub const TARGET: Target = Target { name: "posix", run };

/// glibc's `regex_t` has 64 bytes on 64-bit machines.
#[repr(C, align(16))]
struct Compiled([u8; 256]);

const EXTENDED: c_int = 1;
const IGNORE_CASE: c_int = 2;
const NO_PLACES: c_int = 8;

unsafe extern "C" {
    fn regcomp(compiled: *mut Compiled, text: *const c_char, flags: c_int) -> c_int;
    fn regexec(
        compiled: *const Compiled,
        text: *const c_char,
        n: usize,
        places: *mut c_void,
        flags: c_int,
    ) -> c_int;
    fn regfree(compiled: *mut Compiled);
}

struct Expression(Compiled);

impl Expression {
    fn new(text: &str, ignore_case: bool) -> Option<Self> {
        let text = CString::new(text).ok()?;
        let mut compiled = Compiled([0; 256]);
        let flags = EXTENDED | NO_PLACES | if ignore_case { IGNORE_CASE } else { 0 };
        // SAFETY: both pointers live as long as the call, and `compiled` has room for what glibc writes.
        let code = unsafe { regcomp(&raw mut compiled, text.as_ptr(), flags) };
        (code == 0).then_some(Self(compiled))
    }

    fn finds(&self, text: &str) -> bool {
        let Ok(text) = CString::new(text) else { return false };
        // SAFETY: the expression was compiled, and no places are asked for.
        unsafe { regexec(&raw const self.0, text.as_ptr(), 0, ptr::null_mut(), 0) == 0 }
    }
}

impl Drop for Expression {
    fn drop(&mut self) {
        // SAFETY: it was compiled and is freed once.
        unsafe { regfree(&raw mut self.0) }
    }
}

/// The first line is the expression, every other one a subject.
fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut lines = text.lines();
    let expression = lines.next().unwrap_or_default();
    // Bounds that are nested make glibc itself run out of memory.
    if expression.len() > 60 || expression.matches('{').count() > 1 {
        return;
    }
    let subjects: Vec<&str> = lines.take(20).filter(|line| line.len() < 100).collect();
    let line = Line::new("a", 1);
    for ignore_case in [false, true] {
        let mut ruleset = Ruleset::default();
        let hosts = ruleset.add_hosts("a", Subject::Destination);
        if let Ok(shape) = posix_hosts(expression, ignore_case) {
            ruleset.add_host(hosts, shape, line.clone());
            ruleset.allow(Condition::any(), hosts, None, line.clone());
            let names = subjects.iter().filter(|name| is_name(name));
            compare(expression, ignore_case, &ruleset, names, |name| request(name, "/"));
        }
        let mut ruleset = Ruleset::default();
        let hosts = ruleset.add_hosts("a", Subject::Destination);
        ruleset.add_host(hosts, allowlistc::verify::HostShape::Any, line.clone());
        if let Ok(shape) = posix_paths(expression, ignore_case) {
            let paths = ruleset.add_paths("a");
            ruleset.add_path(paths, shape, line.clone());
            ruleset.allow(Condition::any(), hosts, Some(paths), line.clone());
            let paths = subjects.iter().filter(|path| is_path(path));
            compare(expression, ignore_case, &ruleset, paths, |path| request("a.b", path));
        }
    }
}

fn compare<'s>(
    expression: &str,
    ignore_case: bool,
    ruleset: &Ruleset,
    subjects: impl Iterator<Item = &'s &'s str>,
    request: impl Fn(&str) -> Request,
) {
    let Some(glibc) = Expression::new(expression, ignore_case) else {
        panic!("glibc does not take `{expression}`");
    };
    for subject in subjects {
        let ours = is_allowed(ruleset, &request(subject));
        assert_eq!(ours, glibc.finds(subject), "`{expression}` in `{subject}`, ignoring case: {ignore_case}");
    }
}

fn request(host: &str, path: &str) -> Request {
    Request { scheme: Scheme::Http, host: host.to_owned(), port: 80, path: path.to_owned() }
}

fn is_name(text: &str) -> bool {
    let labels: Vec<&str> = text.split('.').collect();
    labels.iter().all(|label| {
        !label.is_empty()
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b))
    }) && !labels.last().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()))
}

fn is_path(text: &str) -> bool {
    text.starts_with('/') && !text.contains("//") && text.bytes().all(|b| b.is_ascii_graphic())
}
