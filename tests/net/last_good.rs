//! The file that keeps the last good document.

use crate::support::{
    ended_well, eventually, forked, fresh_file, ms, ready, say, serve, settings, slug, token, try_slug,
};
use fake_tesseral::{Endpoint, Fault};
use std::{
    fs::{self, File},
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};
use tesseral_verify::{
    limits::FILE_RETRY_MS,
    net::{About, Authenticator, file},
};

#[test]
fn a_cold_start_without_network() {
    let server = serve(141);
    let file = fresh_file("cold.json");
    drop(ready_with_file(&server, &file));
    let honest = server.project().config_document().to_json();
    let content = fs::read_to_string(&file).unwrap();
    let (line, document) = content.split_once('\n').unwrap();
    let began: i64 = line.strip_prefix(&line_before_time(&server)).unwrap().parse().unwrap();
    assert!((now_ms() - 10_000..=now_ms()).contains(&began));
    assert_eq!(document, honest, "octet for octet");
    server.set_fault(Endpoint::Config, Fault::Hang);
    let authenticator = Authenticator::new(settings(&server).last_good_file(&file)).unwrap();
    assert_eq!(try_slug(&authenticator, &token(&server)), "ok", "at once, without waiting");
}

/// Ready, and its file is written.
fn ready_with_file(server: &fake_tesseral::Server, file: &Path) -> Authenticator {
    let authenticator = ready(settings(server).last_good_file(file));
    eventually("the file", ms(5000), || file.exists());
    authenticator
}

fn now_ms() -> i64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis() as i64
}

/// The first line without the time.
fn line_before_time(server: &fake_tesseral::Server) -> String {
    format!("tesseral-last-good 1 {} {} ", server.host(), server.project().publishable_key)
}

#[test]
fn the_first_line_says_what_the_file_is_for_and_how_old() {
    let server = serve(142);
    server.set_fault(Endpoint::Config, Fault::Status(500));
    let document = server.project().config_document().to_json();
    let own = line_before_time(&server);
    let (hour, day) = (3_600_000, 86_400_000);
    let mut ran = 0;
    for (name, line, expected, fault) in [
        ("young", format!("{own}{}", now_ms() - 23 * hour), "ok", None),
        ("old", format!("{own}{}", now_ms() - day - 60_000), "keys_unavailable", Some("file_too_old")),
        ("from the future", format!("{own}{}", now_ms() + hour), "keys_unavailable", Some("file_from_the_future")),
        (
            "another project's",
            format!("tesseral-last-good 1 {} publishable_key_0 {}", server.host(), now_ms()),
            "keys_unavailable",
            Some("file_of_another"),
        ),
        (
            "another host's",
            format!("tesseral-last-good 1 config.tesseral.com {} {}", server.project().publishable_key, now_ms()),
            "keys_unavailable",
            Some("file_of_another"),
        ),
        (
            "of a later format",
            own.replace(" 1 ", " 2 ") + &now_ms().to_string(),
            "keys_unavailable",
            Some("file_unmarked"),
        ),
        ("with a further word", format!("{own}{} x", now_ms()), "keys_unavailable", Some("file_unmarked")),
        ("without a time", own.clone(), "keys_unavailable", Some("file_unmarked")),
    ] {
        let file = fresh_file("line.json");
        fs::write(&file, format!("{line}\n{document}")).unwrap();
        // The file's modification time does not count.
        let long_ago = SystemTime::now() - Duration::from_secs(48 * 3600);
        File::options().append(true).open(&file).unwrap().set_modified(long_ago).unwrap();
        let notices = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&notices);
        let settings = settings(&server)
            .last_good_file(&file)
            .on_notice(move |notice| heard.lock().unwrap().push((notice.about, notice.fault.slug())));
        let authenticator = Authenticator::new(settings).unwrap();
        assert_eq!(try_slug(&authenticator, &token(&server)), expected, "{name}");
        let told: Vec<_> =
            notices.lock().unwrap().iter().filter(|(about, _)| *about == About::LastGoodFile).copied().collect();
        assert_eq!(told, fault.map(|fault| (About::LastGoodFile, fault)).into_iter().collect::<Vec<_>>(), "{name}");
        ran += 1;
    }
    // A plain document, as `snapshot` writes it, has no line that says which host and key it is for.
    let file = fresh_file("line.json");
    fs::write(&file, &document).unwrap();
    let authenticator = Authenticator::new(settings(&server).last_good_file(&file)).unwrap();
    assert_eq!(try_slug(&authenticator, &token(&server)), "keys_unavailable");
    say(&format!("first lines: {ran} ran"));
    assert_eq!(ran, 8);
}

/// Two processes share a file: the one whose fetch began earlier does not replace the other's document.
#[test]
fn a_later_fetch_stays_in_the_file() {
    let server = serve(146);
    let file = fresh_file("later.json");
    let later = format!("{}{}\n{{}}", line_before_time(&server), now_ms() + 60_000);
    fs::write(&file, &later).unwrap();
    let authenticator = ready(settings(&server).last_good_file(&file).refresh_interval(ms(50)));
    eventually("some fetches", ms(5000), || authenticator.stats().refreshes > 3);
    assert_eq!(fs::read_to_string(&file).unwrap(), later);
    fs::write(&file, format!("{}1\n{{}}", line_before_time(&server))).unwrap();
    eventually("its own document", ms(5000), || fs::read_to_string(&file).unwrap().contains("projectId"));
}

#[test]
fn a_bad_file_is_no_obstacle_and_is_replaced() {
    let server = serve(143);
    let honest = server.project().config_document().to_json();
    let mut ran = 0;
    for (name, content) in [
        ("truncated", honest[..honest.len() / 2].to_owned()),
        ("corrupted", honest.replace("\"x\":\"", "\"x\":\"A")),
        ("empty", String::new()),
        ("without keys", r#"{"projectId":"project_1","keys":[]}"#.to_owned()),
        ("too large", honest.trim_end().to_owned() + &" ".repeat(262_145)),
    ] {
        let file = fresh_file("bad.json");
        fs::write(&file, format!("{}{}\n{content}", line_before_time(&server), now_ms())).unwrap();
        server.set_fault(Endpoint::Config, Fault::Hang);
        let authenticator = Authenticator::new(settings(&server).total_timeout(ms(400)).last_good_file(&file)).unwrap();
        assert_eq!(try_slug(&authenticator, &token(&server)), "keys_unavailable", "{name}");
        assert_eq!(authenticator.stats().last_fault.unwrap().fault.slug(), "file_unusable", "{name}");
        server.clear_fault(Endpoint::Config);
        eventually(name, ms(8000), || slug(&authenticator, &token(&server)) == "ok");
        eventually("the good file", ms(5000), || fs::read_to_string(&file).unwrap().ends_with(&format!("\n{honest}")));
        ran += 1;
    }
    say(&format!("bad files: {ran} ran"));
    assert_eq!(ran, 5);
}

#[test]
fn a_file_that_cannot_be_written_is_reported_and_nothing_else() {
    let server = serve(144);
    let authenticator = ready(settings(&server).last_good_file(Path::new("/proc/nowhere/file.json")));
    eventually("the fault", ms(5000), || {
        authenticator.stats().last_fault.is_some_and(|last| last.fault.slug() == "file_unwritable")
    });
    assert_eq!(slug(&authenticator, &token(&server)), "ok");
}

/// Children that are forked while a writer holds the folder's lock inherit it, and must not keep other writers out.
#[cfg(unix)]
#[test]
fn children_do_not_keep_the_folder_locked() {
    let server = serve(147);
    let file = fresh_file("forking/last-good.json");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    let authenticator = ready(settings(&server).last_good_file(&file).refresh_interval(ms(1)));
    let sleep = || {
        std::thread::sleep(ms(4000));
        true
    };
    let children: Vec<_> = (0..40)
        .map(|_| {
            std::thread::sleep(ms(3));
            forked(sleep)
        })
        .collect();
    for _ in 0..3 {
        let before = fs::read(&file).unwrap_or_default();
        eventually("the next write", ms(900), || fs::read(&file).unwrap_or_default() != before);
    }
    assert!(authenticator.stats().last_fault.is_none_or(|last| last.fault.slug() != "file_unwritable"));
    assert!(children.into_iter().all(|child| ended_well(child, ms(20_000))));
}

/// The write is tried again long before the next fetch, and without another fetch.
#[test]
fn a_failed_write_is_tried_again_soon() {
    let server = serve(146);
    let file = fresh_file("later/last-good.json");
    let folder = file.parent().unwrap();
    let _ = fs::remove_dir_all(folder);
    let authenticator = ready(settings(&server).last_good_file(&file));
    eventually("the fault", ms(5000), || authenticator.stats().last_fault.is_some());
    assert_eq!(authenticator.stats().last_fault.unwrap().fault.slug(), "file_unwritable");
    fs::create_dir(folder).unwrap();
    eventually("the file", ms(FILE_RETRY_MS + 3000), || file.exists());
    assert!(fs::read_to_string(&file).unwrap().starts_with(&line_before_time(&server)));
    assert_eq!(authenticator.stats().refreshes, 1);
}

#[test]
fn an_unchanged_document_makes_the_file_young_again() {
    let server = serve(145);
    let path = fresh_file("young.json");
    let authenticator = ready(settings(&server).refresh_interval(ms(100)).last_good_file(&path));
    eventually("the file", ms(5000), || path.exists());
    let first = fs::read_to_string(&path).unwrap();
    eventually("a new time", ms(5000), || fs::read_to_string(&path).unwrap() != first);
    drop(authenticator);
}

/// Readers never see half a file, and nothing is left beside it.
#[test]
fn replacing_is_one_step() {
    let path = fresh_file("step/one.json");
    let folder = path.parent().unwrap();
    fs::create_dir_all(folder).unwrap();
    let documents = [vec![b'a'; 100_000], vec![b'b'; 50_000]];
    file::replace(&path, &documents[0]).unwrap();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| (0..200).for_each(|i| file::replace(&path, &documents[i % 2]).unwrap()));
        let mut read = 0;
        while !writer.is_finished() {
            let (content, _) = file::read(&path).unwrap();
            assert!(documents.contains(&content), "{} octets", content.len());
            read += 1;
        }
        say(&format!("files: {read} reads during 200 replacements"));
        assert!(read > 0);
    });
    assert_eq!(fs::read_dir(folder).unwrap().count(), 1, "nothing is left beside it");
    assert!(file::replace(&folder.join("no/such/folder"), b"x").is_err());
}
