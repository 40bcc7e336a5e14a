import { expect, test } from "bun:test";
import type { Unit, UnitOutcome } from "../unit.ts";
import { packOutcomes, packUnits, unpackOutcomes, unpackUnits } from "./packing.ts";

const event = (frame: string) => ({ topic: "chat:1", type: "said", frame });

const units: readonly Unit[] = [
  {
    writes: [
      {
        sql: "insert into a values (?, ?, ?, ?)",
        parameters: ["پیک ] 🚚 \ud800", -1.5, null, 1e21],
        rows: 1,
      },
      { sql: 'update "b" set c = ?', parameters: ["", 0, "[1,2]"] },
    ],
    events: [event('{"type":"said","text":"he said \\"]\\""}'), event("{}")],
  },
  { writes: [], events: [] },
  { writes: [{ sql: 'update "b" set c = ?', parameters: [7] }], events: [event("{}")] },
];

test("changes of texts and numbers travel as one text, each statement once, and come out the same", () => {
  const packed = packUnits(units);
  expect(typeof packed).toBe("string");
  expect((packed as string).split('update "b"')).toHaveLength(2);
  expect(unpackUnits(packed)).toEqual(units as Unit[]);
});

test("what no text can hold travels as it is", () => {
  const odd = [new Uint8Array([1, 2]), true, 5n, Number.POSITIVE_INFINITY];
  for (const parameter of odd) {
    const unit: Unit = { writes: [{ sql: "s", parameters: ["a", parameter] }], events: [] };
    expect(unpackUnits(packUnits([...units, unit]))).toEqual([...units, unit]);
  }
});

test("outcomes come out the same, with rows and failures or without", () => {
  const plain: UnitOutcome[] = [
    {
      firstSeq: 12,
      results: [
        { rows: [], changed: 1 },
        { rows: [], changed: 0 },
      ],
    },
    { firstSeq: 13, results: [] },
  ];
  expect(typeof packOutcomes(plain)).toBe("string");
  expect(unpackOutcomes(packOutcomes(plain))).toEqual(plain);
  const rows: UnitOutcome = { firstSeq: 1, results: [{ rows: [{ id: 4 }], changed: 1 }] };
  const failed: UnitOutcome = { failed: "conflict", detail: "twice" };
  for (const odd of [rows, failed])
    expect(unpackOutcomes(packOutcomes([...plain, odd]))).toEqual([...plain, odd]);
});
