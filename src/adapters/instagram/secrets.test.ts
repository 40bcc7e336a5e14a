import { expect, test } from "bun:test";
import { InstagramWorld } from "../../../test/kit/instagram/world.ts";
import { InstagramPlatform } from "./platform.ts";
import { wordsWithout } from "./words.ts";

const customer = "771000000000001";

test("whatever goes wrong, no secret is in an outcome, the log, the status, an answer or an error", async () => {
  await using world = new InstagramWorld();
  const { settings } = world.meta;
  const { access_token, app_secret, verify_token } = settings;
  const said: unknown[] = [];
  const words = `Malformed ${access_token} ${app_secret} ${verify_token}\r\nnext line`;
  world.meta.customerWrites(customer, "hi");
  for (const status of [400, 401, 403, 500, 503]) {
    world.meta.fail({ kind: "refused", status, code: 100, message: words });
    said.push(await world.send(customer, "hi"));
  }
  world.meta.killToken(words);
  said.push(await world.send(customer, "hi"), world.platform.status());
  await world.platform.start();
  await world.meta.arrived("subscriptions");
  said.push(await InstagramPlatform.check(settings).catch(errorText));
  await world.meta.down();
  said.push(await world.send(customer, "hi"), await InstagramPlatform.check(settings).catch(errorText));
  said.push(await world.platform.media(`${world.meta.origin}/x?${access_token}`).catch(errorText));
  world.meta.up();
  said.push(await world.get({ "hub.mode": "subscribe", "hub.verify_token": verify_token.slice(1) }));
  said.push(await world.post(new TextEncoder().encode(app_secret), { "x-hub-signature-256": app_secret }));
  const { body, headers } = world.meta.sign({ object: verify_token });
  said.push(await world.post(body, headers), world.log, world.platform.status());
  const all = JSON.stringify(said);
  for (const secret of [access_token, app_secret, verify_token]) expect(all).not.toContain(secret);
  expect(all).toContain("[secret]");
  expect(all).not.toMatch(/\\[rn]next/);
});

const errorText = (error: unknown) => `${Bun.inspect(error)} ${JSON.stringify(error)}`;

test("a secret is cut out also where it is encoded, and long words are cut short", () => {
  const settings = { access_token: "a+b/c", app_secret: "", verify_token: "a+b" };
  const words = wordsWithout({ ...settings, account_id: "1", api_root: "", human_agent: false });
  expect(words("x a+b/c y a%2Bb%2Fc z a+b")).toBe("x [secret] y [secret] z [secret]");
  expect(words("😀".repeat(500))).toBe("😀".repeat(300));
  expect(words("line\u0000\r\nbreak")).toBe("line break");
});
