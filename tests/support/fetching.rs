//! Fetches in a folder of their own, from servers on loopback.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, LazyLock};

use allowlistc::diagnostic::Findings;
use allowlistc::lock::{Lock, parse};
use rustls::ServerConfig;
use tempfile::TempDir;

use super::book::book;
use super::server::{Authority, Reply, Request, Server};
use super::{Ran, files_below, read, root};

pub const DATE: &str = "Last-Modified: Thu, 16 Oct 2025 10:00:00 GMT\r\n";

pub struct Trust {
    pub authority: Authority,
    pub other: Authority,
    pub tls: Arc<ServerConfig>,
}

/// One authority for all tests, and one that nobody trusts: keys take time.
pub static TRUST: LazyLock<Trust> = LazyLock::new(|| {
    let authority = Authority::new("Contoso");
    let tls = authority.tls(&["localhost"], 2020, 2120);
    Trust { authority, other: Authority::new("Fabrikam"), tls }
});

pub fn text_of_list() -> String {
    read(&root().join("tests/books/contoso-eu.tsv"))
}

/// The list of the first sample.
pub fn list() -> Vec<u8> {
    book(&text_of_list())
}

/// The same list with one host more.
pub fn longer_list() -> Vec<u8> {
    list_with("new.contoso.com")
}

/// The list with one address more.
pub fn list_with(address: &str) -> Vec<u8> {
    let more = format!("Microsoft Defender for Endpoint\tWW\tCommon\t443\t{address}\tnew\tRequired\tYes");
    let text = text_of_list();
    let (head, rows) = text.split_once("\nMicrosoft Defender for Endpoint\t").expect("rows");
    book(&format!("{head}\n{more}\nMicrosoft Defender for Endpoint\t{rows}"))
}

pub fn serve(handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Server {
    Server::start(Some(Arc::clone(&TRUST.tls)), false, handler)
}

/// A folder with a profile that names these addresses, and the authority's certificate.
pub fn work(urls: &[String]) -> TempDir {
    fill(tempfile::tempdir().expect("a folder"), urls)
}

pub fn fill(folder: TempDir, urls: &[String]) -> TempDir {
    let profile = read(&root().join("samples/contoso-eu/profile.toml"));
    let urls: Vec<String> = urls.iter().map(|url| format!("{url:?}")).collect();
    let profile = profile.replace("files = [\"list.xlsx\"]", &format!("urls = [{}]", urls.join(", ")));
    fs::write(folder.path().join("profile.toml"), profile).expect("a profile");
    fs::write(folder.path().join("authority.pem"), TRUST.authority.pem()).expect("a certificate");
    fs::write(folder.path().join("system.pem"), TRUST.other.pem()).expect("a certificate");
    folder
}

/// The program in a folder, without the proxies and the authorities of this machine.
pub fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_allowlistc"));
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
        command.env_remove(name).env_remove(name.to_lowercase());
    }
    command.env("SSL_CERT_FILE", "system.pem").env_remove("SSL_CERT_DIR");
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    command
}

pub fn run(folder: &TempDir, arguments: &[&str]) -> Ran {
    let output = command(folder.path(), arguments).output().expect("the program runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Ran { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

pub const FETCH: [&str; 5] = ["fetch", "--ca-bundle", "authority.pem", "--retries", "0"];

pub fn fetch(folder: &TempDir, more: &[&str]) -> Ran {
    run(folder, &[&FETCH[..], more].concat())
}

pub fn lock_text(folder: &TempDir) -> String {
    fs::read_to_string(folder.path().join("allowlistc.lock")).unwrap_or_default()
}

pub fn lock(text: &str) -> Lock {
    let mut findings = Findings::default();
    parse("allowlistc.lock", text, &mut findings).unwrap_or_else(|| panic!("{findings:?}: {text}"))
}

/// Every file of a folder with its bytes, without the notes and the file that reserves the cache.
pub fn files(folder: &TempDir) -> Vec<(PathBuf, Vec<u8>)> {
    let noted =
        |path: &PathBuf| path.ends_with("in-use") || path.extension().is_some_and(|end| end == "asked");
    let paths = files_below(folder.path()).into_iter().filter(|path| !noted(path));
    paths.map(|path| (path.clone(), fs::read(&path).expect("a file"))).collect()
}

/// A proxy that answers in the name of the vendor's servers.
pub fn vendor(handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Server {
    let names = ["learn.microsoft.com", "download.microsoft.com", "www.microsoft.com"];
    Server::start(Some(TRUST.authority.tls(&names, 2020, 2120)), true, move |request: &Request| {
        if request.method == "CONNECT" { Reply::status("200 OK", "") } else { handler(request) }
    })
}
