#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tesseral_verify_fuzz::revoked::run(input));
