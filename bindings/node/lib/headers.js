"use strict";
// The values of the two header fields that may carry a credential, out of what programs have as headers.

/** Headers of the Fetch API, [name, value] pairs, or an object such as that of a request of node:http. */
function credentialsOf(headers) {
  if (Array.isArray(headers)) return ofPairs(headers);
  if (typeof headers?.get === "function") return { authorization: ofFetch(headers, "authorization"), cookie: ofFetch(headers, "cookie") };
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
  return { authorization, cookie: own(headers, "cookie") };
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
    if (Array.isArray(value)) found[lower].push(...value);
    else if (value !== undefined && value !== null) found[lower].push(value);
  }
  return found;
}

function ofFetch(headers, name) {
  return headers.get(name) ?? undefined;
}

function own(headers, name) {
  return headers !== undefined && headers !== null && Object.hasOwn(headers, name) ? headers[name] : undefined;
}

module.exports = { credentialsOf, credentialsOfRequest };
