import { expect, test } from "bun:test";
import { Secrets, secretsOf, shorten } from "./secrets.ts";

const token = "pd_abcdefghijkmnpqrstuvwxyz23456789abcdefgh";
const secrets = new Secrets([token]);

test("a token is shown by its first four and last two characters", () => {
  expect(secrets.hide(`token=${token}&x=1`)).toBe("token=pd_a…gh&x=1");
});

test("a short secret is not shown at all", () => {
  expect(shorten("hunter2 and more")).toBe("…");
  expect(new Secrets(["hunter2"]).hide("pass hunter2 now")).toBe("pass … now");
});

test("a piece of it that a server quotes is hidden too", () => {
  expect(secrets.hide(`no such token: ${token.slice(5, 25)}`)).not.toContain(token.slice(5, 25));
  expect(secrets.hide(`"${token.slice(0, -1)}"`)).not.toContain(token.slice(4, 20));
});

test("it is hidden where it is written for a URL", () => {
  const odd = "se cret/with+signs=and=more=characters";
  expect(new Secrets([odd]).hide(`?token=${encodeURIComponent(odd)}`)).toBe(
    `?token=${shorten(encodeURIComponent(odd))}`,
  );
});

test("any JWT is shortened, even one that was not ours", () => {
  const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJlc2lnbmF0dXJl";
  expect(new Secrets([]).hide(`you sent ${jwt}!`)).toBe("you sent eyJh…Jl!");
});

test("ordinary words stay", () => {
  expect(secrets.hide("the token is signed with another key")).toBe("the token is signed with another key");
});

test("passwords, cookies, keys and parameters of the command line are secrets, ordinary headers are not", () => {
  const url = "wss://ana:correcthorse@example.com/ws?api_key=abcdefghij0123456789&room=tea";
  const headers = {
    Cookie: "sid=0123456789abcdef; theme=dark",
    "X-Room": "tea-room-of-the-house",
    "X-Api-Key": "k-9876543210",
  };
  const hidden = secretsOf(url, undefined, { headers }).hide(`${url} ${JSON.stringify(headers)}`);
  for (const secret of ["correcthorse", "abcdefghij0123456789", "0123456789abcdef", "k-9876543210"])
    expect(hidden).not.toContain(secret);
  expect(hidden).toContain("room=tea");
  expect(hidden).toContain("tea-room-of-the-house");
});

test("every string in a document is hidden, whatever holds it", () => {
  const hidden = JSON.stringify(secrets.hideAll({ a: [token], b: { c: `Bearer ${token}` }, n: 7 }));
  expect(hidden).toBe('{"a":["pd_a…gh"],"b":{"c":"Bearer pd_a…gh"},"n":7}');
});
