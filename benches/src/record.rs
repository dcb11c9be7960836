//! The dated record of one run: what was measured, with what, on what.

use std::{fs, io, path::PathBuf, process::Command};

/// Writes `record/YYYY-MM-DD-<cpu>.txt` beside this package's manifest and returns its path.
///
/// # Errors
/// Whatever the file system says.
pub fn write(figures: &str) -> io::Result<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("record");
    fs::create_dir_all(&folder)?;
    let path = folder.join(format!("{}-{}.txt", output("date", &["-u", "+%F"]), slug(&cpu())));
    fs::write(&path, format!("{}\n{figures}", circumstances()))?;
    Ok(path)
}

fn circumstances() -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| text.push_str(&format!("{name}: {value}\n"));
    line("date", &output("date", &["-u", "+%FT%TZ"]));
    line("cpu", &cpu());
    line("kernel", &output("uname", &["-srm"]));
    line("commit", &output("git", &["-C", env!("CARGO_MANIFEST_DIR"), "describe", "--always", "--dirty"]));
    line("rustc", &output("rustc", &["--version"]));
    line("rustflags", option_env!("RUSTFLAGS").filter(|flags| !flags.is_empty()).unwrap_or("none"));
    line("command", &std::env::args().collect::<Vec<_>>().join(" "));
    line("allowed cores", &allowed_cores());
    // Our own share is about 1.
    line("load average", fs::read_to_string("/proc/loadavg").unwrap_or_default().trim());
    line("openssl", openssl::version::version());
    line("libjwt", crate::peers::LIBJWT.unwrap_or("not found"));
    for name in CRATES {
        line(name, &locked_version(name));
    }
    text
}

/// The crates whose speed is compared.
const CRATES: [&str; 12] = [
    "aws-lc-rs",
    "aws-lc-sys",
    "data-encoding",
    "graviola",
    "jsonwebtoken",
    "jwt-simple",
    "openssl",
    "p256",
    "ring",
    "serde_json",
    "sha2",
    "tesseral-verify",
];

/// All versions of a package in the lock file, as there may be several.
fn locked_version(name: &str) -> String {
    let wanted = format!("name = \"{name}\"");
    let packages = include_str!("../Cargo.lock").split("[[package]]");
    let found = packages.filter(|package| package.lines().any(|line| line == wanted));
    let version = |package: &'static str| package.lines().find_map(|line| line.strip_prefix("version = "));
    let versions: Vec<&str> = found.filter_map(version).map(|version| version.trim_matches('"')).collect();
    versions.join(", ")
}

/// The model's name with family and model, because virtual machines shorten the name.
fn cpu() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |wanted: &str| {
        let found = text.lines().filter_map(|line| line.split_once(':')).find(|(name, _)| name.trim() == wanted);
        found.map_or("unknown", |(_, value)| value.trim())
    };
    format!("{} family {} model {}", field("model name"), field("cpu family"), field("model"))
}

fn allowed_cores() -> String {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let list = text.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    list.map_or("unknown", str::trim).to_owned()
}

fn slug(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    if text.is_empty() { "unknown".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::{CRATES, locked_version, slug};

    #[test]
    fn every_named_crate_is_locked() {
        for name in CRATES {
            assert!(!locked_version(name).is_empty(), "{name}");
        }
    }

    #[test]
    fn slugs() {
        assert_eq!(slug("AMD EPYC family 25 model 1"), "amd-epyc-family-25-model-1");
        assert_eq!(slug("Intel(R) Xeon(R) 2.0GHz"), "intel-r-xeon-r-2-0ghz");
    }
}
