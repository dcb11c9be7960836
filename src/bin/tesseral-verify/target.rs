//! The processor that an image is for.

use std::{fmt, str::FromStr};
use tesseral_verify::image::ByteOrder;

/// The name of a target, as rustc and GCC write it, and the byte order of its processor.
///
/// Nothing else of it matters: tables of the portable arithmetic are the same in words of 32 and of 64 bits.
#[derive(Clone, Debug)]
pub struct Target {
    name: String,
    order: ByteOrder,
}

impl Target {
    pub fn byte_order(&self) -> ByteOrder {
        self.order
    }

    pub fn may_have_ifma(&self) -> bool {
        matches!(processor(&self.name), "native" | "x86_64" | "amd64")
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let order = match processor(name) {
            "native" => Some(ByteOrder::NATIVE),
            big if BIG.contains(&big) => Some(ByteOrder::Big),
            // Before the families of little-endian processors, of which these are the other members.
            big if ["armeb", "thumbeb"].iter().any(|family| big.starts_with(family)) => Some(ByteOrder::Big),
            little if LITTLE.iter().any(|family| little.starts_with(family)) => Some(ByteOrder::Little),
            _ => None,
        };
        match order {
            Some(order) => Ok(Self { name: name.to_owned(), order }),
            None => Err("no processor of this name is known; little-endian and big-endian are names, too".to_owned()),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = match self.order {
            ByteOrder::Little => "the least octet first",
            ByteOrder::Big => "the greatest octet first",
        };
        write!(f, "{} ({order})", self.name)
    }
}

/// The first part of a target's name.
fn processor(name: &str) -> &str {
    if name.ends_with("-endian") { name } else { name.split('-').next().unwrap_or(name) }
}

/// Whole names.
const BIG: [&str; 14] = [
    "big-endian",
    "aarch64_be",
    "m68k",
    "mips",
    "mips64",
    "mipsisa32r6",
    "mipsisa64r6",
    "powerpc",
    "powerpc64",
    "ppc",
    "s390x",
    "sparc",
    "sparc64",
    "sparcv9",
];

/// How names begin.
const LITTLE: [&str; 20] = [
    "little-endian",
    "aarch64",
    "amd64",
    "arm",
    "avr",
    "hexagon",
    "i386",
    "i486",
    "i586",
    "i686",
    "loongarch",
    "mips64el",
    "mipsel",
    "mipsisa32r6el",
    "mipsisa64r6el",
    "msp430",
    "powerpc64le",
    "riscv",
    "thumb",
    "x86_64",
];

#[cfg(test)]
mod tests {
    use super::Target;
    use tesseral_verify::image::ByteOrder::{Big, Little};

    #[test]
    fn byte_orders_of_targets() {
        for (name, order) in [
            ("thumbv7em-none-eabihf", Some(Little)),
            ("thumbv6m-none-eabi", Some(Little)),
            ("riscv32imac-unknown-none-elf", Some(Little)),
            ("aarch64-unknown-linux-gnu", Some(Little)),
            ("aarch64_be-unknown-linux-gnu", Some(Big)),
            ("armv7-unknown-linux-gnueabihf", Some(Little)),
            ("armebv7r-none-eabi", Some(Big)),
            ("thumbebv7", Some(Big)),
            ("s390x-unknown-linux-gnu", Some(Big)),
            ("powerpc64-unknown-linux-gnu", Some(Big)),
            ("powerpc64le-unknown-linux-gnu", Some(Little)),
            ("mips-unknown-linux-gnu", Some(Big)),
            ("mipsel-unknown-linux-gnu", Some(Little)),
            ("mips64el-unknown-linux-gnuabi64", Some(Little)),
            ("x86_64-unknown-linux-gnu", Some(Little)),
            ("arm-none-eabi", Some(Little)),
            ("big-endian", Some(Big)),
            ("little-endian", Some(Little)),
            ("pdp11-dec", None),
            ("", None),
        ] {
            assert_eq!(name.parse::<Target>().ok().map(|target| target.byte_order()), order, "{name}");
        }
    }
}
