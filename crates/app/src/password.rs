//! Password hashing: Argon2id with its recommended parameters, off the async threads, and only so
//! many at once, since each takes 19 MiB and a core.

use std::sync::Arc;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use roomkey_core::random::{self, Entropy};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

/// Hashes computed at once.
const AT_ONCE: usize = 2;

/// No hash could be made: the server is stopping.
#[derive(Debug, thiserror::Error)]
#[error("a password could not be hashed")]
pub struct HashingFailed;

pub(crate) struct PasswordHashing {
    turns: Semaphore,
    entropy: Arc<dyn Entropy>,
}

impl PasswordHashing {
    pub(crate) fn new(entropy: Arc<dyn Entropy>) -> Self {
        Self { turns: Semaphore::new(AT_ONCE), entropy }
    }

    /// The PHC string to store.
    pub(crate) async fn hash(&self, password: SecretString) -> Result<String, HashingFailed> {
        let salt: [u8; 16] = random::bytes(&*self.entropy);
        self.run(move || {
            Argon2::default()
                .hash_password_with_salt(password.expose_secret().as_bytes(), &salt)
                .map(|hash| hash.to_string())
                .map_err(|_| HashingFailed)
        })
        .await?
    }

    /// Whether the password has that hash. Without a hash it does the same work and says no, so
    /// that an unknown address takes as long as a known one.
    pub(crate) async fn verify(
        &self,
        password: SecretString,
        hash: Option<String>,
    ) -> Result<bool, HashingFailed> {
        self.run(move || {
            // An account without a password has a hash that is none.
            let hash = hash.as_deref().filter(|hash| PasswordHash::new(hash).is_ok());
            let known = hash.is_some();
            let hash = hash.unwrap_or(NOBODYS);
            PasswordHash::new(hash).is_ok_and(|hash| {
                Argon2::default()
                    .verify_password(password.expose_secret().as_bytes(), &hash)
                    .is_ok()
            }) && known
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashingFailed> {
        let _turn = self.turns.acquire().await.map_err(|_| HashingFailed)?;
        tokio::task::spawn_blocking(work).await.map_err(|_| HashingFailed)
    }
}

/// The hash of a password that nobody has, with the parameters of all others.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$\
     AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

#[cfg(test)]
mod tests {
    use super::*;

    struct Zeros;

    impl Entropy for Zeros {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    #[tokio::test]
    async fn nobodys_hash_has_everybodys_parameters() {
        let hashing = PasswordHashing::new(Arc::new(Zeros));
        let hash = hashing.hash("correct horse".to_owned().into()).await.unwrap();
        let parameters = |hash: &str| hash.rsplitn(3, '$').nth(2).unwrap().to_owned();
        assert_eq!(parameters(&hash), parameters(NOBODYS));
        assert!(PasswordHash::new(NOBODYS).is_ok());
        assert!(
            hashing.verify("correct horse".to_owned().into(), Some(hash.clone())).await.unwrap()
        );
        assert!(!hashing.verify("correct".to_owned().into(), Some(hash)).await.unwrap());
        assert!(!hashing.verify("correct".to_owned().into(), None).await.unwrap());
        assert!(!hashing.verify("!".to_owned().into(), Some("!".to_owned())).await.unwrap());
    }
}
