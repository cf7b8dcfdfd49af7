//! What one process costs: time by the clock, CPU time, peak memory; from `/proc`, where there is one.
#![allow(dead_code, reason = "each benchmark needs a part")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Starts the line in which a process tells its own cost.
const TOLD: &str = "cost:";

/// Seconds by the clock, seconds of CPU, megabytes of memory at its peak.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cost {
    pub(crate) wall: f64,
    pub(crate) cpu: f64,
    /// The part of it outside the kernel, whose pages cost more on some machines than on others.
    pub(crate) user: f64,
    pub(crate) peak: f64,
    /// What the process printed.
    pub(crate) said: String,
}

impl Cost {
    pub(crate) fn of_this_process() -> Self {
        thread_local!(static START: Instant = Instant::now());
        let wall = START.with(|start| start.elapsed().as_secs_f64());
        let [user, cpu] = ticks("self", Whose::Own);
        Self { wall, cpu, user, peak: peak("self"), said: String::new() }
    }

    /// The peak stays that of the whole process.
    pub(crate) fn since(&self, before: &Self) -> Self {
        Self {
            wall: self.wall - before.wall,
            cpu: self.cpu - before.cpu,
            user: self.user - before.user,
            ..self.clone()
        }
    }

    /// For the process that waits.
    pub(crate) fn told(&self) -> String {
        format!("{TOLD} {} {} {} {}", self.wall, self.cpu, self.user, self.peak)
    }

    fn read(line: &str) -> Option<Self> {
        let mut numbers = line.strip_prefix(TOLD)?.split_whitespace().map(str::parse);
        let mut next = || numbers.next()?.ok();
        Some(Self { wall: next()?, cpu: next()?, user: next()?, peak: next()?, said: String::new() })
    }

    /// What each of the commands costs, run by turns in blocks: the median of the clock over all runs, of the CPU over the
    /// means of the blocks, since its counter is too coarse for one short run. Nobody watches their memory meanwhile, which
    /// would take their time; it is that of one run more.
    pub(crate) fn by_turns<const N: usize>(commands: [&dyn Fn(usize) -> Command; N]) -> [Self; N] {
        const BLOCKS: usize = 5;
        const RUNS: u32 = 12;
        let mut times: [(Vec<f64>, Vec<f64>, Vec<f64>); N] = std::array::from_fn(|_| Default::default());
        let mut number = 0;
        for _ in 0..BLOCKS {
            for (command, (wall, cpu, user)) in commands.iter().zip(&mut times) {
                let before = ticks("self", Whose::Children);
                for _ in 0..RUNS {
                    number += 1;
                    wall.push(time(&mut command(number)));
                }
                let after = ticks("self", Whose::Children);
                for (spent, (before, after)) in [user, cpu].into_iter().zip(before.into_iter().zip(after)) {
                    spent.push((after - before) / f64::from(RUNS));
                }
            }
        }
        std::array::from_fn(|at| {
            let (wall, cpu, user) = &mut times[at];
            let peak = measure(&mut commands[at](0)).peak;
            Self { wall: median(wall), cpu: median(cpu), user: median(user), peak, said: String::new() }
        })
    }

    /// The one of some costs, at least one, that has as many with more CPU time as with less.
    pub(crate) fn middle(mut costs: Vec<Self>) -> Self {
        costs.sort_by(|one, other| one.cpu.total_cmp(&other.cpu));
        costs.swap_remove(costs.len() / 2)
    }

    pub(crate) fn shown(&self) -> String {
        let Self { wall, cpu, user, peak, .. } = self;
        format!("{wall:8.4} s by the clock {cpu:8.4} s CPU ({user:8.4} s user) {peak:7.1} MB")
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Seconds by the clock of a command, which has to succeed.
fn time(command: &mut Command) -> f64 {
    let started = Instant::now();
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("the program runs");
    assert!(status.success(), "{command:?}: {status}");
    started.elapsed().as_secs_f64()
}

/// Runs a command, which has to succeed; what it tells of its own cost counts more than what is seen from outside.
pub(crate) fn measure(command: &mut Command) -> Cost {
    let (mut cost, status) = run(command);
    assert!(status.success(), "{command:?}: {status}: {}", cost.said);
    if command.get_program() == env!("CARGO_BIN_EXE_allowlistc") {
        // Its summary is for people who build.
        cost.said.clear();
    }
    cost
}

/// The same, however it ends.
pub(crate) fn run(command: &mut Command) -> (Cost, ExitStatus) {
    let started = Instant::now();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program runs");
    let id = child.id().to_string();
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        let watch = scope.spawn(|| highest_peak(&id, &ended));
        let (mut said, mut told) = (String::new(), None);
        for line in BufReader::new(child.stdout.take().expect("a pipe")).lines() {
            let line = line.expect("text");
            match Cost::read(&line) {
                Some(cost) => told = Some(cost),
                None => said.push_str(&(line + "\n")),
            }
        }
        let [user, cpu] = ticks(&id, Whose::Own);
        let seen = Cost { wall: started.elapsed().as_secs_f64(), cpu, user, ..Cost::default() };
        ended.store(true, Ordering::Relaxed);
        let peak = watch.join().expect("the watch ends");
        let cost = told.unwrap_or(Cost { peak, ..seen });
        (Cost { said, ..cost }, child.wait().expect("the program ends"))
    })
}

/// Peak memory only grows, so that the last reading is the peak, give or take the time between two.
fn highest_peak(id: &str, ended: &AtomicBool) -> f64 {
    let mut highest: f64 = 0.0;
    while !ended.load(Ordering::Relaxed) {
        highest = highest.max(peak(id));
        thread::sleep(Duration::from_millis(1));
    }
    highest
}

/// Whose CPU time is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    Own,
    Children,
}

/// CPU seconds of all threads of a process, or of its children that have ended, to a hundredth: outside the kernel, and
/// all of them.
fn ticks(id: &str, whose: Whose) -> [f64; 2] {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // The name of the program may hold anything but is the last thing in parentheses.
    let after_name = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let first = if whose == Whose::Own { 11 } else { 13 };
    let numbers = after_name.split_whitespace().skip(first).take(2);
    let seconds: Vec<f64> = numbers.filter_map(|number| Some(number.parse::<f64>().ok()? / 100.0)).collect();
    [seconds.first().copied().unwrap_or_default(), seconds.iter().sum()]
}

/// Highest resident memory of a process, in megabytes.
fn peak(id: &str) -> f64 {
    let text = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kibibytes.unwrap_or(0.0) * 1024.0 / 1e6
}
