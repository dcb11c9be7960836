//! `bake`: a snapshot as an image.

use crate::{
    input::{IssuerArgs, LimitArgs, clock, document},
    report::{Fault, Report},
    target::Target,
    words::{counted, quoted},
};
use clap::{Args, ValueEnum};
use std::{fmt::Write as _, path::PathBuf};
use tesseral_verify::{Profile, Verifier, image, net::file};

/// Make an image of a snapshot, from which a verifier starts without building tables
///
/// The image has the keys, their tables and the policy. It can lie in flash, and is opened with tesseral_verifier_open() in
/// C and Verifier::open in Rust. Whoever can change it decides who gets in: keep the digest that is printed where only you
/// can write, or the image itself.
#[derive(Args)]
#[command(after_help = "\
Exit status:
  0  the image is written
  2  usage error, or the snapshot is refused: the file is as it was")]
pub struct Bake {
    /// Configuration document or plain JWKS
    snapshot: PathBuf,
    /// Size of a key's table: 1 KiB, 16 KiB or 256 KiB. A larger one makes tokens faster to verify
    #[arg(long)]
    profile: Size,
    /// The processor that opens the image: `native`, or a target such as thumbv7em-none-eabihf or s390x-unknown-linux-gnu
    #[arg(long, value_name = "NAME", default_value = "native")]
    target: Target,
    /// Tables for AVX-512 IFMA and AVX-IFMA: profile server, on and for processors that have one of them
    #[arg(long)]
    ifma: bool,
    #[command(flatten)]
    issuer: IssuerArgs,
    #[command(flatten)]
    limits: LimitArgs,
    /// Requests may carry an API key
    #[arg(long)]
    api_keys: bool,
    /// Days after which the image accepts nothing any more; withdrawn keys are accepted until then
    #[arg(long, value_name = "DAYS", default_value_t = 365, value_parser = clap::value_parser!(u32).range(1..=36_500))]
    days: u32,
    /// When the image is made, in seconds since 1970-01-01T00:00:00Z [default: the system's clock]
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    now: Option<i64>,
    /// File to write: C source when its name ends in .c, else the octets
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum Size {
    Tiny,
    Compact,
    Server,
}

impl Bake {
    pub fn run(&self) -> Result<Report, Fault> {
        let document = document(&self.snapshot)?;
        let options = self.limits.apply(self.issuer.options()).profile(self.profile()).api_keys(self.api_keys);
        let options = if self.ifma { options } else { options.portable() };
        let verifier = self.issuer.load(&document, &options)?;
        if self.ifma && !(self.target.may_have_ifma() && verifier.snapshot().engine_name().ends_with("-ifma")) {
            let text =
                "--ifma needs --profile server, and a processor with AVX-512 IFMA or AVX-IFMA, here and as the target";
            return Err(Fault::Usage(text.into()));
        }
        let made = self.now.unwrap_or_else(clock);
        let not_after = made.saturating_add(i64::from(self.days).saturating_mul(DAY_SECONDS));
        let octets = verifier.to_image(self.target.byte_order(), made, not_after).map_err(Fault::Unexpected)?;
        let image = Image { digest: image::digest(&octets), octets, not_after };
        let source = self.out.extension().is_some_and(|extension| extension == "c");
        let content = if source { image.to_c().into_bytes() } else { image.octets.clone() };
        file::replace_or_touch(&self.out, &content)
            .map_err(|error| Fault::Usage(format!("the image cannot be written: {error}")))?;
        let stdout = image.describe(&verifier, &self.target);
        Ok(Report { stdout, ..Report::default() })
    }

    fn profile(&self) -> Profile {
        match self.profile {
            Size::Tiny => Profile::Tiny,
            Size::Compact => Profile::Compact,
            Size::Server => Profile::Server,
        }
    }
}

const DAY_SECONDS: i64 = 86_400;

struct Image {
    octets: Vec<u8>,
    digest: [u8; 32],
    not_after: i64,
}

impl Image {
    fn describe(&self, verifier: &Verifier<'_>, target: &Target) -> String {
        let snapshot = verifier.snapshot();
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "issuer     {}", quoted(verifier.policy().issuer()));
        let _ = writeln!(text, "engine     {}, for {target}", snapshot.engine_name());
        let _ = writeln!(text, "keys       {}", snapshot.keys().len());
        for key in snapshot.keys() {
            let _ = writeln!(text, "           {}", quoted(key.kid()));
        }
        if snapshot.keys_skipped() > 0 {
            let keys = counted(u64::try_from(snapshot.keys_skipped()).unwrap_or(u64::MAX), "key");
            let _ = writeln!(text, "skipped    {keys}: `tesseral-verify inspect` says why");
        }
        let _ = writeln!(text, "not after  {} (seconds since 1970-01-01T00:00:00Z)", self.not_after);
        let _ = writeln!(text, "image      {} octets", self.octets.len());
        let _ = writeln!(text, "sha256     {}", hex(&self.digest));
        text
    }

    /// C99 or newer, without a header of ours. The array is aligned by its union with numbers of 64 bits where the compiler
    /// has no alignment specifier.
    fn to_c(&self) -> String {
        let mut text = String::from(C_START);
        let _ = writeln!(text, "const uint8_t tesseral_image_digest[32] = {{\n{}}};\n", rows(&self.digest));
        let _ = writeln!(text, "const size_t tesseral_image_len = {};\n", self.octets.len());
        let _ = writeln!(text, "TESSERAL_IMAGE_ALIGNED const uint8_t tesseral_image[{}] = {{", self.octets.len());
        text + &rows(&self.octets) + "};\n"
    }
}

const C_START: &str = "\
/*
 * An image of a snapshot, made by tesseral-verify bake. Open it with tesseral_verifier_open().
 *
 *     extern const uint8_t tesseral_image[];
 *     extern const size_t tesseral_image_len;
 *     extern const uint8_t tesseral_image_digest[32];
 */
#include <stddef.h>
#include <stdint.h>

#if defined(__cplusplus) && __cplusplus >= 201103L
#define TESSERAL_IMAGE_ALIGNED alignas(64)
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define TESSERAL_IMAGE_ALIGNED _Alignas(64)
#else
#define TESSERAL_IMAGE_ALIGNED __attribute__((aligned(64)))
#endif

extern const uint8_t tesseral_image_digest[32];
extern const size_t tesseral_image_len;
extern const uint8_t tesseral_image[];

";

/// Numbers of C, sixteen in a row.
fn rows(octets: &[u8]) -> String {
    let row = |row: &[u8]| {
        let numbers: Vec<_> = row.iter().map(|octet| format!("0x{octet:02x},")).collect();
        format!("    {}\n", numbers.join(" "))
    };
    octets.chunks(16).map(row).collect()
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
