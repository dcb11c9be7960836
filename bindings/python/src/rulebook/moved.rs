//! Conversions between the state machines' types and the named tuples of `tesseral_verify._rulebook`.

use crate::errors;
use pyo3::{
    prelude::*,
    sync::PyOnceLock,
    types::{PyTuple, PyType},
};
use tesseral_verify::{
    Error,
    rulebook::{Act, Ask, Document, Flight, Landed, Moment, Poll, Question, Request, Restored, Taken, Verdict, Wait},
};

type Made<'py> = PyResult<Bound<'py, PyAny>>;

/// The shape of a `Moment`. A plain tuple will do.
pub type GivenMoment = (i64, i64);
/// A `Flight` or a `Question`.
pub type GivenNumbered = (u64, GivenMoment);
/// A `Wait`.
pub type GivenWait = (i64, Option<u32>);
/// A `Document`.
pub type GivenDocument = (u64, GivenMoment, u64, u64, u64, bool, u64);
/// A `Verdict`.
pub type GivenVerdict = (String, u64, u64);

pub fn moment_of((steady, wall): GivenMoment) -> Moment {
    Moment { steady, wall }
}

pub fn flight_of((number, began): GivenNumbered) -> Flight {
    Flight { number, began: moment_of(began) }
}

pub fn question_of((number, sent): GivenNumbered) -> Question {
    Question { number, sent: moment_of(sent) }
}

pub fn wait_of((until, place): GivenWait) -> Wait {
    Wait { until, place }
}

pub fn document_of((number, began, handle, len, _, _, due_percent): GivenDocument) -> Document {
    Document { number, began: moment_of(began), handle, len, due_percent }
}

pub fn verdict_of(py: Python<'_>, (kind, handle, len): GivenVerdict) -> PyResult<Verdict> {
    match &*kind {
        "good" => Ok(Verdict::Good { handle, len }),
        "invalid" => Ok(Verdict::Invalid),
        "not_permitted" => Ok(Verdict::NotPermitted),
        "failed" => Ok(Verdict::Failed),
        _ => Err(errors::raise(py, Error::InvalidArgument)),
    }
}

pub fn poll(py: Python<'_>, poll: Poll) -> Made<'_> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let (act, begun, until) = match poll {
        Poll::Fetch(begun) => ("fetch", Some(flight(py, begun)?), None),
        Poll::InFlight(until) => ("in_flight", None, Some(until)),
        Poll::At(until) => ("at", None, Some(until)),
    };
    named(py, &CLASS, "Poll", (act, begun, until))
}

pub fn request(py: Python<'_>, request: Request) -> Made<'_> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    static WAIT: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let (act, begun, wait) = match request.act {
        Act::Proceed => ("proceed", None, None),
        Act::Wait(Wait { until, place }) => ("wait", None, Some(named(py, &WAIT, "Wait", (until, place))?)),
        Act::Fetch(begun) => ("fetch", Some(flight(py, begun)?), None),
    };
    named(py, &CLASS, "Request", (act, begun, wait, request.wake))
}

pub fn taken(py: Python<'_>, taken: Taken) -> Made<'_> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let (outcome, freed) = match taken {
        Taken::InUse { freed } => ("in_use", freed),
        Taken::Late => ("late", None),
    };
    named(py, &CLASS, "Taken", (outcome, freed))
}

pub fn restored(py: Python<'_>, restored: Restored) -> Made<'_> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let (outcome, freed) = match restored {
        Restored::InUse { freed } => ("in_use", freed),
        Restored::NotNewer => ("not_newer", None),
        Restored::TooOld => ("too_old", None),
        Restored::FromTheFuture => ("from_the_future", None),
    };
    named(py, &CLASS, "Restored", (outcome, freed))
}

pub fn document<'py>(py: Python<'py>, document: &Document, age: u64, usable: bool) -> Made<'py> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let Document { number, began, handle, len, due_percent } = *document;
    named(py, &CLASS, "Document", (number, moment(py, began)?, handle, len, age, usable, due_percent))
}

pub fn ask(py: Python<'_>, ask: Ask) -> Made<'_> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    static QUESTION: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let (act, (known, question, until, ticket)) = match ask {
        Ask::Known(known) => ("known", (Some(verdict(py, known)?), None, None, None)),
        Ask::Send(Question { number, sent }) => {
            let question = named(py, &QUESTION, "Question", (number, moment(py, sent)?))?;
            ("send", (None, Some(question), None, None))
        }
        Ask::Wait { until, ticket } => ("wait", (None, None, Some(until), Some(ticket))),
        Ask::Busy => ("busy", (None, None, None, None)),
    };
    named(py, &CLASS, "Ask", (act, known, question, until, ticket))
}

pub fn landed<'py>(py: Python<'py>, landed: &Landed) -> Made<'py> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    named(py, &CLASS, "Landed", (landed.kept, PyTuple::new(py, landed.freed.handles())?))
}

pub fn verdict(py: Python<'_>, verdict: Verdict) -> Made<'_> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let (kind, handle, len) = match verdict {
        Verdict::Good { handle, len } => ("good", handle, len),
        Verdict::Invalid => ("invalid", 0, 0),
        Verdict::NotPermitted => ("not_permitted", 0, 0),
        Verdict::Failed => ("failed", 0, 0),
    };
    named(py, &CLASS, "Verdict", (kind, handle, len))
}

fn flight(py: Python<'_>, flight: Flight) -> Made<'_> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    named(py, &CLASS, "Flight", (flight.number, moment(py, flight.began)?))
}

fn moment(py: Python<'_>, moment: Moment) -> Made<'_> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    named(py, &CLASS, "Moment", (moment.steady, moment.wall))
}

fn named<'py>(
    py: Python<'py>,
    class: &PyOnceLock<Py<PyType>>,
    name: &str,
    members: impl pyo3::call::PyCallArgs<'py>,
) -> Made<'py> {
    class.import(py, "tesseral_verify._rulebook", name)?.call1(members)
}
