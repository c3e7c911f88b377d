//! Keys of the JSON API.

use roomkey_core::{
    account::{Scope, User},
    ids::{ApiKeyId, UserId},
    text::Title,
    token::Token,
};
use roomkey_store::{ApiKey, StoreError};

use crate::App;

/// What every key starts with, so that people and scanners know one when they see it.
const PREFIX: &str = "rk_";

/// A key that has just been made. It is shown this once.
#[derive(Debug)]
pub struct NewApiKey {
    /// Its name and scopes.
    pub key: ApiKey,
    /// The secret behind the prefix.
    token: Token,
}

impl NewApiKey {
    /// The key itself.
    pub fn expose(&self) -> String {
        format!("{PREFIX}{}", self.token.expose())
    }
}

/// Who calls the API with a key.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The key.
    pub key: ApiKey,
    /// Whose it is.
    pub host: User,
}

impl Caller {
    /// Whether the key may do that.
    pub fn may(&self, needed: Scope) -> bool {
        self.key.scopes.iter().any(|scope| scope.covers(needed))
    }
}

impl App {
    /// Makes a key.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_api_key(
        &self,
        host: UserId,
        name: Title,
        mut scopes: Vec<Scope>,
    ) -> Result<NewApiKey, StoreError> {
        scopes.sort_unstable();
        scopes.dedup();
        let now = self.now();
        let key = ApiKey { id: ApiKeyId::new(now, self.entropy()), name, scopes };
        let token = Token::new(self.entropy());
        let (stored, hash) = (key.clone(), token.hash());
        self.store.write(move |tx| tx.insert_api_key(&stored, host, hash, now)).await?;
        Ok(NewApiKey { key, token })
    }

    /// Whose key it is; none for a text that is no key.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn caller(&self, key: &str) -> Result<Option<Caller>, StoreError> {
        let Some(token) = key.strip_prefix(PREFIX).and_then(|text| text.parse::<Token>().ok())
        else {
            return Ok(None);
        };
        let hash = token.hash();
        let found = self.store.read(move |tx| tx.api_key(hash)).await?;
        Ok(found.map(|(key, host)| Caller { key, host }))
    }
}
