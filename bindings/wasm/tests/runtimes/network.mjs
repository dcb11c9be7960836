// What Workers have around them. It keeps what is PUT, for each path: as a KV namespace, and as the host of the configuration
// document. A request to /trigger starts the example's cron trigger.

const kept = new Map();

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/trigger") return Response.json(await env.EXAMPLE.scheduled());
    if (request.method === "PUT") {
      kept.set(pathname, await request.text());
      return new Response(null);
    }
    return kept.has(pathname) ? new Response(kept.get(pathname)) : new Response(null, { status: 404 });
  },
};
