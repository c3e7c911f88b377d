use std::sync::Arc;

use roomkey_core::{
    ids::OutboxId,
    notice::Notice,
    proof_key::ProofKey,
    random::Entropy,
    site::Site,
    time::{Clock, Instant},
    token::Token,
};
use roomkey_store::{SecretKey, Store, StoreError, Tx};
use tokio::sync::Notify;

use crate::{TokenIssuers, password::PasswordHashing};

/// What the use cases work with.
pub struct AppOptions {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
    /// What links are made from.
    pub site: Site,
    /// Sign the tokens of those Jitsis that take some.
    pub issuers: TokenIssuers,
    /// Signs what a browser brings back.
    pub secret_key: SecretKey,
    /// Whether attempts and bookings are limited; off only for load tests.
    pub limits: bool,
    /// Who shows that an address is theirs.
    pub email_proof: EmailProof,
    /// Told when mail was put into the outbox.
    pub mail_due: Arc<Notify>,
}

/// Which customers are asked to show that the address they give is theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmailProof {
    /// Those of event types that ask for it.
    PerEventType,
    /// All.
    Always,
}

/// The use cases. Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub(crate) store: Store,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) site: Arc<Site>,
    pub(crate) issuers: Arc<TokenIssuers>,
    pub(crate) csrf_key: Arc<[u8; 32]>,
    pub(crate) proof_key: ProofKey,
    pub(crate) limits: bool,
    pub(crate) email_proof: EmailProof,
    pub(crate) mail_due: Arc<Notify>,
    pub(crate) waiting_due: Arc<Notify>,
    pub(crate) passwords: Arc<PasswordHashing>,
    pub(crate) setup_token: Arc<Token>,
}

impl App {
    /// Puts the use cases together.
    pub fn new(options: AppOptions) -> Self {
        let AppOptions {
            store,
            clock,
            entropy,
            site,
            issuers,
            secret_key,
            limits,
            email_proof,
            mail_due,
        } = options;
        Self {
            setup_token: Arc::new(Token::derived(&secret_key.derive("setup token"))),
            passwords: Arc::new(PasswordHashing::new(Arc::clone(&entropy))),
            csrf_key: Arc::new(secret_key.derive("csrf tokens")),
            proof_key: secret_key.proof_key(),
            site: Arc::new(site),
            issuers: Arc::new(issuers),
            store,
            clock,
            entropy,
            limits,
            email_proof,
            mail_due,
            waiting_due: Arc::default(),
        }
    }

    /// What links are made from.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// The database.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The present moment.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Chance.
    pub fn entropy(&self) -> &dyn Entropy {
        &*self.entropy
    }

    /// Wakes the mail worker, and whoever looks after waiting lists: a transaction was committed that may have put mail
    /// into the outbox, and may have freed a time.
    pub(crate) fn wake_mail(&self) {
        self.mail_due.notify_one();
        self.waiting_due.notify_one();
    }
}

/// Puts mails into the outbox, in the transaction that causes them.
pub(crate) fn enqueue(
    tx: &mut Tx<'_>,
    notices: &[Notice],
    now: Instant,
    entropy: &dyn Entropy,
) -> Result<(), StoreError> {
    tx.enqueue_all(notices.iter().map(|notice| (OutboxId::new(now, entropy), notice)), now)
}
