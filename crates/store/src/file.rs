use std::{fs::File, os::unix::fs::OpenOptionsExt};

/// How files beside the database are made: for nobody else on the machine to read.
pub(crate) fn private() -> std::fs::OpenOptions {
    let mut options = File::options();
    options.create(true).truncate(false).write(true).mode(0o600);
    options
}
