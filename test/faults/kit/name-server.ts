// A name server on port 53 of the address that is its argument. What it does with a name is the name's first word.
import { createSocket } from "node:dgram";

/** RFC 1035 4.1.1: response codes. */
const codes: Readonly<Record<string, number>> = { empty: 0, failing: 2, unknown: 3 };

/** The question itself, with a header that says so. */
function answerTo(question: Buffer, code: number): Buffer {
  const answer = Buffer.from(question.subarray(0, endOfQuestion(question)));
  // An answer, with recursion; no records.
  answer.writeUInt16BE(0x8180 | code, 2);
  for (const section of [6, 8, 10]) answer.writeUInt16BE(0, section);
  return answer;
}

/** Labels up to an empty one, then type and class. */
function endOfQuestion(question: Buffer): number {
  let at = 12;
  while (question[at] !== 0) at += question[at]! + 1;
  return at + 5;
}

const socket = createSocket("udp4");
socket.on("message", (question, { port, address }) => {
  const word = question.subarray(13, 13 + question[12]!).toString();
  const code = codes[word];
  if (code !== undefined) socket.send(answerTo(question, code), port, address);
});
socket.bind(53, process.argv[2], () => console.log("ready"));
