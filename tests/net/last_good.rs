//! The file that keeps the last good document.

use crate::support::{eventually, fresh_file, ms, ready, say, serve, settings, slug, token, try_slug};
use fake_tesseral::{Endpoint, Fault};
use std::{
    fs::{self, File},
    path::Path,
    time::{Duration, SystemTime},
};
use tesseral_verify::net::{Authenticator, file};

#[test]
fn a_cold_start_without_network() {
    let server = serve(141);
    let file = fresh_file("cold.json");
    drop(ready_with_file(&server, &file));
    let honest = server.project().config_document().to_json();
    assert_eq!(fs::read_to_string(&file).unwrap(), honest, "octet for octet");
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

#[test]
fn the_age_of_the_file_is_its_time() {
    let server = serve(142);
    server.set_fault(Endpoint::Config, Fault::Status(500));
    let document = server.project().config_document().to_json();
    let day = Duration::from_secs(24 * 3600);
    let mut ran = 0;
    for (name, time, expected) in [
        ("young", SystemTime::now() - Duration::from_secs(23 * 3600), "ok"),
        ("old", SystemTime::now() - day - Duration::from_secs(60), "keys_unavailable"),
        ("from the future", SystemTime::now() + day, "ok"),
    ] {
        let file = fresh_file("age.json");
        fs::write(&file, &document).unwrap();
        File::options().append(true).open(&file).unwrap().set_modified(time).unwrap();
        let authenticator = Authenticator::new(settings(&server).last_good_file(&file)).unwrap();
        assert_eq!(try_slug(&authenticator, &token(&server)), expected, "{name}");
        ran += 1;
    }
    assert_eq!(ran, 3);
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
        fs::write(&file, content).unwrap();
        server.set_fault(Endpoint::Config, Fault::Hang);
        let authenticator = Authenticator::new(settings(&server).total_timeout(ms(400)).last_good_file(&file)).unwrap();
        assert_eq!(try_slug(&authenticator, &token(&server)), "keys_unavailable", "{name}");
        assert_eq!(authenticator.stats().last_fault.unwrap().fault.slug(), "file_unusable", "{name}");
        server.clear_fault(Endpoint::Config);
        eventually(name, ms(8000), || slug(&authenticator, &token(&server)) == "ok");
        eventually("the good file", ms(5000), || fs::read_to_string(&file).unwrap() == honest);
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

#[test]
fn an_unchanged_document_makes_the_file_young_again() {
    let server = serve(145);
    let path = fresh_file("young.json");
    let authenticator = ready(settings(&server).refresh_interval(ms(100)).last_good_file(&path));
    eventually("the file", ms(5000), || path.exists());
    let old = SystemTime::now() - Duration::from_secs(3600);
    File::options().append(true).open(&path).unwrap().set_modified(old).unwrap();
    eventually("a new time", ms(5000), || file::read(&path).unwrap().1 < Duration::from_secs(60));
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
