//! Answers from flags, or from a person who is asked again until an answer can stand in a profile.

use std::collections::BTreeSet;
use std::io::{BufRead, Write};

use super::{Answers, GEOGRAPHY, Init, Stop};
use crate::rules::Rules;

/// Who asks, and whom.
pub(super) struct Asker<'a> {
    pub(super) rules: &'a Rules,
    /// What a person types; `None` where there is no terminal.
    pub(super) input: Option<&'a mut dyn BufRead>,
    /// Where questions go.
    pub(super) output: &'a mut dyn Write,
}

/// One key of the profile.
struct Question<'q> {
    flag: &'static str,
    text: String,
    /// What a blank answer means.
    default: &'q str,
    /// An answer as a list of values.
    split: fn(&str) -> Vec<String>,
    set: fn(&mut Answers, Vec<String>),
}

impl Asker<'_> {
    pub(super) fn answers(&mut self, args: &Init) -> Result<Answers, Stop> {
        let rules = self.rules;
        let clouds: Vec<&str> = rules.reading.clouds.iter().map(|cloud| cloud.name.as_str()).collect();
        let families: Vec<&str> = rules.devices.families.iter().map(|family| family.key.as_str()).collect();
        let (name, cloud) = ("contoso", clouds.first().copied().unwrap_or_default());
        let (connectivity, device) = ("standard", "windows=10-22H2,11-24H2");
        // Until a question is answered its default stands, so that each answer is tried in a whole profile.
        let mut answers = Answers {
            name: name.into(),
            cloud: cloud.into(),
            connectivity: connectivity.into(),
            geographies: None,
            devices: vec![device.into()],
            sources: Vec::new(),
        };
        let ask_cloud = Question {
            flag: "--cloud",
            text: format!("cloud ({})", clouds.join(", ")),
            default: cloud,
            split: whole,
            set: |answers, values| answers.cloud = first(values),
        };
        let ask_name = Question {
            flag: "--name",
            text: "name of the outputs".into(),
            default: name,
            split: whole,
            set: |answers, values| answers.name = first(values),
        };
        self.settle(&mut answers, args.name.as_slice(), &ask_name)?;
        self.settle(&mut answers, args.cloud.as_slice(), &ask_cloud)?;
        let ask_connectivity = Question {
            flag: "--connectivity",
            text: "connectivity (standard, streamlined)".into(),
            default: connectivity,
            split: whole,
            set: |answers, values| answers.connectivity = first(values),
        };
        self.settle(&mut answers, args.connectivity.as_slice(), &ask_connectivity)?;
        let ask_geographies = Question {
            flag: "--geography",
            text: "data locations, separated by commas (EU, UK, US, AU, …)".into(),
            default: GEOGRAPHY,
            split: by_commas,
            set: |answers, values| answers.geographies = Some(values),
        };
        if answers.chooses_geographies(rules) || !args.geographies.is_empty() {
            let given: Vec<String> = args.geographies.iter().flat_map(|given| by_commas(given)).collect();
            self.settle(&mut answers, &given, &ask_geographies)?;
            self.tell_of_geographies(&mut answers);
        }
        let ask_devices = Question {
            flag: "--device",
            text: format!("devices, separated by blanks ({}; FAMILY=RELEASE,RELEASE)", families.join(", ")),
            default: device,
            split: |line| line.split_whitespace().map(str::to_owned).collect(),
            set: |answers, values| answers.devices = values,
        };
        self.settle(&mut answers, &args.devices, &ask_devices)?;
        let ask_sources = Question {
            flag: "--source",
            text: "published list: files or addresses (none: what the vendor publishes)".into(),
            default: "",
            split: by_commas,
            set: |answers, values| answers.sources = values,
        };
        if self.input.is_some() || !args.sources.is_empty() {
            self.settle(&mut answers, &args.sources, &ask_sources)?;
        }
        Ok(answers)
    }

    /// Writes geographies as the rules do, and tells of those that they do not know.
    fn tell_of_geographies(&mut self, answers: &mut Answers) {
        for name in answers.geographies.iter_mut().flatten() {
            if let Some(known) = self.rules.reading.geography(name) {
                name.clone_from(&known.name);
            }
        }
        if let Some(geographies) = &mut answers.geographies {
            let mut seen = BTreeSet::new();
            geographies.retain(|name| seen.insert(name.clone()));
        }
        for name in answers.new_geographies(self.rules) {
            let _ = writeln!(
                self.output,
                "`{name}` is no geography that the rules know; it is taken for a new one, and a build refuses it if the list \
                 has no such rows"
            );
        }
    }

    /// Takes the flag, or asks until an answer can stand in the profile.
    fn settle(
        &mut self,
        answers: &mut Answers,
        given: &[String],
        question: &Question<'_>,
    ) -> Result<(), Stop> {
        let Question { flag, text, default, split, set } = question;
        if !given.is_empty() {
            set(answers, given.to_vec());
            let wrong = answers.wrong(self.rules);
            return wrong.map_or(Ok(()), |wrong| Err(Stop::Request(format!("`{flag}`: {wrong}"))));
        }
        loop {
            let Some(input) = self.input.as_mut() else {
                return Err(Stop::Request(format!(
                    "`{flag}` is missing, and there is no terminal to ask: {text}; answers are read from flags or from \
                     a terminal, not from a pipe"
                )));
            };
            let _ = write!(self.output, "{text} [{default}]: ");
            let _ = self.output.flush();
            let mut line = String::new();
            if input.read_line(&mut line)? == 0 {
                return Err(Stop::Request(format!(
                    "the answers ended before `{flag}` was known; nothing was written"
                )));
            }
            let line = line.trim();
            let mut tried = answers.clone();
            set(&mut tried, split(if line.is_empty() { default } else { line }));
            let Some(wrong) = tried.wrong(self.rules) else {
                *answers = tried;
                return Ok(());
            };
            let _ = writeln!(self.output, "{wrong}");
        }
    }
}

fn whole(line: &str) -> Vec<String> {
    vec![line.to_owned()]
}

fn by_commas(line: &str) -> Vec<String> {
    line.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

fn first(values: Vec<String>) -> String {
    values.into_iter().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of typed lines, and what was printed.
    fn asked(lines: &str, more: &[&str]) -> (Result<Answers, String>, String) {
        use clap::Parser as _;
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            init: Init,
        }
        let rules = Rules::shipped(None).unwrap_or_else(|finding| panic!("{}", finding.message));
        let args = Line::parse_from([&["init"], more].concat()).init;
        let (mut input, mut output) = (lines.as_bytes(), Vec::new());
        let answers = Asker { rules: &rules, input: Some(&mut input), output: &mut output }.answers(&args);
        (answers.map_err(|stop| stop.to_string()), String::from_utf8_lossy(&output).into_owned())
    }

    #[test]
    fn each_bad_answer_is_told_at_once_and_asked_again() {
        let typed = "bad name!\ncontoso-eu\nmoon\n\nfast\nstreamlined\nEUR, Atlantis\neu,uk,ZA\nmma=2016\nwindoze\nwindows\n\
                     windows=12\nwindows=11-24H2 linux\n\n";
        let (answers, printed) = asked(typed, &[]);
        let expected = Answers {
            name: "contoso-eu".into(),
            cloud: "commercial".into(),
            connectivity: "streamlined".into(),
            geographies: Some(vec!["EU".into(), "UK".into(), "ZA".into()]),
            devices: vec!["windows=11-24H2".into(), "linux".into()],
            sources: Vec::new(),
        };
        assert_eq!(answers, Ok(expected), "{printed}");
        for reason in [
            "`name` cannot be `bad name!`",
            "`cloud` cannot be `moon`",
            "`connectivity` cannot be `fast`",
            "`EUR` is no known geography of the cloud `commercial`; the nearest is `EU`",
            "`ZA` is no geography that the rules know; it is taken for a new one",
            "`devices.mma` cannot go with `connectivity = \"streamlined\"`",
            "`windoze` names no known family; the nearest is `windows`",
            "`windows` names no release",
            "`12`",
        ] {
            assert_eq!(printed.matches(reason).count(), 1, "{reason}: {printed}");
        }
        assert!(!printed.contains("--device"), "{printed}");
    }

    #[test]
    fn answers_that_end_early_and_flags_that_are_wrong_stop() {
        let (answers, _) = asked("contoso\n", &[]);
        assert_eq!(answers, Err("the answers ended before `--cloud` was known; nothing was written".into()));
        let (answers, printed) = asked("", &["--name", "bad name!"]);
        assert!(answers.is_err_and(|wrong| wrong.starts_with("`--name`: `name` cannot be `bad name!`")));
        assert_eq!(printed, "");
    }

    #[test]
    fn a_cloud_that_implies_its_geographies_is_not_asked_for_them() {
        let (answers, printed) = asked("gov\ngcc\n\n\n\n", &[]);
        assert_eq!(answers.map(|answers| answers.geographies), Ok(None));
        assert!(!printed.contains("data locations"), "{printed}");
    }
}
