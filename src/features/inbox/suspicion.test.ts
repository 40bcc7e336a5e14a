import { expect, test } from "bun:test";
import { suspicionsOf } from "./suspicion.ts";

const link = (n: number) => `https://casino${n}.example/win`;
const linked = (n: number) => Array.from({ length: n }, (_, i) => link(i)).join(" ");

/** What people write, as it came, each said once. */
const honest = [
  "Hello",
  "سلام، سفارش من کجاست؟",
  "خخخخخخخخخخخخخخخخخخخخخخخ",
  "هههههههههههههههههههه 😂😂😂😂😂😂",
  "مرسیییییییییییییییییییییییییی",
  "می‌خوام سفارشم رو لغو کنم، کد رهگیری ۱۲۳۴۵۶۷۸۹۰ هست.",
  "Хахахахахахаха))))))))))))))))))))",
  "Здравствуйте! Где мой заказ № 48151623? Оплатил картой 4276 **** **** 1234.",
  "АААААААААААААА!!!!!!!!!!!!!!!!! КОГДА?????????",
  "😂😂😂😂😂😂😂😂😂😂😂😂😂😂😂😂😂😂😂😂",
  "❤️❤️❤️❤️❤️❤️❤️❤️❤️❤️❤️❤️❤️❤️❤️❤️❤️❤️❤️❤️",
  "------------------------------------\nOrder 1042\n------------------------------------",
  "1000000000000000000000",
  `Which of these is in stock? ${linked(4)}`,
  "Our sites are shop.example, shop.example.org, blog.shop.example, help.shop.example and www.shop.example",
  "v1.2.3 v1.2.4 v1.2.5 v1.2.6 v1.2.7 http and https and www",
  "[Image: ]",
  "x".repeat(49),
];

test.each(honest)("is no spam: %s", (text) => {
  expect(suspicionsOf(text, 1)).toEqual([]);
});

test("a greeting that is said again is no spam, nor is somebody who asks whether anybody is there", () => {
  for (const text of ["سلام", "Привет", "hello?", "الو", "???"])
    for (const times of [1, 2, 3, 4]) expect(suspicionsOf(text, times)).toEqual([]);
  expect(suspicionsOf("hello?", 5)).toEqual(["repeated_text"]);
});

test("a longer text that is said for the third time in a minute is suspicious", () => {
  const text = "Заработок от 5000 в день, пишите";
  expect([1, 2, 3].map((times) => suspicionsOf(text, times).length)).toEqual([0, 0, 1]);
  // As long as the shortest long one, and one less.
  expect(suspicionsOf("x".repeat(19), 3)).toEqual([]);
  expect(suspicionsOf("y".repeat(20), 3)).toEqual(["repeated_text"]);
});

test("five links are many, however they are written", () => {
  expect(suspicionsOf(linked(5), 1)).toEqual(["many_links"]);
  expect(suspicionsOf(linked(5).replaceAll(" ", ""), 1)).toEqual(["many_links"]);
  const mixed = "HTTPS://www.a.example www.b.example t.me/c (t.me/d) http://e.example";
  expect(suspicionsOf(`برنده شدید ${mixed}`, 1)).toEqual(["many_links"]);
  expect(suspicionsOf(mixed.replace("t.me/c", ""), 1)).toEqual([]);
});

test("a text of one character is suspicious, in upper and lower case, with spaces and as an emoji", () => {
  for (const text of [
    "a".repeat(50),
    "ха ".repeat(50).replaceAll("а", ""),
    "Aa".repeat(25),
    "👍🏽".repeat(50),
    "❤️ ".repeat(50),
  ])
    expect(suspicionsOf(text, 1)).toEqual(["one_character"]);
  expect(suspicionsOf(`${"a".repeat(50)}b`, 1)).toEqual([]);
});

test("all that is wrong with a text is named", () => {
  expect(suspicionsOf(linked(6), 3)).toEqual(["repeated_text", "many_links"]);
});
