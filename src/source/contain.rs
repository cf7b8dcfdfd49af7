//! Panics of a library as values.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};

thread_local! {
    /// Whether a panic of this thread will be caught.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// What `work` gives, or `None` if it panics.
pub(super) fn contained<T>(work: impl FnOnce() -> T) -> Option<T> {
    INSIDE.set(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    INSIDE.set(false);
    result.ok()
}

/// From now on nothing is printed of panics that become findings. For programs; call it once.
pub fn hide_contained_panics() {
    let usual = take_hook();
    set_hook(Box::new(move |panic| {
        if !INSIDE.get() {
            usual(panic);
        }
    }));
}
