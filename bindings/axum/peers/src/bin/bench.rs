//! An application without a layer, with ours, with one made of jsonwebtoken and with Tesseral's, under wrk and without HTTP. All
//! answers are checked before anything is measured. Prints `figure` lines.

#[path = "bench/jwt.rs"]
mod jwt;

use axum::{
    Router,
    body::{self, Body},
    http::{Request, header},
    routing::get,
};
use fake_tesseral::{Project, jws};
use peers::{our_layer, serve, their_layer};
use std::{error::Error, fs, hint::black_box, process::Command, thread, time::Instant};
use tesseral_verify::{Options, Verifier, net::unix_time};
use tokio::{net::TcpListener, runtime};
use tower::ServiceExt as _;

type Fault = Box<dyn Error + Send + Sync>;

const TOKENS: u32 = 512;
const ROUNDS: usize = 7;

fn main() -> Result<(), Fault> {
    let ca_file = std::env::var("SSL_CERT_FILE")?;
    let server = serve(Project::new(411), ca_file.as_ref());
    let (document, tokens) = {
        let project = server.project();
        let now = unix_time();
        let tokens: Vec<_> = (0..TOKENS).map(|user| project.mint(&project.claims_of(user, now))).collect();
        (project.config_document().to_json(), tokens)
    };
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let route = || Router::new().route("/", get(async || "hello"));
    let apps = runtime.block_on(async {
        Ok::<_, Fault>([
            ("none", route()),
            ("ours", route().layer(our_layer(&server))),
            ("jsonwebtoken", jwt::layer(route(), jwt::Keys::new(&document)?)),
            ("tesseral_axum", route().layer(their_layer(&server))),
        ])
    })?;
    let tampered = jws::tamper(&tokens[0]).ok_or("no token")?;
    for (name, app) in &apps {
        for token in &tokens {
            assert_eq!(runtime.block_on(ask(app, token))?, (200, "hello".to_owned()), "{name}");
        }
        assert_eq!(runtime.block_on(ask(app, &tampered))?.0, if *name == "none" { 200 } else { 401 }, "{name}");
    }
    verifying(&document, &tokens)?;
    layers(&runtime, &apps, &tokens)?;
    under_wrk(&apps, &tokens)
}

async fn ask(app: &Router, token: &str) -> Result<(u16, String), Fault> {
    let request = Request::builder().header(header::AUTHORIZATION, format!("Bearer {token}")).body(Body::empty())?;
    let response = app.clone().oneshot(request).await?;
    let status = response.status().as_u16();
    let body = body::to_bytes(response.into_body(), 4096).await?;
    Ok((status, String::from_utf8(body.to_vec())?))
}

/// One token, without a layer.
fn verifying(document: &str, tokens: &[String]) -> Result<(), Fault> {
    let verifier = Verifier::load_owned(document.as_bytes(), &Options::new()).map_err(|refused| refused.error)?;
    let keys = jwt::Keys::new(document)?;
    let mut scratch = vec![0; verifier.scratch_len()];
    let now = unix_time();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(busy(tokens.len(), || {
            for token in tokens {
                assert!(black_box(verifier.verify_token(token.as_bytes(), now, None, &mut scratch)).is_ok());
            }
            Ok(())
        })?);
        theirs.push(busy(tokens.len(), || {
            for token in tokens {
                assert!(black_box(keys.verify(token)).is_some());
            }
            Ok(())
        })?);
    }
    let (ours, theirs) = (median(ours), median(theirs));
    println!("figure rust_verify_us {ours:.2} us");
    println!("figure rust_verify_vs_jsonwebtoken {:.1} x", theirs / ours);
    Ok(())
}

/// What each layer adds to a request, in processor time of this thread.
fn layers(runtime: &runtime::Runtime, apps: &[(&str, Router)], tokens: &[String]) -> Result<(), Fault> {
    let mut times = vec![Vec::new(); apps.len()];
    for _ in 0..ROUNDS {
        for ((_, app), times) in apps.iter().zip(&mut times) {
            times.push(busy(tokens.len(), || {
                runtime.block_on(async {
                    for token in tokens {
                        assert_eq!(ask(app, token).await?.0, 200);
                    }
                    Ok(())
                })
            })?);
        }
    }
    let times: Vec<_> = times.into_iter().map(median).collect();
    let added: Vec<_> = times.iter().map(|time| time - times[0]).collect();
    for ((name, _), added) in apps.iter().zip(&added).skip(1) {
        println!("figure axum_{name}_us {added:.2} us");
    }
    println!("figure axum_ours_vs_jsonwebtoken {:.1} x", added[2] / added[1]);
    println!("figure axum_ours_vs_tesseral_axum {:.1} x", added[3] / added[1]);
    Ok(())
}

/// Requests per second over HTTP: one thread serves, and wrk has another one.
fn under_wrk(apps: &[(&str, Router)], tokens: &[String]) -> Result<(), Fault> {
    let script = std::env::temp_dir().join(format!("tesseral-axum-{}.lua", std::process::id()));
    let list: Vec<_> = tokens.iter().map(|token| format!("\"Bearer {token}\"")).collect();
    fs::write(
        &script,
        format!(
            "local tokens, next = {{{}}}, 0\nfunction request()\n  next = next % #tokens + 1\n  \
             return wrk.format('GET', '/', {{['Authorization'] = tokens[next]}})\nend\n",
            list.join(",")
        ),
    )?;
    let mut addresses = Vec::new();
    for (_, app) in apps {
        let (app, (give, get)) = (app.clone(), std::sync::mpsc::channel());
        thread::spawn(move || -> Result<(), Fault> {
            runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await?;
                give.send(listener.local_addr()?)?;
                Ok(axum::serve(listener, app).await?)
            })
        });
        addresses.push(get.recv()?);
    }
    let mut rates = vec![Vec::new(); apps.len()];
    for _ in 0..3 {
        for (address, rates) in addresses.iter().zip(&mut rates) {
            let run = Command::new("wrk")
                .args(["-t1", "-c32", "-d3s", "-s"])
                .arg(&script)
                .arg(format!("http://{address}/"))
                .output()?;
            let text = String::from_utf8(run.stdout)?;
            assert!(!text.contains("Non-2xx") && !text.contains("Socket errors"), "{text}");
            let rate = text.lines().find_map(|line| line.strip_prefix("Requests/sec:")).ok_or("wrk")?;
            rates.push(rate.trim().parse::<f64>()?);
        }
    }
    fs::remove_file(&script)?;
    for ((name, _), rates) in apps.iter().zip(rates) {
        println!("figure axum_{name}_requests_per_second {:.0} /s", median(rates));
    }
    Ok(())
}

/// Microseconds of processor time for one of `count` things; of the clock where the system does not tell.
fn busy(count: usize, work: impl FnOnce() -> Result<(), Fault>) -> Result<f64, Fault> {
    let used = || fs::read_to_string("/proc/thread-self/schedstat").ok()?.split(' ').next()?.parse::<f64>().ok();
    let (start, before) = (Instant::now(), used());
    work()?;
    let nanoseconds = match (before, used()) {
        (Some(before), Some(after)) => after - before,
        _ => start.elapsed().as_nanos() as f64,
    };
    Ok(nanoseconds / 1e3 / count as f64)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
