// The requests to an application, each with the answer that the README promises.

/** What a client sends that knows how Next.js hands on what a middleware has found, or that a middleware is to be skipped. */
function forged(token) {
  const skipped = (name) => ({ "x-middleware-subrequest": Array(5).fill(name).join(":") });
  return [
    ...["middleware", "src/middleware", "proxy", "src/proxy", "pages/_middleware"].map(skipped),
    { "x-middleware-next": "1" },
    { "x-middleware-override-headers": "authorization", "x-middleware-request-authorization": `Bearer ${token}` },
    { "x-middleware-set-cookie": `a=${token}`, "x-middleware-rewrite": "/widgets", "x-invoke-path": "/widgets" },
    { "x-tesseral-organization-id": "org_1", "x-tesseral-access-token": token, "x-forwarded-authorization": `Bearer ${token}` },
  ];
}

/** `file`: the one that has authMiddleware. The middleware.js of the README sends to a login, and has the document of the build. */
export async function* requests(fake, file) {
  const good = await fake.token({ action: "acme.widgets.edit" });
  const bearer = (token) => ({ authorization: `Bearer ${token}` });
  const cookie = (token) => ({ cookie: `other=1; ${fake.cookieName}=${token}` });
  const tampered = await fake.token({ tampered: 1 });
  const expired = await fake.token({ expired: 1 });

  const accepted = [["header", bearer(good)], ["cookie", cookie(good)]];
  const refused = [
    ["missing", {}, "credentials_missing"],
    ["tampered header", bearer(tampered), "signature_invalid"],
    ["tampered cookie", cookie(tampered), "signature_invalid"],
    ["expired header", bearer(expired), "token_expired"],
    ["expired cookie", cookie(expired), "token_expired"],
    ["malformed header", bearer("a.b.c"), "token_malformed"],
    ["cookie of another project", { cookie: `tesseral_project_x_access_token=${good}` }, "credentials_missing"],
    ...forged(good).flatMap((headers, number) => [
      [`forged ${number}`, headers, "credentials_missing"],
      [`forged ${number} and tampered`, { ...headers, ...bearer(tampered) }, "signature_invalid"],
    ]),
  ];

  const early = file === "middleware.js" ? { status: 307, location: "https://vault.example.com/login" } : { status: 401, body: "Unauthorized" };
  const login = /^https:\/\/[\w.-]+\/login$/;
  // Twice: nothing of an accepted request is left for one that is refused.
  for (let round = 0; round < 2; round++) {
    for (const [name, headers] of accepted) {
      for (const path of ["/redirected", "/hidden", "/caught", "/account/caught"]) {
        yield { name, path, headers, expected: { status: 200, body: /hello .*user0@example\.com/ } };
      }
      yield { name, path: "/widgets", headers, expected: { status: 200, body: /^\{"organizationId":"org_\w+","mayEdit":true\}$/ } };
    }
    for (const [name, headers, slug] of refused) {
      yield { name, path: "/widgets", headers, expected: { status: 500 } };
      yield { name, path: "/caught", headers, expected: { status: 401, body: slug } };
      yield { name, path: "/redirected", headers, expected: { status: 307, location: login } };
      yield { name, path: "/hidden", headers, expected: { status: 404 } };
      yield { name, path: "/account/caught", headers, expected: early };
    }
  }

  // A key that is newer than the document: auth() fetches it, and judges.
  await fake.command("rotate");
  const newer = await fake.token();
  for (const path of ["/caught", "/account/caught"]) {
    yield { name: "newer key", path, headers: bearer(newer), expected: { status: 200, body: "hello user0@example.com" } };
  }
}
