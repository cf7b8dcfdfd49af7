//! `explain`: the page of a finding's code.

use super::args::Explain;
use super::width::{columns, filled};
use super::{Stop, print};
use crate::diagnostic::Code;
use crate::profile::nearest;

pub(super) fn run(args: &Explain) -> Result<bool, Stop> {
    let Some(wanted) = &args.code else {
        let lines: Vec<String> = Code::ALL.iter().map(|code| format!("{}\n", code.as_str())).collect();
        print(&lines.concat())?;
        return Ok(true);
    };
    match Code::ALL.iter().find(|code| code.as_str() == wanted) {
        Some(code) => {
            print(&filled(code.page(), columns(&std::io::stdout())))?;
            Ok(true)
        }
        None => {
            let near = nearest(wanted, Code::ALL.iter().map(|code| code.as_str()));
            let help = near.map_or(String::new(), |near| format!("; the nearest is `{near}`"));
            Err(Stop::Request(format!("there is no code `{wanted}`{help}")))
        }
    }
}
