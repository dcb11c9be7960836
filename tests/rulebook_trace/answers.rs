//! Operations about API keys that are chosen by hand, one for each rule.

use crate::scenario::recorder::{Recorder, number_of};

const WALL: i64 = 1_750_000_000_000;
const RULES: &str = "answers.rules 0 5000 5000 64 8388608";
const CACHED: &str = "answers.rules 30000 5000 5000 64 8388608";

pub fn by_intention(r: &mut Recorder) {
    (r.steady, r.wall) = (1_000, WALL);
    r.note("Sizes, and memory that holds no state.");
    for size in ["0 1", "1 0", "65537 1", "1 257", "1 1", "17 3", "65536 256"] {
        r.run(&format!("answers.size {size}"));
    }
    r.ask(1, 0);
    r.run("answers.init 0 1 3");
    r.run("answers.init 64 257 3");

    r.note("One question at a time, all within one millisecond: it answers those who came before it was sent.");
    r.run("answers.init 64 8 3");
    r.run(RULES);
    for wrong in ["3600001 0 1 1 1", "0 3600001 1 1 1", "0 0 600001 1 1"] {
        r.run(&format!("answers.rules {wrong}"));
    }
    r.timed("answers.known 1 1");
    let first = r.send(1);
    let (second, third) = (r.wait(1), r.wait(1));
    r.answer(1, &first, "good 9 100");
    r.timed("answers.known 1 1");
    r.ask(1, number_of(&first));
    let question = r.send_with(1, second);
    r.ask(1, third);
    let later = r.wait(1);
    r.answer(1, &question, "good 10 100");
    for ticket in [third, second, number_of(&first)] {
        r.ask(1, ticket);
    }
    let question = r.send_with(1, later);
    r.answer(1, &question, "good 11 100");
    r.answer(1, &format!("4 {} {}", r.steady, r.wall), "not_permitted 0 0");
    r.ask(1, later);
    r.run("answers.len");

    r.note("A ticket is good for as long as a question may take.");
    r.pass(9_999);
    r.ask(1, later);
    r.pass(1);
    let question = r.send_with(1, later);
    let late = r.wait(1);
    r.pass(10_000);
    r.ask(1, number_of(&question));
    let question = r.send_with(1, late);
    r.answer(1, &question, "good 12 100");
    r.ask(1, late);
    let question = r.send_with(1, u64::MAX);
    r.ask(1, u64::MAX);
    r.answer(1, &question, "good 13 100");

    r.note("Without a time to live, a refusal and a failure are for those who came before the question was sent.");
    r.run("answers.rules 0 0 5000 64 8388608");
    for (key, verdict) in [(5, "invalid 0 0"), (6, "not_permitted 0 0"), (7, "failed 0 0")] {
        let first = r.send(key);
        let (second, third) = (r.wait(key), r.wait(key));
        r.answer(key, &first, verdict);
        r.ask(key, number_of(&first));
        let question = r.send_with(key, second);
        r.pass(10);
        r.answer(key, &question, verdict);
        r.ask(key, third);
        r.ask(key, second);
        r.pass(10_000);
        let question = r.send_with(key, third);
        r.answer(key, &question, &format!("good {} 100", 30 + key));
    }
    r.run(RULES);

    r.note("Who sent a question is gone: one of those who wait sends the next.");
    let first = r.send(8);
    let (second, third) = (r.wait(8), r.wait(8));
    r.run(&format!("answers.abandoned 2 8 {first}"));
    r.ask(8, second);
    r.run(&format!("answers.abandoned 1 8 {first}"));
    let question = r.send_with(8, third);
    r.run(&format!("answers.abandoned 1 8 {first}"));
    r.ask(8, second);
    r.answer(8, &first, "good 38 100");
    r.answer(8, &question, "failed 0 0");
    r.run(&format!("answers.abandoned 1 8 {question}"));
    r.ask(8, second);

    r.note("The asker's own time to live, by the age of the question; another scope knows nothing.");
    r.run(CACHED);
    let question = r.send(2);
    r.pass(2_000);
    r.answer(2, &question, "good 10 100");
    r.pass(27_999);
    r.ask(2, 0);
    r.timed("answers.known 1 2");
    r.timed("answers.known 2 2");
    r.timed("answers.ask 2 2 0");
    r.wall += 1;
    r.ask(2, 0);
    r.wall -= 1_000_000;
    r.ask(2, 0);
    r.run(RULES);
    r.ask(2, 0);

    r.note("A refusal holds; a failure is for those who waited.");
    let question = r.send(3);
    r.answer(3, &question, "invalid 0 0");
    r.timed("answers.known 1 3");
    r.pass(4_999);
    r.timed("answers.known 1 3");
    r.ask(3, 0);
    r.pass(1);
    let question = r.send(3);
    let ticket = r.wait(3);
    r.pass(100);
    r.answer(3, &question, "failed 0 0");
    r.timed("answers.known 1 3");
    r.ask(3, number_of(&question));
    let question = r.send_with(3, ticket);
    r.answer(3, &question, "not_permitted 0 0");
    r.timed("answers.known 1 3");

    r.note("Late answers count by their number; unknown questions and bodies without a keeper are dropped.");
    r.pass(20_000);
    let late = r.send(4);
    r.pass(10_000);
    let next = r.send(4);
    r.answer(4, &next, "good 20 50");
    r.answer(4, &late, "good 21 50");
    r.answer(4, "999 1 2", "good 22 50");
    r.answer(4, &late, "invalid 0 0");
    r.pass(1);
    let newer = r.send(4);
    r.answer(4, &newer, "good 23 50");
    r.run("answers.len");

    r.note("Too many questions: a quarter is for keys that were good. Lost questions end by themselves.");
    let lost = r.send(100);
    for key in 101..110 {
        r.ask(key, 0);
    }
    r.ask(4, 0);
    r.ask(110, 0);
    r.run("answers.rules 0 5000 5000 1 8388608");
    r.ask(111, 0);
    r.run(RULES);
    r.pass(9_999);
    r.ask(112, 0);
    r.pass(1);
    r.ask(112, 0);
    r.ask(100, number_of(&lost));

    r.note("A process died inside a call: questions are forgotten, answers stay.");
    r.run(CACHED);
    r.run("answers.tear");
    r.run("answers.recoveries");
    r.ask(112, 0);
    r.run("answers.recoveries");
    r.ask(4, 0);
    r.run("answers.len");

    r.note("Memory of another version, and back.");
    r.run("answers.alien");
    r.ask(4, 0);
    r.timed("answers.known 1 4");
    r.answer(4, "1 2 3", "invalid 0 0");
    r.run("answers.abandoned 1 4 1 2 3");
    r.timed("answers.reclaim");
    r.run("answers.len");
    r.run("answers.recoveries");
    r.run("answers.alien");
    r.ask(4, 0);

    r.note("Room: the largest goes first, what is over is swept, and the driver takes one back.");
    r.run("answers.init 32 256 5");
    r.run("answers.rules 30000 5000 5000 256 1000");
    for key in 0..12 {
        let question = r.send(key);
        r.answer(key, &question, &format!("good {} 300", 200 + u64::from(key)));
    }
    r.run("answers.len");
    let question = r.send(200);
    r.answer(200, &question, "good 300 1001");
    r.ask(200, 0);
    r.timed("answers.reclaim");
    r.run("answers.rules 30000 5000 5000 256 8388608");
    for key in 20..120 {
        let question = r.send(key);
        r.answer(key, &question, &format!("good {} 10", 400 + u64::from(key)));
    }
    r.pass(40_000);
    for key in 120..124 {
        let question = r.send(key);
        r.answer(key, &question, "good 0 0");
    }
    while r.timed("answers.reclaim") != "0" {}
    r.run("answers.len");

    r.note("Extremes.");
    r.run("answers.init 65536 256 255");
    (r.steady, r.wall) = (i64::MIN, i64::MIN);
    let question = r.send(255);
    (r.steady, r.wall) = (i64::MAX, i64::MAX);
    r.answer(255, &question, "good 18446744073709551615 18446744073709551615");
    r.ask(255, number_of(&question));
}
