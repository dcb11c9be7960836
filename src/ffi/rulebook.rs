//! The rulebook's two state machines, for programs with a transport of their own. Their state lies in the caller's memory.

mod answers;
mod constants;
mod kids;
mod place;
mod refresh;
mod request;
mod rules;
mod types;

pub use answers::*;
pub use constants::*;
pub use kids::*;
pub use refresh::*;
pub use request::*;
pub use types::*;
