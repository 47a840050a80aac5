//! Stops the commits of a process whose file has failed, until the process has ended.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

static IS_HALTED: AtomicBool = AtomicBool::new(false);

/// Stops all commits of this process, which must end now. Called at the moment of a failed sync: the operating system may
/// have dropped pages that SQLite takes for checkpointed. SQLite would then read old pages from the file, and a commit
/// that is based on them would damage the store for good.
pub fn halt() {
    IS_HALTED.store(true, SeqCst);
}

/// Does not return after [`halt`]. Called before each COMMIT, and before a commit is acknowledged.
pub fn expect_not_halted() {
    if IS_HALTED.load(SeqCst) {
        wait_for_the_end();
    }
}

/// Does not return: another thread ends the process.
pub fn wait_for_the_end() -> ! {
    loop {
        std::thread::park();
    }
}
