//! Secrets that are made at the first start and kept in files under `data_dir`, mode 0600.

use std::{
    fs, io,
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

use anyhow::Context;
use roomkey_core::{room::RoomPassword, token::Token};
use roomkey_store::SecretKey;
use secrecy::SecretString;

use crate::system::SystemEntropy;

/// The secret key in its file; made if there is none.
pub(crate) fn secret_key(data_dir: &Path) -> anyhow::Result<SecretKey> {
    let text = kept(data_dir, "secret-key", || SecretKey::new(&SystemEntropy).to_hex())?;
    text.parse().with_context(|| format!("{}", data_dir.join("secret-key").display()))
}

/// The secret key in its file, if there is one.
pub(crate) fn kept_secret_key(data_dir: &Path) -> anyhow::Result<Option<SecretKey>> {
    let path = data_dir.join("secret-key");
    if path.exists() { secret_key(data_dir).map(Some) } else { Ok(None) }
}

/// The bearer token for Prosody in its file; made if there is none.
pub(crate) fn reservations_token(data_dir: &Path) -> anyhow::Result<SecretString> {
    kept(data_dir, "reservations-token", || Token::new(&SystemEntropy).expose().to_owned())
        .map(Into::into)
}

/// The demo host's password in its file, if there is one.
pub(crate) fn kept_demo_password(data_dir: &Path) -> anyhow::Result<Option<String>> {
    let path = data_dir.join("demo-password");
    if path.exists() { demo_password(data_dir).map(Some) } else { Ok(None) }
}

/// The demo host's password in its file; made if there is none.
pub(crate) fn demo_password(data_dir: &Path) -> anyhow::Result<String> {
    kept(data_dir, "demo-password", || RoomPassword::new(&SystemEntropy).expose().to_owned())
}

/// What the file holds; if there is none, it is made, whole or not at all, and never over one that
/// another process has just made.
fn kept(data_dir: &Path, name: &str, make: impl FnOnce() -> String) -> anyhow::Result<String> {
    let path = data_dir.join(name);
    let read =
        |error| fs::read_to_string(&path).with_context(|| format!("{} {error}", path.display()));
    if path.exists() {
        // Whoever copied it here may have opened it to others. One that is not ours to close is read
        // all the same.
        let _ = fs::set_permissions(&path, fs::Permissions::from_mode(0o600));
        return Ok(read("can not be read")?.trim().to_owned());
    }
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data_dir)
        .with_context(|| format!("data_dir: {} can not be made", data_dir.display()))?;
    let fresh = data_dir.join(format!(".{name}.{}", std::process::id()));
    let secret = make();
    let written = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&fresh)
        .and_then(|mut file| writeln!(file, "{secret}").and_then(|()| file.sync_all()))
        .and_then(|()| match fs::hard_link(&fresh, &path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => fs::remove_file(&fresh),
        });
    written.with_context(|| format!("{} can not be written", path.display()))?;
    Ok(read("can not be read")?.trim().to_owned())
}
