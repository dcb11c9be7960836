"use strict";
// Turns what an application's Tesseral client says about an API key into the status and body that the service sends. So the
// library judges all answers alike.

const NO_ANSWER = { status: 0, body: new Uint8Array(0) };

/** Asks through tesseralClient.apiKeys.authenticateApiKey. */
async function askClient({ tesseralClient, log }, credentials) {
  let answer;
  try {
    answer = await tesseralClient.apiKeys.authenticateApiKey({ secretToken: credentials });
  } catch (error) {
    return ofFailure(error, log);
  }
  const { apiKeyId, organizationId, actions } = answer ?? {};
  if (!isText(apiKeyId) || !isText(organizationId) || !(actions === undefined || isTexts(actions))) {
    log("tesseral-verify: the answer of tesseralClient lacks apiKeyId or organizationId, or its actions are no texts: the API key is not accepted");
    return NO_ANSWER;
  }
  return { status: 200, body: encoded({ apiKeyId, organizationId, actions }) };
}

function ofFailure(error, log) {
  const { statusCode, body } = error ?? {};
  if (!Number.isInteger(statusCode) || statusCode < 100 || statusCode > 999 || !isText(body?.message)) {
    log('tesseral-verify: tesseralClient threw an error without a statusCode and a message in its body: a refused key has the message "unauthenticated_api_key"');
    return NO_ANSWER;
  }
  return { status: statusCode, body: encoded({ message: body.message }) };
}

function encoded(value) {
  return new Uint8Array(Buffer.from(JSON.stringify(value)));
}

function isText(value) {
  return typeof value === "string" && value !== "";
}

function isTexts(value) {
  return Array.isArray(value) && value.every((text) => typeof text === "string");
}

module.exports = { askClient };
