//! The commands of the pages exist: goals of make, tests, scripts, and what `tesseral-verify` takes.

use crate::pages::{blocks, pages, prose, read, root};
use std::{fs, path::Path};

#[test]
fn commands_exist() {
    let makefile = read("Makefile");
    let goals: Vec<_> = makefile.lines().filter_map(|line| Some(line.split_once(": ##")?.0)).collect();
    let program = all_of(&root().join("src/bin/tesseral-verify"));
    let mut checked = 0;
    for page in pages() {
        for command in commands(&read(&page)) {
            let words: Vec<_> = command.split_whitespace().collect();
            checked += match &words[..] {
                ["make", goals_of @ ..] => {
                    for goal in goals_of.iter().filter(|word| word.chars().all(|c| c.is_ascii_lowercase() || c == '-'))
                    {
                        assert!(goals.contains(goal), "{page}: {command}");
                    }
                    1
                }
                ["cargo", "test", rest @ ..] => {
                    for test in rest.windows(2).filter(|pair| pair[0] == "--test" && pair[1] != "NAME") {
                        let file = root().join("tests").join(test[1]);
                        assert!(
                            file.with_extension("rs").exists() || file.join("main.rs").exists(),
                            "{page}: {command}"
                        );
                    }
                    1
                }
                ["tesseral-verify", subcommand, rest @ ..] => {
                    let mut name = subcommand.to_string();
                    name[..1].make_ascii_uppercase();
                    assert!(program.contains(&format!("{name}({name})")), "{page}: {command}");
                    for option in rest.iter().filter_map(|word| word.strip_prefix("--")) {
                        let field = option.split('=').next().unwrap().replace('-', "_");
                        assert!(program.contains(&format!("{field}: ")), "{page}: {command}: {option}");
                    }
                    1
                }
                [script, ..] if script.contains('/') && script.ends_with(".sh") => {
                    let script = script.trim_start_matches("\"$CHECKOUT\"/");
                    let beside = Path::new(&page).parent().unwrap().join(script);
                    assert!(root().join(script).exists() || root().join(beside).exists(), "{page}: {command}");
                    1
                }
                _ => 0,
            };
        }
    }
    assert!(checked >= 50, "{checked} commands: is this test blind?");
}

/// Those of shell blocks and of inline code, without variables and `sudo` before them.
fn commands(text: &str) -> Vec<String> {
    let prose = prose(text).replace('\n', " ");
    let inline = prose.split('`').skip(1).step_by(2).map(str::to_owned);
    let shell = blocks(text, "sh").join("\n").replace("\\\n", " ");
    // nginx's own make has goals of its own.
    let lines = shell
        .lines()
        .filter(|line| !line.contains("./configure"))
        .map(|line| line.split(" #").next().unwrap().to_owned());
    let commands =
        lines.chain(inline).collect::<Vec<_>>().join("\n").replace("&&", "\n").replace(['|', ';', '(', ')'], "\n");
    let before = |word: &str| word == "sudo" || word == "nice" || word.contains('=');
    let without = |line: &str| line.split_whitespace().skip_while(|word| before(word)).collect::<Vec<_>>().join(" ");
    commands.lines().map(without).filter(|line| !line.is_empty()).collect()
}

/// The text of all Rust files of a folder.
fn all_of(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        text += &if path.is_dir() { all_of(&path) } else { fs::read_to_string(path).unwrap() };
    }
    text
}
