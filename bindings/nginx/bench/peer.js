// The checks of an access token as a site writes them for njs: they run in the subrequest that auth_request makes.

// SubjectPublicKeyInfo of an uncompressed point on P-256, up to the point.
const SPKI = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'hex');
const CURVE = { name: 'ECDSA', namedCurve: 'P-256' };
const ES256 = { name: 'ECDSA', hash: 'SHA-256' };

// The arrays of js_preload_object have a length and elements, but no methods such as find().
function find(kid) {
    for (let place = 0; place < project.keys.length; place++) {
        if (project.keys[place].kid === kid) {
            return project.keys[place];
        }
    }
}

async function good(authorization) {
    const parts = /^Bearer ([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(authorization);
    const header = JSON.parse(Buffer.from(parts[1], 'base64url'));
    const jwk = find(header.kid);
    const spki = Buffer.concat([SPKI, Buffer.from(jwk.x, 'base64url'), Buffer.from(jwk.y, 'base64url')]);
    const key = await crypto.subtle.importKey('spki', spki, CURVE, false, ['verify']);
    const signature = Buffer.from(parts[3], 'base64url');
    if (header.alg !== 'ES256' || !await crypto.subtle.verify(ES256, key, signature, `${parts[1]}.${parts[2]}`)) {
        return false;
    }
    const claims = JSON.parse(Buffer.from(parts[2], 'base64url'));
    const issuer = `https://${project.projectId.replace(/_/g, '-')}.tesseral.app`;
    const now = Date.now() / 1000;
    return claims.iss === issuer && claims.aud === issuer && now <= claims.exp && now >= claims.nbf;
}

async function check(r) {
    let accepted = false;
    try {
        accepted = await good(r.headersIn.Authorization);
    } catch (error) {
        r.log(error.message);
    }
    r.return(accepted ? 204 : 401);
}

export default { check };
