//! bindings/cpp compiles in every dialect that it promises, its objects work, and misuse does not compile.
#![cfg(all(feature = "ffi", feature = "std", target_os = "linux"))]

#[path = "c/support.rs"]
mod c;

use c::{SANITIZE, WARNINGS, compile_cpp, cpp, fresh_directory, memcheck, output, prefix, root, run, say};
use fake_tesseral::Project;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const NOW: i64 = 1_750_000_000;
const QUIET: [&str; 2] = ["-fno-exceptions", "-fno-rtti"];

/// A file of `tests/cpp`.
fn source(file: &str) -> PathBuf {
    root().join("tests/cpp").join(file)
}

/// A project, and its snapshot in a file.
fn project(directory: &str) -> (Project, PathBuf) {
    let project = Project::new(63);
    let file = fresh_directory(directory).join("config.json");
    fs::write(&file, project.config_document().to_json()).unwrap();
    (project, file)
}

/// A token with one plain action and one with an escape.
fn token(project: &Project) -> String {
    project.mint(&project.claims(NOW).with_actions(["a.b.c", "x\ny"]))
}

#[test]
fn every_dialect_without_a_warning() {
    // Both compilers at a time, since this takes a while.
    let jobs = ["g++", "clang++"].map(|compiler| {
        std::thread::spawn(move || {
            let mut compiled = 0;
            for dialect in ["-std=c++11", "-std=c++14", "-std=c++17", "-std=c++20"] {
                for (define, modes) in
                    [("-DTESSERAL_VERIFY_STD", &[][..]), ("-DTESSERAL_VERIFY_STD", &QUIET), ("-DNOTHING", &QUIET)]
                {
                    let mut cc = Command::new(compiler);
                    cc.args(["-fsyntax-only", dialect, define]).args(WARNINGS).args(modes).arg("-I");
                    cc.arg(root().join("include")).arg("-I").arg(root().join("bindings/cpp"));
                    let hosted = define != "-DNOTHING";
                    run(cc.arg(source("objects.cpp")).args(hosted.then(|| source("authenticator.cpp"))));
                    compiled += 1;
                }
            }
            compiled
        })
    });
    let compiled: usize = jobs.map(|job| job.join().unwrap()).iter().sum();
    say(format!("C++ header: {compiled} compilations without a warning"));
    assert_eq!(compiled, 2 * 4 * 3);
}

#[test]
fn every_claim() {
    let (project, snapshot) = project("cpp_claims");
    let program = compile_cpp("g++", &[&source("claims.cpp")], "", &fresh_directory("cpp_claims_bin"), &["-std=c++11"]);
    let full = project
        .claims(NOW)
        .with_user_display_name("N\u{e4}me\r\n\0")
        .with_user_profile_picture_url("https://example.com/x.png")
        .with_organization_display_name("Acme")
        .with_impersonator("admin@example.com")
        .with_actions(["a.b.c", "x\ny"]);
    let mut bare = project.claims(NOW).with_actions(Vec::<String>::new());
    bare.organization_display_name.clear();
    bare.user_display_name.clear();
    bare.user_profile_picture_url.clear();
    for claims in [full, bare] {
        let token = project.mint(&claims);
        let printed = run(Command::new(&program).arg(&snapshot).args([&token, &NOW.to_string()]));
        let mut expected = String::new();
        let optional = |text: &str| if text.is_empty() { "none".to_owned() } else { escaped(text) };
        for (name, value) in [
            ("iss", claims.iss.clone()),
            ("sub", claims.sub.clone()),
            ("aud", claims.aud.clone()),
            ("exp", claims.exp.to_string()),
            ("nbf", claims.nbf.to_string()),
            ("iat", claims.iat.to_string()),
            ("session_id", claims.session_id.clone()),
            ("user_id", claims.user_id.clone()),
            ("user_email", claims.user_email.clone()),
            ("user_display_name", optional(&claims.user_display_name)),
            ("user_profile_picture_url", optional(&claims.user_profile_picture_url)),
            ("organization_id", claims.organization_id.clone()),
            ("organization_display_name", optional(&claims.organization_display_name)),
            ("impersonator_email", claims.impersonator_email.clone().unwrap_or("none".to_owned())),
        ] {
            expected += &format!("{name} {value}\n");
        }
        expected += &format!("organization {}\ncredentials {token}\n", claims.organization_id);
        expected += &format!("api_key_id none\npayload {}\n", escaped(&claims.to_json()));
        for action in &claims.actions {
            expected += &format!("action {}\n", escaped(action));
        }
        let kid = project.signing_key().kid();
        expected += &format!("kid {kid}\nissuer {}\nproject_id {}\n", project.issuer(), project.id);
        assert_eq!(printed, expected);
    }
    say("C++ claims: 2 tokens, every accessor compared");
}

/// As claims.cpp prints it.
fn escaped(text: &str) -> String {
    let octet = |octet: &u8| match octet {
        b' '..=b'~' => char::from(*octet).to_string(),
        _ => format!("\\x{octet:02x}"),
    };
    text.as_bytes().iter().map(octet).collect()
}

#[test]
fn objects_keep_their_promises() {
    let (mut project, snapshot) = project("cpp_objects");
    let mut arguments = vec![token(&project), project.mint(&project.claims_of(2, NOW)), project.cookie_name()];
    project.rotate();
    let new_kid = project.signing_key().kid().to_owned();
    arguments.extend([format!("acme_{}", "0".repeat(55)), NOW.to_string(), token(&project), new_kid]);
    let sanitized = [&["-std=c++17"][..], &SANITIZE].concat();
    let sanitized_quiet = [&["-std=c++20"][..], &QUIET, &SANITIZE].concat();
    // With the freestanding library, everything works but Verifier and Authenticator.
    let core = [&["-std=c++14", "-UTESSERAL_VERIFY_STD"][..], &QUIET].concat();
    let mut counts = Vec::new();
    for (compiler, library, flags) in [
        ("g++", "", vec!["-std=c++11", "-O2"]),
        ("clang++", "", vec!["-std=c++20"]),
        ("g++", "", sanitized),
        ("g++", "", sanitized_quiet),
        ("g++", "_core", core),
    ] {
        let directory = fresh_directory("cpp_objects_bin");
        let program = compile_cpp(compiler, &[&source("objects.cpp")], library, &directory, &flags);
        let printed = run(Command::new(&program).arg(&snapshot).args(&arguments));
        say(format!("{compiler} {}: {}", flags.join(" "), printed.trim_end()));
        counts.push(printed);
        // Once, valgrind watches the memory as well, including what the library does with it.
        if flags.contains(&"-O2") {
            run(memcheck(&program).arg(&snapshot).args(&arguments));
        }
    }
    // Exceptions bring checks of their own, and an operating system; all else is the same in every dialect.
    assert!(counts[0] == counts[1] && counts[0] == counts[2]);
    assert!(counts[0] != counts[3] && counts[3] != counts[4]);
}

#[test]
fn files_of_different_dialects_in_one_program() {
    let (project, snapshot) = project("cpp_modes");
    let directory = fresh_directory("cpp_modes_bin");
    let objects = [
        ("cpp11", "-std=c++11", &[][..]),
        ("cpp11_quiet", "-std=c++11", &QUIET),
        ("cpp17", "-std=c++17", &[]),
        ("cpp20_quiet", "-std=c++20", &QUIET),
    ]
    .map(|(name, dialect, modes)| {
        let object = directory.join(format!("{name}.o"));
        let function = format!("-DFUNCTION={name}");
        let mut cc = cpp("g++", &[&[dialect, &function, "-c"][..], &SANITIZE, modes].concat());
        run(cc.arg(source("mode.cpp")).arg("-o").arg(&object));
        object
    });
    let main = source("modes.cpp");
    let mut files: Vec<&Path> = vec![&main];
    files.extend(objects.iter().map(PathBuf::as_path));
    let program = compile_cpp("g++", &files, "", &directory, &SANITIZE);
    let printed = run(Command::new(program).arg(snapshot).args([token(&project), NOW.to_string()]));
    let user = project.claims(NOW).user_id;
    let expected = ["201103", "201103", "201703", "202002"].map(|standard| format!("{standard} {user} 2\n"));
    assert_eq!(printed, expected.concat());
    say("C++ modes: 4 files of different dialects in one program");
}

#[test]
fn a_library_with_another_interface_is_refused() {
    let (_, snapshot) = project("cpp_abi");
    let directory = fresh_directory("cpp_abi_bin");
    for (offset, expected) in [("0", "ok ok ok\n"), ("1", "internal_error internal_error internal_error\n")] {
        let program = directory.join(offset);
        let mut cc = cpp("g++", &["-std=c++11", &format!("-DABI_OFFSET={offset}")]);
        cc.arg(source("other_abi.cpp"))
            .arg("-o")
            .arg(&program)
            .arg("-L")
            .arg(prefix().join("lib"))
            .arg("-ltesseral_verify");
        run(&mut cc);
        let mut program = Command::new(program);
        assert_eq!(run(program.env("LD_LIBRARY_PATH", prefix().join("lib")).arg(&snapshot)), expected);
    }
}

/// A statement that would leave a dangling pointer does not compile; the nearest one that would not does.
#[test]
fn temporaries_are_refused() {
    let refused = refuses(
        "cpp_temporaries",
        &["g++"],
        &[
            ("v.verify_token(text, 0, m);", "v.verify_token(text + \"x\", 0, m);"),
            ("v.verify_token(text, 0, m, &c);", "v.verify_token(std::string(), 0, m, &c);"),
            ("h.authorization(text).cookie(text);", "h.authorization(text + \"x\");"),
            ("h.authorization(\"x\").cookie(\"x\");", "h.cookie(text + \"x\");"),
            (
                "tesseral::BaseTable t; o.base_table(t); o.base_table(tesseral::BaseTableView());",
                "o.base_table(tesseral::BaseTable());",
            ),
            ("h.credential(text);", "h.credential(text + \"x\");"),
            ("o.issuer(text).project_id(\"x\");", "o.issuer(std::string());"),
            ("b.add(text);", "b.add(std::string());"),
            ("tesseral::AuthenticatorOptions a(text);", "tesseral::AuthenticatorOptions a(text + \"x\");"),
            ("a.config_host(text);", "a.config_host(text + \"x\");"),
            ("a.backend_host(text);", "a.backend_host(text + \"x\");"),
            ("a.backend_api_key(text);", "a.backend_api_key(std::string());"),
            ("a.ca_pem(text);", "a.ca_pem(std::string());"),
            ("a.last_good_file(\"x\");", "a.last_good_file(text + \"x\");"),
            ("a.issuer(text);", "a.issuer(std::string());"),
            ("const auto s = n.stats(); s->lookups;", "n.stats()->lookups;"),
            ("const auto r = f(); for (auto a : r->actions()) (void)a;", "for (auto a : (*f()).actions()) (void)a;"),
            ("const auto r = f(); r->payload();", "f()->payload();"),
            (
                "const auto r = f(); const auto c = r->access_token_claims(); c->iss.size();",
                "const auto r = f(); r->access_token_claims()->iss.size();",
            ),
            ("const auto s = tesseral::Survey::of(text); s.issuer();", "tesseral::Survey::of(text).issuer();"),
            ("const auto s = tesseral::Survey::of(text); s.project_id();", "tesseral::Survey::of(text).project_id();"),
            ("const auto k = *v.unknown_kids(h, 0, m); k.hashes();", "(*v.unknown_kids(h, 0, m)).hashes();"),
        ],
        "deleted function",
    );
    say(format!("C++ temporaries: {refused} refused, and as many neighbours compile"));
}

/// Claims that used to have a function each.
const CLAIMS: [&str; 13] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "session_id",
    "user_id",
    "user_email",
    "user_display_name",
    "user_profile_picture_url",
    "organization_display_name",
    "impersonator_email",
];

/// An old name is refused, and the new one is said.
#[test]
fn old_names_are_refused() {
    let both = ["g++", "clang++"];
    let ready = [
        ("if (n.is_ready()) m.len = 0;", "if (n.ready()) m.len = 0;"),
        ("(void)n.is_ready(5);", "(void)n.ready(5);"),
        ("(void)&tesseral::Authenticator::is_ready;", "(void)&tesseral::Authenticator::ready;"),
    ];
    let reason = [
        ("if (n.not_ready_reason()) m.len = 0;", "if (n.not_ready()) m.len = 0;"),
        ("(void)&tesseral::Authenticator::not_ready_reason;", "(void)&tesseral::Authenticator::not_ready;"),
    ];
    let claims = CLAIMS.map(|claim| {
        let good = format!("const auto r = f(); const auto c = r->access_token_claims(); (void)c->{claim};");
        (good, format!("const auto r = f(); (void)r->{claim}();"))
    });
    let claims = claims.each_ref().map(|(good, bad)| (&**good, &**bad));
    let poll = "tesseral::Attempt t; const auto w = t.poll(h, 0, m); (void)w;";
    let attempts = [
        (poll, "n.wait_for_fetch(1);"),
        (poll, "(void)n.authenticate_after_fetch(h, 0, m);"),
        (poll, "(void)n.authenticate_after_fetch(h, 0, m, &c).ok();"),
        (poll, "(void)n.look_up(text, m);"),
    ];
    let survey = [
        ("(void)tesseral::Survey::of(text).keys_skipped();", "(void)v.keys_skipped();"),
        ("(void)tesseral::Survey::of(text).skipped();", "(void)v.skipped_key(0);"),
        (
            "(void)tesseral::VerifierView::place(m, text, o);",
            "std::size_t at; (void)tesseral::VerifierView::place(m, text, o, &at);",
        ),
        ("(void)tesseral::Verifier::load(text, o);", "std::size_t at; (void)tesseral::Verifier::load(text, o, &at);"),
    ];
    let skipped = "const auto s = tesseral::Survey::of(text); for (auto k : s.skipped()) (void)k;";
    let listed = [
        (skipped, "const auto s = tesseral::Survey::of(text); (void)s.skipped_count();"),
        (skipped, "const auto s = tesseral::Survey::of(text); (void)s.skipped(0);"),
    ];
    let all = "for (auto s : tesseral::Status::all()) (void)s;";
    let statuses = [(all, "(void)tesseral::Status::count();"), (all, "(void)tesseral::Status::at(0);")];
    let caches = [
        ("(void)v.verify_token(text, 0, m, &c).ok();", "(void)v.verify_token(text, 0, m, c);"),
        ("(void)v.authenticate(h, 0, m, &c).ok();", "(void)v.authenticate(h, 0, m, c);"),
        ("(void)n.authenticate(h, 0, m, &c).ok();", "(void)n.authenticate(h, 0, m, c);"),
        ("(void)n.try_authenticate(h, 0, m, &c).ok();", "(void)n.try_authenticate(h, 0, m, c);"),
        (
            "tesseral::Attempt t; (void)n.try_authenticate(h, 0, m, nullptr, nullptr, t, &c).ok();",
            "tesseral::Attempt t; (void)n.try_authenticate(h, 0, m, c, nullptr, nullptr, t);",
        ),
        ("tesseral::Attempt t; (void)t.poll(h, 0, m, &c).ok();", "tesseral::Attempt t; (void)t.poll(h, 0, m, c);"),
    ];
    let refused = refuses("cpp_ready", &both, &ready, "use is_ready()")
        + refuses("cpp_not_ready", &both, &reason, "use not_ready_reason()")
        + refuses("cpp_survey", &both, &survey, "use Survey::")
        + refuses("cpp_skipped", &both, &listed, "use skipped()")
        + refuses("cpp_statuses", &both, &statuses, "use all()")
        + refuses("cpp_caches", &both, &caches, "use &cache")
        + refuses("cpp_old_claims", &both, &claims, "use access_token_claims()")
        + refuses("cpp_attempts", &both, &attempts, "use Attempt::poll()");
    say(format!("C++ old names: {refused} refused, and as many new ones compile"));
}

/// No `Status` can be made from a bool: false would be a success.
#[test]
fn bools_are_no_statuses() {
    let pairs = [
        ("(void)tesseral::Status(0);", "(void)tesseral::Status(false);"),
        ("(void)tesseral::Status(0u);", "const auto r = f(); (void)tesseral::Status(r->has_permission(text));"),
        ("(void)tesseral::Status{std::uint32_t{7001}};", "(void)tesseral::Status{n.is_ready()};"),
        ("(void)(b.verify(v, 0) == 0);", "(void)(b.verify(v, 0) == false);"),
        ("(void)(b.verify(v, 0) != TESSERAL_OK);", "(void)(b.verify(v, 0) != true);"),
        ("(void)b.verify(v, 0).ok();", "if (b.verify(v, 0)) m.len = 0;"),
    ];
    let (deleted, inconvertible) = pairs.split_at(5);
    let refused = refuses("cpp_bools", &["g++", "clang++"], deleted, "deleted")
        + refuses("cpp_bools", &["g++", "clang++"], inconvertible, "bool");
    say(format!("C++ bools: {refused} refused, and as many neighbours compile"));
}

/// How many bad statements were refused, with these words; the good statement beside each compiles.
fn refuses(name: &str, compilers: &[&str], pairs: &[(&str, &str)], words: &str) -> usize {
    let directory = fresh_directory(name);
    let mut refused = 0;
    for (compiler, (good, bad)) in compilers.iter().flat_map(|compiler| pairs.iter().map(move |pair| (compiler, pair)))
    {
        for (statement, compiles) in [(good, true), (bad, false)] {
            let file = directory.join("statement.cpp");
            let text = format!(
                "#include <tesseral_verify.hpp>\ntesseral::Result<tesseral::Auth> f();\n\
                 void g(const std::string &text, tesseral::VerifierView v, tesseral::Memory m, tesseral::Cache &c,\n\
                 tesseral::Headers &h, tesseral::Options &o, tesseral::Batch &b, tesseral::AuthenticatorOptions &a,\n\
                 const tesseral::Authenticator &n) {{ (void)text; (void)v; (void)m; (void)c; (void)h; (void)o; (void)b;\n\
                 (void)a; (void)n; {{ {statement} }} }}\n"
            );
            fs::write(&file, text).unwrap();
            let mut cc = Command::new(compiler);
            cc.args(["-std=c++11", "-fsyntax-only", "-DTESSERAL_VERIFY_STD", "-I"])
                .arg(root().join("include"))
                .arg("-I");
            let output = output(cc.arg(root().join("bindings/cpp")).arg(&file));
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.success(), compiles, "{compiler}: {statement}\n{said}");
            assert!(compiles || said.contains(words), "{compiler}: {statement}\n{said}");
            refused += usize::from(!compiles);
        }
    }
    refused
}

/// The list of revoked sessions and users, in the oldest dialect and the newest, with sanitizers and under memcheck.
#[test]
fn lists_revoke() {
    let (project, snapshot) = project("cpp_revoked");
    let claims = project.claims(NOW);
    let arguments = [project.mint(&claims), project.id.clone(), claims.session_id, claims.user_id, NOW.to_string()];
    let sanitized = [&["-std=c++20"][..], &SANITIZE].concat();
    let core = [&["-std=c++14", "-UTESSERAL_VERIFY_STD"][..], &QUIET].concat();
    for (compiler, library, flags) in
        [("clang++", "", vec!["-std=c++11", "-O2"]), ("g++", "", sanitized), ("g++", "_core", core)]
    {
        let program =
            compile_cpp(compiler, &[&source("revoked.cpp")], library, &fresh_directory("cpp_revoked_bin"), &flags);
        say(run(Command::new(&program).arg(&snapshot).args(&arguments)).trim_end());
        if flags.contains(&"-O2") {
            run(memcheck(&program).arg(&snapshot).args(&arguments));
        }
    }
}
