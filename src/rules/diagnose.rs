//! `diagnose.toml`: what a vendor's connection tests say.

use serde::Deserialize;

/// What the answers of connection tests mean.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiagnoseFacts {
    /// Which answers pass.
    pub verdict: Verdicts,
    /// Answers that are right for some addresses.
    #[serde(default)]
    pub expected: Vec<Expected>,
    /// What other answers mean, the most telling first.
    #[serde(default, rename = "cause")]
    pub causes: Vec<Cause>,
    /// What is to be said of addresses that have to be reached without a proxy.
    pub direct: DirectFacts,
}

impl DiagnoseFacts {
    /// The most telling cause that one of the signals fits.
    pub fn cause(&self, signals: &[Signal]) -> Option<&Cause> {
        self.causes.iter().find(|cause| signals.iter().any(|signal| cause.fits(signal)))
    }

    /// Its place among the causes: the most telling one has the lowest.
    pub fn rank(&self, cause: &Cause) -> usize {
        self.causes.iter().position(|known| known.id == cause.id).unwrap_or(usize::MAX)
    }
}

/// Which answers of HTTP pass.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Verdicts {
    /// By the vendor's own programs.
    pub vendor: Vec<u16>,
    /// How we know.
    pub vendor_source: String,
    /// By the vendor's own programs, where they call the answer a success.
    pub succeeded: Vec<u16>,
    /// How we know.
    pub succeeded_source: String,
    /// By the vendor's documents.
    pub strict: Vec<u16>,
    /// How we know.
    pub strict_source: String,
}

/// An answer that is right for some addresses.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// A part of the host.
    pub host: Option<String>,
    /// The start of the path.
    pub path: Option<String>,
    /// The answer.
    pub status: u16,
    /// How we know.
    pub source: String,
}

impl Expected {
    /// Whether it is about a request to this host and path.
    pub fn is_about(&self, host: &str, path: &str) -> bool {
        self.host.as_ref().is_none_or(|part| host.contains(part.as_str()))
            && self.path.as_ref().is_none_or(|start| path.starts_with(start.as_str()))
    }
}

/// What is to be said of an address that no proxy can lead to.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectFacts {
    /// Why a test that passed by a proxy alone is doubtful.
    pub doubt: String,
    /// What mends a direct way that does not lead there; `{port}` stands for its ports.
    pub cure: String,
    /// Where to look when the list holds the address already.
    pub look: String,
    /// How we know.
    pub source: String,
}

/// What a failure means.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cause {
    /// Name for programs.
    pub id: String,
    /// Answers of HTTP.
    #[serde(default)]
    pub http: Vec<u16>,
    /// Error numbers of Windows and WinHTTP.
    #[serde(default)]
    pub windows: Vec<u32>,
    /// Error numbers of curl.
    #[serde(default)]
    pub curl: Vec<u32>,
    /// Numbers of the analyzer's events.
    #[serde(default)]
    pub events: Vec<u32>,
    /// Parts of the text of an error, in lower case.
    #[serde(default)]
    pub words: Vec<String>,
    /// Whether it says nothing while another way of connecting got an error that is not explained.
    #[serde(default)]
    pub weak: bool,
    /// Whether there is no such way of connecting, so that nothing was tried.
    #[serde(default)]
    pub absent: bool,
    /// Whether it is what a direct way comes to where everything goes through a proxy: then it says nothing beside what
    /// came of a proxy.
    #[serde(default)]
    pub barred: bool,
    /// A few words.
    pub brief: String,
    /// A sentence.
    pub says: String,
    /// What mends it; `{port}` stands for the ports of the addresses.
    pub cure: String,
    /// Where to look when the list holds the URL already.
    pub look: String,
    /// How we know.
    pub source: String,
}

impl Cause {
    /// Whether a signal means this.
    pub fn fits(&self, signal: &Signal) -> bool {
        match signal {
            Signal::Http(status) => self.http.contains(status),
            Signal::Windows(number) => self.windows.contains(number),
            Signal::Curl(number) => self.curl.contains(number),
            Signal::Event(number) => self.events.contains(number),
            Signal::Text(text) => {
                let text = text.to_lowercase();
                self.words.iter().any(|word| text.contains(word.as_str()))
            }
        }
    }
}

/// What a test says about one way of connecting.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signal {
    /// An answer of HTTP.
    Http(u16),
    /// An error number of Windows or WinHTTP.
    Windows(u32),
    /// An error number of curl.
    Curl(u32),
    /// The number of an event.
    Event(u32),
    /// An error in words.
    Text(String),
}

/// `407`, `12175`, `curl 60`, `event 131005`, or the words.
impl std::fmt::Display for Signal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Http(status) => write!(f, "{status}"),
            // Small numbers could be anything.
            Self::Windows(number) if *number < 1_000 => write!(f, "error {number}"),
            Self::Windows(number) if *number > 0x7FFF_FFFF => write!(f, "0x{number:08X}"),
            Self::Windows(number) => write!(f, "{number}"),
            Self::Curl(number) => write!(f, "curl {number}"),
            Self::Event(number) => write!(f, "event {number}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}
