//! Certificates that are made at start, good ones and bad ones.

use std::io;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// How a server speaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Tls {
    /// Plain HTTP.
    Off,
    /// TLS 1.2 and 1.3 with a certificate for `localhost` and `127.0.0.1` from the authority of [`ca_pem`](super::Server::ca_pem).
    Trusted,
    /// The certificate comes from another authority of the same name.
    OtherAuthority,
    /// The certificate is for `wrong.example.com`.
    WrongName,
    /// The certificate was valid in the year 2020.
    Expired,
}

/// What a server needs to speak TLS, and a client to believe it.
pub(super) struct Identity {
    pub(super) config: Arc<ServerConfig>,
    pub(super) ca_pem: String,
}

/// `None` for [`Tls::Off`].
pub(super) fn identity(tls: Tls) -> io::Result<Option<Identity>> {
    if tls == Tls::Off {
        return Ok(None);
    }
    let announced = authority().map_err(io::Error::other)?;
    let signer = if tls == Tls::OtherAuthority { &authority().map_err(io::Error::other)? } else { &announced };
    let config = server_config(tls, signer).map_err(io::Error::other)?;
    Ok(Some(Identity { config: Arc::new(config), ca_pem: announced.pem() }))
}

fn authority() -> Result<CertifiedIssuer<'static, KeyPair>, rcgen::Error> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "fake-tesseral authority for tests");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    CertifiedIssuer::self_signed(params, KeyPair::generate()?)
}

fn server_config(
    tls: Tls,
    signer: &CertifiedIssuer<'static, KeyPair>,
) -> Result<ServerConfig, Box<dyn std::error::Error + Send + Sync>> {
    // An address becomes a name of the type iPAddress, the rest dNSName.
    let names = if tls == Tls::WrongName { vec!["wrong.example.com"] } else { vec!["localhost", "127.0.0.1", "::1"] };
    let mut params = CertificateParams::new(names.into_iter().map(str::to_owned).collect::<Vec<_>>())?;
    params.distinguished_name.push(DnType::CommonName, "fake-tesseral");
    params.use_authority_key_identifier_extension = true;
    params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    if tls == Tls::Expired {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2020, 12, 31);
    }
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, signer)?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));

    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
