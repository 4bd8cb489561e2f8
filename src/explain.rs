//! What an installer's own words say of why it failed. Pure.

/// Why an installation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A file system is full.
    NoSpace,
    /// A file system, or a file, may not be written.
    NotWritable,
    /// The network, or the index, is not reached.
    Network,
    /// The file of trusted certificates is not there, or does not know the server's.
    Certificates,
    /// A build backend found a file dated before 1980, which no zip file can say.
    Timestamps,
}

/// What pip, uv, git and their build backends print, of each cause. The first that occurs counts:
/// a full disk also shows as other things.
const SIGNS: [(Cause, &[&str]); 5] = [
    (Cause::Timestamps, &["ZIP does not support timestamps before 1980"]),
    (Cause::NoSpace, &["No space left on device", "os error 28", "Disk quota exceeded"]),
    (Cause::NotWritable, &["Read-only file system", "os error 30", "[Errno 13]", "os error 13"]),
    (
        Cause::Certificates,
        &[
            "CERTIFICATE_VERIFY_FAILED",
            "suitable TLS CA certificate bundle",
            "invalid peer certificate",
            "no-cert-file.crt",
            "server certificate verification failed",
            "SSL certificate problem",
        ],
    ),
    (
        Cause::Network,
        &[
            "Temporary failure in name resolution",
            "Name or service not known",
            "Failed to establish a new connection",
            "Network is unreachable",
            "Connection refused",
            "Could not resolve host",
            "dns error",
            "tcp connect error",
            "Read timed out",
        ],
    ),
];

/// The cause, where the text shows one.
pub fn cause(text: &str) -> Option<Cause> {
    SIGNS.iter().find(|(_, signs)| signs.iter().any(|sign| text.contains(sign))).map(|(cause, _)| *cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_messages_are_understood() {
        for (text, wanted) in [
            (
                "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
                Cause::NoSpace,
            ),
            ("error: failed to write to file `x`: No space left on device (os error 28)", Cause::NoSpace),
            ("OSError: [Errno 30] Read-only file system: '/p/.venv/lib'", Cause::NotWritable),
            ("ValueError: ZIP does not support timestamps before 1980", Cause::Timestamps),
            ("WARNING: Retrying ... [Errno -3] Temporary failure in name resolution", Cause::Network),
            ("Caused by: dns error: failed to lookup address information", Cause::Network),
            (
                "ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate",
                Cause::Certificates,
            ),
        ] {
            assert_eq!(cause(text), Some(wanted), "{text}");
        }
        assert_eq!(cause("ERROR: No matching distribution found for nothing"), None);
    }
}
