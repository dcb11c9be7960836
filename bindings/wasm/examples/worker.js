// A Worker that lets requests with a good credential through. The project's configuration document lies in the KV namespace that
// is bound as TESSERAL; the cron trigger fetches it.

import { TesseralError, Verifier } from "tesseral-verify-wasm";
import wasm from "tesseral-verify-wasm/tesseral_verify.wasm";

let current = { document: null, verifier: null };

/** The verifier for the document in the namespace. Making one takes milliseconds, so each is kept until the document changes. */
async function verifier(env) {
  const document = await env.TESSERAL.get("config.json", { cacheTtl: 60 });
  if (document === null) return null;
  if (document !== current.document) current = { document, verifier: new Verifier(wasm, document) };
  return current.verifier;
}

export default {
  async fetch(request, env) {
    const keys = await verifier(env);
    if (keys === null) return new Response(null, { status: 503 });
    try {
      const sender = keys.authenticate(request.headers);
      return Response.json({ organization: sender.organizationId, user: sender.accessTokenClaims.user.email });
    } catch (error) {
      if (!(error instanceof TesseralError)) throw error;
      console.log(`request refused: ${error.slug}`);
      return new Response(null, { status: error.httpStatus, headers: { "www-authenticate": "Bearer" } });
    }
  },

  /** Every few minutes. A document that cannot be used does not replace a good one. */
  async scheduled(event, env) {
    const answer = await fetch(`https://config.tesseral.com/v1/config/${env.TESSERAL_PUBLISHABLE_KEY}`);
    if (answer.status !== 200) throw new Error(`the configuration document: HTTP ${answer.status}`);
    const document = await answer.text();
    new Verifier(wasm, document);
    await env.TESSERAL.put("config.json", document);
  },
};
