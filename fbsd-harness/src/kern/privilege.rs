//! priv_check_cred and rate checks.
