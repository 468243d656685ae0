//! Which names are sensitive.
//!
//! A key is read as words, apart at `.`, `_`, `-` and the like and where a capital letter follows a small one. It is
//! sensitive when it ends in the words of a configured name. Words behind that which name the same value (`id`, `value`,
//! `hash` …) are passed over, so that `session.id` is a session, but `key_count` is no key. Plurals are other words
//! (`input_tokens` counts), except of what is never counted. Words that are written together are told apart behind common
//! beginnings only: `apikey` and `dbpassword` are sensitive, `monkey` and `obsession` are not.

/// Words behind a name that leave it what it is.
const SAME_VALUE: [&str; 11] =
    ["id", "value", "values", "hash", "data", "text", "string", "header", "raw", "plain", "encoded"];

/// What `password` is also called.
const PASSWORDS: [&str; 5] = ["passwd", "pwd", "passphrase", "passcode", "pass"];

/// Names whose plurals are as secret.
const SECRET_PLURALS: [&str; 4] = ["password", "secret", "cookie", "credential"];

/// Keys that open nothing: routing, sorting, relations.
const HARMLESS_KEYS: [&str; 9] =
    ["routing", "partition", "primary", "foreign", "sort", "public", "shard", "message", "translation"];

/// Beginnings that are written together with a name.
const BEGINNINGS: [&str; 36] = [
    "access",
    "admin",
    "api",
    "app",
    "auth",
    "aws",
    "bearer",
    "client",
    "csrf",
    "current",
    "db",
    "encryption",
    "gitlab",
    "github",
    "id",
    "jwt",
    "login",
    "master",
    "my",
    "new",
    "old",
    "pg",
    "private",
    "proxy",
    "redis",
    "refresh",
    "root",
    "secret",
    "service",
    "session",
    "set",
    "signing",
    "ssh",
    "user",
    "x",
    "xsrf",
];

/// The longest key that is looked at: longer ones are no names.
const MAX_KEY_BYTES: usize = 256;

/// Sensitive names, each as its words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names(Vec<Vec<String>>);

impl Names {
    pub fn new(names: &[String]) -> Self {
        let mut all: Vec<Vec<String>> = names.iter().map(|name| words_of(name)).collect();
        all.retain(|words| !words.is_empty());
        let has = |all: &[Vec<String>], name: &str| {
            all.iter().any(|words| matches!(words.as_slice(), [word] if word == name))
        };
        if has(&all, "password") {
            all.extend(PASSWORDS.map(|word| vec![word.to_owned()]));
        }
        for name in SECRET_PLURALS {
            if has(&all, name) {
                all.push(vec![format!("{name}s")]);
            }
        }
        Self(all)
    }

    pub fn is_sensitive(&self, key: &str) -> bool {
        if key.len() > MAX_KEY_BYTES || self.0.is_empty() {
            return false;
        }
        let mut words = words_of(key);
        if self.ends_in_name(&words) {
            return true;
        }
        while words.last().is_some_and(|word| is_same_value(word)) {
            words.pop();
            if self.ends_in_name(&words) {
                return true;
            }
        }
        false
    }

    fn ends_in_name(&self, words: &[String]) -> bool {
        if let [.., before, last] = words
            && last == "key"
            && HARMLESS_KEYS.contains(&before.as_str())
        {
            return false;
        }
        self.0.iter().any(|name| {
            let is_together = || match (name.as_slice(), words.last()) {
                ([name], Some(word)) => {
                    word.strip_suffix(name.as_str()).is_some_and(|beginning| BEGINNINGS.contains(&beginning))
                }
                _ => false,
            };
            words.ends_with(name) || is_together()
        })
    }
}

fn is_same_value(word: &str) -> bool {
    SAME_VALUE.contains(&word) || word.bytes().all(|byte| byte.is_ascii_digit())
}

fn words_of(key: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut chars = key.chars().peekable();
    let (mut was_small, mut was_capital) = (false, false);
    while let Some(c) = chars.next() {
        let is_capital = c.is_ascii_uppercase();
        // `sessionToken`, and `APIKey`: the capital before a small letter begins a word.
        let ends_capitals = is_capital && was_capital && chars.peek().is_some_and(char::is_ascii_lowercase);
        if !c.is_alphanumeric() || (is_capital && was_small) || ends_capitals {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.push(c.to_ascii_lowercase());
        }
        (was_small, was_capital) = (c.is_ascii_lowercase() || c.is_ascii_digit(), is_capital);
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guides_names_find_secrets_and_nothing_else() {
        let names = ["password", "token", "secret", "key", "authorization", "cookie", "session"].map(str::to_owned);
        let names = Names::new(&names);
        for key in [
            "password",
            "PASSWORD",
            "user.password",
            "user_password",
            "passwordHash",
            "password_hash",
            "newPassword",
            "dbpassword",
            "PGPASSWORD",
            "passwd",
            "pwd",
            "db.pwd",
            "passwords",
            "token",
            "access_token",
            "accessToken",
            "ACCESS-TOKEN",
            "sessionToken",
            "idToken",
            "refreshtoken",
            "csrf-token",
            "token.value",
            "api_key",
            "apiKey",
            "APIKey",
            "apikey",
            "x-api-key",
            "X-Api-Key",
            "key",
            "private_key",
            "aws_access_key_id",
            "secret",
            "client_secret",
            "clientsecret",
            "secret.0",
            "secrets",
            "http.request.header.authorization",
            "Authorization",
            "proxy-authorization",
            "cookie",
            "Set-Cookie",
            "http.response.header.set_cookie",
            "setcookie",
            "cookies",
            "session",
            "session_id",
            "session.id",
            "sessionId",
            "mcp.session.id",
        ] {
            assert!(names.is_sensitive(key), "{key}");
        }
        for key in [
            "",
            "monkey",
            "turkey",
            "keyspace",
            "keyboard",
            "redis.key_count",
            "key_count",
            "keys",
            "redis.keys",
            "gen_ai.usage.input_tokens",
            "gen_ai.usage.output_tokens",
            "tokens",
            "max_tokens",
            "stream.tokens",
            "token_count",
            "token_type",
            "tokenizer",
            "token.limit",
            "session_count",
            "session.duration",
            "sessions",
            "obsession",
            "possession",
            "secretary",
            "secret_name",
            "cookie_count",
            "cookiecutter",
            "password_reset",
            "password.length",
            "passenger",
            "bypass_cache",
            "compass",
            "authorized",
            "authorization.mode",
            "http.route",
            "agent.id",
            "user.id",
            "gen_ai.conversation.id",
            "messaging.rabbitmq.destination.routing_key",
            "messaging.kafka.message.key",
            "primary_key",
            "partitionKey",
            "public_key",
            "db.statement",
            "hash",
            "id",
            "value",
        ] {
            assert!(!names.is_sensitive(key), "{key}");
        }
        assert!(!names.is_sensitive(&"key".repeat(1000)));
    }

    #[test]
    fn an_operators_own_names() {
        let names = Names::new(&["api_key".to_owned(), " ".to_owned(), "IBAN".to_owned()]);
        assert!(
            names.is_sensitive("stripe.apiKey")
                && names.is_sensitive("customer_iban")
                && names.is_sensitive("iban.value")
        );
        assert!(!names.is_sensitive("key") && !names.is_sensitive("password") && !names.is_sensitive(""));
        assert!(!Names::default().is_sensitive("password"));
    }
}
