//! `verify` of one file: somebody's existing list against what the fleet needs.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::args::{DialectName, Format, ProductName, Verify};
use super::folder::file_and_neighbours;
use super::job::Job;
use super::list::{address, pretty};
use super::{Stop, print, report};
use crate::allowlist::{Entry, Product};
use crate::diagnostic::{Findings, to_json, visible};
use crate::lower::Plan;
use crate::pattern::{Request, Scheme};
use crate::target::ListSpec;
use crate::verify::read_back::azure::{self, Form as AzureForm};
use crate::verify::read_back::lines::{self, List};
use crate::verify::read_back::pac::{self, Pac};
use crate::verify::read_back::pac_engine::EngineError;
use crate::verify::read_back::pac_guard::Guarded;
use crate::verify::read_back::pac_program;
use crate::verify::read_back::pac_sampled::{Routes, sampled};
use crate::verify::read_back::panos::{self, Ending, Panos};
use crate::verify::read_back::recognise::{Form, recognise};
use crate::verify::read_back::squid::{self, Plane, Squid};
use crate::verify::read_back::{Files, ReadError, Shelf};
use crate::verify::{
    Condition, Dialect, Gaps, Line, Lossy, Perhaps, Permitted, ReadBack, Reader, Ruleset, gaps, outcome,
    web_ports,
};

/// What was found in a file, and how it was read.
struct Compared<'l> {
    form: &'static str,
    /// What was assumed in reading it, and what chooses otherwise.
    assumed: Option<String>,
    gaps: Gaps<'l>,
}

pub(super) fn run(args: &Verify, job: &Job) -> Result<bool, Stop> {
    let (name, files) = file_and_neighbours(&args.path)?;
    let files = Files::new(files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())));
    let mut findings = Findings::default();
    let plans = plans(job);
    let found = Reading { args, job, plans: &plans, name: &name, files: &files }.compare(&mut findings)?;
    let sound = found.gaps.is_none() && !findings.has_errors();
    match args.format {
        Format::Human => {
            report(&findings, false);
            print(&human(&found, args.product.into(), &files))?;
        }
        Format::Json => print(&pretty(&to_json_of(&found, sound, &findings)))?,
    }
    Ok(sound)
}

/// What every target would be told, for its losses. Whether its folder can be built is asked elsewhere.
fn plans(job: &Job) -> Vec<Plan<'_>> {
    let targets = job.registry.names().filter_map(|name| job.registry.get(name));
    targets.map(|target| job.plan(target, &mut Findings::default())).collect()
}

struct Reading<'r> {
    args: &'r Verify,
    job: &'r Job,
    plans: &'r [Plan<'r>],
    name: &'r str,
    files: &'r Files<'r>,
}

impl<'r> Reading<'r> {
    fn compare(&self, findings: &mut Findings) -> Result<Compared<'r>, Stop> {
        let bytes = self.files.named(self.name).map_or(&[][..], |(_, bytes)| bytes);
        let form = match (recognise(bytes), self.args.dialect) {
            // The setting of a firewall whose lists have these dialects.
            (Ok(Form::Panos), None | Some(DialectName::PanUrl | DialectName::PanUrlOpen)) => Form::Panos,
            (_, Some(dialect)) => Form::Plain(dialect.into()),
            (Ok(form), None) => form,
            (Err(reason), None) => {
                return Err(Stop::Request(format!("`{}` is not recognised: {reason}", self.name)));
            }
        };
        if self.args.routes.is_empty() || form == Form::Pac {
            self.read(form, findings)
        } else {
            Err(Stop::Request(format!("`--route` is for PAC files, and this is {}", with_article(form))))
        }
    }

    fn read(&self, form: Form, findings: &mut Findings) -> Result<Compared<'r>, Stop> {
        let is_bypass = self.args.product == ProductName::Bypass;
        let (files, name) = (self.files, self.name);
        let azure = |form, findings: &mut Findings| {
            let plane = if is_bypass { azure::Plane::Inspection } else { azure::Plane::Access };
            azure::read_one(files, name, form, plane, findings)
        };
        if self.args.product == ProductName::Direct && !matches!(form, Form::Pac | Form::Plain(_)) {
            return Err(Stop::Request(format!(
                "{} says nothing of what goes around a proxy: `--product direct` is for PAC files and plain lists",
                with_article(form)
            )));
        }
        let ruleset = match form {
            Form::Pac => return self.pac(findings),
            Form::Plain(dialect) => return self.plain(dialect, findings),
            Form::Panos => return self.panos(is_bypass, findings),
            Form::Squid => {
                let plane = if is_bypass { Plane::Bump } else { Plane::Access };
                let clients = &self.args.clients;
                squid::read(files, &Squid { entry: name, plane, clients, redirected: None }, findings)
            }
            Form::Arm => azure(AzureForm::Arm, findings),
            Form::Bicep => azure(AzureForm::Bicep, findings),
            Form::Terraform => azure(AzureForm::Terraform, findings),
        };
        Ok(Compared { form: name_of(form), assumed: None, gaps: self.gaps(form, ruleset)? })
    }

    fn gaps(&self, form: Form, ruleset: Result<Ruleset, ReadError>) -> Result<Gaps<'r>, Stop> {
        let ruleset = ruleset.map_err(|error| {
            Stop::Request(format!("this looks like {} and cannot be read: {error}", with_article(form)))
        })?;
        let (list, product) = (&self.job.list, self.args.product.into());
        let lossy = self.lossy(form, product);
        let mut found = gaps(list, product, &ruleset, lossy.as_ref().map(|(_, lossy)| lossy));
        // Files that say this by the rules of another list hold all of that one, and no more.
        if let Some((held_by, _)) = lossy.filter(|(held_by, _)| *held_by != product) {
            let lossy = self.lossy(form, held_by);
            let whole = gaps(list, held_by, &ruleset, lossy.as_ref().map(|(_, lossy)| lossy));
            (found.wide, found.ports) = (whole.wide, whole.ports);
            (found.perhaps.wide, found.perhaps.ports) = (whole.perhaps.wide, whole.perhaps.ports);
            found.permitted.retain(|permitted| permitted.entry.is_some());
            found.permitted.extend(whole.permitted.into_iter().filter(|permitted| permitted.entry.is_none()));
        }
        let is_needed = !list.product(product).is_empty();
        if ruleset.rules().is_empty() && found.undecided.is_empty() && is_needed {
            found.undecided.push(format!("{}: there is no rule that is about this", self.name));
        }
        Ok(found)
    }

    /// What the target that reads files of this form may lose of a product, and the product of its list: files without
    /// a list for this question answer it by another one.
    fn lossy(&self, form: Form, product: Product) -> Option<(Product, Lossy<'r>)> {
        self.plans.iter().find_map(|plan| {
            let reads = |name: &String| {
                let readings = plan.manifest.verify.get(name).map(Vec::as_slice).unwrap_or_default();
                readings.iter().any(|reading| is_of(reading, form))
            };
            let of = |wanted: Option<Product>| {
                let is_it = |spec: &ListSpec| wanted.is_none_or(|product| spec.product == product);
                plan.manifest.lists.iter().find(|(name, spec)| is_it(spec) && reads(name))
            };
            let (name, spec) = of(Some(product)).or_else(|| of(None))?;
            let losses = plan.losses.iter().filter(|loss| loss.list == *name && loss.permitted_by.is_some());
            Some((spec.product, Lossy::new(spec, losses)))
        })
    }

    fn plain(&self, dialect: Dialect, findings: &mut Findings) -> Result<Compared<'r>, Stop> {
        // Whoever reads these does not see a path inside TLS.
        let clear_paths = matches!(dialect, Dialect::PanUrl | Dialect::PanUrlOpen);
        // Which of the two a firewall reads nobody has said, so an entry that depends on it is left open.
        let guessed = dialect == Dialect::PanUrl && self.args.dialect.is_none();
        let read_as = if guessed { Dialect::PanUrlEither } else { dialect };
        // Nothing is exempt in clear text.
        let tls = Condition::one(Scheme::Https, 443);
        let condition = if self.args.product == ProductName::Bypass { tls } else { web_ports() };
        let comment = Some("#");
        let list = List { path: self.name, dialect: read_as, comment, condition, clear_paths };
        let found = self.gaps(Form::Plain(dialect), lines::read(self.files, &[list], findings))?;
        let known = DialectName::of(dialect);
        let assumed = known.filter(|_| self.args.dialect.is_none()).map(|known| {
            format!(
                "its entries look like dialect `{}`; `--dialect` names another: {}",
                known.text(),
                DialectName::others(known)
            )
        });
        Ok(Compared {
            form: "plain list, which says no port",
            assumed,
            gaps: Gaps {
                ports: Vec::new(),
                perhaps: Perhaps { ports: Vec::new(), ..found.perhaps },
                ..found
            },
        })
    }

    fn panos(&self, is_bypass: bool, findings: &mut Findings) -> Result<Compared<'r>, Stop> {
        let plane = if is_bypass { panos::Plane::Decryption } else { panos::Plane::Security };
        let ending = match self.args.dialect {
            Some(DialectName::PanUrl) => Ending::Appended,
            Some(DialectName::PanUrlOpen) => Ending::Open,
            _ => Ending::Unknown,
        };
        let panos = Panos { entry: self.name, plane, ending, inside: false, without_lists: None };
        let found = self.gaps(Form::Panos, panos::read(self.files, &panos, findings))?;
        let depends = found.undecided.iter().any(|reason| reason.contains("append ending token"));
        let assumed = depends.then(|| {
            "entries without `/` at the end depend on a setting of the firewall: `--dialect pan-url` where it appends \
             the ending token (the default from 10.2), `pan-url-open` where it does not"
                .to_owned()
        });
        Ok(Compared { form: name_of(Form::Panos), assumed, gaps: found })
    }

    /// Tables of ours with their program are decided, any other program is asked.
    fn pac(&self, findings: &mut Findings) -> Result<Compared<'r>, Stop> {
        let stop = |error: &dyn std::fmt::Display| {
            Stop::Request(format!("this looks like a PAC file and cannot be read: {error}"))
        };
        let (path, bytes) = self.files.named(self.name).unwrap_or((self.name, &[]));
        let text = String::from_utf8_lossy(bytes);
        let product = Product::from(self.args.product);
        let known = if self.args.routes.is_empty() { self.known_program(path, &text) } else { None };
        if let Some(program) = known {
            // Where the profile gives two lists one route, the file does not tell them apart: then it has to hold all of
            // this one.
            let within = self.held_by(product);
            let plane = pac::Plane::of(within.unwrap_or(product));
            let pac = Pac { path, plane, program: &program, escaped_dots: false };
            let mut found = self.gaps(Form::Pac, pac::read(self.files, &pac, findings))?;
            if within.is_some() {
                (found.wide, found.ports) = (Vec::new(), Vec::new());
                (found.perhaps.wide, found.perhaps.ports) = (Vec::new(), Vec::new());
            }
            pac_program::check(&self.job.list, &mut Shelf::new(self.files), &pac, findings);
            return Ok(Compared { form: "PAC file with tables of allowlistc", assumed: None, gaps: found });
        }
        let engine = Guarded::load(&text, false).map_err(|error| stop(&error))?;
        let (routes, assumed) = self.routes(&engine, product).map_err(|error| stop(&error))?;
        let Some(routes) = routes else {
            return Err(Stop::Request(
                "which answers of this PAC file lead past inspection is not to be seen: name them by `--route`"
                    .into(),
            ));
        };
        let found = sampled(path, &engine, &self.job.list, product, &routes).map_err(|error| stop(&error))?;
        Ok(Compared { form: "PAC file, whose program is asked", assumed: Some(assumed), gaps: found })
    }

    /// The product whose list the profile's PAC files do not tell from that of `product`, where there is one.
    fn held_by(&self, product: Product) -> Option<Product> {
        self.plans.iter().find_map(|plan| {
            let lists = &plan.manifest.lists;
            let (name, _) = lists.iter().find(|(_, spec)| spec.product == product)?;
            let mut readings = plan.manifest.verify.get(name)?.iter();
            let reading =
                readings.find(|reading| reading.pac().is_some() && reading.applies(&plan.options))?;
            Some(lists.get(reading.within.as_ref()?)?.product)
        })
    }

    /// The digest of the file's program, if a target knows what it does with its tables.
    fn known_program(&self, path: &str, text: &str) -> Option<String> {
        let program = pac::tables(path, text).ok()??.program;
        let mut targets = self.job.registry.names().filter_map(|name| self.job.registry.get(name));
        targets
            .any(|target| {
                let readings = target.manifest().verify.values().flatten();
                readings.filter_map(ReadBack::pac).any(|pac| pac.program.eq_ignore_ascii_case(&program))
            })
            .then_some(program)
    }

    /// Which answers count, and in what words to say so.
    fn routes(&self, engine: &Guarded, product: Product) -> Result<(Option<Routes>, String), EngineError> {
        if !self.args.routes.is_empty() {
            let said = format!("what gets `{}` counts", self.args.routes.join("` or `"));
            return Ok((Some(Routes::Named(self.args.routes.clone())), said));
        }
        Ok(match product {
            Product::Direct => {
                (Some(Routes::Named(vec!["DIRECT".into()])), "what gets `DIRECT` counts".into())
            }
            Product::Bypass => (None, String::new()),
            Product::Allow => {
                let routes = Routes::but_unlisted(engine)?;
                let said = format!(
                    "unlisted names get {routes}, so any other answer counts as allowed; `--route` names the answers that count"
                );
                (Some(routes), said)
            }
        })
    }
}

/// Whether a target reads its files in this form.
fn is_of(reading: &ReadBack, form: Form) -> bool {
    match (reading.reader, form) {
        (Reader::Lines, Form::Plain(dialect)) => {
            let known = |entries: Dialect| entries == dialect || entries.may_be(dialect);
            reading.files.iter().any(|file| file.entries.is_some_and(known))
        }
        (Reader::Squid, Form::Squid)
        | (Reader::Pac, Form::Pac)
        | (Reader::Panos, Form::Panos)
        | (Reader::Azure, Form::Arm | Form::Bicep | Form::Terraform) => true,
        _ => false,
    }
}

fn with_article(form: Form) -> String {
    let name = name_of(form);
    let article = if name.starts_with(['A', 'E', 'I', 'O', 'U']) { "an" } else { "a" };
    format!("{article} {name}")
}

fn name_of(form: Form) -> &'static str {
    match form {
        Form::Squid => "Squid configuration",
        Form::Pac => "PAC file",
        Form::Arm => "ARM template",
        Form::Bicep => "Bicep file",
        Form::Terraform => "Terraform file",
        Form::Panos => "PAN-OS configuration",
        Form::Plain(_) => "plain list",
    }
}

/// Lines of a kind that are shown; all of them are in the JSON.
const MOST_LINES: usize = 100;

/// The first lines of a kind, and how many more there are.
fn tell(text: &mut String, kind: &str, lines: impl ExactSizeIterator<Item = String>) {
    let more = lines.len().saturating_sub(MOST_LINES);
    for line in lines.take(MOST_LINES) {
        let _ = writeln!(text, "{kind:<9} {line}");
    }
    if more > 0 {
        let _ = writeln!(text, "{kind:<9} and {more} more, which `--format json` names");
    }
}

fn human(found: &Compared<'_>, product: Product, files: &Files<'_>) -> String {
    let Compared { form, assumed, gaps } = found;
    let mut text = format!("read as   {form}\n");
    if let Some(assumed) = assumed {
        let _ = writeln!(text, "assumed   {}", visible(assumed));
    }
    let (allowed, refused) = (outcome(product, true), outcome(product, false));
    let missing = |entry: &Entry, witness: &Request| format!("{}: {witness} {refused}", described(entry));
    let wide = |line: &Line, witness: &Request| format!("{line}{}: {witness} {allowed}", shown(files, line));
    tell(&mut text, "missing", gaps.missing.iter().map(|(entry, witness)| missing(entry, witness)));
    tell(&mut text, "too wide", gaps.wide.iter().map(|(line, witness)| wide(line, witness)));
    let ports = |ports: &[(Line, Request)]| {
        let (line, witness) = ports.first()?;
        let more = ports.len() - 1;
        let also = if more > 0 { format!(" and {more} more") } else { String::new() };
        let place = shown(files, line);
        Some(format!("{line}{place}{also}: {witness} {allowed}, on another port than the list's"))
    };
    tell(&mut text, "ports", ports(&gaps.ports).into_iter());
    let Perhaps { missing: may_miss, wide: may_allow, ports: other_ports } = &gaps.perhaps;
    let open = |said: String| format!("{said} by what can be read");
    tell(&mut text, "perhaps", may_miss.iter().map(|(entry, witness)| open(missing(entry, witness))));
    tell(&mut text, "perhaps", may_allow.iter().map(|(line, witness)| open(wide(line, witness))));
    tell(&mut text, "perhaps", ports(other_ports).into_iter().map(open));
    let permitted = gaps.permitted.iter().map(|Permitted { entry, line, witness, loss }| {
        let what = match (entry, line) {
            (Some(entry), _) => missing(entry, witness),
            (None, Some(line)) => wide(line, witness),
            (None, None) => witness.to_string(),
        };
        let by = loss.permitted_by.as_deref().unwrap_or_default();
        format!("{what}; {} {}: permitted by {}", loss.target, visible(&loss.reason), visible(by))
    });
    tell(&mut text, "permitted", permitted);
    for reason in &gaps.undecided {
        let _ = writeln!(text, "undecided {}", visible(reason));
    }
    if let Some(sample) = gaps.sample {
        let entries = if sample.entries == sample.of {
            format!("all {} entries", sample.of)
        } else {
            format!("{} of {} entries", sample.entries, sample.of)
        };
        let _ = writeln!(
            text,
            "sampled   the program was run for {} requests at the edges of {entries}: this shows faults and proves nothing",
            sample.requests
        );
    }
    let _ = writeln!(
        text,
        "{} missing, {} too wide, {} with more ports than the list{}{}{}",
        gaps.missing.len(),
        gaps.wide.len(),
        gaps.ports.len(),
        if gaps.permitted.is_empty() {
            String::new()
        } else {
            format!(", {} permitted", gaps.permitted.len())
        },
        match may_miss.len() + may_allow.len() + other_ports.len() {
            0 => String::new(),
            open => format!(", {open} perhaps"),
        },
        if gaps.undecided.is_empty() { "" } else { ", as far as it can be decided" }
    );
    text
}

/// An entry with whether it is needed and where it stands.
fn described(entry: &Entry) -> String {
    let need = if entry.required == Some(false) { "optional" } else { "required" };
    let origin = entry.origins.first().map_or(String::new(), |origin| format!(", {origin}"));
    format!("{} ({need}{origin})", address(entry))
}

/// The text of a line, if it is short.
fn shown(files: &Files<'_>, line: &Line) -> String {
    let text = files.named(&line.file).and_then(|(_, bytes)| {
        let text = std::str::from_utf8(bytes).ok()?;
        text.lines().nth(usize::try_from(line.line).ok()?.checked_sub(1)?)
    });
    text.filter(|text| text.len() <= 80 && !text.contains(|c: char| c.is_control()))
        .map_or(String::new(), |text| format!(" `{}`", text.trim()))
}

fn to_json_of(found: &Compared<'_>, sound: bool, findings: &Findings) -> Value {
    let Compared { form, assumed, gaps } = found;
    let lines = |gaps: &[(Line, Request)]| -> Value {
        gaps.iter()
            .map(|(line, witness)| json!({"line": line.to_string(), "witness": witness.to_string()}))
            .collect()
    };
    let missing = |gaps: &[(&Entry, Request)]| -> Value {
        gaps.iter()
            .map(|(entry, witness)| {
                json!({
                    "host": entry.pattern.host.to_string(), "path": entry.pattern.path.published(),
                    "port": entry.pattern.port, "required": entry.required,
                    "origins": entry.origins.iter().map(ToString::to_string).collect::<Vec<_>>(),
                    "witness": witness.to_string(),
                })
            })
            .collect()
    };
    let permitted: Value = gaps
        .permitted
        .iter()
        .map(|Permitted { entry, line, witness, loss }| {
            json!({
                "entry": entry.map(address), "line": line.as_ref().map(ToString::to_string),
                "witness": witness.to_string(), "reason": loss.reason, "permitted_by": loss.permitted_by,
            })
        })
        .collect();
    // A sample proves nothing, so it never says that both are the same.
    let sample = gaps
        .sample
        .map(|sample| json!({"requests": sample.requests, "entries": sample.entries, "of": sample.of}));
    json!({
        "read_as": form, "assumed": assumed, "same": sound && sample.is_none() && gaps.permitted.is_empty(), "sampled": sample,
        "missing": missing(&gaps.missing), "too_wide": lines(&gaps.wide), "more_ports": lines(&gaps.ports),
        "perhaps": {
            "missing": missing(&gaps.perhaps.missing), "too_wide": lines(&gaps.perhaps.wide),
            "more_ports": lines(&gaps.perhaps.ports),
        },
        "permitted": permitted,
        "undecided": gaps.undecided, "findings": to_json(findings),
    })
}

impl From<ProductName> for Product {
    fn from(name: ProductName) -> Self {
        match name {
            ProductName::Allow => Self::Allow,
            ProductName::Bypass => Self::Bypass,
            ProductName::Direct => Self::Direct,
        }
    }
}

/// The dialects that a plain list can be said to be in.
const DIALECTS: [(DialectName, Dialect); 6] = [
    (DialectName::Dstdomain, Dialect::Dstdomain),
    (DialectName::Names, Dialect::Names),
    (DialectName::PanUrl, Dialect::PanUrl),
    (DialectName::PanUrlOpen, Dialect::PanUrlOpen),
    (DialectName::AzureFqdn, Dialect::AzureFqdn),
    (DialectName::Network, Dialect::Network),
];

impl DialectName {
    fn of(dialect: Dialect) -> Option<Self> {
        DIALECTS.iter().find(|(_, known)| *known == dialect).map(|(name, _)| *name)
    }

    /// As it is typed.
    fn text(self) -> String {
        use clap::ValueEnum as _;
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    fn others(this: Self) -> String {
        let others = DIALECTS.iter().map(|(name, _)| *name).filter(|name| *name != this);
        others.map(|name| format!("`{}`", name.text())).collect::<Vec<_>>().join(", ")
    }
}

impl From<DialectName> for Dialect {
    fn from(name: DialectName) -> Self {
        DIALECTS.iter().find(|(known, _)| *known == name).map_or(Self::Names, |(_, dialect)| *dialect)
    }
}
