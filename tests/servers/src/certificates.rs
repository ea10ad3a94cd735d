//! Certificates for servers that speak TLS, made with `openssl`.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::program;
use crate::programs::run;

/// Makes in `directory` an authority, `ca.pem`, and for a server on this machine `server.pem` and `server.key`; `None` and a skip
/// where there is no `openssl`.
///
/// # Panics
///
/// Where `openssl` fails.
#[must_use]
pub fn make(directory: &Path) -> Option<()> {
    let openssl = program("openssl", &["/usr/bin"])?;
    let names = "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n";
    fs::write(directory.join("extensions"), names).expect("a file");
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    for arguments in [
        format!("req -x509 {key} -keyout ca.key -out ca.pem -days 2 -subj /CN=osprofiler-tests"),
        format!("req {key} -keyout server.key -out server.csr -subj /CN=localhost"),
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 2 -extfile extensions"
            .to_owned(),
    ] {
        run(Command::new(&openssl).args(arguments.split(' ')).current_dir(directory));
    }
    Some(())
}
