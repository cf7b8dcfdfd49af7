//! What the vendor's programs and packages know of a tenant, as lines of a profile or straight in one.
//!
//! `import/cloud/` has outputs of TestCloudConnection, `import/broken/` such with faults, each with its message beside
//! it. `import/profiles/` has profiles of every layout, and below `written/` what an import makes of them.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test says so loudly"
)]

mod support;

use std::fmt::Write as _;
use std::fs;
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use allowlistc::import::{cloud_connection, onboarding};
use allowlistc::profile::edit::{Change, edit};
use allowlistc::rules::{OnboardingFacts, Rules};
use proptest::prelude::*;
use serde_json::json;
use support::{Ran, assert_file, files_below, read, root, run_bytes, run_in, run_with};
use zip::write::SimpleFileOptions;

fn folder(name: &str) -> PathBuf {
    root().join("tests/import").join(name)
}

fn given(name: &str) -> String {
    folder("cloud").join(name).to_string_lossy().into_owned()
}

fn imported(arguments: &[&str]) -> Ran {
    run_in(&root(), &[&["import"], arguments].concat())
}

/// The lines that the sample gives.
const SAMPLE: &str = "[mma]\n\
    workspaces = [\"11111111-2222-3333-4444-555555555555\"]\n\
    blob-hosts = [\"opinsightsweuomssa.blob.core.windows.net\", \"scadvisorcontent.blob.core.windows.net\"]\n";

#[test]
fn the_sample_gives_a_workspace_and_two_hosts() {
    let Some(shared) = support::shared() else { return };
    let path = shared.join("samples/testcloudconnection_SYNTHETIC.txt");
    let ran = imported(&["testcloudconnection", &path.to_string_lossy()]);
    assert_eq!((ran.code, ran.out.as_str()), (0, SAMPLE), "{}", ran.err);
    // The words of its parsers are no output of the tool.
    let path = shared.join("samples/testcloudconnection_parsers_verbatim.txt");
    let ran = imported(&["testcloudconnection", &path.to_string_lossy()]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
}

#[test]
fn the_workspaces_and_hosts_of_all_files_are_united() {
    let ran = imported(&["testcloudconnection", &given("one.txt"), &given("two.txt"), &given("one.txt")]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_file(&folder("cloud/united.toml"), ran.out.as_bytes());
    let ran = imported(&["testcloudconnection", &given("government.txt")]);
    assert!(ran.out.contains("blob-hosts = [\"usbn1oicore.blob.core.usgovcloudapi.net\"]"), "{}", ran.out);
}

#[test]
fn every_encoding_indent_and_line_end_gives_the_same() {
    let text = read(&folder("cloud/one.txt"));
    let work = tempfile::tempdir().expect("a folder");
    let path = work.path().join("one.txt");
    let expected = imported(&["testcloudconnection", &given("one.txt")]).out;
    let wide: Vec<u8> = text.replace('\n', "\r\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [
        [b"\xFF\xFE".as_slice(), &wide].concat(),
        wide.clone(),
        [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
        text.replace('\n', "\r\n").into_bytes(),
        text.replace('\n', "\r").into_bytes(),
        text.replace('\n', " \t\n \t ").replace("    ", "\t").into_bytes(),
    ] {
        fs::write(&path, bytes).expect("a file");
        let ran = imported(&["testcloudconnection", &path.to_string_lossy()]);
        assert_eq!((ran.code, ran.out.as_str()), (0, expected.as_str()), "{}", ran.err);
    }
}

#[test]
fn each_fault_gets_its_message() {
    for path in
        files_below(&folder("broken")).iter().filter(|path| path.extension().is_some_and(|e| e == "txt"))
    {
        let ran = imported(&["testcloudconnection", &path.to_string_lossy()]);
        let transcript = format!("{}{}exit code {}\n", ran.err, ran.out, ran.code);
        assert_file(&path.with_extension("message"), transcript.as_bytes());
    }
}

#[test]
fn an_agent_that_reaches_nothing_is_told_and_its_hosts_are_taken() {
    let ran = imported(&["testcloudconnection", &given("two.txt")]);
    assert!(ran.out.contains("contosouk.blob.core.windows.net"), "{}", ran.out);
    let message = "warning[host-out-of-reach]: the agent did not reach `contosouk.blob.core.windows.net`";
    assert!(ran.err.contains(message) && ran.err.matches("warning[").count() == 1, "{}", ran.err);
}

#[test]
fn an_output_of_absurd_size_is_refused_in_time() {
    let work = tempfile::tempdir().expect("a folder");
    let path = work.path().join("large.txt");
    let hosts: Vec<String> = (0..80_000).map(|at| format!("h{at}.blob.core.windows.net failed")).collect();
    fs::write(&path, format!("Firewall Rule: *.blob.core.windows.net\n{}\n", hosts.join("\n")))
        .expect("a file");
    let start = std::time::Instant::now();
    let ran = imported(&["testcloudconnection", &path.to_string_lossy()]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("error[file-too-large]: the files name more than 1000"), "{}", &ran.err[..500]);
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
    let large = " ".repeat((4 << 20) + 1);
    fs::write(&path, large).expect("a file");
    assert!(imported(&["testcloudconnection", &path.to_string_lossy()]).err.contains("more than 4 MiB"));
}

#[test]
fn a_file_may_come_by_standard_input() {
    let bytes = fs::read(given("one.txt")).expect("a file");
    let by_path = imported(&["testcloudconnection", &given("one.txt")]);
    let piped = run_bytes(&root(), &["import", "testcloudconnection", "-"], &bytes);
    assert_eq!((piped.code, &piped.out), (0, &by_path.out), "{}", piped.err);
    let piped = run_with(&root(), &["import", "testcloudconnection", "-"], "prose\n");
    assert_eq!((piped.code, piped.out.as_str()), (2, ""));
    assert!(piped.err.contains("--> standard input\n"), "{}", piped.err);
    let twice = run_with(&root(), &["import", "testcloudconnection", "-", "-"], "");
    assert_eq!((twice.code, twice.out.as_str()), (2, ""));
    assert!(twice.err.contains("`-` is given twice"), "{}", twice.err);
    let package = package_json("AU", "x", false);
    let piped = run_with(&root(), &["import", "onboarding", "-"], &package);
    assert_eq!(piped.code, 0, "{}", piped.err);
    assert!(piped.out.contains("geographies = [\"AU\"]"), "{}", piped.out);
}

#[test]
fn a_fault_in_one_file_writes_nothing() {
    let broken = folder("broken/no-section.txt").to_string_lossy().into_owned();
    let ran = imported(&["testcloudconnection", &given("one.txt"), &broken]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
}

/// A copy of a profile in a folder of its own.
fn copy(name: &str, change: impl Fn(String) -> String) -> (tempfile::TempDir, PathBuf) {
    let work = tempfile::tempdir().expect("a folder");
    let path = work.path().join("profile.toml");
    fs::write(&path, change(read(&folder("profiles").join(name)))).expect("a file");
    (work, path)
}

fn into(path: &Path) -> Ran {
    let path = path.to_string_lossy();
    imported(&["testcloudconnection", &given("one.txt"), &given("two.txt"), "--into", &path])
}

const PROFILES: [&str; 4] = ["commented.toml", "plain.toml", "inline.toml", "dotted.toml"];

#[test]
fn a_profile_takes_what_it_lacks_and_keeps_everything_else() {
    for name in PROFILES {
        let (_work, path) = copy(name, |text| text);
        let ran = into(&path);
        assert_eq!(ran.code, 0, "{name}: {}", ran.err);
        assert_file(&folder("profiles/written").join(name), read(&path).as_bytes());
        let before = read(&path);
        let ran = into(&path);
        assert_eq!(ran.code, 0);
        assert!(ran.out.contains("unchanged"), "{name}: {}", ran.out);
        assert_eq!(read(&path), before, "{name}");
    }
}

#[test]
fn line_ends_and_a_byte_order_mark_stay() {
    let (_work, path) = copy("commented.toml", |text| format!("\u{feff}{}", text.replace('\n', "\r\n")));
    assert_eq!(into(&path).code, 0);
    let written = read(&folder("profiles/written/commented.toml"));
    assert_eq!(read(&path), format!("\u{feff}{}", written.replace('\n', "\r\n")));
}

#[cfg(unix)]
#[test]
fn a_profile_behind_a_link_is_replaced_with_its_rights_and_nothing_is_left_beside_it() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let (work, path) = copy("plain.toml", |text| text);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("rights");
    let link = work.path().join("link.toml");
    symlink("profile.toml", &link).expect("a link");
    assert_eq!(into(&link).code, 0);
    assert!(fs::symlink_metadata(&link).expect("a link").is_symlink());
    assert!(read(&path).contains("[mma]"));
    assert_eq!(fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o640);
    assert_eq!(fs::read_dir(work.path()).expect("a folder").count(), 2);
}

#[test]
fn a_fifth_workspace_in_the_profile_is_told_as_the_profile_would() {
    let more = "[mma]\nworkspaces = [\"22222222-2222-3333-4444-555555555551\", \"22222222-2222-3333-4444-555555555552\", \
                \"22222222-2222-3333-4444-555555555553\"]\n";
    let (_work, path) = copy("plain.toml", |text| format!("{text}\n{more}"));
    let ran = into(&path);
    assert_eq!(ran.code, 0);
    assert!(ran.err.contains("warning[setting-many]: `mma.workspaces` holds 5 values"), "{}", ran.err);
}

#[test]
fn a_profile_that_says_something_else_is_left_alone() {
    for (change, message) in [
        ("cloud = \"gcc\"", "the profile says `cloud = \"gcc\"`, not `commercial`"),
        ("cloud = 7", "`cloud` is not a text"),
        ("cloud = \"commercial\"\nmma = 7", "`mma` is not a section"),
        ("cloud = \"commercial\"\nmma.blob-hosts = \"a\"", "`mma.blob-hosts` is not a list of texts"),
        ("cloud = [", "the profile is not TOML"),
    ] {
        let (work, path) = copy("plain.toml", |text| text.replace("cloud = \"commercial\"", change));
        let before = read(&path);
        let package = work.path().join("package.json");
        fs::write(&package, package_json("EU", "WestEurope", false)).expect("a file");
        let shown = path.to_string_lossy();
        let ran = if change.contains("mma") {
            into(&path)
        } else {
            imported(&["onboarding", &package.to_string_lossy(), "--into", &shown])
        };
        assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{change}: {}", ran.err);
        assert!(ran.err.contains("error[import-conflict]") && ran.err.contains(message), "{}", ran.err);
        assert_eq!(read(&path), before);
    }
}

#[test]
fn hosts_of_another_cloud_are_not_written() {
    let (_work, path) = copy("plain.toml", |text| text);
    let before = read(&path);
    let ran = imported(&["testcloudconnection", &given("government.txt"), "--into", &path.to_string_lossy()]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{}", ran.err);
    let message =
        "error[import-conflict]: the profile says `cloud = \"commercial\"`, not `gcc` or `gcc-high` or `dod`";
    assert!(ran.err.contains(message), "{}", ran.err);
    assert_eq!(read(&path), before);
}

#[test]
fn files_of_two_clouds_give_no_lines() {
    let ran = imported(&["testcloudconnection", &given("one.txt"), &given("government.txt")]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{}", ran.err);
    let message = "error[import-conflict]: a profile has one cloud, and none has all the hosts: they are of `commercial`, \
                   and of `gcc` or `gcc-high` or `dod`";
    assert!(ran.err.contains(message) && ran.err.contains("government.txt:"), "{}", ran.err);
}

#[cfg(unix)]
#[test]
fn a_profile_that_must_not_be_written_is_left_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (work, path) = copy("plain.toml", |text| text);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).expect("rights");
    let before = read(&path);
    let ran = into(&path);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{}", ran.err);
    assert!(ran.err.contains("it is read-only"), "{}", ran.err);
    assert_eq!((read(&path), fs::read_dir(work.path()).expect("a folder").count()), (before, 1));
}

#[test]
fn a_profile_with_faults_of_its_own_is_told_them_when_it_is_changed() {
    for (change, message) in [
        ("cloud = \"commercial\"\nclout = 7", "`clout` is no key of a profile"),
        ("cloud = \"comercial\"", "`comercial`"),
    ] {
        let (work, path) = copy("plain.toml", |text| text.replace("cloud = \"commercial\"", change));
        let file = work.path().join("test.txt");
        // Without hosts nothing is said of the cloud.
        fs::write(
            &file,
            "Starting connectivity test for workspace id 11111111-2222-3333-4444-555555555555\n\
             Firewall Rule: *.blob.core.windows.net\n",
        )
        .expect("a file");
        let ran =
            imported(&["testcloudconnection", &file.to_string_lossy(), "--into", &path.to_string_lossy()]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        let fault = "the profile has a fault of its own, and was changed all the same: ";
        assert!(ran.err.contains(fault) && ran.err.contains(message), "{}", ran.err);
        assert!(read(&path).contains("11111111-2222-3333-4444-555555555555"));
    }
}

const SECRETS: [&str; 4] = [
    "5ec4e700-0000-4000-8000-00000000c0de",
    "S3cretSignatureOfThePackageXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
    "MIIS3cretCertificateXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
    "aabbccdd0000400080000000c0de5ec4",
];

/// The inner JSON of a package.
fn body(location: &str, datacenter: &str, streamlined: bool) -> String {
    let host = if streamlined {
        format!("edr-x.{}.endpoint.security.microsoft.com/edr", location.to_lowercase())
    } else {
        "winatp-gw-x.microsoft.com".to_owned()
    };
    let mut body = json!({
        "previousOrgIds": [SECRETS[0]], "orgId": SECRETS[0], "geoLocationUrl": format!("https://{host}/"),
        "datacenter": datacenter, "vortexGeoLocation": location, "version": "1.7", "packageGuid": SECRETS[3],
    });
    if streamlined {
        body["partnerGeoLocation"] = json!(format!("GW_{location}"));
    }
    body.to_string()
}

/// What stands in the registry.
fn package_json(location: &str, datacenter: &str, streamlined: bool) -> String {
    let body = body(location, datacenter, streamlined);
    json!({"body": body, "sig": SECRETS[1], "sha256sig": SECRETS[1], "cert": SECRETS[2], "chain": [SECRETS[2]]}).to_string()
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        archive.start_file(*name, SimpleFileOptions::default()).expect("a part");
        archive.write_all(content).expect("a part");
    }
    archive.finish().expect("an archive").into_inner()
}

/// A package in every form that the portal and the devices have.
fn forms(json: &str) -> Vec<(&'static str, Vec<u8>)> {
    let wrapped = json!({"onboardingInfo": json}).to_string();
    let cmd = format!(
        "@echo off\r\necho This script is for onboarding\r\nREG add \"HKLM\\SOFTWARE\\Policies\" /v OnboardingInfo /t REG_SZ /f /d \"{}\" >NUL 2>&1\r\n",
        escaped(json)
    );
    let python = format!("json.write('''{{\n  \"onboardingInfo\": \"{}\"\n}}''')\n", escaped(&escaped(json)));
    let shell = format!(
        "BLOB='{{\n  \"onboardingInfo\": \"{}\"\n}}'\nif [ \"${{x}}\" ]; then echo; fi\n",
        escaped(json)
    );
    let reg: Vec<u8> = format!(
        "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\X]\r\n\"OnboardedInfo\"=\"{}\"\r\n",
        escaped(json)
    )
    .encode_utf16()
    .flat_map(u16::to_le_bytes)
    .collect();
    let query = format!("HKEY_LOCAL_MACHINE\\X\r\n    OnboardedInfo    REG_SZ    {json}\r\n");
    let plist = format!(
        "<?xml version=\"1.0\"?><plist><dict><key>OnboardingInfo</key><string>{}</string></dict></plist>",
        json.replace('"', "&quot;")
    );
    vec![
        ("value.json", json.as_bytes().to_vec()),
        ("mdatp_onboard.json", wrapped.clone().into_bytes()),
        ("onboard.cmd", cmd.clone().into_bytes()),
        ("onboard.py", python.into_bytes()),
        ("onboard.sh", shell.into_bytes()),
        ("value.reg", [b"\xFF\xFE".as_slice(), &reg].concat()),
        ("query.txt", query.into_bytes()),
        ("onboard.plist", plist.into_bytes()),
        ("package.zip", zipped(&[("WindowsDefenderATPOnboardingScript.cmd", cmd.as_bytes())])),
        (
            "mixed.zip",
            zipped(&[
                ("readme.txt", b"x"),
                ("a/mdatp_onboard.json", wrapped.as_bytes()),
                ("b.cmd", cmd.as_bytes()),
            ]),
        ),
    ]
}

#[test]
fn every_form_of_a_package_tells_its_tenant_and_none_of_its_secrets() {
    let work = tempfile::tempdir().expect("a folder");
    for (location, datacenter, streamlined, expected) in [
        (
            "EU",
            "WestEurope",
            false,
            "cloud = \"commercial\"\nconnectivity = \"standard\"\ngeographies = [\"EU\"]\n",
        ),
        (
            "US",
            "CentralUs3",
            true,
            "cloud = \"commercial\"\nconnectivity = \"streamlined\"\ngeographies = [\"US\"]\n",
        ),
        (
            "AU",
            "AustraliaEast",
            true,
            "cloud = \"commercial\"\nconnectivity = \"streamlined\"\ngeographies = [\"AU\"]\n",
        ),
        (
            "CH",
            "SwitzerlandNorth",
            true,
            "cloud = \"commercial\"\nconnectivity = \"streamlined\"\ngeographies = [\"CH\"]\n",
        ),
        ("IN", "x", true, "cloud = \"commercial\"\nconnectivity = \"streamlined\"\ngeographies = [\"IN\"]\n"),
        ("FFL4", "UsModVirginia", false, "cloud = \"gcc\"\nconnectivity = \"standard\"\n"),
        ("FFL4", "UsGovTexas", false, "cloud = \"gcc-high\"\nconnectivity = \"standard\"\n"),
        ("FFL5", "UsDoDEast", false, "cloud = \"dod\"\nconnectivity = \"standard\"\n"),
    ] {
        for (name, bytes) in forms(&package_json(location, datacenter, streamlined)) {
            let path = work.path().join(name);
            fs::write(&path, bytes).expect("a file");
            let ran = imported(&["onboarding", &path.to_string_lossy()]);
            assert_eq!((ran.code, ran.out.as_str()), (0, expected), "{name} {location}: {}", ran.err);
            without_secrets(&ran);
        }
    }
}

fn without_secrets(ran: &Ran) {
    for secret in SECRETS {
        let parts = [secret, secret.get(..12).expect("a part")];
        assert!(
            !parts.iter().any(|part| ran.out.contains(part) || ran.err.contains(part)),
            "{}{}",
            ran.out,
            ran.err
        );
    }
}

#[test]
fn no_broken_package_shows_a_secret() {
    let work = tempfile::tempdir().expect("a folder");
    let whole = package_json("EU", "WestEurope", false);
    let cut: String = whole.chars().take(whole.len() / 2).collect();
    let bomb = vec![b'{'; 3 << 20];
    let many: Vec<(String, &[u8])> =
        (0..100).map(|at| (format!("{at}-{}", SECRETS[0]), b"x".as_slice())).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    for (name, bytes, message) in [
        ("cut", cut.into_bytes(), "holds no onboarding information"),
        ("location", package_json(SECRETS[0], "x", false).into_bytes(), "the data location (not shown)"),
        (
            "location-too",
            package_json(SECRETS[3], SECRETS[3], true).into_bytes(),
            "the data location (not shown)",
        ),
        (
            "unknown",
            package_json("MARS", "NorthMars", false).into_bytes(),
            "the data location `MARS` in `NorthMars`",
        ),
        (
            "offboarding",
            json!({"body": json!({"orgId": SECRETS[0]}).to_string()}).to_string().into_bytes(),
            "names no data location",
        ),
        (
            "number",
            format!("{{\"body\": {{\"vortexGeoLocation\": {{\"x\": \"{}\"}}}}}}", SECRETS[0]).into_bytes(),
            "names no data location",
        ),
        (
            "deep",
            format!("{{\"body\":\"{}", "{\"a\":".repeat(5000)).into_bytes(),
            "holds no onboarding information",
        ),
        ("empty", Vec::new(), "holds no onboarding information"),
        ("prose", SECRETS.join(" ").into_bytes(), "holds no onboarding information"),
        ("bomb.zip", zipped(&[("a", &bomb)]), "the archive inflates to more than any onboarding package"),
        (
            "bombs.zip",
            zipped(&[
                ("a", &bomb[..900_000]),
                ("b", &bomb[..900_000]),
                ("c", &bomb[..900_000]),
                ("d", &bomb[..900_000]),
                ("e", &bomb[..900_000]),
            ]),
            "inflates to more",
        ),
        ("many.zip", zipped(&many), "the archive has more parts"),
        ("cut.zip", zipped(&[(SECRETS[0], whole.as_bytes())])[..200].to_vec(), "the archive is damaged"),
        ("large", vec![b' '; onboarding::LARGEST + 1], "larger than any onboarding package"),
        (
            "two.zip",
            zipped(&[("a", whole.as_bytes()), ("b", package_json("US", "x", false).as_bytes())]),
            "packages of different tenants: commercial, EU, standard and commercial, US, standard",
        ),
        (
            "two.txt",
            [whole.clone(), package_json("EU", "x", true)].concat().into_bytes(),
            "packages of different tenants: commercial, EU, standard and commercial, EU, streamlined",
        ),
        (
            "unknown-beside.zip",
            zipped(&[("a", whole.as_bytes()), ("b", package_json("MARS", "x", false).as_bytes())]),
            "the data location `MARS` in `x`",
        ),
    ] {
        let path = work.path().join(name);
        fs::write(&path, bytes).expect("a file");
        let ran = imported(&["onboarding", &path.to_string_lossy()]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{name}: {}", ran.err);
        assert!(ran.err.contains("error[onboarding-") && ran.err.contains(message), "{name}: {}", ran.err);
        without_secrets(&ran);
    }
}

/// What packages say of their location, and what comes of it: the geography or the message.
#[test]
fn what_a_package_says_of_its_location_has_to_fit_together() {
    let work = tempfile::tempdir().expect("a folder");
    let gateway = |name: &str| format!("https://winatp-gw-{name}.microsoft.com/");
    for (location, partner, datacenter, url, code, expected) in [
        ("US", "", "CentralUs3", gateway("cus3"), 0, "geographies = [\"US\"]"),
        ("FFL5", "", "UsGovTexas", gateway("usgt"), 0, "cloud = \"dod\""),
        ("FFL5", "", "CentralUs3", gateway("x"), 2, "it names `FFL5`, and a datacenter of `US`"),
        ("FFL5", "", "UsModVirginia", gateway("x"), 2, "it names `FFL5`, and a datacenter of `FFL4 (gcc)`"),
        ("FFL5", "", "x", gateway("weu"), 2, "it names `FFL5 (dod)`, and a gateway of `EU`"),
        ("EU", "", "UsGovTexas", gateway("x"), 2, "it names `EU`, and a datacenter of `FFL4 (gcc-high)`"),
        ("EU", "", "x", gateway("usmt"), 2, "it names `EU`, and a gateway of `FFL4 (gcc)`"),
        (
            "UK",
            "",
            "x",
            "https://EDR-x.us.endpoint.security.microsoft.com/edr/".to_owned(),
            2,
            "it names `UK`, and a gateway of `US`",
        ),
        ("FFL4", "", "CentralUs3", gateway("x"), 2, "it names `FFL4`, and a datacenter of `US`"),
        (
            "FFL4",
            "",
            "",
            gateway("x"),
            2,
            "`FFL4` is that of `gcc` and of `gcc-high`, and its datacenter does not tell",
        ),
        ("AE", "", "UaeNorth", gateway("aen0a"), 0, "geographies = [\"Azure UAE North (AEN)\"]"),
        (
            "AE",
            "",
            "UaeNorth",
            gateway("weu"),
            2,
            "the data location `AE` in `UaeNorth`, which is not known here",
        ),
        (
            "EU",
            "GW_UK",
            "x",
            gateway("x"),
            0,
            "it names the data location `UK`, and also `EU`; the first one was taken",
        ),
        (
            "MARS",
            "GW_UK",
            "x",
            gateway("x"),
            0,
            "and also one that is not known here; the first one was taken",
        ),
        ("EU", "GW_MARS", "x", gateway("x"), 2, "the data location `MARS` in `x`, which is not known here"),
        ("EU", "GW_EU", "x", gateway("x"), 0, "connectivity = \"streamlined\""),
    ] {
        let mut body = json!({
            "orgId": SECRETS[0], "geoLocationUrl": url, "datacenter": datacenter, "vortexGeoLocation": location,
        });
        if !partner.is_empty() {
            body["partnerGeoLocation"] = json!(partner);
        }
        let path = work.path().join("package.json");
        fs::write(&path, json!({"body": body.to_string()}).to_string()).expect("a file");
        let ran = imported(&["onboarding", &path.to_string_lossy()]);
        let said = format!("{}{}", ran.err, ran.out);
        assert_eq!(ran.code, code, "{location} {partner}: {said}");
        assert!(said.contains(expected), "{location} {partner}: {said}");
        assert_eq!(said.contains("onboarding-contradiction"), said.contains("it names"), "{said}");
        without_secrets(&ran);
    }
}

#[test]
fn the_sample_package_is_streamlined_in_the_us() {
    let Some(shared) = support::shared() else { return };
    let ran =
        imported(&["onboarding", &shared.join("samples/onboardinginfo_redacted.json").to_string_lossy()]);
    assert_eq!(
        ran.out, "cloud = \"commercial\"\nconnectivity = \"streamlined\"\ngeographies = [\"US\"]\n",
        "{}",
        ran.err
    );
}

#[test]
fn a_profile_without_a_cloud_takes_it_from_the_package() {
    let (work, path) = copy("commented.toml", |text| text.replace("cloud = \"commercial\"\n", ""));
    let package = work.path().join("package.json");
    fs::write(&package, package_json("AU", "x", false)).expect("a file");
    let ran = imported(&["onboarding", &package.to_string_lossy(), "--into", &path.to_string_lossy()]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(
        ran.out,
        format!("{}: written\n  cloud: added commercial\n  geographies: added AU\n", path.display())
    );
    let text = read(&path);
    for part in [
        "cloud = \"commercial\"\n",
        "  \"UK\", # the branch in Leeds\n  \"AU\",\n]",
        "# The fleet of the branches.\n",
    ] {
        assert!(text.contains(part), "no `{part}` in\n{text}");
    }
    without_secrets(&ran);
    assert!(SECRETS.iter().all(|secret| !text.contains(secret)));
}

/// The comments of a text, in order.
fn comments(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| Some(line.split_once('#')?.1.trim())).collect()
}

/// Profiles of every layout: white space, comments, commas and line ends where TOML lets them stand.
fn layouts() -> impl Strategy<Value = String> {
    let gap =
        || proptest::sample::select(vec!["", " ", "  ", "\n", "\n  ", " # note\n", "\n# alone\n    ", "\t"]);
    let values = proptest::collection::vec((gap(), gap(), 0..9u8), 0..5);
    let header = proptest::sample::select(vec!["[mma]\n", "[mma] # section\n", "\n\n[ mma ]\n", "mma."]);
    let end = proptest::sample::select(vec![
        "",
        "\n",
        " # end\n",
        "\n[devices]\nlinux = true # more\n",
        "\n# last",
    ]);
    (header, values, any::<bool>(), gap(), end, any::<bool>()).prop_map(
        |(header, values, comma, tail, end, windows)| {
            let count = values.len();
            let mut text = format!("# first\nschema = 1 # one\n{header}workspaces = [");
            for (at, (before, after, digit)) in values.into_iter().enumerate() {
                let sep = if at + 1 < count || comma { "," } else { "" };
                let _ = write!(text, "{before}\"{digit}1111111-2222-3333-4444-555555555555\"{after}{sep}");
            }
            let _ = write!(text, "{tail}]{end}");
            if windows { text.replace('\n', "\r\n") } else { text }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn comments_and_values_survive_every_change_of_a_profile(text in layouts(), new in proptest::collection::vec(0..9u8, 1..4)) {
        let values: Vec<String> = new.iter().map(|digit| format!("{digit}1111111-2222-3333-4444-555555555555")).collect();
        let change = Change::Union {
            section: Some("mma".into()), key: "workspaces".into(), values: values.clone(), normal: |text| Some(text.to_owned()),
        };
        let edited = edit(&text, std::slice::from_ref(&change)).expect("it is TOML");
        let strings = |text: &str| -> Vec<String> {
            let document: toml_edit::DocumentMut = text.parse().expect("it is TOML");
            document["mma"]["workspaces"].as_array().expect("a list").iter().map(|value| value.as_str().expect("a text").to_owned()).collect()
        };
        let (before, after) = (strings(&text), strings(&edited.text));
        prop_assert_eq!(&after[..before.len()], &before[..]);
        prop_assert!(values.iter().all(|value| after.contains(value)));
        prop_assert_eq!(comments(&edited.text), comments(&text));
        if text.contains("\r\n") {
            prop_assert_eq!(edited.text.matches('\n').count(), edited.text.matches("\r\n").count());
        }
        let again = edit(&edited.text, &[change]).expect("it is TOML");
        prop_assert_eq!(again.text, edited.text);
    }

    #[test]
    fn any_text_of_the_agent_is_read_and_its_hosts_are_of_their_section(text in "(Firewall Rule: |\\*\\.blob\\.core\\.windows\\.net|[a-zé.\\-]{0,20}\\.blob\\.core\\.windows\\.net|Starting connectivity test for workspace id |\n| |[ -~]{0,20}){0,20}") {
        for section in cloud_connection::read(&text).sections {
            let end = section.pattern.trim_start_matches('*').to_owned();
            prop_assert!(section.hosts.iter().all(|host| host.text.ends_with(&end) && host.text.len() > end.len()));
        }
    }

    #[test]
    fn any_bytes_are_a_package_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200), archive in any::<bool>()) {
        let facts: OnboardingFacts = Rules::shipped(None).and_then(|rules| rules.facts()).expect("facts");
        let mut text = bytes;
        if archive {
            text.splice(..0, *b"PK\x03\x04");
        }
        let _ = onboarding::read(&text, &facts);
    }
}
