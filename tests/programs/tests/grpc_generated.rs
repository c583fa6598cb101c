//! The checked-in gRPC code is what its `.proto` says.
//!
//! `cargo test -p programs --features generate --test grpc_generated` compares them; with
//! `GENERATE=1` in the environment it writes the code anew.

use std::fs;
use std::path::Path;

#[test]
fn the_code_is_what_the_proto_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/grpc");
    let checked_in = folder.join("generated.rs");
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let files = protox::compile(["dynamo.proto"], [&folder]).unwrap();
    let generator = tonic_prost_build::configure().build_transport(false).out_dir(scratch);
    generator.compile_fds(files).unwrap();
    let fresh = fs::read_to_string(scratch.join("handcrank.programs.rs")).unwrap();
    if std::env::var_os("GENERATE").is_some() {
        fs::write(checked_in, fresh).unwrap();
        return;
    }
    let same = fs::read_to_string(checked_in).unwrap() == fresh;
    assert!(same, "run it again with GENERATE=1, and look at what changed");
}
