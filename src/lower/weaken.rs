//! What to say where a list cannot say a pattern: the narrowest wider form and the widest narrower one.

use crate::pattern::{Fqdn, Host, Path, Pattern, Scheme, is_registry, is_shared, shared_end, shared_suffix};
use crate::target::{Apex, Axis, Depth, Form, ListSpec, PathSpec, Shape};

/// One question to a list about a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Scheme,
    Port,
    Host,
    Path,
    OtherScheme,
    Apex,
    Depth,
}

/// The questions in order: a host in simpler shapes may carry a path that the first shape could not.
pub(super) const STEPS: &[Step] =
    &[Step::Scheme, Step::Port, Step::Host, Step::Path, Step::OtherScheme, Step::Apex, Step::Depth];

/// What could be said instead of a pattern.
pub(super) struct Alternative {
    pub(super) axis: Axis,
    pub(super) wider: Option<Vec<Pattern>>,
    pub(super) narrower: Option<Vec<Pattern>>,
    /// Completes "the target …".
    pub(super) reason: String,
}

/// `None` if `list` can say `pattern` as far as `step` asks.
pub(super) fn weaken(step: Step, pattern: &Pattern, list: &ListSpec) -> Option<Alternative> {
    match step {
        Step::Scheme => weaken_scheme(pattern, list),
        Step::Port => weaken_port(pattern, list),
        Step::Host => weaken_host(pattern, list),
        Step::Path => weaken_path(pattern, list),
        Step::OtherScheme => weaken_other_scheme(pattern, list),
        Step::Apex => weaken_apex(pattern, list),
        Step::Depth => weaken_depth(pattern, list),
    }
}

fn nothing(axis: Axis, reason: String) -> Alternative {
    Alternative { axis, wider: None, narrower: None, reason }
}

fn weaken_scheme(pattern: &Pattern, list: &ListSpec) -> Option<Alternative> {
    let said = list.schemes.iter().any(|scheme| scheme.is(pattern.scheme));
    (!said).then(|| nothing(Axis::Scheme, format!("cannot hold `{}` entries", pattern.scheme.as_str())))
}

fn weaken_port(pattern: &Pattern, list: &ListSpec) -> Option<Alternative> {
    if list.ports.ignored() {
        // One spelling for all ports, so that the same host on two ports is one term.
        if pattern.port == 0 {
            return None;
        }
        let portless = Pattern { port: 0, scheme: Scheme::Https, ..pattern.clone() };
        let reason = "cannot limit an entry to a port".to_owned();
        return Some(Alternative { axis: Axis::Port, wider: Some(vec![portless]), narrower: None, reason });
    }
    let low = list.highest_port.is_none_or(|highest| pattern.port <= highest);
    if low && list.ports.takes(pattern.port) {
        return None;
    }
    Some(nothing(Axis::Port, format!("cannot hold entries on port {}", pattern.port)))
}

fn weaken_host(pattern: &Pattern, list: &ListSpec) -> Option<Alternative> {
    let shape = Shape::of(&pattern.host);
    // A star, a dot and a slash at most stand beside the name.
    let length = pattern.host.base().map_or(0, |base| base.as_str().len()) + 3;
    if let Some(longest) = list.longest_entry.filter(|longest| length > *longest) {
        return Some(nothing(Axis::Host, format!("cannot hold entries of more than {longest} characters")));
    }
    if list.hosts.contains_key(&shape) {
        return None;
    }
    let with = |host| Pattern { host, ..pattern.clone() };
    let sayable = |shape| list.hosts.contains_key(&shape);
    match &pattern.host {
        Host::Net(_) => Some(nothing(Axis::Family, format!("cannot hold {} networks", family(shape)))),
        Host::Exact(_) | Host::Subdomains(_) => {
            Some(nothing(Axis::Host, format!("cannot hold names of the form `{}`", pattern.host)))
        }
        Host::Suffix(base) => {
            let parts = [
                (Shape::Exact, Host::Exact(base.clone())),
                (Shape::Subdomains, Host::Subdomains(base.clone())),
            ];
            // No host and no label starts with a hyphen, so there is nothing below such an end.
            let parts =
                parts.into_iter().filter(|(shape, _)| sayable(*shape) && !base.as_str().starts_with('-'));
            let narrower: Vec<Pattern> = parts.map(|(_, host)| with(host)).collect();
            let wider = parent_of(base.as_str()).filter(|_| sayable(Shape::Subdomains));
            let wider = wider.map(|parent| vec![with(Host::Subdomains(parent))]);
            Some(partial_label(
                pattern,
                base.as_str(),
                wider,
                Some(narrower).filter(|parts| !parts.is_empty()),
            ))
        }
        Host::Infix(_, end) => {
            let as_suffix = Fqdn::parse(end).filter(|_| sayable(Shape::Suffix)).map(Host::Suffix);
            let as_below = || parent_of(end).filter(|_| sayable(Shape::Subdomains)).map(Host::Subdomains);
            let wider = as_suffix.or_else(as_below).map(|host| vec![with(host)]);
            Some(partial_label(pattern, end, wider, None))
        }
    }
}

fn partial_label(
    pattern: &Pattern,
    base: &str,
    wider: Option<Vec<Pattern>>,
    narrower: Option<Vec<Pattern>>,
) -> Alternative {
    let reason = format!("cannot hold `{}`, a star that stands for a part of a label", pattern.host);
    let parent = base.split_once('.').map_or(base, |(_, parent)| parent);
    // Leaving names out below a shared suffix harms nobody else; only opening more of them does.
    let opened = shared_end(base).filter(|_| narrower.is_none());
    let (axis, reason) = match opened {
        Some(zone) => (Axis::SharedSuffix, format!("{reason}; `{zone}` is shared with other customers")),
        None => (Axis::Host, reason),
    };
    let wider = wider.filter(|_| axis == Axis::SharedSuffix || !is_shared(parent));
    Alternative { axis, wider, narrower, reason }
}

/// The name above the first label, unless that is a registry's.
fn parent_of(name: &str) -> Option<Fqdn> {
    let (_, parent) = name.split_once('.')?;
    Fqdn::parse(parent).filter(|parent| !is_registry(parent.as_str()))
}

fn family(shape: Shape) -> &'static str {
    if shape == Shape::Net6 { "IPv6" } else { "IPv4" }
}

/// How the list says paths, where it sees them at all.
fn sees_path<'l>(pattern: &Pattern, list: &'l ListSpec) -> Option<&'l PathSpec> {
    list.paths.as_ref().filter(|paths| paths.schemes.iter().any(|scheme| scheme.is(pattern.scheme)))
}

fn weaken_path(pattern: &Pattern, list: &ListSpec) -> Option<Alternative> {
    let form = Form::of(&pattern.path)?;
    let paths = sees_path(pattern, list);
    let text = pattern.path.text();
    let fits = |paths: &&PathSpec| {
        let longest = list.longest_entry.unwrap_or(usize::MAX);
        paths.takes(Shape::of(&pattern.host))
            && !text.contains(|c| paths.without.contains(c))
            && pattern.host.to_string().len() + text.len() + 2 <= longest
    };
    let usable = paths.filter(fits);
    if usable.is_some_and(|paths| says(paths, form)) {
        return None;
    }
    let with = |path| Pattern { path, ..pattern.clone() };
    // The next wider form that can be said keeps the path; only then is the path given up.
    if let Some(path) = usable.and_then(|paths| wider_form(paths, &pattern.path)) {
        let reason = format!("cannot end a path at `{text}`; what is below it passes as well");
        return Some(Alternative { axis: Axis::Path, wider: Some(vec![with(path)]), narrower: None, reason });
    }
    let reason = match paths {
        None => format!("cannot see the path `{}` on port {}", pattern.path, pattern.port),
        Some(_) => format!("cannot hold the path `{}` with this host", pattern.path),
    };
    let wider = Some(vec![with(Path::Any)]);
    let shared = shared_suffix(&pattern.host);
    let axis = if shared.is_some() { Axis::SharedSuffix } else { Axis::Path };
    let reason = shared.map_or(reason.clone(), |base| {
        format!(
            "{reason}; without it every name below `{base}`, which is shared with other customers, would pass"
        )
    });
    Some(Alternative { axis, wider, narrower: None, reason })
}

fn says(paths: &PathSpec, form: Form) -> bool {
    let known = |form| paths.forms.contains_key(&form);
    // A prefix that ends in a slash is said by a list that knows prefixes at any character.
    known(form) || (form == Form::Below && known(Form::Prefix))
}

fn wider_form(paths: &PathSpec, path: &Path) -> Option<Path> {
    let text = path.text();
    let forms = [(Form::Folder, Path::Folder(text.into())), (Form::Prefix, Path::Prefix(text.into()))];
    let own = Form::of(path)?;
    forms.into_iter().find(|(form, _)| *form > own && says(paths, *form)).map(|(_, path)| path)
}

/// A path is seen in clear text alone, so an entry that still has one says its scheme by it.
fn weaken_other_scheme(pattern: &Pattern, list: &ListSpec) -> Option<Alternative> {
    let is_usual = matches!(pattern.port, 0 | 80 | 443);
    if !list.scheme_blind || list.schemes.len() < 2 || is_usual || pattern.path != Path::Any {
        return None;
    }
    let reason = format!("cannot tell clear text from TLS on port {}", pattern.port);
    Some(Alternative { axis: Axis::Scheme, wider: Some(vec![pattern.clone()]), narrower: None, reason })
}

fn weaken_apex(pattern: &Pattern, list: &ListSpec) -> Option<Alternative> {
    let Host::Subdomains(base) = &pattern.host else { return None };
    if list.apex == Apex::Excluded {
        return None;
    }
    let reason = format!("lets `{base}` itself pass with `{}`", pattern.host);
    Some(Alternative { axis: Axis::Apex, wider: Some(vec![pattern.clone()]), narrower: None, reason })
}

fn weaken_depth(pattern: &Pattern, list: &ListSpec) -> Option<Alternative> {
    let (Host::Subdomains(_) | Host::Suffix(_), Depth::Labels(labels)) = (&pattern.host, &list.depth) else {
        return None;
    };
    let reason = format!("takes the star of `{}` for at most {labels} label(s)", pattern.host);
    Some(Alternative { axis: Axis::Depth, wider: None, narrower: Some(vec![pattern.clone()]), reason })
}
