//! The user whom nobody asks for a password (RFC 1635): his names, and what he gives for one.

use crate::client::Request;

/// His name.
pub const USER: &str = "anonymous";

/// What a client says for his password: by custom something like an address, which proves nothing and need not be secret.
pub const PASSWORD: &str = "ftpkit@";

/// Is this one of his names? `ftp` is another on many servers.
pub fn is_name(user: &[u8]) -> bool {
    user == USER.as_bytes() || user == b"ftp"
}

/// Does this login give no password that others must not know? Under one of his names a person may have typed a real one.
pub fn is_anonymous(login: &Request) -> bool {
    matches!(login, Request::Login { user, password, .. } if is_name(user) && password.expose() == PASSWORD.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::TlsUse;
    use crate::secret::Secret;

    #[test]
    fn only_what_is_no_secret_is_anonymous() {
        for (user, password, anonymous) in [
            ("anonymous", PASSWORD, true),
            ("ftp", PASSWORD, true),
            ("anonymous", "ann@example.org", false),
            ("ann", PASSWORD, false),
            ("Anonymous", PASSWORD, false),
        ] {
            let login = Request::Login { user: user.into(), password: Secret::new(password), account: None };
            assert_eq!(is_anonymous(&login), anonymous, "{user} {password}");
            let fitting = if anonymous { [TlsUse::Off; 2] } else { [TlsUse::Prefer, TlsUse::Require] };
            assert_eq!([true, false].map(|here| TlsUse::fitting(&login, here)), fitting, "{user} {password}");
        }
        assert!(!is_anonymous(&Request::WorkingDirectory));
    }
}
