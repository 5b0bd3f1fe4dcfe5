#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| balustrade_fuzz::targets::conditions(bytes));
