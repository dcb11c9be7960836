//! Makes the operations of the trace: first those that are chosen by hand, then a fixed random sequence.

mod answers;
mod chance;
mod recorder;
mod refresh;

use recorder::Recorder;

/// The whole trace as text.
pub fn record() -> String {
    let mut recorder = Recorder::new();
    refresh::by_intention(&mut recorder);
    for seed in 1..=3 {
        chance::refresh(&mut recorder, seed);
    }
    answers::by_intention(&mut recorder);
    for seed in 4..=6 {
        chance::answers(&mut recorder, seed);
    }
    recorder.text()
}
