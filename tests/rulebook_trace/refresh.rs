//! Operations about fetches that are chosen by hand, one for each rule.

use crate::scenario::recorder::Recorder;

const WALL: i64 = 1_750_000_000_000;
const RULES: &str = "refresh.rules 3600000 86400000 10000 5000 1000 16";

pub fn by_intention(r: &mut Recorder) {
    (r.steady, r.wall) = (5_000, WALL);
    r.note("Memory that holds no state.");
    r.timed("refresh.poll");
    r.run("refresh.recoveries");

    r.note("A cold start: requests wait without a place, the background fetches.");
    r.timed("refresh.init 7");
    r.run(RULES);
    for wrong in ["2592000001 1 1 1 1 1", "1 31536000001 1 1 1 1", "1 1 3600001 1 1 1", "1 1 1 600001 1 1"] {
        r.run(&format!("refresh.rules {wrong}"));
    }
    r.run("refresh.rules 1 1 1 1 10001 1");
    r.run("refresh.rules 1 1 1 1 1 65");
    r.timed("refresh.document");
    r.timed("refresh.due_in");
    r.timed("refresh.attention_at");
    r.timed("refresh.is_fetching");
    r.timed("refresh.request document");
    let first = r.fetch();
    r.timed("refresh.request document");
    r.timed("refresh.poll");
    r.pass(800);
    r.timed("refresh.is_fetching");
    r.land(&first, "keys", 11);
    r.timed("refresh.is_fetching");
    r.timed("refresh.document");
    r.timed("refresh.request document");
    r.timed("refresh.request nothing");
    r.timed("refresh.poll");
    r.timed("refresh.due_in");
    r.timed("refresh.attention_at");

    r.note("An unknown kid: one early fetch, then a cooldown that grows.");
    r.pass(20_000);
    r.timed("refresh.request a");
    let wait = r.timed("refresh.request b,c");
    r.timed("refresh.is_fetching");
    let flight = r.fetch();
    r.timed("refresh.request d");
    r.pass(300);
    r.land(&flight, "same", 12);
    let place = wait.strip_prefix("wait ").unwrap().rsplit_once(' ').unwrap().0.to_owned();
    r.run(&format!("refresh.waited {place}"));
    r.run("refresh.waited 1 2");
    r.run("refresh.waited 1 -");
    r.run("refresh.waited 1 64");
    for kid in ["a", "a,b", "a,e", "e"] {
        r.timed(&format!("refresh.request {kid}"));
    }
    r.pass(9_700);
    r.timed("refresh.request e");
    let flight = r.fetch();
    r.pass(100);
    r.land(&flight, "text", 13);
    r.pass(10_000);
    r.timed("refresh.request f");
    r.pass(9_900);
    r.timed("refresh.request a,b,c,d,e,f,g");
    let flight = r.fetch();
    r.land(&flight, "keys", 14);

    r.note("All places are taken; they end by themselves, and one is given back.");
    r.pass(60_000);
    let waits: Vec<_> = (0..18).map(|kid| r.timed(&format!("refresh.request flood{kid}"))).collect();
    assert!(waits[15].starts_with("wait ") && waits[16].starts_with("proceed "), "{waits:?}");
    r.run(&format!("refresh.waited {} 5", r.steady + 1_000));
    r.timed("refresh.request one");
    r.timed("refresh.request two");
    r.pass(1_000);
    r.timed("refresh.request three");

    r.note("Nobody polled for it: the background is frozen, and a request rescues; one in an interval.");
    r.pass(4_001);
    let rescue = r.timed("refresh.request three");
    let flight = rescue.strip_prefix("fetch ").unwrap().rsplit_once(' ').unwrap().0.to_owned();
    r.timed("refresh.request nothing");
    r.pass(200);
    r.timed(&format!("refresh.failed {flight}"));
    r.timed("refresh.attention_at");
    r.pass(4 * 3_600_000);
    r.timed("refresh.request nothing");
    r.timed("refresh.request nothing");

    r.note("That flight is lost, and so is the next; the late one lands while it is newer.");
    r.pass(10_000);
    let lost = r.fetch();
    r.pass(10_000);
    let next = r.fetch();
    r.pass(1_000);
    r.timed(&format!("refresh.failed {lost}"));
    r.land(&lost, "keys", 15);
    r.land(&next, "text", 16);
    r.land(&lost, "keys", 17);
    r.land("99 1 2", "keys", 18);
    r.timed("refresh.document");

    r.note("An outage: the back-off grows to a minute.");
    let mut failures = 0;
    while failures < 9 {
        let result = r.timed("refresh.poll");
        match result.split_once(' ').unwrap() {
            ("fetch", flight) => {
                failures += 1;
                r.timed(&format!("refresh.failed {flight}"));
                r.timed("refresh.due_in");
                r.timed("refresh.request nothing");
                r.timed("refresh.request document");
            }
            (_, until) => r.pass(until.parse::<i64>().unwrap() - r.steady),
        }
    }
    r.pass(86_400_000);
    r.timed("refresh.document");
    r.timed("refresh.request document");

    r.note("Abandoned: a planned flight backs off, an early one keeps its cooldown.");
    r.pass(3_600_000);
    let flight = r.fetch();
    r.land(&flight, "keys", 19);
    r.pass(3_500_000);
    let flight = r.fetch();
    r.timed(&format!("refresh.abandoned {flight}"));
    r.timed("refresh.poll");
    r.pass(1_000);
    let flight = r.fetch();
    r.land(&flight, "same", 20);
    r.pass(20_000);
    r.timed("refresh.request g");
    let flight = r.fetch();
    r.pass(100);
    r.timed(&format!("refresh.abandoned {flight}"));
    r.timed("refresh.request g");
    r.timed("refresh.poll");
    r.timed(&format!("refresh.abandoned {flight}"));

    r.note("A process died inside a call: flights, waits and kids are forgotten, the document stays.");
    r.pass(60_000);
    r.timed("refresh.request h");
    r.fetch();
    r.run("refresh.tear");
    r.run("refresh.recoveries");
    r.timed("refresh.document");
    r.timed("refresh.poll");
    r.run("refresh.recoveries");
    r.run("refresh.tear");
    r.run("refresh.waited 1 1");
    r.run("refresh.recoveries");

    r.note("Memory of another version, and back.");
    r.run("refresh.alien");
    for operation in ["refresh.poll", "refresh.document", "refresh.request document", "refresh.landed 1 2 3 keys 4 5"] {
        r.timed(operation);
    }
    r.run("refresh.renew 9");
    r.run("refresh.recoveries");
    r.run("refresh.alien");
    r.timed("refresh.document");

    r.note("The machine slept, then somebody sets the wall clock, and another process reads an earlier time.");
    r.pass(20 * 3_600_000);
    r.timed("refresh.document");
    r.timed("refresh.poll");
    r.wall += 8 * 3_600_000;
    r.timed("refresh.document");
    r.timed("refresh.request document");
    r.timed("refresh.poll");
    r.wall -= 30 * 3_600_000;
    r.timed("refresh.document");
    r.timed("refresh.due_in");
    r.timed("refresh.poll");
    r.steady -= 3;
    r.timed("refresh.poll");
    r.steady += 10_003;
    let flight = r.fetch();
    r.timed("refresh.request i");
    r.land(&flight, "keys", 21);
    r.timed("refresh.document");

    r.note("A forked child has its own seed, flights and waits.");
    r.pass(30_000);
    r.timed("refresh.request j");
    r.fetch();
    r.run("refresh.renew 8");
    r.timed("refresh.poll");
    r.timed("refresh.request j");
    r.timed("refresh.document");

    r.note("Another state begins where this one is, and has a handle of its own for the document.");
    r.run("refresh.other");
    r.run("refresh.adopt 50");
    r.timed("refresh.init 10");
    r.run("refresh.other");
    r.run("refresh.adopt 50");
    r.run("refresh.other");
    r.run("refresh.adopt 51");
    for operation in ["document", "is_fetching", "due_in", "attention_at", "request nothing"] {
        r.timed(&format!("refresh.{operation}"));
    }
    r.run("refresh.adopt 52");
    r.pass(3_600_000);
    r.timed("refresh.is_fetching");
    let flight = r.fetch();
    r.timed("refresh.is_fetching");
    r.land(&flight, "keys", 53);
    r.timed("refresh.document");
    r.run("refresh.adopt 54");
    r.timed("refresh.document");
    r.timed("refresh.request l");
    r.pass(10_000);
    let flight = r.fetch();
    r.land(&flight, "keys", 55);
    r.run("refresh.other");
    r.run("refresh.adopt 56");
    r.timed("refresh.document");
    r.pass(30_000);

    r.note("Documents from a file.");
    r.timed("refresh.init 9");
    let restore = |r: &mut Recorder, ago: i64, handle: u64| {
        r.timed(&format!("refresh.restore {} {handle} 100", r.wall - ago));
    };
    restore(r, -1, 30);
    restore(r, 86_400_001, 31);
    restore(r, 86_400_000, 32);
    restore(r, 86_400_000, 33);
    restore(r, 1_000, 34);
    restore(r, 2_000, 35);
    r.timed("refresh.document");
    r.timed("refresh.request nothing");
    r.timed("refresh.request k");
    let flight = r.fetch();
    r.land(&flight, "keys", 34);
    restore(r, 0, 36);
    r.pass(10_000);
    r.timed("refresh.document");

    r.note("Extremes.");
    r.timed("refresh.init 255");
    (r.steady, r.wall) = (i64::MAX, i64::MAX);
    r.timed("refresh.poll");
    r.timed("refresh.attention_at");
    r.timed("refresh.restore -9223372036854775808 1 18446744073709551615");
    (r.steady, r.wall) = (i64::MIN, i64::MIN);
    r.timed("refresh.poll");
    r.land("1 9223372036854775807 9223372036854775807", "keys", 40);
    r.timed("refresh.document");
    r.timed("refresh.due_in");
}
