import { z } from "zod";

export const Echo = z.object({ data: z.unknown() });
export const TestMessage = z.object({ message: z.string(), timestamp: z.iso.datetime() });
