import { expect, test } from "bun:test";
import { type CauseName, causes } from "../../src/doctor/causes.ts";
import { chapters } from "./cases.ts";

test("every cause that the doctor can name is tried, and no two cases have one name", () => {
  const cases = Object.values(chapters).flat();
  const tried = new Set(cases.map(({ expected }) => expected.cause));
  expect(Object.keys(causes).filter((cause) => !tried.has(cause as CauseName))).toEqual([]);
  const names = cases.map(({ name }) => name);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
});
