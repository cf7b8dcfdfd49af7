//! The `allowlistc` command.

fn main() {}
