//! Certificates, good and bad.

use fake_tesseral::{Project, Server, Tls};

use crate::client::Client;

#[test]
fn names_authorities_and_times() {
    let refusal = |tls, name| {
        let server = Server::start(Project::new(1), tls).expect("a server");
        assert!(server.ca_pem().starts_with("-----BEGIN CERTIFICATE-----"));
        Client::tls(name, &server).err().map(|error| error.to_string()).unwrap_or_default()
    };
    assert_eq!(refusal(Tls::Trusted, "127.0.0.1"), "");
    assert_eq!(refusal(Tls::Trusted, "localhost"), "");
    for (tls, says) in [
        (Tls::WrongName, "not valid for"),
        (Tls::Expired, "expired"),
        (Tls::OtherAuthority, "invalid peer certificate"),
    ] {
        let refusal = refusal(tls, "localhost");
        assert!(refusal.contains(says), "{tls:?}: {refusal}");
    }
}

#[test]
fn each_server_has_an_authority_of_its_own() {
    let [a, b] = [0; 2].map(|_| Server::start(Project::new(1), Tls::Trusted).expect("a server"));
    assert_ne!(a.ca_pem(), b.ca_pem());
}
