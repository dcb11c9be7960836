// Verifies Tesseral access tokens, in WebAssembly. It uses no interface of any one runtime: only WebAssembly, TextEncoder and
// TextDecoder. Fetching the document and the time of the next fetch are the caller's.

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });
const OPTIONS = ["issuer", "projectId", "leewaySeconds", "maxTokenLen", "apiKeys", "profile"];
const PROFILES = ["server", "compact", "tiny"];

/** Why a credential, a configuration document or an option was refused. Its text has nothing of a credential. */
export class TesseralError extends Error {
  constructor(slug, code, httpStatus, text) {
    super(text);
    this.name = new.target.name;
    this.slug = slug;
    this.code = code;
    this.httpStatus = httpStatus;
  }
}

/** A verifier cannot be made from these options and this document. */
export class ConfigError extends TesseralError {
  constructor(slug, code, httpStatus, text, offset) {
    super(slug, code, httpStatus, text);
    this.offset = offset;
  }
}

/** The module, from what the runtime has: a module, its octets, a Response, or a promise of one of them. */
export async function compile(source) {
  let found = await source;
  if (isModule(found)) return found;
  if (typeof found?.arrayBuffer === "function") found = await found.arrayBuffer();
  // Next.js refuses to build a middleware with a call of WebAssembly.compile in it, though no middleware comes here.
  const { compile: compileOctets } = WebAssembly;
  return compileOctets(ArrayBuffer.isView(found) ? octetsOf(found) : found);
}

/** Decides whether requests carry a good credential, with the keys of one configuration document. */
export class Verifier {
  #instance;

  constructor(module, document, options = {}) {
    if (!isModule(module)) throw new TypeError("the first argument must be a WebAssembly.Module: see compile()");
    const unknown = Object.keys(options).find((name) => !OPTIONS.includes(name));
    if (unknown !== undefined) throw new TypeError(`there is no option ${JSON.stringify(unknown)}`);
    this.#instance = new Instance(module, document, options);
  }

  /** The project ID of the document or of the options; undefined when neither has one. */
  get projectId() {
    return this.#instance.projectId || undefined;
  }

  /** The issuer, and audience, that tokens must have. */
  get issuer() {
    return this.#instance.issuer;
  }

  /** How many keys of the document are used. */
  get keysUsed() {
    return this.#instance.exports.tesseral_keys_used();
  }

  /** How many keys of the document are not used. */
  get keysSkipped() {
    return this.#instance.exports.tesseral_keys_skipped();
  }

  /** Verifies one access token: a string, or its octets. */
  verifyToken(token, now) {
    const seconds = secondsOf(now);
    checkText(token, "a token");
    const instance = this.#instance;
    const code = instance.exports.tesseral_verify_token(instance.put(0, token), seconds);
    if (code !== 0) throw instance.error(code);
    return instance.accessToken(token);
  }

  /** Finds the credential in the header fields of a request, and verifies it. */
  authenticate(headers, now) {
    const seconds = secondsOf(now);
    const { authorization, cookie } = fieldsOf(headers);
    const instance = this.#instance;
    const first = instance.put(0, authorization[0] ?? "");
    const second = instance.put(first, cookie.join("; "));
    const code = instance.exports.tesseral_authenticate(authorization.length, first, second, seconds);
    if (code === 0) return instance.accessToken();
    const error = instance.error(code);
    if (error.slug !== "api_key_lookup_needed") throw error;
    return new ApiKeyLookup(instance, instance.credentials());
  }
}

/** Who sent a request. */
export class Auth {
  credentialsType;
  organizationId;
  apiKeyId;
  accessTokenClaims;
  actions;
  #credentials;

  constructor(credentials, fields) {
    this.#credentials = credentials;
    Object.assign(this, fields);
    Object.freeze(this);
  }

  /** The credential itself: a secret. It is no property of the object, so that nothing that prints the object shows it. */
  get credentials() {
    return this.#credentials;
  }

  /** Whether the sender may do this. */
  hasPermission(action) {
    return this.actions.includes(action);
  }
}

/** An API key of the right form. Only the service knows whether it is good. */
export class ApiKeyLookup {
  #instance;
  #credentials;

  constructor(instance, credentials) {
    this.#instance = instance;
    this.#credentials = credentials;
  }

  /** The key itself: a secret. */
  get credentials() {
    return this.#credentials;
  }

  /** The body of the question: POST it to /v1/api-keys/authenticate, as application/json, with the backend API key. */
  get requestBody() {
    return JSON.stringify({ secretToken: this.#credentials });
  }

  /** Reads the service's answer: its HTTP status and its body, a string or octets. */
  read(httpStatus, body) {
    checkText(body, "an answer");
    if (!Number.isInteger(httpStatus)) throw new TypeError("an HTTP status must be an integer");
    const instance = this.#instance;
    const keyLen = instance.put(0, this.#credentials);
    const bodyLen = instance.put(keyLen, body);
    const code = instance.exports.tesseral_api_key_response(keyLen, bodyLen, numberOf(httpStatus));
    if (code !== 0) throw instance.error(code);
    const answer = JSON.parse(instance.text(instance.input + keyLen, bodyLen));
    const { apiKeyId, organizationId, actions } = own(answer);
    return new Auth(this.#credentials, {
      credentialsType: "api_key",
      organizationId,
      apiKeyId,
      accessTokenClaims: undefined,
      actions: Object.freeze(actions ?? []),
    });
  }
}

/** One instance of the module. It lives as long as its verifier. */
class Instance {
  constructor(module, document, options) {
    this.exports = new WebAssembly.Instance(module).exports;
    this.input = this.exports.tesseral_input();
    this.inputLen = this.exports.tesseral_input_len();
    this.octets = new Uint8Array(this.exports.memory.buffer);
    const { issuer = "", projectId = "", leewaySeconds = 0, maxTokenLen, apiKeys = false, profile = "compact" } = options;
    if (typeof apiKeys !== "boolean") throw new TypeError("apiKeys must be a boolean");
    checkText(document, "a configuration document");
    const documentLen = this.put(0, document);
    const issuerLen = this.put(documentLen, textOf(issuer, "issuer"));
    const projectIdLen = this.put(documentLen + issuerLen, textOf(projectId, "projectId"));
    const code = this.exports.tesseral_load(
      documentLen,
      issuerLen,
      projectIdLen,
      numberOf(leewaySeconds),
      maxTokenLen === undefined ? 0 : numberOf(maxTokenLen) || -1,
      Number(apiKeys),
      PROFILES.indexOf(profile),
    );
    if (code !== 0) {
      const { slug, httpStatus, message } = this.error(code);
      throw new ConfigError(slug, code, httpStatus, message, this.exports.tesseral_error_offset());
    }
    // Loading takes memory, so that the buffer is another one now.
    this.octets = new Uint8Array(this.exports.memory.buffer);
    this.issuer = this.text(this.exports.tesseral_issuer(), this.exports.tesseral_issuer_len());
    this.projectId = this.text(this.exports.tesseral_project_id(), this.exports.tesseral_project_id_len());
  }

  /** Writes text or octets into the input. Gives their number, or one that is too large when they have no room there. */
  put(at, value) {
    const room = this.inputLen - at;
    if (value.length > room) return Math.max(room, 0) + 1;
    const place = this.octets.subarray(this.input + at, this.input + this.inputLen);
    if (typeof value === "string") {
      const { read, written } = ENCODER.encodeInto(value, place);
      return read < value.length ? room + 1 : written;
    }
    const octets = octetsOf(value);
    if (octets.length > room) return room + 1;
    place.set(octets);
    return octets.length;
  }

  text(at, len) {
    return DECODER.decode(this.octets.subarray(at, at + len));
  }

  error(code) {
    const { tesseral_slug, tesseral_slug_len, tesseral_text, tesseral_text_len, tesseral_http_status } = this.exports;
    const slug = this.text(tesseral_slug(code), tesseral_slug_len(code));
    const text = this.text(tesseral_text(code), tesseral_text_len(code));
    return new TesseralError(slug, code, tesseral_http_status(code), text);
  }

  /** The credential of the last request. */
  credentials() {
    return this.text(this.exports.tesseral_credentials(), this.exports.tesseral_credentials_len());
  }

  /** The sender of the last request. Everything that is read here has its type: the verifier has checked that. */
  accessToken(token = this.credentials()) {
    const { exports } = this;
    const payload = this.text(exports.tesseral_payload(), exports.tesseral_payload_len());
    const { iss, sub, session, actions, impersonator, ...rest } = own(JSON.parse(payload));
    const user = own(rest.user);
    const organization = own(rest.organization);
    const claims = {
      iss,
      sub,
      aud: this.issuer,
      exp: exports.tesseral_exp(),
      nbf: exports.tesseral_nbf(),
      iat: exports.tesseral_iat(),
      session: { id: session.id },
      user: present({
        id: user.id,
        email: user.email,
        displayName: user.displayName,
        profilePictureUrl: user.profilePictureUrl,
      }),
      organization: present({ id: organization.id, displayName: organization.displayName }),
      actions: Object.freeze(actions ?? []),
      ...(impersonator && { impersonator: { email: impersonator.email } }),
    };
    return new Auth(typeof token === "string" ? token : DECODER.decode(token), {
      credentialsType: "access_token",
      organizationId: organization.id,
      apiKeyId: undefined,
      accessTokenClaims: claims,
      actions: claims.actions,
    });
  }
}

/** The object without what other code may have added to every object. */
function own(object) {
  return Object.assign(Object.create(null), object);
}

/** The object without the members that have no value. null means absent. */
function present(object) {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined && value !== null));
}

/** The values of the two fields that may carry a credential. */
function fieldsOf(headers) {
  const fields = { authorization: [], cookie: [] };
  const add = (name, value) => {
    if (value === undefined || value === null) return;
    for (const one of Array.isArray(value) ? value : [value]) {
      if (typeof one !== "string") throw new TypeError(`a value of ${name} must be a string`);
      fields[name].push(one);
    }
  };
  if (typeof headers?.get === "function") {
    add("authorization", headers.get("authorization"));
    add("cookie", headers.get("cookie"));
  } else if (typeof headers === "object" && headers !== null) {
    const pairs = typeof headers[Symbol.iterator] === "function" ? headers : Object.entries(headers);
    for (const [name, value] of pairs) {
      const lower = typeof name === "string" ? name.toLowerCase() : "";
      if (lower === "authorization" || lower === "cookie") add(lower, value);
    }
  } else {
    throw new TypeError("headers must be a Headers object, an object, or name and value pairs");
  }
  return fields;
}

function secondsOf(now) {
  if (now === undefined) return Math.floor(Date.now() / 1000);
  if (typeof now !== "number" || !Number.isFinite(now)) throw new TypeError("now must be a number of seconds");
  return Math.floor(now);
}

/** What is no number of 32 bits becomes the largest one, which is out of every range. */
function numberOf(value) {
  return Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff ? value : -1;
}

function textOf(value, name) {
  if (typeof value !== "string") throw new TypeError(`${name} must be a string`);
  return value;
}

function checkText(value, what) {
  if (typeof value === "string" || ArrayBuffer.isView(value) || isArrayBuffer(value)) return;
  throw new TypeError(`${what} must be a string or octets`);
}

function octetsOf(value) {
  return ArrayBuffer.isView(value) ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : new Uint8Array(value);
}

// Objects may come from another realm, where instanceof says no.
function isArrayBuffer(value) {
  return Object.prototype.toString.call(value) === "[object ArrayBuffer]";
}

function isModule(value) {
  return Object.prototype.toString.call(value) === "[object WebAssembly.Module]";
}
