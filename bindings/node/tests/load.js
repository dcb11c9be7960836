"use strict";
// load.js SECONDS: a server under load while keys rotate and the service fails. Each request has the answer that it must have.

const assert = require("node:assert/strict");
const { FRAMEWORKS, send } = require("./apps.js");
const { startFake } = require("./fake.js");

const SECONDS = Number(process.argv[2]);
const CLIENTS = 16;

async function main() {
  const fake = await startFake();
  const server = await FRAMEWORKS.express5(fake.options({ apiKeysEnabled: true, jwksRefreshIntervalSeconds: 1 }));
  const bad = [await fake.token({ tampered: 1 }), await fake.token({ expired: 1 }), "x.y.z", "word"];
  let good = await Promise.all(Array.from({ length: 32 }, (_, user) => fake.token({ user })));
  let rotations = 0;
  let faulty = false;
  const wrong = [];
  const end = Date.now() + SECONDS * 1000;
  let sent = 0;

  async function client(number) {
    for (let i = number; Date.now() < end; i++) {
      const isGood = i % 3 !== 0;
      const token = isGood ? good[i % good.length] : bad[i % bad.length];
      const { status, body } = await send(server.port, { url: "/info", method: "GET", headers: [["Authorization", `Bearer ${token}`]] });
      sent++;
      if (status !== (isGood ? 200 : 401)) wrong.push([status, isGood, faulty, rotations]);
      else if (isGood && JSON.parse(body).credentials !== token) wrong.push(["another sender"]);
    }
  }

  /** While the service answers, a rotation refuses nobody; while it fails, no key that is known is lost. */
  async function disturb() {
    while (Date.now() < end - 1500) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      faulty = !faulty;
      await fake.command(faulty ? "fault/config/status" : "fault/config/none", faulty ? { status: 500 } : {});
      if (faulty) continue;
      await new Promise((resolve) => setTimeout(resolve, 1200));
      await fake.command("rotate");
      rotations++;
      // An early fetch comes at most once in a cooldown; the planned one comes each second.
      await new Promise((resolve) => setTimeout(resolve, 2500));
      good = await Promise.all(Array.from({ length: 32 }, (_, user) => fake.token({ user })));
    }
  }

  await Promise.all([...Array.from({ length: CLIENTS }, (_, number) => client(number)), disturb()]);
  console.log(`${sent} requests, ${rotations} rotations, ${wrong.length} wrong`);
  assert.deepEqual(wrong.slice(0, 5), []);
  assert.ok(sent > 100 && rotations > 0);
  process.exit();
}

main();
