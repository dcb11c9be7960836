//! A layer as applications write it with the crate jsonwebtoken, on aws-lc-rs: keys by `kid`, times, issuer, audience, typed claims.

use axum::{
    Router,
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use std::{collections::HashMap, sync::Arc};
use tesseral_verify_axum::AccessTokenClaims;

pub struct Keys {
    keys: HashMap<String, DecodingKey>,
    validation: Validation,
}

impl Keys {
    pub fn new(document: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let document: serde_json::Value = serde_json::from_str(document)?;
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let mut keys = HashMap::new();
        for key in document["keys"].as_array().into_iter().flatten() {
            keys.insert(text(&key["kid"]), DecodingKey::from_ec_components(&text(&key["x"]), &text(&key["y"]))?);
        }
        let issuer = format!("https://{}.tesseral.app", text(&document["projectId"]).replace('_', "-"));
        let mut validation = Validation::new(Algorithm::ES256);
        validation.leeway = 0;
        validation.validate_nbf = true;
        validation.set_issuer(&[&issuer]);
        validation.set_audience(&[&issuer]);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        Ok(Self { keys, validation })
    }

    pub fn verify(&self, token: &str) -> Option<AccessTokenClaims> {
        let key = self.keys.get(&decode_header(token).ok()?.kid?)?;
        Some(decode(token, key, &self.validation).ok()?.claims)
    }
}

pub fn layer(app: Router, keys: Keys) -> Router {
    app.layer(from_fn_with_state(Arc::new(keys), authenticate))
}

async fn authenticate(State(keys): State<Arc<Keys>>, mut request: Request, next: Next) -> Result<Response, StatusCode> {
    let value = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = value.and_then(|value| value.strip_prefix("Bearer ")).ok_or(StatusCode::UNAUTHORIZED)?;
    let claims = keys.verify(token).ok_or(StatusCode::UNAUTHORIZED)?;
    request.extensions_mut().insert(Arc::new(claims));
    Ok(next.run(request).await)
}
