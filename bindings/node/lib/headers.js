"use strict";
// The values of the two header fields that may carry a credential, out of what programs have as headers.

/** Headers of the Fetch API, [name, value] pairs, or an object such as that of a request of node:http. */
function credentialsOf(headers) {
  if (Array.isArray(headers)) return ofPairs(headers);
  if (typeof headers?.get === "function") return ofFetch(headers);
  if (typeof headers !== "object" || headers === null) throw new TypeError("the headers are not an object");
  return ofPairs(Object.entries(headers));
}

/** The values of a request of node:http or node:http2, or of something that has headers like one. */
function credentialsOfRequest(request) {
  const headers = request.headers;
  let authorization = own(headers, "authorization");
  // Node.js keeps the first of several Authorization fields. Which one counts is not for this library to guess.
  if (typeof authorization === "string") {
    const again = allAuthorizations(request.rawHeaders);
    if (again !== undefined) authorization = again;
  }
  return { authorization: valuesOf(authorization), cookie: valuesOf(own(headers, "cookie")) };
}

/** All Authorization values of a request that has more than one; undefined for others. */
function allAuthorizations(rawHeaders) {
  if (!Array.isArray(rawHeaders)) return undefined;
  let first = -1;
  let all;
  for (let i = 0; i < rawHeaders.length - 1; i += 2) {
    const name = rawHeaders[i];
    if (name.length !== 13 || name.toLowerCase() !== "authorization") continue;
    if (first < 0) first = i + 1;
    else (all ??= [rawHeaders[first]]).push(rawHeaders[i + 1]);
  }
  return all;
}

function ofPairs(pairs) {
  const found = { authorization: [], cookie: [] };
  for (const [name, value] of pairs) {
    const lower = typeof name === "string" ? name.toLowerCase() : Buffer.from(name).toString("latin1").toLowerCase();
    if (lower !== "authorization" && lower !== "cookie") continue;
    const values = valuesOf(value);
    if (Array.isArray(values)) found[lower].push(...values);
    else if (values !== undefined) found[lower].push(values);
  }
  return found;
}

function ofFetch(headers) {
  return { authorization: valuesOf(headers.get("authorization")), cookie: valuesOf(headers.get("cookie")) };
}

/**
 * A text, an array of texts, or undefined. Whatever an application may have put in their place (an array with getters, octets that
 * another thread changes) is looked at here, once: what is judged is what the credential is cut out of later.
 */
function valuesOf(value) {
  if (typeof value === "string") return value;
  if (value === undefined || value === null) return undefined;
  return Array.isArray(value) ? Array.from(value, textOf) : textOf(value);
}

/** A text; octets become one character each. */
function textOf(value) {
  if (typeof value === "string") return value;
  if (!(value instanceof Uint8Array)) throw new TypeError("a header value or a token is neither text nor octets");
  return Buffer.from(value).toString("latin1");
}

function own(headers, name) {
  return headers !== undefined && headers !== null && Object.hasOwn(headers, name) ? headers[name] : undefined;
}

module.exports = { credentialsOf, credentialsOfRequest, textOf };
