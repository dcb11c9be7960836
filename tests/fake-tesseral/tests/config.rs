//! Config documents, to the octet.

use fake_tesseral::{Coordinate, Project, Seed, SigningKey, base64url};

/// A key whose public point is G, known to everyone (SEC2 section 2.4.2).
fn key_one() -> SigningKey {
    let mut secret = [0; 32];
    secret[31] = 1;
    SigningKey::from_secret("session_signing_key_0000000000000000000000001", &secret).expect("1 < n")
}

#[test]
fn exact_octets() {
    let mut project = Project::with_signing_key(1, key_one());
    project.id = "project_0000000000000000000000001".to_owned();
    project.trusted_domains = None;
    let jwk = concat!(
        r#"{"crv":"P-256","kid":"session_signing_key_0000000000000000000000001","kty":"EC","#,
        r#""x":"axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY","#,
        r#""y":"T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"}"#
    );
    let head = concat!(
        r#"{"projectId":"project_0000000000000000000000001","vaultDomain":"vault.example.com","#,
        r#""cookieDomain":"example.com","devMode":false,"crossDomainMode":false,"trustedDomains":"#
    );
    assert_eq!(project.config_document().to_json(), format!("{head}null,\"keys\":[{jwk}]}}\n"));

    project.trusted_domains = Some(vec!["localhost:3000".to_owned()]);
    let document = project.config_document().with_key(r#"{"kty":"oct","k":"AA"}"#);
    assert_eq!(
        document.with_keys_reversed().to_json(),
        format!("{head}[\"localhost:3000\"],\"keys\":[{{\"kty\":\"oct\",\"k\":\"AA\"}},{jwk}]}}\n")
    );

    let mut document = project.config_document().older();
    document.keys = None;
    assert_eq!(
        document.to_json(),
        concat!(
            r#"{"projectId":"project_0000000000000000000000001","vaultDomain":"vault.example.com","#,
            r#""devMode":false,"trustedDomains":["localhost:3000"],"keys":null}"#,
            "\n"
        )
    );
}

#[test]
fn both_modes_are_one() {
    let mut project = Project::new(1);
    project.dev_mode = true;
    assert!(project.config_document().to_json().contains(r#""devMode":true,"crossDomainMode":true"#));
}

#[test]
fn short_coordinates_give_42_characters() {
    let mut random = Seed::from_number(2).random("short");
    for (coordinate, member, at) in [(Coordinate::X, "x", 1), (Coordinate::Y, "y", 33)] {
        let key = SigningKey::generate_short(&mut random, coordinate);
        let text = Project::with_signing_key(1, key.clone()).config_document().to_json();
        let value = text.split_once(&format!(r#""{member}":""#)).expect(member).1;
        let value = value.split('"').next().expect("a string");
        let octets = base64url::decode(value).expect("base64url");
        assert!(octets.len() <= 31 && octets[0] != 0);
        let point = key.uncompressed_point();
        let whole = &point[at..at + 32];
        assert!(whole.ends_with(&octets));
        assert!(whole[..32 - octets.len()].iter().all(|&octet| octet == 0));
    }
}
