//! `diagnose`: what the outputs of connection tests mean for a profile.

use std::io;

use super::args::{Diagnose, ReportFormat};
use super::job::{self, given_name, once_stdin, read_given};
use super::list::pretty;
use super::request::parse_request;
use super::width::{cell_lines, columns};
use super::{Stop, print, report};
use crate::diagnose::{LARGEST, Lists, judge, read, to_human, to_json, to_markdown};
use crate::diagnostic::Findings;
use crate::rules::DiagnoseFacts;

pub(super) fn run(args: &Diagnose) -> Result<bool, Stop> {
    let mut readings = Vec::new();
    let mut told = Findings::default();
    once_stdin(&args.files)?;
    for path in &args.files {
        let bytes = read_given(path, LARGEST as u64)?;
        readings.extend(read(&given_name(path), &bytes, &mut told));
    }
    if told.has_errors() {
        return Err(Stop::Argument(told));
    }
    report(&told, false);
    let job = job::load_sound(&args.inputs, "there is no answer")?;
    let plans = job.plans();
    let lists = Lists { list: &job.list, dropped: &job.dropped, narrowed: &job.narrowed, plans: &plans };
    let facts: DiagnoseFacts = job.rules.facts()?;
    let report = judge(readings, &facts, &lists, parse_request);
    match args.format {
        ReportFormat::Human => {
            print(&to_human(&report, args.strict, columns(&io::stdout()), cell_lines))?;
        }
        ReportFormat::Json => print(&pretty(&to_json(&report, args.strict, &told)))?,
        ReportFormat::Markdown => print(&to_markdown(&report, args.strict))?,
    }
    Ok(report.counts(args.strict).needed_and_failed == 0)
}
