//! How the C code of the binary is compiled.

use std::fs;

use crate::command_line::BINARY;

/// Review L8. Compilers add the call only if they are asked for stack protectors, or protect by default.
#[test]
fn a_buffer_of_c_code_that_is_written_past_its_end_ends_the_process() {
    let binary = fs::read(BINARY).unwrap();
    let call = b"__stack_chk_fail";
    assert!(binary.windows(call.len()).any(|bytes| bytes == call), "no C code checks its stack (.cargo/config.toml)");
}
