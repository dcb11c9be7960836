"use strict";
// HTTP with the bounds that an exchange needs: time, size, and no redirects.

/** The longest time of an exchange, from connecting to the last octet, in milliseconds. */
const TOTAL_MS = 5000;

/** The longest answer that is read, in octets. */
const MAX_BODY_LEN = 262_144;

/** No usable answer: a word for the reason, which holds nothing from outside. */
class ExchangeError extends Error {
  constructor(fault, status = 0) {
    super(fault);
    this.fault = fault;
    this.status = status;
  }
}

/** The configuration document, or an ExchangeError. */
async function fetchDocument({ fetch, configApiHostname, publishableKey }) {
  const url = `https://${configApiHostname}/v1/config/${publishableKey}`;
  const { status, body } = await exchange(fetch, url, { method: "GET" });
  if (status !== 200) throw new ExchangeError("http_status", status);
  return body;
}

/** What the service answers about an API key: a status, and octets. */
async function askService({ fetch, backendApiHostname, backendApiKey }, question) {
  return exchange(fetch, `https://${backendApiHostname}/v1/api-keys/authenticate`, {
    method: "POST",
    headers: { __proto__: null, authorization: `Bearer ${backendApiKey}`, "content-type": "application/json" },
    body: question,
  });
}

async function exchange(fetch, url, init) {
  const controller = new AbortController();
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => {
      reject(new ExchangeError("timed_out"));
      controller.abort();
    }, TOTAL_MS);
  });
  try {
    return await Promise.race([transfer(fetch, url, { __proto__: null, ...init, redirect: "manual", signal: controller.signal }), late]);
  } catch (error) {
    throw error instanceof ExchangeError ? error : new ExchangeError(faultOf(error));
  } finally {
    clearTimeout(timer);
  }
}

async function transfer(fetch, url, init) {
  const response = await fetch(url, init);
  const { status } = response;
  // A fetch of the application's own may return anything.
  if (!Number.isInteger(status) || status < 100 || status > 999) throw new ExchangeError("answer_malformed");
  const pieces = [];
  let length = 0;
  // A fetch of the application's own may have no stream.
  const body = response.body ?? [new Uint8Array(await response.arrayBuffer())];
  for await (const piece of body) {
    length += piece.byteLength;
    if (length > MAX_BODY_LEN) throw new ExchangeError("answer_too_large");
    pieces.push(piece);
  }
  return { status, body: new Uint8Array(Buffer.concat(pieces)) };
}

/** A word for what went wrong on the way to a host. */
function faultOf(error) {
  for (let cause = error, depth = 0; cause !== undefined && cause !== null && depth < 8; cause = cause.cause, depth++) {
    const code = String(cause.code ?? "");
    if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "host_not_found";
    if (code === "ECONNREFUSED") return "connection_refused";
    if (code === "UND_ERR_CONNECT_TIMEOUT" || code === "UND_ERR_HEADERS_TIMEOUT" || code === "ETIMEDOUT") return "timed_out";
    if (/CERT|^ERR_TLS|^ERR_SSL|SELF_SIGNED|UNABLE_TO_/.test(code)) return "tls_failed";
    if (code.startsWith("HPE_") || code === "Z_DATA_ERROR") return "answer_malformed";
  }
  return "connection_failed";
}

module.exports = { ExchangeError, TOTAL_MS, askService, fetchDocument };
